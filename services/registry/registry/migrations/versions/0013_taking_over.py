"""Centres taken over, and holds on them."""

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0013"
down_revision: Final = "0012"
branch_labels: Final = None
depends_on: Final = None

# What the rules ask the policy; a register that is older has not heard of it.
PARAMETERS: Final[dict[str, dict[str, Any]]] = {"X14": {"record_years": 3}}
# Parts of an application that are changed by who has read them (X06).
VERSIONED: Final = ("sponsor_profile", "application_material")
# Merged key by key: what a policy says already, it keeps.
MERGE: Final = """
UPDATE policy_version
SET parameters = parameters || jsonb_build_object(
    CAST(:row AS text),
    CAST(:given AS jsonb) || coalesce(parameters -> CAST(:row AS text), '{}'::jsonb)
)
WHERE state = 'in_force'
"""


def upgrade() -> None:
    """Add the tables, and let policies in force know the new figure."""
    op.create_table(
        "center_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("result_hash", sa.String(), nullable=False),
        sa.Column(
            "resting", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("finding", sa.String(), nullable=True),
        sa.Column("examined_by", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'lifted') = (lifted_at IS NOT NULL)", name=op.f("ck_center_hold_lifted_when")
        ),
        sa.CheckConstraint(
            "(state = 'placed') = (examined_by IS NULL)",
            name=op.f("ck_center_hold_examined_by_somebody"),
        ),
        sa.CheckConstraint("decided_by <> examined_by", name=op.f("ck_center_hold_two_people")),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_center_hold_center_id_center")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_center_hold")),
    )
    op.create_index("ix_center_hold_center_id", "center_hold", ["center_id"])
    op.create_index(
        "uq_center_hold_one_open",
        "center_hold",
        ["center_id", "kind", "year"],
        unique=True,
        postgresql_where=sa.text("state <> 'lifted'"),
    )
    op.create_table(
        "rating_ending",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("result_hash", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_rating_ending_center_id_center")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_ending")),
        sa.UniqueConstraint("center_id", "kind", "result_hash", name="uq_rating_ending_result"),
        info={"insert_only": True},
    )
    op.add_column("center_rating", sa.Column("result_id", sa.Uuid(), nullable=True))
    op.add_column("dishonesty_record", sa.Column("source_id", sa.Uuid(), nullable=True))
    op.create_unique_constraint(
        "uq_dishonesty_record_source_id", "dishonesty_record", ["source_id"]
    )
    _take_overs()
    for table in VERSIONED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    for row, given in PARAMETERS.items():
        op.get_bind().execute(sa.text(MERGE), {"row": row, "given": json.dumps(given)})
    grant_app("registry")


def downgrade() -> None:
    """Take everything away again."""
    for table in VERSIONED:
        op.drop_column(table, "version")
    op.drop_column("membership", "imported_on")
    op.drop_column("membership", "imported_from")
    op.drop_column("center_rating", "imported_on")
    op.drop_column("center_rating", "imported_from")
    op.drop_column("center", "imported_on")
    op.drop_column("center", "imported_from")
    op.drop_table("take_over")
    op.drop_constraint("uq_dishonesty_record_source_id", "dishonesty_record", type_="unique")
    op.drop_column("dishonesty_record", "source_id")
    op.drop_column("center_rating", "result_id")
    op.drop_table("rating_ending")
    op.drop_index(
        "uq_center_hold_one_open",
        table_name="center_hold",
        postgresql_where=sa.text("state <> 'lifted'"),
    )
    op.drop_index("ix_center_hold_center_id", table_name="center_hold")
    op.drop_table("center_hold")


def _take_overs() -> None:
    op.create_table(
        "take_over",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("sourced_on", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column(
            "rows", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("centers", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_take_over_decided_when")
        ),
        sa.CheckConstraint(
            "state <> 'committed' OR decided_by <> proposed_by",
            name=op.f("ck_take_over_two_people"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_take_over")),
    )
    op.add_column("center", sa.Column("imported_from", sa.String(), nullable=True))
    op.add_column("center", sa.Column("imported_on", sa.Date(), nullable=True))
    op.add_column("center_rating", sa.Column("imported_from", sa.String(), nullable=True))
    op.add_column("center_rating", sa.Column("imported_on", sa.Date(), nullable=True))
    op.add_column("membership", sa.Column("imported_from", sa.String(), nullable=True))
    op.add_column("membership", sa.Column("imported_on", sa.Date(), nullable=True))
