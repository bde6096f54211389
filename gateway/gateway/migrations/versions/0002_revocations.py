"""Tokens that end before their time."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the list of what is revoked."""
    op.create_table(
        "revocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('token', 'client', 'person')", name=op.f("ck_revocation_kind_is_known")
        ),
        sa.CheckConstraint("expires_at > revoked_at", name=op.f("ck_revocation_times_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocation")),
    )
    op.create_index("ix_revocation_expires_at", "revocation", ["expires_at"])
    grant_app("gateway")


def downgrade() -> None:
    """Forget what is revoked."""
    op.drop_index("ix_revocation_expires_at", table_name="revocation")
    op.drop_table("revocation")
