"""Everything entered of an organization: history, names, successors, records, papers, figures."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from registry.organizations.rules import FLAGS, search_key
from shared.database import new_id
from shared.database.migrations import grant_app

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None

USCC_FORM: Final = "uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'"
VERIFY_AGAIN: Final = '{"A046": {"verify_again_months": 12}}'


def upgrade() -> None:
    """Make the tables, then enter what the register holds already as its first entry."""
    _organization()
    _entries()
    _names()
    _successions()
    _records()
    _papers()
    _figures()
    op.add_column("park", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("park", sa.Column("figures_year", sa.Integer(), nullable=True))
    _carry_over()
    grant_app("registry")


def downgrade() -> None:
    """Take the tables away."""
    op.drop_column("park", "figures_year")
    op.drop_column("park", "version")
    for table in (
        "organization_profile",
        "organization_qualification",
        "dishonesty_record",
        "organization_succession",
        "organization_former_code",
        "organization_name",
        "organization_entry",
    ):
        op.drop_table(table)
    for index in ("parent_uscc", "successor_id", "org_type_id", "region_code"):
        op.drop_index(f"ix_organization_{index}", table_name="organization")
    op.drop_constraint("ck_organization_successor_is_another", "organization", type_="check")
    op.drop_constraint(
        "fk_organization_successor_id_organization", "organization", type_="foreignkey"
    )
    op.drop_column("organization", "successor_id")


def _organization() -> None:
    op.add_column("organization", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_organization_successor_id_organization",
        "organization",
        "organization",
        ["successor_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_organization_successor_is_another"), "organization", "successor_id <> id"
    )
    op.create_index("ix_organization_parent_uscc", "organization", ["parent_uscc"])
    op.create_index("ix_organization_successor_id", "organization", ["successor_id"])
    op.create_index("ix_organization_org_type_id", "organization", ["org_type", "id"])
    op.create_index(
        "ix_organization_region_code",
        "organization",
        ["region_code"],
        postgresql_ops={"region_code": "text_pattern_ops"},
    )


def _key(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{referred}"
    return sa.ForeignKeyConstraint([column], [f"{referred}.id"], name=op.f(name))


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(none_as_null=True), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _entries() -> None:
    table = "organization_entry"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _json("field_values"),
        _json("stated"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        _at("recorded_at"),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("stated_by", sa.Uuid(), nullable=False),
        sa.Column("stated_by_org_id", sa.Uuid(), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("due_again_on", sa.Date(), nullable=True),
        sa.Column("decides_id", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "valid_until >= valid_from", name=op.f("ck_organization_entry_days_in_order")
        ),
        sa.CheckConstraint(
            "(decides_id IS NULL) = (decision IS NULL)",
            name=op.f("ck_organization_entry_decision_of_something"),
        ),
        _key(table, "org_id", "organization"),
        _key(table, "stated_by_org_id", "organization"),
        _key(table, "file_id", "stored_file"),
        _key(table, "decides_id", table),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_entry")),
        sa.UniqueConstraint("org_id", "version", name="uq_organization_entry_org_id_version"),
        sa.UniqueConstraint("decides_id", name="uq_organization_entry_decides_id"),
    )
    op.create_index(
        "ix_organization_entry_due_again_on",
        table,
        ["due_again_on", "id"],
        postgresql_where=sa.text("due_again_on IS NOT NULL"),
    )
    op.create_index(
        "ix_organization_entry_stated",
        table,
        ["id"],
        postgresql_where=sa.text("stated <> '{}'::jsonb"),
    )


def _names() -> None:
    table = "organization_name"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_organization_name_days_in_order")),
        _key(table, "org_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_name")),
        sa.UniqueConstraint(
            "org_id", "name", "kind", "from_on", name="uq_organization_name_org_id_name_kind"
        ),
    )
    op.create_index(op.f("ix_organization_name_org_id"), table, ["org_id"])
    op.create_index(
        "ix_organization_name_search_key",
        table,
        ["search_key"],
        postgresql_using="gin",
        postgresql_ops={"search_key": "gin_trgm_ops"},
    )


def _successions() -> None:
    table = "organization_former_code"
    op.create_table(
        table,
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.CheckConstraint(USCC_FORM, name=op.f("ck_organization_former_code_uscc_form")),
        _key(table, "org_id", "organization"),
        sa.PrimaryKeyConstraint("uscc", name=op.f("pk_organization_former_code")),
    )
    op.create_index(op.f("ix_organization_former_code_org_id"), table, ["org_id"])
    table = "organization_succession"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("predecessor_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        _at("recorded_at"),
        sa.CheckConstraint(
            "predecessor_id <> successor_id", name=op.f("ck_organization_succession_of_two")
        ),
        _key(table, "predecessor_id", "organization"),
        _key(table, "successor_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_succession")),
        sa.UniqueConstraint(
            "predecessor_id", "successor_id", name="uq_organization_succession_pair"
        ),
    )
    op.create_index(op.f("ix_organization_succession_successor_id"), table, ["successor_id"])


def _records() -> None:
    table = "dishonesty_record"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        _at("recorded_at"),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.Column("lift_reason", sa.String(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_dishonesty_record_days_in_order")),
        _key(table, "org_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dishonesty_record")),
    )
    op.create_index(op.f("ix_dishonesty_record_org_id"), table, ["org_id"])


def _papers() -> None:
    table = "organization_qualification"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("issuer", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stated_by", sa.Uuid(), nullable=False),
        sa.Column("stated_by_org_id", sa.Uuid(), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        _at("verified_at", nullable=True),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("due_again_on", sa.Date(), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        _at("recorded_at"),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_organization_qualification_days_in_order")
        ),
        _key(table, "org_id", "organization"),
        _key(table, "stated_by_org_id", "organization"),
        _key(table, "file_id", "stored_file"),
        _key(table, "supersedes_id", table),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_qualification")),
        sa.UniqueConstraint("supersedes_id", name="uq_organization_qualification_supersedes_id"),
    )
    op.create_index(op.f("ix_organization_qualification_org_id"), table, ["org_id"])


def _figures() -> None:
    table = "organization_profile"
    money = ("registered_capital", "revenue", "net_profit", "net_assets", "rd_spend")
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(f"{name}_fen", sa.BigInteger(), nullable=True) for name in money),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("rd_staff", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("stated_by", sa.Uuid(), nullable=False),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("due_again_on", sa.Date(), nullable=True),
        _at("recorded_at"),
        _key(table, "org_id", "organization"),
        _key(table, "file_id", "stored_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_profile")),
        sa.UniqueConstraint("org_id", "year", "version", name="uq_organization_profile_version"),
    )


def _carry_over() -> None:
    """Enter what stands in the register as it stands, and the thresholds that came with this."""
    fields = (
        "uscc", "name", "org_type", "legal_person_kind", "region_code", "registered_on",
        "industry_code", *FLAGS, "chain_position", "tech_center_level", "parent_uscc",
    )  # fmt: skip
    pairs = ", ".join(f"'{field}', {field}" for field in fields)
    bind = op.get_bind()
    rows = (
        bind.execute(
            sa.text(
                f"""
            SELECT organization.id, version, name, registered_on, registered_by_org_id,
                   jsonb_build_object({pairs}) AS held, audit.person_id, audit.at
              FROM organization
              JOIN audit ON audit.subject_id = organization.id
                        AND audit.action = 'organization.registered'
            """  # noqa: S608 - column names of ours
            )
        )
        .mappings()
        .all()
    )
    if rows:
        op.bulk_insert(_light("organization_entry"), [_first_entry(row) for row in rows])
        op.bulk_insert(_light("organization_name"), [_full_name(row) for row in rows])
    op.execute(
        sa.text(
            "UPDATE policy_version SET parameters = CAST(:added AS jsonb) || parameters"
            " WHERE state = 'in_force'"
        ).bindparams(added=VERIFY_AGAIN)
    )


def _light(table: str) -> sa.Table:
    return sa.Table(table, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)


def _first_entry(row: sa.RowMapping) -> dict[str, object]:
    return {
        "id": new_id(),
        "org_id": row["id"],
        "version": row["version"],
        "field_values": row["held"],
        "stated": {},
        "valid_from": row["registered_on"],
        "recorded_at": row["at"],
        "source": "official" if row["registered_by_org_id"] is None else "member",
        "stated_by": row["person_id"],
        "stated_by_org_id": row["registered_by_org_id"],
    }


def _full_name(row: sa.RowMapping) -> dict[str, object]:
    return {
        "id": new_id(),
        "org_id": row["id"],
        "name": row["name"],
        "kind": "full",
        "language": "zh",
        "from_on": row["registered_on"],
        "search_key": search_key(row["name"]),
    }
