"""A register with organizations, into which centres are taken over."""

from tests.registry.applications.conftest import case

__all__ = ["case"]
