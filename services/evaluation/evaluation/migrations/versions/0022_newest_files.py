"""The newest document of a case or a cycle is found without reading those of all others."""

from typing import Final

from alembic import op

revision: Final = "0022"
down_revision: Final = "0021"
branch_labels: Final = None
depends_on: Final = None

# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Order the files of each by the run that made them."""
    op.create_index("ix_document_file_newest", "document_file", ["subject_id", "kind", "run_id"])


def downgrade() -> None:
    """Take back what the upgrade added."""
    op.drop_index("ix_document_file_newest", table_name="document_file")
