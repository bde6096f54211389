"""What an objection may reopen, and rows of the evaluation."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0010"
down_revision: Final = "0009"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep what officials find after five and ten years of operation."""
    op.create_table(
        "operating_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.Column("conclusion", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column(
            "figures", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("years IN (5, 10)", name=op.f("ck_operating_review_years")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operating_review")),
        sa.UniqueConstraint("center_id", "years", name="uq_operating_review_center_id_years"),
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Forget it."""
    op.drop_table("operating_review")
