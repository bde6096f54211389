"""Second factors and half-finished sign-ins. Real time throughout."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary
from sqlmodel import Field

from gateway.base import Base
from shared.database import InstantColumn, new_id


class TotpFactor(Base, table=True):
    """An authenticator app of an account; until its first code was shown it counts for nothing."""

    __tablename__ = "totp_factor"
    __table_args__ = (CheckConstraint("last_step >= 0", name="steps_counted"),)

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    # Sealed under the gateway's key secret, with the account's id bound in.
    sealed_secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # The step of the last code taken: that code, and every older one, is used up.
    last_step: int = Field(sa_column=Column(BigInteger, nullable=False))
    created_at: datetime = Field(sa_type=InstantColumn)
    confirmed_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class RecoveryCode(Base, table=True):
    """A code on paper, for somebody whose phone is gone; used once."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index("ix_recovery_code_account_id", "account_id"),)

    code_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    account_id: UUID = Field(foreign_key="account.id")
    used_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class Passkey(Base, table=True):
    """A passkey of an account: a key pair whose private half never leaves its device."""

    __tablename__ = "passkey"
    __table_args__ = (
        Index("ix_passkey_account_id", "account_id"),
        CheckConstraint("sign_count >= 0", name="signs_counted"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    credential_id: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # Zero for devices that do not count; others never count backwards.
    sign_count: int = Field(sa_column=Column(BigInteger, nullable=False))
    created_at: datetime = Field(sa_type=InstantColumn)
    used_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class SignInStep(Base, table=True):
    """A browser in which the password was right and the second factor is still to come.

    Or in which a passkey was asked for: then the challenge is kept, and nobody is known yet.
    """

    __tablename__ = "sign_in_step"
    __table_args__ = (
        CheckConstraint("account_id IS NOT NULL OR challenge IS NOT NULL", name="asks_something"),
        Index("ix_sign_in_step_expires_at", "expires_at"),
    )

    cookie_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    challenge: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    # The code for a first second factor was shown, and not by whoever knows the password alone.
    may_enrol: bool = False
    expires_at: datetime = Field(sa_type=InstantColumn)
