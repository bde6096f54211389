"""Divisions that are undone."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ip_ledger.undone import bounds
from shared.database import InstantColumn
from shared.database.migrations import grant_app

revision: Final = "0019"
down_revision: Final = "0018"
branch_labels: Final = None
depends_on: Final = None

# squawk: require-concurrent-index-creation — a centre divides once a year: the tables are small
# squawk: require-concurrent-index-deletion — a centre divides once a year: the tables are small
# squawk: constraint-missing-not-valid — a centre divides once a year: the tables are small
# squawk: adding-foreign-key-constraint — a centre divides once a year: the tables are small
# squawk: ban-drop-constraint — one division stands of a year, where one was allowed at all

# What names a division of each table.
TABLES: Final = {"profit_division": "year", "benefit_division": "external_id"}


def upgrade() -> None:
    """Let a division be undone and its year divided anew, and keep when a company was founded."""
    for table, name in TABLES.items():
        for column in (
            sa.Column("undone_reason", sa.String(), nullable=True),
            sa.Column("undone_on", sa.Date(), nullable=True),
            sa.Column("undone_by", sa.Uuid(), nullable=True),
            sa.Column("undone_at", InstantColumn(), nullable=True),
            sa.Column("undoing_entry_id", sa.Uuid(), nullable=True),
        ):
            op.add_column(table, column)
        op.create_foreign_key(
            op.f(f"fk_{table}_undoing_entry_id_journal_entry"),
            table, "journal_entry", ["undoing_entry_id"], ["id"],
        )  # fmt: skip
        for constraint, bound in bounds("resolved_on").items():
            op.create_check_constraint(op.f(f"ck_{table}_{constraint}"), table, bound)
        unique = f"uq_{table}_center_id_{name}"
        op.drop_constraint(op.f(unique), table, type_="unique")
        op.create_index(
            unique, table, ["center_id", name], unique=True,
            postgresql_where=sa.text("undone_at IS NULL"),
        )  # fmt: skip
    op.add_column(
        "profit_division", sa.Column("reserve_years", postgresql.ARRAY(sa.Integer()), nullable=True)
    )
    grant_app("ip_ledger")


def downgrade() -> None:
    """Take it back; a year that was divided twice has to lose one of the two first."""
    op.drop_column("profit_division", "reserve_years")
    for table, name in TABLES.items():
        unique = f"uq_{table}_center_id_{name}"
        op.drop_index(unique, table)
        op.create_unique_constraint(op.f(unique), table, ["center_id", name])
        for constraint in bounds("resolved_on"):
            op.drop_constraint(op.f(f"ck_{table}_{constraint}"), table, type_="check")
        op.drop_constraint(
            op.f(f"fk_{table}_undoing_entry_id_journal_entry"), table, type_="foreignkey"
        )
        for column in ("undone_reason", "undone_on", "undone_by", "undone_at", "undoing_entry_id"):
            op.drop_column(table, column)
