"""Results of batches go with their job, which is forgotten once its time is over."""

from typing import Final

from alembic import op

revision: Final = "0011"
down_revision: Final = "0010"
branch_labels: Final = None
depends_on: Final = None

# squawk: adding-foreign-key-constraint — before the first release: no table that is live has many rows
# squawk: ban-drop-constraint — what it held is held by what this migration puts first, or written anew here
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows

RESULTS: Final = "fk_batch_row_job_id_batch_job"


def upgrade() -> None:
    """Let results go with their job."""
    op.drop_constraint(RESULTS, "batch_row")
    op.create_foreign_key(RESULTS, "batch_row", "batch_job", ["job_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    """Keep a job while it has results."""
    op.drop_constraint(RESULTS, "batch_row")
    op.create_foreign_key(RESULTS, "batch_row", "batch_job", ["job_id"], ["id"])
