"""Former codes of organizations, ties by the organization that they name, and dossiers."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0016"
down_revision: Final = "0015"
branch_labels: Final = None
depends_on: Final = None

# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Keep the codes that organizations bore and releases to agencies; index ties."""
    op.create_table(
        "former_organization_code",
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("uscc", name=op.f("pk_former_organization_code")),
    )
    op.create_index("ix_former_organization_code_org_id", "former_organization_code", ["org_id"])
    op.create_index("ix_expert_relation_org_id", "expert_relation", ["org_id"])
    op.create_index("ix_expert_relation_org_uscc", "expert_relation", ["org_uscc"])
    op.create_table(
        "agency_dossier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column(
            "parts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("first_year", sa.Integer(), nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_year <= last_year", name=op.f("ck_agency_dossier_years")),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            name=op.f("ck_agency_dossier_withdrawn"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_dossier")),
    )
    op.create_index("ix_agency_dossier_agency_id", "agency_dossier", ["agency_id"])
    op.create_index("ix_agency_dossier_center_id", "agency_dossier", ["center_id"])
    grant_app("evaluation")


def downgrade() -> None:
    """Forget former codes and releases; ties stay as they are."""
    op.drop_table("agency_dossier")
    op.drop_index("ix_expert_relation_org_uscc", "expert_relation")
    op.drop_index("ix_expert_relation_org_id", "expert_relation")
    op.drop_table("former_organization_code")
