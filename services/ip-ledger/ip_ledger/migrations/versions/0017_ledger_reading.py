"""What the reading of the ledger adds: money undone, dated tariffs, what the database refuses."""

from datetime import date
from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ip_ledger.agreements import guards as agreement_guards
from ip_ledger.assets import input_guards
from ip_ledger.distributions import guards as distribution_guards
from ip_ledger.fees import reference
from shared.codes.currencies import MINOR_DIGITS
from shared.database import InstantColumn, JsonColumn
from shared.database.migrations import grant_app
from shared.money import MAX_FEN

# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows
# squawk: disallowed-unique-constraint — before the first release: no table that is live has many rows
# squawk: adding-foreign-key-constraint — before the first release: no table that is live has many rows
# squawk: ban-drop-constraint — the unique call of a forfeiture takes the place of the unique promise
# squawk: adding-not-nullable-field — before the first release: no table that is live has many rows

revision: Final = "0017"
down_revision: Final = "0016"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Let money that was recorded wrongly be undone, and what was lost be owed for the rest."""
    _create_undoings()
    _create_tariffs()
    _hold_amounts()
    op.add_column("price_finding", sa.Column("deal_on", sa.Date(), nullable=True))
    op.execute(
        """UPDATE price_finding p SET deal_on = d.deal_on FROM (
            SELECT id, effective_on AS deal_on FROM license
            UNION ALL SELECT id, signed_on FROM tech_contract) AS d
        WHERE d.id = p.deal_id"""
    )
    for statement in (*input_guards.UP, *agreement_guards.UP, *distribution_guards.UP):
        op.execute(statement)
    grant_app("ip_ledger")


def _create_undoings() -> None:
    op.create_table(
        "funding_undoing",
        sa.Column("funding_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("divided_years", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("undone_by", sa.Uuid(), nullable=False),
        sa.Column("undone_at", InstantColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["funding_id"],
            ["funding_record.id"],
            name=op.f("fk_funding_undoing_funding_id_funding_record"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_funding_undoing_entry_id_journal_entry"),
        ),
        sa.PrimaryKeyConstraint("funding_id", name=op.f("pk_funding_undoing")),
    )
    op.create_index(
        "uq_funding_record_contribution_payment_id",
        "funding_record",
        ["contribution_payment_id"],
        unique=True,
        postgresql_where=sa.text("contribution_payment_id IS NOT NULL"),
    )
    # A call leads to one forfeiture; what is owed again after an undoing has a call of its own.
    op.drop_constraint(
        "uq_contribution_forfeiture_contribution_id", "contribution_forfeiture", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_contribution_forfeiture_notice_id"), "contribution_forfeiture", ["notice_id"]
    )
    op.create_index(
        "ix_contribution_forfeiture_contribution_id", "contribution_forfeiture", ["contribution_id"]
    )
    op.create_check_constraint(
        op.f("ck_contribution_forfeited_fen"),
        "contribution",
        "forfeited_fen BETWEEN 0 AND committed_fen - paid_fen",
    )


def _create_tariffs() -> None:
    tariff = op.create_table(
        "fee_tariff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("legal_bases", JsonColumn(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("reliefs", JsonColumn(), nullable=False),
        sa.Column("schedules", JsonColumn(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", InstantColumn(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", InstantColumn(), nullable=True),
        sa.CheckConstraint(
            "effective_until >= effective_from", name=op.f("ck_fee_tariff_dates_in_order")
        ),
        sa.CheckConstraint(
            "approved_by <> proposed_by", name=op.f("ck_fee_tariff_approved_by_another")
        ),
        postgresql.ExcludeConstraint(
            (sa.column("jurisdiction"), "="),
            (sa.text("daterange(effective_from, effective_until, '[]')"), "&&"),
            where=sa.text("state = 'in_force'"),
            name="ex_fee_tariff_one_a_day",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_tariff")),
        sa.UniqueConstraint(
            "jurisdiction", "edition", name=op.f("uq_fee_tariff_jurisdiction_edition")
        ),
    )
    op.bulk_insert(
        tariff,
        [
            {
                **one,
                "effective_from": date.fromisoformat(one["effective_from"]),
                "effective_until": one["effective_until"]
                and date.fromisoformat(one["effective_until"]),
                "is_confirmed": False,
                "state": "in_force",
                "version": 1,
            }
            for one in reference.TARIFFS
        ],
    )
    op.add_column("right_fee", sa.Column("tariff_id", sa.Uuid(), nullable=True))
    # What was opened by the rules of before is judged by the version of its day.
    op.execute(
        """UPDATE right_fee f SET tariff_id = t.id, law = t.law
        FROM ip_asset a, fee_tariff t
        WHERE a.id = f.asset_id AND t.jurisdiction = a.jurisdiction
          AND daterange(t.effective_from, t.effective_until, '[]') @> f.statutory_on"""
    )
    op.alter_column("right_fee", "tariff_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_right_fee_tariff_id_fee_tariff"), "right_fee", "fee_tariff", ["tariff_id"], ["id"]
    )


# What clients can read exactly, by the column that holds it.
_AMOUNTS: Final = {
    "posting": f"amount_fen BETWEEN -{MAX_FEN} AND {MAX_FEN}",
    "revenue_event": f"gross_fen <= {MAX_FEN}",
    "contribution": f"committed_fen <= {MAX_FEN}",
    "funding_record": f"amount_fen <= {MAX_FEN}",
    "asset_cost": f"abs(amount_fen) <= {MAX_FEN}",
    "loss_event": f"amount_fen <= {MAX_FEN}",
    "tech_contract": f"contract_amount_fen <= {MAX_FEN}",
}


def _hold_amounts() -> None:
    """Let the database hold what the rules say of amounts and currencies."""
    for table, bound in _AMOUNTS.items():
        op.create_check_constraint(op.f(f"ck_{table}_readable"), table, bound)
    op.create_check_constraint(
        op.f("ck_revenue_event_earned"),
        "revenue_event",
        "gross_fen > 0 OR kind = 'self_implementation'",
    )
    currency = op.create_table(
        "currency",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("minor_digits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_currency")),
    )
    op.bulk_insert(
        currency,
        [{"code": code, "minor_digits": digits} for code, digits in MINOR_DIGITS.items()],
    )
    op.create_foreign_key(
        op.f("fk_account_currency_currency"), "account", "currency", ["currency"], ["code"]
    )


def downgrade() -> None:
    """Take it away again."""
    for statement in (*distribution_guards.DOWN, *agreement_guards.DOWN, *input_guards.DOWN):
        op.execute(statement)
    op.drop_column("price_finding", "deal_on")
    op.drop_constraint(op.f("fk_account_currency_currency"), "account", type_="foreignkey")
    op.drop_table("currency")
    op.drop_constraint(op.f("ck_revenue_event_earned"), "revenue_event", type_="check")
    for table in _AMOUNTS:
        op.drop_constraint(op.f(f"ck_{table}_readable"), table, type_="check")
    op.drop_constraint(op.f("fk_right_fee_tariff_id_fee_tariff"), "right_fee", type_="foreignkey")
    op.drop_column("right_fee", "tariff_id")
    op.drop_table("fee_tariff")
    op.drop_constraint(op.f("ck_contribution_forfeited_fen"), "contribution", type_="check")
    op.drop_index("ix_contribution_forfeiture_contribution_id", "contribution_forfeiture")
    op.drop_constraint(
        op.f("uq_contribution_forfeiture_notice_id"), "contribution_forfeiture", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_contribution_forfeiture_contribution_id"),
        "contribution_forfeiture",
        ["contribution_id"],
    )
    op.drop_index("uq_funding_record_contribution_payment_id", "funding_record")
    op.drop_table("funding_undoing")
