"""A case whose centre is governed."""

from tests.registry.applications.conftest import case

__all__ = ["case"]
