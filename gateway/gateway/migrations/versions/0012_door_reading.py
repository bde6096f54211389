"""What the reading of the door's rows adds: the trail is searched by what was read, and when."""

from typing import Final

from alembic import op

revision: Final = "0012"
down_revision: Final = "0011"
branch_labels: Final = None
depends_on: Final = None

# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Let an auditor ask who read something."""
    op.create_index(
        "ix_door_record_path",
        "door_record",
        ["path", "position"],
        postgresql_ops={"path": "text_pattern_ops"},
    )
    # Records come in the order of time.
    op.create_index("ix_door_record_at", "door_record", ["at"], postgresql_using="brin")


def downgrade() -> None:
    """Search by who did it alone."""
    op.drop_index("ix_door_record_at", "door_record")
    op.drop_index("ix_door_record_path", "door_record")
