"""Keys of programs, second factors, claims of organizations, and the trail of the door."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep public keys of programs and the assertions that they have used."""
    _keys_of_programs()
    _second_factors()
    _claims()
    _duties()
    _trail()
    grant_app("gateway")


def _keys_of_programs() -> None:
    op.create_table(
        "client_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column(
            "public_jwk",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_client_key_client_id_client")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_key")),
    )
    op.create_index(
        "uq_client_key_open",
        "client_key",
        ["client_id", "key_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "spent_assertion",
        sa.Column("assertion_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("assertion_sha256", name=op.f("pk_spent_assertion")),
    )
    op.create_index("ix_spent_assertion_expires_at", "spent_assertion", ["expires_at"])


def _second_factors() -> None:
    account = "account.id"
    op.create_table(
        "totp_factor",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("last_step >= 0", name=op.f("ck_totp_factor_steps_counted")),
        sa.ForeignKeyConstraint(
            ["account_id"], [account], name=op.f("fk_totp_factor_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_totp_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], [account], name=op.f("fk_recovery_code_account_id_account")
        ),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_signs_counted")),
        sa.ForeignKeyConstraint(
            ["account_id"], [account], name=op.f("fk_passkey_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_account_id", "passkey", ["account_id"])
    op.create_table(
        "sign_in_step",
        sa.Column("cookie_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "account_id IS NOT NULL OR challenge IS NOT NULL",
            name=op.f("ck_sign_in_step_asks_something"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], [account], name=op.f("fk_sign_in_step_account_id_account")
        ),
        sa.PrimaryKeyConstraint("cookie_sha256", name=op.f("pk_sign_in_step")),
    )
    op.create_index("ix_sign_in_step_expires_at", "sign_in_step", ["expires_at"])


def _claims() -> None:
    op.create_table(
        "organization_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("proof_sha256", sa.String(), nullable=False),
        sa.Column("proof_media_type", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_by IS NULL)",
            name=op.f("ck_organization_claim_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'confirmed') = (account_id IS NOT NULL)",
            name=op.f("ck_organization_claim_confirmed_has_account"),
        ),
        sa.CheckConstraint(
            "length(secret_sha256) = 32", name=op.f("ck_organization_claim_secret_is_a_digest")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_organization_claim_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_claim")),
    )
    op.create_index("ix_organization_claim_uscc", "organization_claim", ["uscc"])
    op.create_index(
        "uq_organization_claim_confirmed",
        "organization_claim",
        ["org_id"],
        unique=True,
        postgresql_where=sa.text("state = 'confirmed'"),
    )
    op.create_table(
        "claim_proof",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("claimant_name", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"],
            ["organization_claim.id"],
            name=op.f("fk_claim_proof_claim_id_organization_claim"),
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claim_proof")),
    )


def _duties() -> None:
    op.create_table(
        "duty_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("duties", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("lent", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cardinality(duties) > 0", name=op.f("ck_duty_grant_gives_something")),
        sa.CheckConstraint(
            "until_on IS NULL OR until_on >= first_on", name=op.f("ck_duty_grant_days_in_order")
        ),
        sa.CheckConstraint(
            "NOT lent OR until_on IS NOT NULL", name=op.f("ck_duty_grant_lent_for_some_days")
        ),
        sa.CheckConstraint(
            "proposed_by <> person_id AND (decided_by IS NULL"
            " OR (decided_by <> proposed_by AND decided_by <> person_id))",
            name=op.f("ck_duty_grant_two_people"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('confirmed', 'refused') OR decided_by IS NOT NULL",
            name=op.f("ck_duty_grant_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_by IS NOT NULL)",
            name=op.f("ck_duty_grant_ended_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_duty_grant_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_grant")),
    )
    op.create_index("ix_duty_grant_person_id", "duty_grant", ["person_id"])
    op.add_column("role_grant", sa.Column("duty_grant_id", sa.Uuid(), nullable=True))
    op.create_index("ix_role_grant_duty_grant_id", "role_grant", ["duty_grant_id"])
    op.drop_constraint("ck_role_grant_days_in_order", "role_grant")
    op.create_check_constraint(
        op.f("ck_role_grant_days_in_order"),
        "role_grant",
        "granted_until IS NULL OR granted_until >= granted_on - 1",
    )


def _trail() -> None:
    op.create_table(
        "door_record",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("previous_sha256", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("ck_door_record_positions_counted")),
        sa.CheckConstraint(
            "length(sha256) = 64 AND length(previous_sha256) = 64",
            name=op.f("ck_door_record_hashed"),
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_door_record")),
        sa.UniqueConstraint("sha256", name=op.f("uq_door_record_sha256")),
        info={"insert_only": True},
    )
    for name in ("person_id", "client_id", "kind"):
        op.create_index(f"ix_door_record_{name}", "door_record", [name, "position"])


def downgrade() -> None:
    """Forget them."""
    for name in ("kind", "client_id", "person_id"):
        op.drop_index(f"ix_door_record_{name}", table_name="door_record")
    op.drop_table("door_record")
    op.execute("DELETE FROM role_grant WHERE granted_until < granted_on")
    op.drop_constraint("ck_role_grant_days_in_order", "role_grant")
    op.create_check_constraint(
        op.f("ck_role_grant_days_in_order"),
        "role_grant",
        "granted_until IS NULL OR granted_until >= granted_on",
    )
    op.drop_index("ix_role_grant_duty_grant_id", table_name="role_grant")
    op.drop_column("role_grant", "duty_grant_id")
    op.drop_index("ix_duty_grant_person_id", table_name="duty_grant")
    op.drop_table("duty_grant")
    op.drop_table("claim_proof")
    op.drop_index("uq_organization_claim_confirmed", table_name="organization_claim")
    op.drop_index("ix_organization_claim_uscc", table_name="organization_claim")
    op.drop_table("organization_claim")
    op.drop_index("ix_sign_in_step_expires_at", table_name="sign_in_step")
    op.drop_table("sign_in_step")
    op.drop_index("ix_passkey_account_id", table_name="passkey")
    op.drop_table("passkey")
    op.drop_index("ix_recovery_code_account_id", table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_table("totp_factor")
    op.drop_index("ix_spent_assertion_expires_at", table_name="spent_assertion")
    op.drop_table("spent_assertion")
    op.drop_index("uq_client_key_open", table_name="client_key")
    op.drop_table("client_key")
