"""The networks from which a program may speak."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: Final = "0013"
down_revision: Final = "0012"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Let every program speak from anywhere, as before.

    The default stays, since a process of the version before makes programs without the column.
    """
    op.add_column(
        "client",
        sa.Column(
            "networks",
            postgresql.ARRAY(sa.TEXT()),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
    )


def downgrade() -> None:
    """Forget them: every program speaks from anywhere again."""
    op.drop_column("client", "networks")
