"""The listed centre of the facts' tests, whose feed is followed."""

from tests.registry.facts.conftest import house

__all__ = ["house"]
