"""How people sign in, and what their front ends are given."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep accounts, sessions, front ends, codes and refresh tokens."""
    op.create_table(
        "front_end",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("redirect_uris", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cardinality(redirect_uris) > 0", name=op.f("ck_front_end_redirects_somewhere")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_front_end")),
        sa.UniqueConstraint("client_id", name="uq_front_end_client_id"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("invitation_number", sa.Integer(), nullable=False),
        sa.Column("invitation_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("resting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(invitation_sha256 IS NULL) = (invited_until IS NULL)",
            name=op.f("ck_account_invitation_whole"),
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_account_failures_counted")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_account_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name="uq_account_login"),
    )
    op.create_index(
        "uq_account_person_id",
        "account",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "grant_family",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_grant_family_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_family")),
    )
    op.create_index("ix_grant_family_person_id", "grant_family", ["person_id"])
    op.create_table(
        "sign_in_session",
        sa.Column("cookie_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_sign_in_session_times_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id_person")
        ),
        sa.PrimaryKeyConstraint("cookie_sha256", name=op.f("pk_sign_in_session")),
    )
    op.create_index("ix_sign_in_session_expires_at", "sign_in_session", ["expires_at"])
    op.create_index("ix_sign_in_session_person_id", "sign_in_session", ["person_id"])
    op.create_table(
        "authorization_code",
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("code_challenge", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "expires_at > issued_at", name=op.f("ck_authorization_code_times_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["grant_family.id"],
            name=op.f("fk_authorization_code_family_id_grant_family"),
        ),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_authorization_code")),
    )
    op.create_index("ix_authorization_code_expires_at", "authorization_code", ["expires_at"])
    op.create_table(
        "refresh_token",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("access_jti", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_refresh_token_times_in_order")),
        sa.ForeignKeyConstraint(
            ["family_id"], ["grant_family.id"], name=op.f("fk_refresh_token_family_id_grant_family")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_refresh_token")),
    )
    op.create_index("ix_refresh_token_family_id", "refresh_token", ["family_id"])
    grant_app("gateway")


def downgrade() -> None:
    """Forget them."""
    op.drop_index("ix_refresh_token_family_id", table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index("ix_authorization_code_expires_at", table_name="authorization_code")
    op.drop_table("authorization_code")
    op.drop_index("ix_sign_in_session_person_id", table_name="sign_in_session")
    op.drop_index("ix_sign_in_session_expires_at", table_name="sign_in_session")
    op.drop_table("sign_in_session")
    op.drop_index("ix_grant_family_person_id", table_name="grant_family")
    op.drop_table("grant_family")
    op.drop_table("account")
    op.drop_table("front_end")
