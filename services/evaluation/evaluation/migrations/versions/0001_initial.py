"""Every table, as the features define them."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None


# Alembic does not write sequences.
EVENT_SEQ: Final = sa.Sequence("event_seq", data_type=sa.BigInteger())


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(EVENT_SEQ))
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("before_sha256", sa.String(), nullable=True),
        sa.Column("after_sha256", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        info={"insert_only": True},
    )
    op.create_index("ix_audit_subject_id", "audit", ["subject_id"], unique=False)
    op.create_table(
        "batch_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "actor", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_job")),
        sa.UniqueConstraint("scope", name=op.f("uq_batch_job_scope")),
    )
    op.create_table(
        "clock_offset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("microseconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_offset")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "seq", sa.BigInteger(), server_default=sa.text("nextval('event_seq')"), nullable=False
        ),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("seq", name=op.f("uq_event_seq")),
        info={"insert_only": True},
    )
    op.create_index("ix_event_center_id", "event", ["center_id"], unique=False)
    op.create_index("ix_event_subject_id", "event", ["subject_id"], unique=False)
    op.create_table(
        "event_pending",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_pending")),
    )
    op.create_table(
        "feed_cursor",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_feed_cursor")),
    )
    op.create_table(
        "inbox",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id", name=op.f("pk_inbox")),
        info={"insert_only": True},
    )
    op.create_table(
        "kept_answer",
        sa.Column("scope", sa.LargeBinary(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_kept_answer")),
    )
    op.create_index("ix_kept_answer_kept_at", "kept_answer", ["kept_at"], unique=False)
    op.create_table(
        "batch_row",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column(
            "result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["batch_job.id"], name=op.f("fk_batch_row_job_id_batch_job")
        ),
        sa.PrimaryKeyConstraint("job_id", "index", name=op.f("pk_batch_row")),
        info={"insert_only": True},
    )
    op.create_table(
        "event_position",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_position_event_id_event")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event_position")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_position_event_id")),
        info={"insert_only": True},
    )
    op.create_table(
        "case_duty",
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "subject_type", "subject_id", "person_id", "capacity", name=op.f("pk_case_duty")
        ),
        info={"insert_only": True},
    )
    op.create_table(
        "expert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("org_uscc", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
        sa.UniqueConstraint("person_id", name=op.f("uq_expert_person_id")),
    )
    op.create_table(
        "indicator_scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column(
            "content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'frozen') = (frozen_at IS NOT NULL)",
            name=op.f("ck_indicator_scheme_frozen_at"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_scheme")),
        sa.UniqueConstraint("code", "number", name="uq_indicator_scheme_code_number"),
    )
    op.create_table(
        "panel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("applicant_org_id", sa.Uuid(), nullable=True),
        sa.Column("subject_hash", sa.String(), nullable=True),
        sa.Column(
            "indicators", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("formed_on", sa.Date(), nullable=False),
        sa.Column("formed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mean", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("pass_line", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("sheets_hash", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel")),
        sa.UniqueConstraint("subject_type", "subject_id", "round", name="uq_panel_subject"),
    )
    op.create_index("ix_panel_center_id", "panel", ["center_id"], unique=False)
    op.create_table(
        "weight_profile",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("model_type", sa.String(), nullable=True),
        sa.Column(
            "weights", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weight_profile")),
        sa.UniqueConstraint("code", name="uq_weight_profile_code"),
    )
    op.create_table(
        "evaluation_cycle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("weight_profile", sa.String(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_until", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("cutoff_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("min_months_listed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (opened_at IS NOT NULL)", name=op.f("ck_evaluation_cycle_opened_at")
        ),
        sa.CheckConstraint("grace_days >= 0", name=op.f("ck_evaluation_cycle_grace_days")),
        sa.CheckConstraint("period_from <= period_until", name=op.f("ck_evaluation_cycle_period")),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["indicator_scheme.id"],
            name=op.f("fk_evaluation_cycle_scheme_id_indicator_scheme"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_cycle")),
    )
    op.create_table(
        "expert_personal_data",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_personal_data_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_expert_personal_data")),
    )
    op.create_index(
        "ix_expert_personal_data_expert_id", "expert_personal_data", ["expert_id"], unique=False
    )
    op.create_table(
        "expert_relation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("org_uscc", sa.String(), nullable=True),
        sa.Column("center_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "org_id IS NOT NULL OR org_uscc IS NOT NULL OR center_id IS NOT NULL",
            name=op.f("ck_expert_relation_tied"),
        ),
        sa.CheckConstraint(
            "until_on IS NULL OR from_on <= until_on", name=op.f("ck_expert_relation_period")
        ),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_relation_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_relation")),
    )
    op.create_index("ix_expert_relation_expert_id", "expert_relation", ["expert_id"], unique=False)
    op.create_table(
        "panel_duty",
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["panel_id"], ["panel.id"], name=op.f("fk_panel_duty_panel_id_panel")
        ),
        sa.PrimaryKeyConstraint("panel_id", "person_id", "capacity", name=op.f("pk_panel_duty")),
        info={"insert_only": True},
    )
    op.create_table(
        "panel_organization",
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column(
            "parent_usccs",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["panel_id"], ["panel.id"], name=op.f("fk_panel_organization_panel_id_panel")
        ),
        sa.PrimaryKeyConstraint("panel_id", "org_id", name=op.f("pk_panel_organization")),
        info={"insert_only": True},
    )
    op.create_table(
        "panel_seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("replaces_seat_id", sa.Uuid(), nullable=True),
        sa.Column("seated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vacated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_panel_seat_expert_id_expert")
        ),
        sa.ForeignKeyConstraint(
            ["panel_id"], ["panel.id"], name=op.f("fk_panel_seat_panel_id_panel")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_seat_id"],
            ["panel_seat.id"],
            name=op.f("fk_panel_seat_replaces_seat_id_panel_seat"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_seat")),
        sa.UniqueConstraint("panel_id", "expert_id", name="uq_panel_seat_panel_id_expert_id"),
        sa.UniqueConstraint("replaces_seat_id", name=op.f("uq_panel_seat_replaces_seat_id")),
    )
    op.create_index("ix_panel_seat_expert_id", "panel_seat", ["expert_id"], unique=False)
    op.create_table(
        "site_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("report_file_id", sa.Uuid(), nullable=False),
        sa.Column("report_sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["panel_id"], ["panel.id"], name=op.f("fk_site_visit_panel_id_panel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_visit")),
        sa.UniqueConstraint("panel_id", name=op.f("uq_site_visit_panel_id")),
    )
    op.create_index(op.f("ix_site_visit_subject_id"), "site_visit", ["subject_id"], unique=False)
    op.create_table(
        "cycle_exclusion",
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_cycle_exclusion_cycle_id_evaluation_cycle"),
        ),
        sa.PrimaryKeyConstraint("cycle_id", "center_id", name=op.f("pk_cycle_exclusion")),
        info={"insert_only": True},
    )
    op.create_table(
        "evaluation_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column(
            "weights", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_evaluation_case_cycle_id_evaluation_cycle"),
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["indicator_scheme.id"],
            name=op.f("fk_evaluation_case_scheme_id_indicator_scheme"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_case")),
        sa.UniqueConstraint("center_id", "kind", "year", name="uq_evaluation_case_center_id"),
    )
    op.create_index("ix_evaluation_case_cycle_id", "evaluation_case", ["cycle_id"], unique=False)
    op.create_table(
        "score_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=True),
        sa.Column("statement", sa.String(), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["id"], ["panel_seat.id"], name=op.f("fk_score_sheet_id_panel_seat")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_sheet")),
    )
    op.create_table(
        "visit_expert",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_visit_expert_expert_id_expert")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["site_visit.id"], name=op.f("fk_visit_expert_visit_id_site_visit")
        ),
        sa.PrimaryKeyConstraint("visit_id", "expert_id", name=op.f("pk_visit_expert")),
        info={"insert_only": True},
    )
    op.create_table(
        "visit_signature",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_visit_signature_expert_id_expert")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["site_visit.id"], name=op.f("fk_visit_signature_visit_id_site_visit")
        ),
        sa.PrimaryKeyConstraint(
            "visit_id", "version", "expert_id", name=op.f("pk_visit_signature")
        ),
        info={"insert_only": True},
    )
    op.create_table(
        "annual_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rd_cost_fen", sa.BigInteger(), nullable=True),
        sa.Column("total_cost_fen", sa.BigInteger(), nullable=True),
        sa.Column("income_fen", sa.BigInteger(), nullable=True),
        sa.Column("rd_staff", sa.Integer(), nullable=True),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column(
            "narrative", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "target_vs_actual",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("first_submitted_on", sa.Date(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lateness_days", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'missing') OR rd_cost_fen IS NOT NULL",
            name=op.f("ck_annual_report_written"),
        ),
        sa.CheckConstraint(
            "rd_cost_fen >= 0 AND rd_cost_fen <= total_cost_fen AND income_fen >= 0",
            name=op.f("ck_annual_report_accounts"),
        ),
        sa.CheckConstraint(
            "rd_staff >= 0 AND rd_staff <= staff", name=op.f("ck_annual_report_staff")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_annual_report_case_id_evaluation_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annual_report")),
        sa.UniqueConstraint("case_id", name="uq_annual_report_case_id"),
    )
    op.create_table(
        "fact_snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("cutoff_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registry_position", sa.BigInteger(), nullable=False),
        sa.Column("ip_ledger_position", sa.BigInteger(), nullable=False),
        sa.Column("registry_facts", sa.Integer(), nullable=False),
        sa.Column("ip_ledger_facts", sa.Integer(), nullable=False),
        sa.Column("plan_version", sa.String(), nullable=True),
        sa.Column("report_state", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_fact_snapshot_case_id_evaluation_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_snapshot")),
        sa.UniqueConstraint("case_id", name="uq_fact_snapshot_case_id"),
        info={"insert_only": True},
    )
    op.create_table(
        "score_item",
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_score_item_percent")),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["score_sheet.id"], name=op.f("fk_score_item_sheet_id_score_sheet")
        ),
        sa.PrimaryKeyConstraint("sheet_id", "indicator", name=op.f("pk_score_item")),
    )
    op.create_table(
        "annual_report_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reasons", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["annual_report.id"],
            name=op.f("fk_annual_report_return_report_id_annual_report"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annual_report_return")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_annual_report_return_report_id", "annual_report_return", ["report_id"], unique=False
    )
    op.create_table(
        "evaluation_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("result_hash", sa.String(), nullable=False),
        sa.Column("sheets_hash", sa.String(), nullable=False),
        sa.Column("total", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("near_boundary", sa.Boolean(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("total >= 0 AND total <= 100", name=op.f("ck_evaluation_result_total")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_evaluation_result_case_id_evaluation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["fact_snapshot.id"],
            name=op.f("fk_evaluation_result_snapshot_id_fact_snapshot"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_result")),
        sa.UniqueConstraint("case_id", "version", name="uq_evaluation_result_case_id_version"),
        info={"insert_only": True},
    )
    op.create_table(
        "result_publication",
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_result_publication_case_id_evaluation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_result_publication_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_result_publication")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_result_publication_year", "result_publication", ["year", "center_id"], unique=False
    )
    op.create_table(
        "result_review",
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_result_review_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_result_review")),
        info={"insert_only": True},
    )
    op.create_table(
        "second_reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("conclusion", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_second_reading_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_reading")),
        info={"insert_only": True},
    )
    op.create_index("ix_second_reading_result_id", "second_reading", ["result_id"], unique=False)
    op.create_table(
        "directory_center",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("applicant_form", sa.String(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=True),
        sa.Column("lead_sponsor_id", sa.Uuid(), nullable=False),
        sa.Column("trustee_org_id", sa.Uuid(), nullable=True),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_center")),
    )
    op.create_index(
        op.f("ix_directory_center_lead_sponsor_id"),
        "directory_center",
        ["lead_sponsor_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_directory_center_legal_entity_id"),
        "directory_center",
        ["legal_entity_id"],
        unique=False,
    )
    op.create_table(
        "directory_organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("org_type", sa.String(), nullable=False),
        sa.Column("legal_person_kind", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("is_sme", sa.Boolean(), nullable=False),
        sa.Column("parent_uscc", sa.String(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_organization")),
        sa.UniqueConstraint("uscc", name=op.f("uq_directory_organization_uscc")),
    )
    op.create_table(
        "directory_policy",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column(
            "clauses", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "parameters", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_directory_policy")),
    )
    op.create_table(
        "directory_membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["center_id"],
            ["directory_center.id"],
            name=op.f("fk_directory_membership_center_id_directory_center"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_membership")),
    )
    op.create_index(
        "ix_directory_membership_center_id", "directory_membership", ["center_id"], unique=False
    )
    op.create_index(
        "ix_directory_membership_org_id", "directory_membership", ["org_id"], unique=False
    )
    grant_app("evaluation")


def downgrade() -> None:
    op.drop_index("ix_directory_membership_org_id", table_name="directory_membership")
    op.drop_index("ix_directory_membership_center_id", table_name="directory_membership")
    op.drop_table("directory_membership")
    op.drop_table("directory_policy")
    op.drop_table("directory_organization")
    op.drop_index(op.f("ix_directory_center_legal_entity_id"), table_name="directory_center")
    op.drop_index(op.f("ix_directory_center_lead_sponsor_id"), table_name="directory_center")
    op.drop_table("directory_center")
    op.drop_index("ix_second_reading_result_id", table_name="second_reading")
    op.drop_table("second_reading")
    op.drop_table("result_review")
    op.drop_index("ix_result_publication_year", table_name="result_publication")
    op.drop_table("result_publication")
    op.drop_table("evaluation_result")
    op.drop_index("ix_annual_report_return_report_id", table_name="annual_report_return")
    op.drop_table("annual_report_return")
    op.drop_table("score_item")
    op.drop_table("fact_snapshot")
    op.drop_table("annual_report")
    op.drop_table("visit_signature")
    op.drop_table("visit_expert")
    op.drop_table("score_sheet")
    op.drop_index("ix_evaluation_case_cycle_id", table_name="evaluation_case")
    op.drop_table("evaluation_case")
    op.drop_table("cycle_exclusion")
    op.drop_index(op.f("ix_site_visit_subject_id"), table_name="site_visit")
    op.drop_table("site_visit")
    op.drop_index("ix_panel_seat_expert_id", table_name="panel_seat")
    op.drop_table("panel_seat")
    op.drop_table("panel_organization")
    op.drop_table("panel_duty")
    op.drop_index("ix_expert_relation_expert_id", table_name="expert_relation")
    op.drop_table("expert_relation")
    op.drop_index("ix_expert_personal_data_expert_id", table_name="expert_personal_data")
    op.drop_table("expert_personal_data")
    op.drop_table("evaluation_cycle")
    op.drop_table("weight_profile")
    op.drop_index("ix_panel_center_id", table_name="panel")
    op.drop_table("panel")
    op.drop_table("indicator_scheme")
    op.drop_table("expert")
    op.drop_table("case_duty")
    op.drop_table("event_position")
    op.drop_table("batch_row")
    op.drop_index("ix_kept_answer_kept_at", table_name="kept_answer")
    op.drop_table("kept_answer")
    op.drop_table("inbox")
    op.drop_table("feed_cursor")
    op.drop_table("event_pending")
    op.drop_index("ix_event_subject_id", table_name="event")
    op.drop_index("ix_event_center_id", table_name="event")
    op.drop_table("event")
    op.drop_table("clock_offset")
    op.drop_table("batch_job")
    op.drop_index("ix_audit_subject_id", table_name="audit")
    op.drop_table("audit")
    op.execute(sa.schema.DropSequence(EVENT_SEQ))
