"""What a centre owes and keeps: milestones, ties, findings, documents, steps with their reasons."""

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None

# What the rules of these tables ask the policy; a register that is older has not heard of it.
PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "A056": {"organs": ["articles", "shareholders_meeting", "board", "supervisors"]},
    "A078": {
        "quorum_ppm": 500000,
        "ordinary": {"parts": 1, "of": 2, "reached": False},
        "qualified": {"parts": 2, "of": 3, "reached": True},
    },
    "A102": {"decision_working_days": 20},
    "A103": {"min_themes": 1},
    "A125": {"plan_days": 30, "rectification_months": 12, "reminder_days": [30, 7, 0]},
    "A134": {
        "provisional": True,
        "conditions": [
            {
                "code": "company_and_alliance",
                "name_zh": "独立法人公司加联盟",
                "name_en": "A company of its own, and an alliance",
                "figure": "alliance_members",
                "at_least": 1,
            },
            {
                "code": "leading_shareholders",
                "name_zh": "股东包含本领域龙头企业",
                "name_en": "Shareholders among the field's leaders",
                "figure": "leading_shareholders",
                "at_least": 2,
            },
            {
                "code": "alliance_coverage",
                "name_zh": "联盟覆盖本领域半数以上国家级平台",
                "name_en": "The alliance joins half of the field's national platforms",
                "figure": "alliance_coverage_ppm",
                "at_least": 500000,
            },
        ],
    },
}

CHECKS: Final = (
    ("governance_body", "term_in_order", "term_until >= term_from"),
    ("governance_body", "quorum_is_a_share", "quorum_ppm BETWEEN 1 AND 1000000"),
    ("body_seat", "days_in_order", "until_on >= from_on"),
)
# Merged key by key: what a policy says already, it keeps.
MERGE: Final = """
UPDATE policy_version
SET parameters = parameters || jsonb_build_object(
    CAST(:row AS text),
    CAST(:given AS jsonb) || coalesce(parameters -> CAST(:row AS text), '{}'::jsonb)
)
WHERE state = 'in_force'
"""
# What was suspended or rectified before there were two columns for it.
PART: Final = """
UPDATE center SET rectified_from = came_from, came_from = NULL WHERE stage = 'rectifying'
"""


def upgrade() -> None:
    """Make the tables, widen what is there, and let policies in force know the new figures."""
    _tables()
    for table, name, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.execute(PART)
    for row, given in PARAMETERS.items():
        op.get_bind().execute(sa.text(MERGE), {"row": row, "given": json.dumps(given)})
    grant_app("registry")


def downgrade() -> None:
    """Take everything away again."""
    for table, name, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_column("stage_change", "basis")
    op.drop_column("stage_change", "recommendation_id")
    op.drop_column("stage_change", "cause")
    op.drop_column("stage_change", "doc_no")
    op.drop_column("resolution", "ballots")
    op.drop_column("resolution", "quorum_met")
    op.drop_column("resolution", "quorum_ppm")
    op.drop_column("governance_body", "quorum_ppm")
    op.drop_column("center", "yrd_platform")
    op.drop_column("center", "zone_tags")
    op.drop_column("center", "sei_codes")
    op.drop_column("center", "industry_codes")
    op.drop_column("center", "chain_node")
    op.drop_column("center", "chain_code")
    op.drop_column("center", "rectified_from")
    op.drop_index("ix_body_seat_person_id", table_name="body_seat")
    op.drop_column("body_seat", "flagged_on")
    op.drop_column("body_seat", "end_reason")
    op.drop_index(
        "uq_seat_finding_open",
        table_name="seat_finding",
        postgresql_where=sa.text("cleared_on IS NULL"),
    )
    op.drop_index("ix_seat_finding_center_id", table_name="seat_finding")
    op.drop_table("seat_finding")
    op.drop_index("ix_research_direction_center_id", table_name="research_direction")
    op.drop_table("research_direction")
    op.drop_index(
        "ix_stage_recommendation_open",
        table_name="stage_recommendation",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("stage_recommendation")
    op.drop_table("responsibility")
    op.drop_index(
        "uq_rectification_one_open",
        table_name="rectification",
        postgresql_where=sa.text("state IN ('ordered', 'planned', 'passed', 'failed')"),
    )
    op.drop_index("ix_rectification_center_id", table_name="rectification")
    op.drop_table("rectification")
    op.drop_table("pilot_theme")
    op.drop_table("national_dossier")
    op.drop_table("center_rating")
    op.drop_index(
        "uq_center_milestone_one_owed",
        table_name="center_milestone",
        postgresql_where=sa.text("state IN ('open', 'overdue')"),
    )
    op.drop_index(
        "ix_center_milestone_next_at",
        table_name="center_milestone",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("center_milestone")
    op.drop_index("ix_center_document_center_id", table_name="center_document")
    op.drop_table("center_document")
    op.drop_index("ix_person_tie_person_id", table_name="person_tie")
    op.drop_index("ix_person_tie_org_id", table_name="person_tie")
    op.drop_table("person_tie")
    op.drop_table("governance_night")


def _tables() -> None:
    op.create_table(
        "governance_night",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_governance_night")),
        info={"insert_only": True},
    )
    op.create_table(
        "person_tie",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("stated_by", sa.Uuid(), nullable=False),
        sa.Column("stated_by_org_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_person_tie_days_in_order")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_person_tie_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["stated_by_org_id"],
            ["organization.id"],
            name=op.f("fk_person_tie_stated_by_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_tie")),
    )
    op.create_index("ix_person_tie_org_id", "person_tie", ["org_id"], unique=False)
    op.create_index("ix_person_tie_person_id", "person_tie", ["person_id"], unique=False)
    op.create_table(
        "center_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "valid_until >= valid_from", name=op.f("ck_center_document_days_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_center_document_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_center_document_file_id_stored_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_center_document")),
    )
    op.create_index(
        "ix_center_document_center_id", "center_document", ["center_id", "kind"], unique=False
    )
    op.create_table(
        "center_milestone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("reminded_days", sa.Integer(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'met') = (met_on IS NOT NULL)", name=op.f("ck_center_milestone_met_on_a_day")
        ),
        sa.CheckConstraint(
            "(state = 'open') = (next_at IS NOT NULL)",
            name=op.f("ck_center_milestone_open_is_looked_at"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_center_milestone_center_id_center")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_center_milestone")),
    )
    op.create_index(
        "ix_center_milestone_next_at",
        "center_milestone",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_center_milestone_one_owed",
        "center_milestone",
        ["center_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'overdue')"),
    )
    op.create_table(
        "center_rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("total", sa.String(), nullable=False),
        sa.Column("result_hash", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_center_rating_center_id_center")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_center_rating")),
        sa.UniqueConstraint(
            "center_id", "kind", "year", "version", name="uq_center_rating_version"
        ),
        info={"insert_only": True},
    )
    op.create_table(
        "national_dossier",
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("alliance_coverage_ppm", sa.Integer(), nullable=True),
        sa.Column(
            "file_ids", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "alliance_coverage_ppm BETWEEN 0 AND 1000000",
            name=op.f("ck_national_dossier_coverage_is_a_share"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_national_dossier_center_id_center")
        ),
        sa.PrimaryKeyConstraint("center_id", name=op.f("pk_national_dossier")),
    )
    op.create_table(
        "pilot_theme",
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("named_on", sa.Date(), nullable=False),
        sa.Column("plan_text", sa.String(), nullable=False),
        sa.Column("report_text", sa.String(), nullable=True),
        sa.Column("report_file_id", sa.Uuid(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(report_text IS NULL) = (reported_on IS NULL)",
            name=op.f("ck_pilot_theme_reported_with_a_text"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_pilot_theme_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["report_file_id"],
            ["stored_file.id"],
            name=op.f("fk_pilot_theme_report_file_id_stored_file"),
        ),
        sa.PrimaryKeyConstraint("center_id", "theme", name=op.f("pk_pilot_theme")),
    )
    op.create_table(
        "rectification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("plan_due_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("plan_text", sa.String(), nullable=True),
        sa.Column("plan_file_id", sa.Uuid(), nullable=True),
        sa.Column("plan_filed_on", sa.Date(), nullable=True),
        sa.Column("rechecked_on", sa.Date(), nullable=True),
        sa.Column("recheck_text", sa.String(), nullable=True),
        sa.Column("recheck_file_id", sa.Uuid(), nullable=True),
        sa.Column("rechecked_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_rectification_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["plan_file_id"],
            ["stored_file.id"],
            name=op.f("fk_rectification_plan_file_id_stored_file"),
        ),
        sa.ForeignKeyConstraint(
            ["recheck_file_id"],
            ["stored_file.id"],
            name=op.f("fk_rectification_recheck_file_id_stored_file"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification")),
    )
    op.create_index("ix_rectification_center_id", "rectification", ["center_id"], unique=False)
    op.create_index(
        "uq_rectification_one_open",
        "rectification",
        ["center_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('ordered', 'planned', 'passed', 'failed')"),
    )
    op.create_table(
        "responsibility",
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("decides", sa.String(), nullable=False),
        sa.Column("carries_out", sa.String(), nullable=False),
        sa.Column("proposes", sa.String(), nullable=True),
        sa.Column("supervises", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_responsibility_center_id_center")
        ),
        sa.PrimaryKeyConstraint("center_id", "place", name=op.f("pk_responsibility")),
    )
    op.create_table(
        "stage_recommendation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("to_stage", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "gaps", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "told", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_stage_recommendation_center_id_center")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_recommendation")),
    )
    op.create_index(
        "ix_stage_recommendation_open",
        "stage_recommendation",
        ["center_id", "to_stage"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "research_direction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("field_code", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opinion", sa.String(), nullable=True),
        sa.Column("opinion_text", sa.String(), nullable=True),
        sa.Column("opinion_body_id", sa.Uuid(), nullable=True),
        sa.Column("opinion_on", sa.Date(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_research_direction_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_research_direction_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["opinion_body_id"],
            ["governance_body.id"],
            name=op.f("fk_research_direction_opinion_body_id_governance_body"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_direction")),
    )
    op.create_index(
        "ix_research_direction_center_id", "research_direction", ["center_id"], unique=False
    )
    op.create_table(
        "seat_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("cleared_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_seat_finding_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_seat_finding_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["body_seat.id"], name=op.f("fk_seat_finding_seat_id_body_seat")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_finding")),
    )
    op.create_index("ix_seat_finding_center_id", "seat_finding", ["center_id"], unique=False)
    op.create_index(
        "uq_seat_finding_open",
        "seat_finding",
        ["seat_id", "org_id", "kind"],
        unique=True,
        postgresql_where=sa.text("cleared_on IS NULL"),
    )
    op.add_column("body_seat", sa.Column("end_reason", sa.String(), nullable=True))
    op.add_column("body_seat", sa.Column("flagged_on", sa.Date(), nullable=True))
    op.create_index("ix_body_seat_person_id", "body_seat", ["person_id"], unique=False)
    op.add_column("center", sa.Column("rectified_from", sa.String(), nullable=True))
    op.add_column("center", sa.Column("chain_code", sa.String(), nullable=True))
    op.add_column("center", sa.Column("chain_node", sa.String(), nullable=True))
    op.add_column(
        "center",
        sa.Column(
            "industry_codes", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False
        ),
    )
    op.add_column(
        "center",
        sa.Column("sei_codes", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False),
    )
    op.add_column(
        "center",
        sa.Column("zone_tags", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False),
    )
    op.add_column(
        "center", sa.Column("yrd_platform", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("governance_body", sa.Column("quorum_ppm", sa.Integer(), nullable=True))
    op.add_column(
        "resolution", sa.Column("quorum_ppm", sa.Integer(), server_default="500000", nullable=False)
    )
    op.add_column(
        "resolution", sa.Column("quorum_met", sa.Boolean(), server_default="true", nullable=False)
    )
    op.add_column(
        "resolution",
        sa.Column(
            "ballots",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column("stage_change", sa.Column("doc_no", sa.String(), nullable=True))
    op.add_column("stage_change", sa.Column("cause", sa.String(), nullable=True))
    op.add_column("stage_change", sa.Column("recommendation_id", sa.Uuid(), nullable=True))
    op.add_column(
        "stage_change",
        sa.Column(
            "basis",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
    )
