"""Findings and what is kept of experts."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0008"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Follow what a result found wanting, and keep what experts give of themselves."""
    json = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.create_table(
        "result_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("leaf", sa.String(), nullable=True),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_late", sa.Boolean(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("reminded_days", sa.Integer(), nullable=True),
        sa.Column("overdue_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "closed_by IS NULL OR closed_by <> answered_by",
            name=op.f("ck_result_finding_two_people"),
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_by IS NOT NULL)"
            " AND (state = 'open' OR answered_by IS NOT NULL)",
            name=op.f("ck_result_finding_steps"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_result_finding_case_id_evaluation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_result_finding_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_finding")),
    )
    op.create_index("ix_result_finding_case_id", "result_finding", ["case_id"])
    op.create_index("ix_result_finding_center_id", "result_finding", ["center_id", "state"])
    op.create_index(
        "ix_result_finding_next_on",
        "result_finding",
        ["next_on"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "finding_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("evidence", json, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["result_finding.id"],
            name=op.f("fk_finding_step_finding_id_result_finding"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_step")),
        sa.UniqueConstraint("finding_id", "number", name="uq_finding_step_finding_id_number"),
    )
    op.create_table(
        "seat_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("path", json, nullable=False),
        sa.Column("path_hash", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["panel_id"], ["panel.id"], name=op.f("fk_seat_conflict_panel_id_panel")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["panel_seat.id"], name=op.f("fk_seat_conflict_seat_id_panel_seat")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_conflict")),
    )
    op.create_index(
        "uq_seat_conflict_open",
        "seat_conflict",
        ["seat_id", "path_hash"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "expert_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("notice_sha256", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_consent_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_consent")),
    )
    op.create_index(
        "uq_expert_consent_standing",
        "expert_consent",
        ["expert_id", "kind"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "expert_sensitive",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_id"],
            ["expert_consent.id"],
            name=op.f("fk_expert_sensitive_consent_id_expert_consent"),
        ),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_sensitive_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_sensitive")),
        sa.UniqueConstraint("expert_id", "kind", name="uq_expert_sensitive_expert_id_kind"),
    )
    op.create_table(
        "sensitive_disclosure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_sensitive_disclosure_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_disclosure")),
    )
    op.create_index("ix_sensitive_disclosure_expert_id", "sensitive_disclosure", ["expert_id"])
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("sensitive_disclosure")
    op.drop_table("expert_sensitive")
    op.drop_table("expert_consent")
    op.drop_table("seat_conflict")
    op.drop_table("finding_step")
    op.drop_table("result_finding")
