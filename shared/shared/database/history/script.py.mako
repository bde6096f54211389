"""${message}."""

from typing import Final

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import shared.database.base
from shared.database.migrations import grant_app
${imports if imports else ""}

revision: Final = ${repr(up_revision)}
down_revision: Final = ${repr(down_revision)}
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
    grant_app("PACKAGE")


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
