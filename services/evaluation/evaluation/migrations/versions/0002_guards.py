"""What the database itself refuses, what every programme starts with, and the job queue."""

from collections.abc import Sequence
from typing import Final

from alembic import op

from evaluation.schemes import guards as schemes
from evaluation.schemes import seed
from evaluation.sheets import guards as sheets
from shared.database.migrations import grant_app, install_job_queue

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None

GUARDS: Final[Sequence[str]] = (*schemes.GUARDS, *sheets.GUARDS)
GUARDS_DOWN: Final[Sequence[str]] = (*sheets.GUARDS_DOWN, *schemes.GUARDS_DOWN)


def upgrade() -> None:
    seed.insert_reference(op.get_bind())
    for statement in GUARDS:
        op.execute(statement)
    install_job_queue()
    grant_app("evaluation")


def downgrade() -> None:
    for statement in GUARDS_DOWN:
        op.execute(statement)
