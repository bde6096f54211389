"""The listed centre of the facts' tests, of which something is decided."""

from tests.registry.facts.conftest import house

__all__ = ["house"]
