"""The gateway's own tables hang on one registry, apart from every service's."""

from shared.database import Unjudged, new_registry


class Base(Unjudged, registry=new_registry()):
    """A table of the gateway's database."""
