"""What members commit."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep the commitments of members."""
    op.create_table(
        "member_commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("committed_by", sa.Uuid(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'money') = (amount_fen IS NOT NULL)",
            name=op.f("ck_member_commitment_money_has_amount"),
        ),
        sa.CheckConstraint(
            "(kind = 'people') = (people IS NOT NULL)",
            name=op.f("ck_member_commitment_people_have_number"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_member_commitment_amount_positive")),
        sa.CheckConstraint("people > 0", name=op.f("ck_member_commitment_people_positive")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_member_commitment_days_in_order")),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["membership.id"],
            name=op.f("fk_member_commitment_membership_id_membership"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_commitment")),
    )
    op.create_index(
        "ix_member_commitment_membership_id", "member_commitment", ["membership_id"], unique=False
    )
    grant_app("registry")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("member_commitment")
