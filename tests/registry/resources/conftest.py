"""The listed centre of the facts' tests, at which things are shared."""

from tests.registry.facts.conftest import house

__all__ = ["house"]
