"""What follows a publication: second readings, objections, voided results."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep which results hinge on one sheet, what is objected to, and what was reopened."""
    op.add_column(
        "evaluation_result",
        sa.Column("hinges_on_sheet", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("evaluation_result", "hinges_on_sheet", server_default=None)
    json = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.create_table(
        "result_objection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("leaves", json, nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopened", json, nullable=False),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_result_objection_case_id_evaluation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_result_objection_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_objection")),
    )
    op.create_index("ix_result_objection_case_id", "result_objection", ["case_id"])
    op.create_index(
        "uq_result_objection_one_open",
        "result_objection",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "leaf_reopening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("objection_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("codes", json, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_leaf_reopening_case_id_evaluation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["objection_id"],
            ["result_objection.id"],
            name=op.f("fk_leaf_reopening_objection_id_result_objection"),
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_leaf_reopening_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaf_reopening")),
        sa.UniqueConstraint("objection_id", name=op.f("uq_leaf_reopening_objection_id")),
    )
    op.create_index("ix_leaf_reopening_case_id", "leaf_reopening", ["case_id"])
    op.create_table(
        "result_voiding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("evidence", json, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by",
            name=op.f("ck_result_voiding_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_result_voiding_case_id_evaluation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_result_voiding_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_voiding")),
    )
    op.create_index(
        "uq_result_voiding_one_open",
        "result_voiding",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'dropped'"),
    )
    op.drop_constraint("uq_triennial_assessment_standing", "triennial_assessment")
    op.create_index(
        "uq_triennial_assessment_standing",
        "triennial_assessment",
        ["center_id", "last_year"],
        unique=True,
        postgresql_where=sa.text("state <> 'reopened'"),
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_index("uq_triennial_assessment_standing", "triennial_assessment")
    op.create_unique_constraint(
        "uq_triennial_assessment_standing", "triennial_assessment", ["center_id", "last_year"]
    )
    op.drop_table("result_voiding")
    op.drop_table("leaf_reopening")
    op.drop_table("result_objection")
    op.drop_column("evaluation_result", "hinges_on_sheet")
