"""What shows a site visit: photographs and other files, with when and where they were taken."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: Final = "0021"
down_revision: Final = "0020"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep it; reports from before show nothing."""
    op.add_column(
        "site_visit",
        sa.Column(
            "evidence", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")
        ),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_column("site_visit", "evidence")
