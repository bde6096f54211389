"""Needs of industry, cases from elsewhere, and the two orders in which names are near."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0014"
down_revision: Final = "0013"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the tables, and order names by length and by distance."""
    op.create_index(
        "ix_organization_name_length",
        "organization_name",
        [sa.text("char_length(search_key)"), "id"],
    )
    op.create_index(
        "ix_organization_name_distance",
        "organization_name",
        [sa.text("search_key gist_trgm_ops (siglen=32)")],
        postgresql_using="gist",
    )
    op.create_table(
        "industry_demand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("need", sa.String(), nullable=False),
        sa.Column("field_code", sa.String(), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=True),
        sa.Column("matched_by", sa.Uuid(), nullable=True),
        sa.Column("matched_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('matched', 'settled')) = (center_id IS NOT NULL)",
            name=op.f("ck_industry_demand_matched_with_one"),
        ),
        sa.CheckConstraint(
            "(state = 'settled') = (answer IS NOT NULL)",
            name=op.f("ck_industry_demand_settled_by_an_answer"),
        ),
        sa.CheckConstraint(
            "state <> 'withdrawn' OR reason IS NOT NULL",
            name=op.f("ck_industry_demand_withdrawal_says_why"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_industry_demand_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_industry_demand_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_industry_demand")),
    )
    op.create_index("ix_industry_demand_org_id", "industry_demand", ["org_id", "id"])
    op.create_index("ix_industry_demand_center_id", "industry_demand", ["center_id", "id"])
    op.create_index("ix_industry_demand_state", "industry_demand", ["state", "id"])
    op.create_table(
        "outside_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "place NOT IN ('CN', '31')", name=op.f("ck_outside_case_from_elsewhere")
        ),
        sa.CheckConstraint(
            "(withdrawn_on IS NULL) = (reason IS NULL)",
            name=op.f("ck_outside_case_withdrawal_says_why"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_case")),
    )
    op.create_index("ix_outside_case_theme", "outside_case", ["theme", "id"])
    grant_app("registry")


def downgrade() -> None:
    """Take the tables and the orders away."""
    op.drop_table("outside_case")
    op.drop_table("industry_demand")
    op.drop_index("ix_organization_name_distance", table_name="organization_name")
    op.drop_index("ix_organization_name_length", table_name="organization_name")
