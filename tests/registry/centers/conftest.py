"""A case whose centre is looked at."""

from tests.registry.applications.conftest import case

__all__ = ["case"]
