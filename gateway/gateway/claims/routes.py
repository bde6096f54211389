"""The HTTP face of claims on organizations."""

import base64
import binascii
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from sqlmodel import col

from gateway.accounts.routes import INVITATION
from gateway.claims import actions, queries
from gateway.claims.rules import ClaimState
from gateway.claims.schemas import (
    ClaimForHandlersOut,
    ClaimReceiptOut,
    ClaimRefusalIn,
    OrganizationClaimIn,
    OrganizationClaimOut,
)
from gateway.claims.tables import OrganizationClaim
from gateway.identity import clients
from gateway.identity.actions import digest_of
from shared.auth import Actor
from shared.http import (
    CurrentActor,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Transaction,
    access,
    paginate,
    problems,
)

router = Router(prefix="/v1/identity/organization-claims", tags=["accounts"])
HANDLERS: Final = access("handler", tenant="handlers see every claim", rules=("A160",))
CLAIMANT: Final = access(tenant="whoever holds the claim's secret", rules=("A160",))
# Nobody is known yet when a claim is made.
STRANGER: Final = Actor.system("claimant")
Secret = Annotated[
    str, Header(alias="Claim-Secret", min_length=1, max_length=64, description="The claim's own.")
]


@router.post(
    "",
    status_code=201,
    operation_id="identity_claim_organization",
    openapi_extra=CLAIMANT,
    responses=problems("USCC_FORMAT", "USCC_CHECK_DIGIT", "PROOF_REFUSED", "CLAIMS_TOO_MANY"),
)
async def claim_organization(
    body: OrganizationClaimIn, session: Transaction, response: Response
) -> ClaimReceiptOut:
    """Claim to act for an organization; a handler looks at the proof and decides."""
    said = actions.Claim(
        body.uscc,
        body.claimant_name,
        body.login,
        body.proof_media_type,
        _decoded(body.proof_base64),
    )
    made, secret = await actions.claim(session, STRANGER, said)
    response.headers["Cache-Control"] = "no-store"
    shown = OrganizationClaimOut.model_validate(made).model_dump()
    return ClaimReceiptOut(**shown, claim_secret=secret)


@router.get(
    "/{claim_id}",
    operation_id="identity_read_organization_claim",
    openapi_extra=CLAIMANT,
    responses=problems("NOT_FOUND"),
)
async def read_claim(
    claim_id: UUID, secret: Secret, session: Reading, request: Request, response: Response
) -> OrganizationClaimOut:
    """Ask how far one's own claim has come; once confirmed, the way to a password is here."""
    made = await queries.claim_of(session, claim_id, digest_of(secret))
    response.headers["Cache-Control"] = "no-store"
    code = await actions.invitation(session, made, _key_secret(request))
    shown = OrganizationClaimOut.model_validate(made)
    return shown.model_copy(update={"invitation": code and f"{INVITATION}?code={code}"})


@router.get(
    "",
    operation_id="identity_list_organization_claims",
    openapi_extra=HANDLERS,
    responses=problems(),
)
async def list_claims(
    session: Reading,
    page: PageQuery,
    state: Annotated[ClaimState | None, Query(description="Only claims in this state.")] = None,
) -> Page[ClaimForHandlersOut]:
    """List claims, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.claims(state),
        page,
        keys=[col(OrganizationClaim.id).desc()],
        filters={"state": state},
    )
    names = await queries.names_of(session, [row.id for row in rows])
    return Page(
        items=[_for_handlers(row, names.get(row.id)) for row in rows], next_cursor=next_cursor
    )


@router.get(
    "/{claim_id}/proof",
    operation_id="identity_read_claim_proof",
    openapi_extra=HANDLERS,
    responses={
        200: {
            "description": "The file as it was handed in.",
            "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        },
        **problems("NOT_FOUND"),
    },
)
async def read_proof(claim_id: UUID, session: Reading) -> Response:
    """Look at the file that shows it; offered for download, never drawn by this address."""
    await queries.claim_found(session, claim_id)
    proof = await queries.proof_of(session, claim_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{claim_id}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(proof.content, media_type="application/octet-stream", headers=headers)


async def claimed_org(
    claim_id: UUID, actor: CurrentActor, services: Services, request: Request
) -> UUID | None:
    """Ask the registry, before the writing transaction, whose code was claimed."""
    del actor  # Judged before anything is asked.
    async with request.app.state.database.sessions.reading() as session:
        made = await queries.claim_found(session, claim_id)
    return await clients.org_of_uscc(services, made.uscc)


@router.post(
    "/{claim_id}/confirm",
    operation_id="identity_confirm_organization_claim",
    openapi_extra=HANDLERS,
    responses=problems(
        "NOT_FOUND", "STATE_CONFLICT", "ORG_NOT_REGISTERED", "ORG_HAS_ACCOUNT", "LOGIN_TAKEN"
    ),
)
async def confirm_claim(
    claim_id: UUID,
    actor: CurrentActor,
    org_id: Annotated[UUID | None, Depends(claimed_org)],
    session: Transaction,
    request: Request,
) -> ClaimForHandlersOut:
    """Confirm a claim: its claimant acts for the organization, and invites the others."""
    made = await actions.confirm(session, actor, claim_id, org_id, _key_secret(request))
    names = await queries.names_of(session, [made.id])
    return _for_handlers(made, names.get(made.id))


@router.post(
    "/{claim_id}/refuse",
    operation_id="identity_refuse_organization_claim",
    openapi_extra=HANDLERS,
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def refuse_claim(
    claim_id: UUID, body: ClaimRefusalIn, actor: CurrentActor, session: Transaction
) -> ClaimForHandlersOut:
    """Refuse a claim, with a reason."""
    made = await actions.refuse(session, actor, claim_id, body.reason)
    names = await queries.names_of(session, [made.id])
    return _for_handlers(made, names.get(made.id))


def _for_handlers(made: OrganizationClaim, name: str | None) -> ClaimForHandlersOut:
    kept = made.model_dump(include=set(ClaimForHandlersOut.model_fields))
    return ClaimForHandlersOut(**kept, claimant_name=name)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _key_secret(request: Request) -> str:
    secret: str = request.app.state.settings.key_secret.get_secret_value()
    return secret
