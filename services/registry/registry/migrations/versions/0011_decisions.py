"""Leaving a centre: the resolution behind an expulsion, and the terms of notice and of cure."""

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0011"
down_revision: Final = "0010"
branch_labels: Final = None
depends_on: Final = None

# What the rules ask the policy; a register that is older has not heard of it.
PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "A049": {"notice_days": 30, "cure_days": 90, "reminder_days": [30, 7, 0]},
}
# Merged key by key: what a policy says already, it keeps.
MERGE: Final = """
UPDATE policy_version
SET parameters = parameters || jsonb_build_object(
    CAST(:row AS text),
    CAST(:given AS jsonb) || coalesce(parameters -> CAST(:row AS text), '{}'::jsonb)
)
WHERE state = 'in_force'
"""


def upgrade() -> None:
    """Widen what is there, and let policies in force know the new figures."""
    op.add_column("membership", sa.Column("expulsion_resolution_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_membership_expulsion_resolution_id_resolution"),
        "membership",
        "resolution",
        ["expulsion_resolution_id"],
        ["id"],
    )
    for row, given in PARAMETERS.items():
        op.get_bind().execute(sa.text(MERGE), {"row": row, "given": json.dumps(given)})


def downgrade() -> None:
    """Take everything away again."""
    op.drop_constraint(
        op.f("fk_membership_expulsion_resolution_id_resolution"), "membership", type_="foreignkey"
    )
    op.drop_column("membership", "expulsion_resolution_id")
