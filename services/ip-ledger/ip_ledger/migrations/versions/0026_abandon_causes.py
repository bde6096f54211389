"""How rights and applications were given up."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0026"
down_revision: Final = "0025"
branch_labels: Final = None
depends_on: Final = None

# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows

# Whoever was given up while its fee stayed unpaid; of the others nobody said how.
_UNPAID: Final = """
    UPDATE ip_asset a SET abandon_cause = 'unpaid'
    WHERE a.state = 'abandoned' AND EXISTS (
        SELECT FROM right_fee f WHERE f.asset_id = a.id AND f.state = 'lapsed')
"""


def upgrade() -> None:
    """Keep it beside the state."""
    op.add_column("ip_asset", sa.Column("abandon_cause", sa.String(), nullable=True))
    op.execute(_UNPAID)
    op.create_check_constraint(
        op.f("ck_ip_asset_abandon_cause"),
        "ip_asset",
        "abandon_cause IS NULL OR state = 'abandoned'",
    )


def downgrade() -> None:
    """Forget it; what was given up stays so."""
    op.drop_column("ip_asset", "abandon_cause")
