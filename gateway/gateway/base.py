"""The gateway's own tables hang on one registry, apart from every service's."""

from sqlmodel import SQLModel

from shared.database import new_registry


class Base(SQLModel, registry=new_registry()):
    """A table of the gateway's database."""
