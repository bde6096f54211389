"""Rights that the office restored."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database import InstantColumn
from shared.database.migrations import grant_app

revision: Final = "0024"
down_revision: Final = "0023"
branch_labels: Final = None
depends_on: Final = None

# squawk: constraint-missing-not-valid — a right has a fee a year: the table is small
# squawk: ban-drop-constraint — each makes way for one that allows more

_FORMER: Final = {
    "ck_right_fee_paid_whole": "(state IN ('paid', 'paid_late')) = (paid_on IS NOT NULL)"
    " AND (paid_on IS NULL) = (paid_fen IS NULL)"
    " AND (paid_on IS NULL) = (payer_org_id IS NULL)",
    "ck_right_fee_paid_in_grace": "paid_on IS NULL OR paid_on <= grace_until",
}
_NOW: Final = {
    "ck_right_fee_paid_whole": "(state IN ('paid', 'paid_late', 'restored')) = "
    "(paid_on IS NOT NULL)"
    " AND (paid_on IS NULL) = (paid_fen IS NULL)"
    " AND (paid_on IS NULL) = (payer_org_id IS NULL)",
    "ck_right_fee_paid_in_grace": "paid_on IS NULL OR state = 'restored' OR paid_on <= grace_until",
}


def _bound(bounds: dict[str, str]) -> None:
    for name, bound in bounds.items():
        op.drop_constraint(op.f(name), "right_fee", type_="check")
        op.create_check_constraint(op.f(name), "right_fee", bound)


def upgrade() -> None:
    """Keep what the office decided, and let a fee be paid after its grace with it."""
    op.create_table(
        "right_restoration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("counted_from", sa.Date(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decision_no", sa.String(), nullable=False),
        sa.Column("request_fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("payer_org_id", sa.Uuid(), nullable=False),
        sa.Column("evidence_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("reported_at", InstantColumn(), nullable=False),
        sa.CheckConstraint(
            "ended_on <= counted_from AND counted_from <= requested_on AND"
            " requested_on <= decided_on",
            name=op.f("ck_right_restoration_days"),
        ),
        sa.CheckConstraint(
            "request_fee_fen >= 0", name=op.f("ck_right_restoration_request_fee_fen")
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_right_restoration_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_right_restoration")),
        sa.UniqueConstraint(
            "asset_id", "decision_no", name=op.f("uq_right_restoration_asset_id_decision_no")
        ),
        info={"insert_only": True},
    )
    _bound(_NOW)
    grant_app("ip_ledger")


def downgrade() -> None:
    """Take it back; a fee that was paid with a restoration has to be taken for paid late first."""
    _bound(_FORMER)
    op.drop_table("right_restoration")
