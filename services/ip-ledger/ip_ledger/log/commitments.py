"""Amounts hidden so that their sum can be shown (Pedersen, on the curve of Ed25519).

`amount * B + blinding * H`: nobody can tell an amount from it, nobody can open it to another one,
and the commitments of a run's parts add up to the commitment of its income.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.verifier import L, commitment, packed


def hidden_parts(parts: Mapping[UUID, int]) -> tuple[list[str], dict[str, Any]]:
    """Give the commitments of what payees get, and what opens each and their sum, by name."""
    blindings = [secrets.randbelow(L) for _ in parts]
    payees = sorted(parts)
    commitments = [
        packed(commitment(parts[payee], _text(blinding))).hex()
        for payee, blinding in zip(payees, blindings, strict=True)
    ]
    openings: dict[str, Any] = {
        f"payee_{place}": {
            "payee_id": str(payee),
            "amount_fen": parts[payee],
            "blinding": _text(blinding),
        }
        for place, (payee, blinding) in enumerate(zip(payees, blindings, strict=True))
    }
    openings["net"] = {"net_fen": sum(parts.values()), "blinding": _text(sum(blindings) % L)}
    return commitments, openings


def _text(scalar: int) -> str:
    return scalar.to_bytes(32, "little").hex()
