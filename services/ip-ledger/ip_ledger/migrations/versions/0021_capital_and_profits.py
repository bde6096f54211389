"""The founding day in an organization's copy, what capital's term runs from, what a loss rests on."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from ip_ledger.contributions import guards

revision: Final = "0021"
down_revision: Final = "0020"
branch_labels: Final = None
depends_on: Final = None

# squawk: constraint-missing-not-valid — a centre has a few shareholders: the tables are small
# squawk: adding-not-nullable-field — filled just before; a centre forfeits once in years


def upgrade() -> None:
    """Keep when a company was founded, from when five years run, and what a resolution took.

    Entries of organizations learn the day with their next announcement, or when it is asked for.
    """
    op.add_column("directory_organization", sa.Column("registered_on", sa.Date(), nullable=True))
    op.add_column("contribution", sa.Column("term_basis", sa.String(), nullable=True))
    op.add_column("contribution", sa.Column("term_since", sa.Date(), nullable=True))
    op.create_check_constraint(
        op.f("ck_contribution_term"), "contribution", "(term_basis IS NULL) = (term_since IS NULL)"
    )
    op.add_column(
        "contribution_forfeiture", sa.Column("resolved_fen", sa.BigInteger(), nullable=True)
    )
    # Until now a resolution took all that was unpaid.
    op.execute("UPDATE contribution_forfeiture SET resolved_fen = forfeited_fen")
    op.alter_column("contribution_forfeiture", "resolved_fen", nullable=False)
    op.create_check_constraint(
        op.f("ck_contribution_forfeiture_resolved_fen"),
        "contribution_forfeiture",
        "forfeited_fen <= resolved_fen",
    )
    for statement in guards.UP:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in guards.DOWN:
        op.execute(statement)
    op.drop_constraint(
        op.f("ck_contribution_forfeiture_resolved_fen"), "contribution_forfeiture", type_="check"
    )
    op.drop_column("contribution_forfeiture", "resolved_fen")
    op.drop_constraint(op.f("ck_contribution_term"), "contribution", type_="check")
    op.drop_column("contribution", "term_since")
    op.drop_column("contribution", "term_basis")
    op.drop_column("directory_organization", "registered_on")
