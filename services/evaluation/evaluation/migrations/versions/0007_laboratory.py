"""Schemes tried on past years, and documents of results."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep what a result was computed from, and what is made of results for readers."""
    op.add_column(
        "evaluation_cycle",
        sa.Column(
            "center_profiles",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    op.create_table(
        "result_input",
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["evaluation_result.id"],
            name=op.f("fk_result_input_result_id_evaluation_result"),
        ),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_result_input")),
    )
    op.create_table(
        "document_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "done >= 0 AND failed >= 0 AND done + failed <= total",
            name=op.f("ck_document_run_progress"),
        ),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)",
            name=op.f("ck_document_run_finished_when"),
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_document_run_cycle_id_evaluation_cycle"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_run")),
    )
    op.create_index("ix_document_run_cycle_id", "document_run", ["cycle_id"], unique=False)
    op.create_index(
        "uq_document_run_running",
        "document_run",
        ["cycle_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "document_file",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(content IS NULL) = (problem IS NOT NULL) AND (content IS NULL) = (sha256 IS NULL)",
            name=op.f("ck_document_file_made_or_failed"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["document_run.id"], name=op.f("fk_document_file_run_id_document_run")
        ),
        sa.PrimaryKeyConstraint("run_id", "subject_id", "kind", name=op.f("pk_document_file")),
    )
    grant_app("evaluation")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("document_file")
    op.drop_table("document_run")
    op.drop_table("result_input")
    op.drop_column("evaluation_cycle", "center_profiles")
