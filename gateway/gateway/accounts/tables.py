"""Accounts and sign-in sessions. Real time throughout: they never follow the programme clock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from gateway.accounts.rules import SIGN_IN
from gateway.base import Base
from shared.database import InstantColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

ONE_LOGIN = "uq_account_login"
ONE_PERSON = "uq_account_person_id"
# Two accounts at once pass the rule together; only the database sees both.
meaning(ONE_LOGIN, SIGN_IN, "LOGIN_TAKEN", Kind.STATE)
meaning(ONE_PERSON, SIGN_IN, "LOGIN_TAKEN", Kind.STATE)


class Account(Base, table=True):
    """How a person signs in; without a password until the invitation was used."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("login", name=ONE_LOGIN),
        Index(ONE_PERSON, "person_id", unique=True, postgresql_where="closed_at IS NULL"),
        CheckConstraint("failures >= 0", name="failures_counted"),
        CheckConstraint(
            "(invitation_sha256 IS NULL) = (invited_until IS NULL)", name="invitation_whole"
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    # Personal data: erased with the person's name.
    login: str
    password_hash: str | None = None
    invitation_number: int = 1
    invitation_sha256: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    invited_until: datetime | None = Field(default=None, sa_type=InstantColumn)
    # Until when the code is taken with which an official connects his first second factor.
    enrolment_number: int = 1
    enrolment_until: datetime | None = Field(default=None, sa_type=InstantColumn)
    failures: int = 0
    resting_until: datetime | None = Field(default=None, sa_type=InstantColumn)
    created_by: UUID
    created_at: datetime = Field(sa_type=InstantColumn)
    closed_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class SignInSession(Base, table=True):
    """A browser in which somebody is signed in; the cookie's value is kept as its digest."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="times_in_order"),
        Index("ix_sign_in_session_person_id", "person_id"),
        Index("ix_sign_in_session_expires_at", "expires_at"),
    )

    cookie_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person_id: UUID = Field(foreign_key="person.id")
    created_at: datetime = Field(sa_type=InstantColumn)
    expires_at: datetime = Field(sa_type=InstantColumn)
