"""Witnesses and bundles."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database import instant, json_column
from shared.database.migrations import grant_app

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the audit trail's chain, and the place where the ledger's own audits are kept."""
    op.create_table(
        "audit_link",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("audit_sha256", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "octet_length(event_sha256) = 32", name=op.f("ck_audit_link_event_sha256")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_link")),
    )
    op.create_table(
        "audit_seal",
        sa.Column("until_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_position", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("from_position <= until_position", name=op.f("ck_audit_seal_positions")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_audit_seal_sha256")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["log_record.id"], name=op.f("fk_audit_seal_record_id_log_record")
        ),
        sa.PrimaryKeyConstraint("until_position", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("record_id", name=op.f("uq_audit_seal_record_id")),
    )
    op.create_table(
        "self_audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_at", instant(), nullable=False),
        sa.Column("finished_at", instant(), nullable=False),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("event_position", sa.BigInteger(), nullable=False),
        sa.Column("rows", json_column(), nullable=False),
        sa.Column("differing_table", sa.String(), nullable=True),
        sa.Column("differing_row", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_audit")),
    )
    grant_app("ip_ledger")


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("self_audit")
    op.drop_table("audit_seal")
    op.drop_table("audit_link")
