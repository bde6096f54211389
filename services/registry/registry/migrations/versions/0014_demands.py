"""What the last rows of the register keep, and the two orders in which names are near."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0014"
down_revision: Final = "0013"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Order names by length and by distance."""
    op.create_index(
        "ix_organization_name_length",
        "organization_name",
        [sa.text("char_length(search_key)"), "id"],
    )
    op.create_index(
        "ix_organization_name_distance",
        "organization_name",
        [sa.text("search_key gist_trgm_ops (siglen=32)")],
        postgresql_using="gist",
    )


def downgrade() -> None:
    """Take the orders away."""
    op.drop_index("ix_organization_name_distance", table_name="organization_name")
    op.drop_index("ix_organization_name_length", table_name="organization_name")
