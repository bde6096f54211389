"""What the door remembers of proofs."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0009"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Let every process of the door know which proofs were used."""
    # Not logged: a proof lives for a minute, and a crash may forget it (decision 0546).
    op.create_table(
        "spent_proof",
        sa.Column("proof_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("proof_sha256", name=op.f("pk_spent_proof")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_spent_proof_expires_at", "spent_proof", ["expires_at"])
    # The gateway's own events are pushed from now on, and none from before.
    op.execute(
        "INSERT INTO webhook_cursor (webhook_id, service, position) SELECT id, 'gateway',"
        " coalesce((SELECT max(position) FROM event_position), 0) FROM webhook"
    )
    grant_app("gateway")


def downgrade() -> None:
    """Let each process remember for itself again."""
    op.drop_table("spent_proof")
    op.execute("DELETE FROM webhook_cursor WHERE service = 'gateway'")
