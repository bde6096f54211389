"""What entries need to be quick and small: rows judged by the statement, and no index of nothing."""

from typing import Final

from alembic import op

from ip_ledger.journal import guards as journal
from ip_ledger.log import guards as log

revision: Final = "0011"
down_revision: Final = "0010"
branch_labels: Final = None
depends_on: Final = None

# squawk: ban-drop-constraint — what it held is held by what this migration puts first, or written anew here
# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows
# squawk: require-concurrent-index-deletion — before the first release: no table that is live has many rows

# What the triggers hold now, with what they point to.
KEYS: Final = (
    ("posting", "fk_posting_entry_id_journal_entry", ["entry_id"], "journal_entry", ["id"]),
    (
        "posting",
        "fk_posting_account_currency",
        ["account_id", "currency"],
        "account",
        ["id", "currency"],
    ),
    ("log_opening", "fk_log_opening_record_id_log_record", ["record_id"], "log_record", ["id"]),
    ("log_leaf", "fk_log_leaf_record_id_log_record", ["record_id"], "log_record", ["id"]),
)


def upgrade() -> None:
    """Put the triggers first: no moment is without one or the other."""
    for statement in (*journal.QUICK_UP, *log.QUICK_UP):
        op.execute(statement)
    for table, name, *_ in KEYS:
        op.drop_constraint(name, table, type_="foreignkey")
    # Most entries undo nothing and have no source: their rows need no place in these.
    op.drop_constraint("uq_journal_entry_reverses_id", "journal_entry", type_="unique")
    op.create_index(
        "uq_journal_entry_reverses_id",
        "journal_entry",
        ["reverses_id"],
        unique=True,
        postgresql_where="reverses_id IS NOT NULL",
    )
    op.drop_index("ix_journal_entry_source_id", "journal_entry")
    op.create_index(
        "ix_journal_entry_source_id",
        "journal_entry",
        ["source_id"],
        postgresql_where="source_id IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_journal_entry_source_id", "journal_entry")
    op.create_index("ix_journal_entry_source_id", "journal_entry", ["source_id"])
    op.drop_index("uq_journal_entry_reverses_id", "journal_entry")
    op.create_unique_constraint("uq_journal_entry_reverses_id", "journal_entry", ["reverses_id"])
    for table, name, columns, target, names in KEYS:
        op.create_foreign_key(name, table, target, columns, names)
    for statement in (*log.QUICK_DOWN, *journal.QUICK_DOWN):
        op.execute(statement)
