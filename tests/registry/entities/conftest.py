"""A case whose memberships are looked at."""

from tests.registry.applications.conftest import case

__all__ = ["case"]
