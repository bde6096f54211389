"""People, their programs and grants. Names stand in one table, so that they can be erased."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlmodel import Field

from gateway.base import Base
from shared.database import InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind, Rule

# Two registrations of one expert at once pass the rule together; only the database sees both.
ONE_KEY = "uq_client_key_open"
meaning(ONE_KEY, Rule("X01", "delivery"), "KEY_TAKEN", Kind.STATE)
meaning("uq_person_expert_id", Rule("X02", "delivery"), "FIELD_INVALID", Kind.CONTENT)


class Person(Base, table=True):
    """Someone who acts; nothing but an id, since ids travel everywhere and names must not."""

    __tablename__ = "person"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # The person's entry in the pool of experts, which the evaluation service owns.
    expert_id: UUID | None = Field(default=None, unique=True)
    created_at: datetime = Field(sa_type=InstantColumn)


class PersonName(Base, table=True):
    """A person's name: the only place for it, erasable without touching what refers to the id."""

    __tablename__ = "person_name"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    name: str


class Client(Base, table=True):
    """A program that speaks for a person, in one organization or in none."""

    __tablename__ = "client"
    __table_args__ = (
        UniqueConstraint("client_id", name="uq_client_client_id"),
        UniqueConstraint("request_scope", name="uq_client_request_scope"),
        CheckConstraint("length(secret_sha256) = 32", name="secret_is_a_digest"),
        Index("ix_client_org_id", "org_id"),
        Index("ix_client_person_id", "person_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: str
    name: str
    # SHA-256 suffices: the secret has 256 random bits, so that there is nothing to guess.
    secret_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    person_id: UUID = Field(foreign_key="person.id")
    org_id: UUID | None = None
    # From where it may speak, in one spelling; none means anywhere. Its tokens bear them.
    networks: list[str] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    )
    created_by: UUID
    created_at: datetime = Field(sa_type=InstantColumn)
    deactivated_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    # The Idempotency-Key's scope and the body it came with: the answer holds the secret, so it
    # is made again for a repeated request instead of being kept.
    request_scope: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    request_sha256: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class ClientKey(Base, table=True):
    """A public key by which a program proves itself; it has no secret any more while one lives."""

    __tablename__ = "client_key"
    __table_args__ = (
        Index(ONE_KEY, "client_id", "key_id", unique=True, postgresql_where="ended_at IS NULL"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: UUID = Field(foreign_key="client.id")
    # `kid` of its assertions.
    key_id: str
    public_jwk: dict[str, Any] = Field(sa_type=JsonColumn)
    created_by: UUID
    created_at: datetime = Field(sa_type=InstantColumn)
    ended_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class RoleGrant(Base, table=True):
    """A role or duty of a person for an organization, or for the authority itself (no org)."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            # A grant that was ended before its first day was over has no day at all.
            "granted_until IS NULL OR granted_until >= granted_on - 1",
            name="days_in_order",
        ),
        Index(
            "uq_role_grant_open",
            "person_id",
            "org_id",
            "capacity",
            unique=True,
            postgresql_where="granted_until IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    org_id: UUID | None = None
    capacity: str
    granted_by: UUID
    granted_on: date
    # The last day included; an open grant has none.
    granted_until: date | None = None
    # The grant of duties that gave it, where two people did.
    duty_grant_id: UUID | None = Field(default=None, index=True)
