"""What an organization holds is found by an index in the directory's copy."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0017"
down_revision: Final = "0016"
branch_labels: Final = None
depends_on: Final = None

# squawk: require-concurrent-index-creation — few organizations have an owner, and the copy is small
# squawk: require-concurrent-index-deletion — nothing is read to drop it

INDEX: Final = "ix_directory_organization_parent_uscc"


def upgrade() -> None:
    """Index owners."""
    op.create_index(
        INDEX,
        "directory_organization",
        ["parent_uscc"],
        postgresql_where=sa.text("parent_uscc IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index(INDEX, "directory_organization")
