"""Dumps and what they were made from."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0012"
down_revision: Final = "0011"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "dump",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_dump_position_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dump")),
        sa.UniqueConstraint("day", name="uq_dump_day"),
    )
    op.create_table(
        "dump_part",
        sa.Column("dump_id", sa.Uuid(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.CheckConstraint("rows >= 0 AND size > 0", name=op.f("ck_dump_part_sizes_possible")),
        sa.ForeignKeyConstraint(
            ["dump_id"], ["dump.id"], name=op.f("fk_dump_part_dump_id_dump"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dump_id", "reader", "kind", name=op.f("pk_dump_part")),
    )
    op.create_index(op.f("ix_dump_part_sha256"), "dump_part", ["sha256"])
    grant_app("registry")


def downgrade() -> None:
    """Take the tables away."""
    op.drop_table("dump_part")
    op.drop_table("dump")
