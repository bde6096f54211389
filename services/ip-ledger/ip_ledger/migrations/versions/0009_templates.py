"""Templates of agreements, keys of parties, use between members."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database import InstantColumn, JsonColumn
from shared.database.migrations import grant_app

revision: Final = "0009"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make templates and keys, and let agreements and signatures name them."""
    _create_templates()
    _create_keys()
    _create_offsets()
    grant_app("ip_ledger")


def _create_templates() -> None:
    op.create_table(
        "agreement_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.Column("fields", JsonColumn(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", InstantColumn(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", InstantColumn(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_template")),
    )
    op.create_index(
        "uq_agreement_template_edition",
        "agreement_template",
        ["code", "language", "edition"],
        unique=True,
    )
    op.create_index(
        "uq_agreement_template_published",
        "agreement_template",
        ["code", "language"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.add_column("agreement", sa.Column("template_id", sa.Uuid(), nullable=True))
    op.add_column("agreement", sa.Column("template_sha256", sa.String(), nullable=True))
    op.add_column("agreement", sa.Column("template_fields", JsonColumn(), nullable=True))
    op.add_column("agreement", sa.Column("template_unchanged", sa.Boolean(), nullable=True))
    op.create_foreign_key(
        op.f("fk_agreement_template_id_agreement_template"),
        "agreement",
        "agreement_template",
        ["template_id"],
        ["id"],
    )


def _create_keys() -> None:
    op.create_table(
        "party_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("revoked_from", sa.Date(), nullable=True),
        sa.Column("revoked_at", InstantColumn(), nullable=True),
        sa.Column("revocation_reason", sa.String(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("registered_at", InstantColumn(), nullable=False),
        sa.CheckConstraint(
            "(revoked_from IS NULL) = (revoked_at IS NULL)", name=op.f("ck_party_key_revoked")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["party_key.id"], name=op.f("fk_party_key_replaces_id_party_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_key")),
    )
    op.create_index("ix_party_key_org_id", "party_key", ["org_id"])
    op.create_index("uq_party_key_public_key", "party_key", ["public_key"], unique=True)
    op.add_column("agreement_signature", sa.Column("key_id", sa.Uuid(), nullable=True))
    op.add_column("agreement_signature", sa.Column("key_signature", sa.String(), nullable=True))
    op.create_foreign_key(
        op.f("fk_agreement_signature_key_id_party_key"),
        "agreement_signature",
        "party_key",
        ["key_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_agreement_signature_key"),
        "agreement_signature",
        "(key_id IS NULL) = (key_signature IS NULL)",
    )


def _create_offsets() -> None:
    op.add_column(
        "inventor_reward",
        sa.Column("offset_fen", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_inventor_reward_offset_fen"),
        "inventor_reward",
        "offset_fen BETWEEN 0 AND amount_fen - paid_fen",
    )
    op.create_table(
        "reward_offset",
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_reward_offset_amount_fen")),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["inventor_reward.id"],
            name=op.f("fk_reward_offset_from_id_inventor_reward"),
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["inventor_reward.id"], name=op.f("fk_reward_offset_to_id_inventor_reward")
        ),
        sa.PrimaryKeyConstraint("from_id", "to_id", name=op.f("pk_reward_offset")),
    )
    op.create_index("ix_reward_offset_to_id", "reward_offset", ["to_id"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("reward_offset")
    op.drop_constraint(op.f("ck_inventor_reward_offset_fen"), "inventor_reward")
    op.drop_column("inventor_reward", "offset_fen")
    op.drop_column("agreement_signature", "key_signature")
    op.drop_column("agreement_signature", "key_id")
    op.drop_table("party_key")
    for column in ("template_unchanged", "template_fields", "template_sha256", "template_id"):
        op.drop_column("agreement", column)
    op.drop_table("agreement_template")
