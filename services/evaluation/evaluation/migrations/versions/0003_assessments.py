"""Triennial assessments."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep three years of a centre, assessed together."""
    op.create_table(
        "triennial_assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("adjustment", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("adjustment_reason", sa.String(), nullable=False),
        sa.Column("total", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("result_hash", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "abs(adjustment) <= 5", name=op.f("ck_triennial_assessment_adjustment_bounded")
        ),
        sa.CheckConstraint(
            "total >= 0 AND total <= 100", name=op.f("ck_triennial_assessment_total")
        ),
        sa.CheckConstraint(
            "(state = 'published') <= (published_at IS NOT NULL)",
            name=op.f("ck_triennial_assessment_published_when"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triennial_assessment")),
        sa.UniqueConstraint(
            "center_id", "last_year", name=op.f("uq_triennial_assessment_standing")
        ),
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("triennial_assessment")
