"""The registry of this service's tables."""

from sqlmodel import SQLModel

from shared.database import new_registry


class Base(SQLModel, registry=new_registry()):
    """Every table of the evaluation service derives from this."""
