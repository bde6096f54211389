"""Column types, ids and names that all tables share."""

from enum import StrEnum
from inspect import Signature
from typing import Any, Final, TypeVar
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import DateTime, Dialect, MetaData, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

Member = TypeVar("Member", bound=StrEnum)

# Constraints need names: a violated one is looked up by its name and becomes its rule's code.
NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_registry() -> registry:
    """Make the registry of one database's tables, so that services never share a table name."""
    return registry(metadata=MetaData(naming_convention=NAMING))


class Unjudged(SQLModel):
    """What a table is made from: its rows are judged by schemas and by the database.

    Pydantic's own judge of a row would be built for each table and asked by nobody.
    """

    model_config = {"defer_build": True}


class SharedBase(Unjudged, registry=new_registry()):
    """Tables that every service's database has: outbox, inbox, audit, kept answers."""


def new_id() -> UUID:
    """Make a UUIDv7: ordered by real time, so that indexes grow at one end."""
    return uuid_utils.compat.uuid7()


# Each new row is asked whether the makers of its defaults take arguments: told here, it is not
# found out anew every time, which took a tenth of writing an event.
new_id.__signature__ = Signature(return_annotation=UUID)  # type: ignore[attr-defined]  # a function has it if set


class EnumText(TypeDecorator[StrEnum]):
    """A text column whose values come back as members of their enum."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        """Bind the column to an enum."""
        super().__init__()
        self.members = members

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Store the member's word; a word that is no member is a `ValueError`."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Bring the member back."""
        return None if value is None else self.members(value)


class InstantColumn(DateTime):
    """The column type of an instant: always with a zone."""

    def __init__(self) -> None:
        """Bind nothing: there is one kind of instant."""
        super().__init__(timezone=True)


class JsonColumn(JSONB):
    """The column type of a JSON document; `None` is no document, and not JSON's null."""

    def __init__(self) -> None:
        """Bind nothing: there is one kind of document."""
        super().__init__(none_as_null=True)
