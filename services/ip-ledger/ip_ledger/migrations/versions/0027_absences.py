"""The days on which rights were gone."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: Final = "0027"
down_revision: Final = "0026"
branch_labels: Final = None
depends_on: Final = None

# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows

# What came back was gone from the day after its last one to the decision.
_RETURNED: Final = """
    UPDATE ip_asset a SET absences = r.absences FROM (
        SELECT asset_id, jsonb_agg(jsonb_build_array(ended_on + 1, decided_on)
            ORDER BY decided_on) AS absences
        FROM right_restoration WHERE ended_on + 1 < decided_on GROUP BY asset_id
    ) AS r WHERE r.asset_id = a.id
"""
# What is over ended with its term, or on the day that was told; else when it is first heard of.
_GONE: Final = """
    UPDATE ip_asset a SET absences = a.absences || jsonb_build_array(jsonb_build_array(
        coalesce(
            CASE WHEN a.state = 'expired' OR a.abandon_cause = 'unpaid' THEN a.term_until END,
            (SELECT (e.data->>'occurred_on')::date FROM event e
             WHERE e.subject_id = a.id AND e.type = 'asset.' || a.state
             ORDER BY e.seq DESC LIMIT 1),
            a.term_until, a.recorded_at::date) + 1, NULL))
    WHERE a.state IN ('expired', 'abandoned', 'invalidated')
"""


def upgrade() -> None:
    """Keep them beside the state, which says whether the last of them goes on."""
    op.add_column("ip_asset", sa.Column("absences", JSONB(), server_default="[]", nullable=False))
    op.execute(_RETURNED)
    op.execute(_GONE)
    op.create_check_constraint(
        op.f("ck_ip_asset_absences"),
        "ip_asset",
        "(jsonb_array_length(absences) > 0 AND absences #>> '{-1,1}' IS NULL)"
        " = (state IN ('expired', 'abandoned', 'invalidated'))",
    )


def downgrade() -> None:
    """Forget them; what came back keeps its restoration."""
    op.drop_column("ip_asset", "absences")
