"""Witnesses on the wire."""

from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from ip_ledger.witnesses.rules import State
from shared.http.schemas import Body, Out

KEY_EXAMPLE = "m04.example+e3e5b2d5+BAVQ…="
SIGNED_EXAMPLE = "— m04.example q83vEjRWeJA…="


class WitnessIn(Body):
    """The key with which an institution will cosign."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"verifier": KEY_EXAMPLE}]})

    verifier: str = Field(
        max_length=400,
        description="The key as C2SP tlog-cosignature writes it: `name+id+base64`, kind 4.",
        examples=[KEY_EXAMPLE],
    )


class WitnessOut(Out):
    """A witness of the log, with the key that verifies what it signs."""

    id: UUID = Field(description="The witness.")
    org_id: UUID = Field(description="The institution that watches.")
    verifier: str = Field(description="Its verifier line.", examples=[KEY_EXAMPLE])
    state: State = Field(description="Only an approved witness's signatures count.")
    version: int = Field(ge=1, description="Grows with every change.")
    registered_at: AwareDatetime = Field(description="When the key was registered.")


class WitnessesOut(Out):
    """All witnesses that stand."""

    items: list[WitnessOut] = Field(description="In the order of their registration.")


class CosignatureIn(Body):
    """A witness's signature over a checkpoint, after it has checked that the log only grew."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tree_size": 4096, "signature": SIGNED_EXAMPLE}]}
    )

    tree_size: int = Field(ge=0, le=2**53 - 1, description="Of the checkpoint that was signed.")
    signature: str = Field(
        max_length=400,
        description="The signature line of a cosignature/v1: em dash, name, base64.",
        examples=[SIGNED_EXAMPLE],
    )


class CosignatureOut(Out):
    """A cosignature that was taken."""

    tree_size: int = Field(description="Of the checkpoint.")
    signature: str = Field(description="The line as it is served.")
