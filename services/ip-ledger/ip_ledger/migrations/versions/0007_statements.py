"""Statements, settlements and plans of rights."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database import instant
from shared.database.migrations import grant_app

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Let a run take the place of a paid one, and tell when the ledger knew of payments."""
    op.add_column("distribution_run", sa.Column("paid_at", instant(), nullable=True))
    op.add_column("distribution_run", sa.Column("corrects_id", sa.Uuid(), nullable=True))
    op.add_column("distribution_run", sa.Column("effective_on", sa.Date(), nullable=True))
    op.create_foreign_key(
        op.f("fk_distribution_run_corrects_id_distribution_run"),
        "distribution_run",
        "distribution_run",
        ["corrects_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_distribution_run_correction"),
        "distribution_run",
        "(corrects_id IS NULL) = (effective_on IS NULL)",
    )
    op.create_index(
        "uq_distribution_run_corrects_id",
        "distribution_run",
        ["corrects_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    # Paying logs each line, so that the log knows when that was.
    op.execute(
        """
        UPDATE distribution_run SET paid_at = coalesce(
            (SELECT min(r.recorded_at) FROM log_record r JOIN distribution_line l ON l.id = r.id
             WHERE l.run_id = distribution_run.id),
            approved_at, drafted_at)
        WHERE state IN ('paid', 'reversed')
        """
    )
    grant_app("ip_ledger")


def downgrade() -> None:
    """Forget it."""
    op.drop_index("uq_distribution_run_corrects_id", "distribution_run")
    op.drop_constraint("ck_distribution_run_correction", "distribution_run")
    op.drop_column("distribution_run", "effective_on")
    op.drop_column("distribution_run", "corrects_id")
    op.drop_column("distribution_run", "paid_at")
