"""What the database itself refuses: gaps and overlaps of ownership, unbalanced entries."""

from collections.abc import Sequence
from typing import Final

from alembic import op

from ip_ledger.assets import guards as assets
from ip_ledger.journal import guards as journal
from shared.database.migrations import grant_app, install_job_queue

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None

GUARDS: Final[Sequence[str]] = (*assets.UP, *journal.UP)
GUARDS_DOWN: Final[Sequence[str]] = (*journal.DOWN, *assets.DOWN)


def upgrade() -> None:
    for statement in GUARDS:
        op.execute(statement)
    install_job_queue()
    grant_app("ip_ledger")


def downgrade() -> None:
    for statement in GUARDS_DOWN:
        op.execute(statement)
