"""Fees of rights, their families, what was spent on them, and whose research was ordered."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ip_ledger.assets import family_guards
from shared.database import InstantColumn, JsonColumn
from shared.database.migrations import grant_app

# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows

revision: Final = "0015"
down_revision: Final = "0014"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Let rights be looked at by the day, and make fees, kinships, costs and links to projects."""
    _extend_assets()
    _create_fees()
    _create_kinship()
    _create_costs()
    _create_projects()
    _create_undoings()
    _create_benefits()
    for statement in family_guards.UP:
        op.execute(statement)
    grant_app("ip_ledger")


def _extend_assets() -> None:
    op.add_column("ip_asset", sa.Column("next_look_at", InstantColumn(), nullable=True))
    op.add_column("ip_asset", sa.Column("family_id", sa.Uuid(), nullable=True))
    # What stands already is looked at once, as soon as the clerk comes round.
    op.execute(
        "UPDATE ip_asset SET next_look_at = recorded_at"
        " WHERE state IN ('granted', 'registered', 'maintained')"
    )
    op.create_index(
        "ix_ip_asset_next_look_at",
        "ip_asset",
        ["next_look_at"],
        postgresql_where=sa.text("next_look_at IS NOT NULL"),
    )
    op.create_index(
        "ix_ip_asset_family_id",
        "ip_asset",
        ["family_id"],
        postgresql_where=sa.text("family_id IS NOT NULL"),
    )


def _create_fees() -> None:
    op.create_table(
        "right_fee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("statutory_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("grace_until", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reminded_days", sa.Integer(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("surcharge_fen", sa.BigInteger(), nullable=False),
        sa.Column("relief", sa.String(), server_default="none", nullable=False),
        sa.Column("payer_org_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("opened_at", InstantColumn(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=True),
        sa.Column("reported_at", InstantColumn(), nullable=True),
        sa.CheckConstraint(
            "statutory_on <= due_on AND due_on <= grace_until", name=op.f("ck_right_fee_days")
        ),
        sa.CheckConstraint(
            "(state IN ('paid', 'paid_late')) = (paid_on IS NOT NULL)"
            " AND (paid_on IS NULL) = (paid_fen IS NULL)"
            " AND (paid_on IS NULL) = (payer_org_id IS NULL)",
            name=op.f("ck_right_fee_paid_whole"),
        ),
        sa.CheckConstraint(
            "paid_on IS NULL OR (state = 'paid') = (paid_on <= due_on)",
            name=op.f("ck_right_fee_paid_in_time"),
        ),
        sa.CheckConstraint(
            "paid_on IS NULL OR paid_on <= grace_until", name=op.f("ck_right_fee_paid_in_grace")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_right_fee_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_right_fee")),
        sa.UniqueConstraint("asset_id", "number", name=op.f("uq_right_fee_asset_id_number")),
    )
    op.create_index(
        "uq_right_fee_owed",
        "right_fee",
        ["asset_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'overdue')"),
    )
    op.create_index("ix_right_fee_center_id_due_on", "right_fee", ["center_id", "due_on"])


def _create_kinship() -> None:
    op.create_table(
        "asset_kinship",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", InstantColumn(), nullable=False),
        sa.Column("withdrawn_at", InstantColumn(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("asset_id <> parent_id", name=op.f("ck_asset_kinship_two_assets")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (reason IS NULL)", name=op.f("ck_asset_kinship_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_asset_kinship_asset_id_ip_asset")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["ip_asset.id"], name=op.f("fk_asset_kinship_parent_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_kinship")),
    )
    op.create_index(
        "uq_asset_kinship_standing",
        "asset_kinship",
        ["asset_id", "parent_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("ix_asset_kinship_parent_id", "asset_kinship", ["parent_id"])


def _create_costs() -> None:
    op.create_table(
        "asset_cost",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("trustee_org_id", sa.Uuid(), nullable=True),
        sa.Column("fee_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("evidence_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("undoes_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", InstantColumn(), nullable=False),
        sa.CheckConstraint(
            "(undoes_id IS NULL AND amount_fen > 0) OR (undoes_id IS NOT NULL AND amount_fen < 0)",
            name=op.f("ck_asset_cost_sign"),
        ),
        sa.CheckConstraint(
            "(undoes_id IS NULL) = (reason IS NULL)", name=op.f("ck_asset_cost_reason")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_asset_cost_asset_id_ip_asset")
        ),
        sa.ForeignKeyConstraint(
            ["fee_id"], ["right_fee.id"], name=op.f("fk_asset_cost_fee_id_right_fee")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_asset_cost_entry_id_journal_entry")
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["asset_cost.id"], name=op.f("fk_asset_cost_undoes_id_asset_cost")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_cost")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_asset_cost_undoes_id")),
    )
    op.create_index("ix_asset_cost_asset_id_spent_on", "asset_cost", ["asset_id", "spent_on"])
    op.create_index("ix_asset_cost_center_id_id", "asset_cost", ["center_id", "id"])
    op.create_index(
        "uq_asset_cost_reference",
        "asset_cost",
        ["center_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "money_source",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("received_fen", sa.BigInteger(), nullable=False),
        sa.Column("spent_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "spent_fen BETWEEN 0 AND received_fen", name=op.f("ck_money_source_spent")
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_money_source")),
    )
    op.create_table(
        "asset_cost_source",
        sa.Column("cost_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_asset_cost_source_amount_fen")),
        sa.ForeignKeyConstraint(
            ["cost_id"], ["asset_cost.id"], name=op.f("fk_asset_cost_source_cost_id_asset_cost")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["money_source.source_id"],
            name=op.f("fk_asset_cost_source_source_id_money_source"),
        ),
        sa.PrimaryKeyConstraint("cost_id", "source_id", name=op.f("pk_asset_cost_source")),
    )
    op.create_index("ix_asset_cost_source_source_id", "asset_cost_source", ["source_id"])


def _create_undoings() -> None:
    op.create_table(
        "revenue_undoing",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("undone_by", sa.Uuid(), nullable=False),
        sa.Column("undone_at", InstantColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["revenue_event.id"],
            name=op.f("fk_revenue_undoing_event_id_revenue_event"),
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_revenue_undoing")),
    )


def _create_benefits() -> None:
    op.create_table(
        "benefit_division",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("pool_fen", sa.BigInteger(), nullable=False),
        sa.Column("incomes", JsonColumn(), nullable=False),
        sa.Column("lines", JsonColumn(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=False),
        sa.Column("resolution_file_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", InstantColumn(), nullable=False),
        sa.CheckConstraint("pool_fen > 0", name=op.f("ck_benefit_division_pool_fen")),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name=op.f("fk_benefit_division_agreement_id_agreement"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entry.id"],
            name=op.f("fk_benefit_division_entry_id_journal_entry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit_division")),
        sa.UniqueConstraint(
            "center_id", "external_id", name=op.f("uq_benefit_division_center_id_external_id")
        ),
    )


def _create_projects() -> None:
    op.create_table(
        "contract_project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("project_fact_id", sa.Uuid(), nullable=False),
        sa.Column("project_external_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("project_sha256", sa.String(), nullable=False),
        sa.Column("linked_by", sa.Uuid(), nullable=False),
        sa.Column("linked_at", InstantColumn(), nullable=False),
        sa.Column("withdrawn_at", InstantColumn(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (reason IS NULL)", name=op.f("ck_contract_project_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["tech_contract.id"],
            name=op.f("fk_contract_project_contract_id_tech_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_project")),
    )
    op.create_index(
        "uq_contract_project_standing",
        "contract_project",
        ["center_id", "project_external_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("ix_contract_project_contract_id", "contract_project", ["contract_id"])


def downgrade() -> None:
    """Take them away again."""
    for statement in family_guards.DOWN:
        op.execute(statement)
    for table in (
        "benefit_division", "revenue_undoing", "contract_project", "asset_cost_source", "money_source", "asset_cost", "asset_kinship",
        "right_fee",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index("ix_ip_asset_family_id", "ip_asset")
    op.drop_index("ix_ip_asset_next_look_at", "ip_asset")
    op.drop_column("ip_asset", "family_id")
    op.drop_column("ip_asset", "next_look_at")
