"""What closes with an owner that left: the bookings to come are looked through every minute.

Nothing waits for anybody: the index holds the bookings that are neither used nor cancelled.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0022"
down_revision: Final = "0021"
branch_labels: Final = None
depends_on: Final = None

# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Find the bookings to come without reading those that are over."""
    op.create_index(
        "ix_resource_booking_to_come",
        "resource_booking",
        ["starts_at"],
        postgresql_where=sa.text("state = 'booked'"),
    )


def downgrade() -> None:
    """Take back what the upgrade added."""
    op.drop_index("ix_resource_booking_to_come", table_name="resource_booking")
