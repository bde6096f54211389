"""The founding day in the copy of an organization."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0019"
down_revision: Final = "0018"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep when an organization was founded; entries learn it with their next announcement."""
    op.add_column("directory_organization", sa.Column("registered_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("directory_organization", "registered_on")
