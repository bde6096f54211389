"""Who is calling: strict tokens, and the actor they make."""

from shared.auth.actor import DUTIES, ROLES, Actor
from shared.auth.tokens import (
    ALGORITHM,
    AUDIENCE,
    InvalidToken,
    KeysUnavailable,
    TokenVerifier,
)

__all__ = [
    "ALGORITHM",
    "AUDIENCE",
    "DUTIES",
    "ROLES",
    "Actor",
    "InvalidToken",
    "KeysUnavailable",
    "TokenVerifier",
]
