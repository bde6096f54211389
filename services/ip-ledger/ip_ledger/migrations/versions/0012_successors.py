"""Who succeeded whom, as the ledger knows it."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0012"
down_revision: Final = "0011"
branch_labels: Final = None
depends_on: Final = None

# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Keep in the copy of an organization who stands in its place.

    The registry's feed is read from its beginning again, because the entries kept lack it.
    """
    op.add_column("directory_organization", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.create_index(
        op.f("ix_directory_organization_successor_id"), "directory_organization", ["successor_id"]
    )
    op.execute("UPDATE directory_organization SET position = -1")
    op.execute("DELETE FROM inbox WHERE source = 'registry'")
    op.execute("DELETE FROM feed_cursor WHERE source = 'registry'")


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_directory_organization_successor_id"), "directory_organization")
    op.drop_column("directory_organization", "successor_id")
