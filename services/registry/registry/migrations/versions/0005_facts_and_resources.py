"""What centres share and offer, and the words of the facts that came with it."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from registry.programme import reference
from shared.database.migrations import grant_app

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None

MAX_BOOKING: Final = '{"A062": {"max_booking_days": 31}}'
OVERLAP: Final = "ex_resource_booking_overlap"


def upgrade() -> None:
    """Make the tables, and add the words and thresholds that an older register lacks."""
    _resources()
    _bookings()
    _offerings()
    _words()
    grant_app("registry")


def downgrade() -> None:
    """Take the tables away; words that facts may use stay."""
    for table in ("service_offering", "resource_booking", "shared_resource"):
        op.drop_table(table)


def _key(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{referred}"
    return sa.ForeignKeyConstraint([column], [f"{referred}.id"], name=op.f(name))


def _search(table: str) -> None:
    op.create_index(
        f"ix_{table}_search_key",
        table,
        ["search_key"],
        postgresql_using="gin",
        postgresql_ops={"search_key": "gin_trgm_ops"},
    )


def _resources() -> None:
    table = "shared_resource"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("resource_type", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("fee_per_hour_fen", sa.BigInteger(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.CheckConstraint("fee_per_hour_fen >= 0", name=op.f(f"ck_{table}_fee_not_negative")),
        _key(table, "center_id", "center"),
        _key(table, "org_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_shared_resource_center_id", table, ["center_id"])
    op.create_index("ix_shared_resource_org_id", table, ["org_id"])
    _search(table)


def _bookings() -> None:
    table = "resource_booking"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("user_org_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("used_minutes", sa.Integer(), nullable=True),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f(f"ck_{table}_times_in_order")),
        sa.CheckConstraint("used_minutes > 0", name=op.f(f"ck_{table}_minutes_positive")),
        sa.CheckConstraint(
            "(state = 'used') = (used_minutes IS NOT NULL)",
            name=op.f(f"ck_{table}_use_has_minutes"),
        ),
        postgresql.ExcludeConstraint(
            ("resource_id", "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            name=OVERLAP,
            using="gist",
            where=sa.text("state <> 'cancelled'"),
        ),
        _key(table, "resource_id", "shared_resource"),
        _key(table, "user_org_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_resource_booking_user_org_id", table, ["user_org_id"])


def _offerings() -> None:
    table = "service_offering"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("price_note", sa.String(), nullable=True),
        sa.Column("qualification_id", sa.Uuid(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        _key(table, "center_id", "center"),
        _key(table, "org_id", "organization"),
        _key(table, "qualification_id", "organization_qualification"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_service_offering_center_id", table, ["center_id"])
    op.create_index("ix_service_offering_code_id", table, ["code", "id"])
    op.create_index(op.f("ix_service_offering_qualification_id"), table, ["qualification_id"])
    _search(table)


def _words() -> None:
    bind = op.get_bind()
    table = sa.Table("code_entry", sa.MetaData(), autoload_with=bind)
    known = {(row.scheme, row.code) for row in bind.execute(sa.select(table))}
    rows = [row for row in reference.code_rows() if (row["scheme"], row["code"]) not in known]
    if rows:
        op.bulk_insert(table, rows)
    op.execute(
        sa.text(
            "UPDATE policy_version SET parameters = CAST(:added AS jsonb) || parameters"
            " WHERE state = 'in_force'"
        ).bindparams(added=MAX_BOOKING)
    )
