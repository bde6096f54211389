"""The registry's own tables: one metadata, so that no other service's table can slip in."""

from sqlmodel import SQLModel

from shared.database import new_registry


class Base(SQLModel, registry=new_registry()):
    """What every table of the registry inherits."""
