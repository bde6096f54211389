"""Who stands ready for a seat, the limits a panel was formed within, and applications that ended."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0025"
down_revision: Final = "0024"
branch_labels: Final = None
depends_on: Final = None

# What nobody said of a panel is what is usual; a draw from before was judged by its frozen problem.
USUAL: Final = {"panel": "4", "panel_draw": "100"}


def upgrade() -> None:
    """Keep them; seats from before have no alternates."""
    for table, most in USUAL.items():
        op.add_column(
            table, sa.Column("max_load", sa.Integer(), nullable=False, server_default=sa.text(most))
        )
        op.add_column(
            table,
            sa.Column(
                "loads", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")
            ),
        )
    op.add_column("panel_seat", sa.Column("alternate_rank", sa.Integer(), nullable=True))
    op.add_column("panel_seat", sa.Column("passed_over", sa.String(), nullable=True))
    op.create_table(
        "seat_alternate",
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_seat_alternate_rank")),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_seat_alternate_expert_id_expert")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["panel_seat.id"], name=op.f("fk_seat_alternate_seat_id_panel_seat")
        ),
        sa.PrimaryKeyConstraint("seat_id", "rank", name=op.f("pk_seat_alternate")),
    )
    op.create_table(
        "ended_application",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_ended_application")),
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Take them back."""
    op.drop_table("ended_application")
    op.drop_table("seat_alternate")
    op.drop_column("panel_seat", "passed_over")
    op.drop_column("panel_seat", "alternate_rank")
    for table in USUAL:
        op.drop_column(table, "loads")
        op.drop_column(table, "max_load")
