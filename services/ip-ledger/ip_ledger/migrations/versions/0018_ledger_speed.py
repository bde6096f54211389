"""What a balance on two clocks needs to be quick: an account's postings with their day and instant."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ip_ledger.journal import guards

revision: Final = "0018"
down_revision: Final = "0017"
branch_labels: Final = None
depends_on: Final = None

# squawk: adding-not-nullable-field — filled from the entries just before
# squawk: adding-required-field — filled from the entries just before
# squawk: disallowed-unique-constraint — before the first release: no table that is live has many rows
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows
# squawk: ban-drop-constraint — the same one is made anew, with what it includes

KEY: Final = "uq_posting_account_version"


def upgrade() -> None:
    """Give each posting its entry's day and instant, and put them into the account's index."""
    op.add_column("posting", sa.Column("effective_on", sa.Date(), nullable=True))
    op.add_column("posting", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE posting p SET effective_on = e.effective_on, recorded_at = e.recorded_at"
        " FROM journal_entry e WHERE e.id = p.entry_id"
    )
    for name in ("effective_on", "recorded_at"):
        op.alter_column("posting", name, nullable=False)
    op.drop_constraint(KEY, "posting", type_="unique")
    op.execute(
        f"ALTER TABLE posting ADD CONSTRAINT {KEY} UNIQUE (account_id, account_version)"
        " INCLUDE (effective_on, recorded_at, amount_fen)"
    )
    op.execute("ALTER TABLE posting SET (autovacuum_vacuum_insert_scale_factor = 0.02)")
    for statement in guards.DATED_UP:
        op.execute(statement)


def downgrade() -> None:
    """Take it back: the entries still say it."""
    for statement in guards.DATED_DOWN:
        op.execute(statement)
    op.execute("ALTER TABLE posting RESET (autovacuum_vacuum_insert_scale_factor)")
    op.drop_constraint(KEY, "posting", type_="unique")
    op.create_unique_constraint(KEY, "posting", ["account_id", "account_version"])
    op.drop_column("posting", "recorded_at")
    op.drop_column("posting", "effective_on")
