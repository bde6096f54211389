"""What entries need to be small: their records in fixed places, one secret for all that is sealed."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ip_ledger.log import guards
from shared.database.migrations import grant_app

revision: Final = "0016"
down_revision: Final = "0015"
branch_labels: Final = None
depends_on: Final = None

# squawk: ban-drop-column — a leaf holds the hash, and before it has one the bytes say it
# squawk: ban-drop-constraint — the sequence draws each number once
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Keep a leaf's hash once, and let openings follow from a secret."""
    op.add_column("journal_entry", sa.Column("client_id", sa.String(), nullable=True))
    op.add_column("log_record", sa.Column("secret", sa.LargeBinary(), nullable=True))
    op.create_check_constraint(
        op.f("ck_log_record_secret"), "log_record", "octet_length(secret) = 16"
    )
    op.drop_column("log_record", "leaf_hash")
    op.drop_constraint("uq_log_record_seq", "log_record", type_="unique")
    for statement in guards.SMALL_UP:
        op.execute(statement)
    grant_app("ip_ledger")


def downgrade() -> None:
    """Give each record its hash again, and each secret's openings a row of their own."""
    for statement in guards.SMALL_DOWN:
        op.execute(statement)
    op.create_unique_constraint("uq_log_record_seq", "log_record", ["seq"])
    op.add_column("log_record", sa.Column("leaf_hash", sa.LargeBinary(), nullable=True))
    op.execute(r"UPDATE log_record SET leaf_hash = sha256('\x00'::bytea || body)")
    op.alter_column("log_record", "leaf_hash", nullable=False)
    op.create_check_constraint(
        op.f("ck_log_record_leaf_hash"), "log_record", "octet_length(leaf_hash) = 32"
    )
    op.drop_column("log_record", "secret")
    op.drop_column("journal_entry", "client_id")
