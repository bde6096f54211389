"""The first day of an expert's present employment."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0027"
down_revision: Final = "0026"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep it from the next change of employer on: of those before, nobody kept it here."""
    op.add_column("expert", sa.Column("employed_from", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("expert", "employed_from")
