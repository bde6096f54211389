"""How ratings move."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0009"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep what results show rounded, and how steady those of a cycle were found."""
    op.create_table(
        "exact_result",
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column(
            "content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_exact_result_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_exact_result")),
    )
    op.create_table(
        "robustness_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("inputs_hash", sa.String(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("draws", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("draws > 0", name=op.f("ck_robustness_run_draws")),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_robustness_run_cycle_id_evaluation_cycle"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robustness_run")),
    )
    op.create_index("ix_robustness_run_cycle_id", "robustness_run", ["cycle_id"], unique=False)
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("robustness_run")
    op.drop_table("exact_result")
