"""What is stored, and the transaction that stores it."""

from shared.database.base import EnumText, SharedBase, instant, json_column, new_id, new_registry
from shared.database.engine import Database, Sessions

__all__ = [
    "Database",
    "EnumText",
    "Sessions",
    "SharedBase",
    "instant",
    "json_column",
    "new_id",
    "new_registry",
]
