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
    "A144",
    "A145",
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
    """Make the tables, and let policies in force know the new figures."""
    _tables()
    for row in ROWS:
        given = json.dumps(reference.PARAMETERS[row])
        op.get_bind().execute(sa.text(MERGE), {"row": row, "given": given})
    grant_app("registry")


def downgrade() -> None:
    """Take the tables away; figures that a policy holds stay."""
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
        "uq_product_one_open",
        table_name="product",
        postgresql_where=sa.text("state NOT IN ('rejected', 'withdrawn', 'removed')"),
    )
    op.drop_index("ix_product_valid", table_name="product")
    op.drop_index("ix_product_state", table_name="product")
    op.drop_index(op.f("ix_product_maker_org_id"), table_name="product")
    op.drop_index("ix_product_center_id", table_name="product")
    op.drop_table("product")
    op.drop_table("product_call")


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
