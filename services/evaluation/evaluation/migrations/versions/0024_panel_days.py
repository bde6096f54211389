"""The copy of the policy knows how long a panel works where nobody says by when."""

from typing import Final

from alembic import op

revision: Final = "0024"
down_revision: Final = "0023"
branch_labels: Final = None
depends_on: Final = None

# Merged, so that a policy which says so already, as in new databases, keeps its own figure.
ADDED: Final = """
UPDATE directory_policy
SET parameters = jsonb_set(
  parameters, '{A120}', '{"panel_days": 30}'::jsonb || (parameters -> 'A120')
)
WHERE parameters ? 'A120'
"""
TAKEN_BACK: Final = """
UPDATE directory_policy SET parameters = parameters #- '{A120,panel_days}' WHERE parameters ? 'A120'
"""


def upgrade() -> None:
    """Let the copies that are here know the figure: a policy that is known is not asked for."""
    op.execute(ADDED)


def downgrade() -> None:
    """Take the figure out."""
    op.execute(TAKEN_BACK)
