"""A seed for each acceptance of a cycle, and draws that are given up."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0026"
down_revision: Final = "0025"
branch_labels: Final = None
depends_on: Final = None

# squawk: ban-drop-constraint — what replaces it is as strict for who knows one seed of a cycle
# squawk: constraint-missing-not-valid — a cycle has a seed or two: the table is read in no time
# squawk: disallowed-unique-constraint — a cycle has a seed or two: the table is read in no time
# squawk: require-concurrent-index-creation — a cycle has a seed or two: the table is read in no time

# A seed was open once a draw made with it was accepted.
OPENED: Final = """
UPDATE draw_seed SET opened_at = first.accepted_at
FROM (
  SELECT seed_id, min(accepted_at) AS accepted_at FROM panel_draw
  WHERE state = 'accepted' GROUP BY seed_id
) AS first
WHERE first.seed_id = draw_seed.id
"""
# A version of before knows one seed of a cycle, and no draw that failed.
LATER_DRAWS: Final = """
UPDATE panel_draw SET seed_id = first.id
FROM draw_seed AS used, draw_seed AS first
WHERE used.id = panel_draw.seed_id AND first.cycle_id = used.cycle_id AND first.number = 1
AND used.number > 1
"""


def upgrade() -> None:
    """Keep when a seed was opened, which one it is, and how often a draw was tried."""
    op.add_column(
        "draw_seed", sa.Column("number", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.add_column("draw_seed", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(OPENED)
    op.drop_constraint(op.f("uq_draw_seed_cycle_id"), "draw_seed", type_="unique")
    op.create_unique_constraint("uq_draw_seed_cycle_id", "draw_seed", ["cycle_id", "number"])
    op.create_index(
        "uq_draw_seed_standing",
        "draw_seed",
        ["cycle_id"],
        unique=True,
        postgresql_where=sa.text("opened_at IS NULL"),
    )
    op.add_column(
        "panel_draw",
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("panel_draw", sa.Column("failure", sa.String(), nullable=True))
    grant_app("evaluation")


def downgrade() -> None:
    """Take it back: later draws name the first seed again, and those that failed wait again."""
    op.execute("UPDATE panel_draw SET state = 'queued', finished_at = NULL WHERE state = 'failed'")
    op.drop_column("panel_draw", "failure")
    op.drop_column("panel_draw", "attempts")
    op.execute(LATER_DRAWS)
    op.execute("DELETE FROM draw_seed WHERE number > 1")
    op.drop_index("uq_draw_seed_standing", table_name="draw_seed")
    op.drop_constraint("uq_draw_seed_cycle_id", "draw_seed", type_="unique")
    op.create_unique_constraint(op.f("uq_draw_seed_cycle_id"), "draw_seed", ["cycle_id"])
    op.drop_column("draw_seed", "opened_at")
    op.drop_column("draw_seed", "number")
    grant_app("evaluation")
