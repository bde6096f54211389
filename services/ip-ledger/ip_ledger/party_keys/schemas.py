"""Parties' keys on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from ip_ledger.party_keys.rules import Algorithm
from shared.http.schemas import Body, Day, Out, ShortText

KEY = "A" * 43 + "="
SIGNATURE = "A" * 86 + "=="
Base64 = Annotated[
    str, StringConstraints(min_length=4, max_length=200, pattern=r"^[A-Za-z0-9+/=]+$")
]


class PartyKeyIn(Body):
    """A key of the caller's organization, with the proof that the caller has it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "algorithm": "ed25519",
                    "public_key": KEY,
                    "valid_from": "2026-01-20",
                    "proof": SIGNATURE,
                }
            ]
        }
    )

    algorithm: Algorithm = Field(description="`ed25519`, or `es256` (ECDSA, P-256, SHA-256).")
    public_key: Base64 = Field(
        description="Base64 of the raw 32 bytes (Ed25519), or of the uncompressed point (ES256)."
    )
    valid_from: Day = Field(description="Its first day; today or later.")
    proof: Base64 = Field(
        description="The key's signature (64 bytes, r and s for ES256) over the lines `zhichuang "
        "party key v1`, the organization's id and the public key, each ended by a line feed."
    )
    replaces_id: UUID | None = Field(
        default=None, description="The key that ends where this one begins."
    )


class KeyRevocationIn(Body):
    """From when on a key no longer signs."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"revoked_from": "2026-02-01", "reason": "key lost"}]}
    )

    revoked_from: Day = Field(description="The first day on which it no longer signs.")
    reason: ShortText = Field(description="Why.")


class PartyKeyOut(Out):
    """A party's key."""

    id: UUID = Field(description="The key, and its record in the log.")
    org_id: UUID = Field(description="The organization.")
    algorithm: Algorithm = Field(description="How it signs.")
    public_key: str = Field(description="Base64.")
    valid_from: date = Field(description="Its first day.")
    revoked_from: date | None = Field(description="The first day on which it no longer signs.")
    revocation_reason: str | None = Field(description="Why it was revoked.")
    replaces_id: UUID | None = Field(description="The key that it replaced.")
    version: int = Field(description="Counts its changes.")
    registered_at: datetime = Field(description="When it was registered.")
