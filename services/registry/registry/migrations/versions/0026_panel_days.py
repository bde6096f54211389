"""How long a panel works where nobody says by when is the policy's to say."""

from typing import Final

from alembic import op

revision: Final = "0026"
down_revision: Final = "0025"
branch_labels: Final = None
depends_on: Final = None

# Merged, so that a policy which says so already, as in new databases, keeps its own figure.
ADDED: Final = """
UPDATE policy_version
SET parameters = jsonb_set(
  parameters, '{A120}', '{"panel_days": 30}'::jsonb || (parameters -> 'A120')
)
WHERE parameters ? 'A120'
"""
TAKEN_BACK: Final = """
UPDATE policy_version SET parameters = parameters #- '{A120,panel_days}' WHERE parameters ? 'A120'
"""


def upgrade() -> None:
    """Let every policy that judges panels know the figure."""
    op.execute(ADDED)


def downgrade() -> None:
    """Take the figure out."""
    op.execute(TAKEN_BACK)
