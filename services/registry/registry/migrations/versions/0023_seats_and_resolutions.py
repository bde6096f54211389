"""One seat of a body for a person at a time, and one version of a plan for a resolution.

A register in which somebody holds two seats of a body on one day ends one of them before.
"""

from typing import Final

from alembic import op

revision: Final = "0023"
down_revision: Final = "0022"
branch_labels: Final = None
depends_on: Final = None

# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows
# squawk: disallowed-unique-constraint — before the first release: no table that is live has many rows


def upgrade() -> None:
    """Let the database see to both."""
    op.execute(
        "ALTER TABLE body_seat ADD CONSTRAINT ex_body_seat_one_at_a_time EXCLUDE USING gist"
        " (body_id WITH =, person_id WITH =, (daterange(from_on, until_on, '[]')) WITH &&)"
    )
    op.create_unique_constraint(
        op.f("uq_development_plan_approved_resolution_id"),
        "development_plan",
        ["approved_resolution_id"],
    )


def downgrade() -> None:
    """Take back what the upgrade added."""
    op.drop_constraint(
        op.f("uq_development_plan_approved_resolution_id"), "development_plan", type_="unique"
    )
    op.drop_constraint("ex_body_seat_one_at_a_time", "body_seat")
