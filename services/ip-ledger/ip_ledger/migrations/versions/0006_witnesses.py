"""Witnesses and bundles."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database import InstantColumn, JsonColumn
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
        sa.Column("started_at", InstantColumn(), nullable=False),
        sa.Column("finished_at", InstantColumn(), nullable=False),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("event_position", sa.BigInteger(), nullable=False),
        sa.Column("rows", JsonColumn(), nullable=False),
        sa.Column("differing_table", sa.String(), nullable=True),
        sa.Column("differing_row", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_audit")),
    )
    op.create_table(
        "witness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("registered_at", InstantColumn(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witness")),
    )
    op.create_index(
        "uq_witness_standing",
        "witness",
        ["org_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'revoked'"),
    )
    op.create_index("uq_witness_verifier", "witness", ["verifier"], unique=True)
    op.create_table(
        "witness_cosignature",
        sa.Column("witness_id", sa.Uuid(), nullable=False),
        sa.Column("tree_size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("received_at", InstantColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tree_size"],
            ["log_checkpoint.tree_size"],
            name=op.f("fk_witness_cosignature_tree_size_log_checkpoint"),
        ),
        sa.ForeignKeyConstraint(
            ["witness_id"], ["witness.id"], name=op.f("fk_witness_cosignature_witness_id_witness")
        ),
        sa.PrimaryKeyConstraint("witness_id", "tree_size", name=op.f("pk_witness_cosignature")),
    )
    op.create_index("ix_witness_cosignature_tree_size", "witness_cosignature", ["tree_size"])
    grant_app("ip_ledger")


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("witness_cosignature")
    op.drop_table("witness")
    op.drop_table("self_audit")
    op.drop_table("audit_seal")
    op.drop_table("audit_link")
