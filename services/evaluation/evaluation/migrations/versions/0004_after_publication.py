"""What follows a publication: second readings, objections, voided results."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep which results hinge on one sheet."""
    op.add_column(
        "evaluation_result",
        sa.Column("hinges_on_sheet", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("evaluation_result", "hinges_on_sheet", server_default=None)


def downgrade() -> None:
    """Forget them."""
    op.drop_column("evaluation_result", "hinges_on_sheet")
