"""Notices that leave the house."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None

INSTANT: Final = sa.DateTime(timezone=True)
TEXTS: Final = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    """Keep channels, letters and what they told."""
    _notices()
    _enrolment()
    _referrals()
    _outside()
    op.add_column("grant_family", sa.Column("dpop_thumbprint", sa.String(), nullable=True))
    grant_app("gateway")


def _notices() -> None:
    op.create_table(
        "notice_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("pace", sa.String(), nullable=False),
        sa.Column("muted", TEXTS, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "language IN ('zh', 'en')", name=op.f("ck_notice_channel_language_is_known")
        ),
        sa.CheckConstraint(
            "guesses >= 0 AND failures >= 0", name=op.f("ck_notice_channel_counted")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_channel_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_channel")),
        sa.UniqueConstraint("person_id", name=op.f("uq_notice_channel_person_id")),
    )
    op.create_table(
        "notice_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("channel_version", sa.Integer(), nullable=False),
        sa.Column("is_code", sa.Boolean(), nullable=False),
        sa.Column("composed_on", sa.Date(), nullable=False),
        sa.Column("daily_on", sa.Date(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["notice_channel.id"],
            name=op.f("fk_notice_letter_channel_id_notice_channel"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_letter")),
    )
    op.create_index(
        "uq_notice_letter_day",
        "notice_letter",
        ["channel_id", "daily_on"],
        unique=True,
        postgresql_where=sa.text("daily_on IS NOT NULL"),
    )
    op.create_index(
        "ix_notice_letter_next_at",
        "notice_letter",
        ["next_at"],
        postgresql_where=sa.text("state IN ('waiting', 'handed')"),
    )
    op.create_index("ix_notice_letter_channel_id", "notice_letter", ["channel_id", "id"])
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=True),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["notice_letter.id"],
            name=op.f("fk_notice_letter_id_notice_letter"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(
        "uq_notice_present",
        "notice",
        ["person_id", "kind", "subject_id", "stage", "due_on"],
        unique=True,
        postgresql_where=sa.text("gone_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_notice_letter_id", "notice", ["letter_id"])
    op.create_index("ix_notice_person_id", "notice", ["person_id", "id"])


def _enrolment() -> None:
    """Let an official's first second factor need a code besides the password."""
    op.add_column(
        "account",
        sa.Column("enrolment_number", sa.Integer(), nullable=False, server_default="1"),
    )
    op.add_column("account", sa.Column("enrolment_until", INSTANT, nullable=True))
    op.add_column(
        "sign_in_step",
        sa.Column("may_enrol", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("account", "enrolment_number", server_default=None)
    op.alter_column("sign_in_step", "may_enrol", server_default=None)


def _referrals() -> None:
    """Keep tasks that were passed to agencies, and what these answered."""
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=True),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("passed_by", sa.Uuid(), nullable=False),
        sa.Column("passed_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("round > 0", name=op.f("ck_referral_rounds_counted")),
        sa.CheckConstraint("agency_id <> passed_by", name=op.f("ck_referral_passed_to_another")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["person.id"], name=op.f("fk_referral_agency_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    op.create_index("ix_referral_agency_id", "referral", ["agency_id", "id"])
    op.create_index("ix_referral_subject_id", "referral", ["subject_id"])
    op.create_index(
        "ix_referral_open",
        "referral",
        ["state", "id"],
        postgresql_where=sa.text("state NOT IN ('closed', 'withdrawn')"),
    )
    op.create_table(
        "referral_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("doc_no", sa.String(), nullable=True),
        sa.Column("replied_by", sa.Uuid(), nullable=False),
        sa.Column("replied_at", INSTANT, nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("fk_referral_reply_referral_id_referral")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_reply")),
    )
    op.create_index(
        "uq_referral_reply_round", "referral_reply", ["referral_id", "round"], unique=True
    )


def _outside() -> None:
    """Keep who signs in at the outside issuer."""
    op.create_table(
        "outside_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_outside_identity_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_identity")),
        sa.UniqueConstraint("person_id", name=op.f("uq_outside_identity_person_id")),
        sa.UniqueConstraint("subject_sha256", name=op.f("uq_outside_identity_subject_sha256")),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("outside_identity")
    op.drop_column("grant_family", "dpop_thumbprint")
    op.drop_table("referral_reply")
    op.drop_table("referral")
    op.drop_column("sign_in_step", "may_enrol")
    op.drop_column("account", "enrolment_until")
    op.drop_column("account", "enrolment_number")
    for table in ("notice", "notice_letter", "notice_channel"):
        op.drop_table(table)
