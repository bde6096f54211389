"""The words of the kinds of facts that came later, and the ways by which facts are found."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from registry.programme import reference

revision: Final = "0010"
down_revision: Final = "0009"
branch_labels: Final = None
depends_on: Final = None

INDEXES: Final = {
    "ix_fact_recorded_at": ["recorded_at", "id"],
    "ix_fact_kind_recorded_at": ["kind", "recorded_at", "id"],
    "ix_fact_center_id_kind_occurred_on": ["center_id", "kind", "occurred_on"],
}


def upgrade() -> None:
    """Add the indexes, and the words that an older register lacks."""
    for name, columns in INDEXES.items():
        op.create_index(name, "fact", columns)
    _words()


def downgrade() -> None:
    """Take the indexes away; words that facts may use stay."""
    for name in INDEXES:
        op.drop_index(name, table_name="fact")


def _words() -> None:
    bind = op.get_bind()
    table = sa.Table("code_entry", sa.MetaData(), autoload_with=bind)
    known = {(row.scheme, row.code) for row in bind.execute(sa.select(table))}
    rows = [row for row in reference.code_rows() if (row["scheme"], row["code"]) not in known]
    if rows:
        op.bulk_insert(table, rows)
