"""Spending a proof for every process of the door: whichever writes it down first has used it.

The table is not logged: writing to it waits for no disk, and after a crash of the database it is
empty. Each process remembers what it has seen itself as well (decision 0546).
"""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.binding.proofs import Proof
from shared.database import Sessions

_SPEND: Final = text(
    """
    INSERT INTO spent_proof (proof_sha256, expires_at) VALUES (:proof, :until)
    ON CONFLICT DO NOTHING RETURNING proof_sha256
    """
)


class SpendingUnavailable(Exception):  # noqa: N818 - an answer, not an error of ours
    """Nobody can tell whether a proof was used, so that it is not taken."""


class SpentProofs:
    """The list that all processes share."""

    def __init__(self, sessions: Sessions) -> None:
        """Take where the list is."""
        self._sessions = sessions

    async def spend(self, proof: Proof) -> bool:
        """Write a proof down; tell whether this is its first use. Raises `SpendingUnavailable`."""
        until = datetime.fromtimestamp(proof.over_at + 1, UTC)
        try:
            rows = await self._sessions.at_once(_SPEND, proof=proof.digest, until=until)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise SpendingUnavailable from error
        return bool(rows)
