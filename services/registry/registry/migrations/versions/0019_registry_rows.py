"""Names of their own for duties, pilot themes and national dossiers, which the feed tells."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0019"
down_revision: Final = "0018"
branch_labels: Final = None
depends_on: Final = None

# squawk: adding-field-with-default — before the first release: no table that is live has many rows
# squawk: ban-drop-default — the default only fills rows that are there; every insert names the column
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows
# squawk: disallowed-unique-constraint — before the first release: no table that is live has many rows

PARTS: Final = ("responsibility", "pilot_theme", "national_dossier")


def upgrade() -> None:
    """Give each row a name of its own; a snapshot taken since then tells those that are there."""
    for table in PARTS:
        named = sa.Column("id", sa.Uuid(), nullable=False, server_default=sa.text("uuidv7()"))
        op.add_column(table, named)
        op.alter_column(table, "id", server_default=None)
        op.create_unique_constraint(op.f(f"uq_{table}_id"), table, ["id"])


def downgrade() -> None:
    """Take the names away."""
    for table in PARTS:
        op.drop_constraint(op.f(f"uq_{table}_id"), table, type_="unique")
        op.drop_column(table, "id")
