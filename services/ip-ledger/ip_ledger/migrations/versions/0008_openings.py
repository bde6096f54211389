"""Opening entries, pending amounts and other currencies."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ip_ledger.journal import guards
from shared.database import InstantColumn, JsonColumn
from shared.database.migrations import grant_app

revision: Final = "0008"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Let entries say what they are, and what was there before them come in."""
    op.add_column(
        "journal_entry",
        sa.Column("kind", sa.String(), server_default="ordinary", nullable=False),
    )
    op.add_column("journal_entry", sa.Column("exchange_rate", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_journal_entry_exchange_rate"),
        "journal_entry",
        "(kind = 'exchange') = (exchange_rate IS NOT NULL)",
    )
    op.create_index(
        "ix_journal_entry_opening",
        "journal_entry",
        ["center_id", "effective_on"],
        postgresql_where=sa.text("kind = 'opening'"),
    )
    op.add_column("agreement", sa.Column("opening_id", sa.Uuid(), nullable=True))
    op.create_table(
        "book_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_file_id", sa.Uuid(), nullable=False),
        sa.Column("source_sha256", sa.String(), nullable=False),
        sa.Column("content", JsonColumn(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", InstantColumn(), nullable=False),
        sa.Column("entered_at", InstantColumn(), nullable=True),
        sa.CheckConstraint(
            "(state = 'entered') = (entered_at IS NOT NULL)",
            name=op.f("ck_book_opening_entered_at"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_opening")),
    )
    op.create_index("ix_book_opening_center_id_id", "book_opening", ["center_id", "id"])
    op.create_index(
        "uq_book_opening_standing",
        "book_opening",
        ["subject", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_table(
        "book_opening_approval",
        sa.Column("opening_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("is_official", sa.Boolean(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("approved_at", InstantColumn(), nullable=False),
        sa.CheckConstraint("place IN (1, 2)", name=op.f("ck_book_opening_approval_place")),
        sa.ForeignKeyConstraint(
            ["opening_id"],
            ["book_opening.id"],
            name=op.f("fk_book_opening_approval_opening_id_book_opening"),
        ),
        sa.PrimaryKeyConstraint("opening_id", "place", name=op.f("pk_book_opening_approval")),
    )
    op.create_index(
        "uq_book_opening_approval_person",
        "book_opening_approval",
        ["opening_id", "person_id"],
        unique=True,
    )
    _create_pending()
    for statement in guards.OPENINGS_UP:
        op.execute(statement)
    grant_app("ip_ledger")


def _create_pending() -> None:
    for side in ("held_debits_fen", "held_credits_fen"):
        op.add_column(
            "account_balance",
            sa.Column(side, sa.BigInteger(), server_default="0", nullable=False),
        )
    most = 2**53 - 1
    op.create_check_constraint(
        op.f("ck_account_balance_held"),
        "account_balance",
        f"held_debits_fen BETWEEN 0 AND {most} AND held_credits_fen BETWEEN 0 AND {most}",
    )
    op.create_table(
        "pending_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("recorded_at", InstantColumn(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_entry")),
    )
    op.create_index("ix_pending_entry_center_id_id", "pending_entry", ["center_id", "id"])
    op.create_table(
        "pending_line",
        sa.Column("pending_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_pending_line_amount_fen")),
        sa.ForeignKeyConstraint(
            ["account_id", "currency"],
            ["account.id", "account.currency"],
            name="fk_pending_line_account_currency",
        ),
        sa.ForeignKeyConstraint(
            ["pending_id"],
            ["pending_entry.id"],
            name=op.f("fk_pending_line_pending_id_pending_entry"),
        ),
        sa.PrimaryKeyConstraint("pending_id", "line", name=op.f("pk_pending_line")),
    )
    op.create_index("ix_pending_line_account_id", "pending_line", ["account_id"])
    op.create_table(
        "pending_outcome",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pending_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("settled_at", InstantColumn(), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state = 'confirmed') = (entry_id IS NOT NULL)",
            name=op.f("ck_pending_outcome_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_pending_outcome_entry_id_journal_entry"),
        ),
        sa.ForeignKeyConstraint(
            ["pending_id"],
            ["pending_entry.id"],
            name=op.f("fk_pending_outcome_pending_id_pending_entry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_outcome")),
        sa.UniqueConstraint("pending_id", name="uq_pending_outcome_pending_id"),
    )


def downgrade() -> None:
    """Take them away again."""
    for statement in guards.OPENINGS_DOWN:
        op.execute(statement)
    op.drop_table("pending_outcome")
    op.drop_table("pending_line")
    op.drop_table("pending_entry")
    op.drop_constraint(op.f("ck_account_balance_held"), "account_balance")
    op.drop_column("account_balance", "held_credits_fen")
    op.drop_column("account_balance", "held_debits_fen")
    op.drop_table("book_opening_approval")
    op.drop_table("book_opening")
    op.drop_column("agreement", "opening_id")
    op.drop_index("ix_journal_entry_opening", "journal_entry")
    op.drop_constraint(op.f("ck_journal_entry_exchange_rate"), "journal_entry")
    op.drop_column("journal_entry", "exchange_rate")
    op.drop_column("journal_entry", "kind")
