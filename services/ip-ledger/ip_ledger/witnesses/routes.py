"""Witnesses over HTTP: keys and cosigned checkpoints for everyone, signing by themselves."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import PlainTextResponse
from starlette.responses import Response

from ip_ledger.witnesses import actions, queries
from ip_ledger.witnesses.rules import Event
from ip_ledger.witnesses.schemas import (
    CosignatureIn,
    CosignatureOut,
    WitnessesOut,
    WitnessIn,
    WitnessOut,
)
from shared.http import CurrentActor, Reading, Router, Transaction, access, problems
from shared.rules import found

router = Router(prefix="/v1/ip-ledger/log", tags=["log"])

OWN: Final = "the caller's own institution"
PUBLIC: Final = "public: keys, hashes and signatures only"


@router.get(
    "/witnesses",
    operation_id="ip_ledger_list_witnesses",
    openapi_extra=access(tenant=PUBLIC, rules=("X07",)),
    responses=problems(),
)
async def list_witnesses(session: Reading) -> WitnessesOut:
    """List the institutions that watch the log, with the keys that verify their signatures."""
    rows = await queries.witnesses(session)
    return WitnessesOut(items=[WitnessOut.model_validate(row) for row in rows])


@router.post(
    "/witnesses",
    operation_id="ip_ledger_register_witness",
    status_code=201,
    openapi_extra=access("member", tenant=OWN, rules=("X07",)),
    responses=problems("NOT_FOUND", "WITNESS_KEY_INVALID", "ALREADY_EXISTS"),
)
async def register(body: WitnessIn, actor: CurrentActor, session: Transaction) -> WitnessOut:
    """Register the key with which the caller's institution will cosign; an official approves it."""
    return WitnessOut.model_validate(await actions.register(session, actor, body.verifier))


@router.post(
    "/witnesses/{witness_id}/approve",
    operation_id="ip_ledger_approve_witness",
    openapi_extra=access("approver", tenant="any", rules=("X03", "X07")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def approve(witness_id: UUID, actor: CurrentActor, session: Transaction) -> WitnessOut:
    """Approve a witness, after the key was compared with the institution by another way."""
    row = await actions.decide(session, actor, witness_id, Event.APPROVE)
    return WitnessOut.model_validate(row)


@router.post(
    "/witnesses/{witness_id}/revoke",
    operation_id="ip_ledger_revoke_witness",
    openapi_extra=access("member", "approver", tenant=f"{OWN}; approvers any", rules=("X07",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def revoke(witness_id: UUID, actor: CurrentActor, session: Transaction) -> WitnessOut:
    """End a witness: its signatures stay what they are, and count for no payment any more."""
    return WitnessOut.model_validate(await actions.decide(session, actor, witness_id, Event.REVOKE))


@router.post(
    "/cosignatures",
    operation_id="ip_ledger_cosign_checkpoint",
    status_code=201,
    openapi_extra=access("member", tenant=OWN, rules=("X07",)),
    responses=problems("NOT_FOUND", "COSIGNATURE_INVALID", "COSIGNATURE_STALE", "STATE_CONFLICT"),
)
async def cosign(body: CosignatureIn, actor: CurrentActor, session: Transaction) -> CosignatureOut:
    """Hand in a witness's signature over a checkpoint; its trees only grow."""
    line = await actions.cosign(session, actor, body.tree_size, body.signature)
    return CosignatureOut(tree_size=body.tree_size, signature=line)


@router.get(
    "/cosigned-checkpoint",
    operation_id="ip_ledger_get_cosigned_checkpoint",
    response_class=PlainTextResponse,
    openapi_extra=access(tenant=PUBLIC, rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def cosigned_checkpoint(
    session: Reading,
    at_least: Annotated[int, Query(ge=1, le=100, description="By so many witnesses.")] = 1,
) -> Response:
    """Give the newest checkpoint that so many witnesses cosigned, with all their signatures."""
    head, lines = found(await queries.cosigned(session, at_least))
    return PlainTextResponse(
        head.note + "".join(f"{line}\n" for line in lines),
        headers={"Cache-Control": "public, max-age=1"},
    )


ROUTERS: Final = (router,)
