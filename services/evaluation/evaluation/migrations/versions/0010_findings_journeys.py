"""What an objection may reopen, and rows of the evaluation."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0010"
down_revision: Final = "0009"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep reviews of operating years, corrections of reports, and how leaves were reopened."""
    op.create_table(
        "operating_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.Column("conclusion", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column(
            "figures", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("years IN (5, 10)", name=op.f("ck_operating_review_years")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operating_review")),
        sa.UniqueConstraint("center_id", "years", name="uq_operating_review_center_id_years"),
    )
    op.create_table(
        "report_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rd_cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("total_cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("income_fen", sa.BigInteger(), nullable=False),
        sa.Column("rd_staff", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "rd_cost_fen >= 0 AND rd_cost_fen <= total_cost_fen AND income_fen >= 0",
            name=op.f("ck_report_correction_accounts"),
        ),
        sa.CheckConstraint(
            "rd_staff >= 0 AND rd_staff <= staff", name=op.f("ck_report_correction_staff")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> filed_by",
            name=op.f("ck_report_correction_two_people"),
        ),
        sa.CheckConstraint(
            "(state = 'accepted') <= (decided_by IS NOT NULL)",
            name=op.f("ck_report_correction_accepted_by"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_report_correction_case_id_evaluation_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_correction")),
        sa.UniqueConstraint("case_id", name="uq_report_correction_case_id"),
    )
    op.add_column(
        "evaluation_case",
        sa.Column(
            "reopenings",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            server_default="[]",
        ),
    )
    op.execute(
        """
        UPDATE evaluation_case SET reopenings = told.reopenings
          FROM (
              SELECT case_id,
                     jsonb_agg(jsonb_build_object('counted', codes) ORDER BY reopened_at, id)
                         AS reopenings
                FROM leaf_reopening GROUP BY case_id
          ) AS told
         WHERE told.case_id = evaluation_case.id
        """
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_column("evaluation_case", "reopenings")
    op.drop_table("report_correction")
    op.drop_table("operating_review")
