"""A legal person's own consent to carry a centre."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database import InstantColumn
from shared.database.migrations import grant_app

revision: Final = "0015"
down_revision: Final = "0014"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep who agreed, one standing consent of each legal person for each centre."""
    op.create_table(
        "entity_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", InstantColumn(), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", InstantColumn(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
            name=op.f("ck_entity_consent_withdrawn_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_entity_consent_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_entity_consent_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_consent")),
    )
    op.create_index(
        "uq_entity_consent_one_stands",
        "entity_consent",
        ["center_id", "org_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    grant_app("registry")


def downgrade() -> None:
    """Forget who agreed."""
    op.drop_table("entity_consent")
