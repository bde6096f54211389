"""Targets as data, and indexes from which the sums of a year are read."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None

TARGETS: Final = """
{"A014": {"targets": [
    {"year": 2020, "level": "any", "min": 5, "max": 10},
    {"year": 2025, "level": "any", "min": 0, "max": 0}
]}}
"""


def upgrade() -> None:
    """Add the targets to the versions that an older register has, and the indexes."""
    op.execute(
        sa.text(
            "UPDATE policy_version SET parameters = CAST(:added AS jsonb) || parameters"
            " WHERE state <> 'text_missing'"
        ).bindparams(added=TARGETS)
    )
    op.create_index(
        "ix_fact_occurred_on",
        "fact",
        ["occurred_on", "kind", "center_id"],
        postgresql_include=["id", "chain_stage", "is_sme", "is_member", "region_code"],
    )
    op.create_index(
        "ix_fact_correction",
        "fact",
        ["supersedes_id"],
        postgresql_where=sa.text("supersedes_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Take the indexes away; versions that were judged by keep what they say."""
    op.drop_index("ix_fact_correction", table_name="fact")
    op.drop_index("ix_fact_occurred_on", table_name="fact")
