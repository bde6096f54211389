"""What each caller asked in the last thirty days."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep a row for each request that came with a token."""
    op.create_table(
        "request_seen",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_seen")),
    )
    op.create_index("ix_request_seen_caller", "request_seen", ["client_id", "person_id", "id"])
    op.create_index("ix_request_seen_request_id", "request_seen", ["request_id"])
    op.create_index("ix_request_seen_at", "request_seen", ["at"], postgresql_using="brin")
    grant_app("gateway")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("request_seen")
