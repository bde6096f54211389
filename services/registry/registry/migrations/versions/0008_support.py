"""Support and its measures, the catalogue of new products, awards and publicity."""

import json
from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from registry.programme import reference
from shared.database.migrations import grant_app

revision: Final = "0008"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None

ROWS: Final = (
    "A138",
    "A141",
    "A144",
    "A145",
)
SCHEMES: Final = (
    "support-kinds",
    "support-purposes",
    "talent-measures",
    "product-kinds",
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


def upgrade() -> None:
    """Make the tables, and let policies in force know the new figures and words."""
    _tables()
    for row in ROWS:
        given = json.dumps(reference.PARAMETERS[row])
        op.get_bind().execute(sa.text(MERGE), {"row": row, "given": given})
    _words()
    grant_app("registry")


def downgrade() -> None:
    """Take the tables away; figures and words that a policy holds stay."""
    op.drop_index("ix_support_measure_state", table_name="support_measure")
    op.drop_index("ix_support_measure_plan_id", table_name="support_measure")
    op.drop_index("ix_support_measure_center_id", table_name="support_measure")
    op.drop_table("support_measure")
    op.drop_index(
        "uq_first_purchase_contract_no",
        table_name="first_purchase",
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_index("ix_first_purchase_recorded_at", table_name="first_purchase")
    op.drop_index("ix_first_purchase_product_id", table_name="first_purchase")
    op.drop_index("ix_first_purchase_center_id", table_name="first_purchase")
    op.drop_table("first_purchase")
    op.drop_index(
        "uq_support_plan_one_a_center",
        table_name="support_plan",
        postgresql_where=sa.text("state IN ('draft', 'proposed', 'approved')"),
    )
    op.drop_index("ix_support_plan_state", table_name="support_plan")
    op.drop_index("ix_support_plan_center_id", table_name="support_plan")
    op.drop_table("support_plan")
    op.drop_index("ix_publicity_item_released", table_name="publicity_item")
    op.drop_index("ix_publicity_item_center_id", table_name="publicity_item")
    op.drop_table("publicity_item")
    op.drop_index(
        "uq_product_one_open",
        table_name="product",
        postgresql_where=sa.text("state NOT IN ('rejected', 'withdrawn', 'removed')"),
    )
    op.drop_index("ix_product_valid", table_name="product")
    op.drop_index("ix_product_state", table_name="product")
    op.drop_index(op.f("ix_product_maker_org_id"), table_name="product")
    op.drop_index("ix_product_center_id", table_name="product")
    op.drop_table("product")
    op.drop_index("ix_award_state", table_name="award")
    op.drop_index("ix_award_center_id", table_name="award")
    op.drop_table("award")
    op.drop_index("ix_support_policy_valid", table_name="support_policy")
    op.drop_table("support_policy")
    op.drop_table("product_call")


def _words() -> None:
    """Add the code tables that an older register lacks."""
    entries = sa.Table("code_entry", sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
    rows = [row for row in reference.code_rows() if row["scheme"] in SCHEMES]
    statement = postgresql.insert(entries).values(rows)
    op.execute(statement.on_conflict_do_nothing())


def _tables() -> None:
    op.create_table(
        "product_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("cut_off_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.CheckConstraint("valid_until > cut_off_on", name=op.f("ck_product_call_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_call")),
        sa.UniqueConstraint("year", name="uq_product_call_year"),
    )
    op.create_table(
        "support_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("conditions", sa.String(), nullable=False),
        sa.Column("model_types", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("stages", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("field_codes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "valid_until >= valid_from", name=op.f("ck_support_policy_days_in_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_policy")),
    )
    op.create_index(
        "ix_support_policy_valid",
        "support_policy",
        ["valid_from", "valid_until", "id"],
        unique=False,
    )
    op.create_table(
        "award",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("award_reason", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("achievement", sa.String(), nullable=False),
        sa.Column("person_ref", sa.String(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("nominated_by", sa.Uuid(), nullable=False),
        sa.Column("nominated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("doc_no", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'published') OR approved_by IS NOT NULL",
            name=op.f("ck_award_approved_by_one"),
        ),
        sa.CheckConstraint(
            "(person_ref IS NULL) <> (org_id IS NULL)", name=op.f("ck_award_one_laureate")
        ),
        sa.CheckConstraint(
            "reviewed_by <> nominated_by AND approved_by <> nominated_by AND approved_by <> reviewed_by",
            name=op.f("ck_award_three_people"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_award_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_award_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
    )
    op.create_index("ix_award_center_id", "award", ["center_id", "id"], unique=False)
    op.create_index("ix_award_state", "award", ["state", "id"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("maker_org_id", sa.Uuid(), nullable=False),
        sa.Column("maker_name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column(
            "patents", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "particulars",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("first_sale_on", sa.Date(), nullable=True),
        sa.Column("first_purchase", sa.Boolean(), nullable=False),
        sa.Column(
            "evidence", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("rule_source", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("nominated_by", sa.Uuid(), nullable=False),
        sa.Column("nominated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("noticed_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("catalog_no", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('catalogued', 'removed')) = (catalog_no IS NOT NULL)",
            name=op.f("ck_product_number_comes_with_entry"),
        ),
        sa.CheckConstraint(
            "valid_to >= valid_from - 1 AND (state = 'removed' OR valid_to >= valid_from)",
            name=op.f("ck_product_days_in_order"),
        ),
        sa.CheckConstraint(
            "(catalog_no IS NULL) = (valid_from IS NULL) AND (catalog_no IS NULL) = (valid_to IS NULL)",
            name=op.f("ck_product_entry_has_days"),
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["product_call.id"], name=op.f("fk_product_call_id_product_call")
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_product_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["maker_org_id"], ["organization.id"], name=op.f("fk_product_maker_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("catalog_no", name="uq_product_catalog_no"),
    )
    op.create_index("ix_product_center_id", "product", ["center_id"], unique=False)
    op.create_index(op.f("ix_product_maker_org_id"), "product", ["maker_org_id"], unique=False)
    op.create_index("ix_product_state", "product", ["state", "id"], unique=False)
    op.create_index("ix_product_valid", "product", ["valid_from", "valid_to", "id"], unique=False)
    op.create_index(
        "uq_product_one_open",
        "product",
        ["call_id", "maker_org_id", "name"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('rejected', 'withdrawn', 'removed')"),
    )
    op.create_table(
        "publicity_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("channels", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("typical_case", sa.Boolean(), nullable=False),
        sa.Column("fact_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state <> 'released' OR released_at IS NOT NULL",
            name=op.f("ck_publicity_item_released_is_dated"),
        ),
        sa.CheckConstraint(
            "state <> 'withdrawn' OR reason IS NOT NULL",
            name=op.f("ck_publicity_item_withdrawal_says_why"),
        ),
        sa.CheckConstraint("decided_by <> written_by", name=op.f("ck_publicity_item_two_people")),
        sa.CheckConstraint(
            "released_at IS NULL OR decided_by IS NOT NULL",
            name=op.f("ck_publicity_item_released_by_one"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_publicity_item_center_id_center")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publicity_item")),
    )
    op.create_index(
        "ix_publicity_item_center_id", "publicity_item", ["center_id", "id"], unique=False
    )
    op.create_index(
        "ix_publicity_item_released", "publicity_item", ["state", "released_at", "id"], unique=False
    )
    op.create_table(
        "support_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("case_text", sa.String(), nullable=False),
        sa.Column("precedent", sa.String(), nullable=False),
        sa.Column(
            "policy_mix", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("doc_no", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('approved', 'ended')) = (approved_by IS NOT NULL)",
            name=op.f("ck_support_plan_approved_by_one"),
        ),
        sa.CheckConstraint(
            "approved_by <> drafted_by AND approved_by <> proposed_by",
            name=op.f("ck_support_plan_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_support_plan_center_id_center")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_plan")),
    )
    op.create_index("ix_support_plan_center_id", "support_plan", ["center_id"], unique=False)
    op.create_index("ix_support_plan_state", "support_plan", ["state", "id"], unique=False)
    op.create_index(
        "uq_support_plan_one_a_center",
        "support_plan",
        ["center_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'proposed', 'approved')"),
    )
    op.create_table(
        "first_purchase",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contract_no", sa.String(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("product_name", sa.String(), nullable=False),
        sa.Column("maker_name", sa.String(), nullable=False),
        sa.Column("buyer_name", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_by_org_id", sa.Uuid(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (reason IS NULL)",
            name=op.f("ck_first_purchase_withdrawal_says_why"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_first_purchase_amount_positive")),
        sa.CheckConstraint(
            "late = (recorded_on > due_on)", name=op.f("ck_first_purchase_late_is_told")
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_first_purchase_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_first_purchase_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_purchase")),
    )
    op.create_index("ix_first_purchase_center_id", "first_purchase", ["center_id"], unique=False)
    op.create_index("ix_first_purchase_product_id", "first_purchase", ["product_id"], unique=False)
    op.create_index(
        "ix_first_purchase_recorded_at", "first_purchase", ["recorded_at", "id"], unique=False
    )
    op.create_index(
        "uq_first_purchase_contract_no",
        "first_purchase",
        ["contract_no"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "support_measure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("talent_kind", sa.String(), nullable=True),
        sa.Column("program", sa.String(), nullable=True),
        sa.Column("project", sa.String(), nullable=True),
        sa.Column("preference_reason", sa.String(), nullable=True),
        sa.Column("capability", sa.String(), nullable=True),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'special_project') = (program IS NOT NULL) AND (program IS NULL) = (preference_reason IS NULL) AND (program IS NULL) = (project IS NULL)",
            name=op.f("ck_support_measure_grant_says_why"),
        ),
        sa.CheckConstraint(
            "(kind = 'talent') = (talent_kind IS NOT NULL)",
            name=op.f("ck_support_measure_talent_has_kind"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_support_measure_amount_positive")),
        sa.CheckConstraint(
            "capability IS NULL OR program IS NOT NULL",
            name=op.f("ck_support_measure_capability_of_grant"),
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_support_measure_two_people")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_support_measure_days_in_order")),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_support_measure_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["support_plan.id"], name=op.f("fk_support_measure_plan_id_support_plan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_measure")),
    )
    op.create_index(
        "ix_support_measure_center_id", "support_measure", ["center_id", "id"], unique=False
    )
    op.create_index("ix_support_measure_plan_id", "support_measure", ["plan_id"], unique=False)
    op.create_index("ix_support_measure_state", "support_measure", ["state", "id"], unique=False)
