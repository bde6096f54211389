"""Runs over a whole cycle, kept with what each came to."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0011"
down_revision: Final = "0010"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the tables of runs."""
    op.create_table(
        "cycle_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column(
            "codes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "done >= 0 AND refused >= 0 AND done + refused <= total",
            name=op.f("ck_cycle_run_progress"),
        ),
        sa.CheckConstraint(
            "(state = 'running') = (finished_at IS NULL)",
            name=op.f("ck_cycle_run_finished_when"),
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_cycle_run_cycle_id_evaluation_cycle"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_run")),
    )
    op.create_index("ix_cycle_run_cycle_id", "cycle_run", ["cycle_id"], unique=False)
    op.create_index(
        "uq_cycle_run_running",
        "cycle_run",
        ["cycle_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "cycle_run_case",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column(
            "codes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["cycle_run.id"], name=op.f("fk_cycle_run_case_run_id_cycle_run")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["evaluation_case.id"],
            name=op.f("fk_cycle_run_case_case_id_evaluation_case"),
        ),
        sa.PrimaryKeyConstraint("run_id", "case_id", name=op.f("pk_cycle_run_case")),
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("cycle_run_case")
    op.drop_table("cycle_run")
