"""The registry of the ledger's tables."""

from sqlmodel import SQLModel

from shared.database import new_registry


class Base(SQLModel, registry=new_registry()):
    """A table of the ip-ledger's database."""
