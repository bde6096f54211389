"""Who succeeded whom, as evaluation knows it; weights of indicators; ratings from elsewhere."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from evaluation.schemes.seed import stress_indicators
from shared.database.migrations import grant_app

revision: Final = "0013"
down_revision: Final = "0012"
branch_labels: Final = None
depends_on: Final = None

# squawk: ban-drop-default — the default only fills rows that are there; every insert names the column
# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Keep in the copy of an organization who stands in its place.

    The registry's feed is read from its beginning again, because the entries kept lack it.
    """
    op.add_column("directory_organization", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.create_index(
        op.f("ix_directory_organization_successor_id"), "directory_organization", ["successor_id"]
    )
    op.execute("UPDATE directory_organization SET position = -1")
    op.execute("DELETE FROM inbox WHERE source = 'registry'")
    op.execute("DELETE FROM feed_cursor WHERE source = 'registry'")
    for table in ("weight_profile", "evaluation_case"):
        kept = sa.Column(
            "indicator_weights",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'{}'"),
        )
        op.add_column(table, kept)
        op.alter_column(table, "indicator_weights", server_default=None)
    stress_indicators(op.get_bind())
    op.create_table(
        "taken_rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("total", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("imported_from", sa.String(), nullable=False),
        sa.Column("imported_on", sa.Date(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_rating")),
        sa.UniqueConstraint("center_id", "kind", "year", name="uq_taken_rating_year"),
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Take it back."""
    op.drop_table("taken_rating")
    for table in ("evaluation_case", "weight_profile"):
        op.drop_column(table, "indicator_weights")
    op.drop_index(op.f("ix_directory_organization_successor_id"), "directory_organization")
    op.drop_column("directory_organization", "successor_id")
