"""Reports of centres that a year does not judge, and which version a document tells of."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0020"
down_revision: Final = "0019"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep optional reports, and of which result a report was made; older files do not say."""
    op.create_table(
        "optional_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rd_cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("total_cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("income_fen", sa.BigInteger(), nullable=False),
        sa.Column("rd_staff", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("narrative", postgresql.JSONB(), nullable=False),
        sa.Column("target_vs_actual", postgresql.JSONB(), nullable=True),
        sa.Column("return_reasons", postgresql.JSONB(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rd_cost_fen >= 0 AND rd_cost_fen <= total_cost_fen AND income_fen >= 0",
            name=op.f("ck_optional_report_accounts"),
        ),
        sa.CheckConstraint(
            "rd_staff >= 0 AND rd_staff <= staff", name=op.f("ck_optional_report_staff")
        ),
        sa.CheckConstraint(
            "state = 'draft' OR submitted_at IS NOT NULL",
            name=op.f("ck_optional_report_submitted"),
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_optional_report_cycle_id_evaluation_cycle"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_optional_report")),
        sa.UniqueConstraint("center_id", "cycle_id", name="uq_optional_report_center_id"),
    )
    op.create_index("ix_optional_report_cycle_id", "optional_report", ["cycle_id"])
    op.add_column("document_file", sa.Column("result_id", sa.Uuid(), nullable=True))
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_column("document_file", "result_id")
    op.drop_table("optional_report")
