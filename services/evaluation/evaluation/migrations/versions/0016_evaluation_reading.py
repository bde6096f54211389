"""Former codes of organizations, and finding ties by the organization that they name."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0016"
down_revision: Final = "0015"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep the codes that organizations bore, and index ties by what they name."""
    op.create_table(
        "former_organization_code",
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("uscc", name=op.f("pk_former_organization_code")),
    )
    op.create_index("ix_former_organization_code_org_id", "former_organization_code", ["org_id"])
    op.create_index("ix_expert_relation_org_id", "expert_relation", ["org_id"])
    op.create_index("ix_expert_relation_org_uscc", "expert_relation", ["org_uscc"])
    grant_app("evaluation")


def downgrade() -> None:
    """Forget former codes; ties stay as they are."""
    op.drop_index("ix_expert_relation_org_uscc", "expert_relation")
    op.drop_index("ix_expert_relation_org_id", "expert_relation")
    op.drop_table("former_organization_code")
