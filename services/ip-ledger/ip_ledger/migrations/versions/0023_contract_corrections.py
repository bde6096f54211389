"""Corrections of technology contracts' amounts."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database import InstantColumn
from shared.database.migrations import grant_app

revision: Final = "0023"
down_revision: Final = "0022"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep what a contract's amounts and number were before they were corrected."""
    op.create_table(
        "contract_correction",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("former_contract_amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("former_tech_transaction_amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("former_registration_no", sa.String(), nullable=True),
        sa.Column("former_registered_on", sa.Date(), nullable=True),
        sa.Column("contract_amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("tech_transaction_amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("registration_no", sa.String(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("review", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("evidence_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", InstantColumn(), nullable=False),
        sa.CheckConstraint(
            "contract_amount_fen > 0 AND tech_transaction_amount_fen BETWEEN 0 AND"
            " contract_amount_fen",
            name=op.f("ck_contract_correction_amounts"),
        ),
        sa.CheckConstraint(
            "(contract_amount_fen, tech_transaction_amount_fen) IS DISTINCT FROM"
            " (former_contract_amount_fen, former_tech_transaction_amount_fen)",
            name=op.f("ck_contract_correction_corrects"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["tech_contract.id"],
            name=op.f("fk_contract_correction_contract_id_tech_contract"),
        ),
        sa.PrimaryKeyConstraint("contract_id", "ordinal", name=op.f("pk_contract_correction")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_contract_correction_former_registration_no",
        "contract_correction",
        ["former_registration_no"],
        postgresql_where=sa.text("former_registration_no IS NOT NULL"),
    )
    grant_app("ip_ledger")


def downgrade() -> None:
    """Take it back."""
    op.drop_table("contract_correction")
