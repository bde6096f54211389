"""The registry of this service's tables."""

from shared.database import Unjudged, new_registry


class Base(Unjudged, registry=new_registry()):
    """Every table of the evaluation service derives from this."""
