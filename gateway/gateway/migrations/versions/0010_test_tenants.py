"""Test tenants of the sandbox."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0010"
down_revision: Final = "0009"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.create_table(
        "test_tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_tenant")),
        sa.UniqueConstraint("org_id", name=op.f("uq_test_tenant_org_id")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_test_tenant_client_id", "test_tenant", ["client_id", "created_at"], unique=False
    )
    grant_app("gateway")


def downgrade() -> None:
    op.drop_index("ix_test_tenant_client_id", table_name="test_tenant")
    op.drop_table("test_tenant")
