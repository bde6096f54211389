"""Whom answers name that are kept for a repeated key."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0025"
down_revision: Final = "0024"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep it beside them, so that an erasure reaches the answers too."""
    op.create_table(
        "kept_name",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "scope", name=op.f("pk_kept_name")),
    )
    op.create_index("ix_kept_name_kept_at", "kept_name", ["kept_at"])
    grant_app("registry")


def downgrade() -> None:
    """Forget it; what was erased stays erased."""
    op.drop_table("kept_name")
