"""What goes over the wire about claims on organizations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from gateway.accounts.schemas import Login
from gateway.claims.rules import ClaimState
from shared.http.schemas import Body, Out, ShortText

Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]
# Half a mebibyte, encoded.
Encoded = Annotated[str, StringConstraints(min_length=1, max_length=700_000)]
MediaType = Literal["application/pdf", "image/png", "image/jpeg"]


class OrganizationClaimIn(Body):
    """Somebody claims to act for an organization that nobody acts for here yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "uscc": "91310000MA1FL0AB12",
                    "claimant_name": "周启明",
                    "login": "zhou.qiming",
                    "proof_media_type": "application/pdf",
                    "proof_base64": "JVBERi0xLjcK",
                }
            ]
        }
    )

    uscc: Code = Field(description="The organization's unified social credit code.")
    claimant_name: ShortText = Field(description="Who claims; shown to handlers only.")
    login: Login = Field(description="What the claimant will type to sign in.")
    proof_media_type: MediaType = Field(description="What kind of file the proof is.")
    proof_base64: Encoded = Field(
        description="A stamped authorization or the business license, at most 512 KiB."
    )


class OrganizationClaimOut(Out):
    """A claim, as its claimant sees it."""

    id: UUID = Field(description="The claim.")
    state: ClaimState = Field(description="How far it has come.")
    uscc: str = Field(description="The code that is claimed.")
    made_at: datetime = Field(description="When it was made, in real time.")
    decided_at: datetime | None = Field(description="When a handler decided.")
    reason: str | None = Field(description="Why it was refused.")
    invitation: str | None = Field(
        default=None, description="Once confirmed: the page on which the password is set."
    )


class ClaimReceiptOut(OrganizationClaimOut):
    """A claim that was just made, with the secret by which to ask about it."""

    claim_secret: str = Field(description="Shown this once; send it as `Claim-Secret`.")


class ClaimForHandlersOut(OrganizationClaimOut):
    """A claim, as a handler sees it."""

    claimant_name: str | None = Field(description="Who claims, unless it was erased.")
    proof_sha256: str = Field(description="Hash of the file that was handed in.")
    proof_media_type: str = Field(description="What kind of file it is.")
    org_id: UUID | None = Field(description="The organization, once confirmed.")
    decided_by: UUID | None = Field(description="The handler who decided.")


class ClaimRefusalIn(Body):
    """Why a claim is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "公章与登记不符"}]})

    reason: ShortText = Field(description="The claimant reads it.")
