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
    grant_app("registry")


def downgrade() -> None:
    """Take back what the upgrade added."""
    op.drop_table("stated_resource")
    op.drop_constraint(
        op.f("ck_resource_booking_only_a_use_is_told"), "resource_booking", type_="check"
    )
    op.drop_constraint("uq_resource_booking_usage_fact_id", "resource_booking", type_="unique")
    op.drop_constraint(
        op.f("fk_resource_booking_usage_fact_id_fact"), "resource_booking", type_="foreignkey"
    )
    op.drop_column("resource_booking", "usage_fact_id")
