"""What is stored, and the transaction that stores it."""

from shared.database.base import (
    EnumText,
    InstantColumn,
    JsonColumn,
    SharedBase,
    Unjudged,
    new_id,
    new_registry,
)
from shared.database.engine import Database, Sessions
from shared.database.resources import Audience, resource

__all__ = [
    "Audience",
    "Database",
    "EnumText",
    "InstantColumn",
    "JsonColumn",
    "Sessions",
    "SharedBase",
    "Unjudged",
    "new_id",
    "new_registry",
    "resource",
]
