"""Days on which experts are away, by when panels are to be done, and rounds of assessments."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0018"
down_revision: Final = "0017"
branch_labels: Final = None
depends_on: Final = None

# squawk: adding-not-nullable-field — before the first release: no table that is live has many rows
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows

# A panel that was formed before was to be done in a month, as one is of which nobody says more.
LAST_DAYS: Final = {
    "panel": "formed_on + 30",
    "panel_draw": "(created_at AT TIME ZONE 'Asia/Shanghai')::date + 30",
}


def upgrade() -> None:
    """Keep absences, the last day of a panel's work, and rounds of assessments."""
    op.create_table(
        "expert_absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_expert_absence_period")),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            name=op.f("ck_expert_absence_withdrawn"),
        ),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_absence_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_absence")),
        postgresql.ExcludeConstraint(
            (sa.column("expert_id"), "="),
            (sa.text("daterange(from_on, until_on, '[]')"), "&&"),
            name="ex_expert_absence_apart",
            using="gist",
            where=sa.text("state = 'standing'"),
        ),
    )
    for table, last_day in LAST_DAYS.items():
        op.add_column(table, sa.Column("until_on", sa.Date(), nullable=True))
        op.execute(f"UPDATE {table} SET until_on = {last_day}")  # noqa: S608 - names of this file
        op.alter_column(table, "until_on", nullable=False)
    op.create_table(
        "assessment_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_assessment_round_closed")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_round")),
        sa.UniqueConstraint("last_year", name=op.f("uq_assessment_round_last_year")),
    )
    op.create_table(
        "round_explanation",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["assessment_round.id"],
            name=op.f("fk_round_explanation_round_id_assessment_round"),
        ),
        sa.PrimaryKeyConstraint("round_id", "center_id", name=op.f("pk_round_explanation")),
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Forget absences, last days and rounds."""
    op.drop_table("round_explanation")
    op.drop_table("assessment_round")
    for table in LAST_DAYS:
        op.drop_column(table, "until_on")
    op.drop_table("expert_absence")
