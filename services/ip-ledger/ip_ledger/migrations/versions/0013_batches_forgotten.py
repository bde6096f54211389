"""Results of batches go with their job, which is forgotten once its time is over."""

from typing import Final

from alembic import op

revision: Final = "0013"
down_revision: Final = "0012"
branch_labels: Final = None
depends_on: Final = None

RESULTS: Final = "fk_batch_row_job_id_batch_job"


def upgrade() -> None:
    """Let results go with their job."""
    op.drop_constraint(RESULTS, "batch_row")
    op.create_foreign_key(RESULTS, "batch_row", "batch_job", ["job_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    """Keep a job while it has results."""
    op.drop_constraint(RESULTS, "batch_row")
    op.create_foreign_key(RESULTS, "batch_row", "batch_job", ["job_id"], ["id"])
