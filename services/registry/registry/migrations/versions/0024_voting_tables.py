"""Voting tables by the day from which they hold, so that each resolution is weighed by its own.

Each table that stands is entered from the day on which its votes were last set or ended, or, where
nothing tells of that, of the newest event; what stood before was not kept. Resolutions that were counted
before name no table. Whoever follows the feed learns the tables from the next snapshot.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0024"
down_revision: Final = "0023"
branch_labels: Final = None
depends_on: Final = None

# squawk: adding-foreign-key-constraint — before the first release: no table that is live has many rows
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows

STANDING: Final = """
    INSERT INTO voting_table (id, center_id, organ, in_force_on, holders, set_at)
    SELECT uuidv7(), held.center_id, held.organ,
           (since.at AT TIME ZONE 'Asia/Shanghai')::date, held.holders, since.at
    FROM (
        SELECT center_id, organ,
               jsonb_agg(
                   jsonb_build_object(
                       'holder_org_id', holder_org_id, 'share_ppm', share_ppm, 'basis', basis
                   ) ORDER BY holder_org_id::text COLLATE "C"
               ) AS holders
        FROM voting_right GROUP BY center_id, organ
    ) AS held
    CROSS JOIN LATERAL (
        SELECT max(event.recorded_at) AS at FROM event
        WHERE event.center_id = held.center_id
          AND (event.type = 'votes.set' AND event.data ->> 'organ' = held.organ
               OR event.type = 'votes.ended' AND (event.data -> 'votes') ? held.organ)
    ) AS told
    JOIN center ON center.id = held.center_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(told.at, (SELECT max(recorded_at) FROM event), center.created_at) AS at
    ) AS since
"""


def upgrade() -> None:
    """Keep each table, and let resolutions name theirs."""
    op.create_table(
        "voting_table",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("organ", sa.String(), nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column(
            "holders", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_voting_table_center_id_center")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voting_table")),
        info={"insert_only": True},
    )
    op.create_index(
        "ix_voting_table_center_id", "voting_table", ["center_id", "organ", "in_force_on"]
    )
    op.execute(sa.text(STANDING))
    op.add_column("resolution", sa.Column("voting_table_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_resolution_voting_table_id_voting_table"),
        "resolution",
        "voting_table",
        ["voting_table_id"],
        ["id"],
    )
    grant_app("registry")


def downgrade() -> None:
    """Take back what the upgrade added."""
    op.drop_constraint(
        op.f("fk_resolution_voting_table_id_voting_table"), "resolution", type_="foreignkey"
    )
    op.drop_column("resolution", "voting_table_id")
    op.drop_index("ix_voting_table_center_id", table_name="voting_table")
    op.drop_table("voting_table")
