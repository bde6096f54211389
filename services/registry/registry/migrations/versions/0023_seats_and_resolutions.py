"""One seat of a body for a person at a time, and one version of a plan for a resolution.

Neither is mended here: which of two seats somebody has, and which version was carried, is the
centre's to say. A register that holds such pairs is told all of them, and stays as it is.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0023"
down_revision: Final = "0022"
branch_labels: Final = None
depends_on: Final = None

# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows
# squawk: disallowed-unique-constraint — before the first release: no table that is live has many rows

SEATS: Final = """
    SELECT one.body_id, one.person_id, one.id AS first, other.id AS second
    FROM body_seat AS one JOIN body_seat AS other USING (body_id, person_id)
    WHERE one.id < other.id
      AND daterange(one.from_on, one.until_on, '[]')
          && daterange(other.from_on, other.until_on, '[]')
    ORDER BY one.id, other.id
"""
PLANS: Final = """
    SELECT approved_resolution_id, string_agg(id::text, ', ' ORDER BY number) AS plans
    FROM development_plan WHERE approved_resolution_id IS NOT NULL
    GROUP BY approved_resolution_id HAVING count(*) > 1 ORDER BY approved_resolution_id
"""


def upgrade() -> None:
    """Let the database see to both.

    Raises `SystemExit` with every pair that stands in the way and what to do about it.
    """
    connection = op.get_bind()
    standing = [
        *(
            f"seats {row.first} and {row.second} of person {row.person_id} in body {row.body_id}:"
            " end one before the other begins (POST /v1/registry/centers/{center_id}/bodies/"
            f"{row.body_id}/seats/{{seat_id}}/end, or until_on in body_seat)"
            for row in connection.execute(sa.text(SEATS))
        ),
        *(
            f"plans {row.plans} adopted by the one resolution {row.approved_resolution_id}:"
            " let all but one name another (approved_resolution_id in development_plan)"
            for row in connection.execute(sa.text(PLANS))
        ),
    ]
    if standing:
        raise SystemExit("\n".join(["registry 0023 waits, and changed nothing:", *standing]))
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
