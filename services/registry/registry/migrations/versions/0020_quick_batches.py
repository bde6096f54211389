"""What batches of facts need to be quick, and to be forgotten in time."""

from typing import Final

from alembic import op

revision: Final = "0020"
down_revision: Final = "0019"
branch_labels: Final = None
depends_on: Final = None

# squawk: adding-foreign-key-constraint — before the first release: no table that is live has many rows
# squawk: ban-drop-constraint — what it held is held by what this migration puts first, or written anew here
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows
# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows
# squawk: require-concurrent-index-deletion — before the first release: no table that is live has many rows

RESULTS: Final = "fk_batch_row_job_id_batch_job"


def upgrade() -> None:
    """Keep corrections in one small index, and let results go with their job."""
    op.drop_index("ix_fact_correction", table_name="fact")
    op.drop_constraint("uq_fact_supersedes_id", "fact")
    op.create_index(
        "uq_fact_supersedes_id",
        "fact",
        ["supersedes_id"],
        unique=True,
        postgresql_where="supersedes_id IS NOT NULL",
    )
    op.drop_constraint(RESULTS, "batch_row")
    op.create_foreign_key(RESULTS, "batch_row", "batch_job", ["job_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    """Keep every fact in two indexes of corrections, and a job while it has results."""
    op.drop_constraint(RESULTS, "batch_row")
    op.create_foreign_key(RESULTS, "batch_row", "batch_job", ["job_id"], ["id"])
    op.drop_index("uq_fact_supersedes_id", table_name="fact")
    op.create_unique_constraint("uq_fact_supersedes_id", "fact", ["supersedes_id"])
    op.create_index(
        "ix_fact_correction",
        "fact",
        ["supersedes_id"],
        postgresql_where="supersedes_id IS NOT NULL",
    )
