"""The payload of each kind of fact: one class per kind, and its row in the code table."""

from typing import Final

from registry.facts.kinds import (  # noqa: F401 - a class is known once its module is read
    international,
    operations,
    talent,
    technology,
    transfer,
)
from registry.facts.kinds.common import FactPayload
from registry.facts.kinds.service import ServicePayload
from registry.facts.rules import FactKind

# In the order of the kinds: bodies and the OpenAPI document list them so.
PAYLOADS: Final[tuple[type[FactPayload], ...]] = tuple(
    sorted(FactPayload.__subclasses__(), key=lambda payload: list(FactKind).index(payload.KIND))
)

__all__ = ["PAYLOADS", "FactPayload", "ServicePayload"]
