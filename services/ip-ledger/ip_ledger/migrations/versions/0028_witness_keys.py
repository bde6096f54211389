"""A witness's key stands once, under whatever name."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0028"
down_revision: Final = "0027"
branch_labels: Final = None
depends_on: Final = None

# squawk: require-concurrent-index-creation — a programme has a handful of witnesses
# squawk: require-concurrent-index-deletion — a programme has a handful of witnesses


def upgrade() -> None:
    """Hold the key alone, which is the last 44 letters of the line; its name tells no keys apart."""
    op.create_index("uq_witness_key", "witness", [sa.text("right(verifier, 44)")], unique=True)
    op.drop_index("uq_witness_verifier", table_name="witness")


def downgrade() -> None:
    """Hold whole lines."""
    op.create_index("uq_witness_verifier", "witness", ["verifier"], unique=True)
    op.drop_index("uq_witness_key", table_name="witness")
