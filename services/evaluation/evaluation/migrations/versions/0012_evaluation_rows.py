"""No year counts in two standing assessments, and a draw keeps the multipliers of its proof."""

from typing import Final

from alembic import op

revision: Final = "0012"
down_revision: Final = "0011"
branch_labels: Final = None
depends_on: Final = None

# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Add what keeps the years of assessments apart."""
    op.execute(
        "ALTER TABLE triennial_assessment ADD CONSTRAINT ex_triennial_assessment_years_apart"
        " EXCLUDE USING gist"
        " (center_id WITH =, (int4range(last_year - 2, last_year, '[]')) WITH &&)"
        " WHERE (state <> 'reopened')"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_constraint("ex_triennial_assessment_years_apart", "triennial_assessment")
