"""The registry's own tables: one metadata, so that no other service's table can slip in."""

from shared.database import Unjudged, new_registry


class Base(Unjudged, registry=new_registry()):
    """What every table of the registry inherits."""
