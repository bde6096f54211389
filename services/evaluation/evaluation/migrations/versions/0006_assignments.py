"""Draws of panels for many cases, and what experts know and answer."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep seeds, draws, answers to invitations, specialties and second accounts."""
    op.create_table(
        "expert_account",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_account_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_expert_account")),
        info={"insert_only": True},
    )
    op.create_index("ix_expert_account_expert_id", "expert_account", ["expert_id"], unique=False)
    op.create_table(
        "expert_specialty",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("field_code", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_expert_specialty_level")),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_specialty_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("expert_id", "field_code", name=op.f("pk_expert_specialty")),
    )
    op.create_table(
        "draw_seed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_draw_seed_cycle_id_evaluation_cycle"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_seed")),
        sa.UniqueConstraint("cycle_id", name=op.f("uq_draw_seed_cycle_id")),
        info={"insert_only": True},
    )
    op.create_table(
        "seat_answer",
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("accepted OR reason IS NOT NULL", name=op.f("ck_seat_answer_reason")),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["panel_seat.id"], name=op.f("fk_seat_answer_seat_id_panel_seat")
        ),
        sa.PrimaryKeyConstraint("seat_id", name=op.f("pk_seat_answer")),
        info={"insert_only": True},
    )
    op.create_table(
        "panel_draw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("seed_id", sa.Uuid(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "groups", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "barred", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "recused", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("problem", sa.LargeBinary(), nullable=False),
        sa.Column("problem_hash", sa.String(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("result_hash", sa.String(), nullable=True),
        sa.Column("optimal", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_panel_draw_cycle_id_evaluation_cycle"),
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["panel_draw.id"], name=op.f("fk_panel_draw_replaces_id_panel_draw")
        ),
        sa.ForeignKeyConstraint(
            ["seed_id"], ["draw_seed.id"], name=op.f("fk_panel_draw_seed_id_draw_seed")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_draw")),
    )
    op.create_index("ix_panel_draw_cycle_id", "panel_draw", ["cycle_id"], unique=False)
    op.create_index(
        "ix_panel_draw_waiting",
        "panel_draw",
        ["created_at"],
        unique=False,
        postgresql_where="state = 'queued'",
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_index(
        "ix_panel_draw_waiting", table_name="panel_draw", postgresql_where="state = 'queued'"
    )
    op.drop_index("ix_panel_draw_cycle_id", table_name="panel_draw")
    op.drop_table("panel_draw")
    op.drop_table("seat_answer")
    op.drop_table("draw_seed")
    op.drop_table("expert_specialty")
    op.drop_index("ix_expert_account_expert_id", table_name="expert_account")
    op.drop_table("expert_account")
