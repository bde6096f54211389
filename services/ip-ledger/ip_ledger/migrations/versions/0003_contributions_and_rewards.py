"""Contributions, funding, losses, rewards of inventors, and changes of ownership that wait."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    _make_1()
    _make_2()
    _make_3()
    _make_4()
    _make_5()
    _make_6()
    _make_7()
    _make_8()
    _make_9()
    _make_10()
    _make_11()
    _make_12()
    _make_13()
    _make_14()
    _make_15()
    _make_16()
    _make_17()
    grant_app("ip_ledger")


def _make_1() -> None:
    op.create_table(
        "contribution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_cash", sa.Boolean(), nullable=False),
        sa.Column("committed_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("forfeited_fen", sa.BigInteger(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("held_in_trust", sa.Boolean(), nullable=False),
        sa.Column("trustee_org_id", sa.Uuid(), nullable=True),
        sa.Column("valuation_file_id", sa.Uuid(), nullable=True),
        sa.Column("valued_fen", sa.BigInteger(), nullable=True),
        sa.Column("valued_on", sa.Date(), nullable=True),
        sa.Column("appraiser", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("recorded_by_org_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(is_cash AND kind <> 'in_kind') OR valuation_file_id IS NOT NULL",
            name=op.f("ck_contribution_valuation"),
        ),
        sa.CheckConstraint("committed_fen > 0", name=op.f("ck_contribution_committed_fen")),
        sa.CheckConstraint(
            "paid_fen BETWEEN 0 AND committed_fen", name=op.f("ck_contribution_paid_fen")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
    )
    op.create_index(
        "ix_contribution_center_id_id", "contribution", ["center_id", "id"], unique=False
    )
    op.create_index("ix_contribution_org_id", "contribution", ["org_id"], unique=False)


def _make_2() -> None:
    op.create_table(
        "arrears_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("grace_until", sa.Date(), nullable=False),
        sa.Column("arrears_fen", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("arrears_fen > 0", name=op.f("ck_arrears_notice_arrears_fen")),
        sa.CheckConstraint("grace_until >= issued_on + 60", name=op.f("ck_arrears_notice_grace")),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_arrears_notice_contribution_id_contribution"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrears_notice")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_arrears_notice_contribution_id", "arrears_notice", ["contribution_id"], unique=False
    )


def _make_3() -> None:
    op.create_table(
        "asset_filing_position",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("has_free_use", sa.Boolean(), nullable=False),
        sa.Column("stated_by", sa.Uuid(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_asset_filing_position_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("asset_id", "org_id", name=op.f("pk_asset_filing_position")),
    )


def _make_4() -> None:
    op.create_table(
        "contribution_instalment",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_contribution_instalment_amount_fen")),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_contribution_instalment_contribution_id_contribution"),
        ),
        sa.PrimaryKeyConstraint(
            "contribution_id", "place", name=op.f("pk_contribution_instalment")
        ),
        info={"insert_only": True},
    )


def _make_5() -> None:
    op.create_table(
        "contribution_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("evidence_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("held_in_trust", sa.Boolean(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_contribution_payment_amount_fen")),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_contribution_payment_contribution_id_contribution"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_contribution_payment_entry_id_journal_entry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution_payment")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_contribution_payment_contribution_id",
        "contribution_payment",
        ["contribution_id"],
        unique=False,
    )


def _make_6() -> None:
    op.create_table(
        "inventor_reward",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("floor_fen", sa.BigInteger(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("is_head_of_unit", sa.Boolean(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("publicity_file_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_inventor_reward_amount_fen")),
        sa.CheckConstraint(
            "paid_fen BETWEEN 0 AND amount_fen", name=op.f("ck_inventor_reward_paid_fen")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_inventor_reward_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventor_reward")),
    )
    op.create_index(
        "ix_inventor_reward_center_id_id", "inventor_reward", ["center_id", "id"], unique=False
    )
    op.create_index("ix_inventor_reward_owner_id", "inventor_reward", ["owner_id"], unique=False)
    op.create_index("ix_inventor_reward_source_id", "inventor_reward", ["source_id"], unique=False)
    op.create_index(
        "uq_inventor_reward_grant_bonus",
        "inventor_reward",
        ["asset_id", "owner_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'grant_bonus' AND state <> 'cancelled'"),
    )


def _make_7() -> None:
    op.create_table(
        "loss_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("evidence_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_loss_event_amount_fen")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_loss_event_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_loss_event_asset_id_ip_asset")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_loss_event_entry_id_journal_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_event")),
        info={"insert_only": True},
    )
    op.create_index("ix_loss_event_center_id_id", "loss_event", ["center_id", "id"], unique=False)


def _make_8() -> None:
    op.create_table(
        "own_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("is_institution", sa.Boolean(), nullable=False),
        sa.Column("agreed_years", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("agreed_years BETWEEN 3 AND 5", name=op.f("ck_own_use_agreed_years")),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_own_use_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_use")),
        info={"insert_only": True},
    )
    op.create_index(
        "uq_own_use_asset_id_owner_id", "own_use", ["asset_id", "owner_id"], unique=True
    )


def _make_9() -> None:
    op.create_table(
        "ownership_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("change_sha256", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_ownership_consent_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ownership_consent")),
        sa.UniqueConstraint(
            "asset_id",
            "org_id",
            "change_sha256",
            name=op.f("uq_ownership_consent_asset_id_org_id_change_sha256"),
        ),
        info={"insert_only": True},
    )


def _make_10() -> None:
    op.create_table(
        "profit_division",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("profit_fen", sa.BigInteger(), nullable=False),
        sa.Column("reserve_fen", sa.BigInteger(), nullable=False),
        sa.Column("pool_fen", sa.BigInteger(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=False),
        sa.Column("resolution_file_id", sa.Uuid(), nullable=False),
        sa.Column("consent_file_id", sa.Uuid(), nullable=True),
        sa.Column(
            "lines", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "profit_fen = reserve_fen + pool_fen", name=op.f("ck_profit_division_pool_fen")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_profit_division_entry_id_journal_entry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profit_division")),
        sa.UniqueConstraint("center_id", "year", name=op.f("uq_profit_division_center_id_year")),
        info={"insert_only": True},
    )


def _make_11() -> None:
    op.create_table(
        "trust_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("trustee_org_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_trust_release_amount_fen")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_trust_release_entry_id_journal_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_release")),
        info={"insert_only": True},
    )


def _make_12() -> None:
    op.create_table(
        "contribution_forfeiture",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("resolution_file_id", sa.Uuid(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=False),
        sa.Column("forfeited_fen", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "forfeited_fen > 0", name=op.f("ck_contribution_forfeiture_forfeited_fen")
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_contribution_forfeiture_contribution_id_contribution"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["arrears_notice.id"],
            name=op.f("fk_contribution_forfeiture_notice_id_arrears_notice"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution_forfeiture")),
        sa.UniqueConstraint(
            "contribution_id", name=op.f("uq_contribution_forfeiture_contribution_id")
        ),
        info={"insert_only": True},
    )


def _make_13() -> None:
    op.create_table(
        "funding_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("instrument", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("provider_org_id", sa.Uuid(), nullable=True),
        sa.Column("provider_name", sa.String(), nullable=True),
        sa.Column("doc_no", sa.String(), nullable=True),
        sa.Column("risk_note", sa.String(), nullable=True),
        sa.Column("repay_by", sa.Date(), nullable=True),
        sa.Column("stake_ppm", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("held_in_trust", sa.Boolean(), nullable=False),
        sa.Column("contribution_payment_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "instrument <> 'loan' OR risk_note IS NOT NULL",
            name=op.f("ck_funding_record_risk_note"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_funding_record_amount_fen")),
        sa.ForeignKeyConstraint(
            ["contribution_payment_id"],
            ["contribution_payment.id"],
            name=op.f("fk_funding_record_contribution_payment_id_contribution_payment"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_funding_record_entry_id_journal_entry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_record")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_funding_record_center_id_received_on",
        "funding_record",
        ["center_id", "received_on"],
        unique=False,
    )


def _make_14() -> None:
    op.create_table(
        "inventor_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reward_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("evidence_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_inventor_payment_amount_fen")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_inventor_payment_entry_id_journal_entry"),
        ),
        sa.ForeignKeyConstraint(
            ["reward_id"],
            ["inventor_reward.id"],
            name=op.f("fk_inventor_payment_reward_id_inventor_reward"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventor_payment")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_inventor_payment_reward_id", "inventor_payment", ["reward_id"], unique=False
    )


def _make_15() -> None:
    op.create_table(
        "loss_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loss_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("risk_ppm", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column(
            "explanation",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_loss_line_amount_fen")),
        sa.CheckConstraint("risk_ppm BETWEEN 1 AND 1000000", name=op.f("ck_loss_line_risk_ppm")),
        sa.ForeignKeyConstraint(
            ["loss_id"], ["loss_event.id"], name=op.f("fk_loss_line_loss_id_loss_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_line")),
        sa.UniqueConstraint("loss_id", "place", name=op.f("uq_loss_line_loss_id_place")),
        info={"insert_only": True},
    )
    op.create_index("ix_loss_line_party_id", "loss_line", ["party_id"], unique=False)


def _make_16() -> None:
    op.create_table(
        "own_use_year",
        sa.Column("use_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("profit_fen", sa.BigInteger(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=True),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("is_owed", sa.Boolean(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("floor_fen", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["use_id"], ["own_use.id"], name=op.f("fk_own_use_year_use_id_own_use")
        ),
        sa.PrimaryKeyConstraint("use_id", "year", name=op.f("pk_own_use_year")),
        info={"insert_only": True},
    )


def _make_17() -> None:
    op.create_table(
        "ownership_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "shares", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("change_sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("needs_registration", sa.Boolean(), nullable=False),
        sa.Column("refusal_until", sa.Date(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("registration_no", sa.String(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_by_org_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_ownership_proposal_asset_id_ip_asset")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["ownership_version.id"],
            name=op.f("fk_ownership_proposal_version_id_ownership_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ownership_proposal")),
    )
    op.create_index(
        "ix_ownership_proposal_asset_id", "ownership_proposal", ["asset_id"], unique=False
    )
    op.add_column(
        "asset_inventor",
        sa.Column("is_head_of_unit", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "distribution_reward", sa.Column("form", sa.String(), server_default="cash", nullable=False)
    )
    op.add_column("revenue_deduction", sa.Column("agreement_id", sa.Uuid(), nullable=True))
    op.add_column("revenue_deduction", sa.Column("clause", sa.String(), nullable=True))
    op.create_foreign_key(
        op.f("fk_revenue_deduction_agreement_id_agreement"),
        "revenue_deduction",
        "agreement",
        ["agreement_id"],
        ["id"],
    )
    op.add_column("revenue_event", sa.Column("trustee_org_id", sa.Uuid(), nullable=True))
    grant_app("ip_ledger")


def downgrade() -> None:
    op.drop_column("revenue_event", "trustee_org_id")
    op.drop_constraint(
        op.f("fk_revenue_deduction_agreement_id_agreement"), "revenue_deduction", type_="foreignkey"
    )
    op.drop_column("revenue_deduction", "clause")
    op.drop_column("revenue_deduction", "agreement_id")
    op.drop_column("distribution_reward", "form")
    op.drop_column("asset_inventor", "is_head_of_unit")
    op.drop_index("ix_ownership_proposal_asset_id", table_name="ownership_proposal")
    op.drop_table("ownership_proposal")
    op.drop_table("own_use_year")
    op.drop_index("ix_loss_line_party_id", table_name="loss_line")
    op.drop_table("loss_line")
    op.drop_index("ix_inventor_payment_reward_id", table_name="inventor_payment")
    op.drop_table("inventor_payment")
    op.drop_index("ix_funding_record_center_id_received_on", table_name="funding_record")
    op.drop_table("funding_record")
    op.drop_table("contribution_forfeiture")
    op.drop_table("trust_release")
    op.drop_table("profit_division")
    op.drop_table("ownership_consent")
    op.drop_index("uq_own_use_asset_id_owner_id", table_name="own_use")
    op.drop_table("own_use")
    op.drop_index("ix_loss_event_center_id_id", table_name="loss_event")
    op.drop_table("loss_event")
    op.drop_index(
        "uq_inventor_reward_grant_bonus",
        table_name="inventor_reward",
        postgresql_where=sa.text("kind = 'grant_bonus' AND state <> 'cancelled'"),
    )
    op.drop_index("ix_inventor_reward_source_id", table_name="inventor_reward")
    op.drop_index("ix_inventor_reward_owner_id", table_name="inventor_reward")
    op.drop_index("ix_inventor_reward_center_id_id", table_name="inventor_reward")
    op.drop_table("inventor_reward")
    op.drop_index("ix_contribution_payment_contribution_id", table_name="contribution_payment")
    op.drop_table("contribution_payment")
    op.drop_table("contribution_instalment")
    op.drop_table("asset_filing_position")
    op.drop_index("ix_arrears_notice_contribution_id", table_name="arrears_notice")
    op.drop_table("arrears_notice")
    op.drop_index("ix_contribution_org_id", table_name="contribution")
    op.drop_index("ix_contribution_center_id_id", table_name="contribution")
    op.drop_table("contribution")
