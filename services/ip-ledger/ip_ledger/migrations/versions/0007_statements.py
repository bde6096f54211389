"""Statements, settlements and plans of rights."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database import InstantColumn
from shared.database.migrations import grant_app

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None


def _correct_runs() -> None:
    op.add_column("distribution_run", sa.Column("paid_at", InstantColumn(), nullable=True))
    op.add_column("distribution_run", sa.Column("corrects_id", sa.Uuid(), nullable=True))
    op.add_column("distribution_run", sa.Column("effective_on", sa.Date(), nullable=True))
    op.create_foreign_key(
        op.f("fk_distribution_run_corrects_id_distribution_run"),
        "distribution_run",
        "distribution_run",
        ["corrects_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_distribution_run_correction"),
        "distribution_run",
        "(corrects_id IS NULL) = (effective_on IS NULL)",
    )
    op.create_index(
        "uq_distribution_run_corrects_id",
        "distribution_run",
        ["corrects_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    # Paying logs each line, so that the log knows when that was.
    op.execute(
        """
        UPDATE distribution_run SET paid_at = coalesce(
            (SELECT min(r.recorded_at) FROM log_record r JOIN distribution_line l ON l.id = r.id
             WHERE l.run_id = distribution_run.id),
            approved_at, drafted_at)
        WHERE state IN ('paid', 'reversed')
        """
    )


def _make_layout_plan() -> None:
    op.create_table(
        "layout_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layout_plan")),
        sa.UniqueConstraint("center_id", "year", "version", name="uq_layout_plan_version"),
        info={"insert_only": True},
    )


def _make_price_finding() -> None:
    op.create_table(
        "price_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("deal", sa.String(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("is_public_institute", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("venue", sa.String(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("publicity_file_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT is_public_institute OR method <> 'negotiated' OR published_on IS NOT NULL",
            name=op.f("ck_price_finding_publicity"),
        ),
        sa.CheckConstraint(
            "method = 'negotiated' OR venue IS NOT NULL", name=op.f("ck_price_finding_venue")
        ),
        sa.CheckConstraint(
            "(published_on IS NULL) = (publicity_file_id IS NULL)",
            name=op.f("ck_price_finding_evidence"),
        ),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_price_finding_price_fen")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_finding")),
        sa.UniqueConstraint("deal_id", name="uq_price_finding_deal_id"),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_price_finding_center_id_id", "price_finding", ["center_id", "id"], unique=False
    )


def _make_asset_branch() -> None:
    op.create_table(
        "asset_branch",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_asset_branch_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_asset_branch")),
    )


def _make_layout_line() -> None:
    op.create_table(
        "layout_line",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("jurisdiction", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.CheckConstraint("planned > 0", name=op.f("ck_layout_line_planned")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["layout_plan.id"], name=op.f("fk_layout_line_plan_id_layout_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "place", name=op.f("pk_layout_line")),
        sa.UniqueConstraint(
            "plan_id", "branch", "jurisdiction", "kind", name="uq_layout_line_place"
        ),
        info={"insert_only": True},
    )


def _make_protection_event() -> None:
    op.create_table(
        "protection_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("counterparty", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("evidence_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind NOT IN ('pledge', 'insurance') OR (amount_fen IS NOT NULL AND until_on IS NOT NULL)",
            name=op.f("ck_protection_event_whole"),
        ),
        sa.CheckConstraint(
            "until_on IS NULL OR until_on >= occurred_on", name=op.f("ck_protection_event_days")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_protection_event_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protection_event")),
        info={"insert_only": True},
    )
    op.create_index("ix_protection_event_asset_id", "protection_event", ["asset_id"], unique=False)


def _make_background_right() -> None:
    op.create_table(
        "background_right",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("restrictions", sa.String(), nullable=True),
        sa.Column("license_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("declared_by", sa.Uuid(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_background_right_asset_id_ip_asset")
        ),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_background_right_license_id_license")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background_right")),
        sa.UniqueConstraint("asset_id", "org_id", name="uq_background_right_asset_id_org_id"),
    )
    op.create_index(
        "ix_background_right_center_id_id", "background_right", ["center_id", "id"], unique=False
    )


def upgrade() -> None:
    """Let runs be corrected; keep how prices were found, and what a portfolio is made of."""
    _correct_runs()
    _make_layout_plan()
    _make_price_finding()
    _make_asset_branch()
    _make_layout_line()
    _make_protection_event()
    _make_background_right()
    grant_app("ip_ledger")


def downgrade() -> None:
    """Forget it."""
    op.drop_table("background_right")
    op.drop_table("protection_event")
    op.drop_table("layout_line")
    op.drop_table("asset_branch")
    op.drop_table("price_finding")
    op.drop_table("layout_plan")
    op.drop_index("uq_distribution_run_corrects_id", "distribution_run")
    op.drop_constraint("ck_distribution_run_correction", "distribution_run")
    op.drop_column("distribution_run", "effective_on")
    op.drop_column("distribution_run", "corrects_id")
    op.drop_column("distribution_run", "paid_at")
