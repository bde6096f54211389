"""The registry of the ledger's tables."""

from shared.database import Unjudged, new_registry


class Base(Unjudged, registry=new_registry()):
    """A table of the ip-ledger's database."""
