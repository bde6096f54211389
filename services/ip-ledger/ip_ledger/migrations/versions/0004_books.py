"""Periods, statements and reconciliation of the books."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ip_ledger.journal import guards
from shared.database import InstantColumn
from shared.database.migrations import grant_app

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Give accounts their rule, books their periods, and banks' files their tables."""
    op.add_column(
        "account",
        sa.Column("may_go_negative", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.create_table(
        "book_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("seal_sha256", sa.String(), nullable=False),
        sa.Column("closed_at", InstantColumn(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "from_on IS NULL OR from_on <= until_on", name=op.f("ck_book_period_days")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_period")),
        sa.UniqueConstraint("center_id", "until_on", name="uq_book_period_until_on"),
    )
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("opening_fen", sa.BigInteger(), nullable=True),
        sa.Column("closing_fen", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", InstantColumn(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_bank_statement_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
        sa.UniqueConstraint("account_id", "file_sha256", name="uq_bank_statement_file"),
    )
    op.create_table(
        "bank_line",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statement.id"],
            name=op.f("fk_bank_line_statement_id_bank_statement"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "place", name=op.f("pk_bank_line")),
    )
    for statement in guards.BOOKS_UP:
        op.execute(statement)
    grant_app("ip_ledger")


def downgrade() -> None:
    """Take them away again."""
    for statement in guards.BOOKS_DOWN:
        op.execute(statement)
    op.drop_table("bank_line")
    op.drop_table("bank_statement")
    op.drop_table("book_period")
    op.drop_column("account", "may_go_negative")
