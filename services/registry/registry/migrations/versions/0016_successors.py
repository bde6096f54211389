"""Successors, uses of bookings, payments of support."""

from typing import Final

import sqlalchemy as sa
from alembic import op

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


def downgrade() -> None:
    """Take back what the upgrade added."""
    op.drop_constraint(
        op.f("ck_resource_booking_only_a_use_is_told"), "resource_booking", type_="check"
    )
    op.drop_constraint("uq_resource_booking_usage_fact_id", "resource_booking", type_="unique")
    op.drop_constraint(
        op.f("fk_resource_booking_usage_fact_id_fact"), "resource_booking", type_="foreignkey"
    )
    op.drop_column("resource_booking", "usage_fact_id")
