"""What is stored, and the transaction that stores it."""

from shared.database.base import EnumText, SharedBase, instant, json_column, new_id, new_registry
from shared.database.engine import Database, Sessions
from shared.database.resources import Audience, resource

__all__ = [
    "Audience",
    "Database",
    "EnumText",
    "Sessions",
    "SharedBase",
    "instant",
    "json_column",
    "new_id",
    "new_registry",
    "resource",
]
