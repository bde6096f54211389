"""Parties' keys over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from ip_ledger.party_keys import actions, queries
from ip_ledger.party_keys.actions import NewKey
from ip_ledger.party_keys.schemas import KeyRevocationIn, PartyKeyIn, PartyKeyOut
from ip_ledger.party_keys.tables import PartyKey
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
)

router = Router(prefix="/v1/ip-ledger/party-keys", tags=["agreements"])

OWN: Final = "the caller's own organization"
ALL: Final = "all: public keys only verify"


@router.post(
    "",
    operation_id="ip_ledger_register_party_key",
    status_code=201,
    openapi_extra=access("member", tenant=OWN, rules=("A084",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "KEY_INVALID",
        "KEY_SIGNATURE_INVALID",
        "DAY_IN_PAST",
        "ALREADY_EXISTS",
        "STATE_CONFLICT",
    ),
)
async def register(
    body: PartyKeyIn, actor: CurrentActor, now: Now, today: Today, session: Transaction
) -> PartyKeyOut:
    """Register a key; from its first day on, the organization signs agreements with it."""
    new = NewKey(body.algorithm, body.public_key, body.valid_from, body.proof, body.replaces_id)
    return PartyKeyOut.model_validate(await actions.register(session, actor, new, now, today))


@router.get(
    "",
    operation_id="ip_ledger_list_party_keys",
    openapi_extra=access("member", "official", "service", tenant=ALL),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_keys(
    session: Reading,
    page: PageQuery,
    org_id: Annotated[UUID | None, Query(description="Of one organization.")] = None,
) -> Page[PartyKeyOut]:
    """List keys, the latest registered first."""
    rows, cursor = await paginate(
        session,
        queries.keys(org_id),
        page,
        keys=[col(PartyKey.id).desc()],
        filters={"org_id": org_id},
    )
    return Page(items=[PartyKeyOut.model_validate(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{key_id}",
    operation_id="ip_ledger_get_party_key",
    openapi_extra=access("member", "official", "service", tenant=ALL),
    responses=problems("NOT_FOUND"),
)
async def get_key(key_id: UUID, session: Reading) -> PartyKeyOut:
    """Show a key, and until when it signs."""
    return PartyKeyOut.model_validate(await queries.key(session, key_id))


@router.post(
    "/{key_id}/revocation",
    operation_id="ip_ledger_revoke_party_key",
    status_code=201,
    openapi_extra=access("member", tenant=OWN, rules=("A084",)),
    responses=problems("NOT_FOUND", "DAY_IN_PAST", "STATE_CONFLICT"),
)
async def revoke(
    key_id: UUID,
    body: KeyRevocationIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> PartyKeyOut:
    """End a key from a day on; what it signed before stays signed."""
    row = await actions.revoke(
        session, actor, key_id, body.revoked_from, body.reason, now=now, today=today
    )
    return PartyKeyOut.model_validate(row)


ROUTERS: Final = (router,)
