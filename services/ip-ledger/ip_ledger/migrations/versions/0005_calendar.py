"""The local copy of declared working days."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep what the registry's feed tells of the calendar."""
    op.create_table(
        "directory_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_directory_day")),
    )
    grant_app("ip_ledger")


def downgrade() -> None:
    """Forget it."""
    op.drop_table("directory_day")
