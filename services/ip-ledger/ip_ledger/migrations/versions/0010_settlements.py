"""Settlement of use between members: prices in agreements, uses, and statements of two sides."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database import InstantColumn, JsonColumn
from shared.database.migrations import grant_app

revision: Final = "0010"
down_revision: Final = "0009"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Let agreements price use, and make uses and settlements."""
    op.add_column("agreement", sa.Column("use_rates", JsonColumn(), nullable=True))
    _create_uses()
    _create_settlements()
    grant_app("ip_ledger")


def _create_uses() -> None:
    op.create_table(
        "shared_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("provider_org_id", sa.Uuid(), nullable=False),
        sa.Column("user_org_id", sa.Uuid(), nullable=False),
        sa.Column("element", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("per", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("usage_fact_id", sa.Uuid(), nullable=True),
        sa.Column("license_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("undoes_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", InstantColumn(), nullable=False),
        sa.CheckConstraint(
            "provider_org_id <> user_org_id", name=op.f("ck_shared_use_two_members")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shared_use_quantity")),
        sa.CheckConstraint("price_fen >= 0 AND per > 0", name=op.f("ck_shared_use_rate")),
        sa.CheckConstraint(
            "(undoes_id IS NULL AND amount_fen >= 0)"
            " OR (undoes_id IS NOT NULL AND amount_fen <= 0)",
            name=op.f("ck_shared_use_sign"),
        ),
        sa.CheckConstraint(
            "(undoes_id IS NULL) = (reason IS NULL)", name=op.f("ck_shared_use_reason")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_shared_use_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_shared_use_license_id_license")
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["shared_use.id"], name=op.f("fk_shared_use_undoes_id_shared_use")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_use")),
        sa.UniqueConstraint("usage_fact_id", name=op.f("uq_shared_use_usage_fact_id")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_shared_use_undoes_id")),
    )
    op.create_index(
        "uq_shared_use_external_id", "shared_use", ["provider_org_id", "external_id"], unique=True
    )
    op.create_index("ix_shared_use_center_id_id", "shared_use", ["center_id", "id"])
    op.create_index(
        "ix_shared_use_pair",
        "shared_use",
        ["center_id", "provider_org_id", "user_org_id", "used_on"],
    )
    op.create_index("ix_shared_use_user_org_id", "shared_use", ["user_org_id"])
    op.create_index(op.f("ix_shared_use_license_id"), "shared_use", ["license_id"])


def _create_settlements() -> None:
    op.create_table(
        "use_settlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("first_org_id", sa.Uuid(), nullable=False),
        sa.Column("second_org_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("first_owes_fen", sa.BigInteger(), nullable=False),
        sa.Column("second_owes_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("statement_sha256", sa.String(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("owed_on", sa.Date(), nullable=True),
        sa.Column("payment_entry_id", sa.Uuid(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("objection", sa.String(), nullable=True),
        sa.Column("proposed_by_org_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", InstantColumn(), nullable=False),
        sa.CheckConstraint("first_org_id < second_org_id", name=op.f("ck_use_settlement_pair")),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_use_settlement_days")),
        sa.CheckConstraint(
            "(state = 'owed' OR state = 'settled' AND first_owes_fen <> second_owes_fen)"
            " = (entry_id IS NOT NULL)",
            name=op.f("ck_use_settlement_booked"),
        ),
        sa.CheckConstraint(
            "(state = 'settled' AND first_owes_fen <> second_owes_fen)"
            " = (payment_entry_id IS NOT NULL)",
            name=op.f("ck_use_settlement_paid"),
        ),
        sa.CheckConstraint(
            "(payment_entry_id IS NULL) = (paid_on IS NULL)",
            name=op.f("ck_use_settlement_paid_on"),
        ),
        sa.CheckConstraint(
            "(state = 'contested') = (objection IS NOT NULL)",
            name=op.f("ck_use_settlement_objection"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_use_settlement_entry_id_journal_entry"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_use_settlement_payment_entry_id_journal_entry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_settlement")),
    )
    op.create_index("ix_use_settlement_center_id_id", "use_settlement", ["center_id", "id"])
    op.create_index("ix_use_settlement_first_org_id", "use_settlement", ["first_org_id"])
    op.create_index("ix_use_settlement_second_org_id", "use_settlement", ["second_org_id"])
    op.create_table(
        "use_settlement_line",
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("use_id", sa.Uuid(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["use_settlement.id"],
            name=op.f("fk_use_settlement_line_settlement_id_use_settlement"),
        ),
        sa.ForeignKeyConstraint(
            ["use_id"], ["shared_use.id"], name=op.f("fk_use_settlement_line_use_id_shared_use")
        ),
        sa.PrimaryKeyConstraint("settlement_id", "use_id", name=op.f("pk_use_settlement_line")),
    )
    op.create_index(
        "uq_use_settlement_line_live",
        "use_settlement_line",
        ["use_id"],
        unique=True,
        postgresql_where=sa.text("is_live"),
    )
    op.create_table(
        "use_settlement_confirmation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("statement_sha256", sa.String(), nullable=False),
        sa.Column("confirmed_at", InstantColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["use_settlement.id"],
            name=op.f("fk_use_settlement_confirmation_settlement_id_use_settlement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_settlement_confirmation")),
        sa.UniqueConstraint(
            "settlement_id",
            "org_id",
            name=op.f("uq_use_settlement_confirmation_settlement_id_org_id"),
        ),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("use_settlement_confirmation")
    op.drop_table("use_settlement_line")
    op.drop_table("use_settlement")
    op.drop_table("shared_use")
    op.drop_column("agreement", "use_rates")
