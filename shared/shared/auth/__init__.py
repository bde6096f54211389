"""Who is calling: strict tokens, and the actor they make."""

from shared.auth.actor import DUTIES, ROLES, Actor, OrgIds, Seeing
from shared.auth.jws import ALGORITHM, InvalidToken
from shared.auth.predecessors import Predecessors
from shared.auth.tokens import (
    AUDIENCE,
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
    "OrgIds",
    "Predecessors",
    "Seeing",
    "TokenVerifier",
]
