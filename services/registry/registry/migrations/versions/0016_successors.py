"""Successors, uses of bookings, payments of support."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0016"
down_revision: Final = "0015"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Let a booking name the fact of its use."""
    op.add_column("resource_booking", sa.Column("usage_fact_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_resource_booking_usage_fact_id_fact"),
        "resource_booking",
        "fact",
        ["usage_fact_id"],
        ["id"],
    )
    op.create_unique_constraint(
        "uq_resource_booking_usage_fact_id", "resource_booking", ["usage_fact_id"]
    )
    op.create_check_constraint(
        op.f("ck_resource_booking_only_a_use_is_told"),
        "resource_booking",
        "usage_fact_id IS NULL OR state = 'used'",
    )
    op.create_table(
        "stated_resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("resource_type", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("owner_org_id", sa.Uuid(), nullable=True),
        sa.Column("value_fen", sa.BigInteger(), nullable=True),
        sa.Column("ready_on", sa.Date(), nullable=True),
        sa.CheckConstraint("value_fen >= 0", name=op.f("ck_stated_resource_value_not_negative")),
        sa.CheckConstraint(
            "(standing = 'to_be_built') = (ready_on IS NOT NULL)",
            name=op.f("ck_stated_resource_only_growth_has_a_day"),
        ),
        sa.CheckConstraint(
            "standing <> 'at_hand' OR owner_org_id IS NOT NULL",
            name=op.f("ck_stated_resource_stock_is_owned"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_stated_resource_application_id_application"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_org_id"],
            ["organization.id"],
            name=op.f("fk_stated_resource_owner_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stated_resource")),
    )
    op.create_index("ix_stated_resource_application_id", "stated_resource", ["application_id"])
    for name in ("paid_fen", "committed_fen"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("support_measure", column)
        op.alter_column("support_measure", name, server_default=None)
    op.add_column("support_policy", sa.Column("capability", sa.String(), nullable=True))
    op.add_column("support_measure", sa.Column("approved_on", sa.Date(), nullable=True))
    op.execute("UPDATE support_measure SET approved_on = decided_on WHERE state = 'approved'")
    op.create_check_constraint(
        op.f("ck_support_measure_within_budget"),
        "support_measure",
        "paid_fen >= 0 AND paid_fen <= committed_fen AND committed_fen <= coalesce(amount_fen, 0)",
    )
    op.create_table(
        "support_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("payee_org_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("voucher_no", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_support_payment_amount_positive")),
        sa.CheckConstraint("decided_by <> entered_by", name=op.f("ck_support_payment_two_people")),
        sa.CheckConstraint(
            "(state = 'entered') = (decided_by IS NULL)",
            name=op.f("ck_support_payment_decided_by_one"),
        ),
        sa.CheckConstraint(
            "state IN ('entered', 'paid') OR reason IS NOT NULL",
            name=op.f("ck_support_payment_taking_back_says_why"),
        ),
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["support_measure.id"],
            name=op.f("fk_support_payment_measure_id_support_measure"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_support_payment_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["payee_org_id"],
            ["organization.id"],
            name=op.f("fk_support_payment_payee_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_payment")),
    )
    op.create_index(
        "uq_support_payment_voucher",
        "support_payment",
        ["measure_id", "voucher_no"],
        unique=True,
        postgresql_where=sa.text("state IN ('entered', 'paid')"),
    )
    op.create_index("ix_support_payment_measure_id", "support_payment", ["measure_id", "id"])
    op.create_index("ix_support_payment_center_id", "support_payment", ["center_id", "id"])
    op.create_index("ix_support_payment_state", "support_payment", ["state", "id"])
    grant_app("registry")


def downgrade() -> None:
    """Take back what the upgrade added."""
    op.drop_table("support_payment")
    op.drop_column("support_policy", "capability")
    op.drop_constraint(op.f("ck_support_measure_within_budget"), "support_measure", type_="check")
    for name in ("approved_on", "committed_fen", "paid_fen"):
        op.drop_column("support_measure", name)
    op.drop_table("stated_resource")
    op.drop_constraint(
        op.f("ck_resource_booking_only_a_use_is_told"), "resource_booking", type_="check"
    )
    op.drop_constraint("uq_resource_booking_usage_fact_id", "resource_booking", type_="unique")
    op.drop_constraint(
        op.f("fk_resource_booking_usage_fact_id_fact"), "resource_booking", type_="foreignkey"
    )
    op.drop_column("resource_booking", "usage_fact_id")
