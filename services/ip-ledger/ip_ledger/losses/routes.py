"""Losses over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query
from sqlmodel import col

from ip_ledger.losses import actions, queries
from ip_ledger.losses.schemas import LossEventIn, LossEventOut, LossLineOut, LossStepOut
from ip_ledger.losses.tables import LossEvent, LossLine
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
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
from shared.http.schemas import fen

router = Router(prefix="/v1/ip-ledger/loss-events", tags=["losses"])

SEERS: Final = "the centre, the parties that bear it, officials"


@router.post(
    "",
    operation_id="ip_ledger_record_loss",
    status_code=201,
    openapi_extra=access(
        "member", tenant="the centre's operator or lead sponsor", rules=("A086",), key_required=True
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "IP_AGREEMENT_MISSING", "DAY_IN_FUTURE", "SOURCE_UNKNOWN",
        "IDEMPOTENCY_KEY_REQUIRED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE", "CURRENCY_NOT_CNY",
        "PERIOD_CLOSED", "BEFORE_OPENING", "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(LossEventIn))],
)  # fmt: skip
async def record_loss(
    body: LossEventIn, actor: CurrentActor, today: Today, session: Transaction
) -> LossEventOut:
    """Divide a loss among the parties by the risk shares in force that day."""
    loss = actions.NewLoss(
        center_id=body.center_id,
        asset_id=body.asset_id,
        amount_fen=body.amount.amount,
        occurred_on=body.occurred_on,
        reason=body.reason,
        evidence=tuple(body.evidence),
    )
    event, lines = await actions.record_loss(session, actor, loss, today)
    return shown(event, lines)


@router.get(
    "",
    operation_id="ip_ledger_list_losses",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_losses(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
) -> Page[LossEventOut]:
    """List losses, the latest recorded first."""
    rows, cursor = await paginate(
        session,
        queries.visible_losses(actor, center_id),
        page,
        keys=[col(LossEvent.id).desc()],
        filters={"center_id": center_id},
    )
    lines = await queries.lines_of(session, [row.id for row in rows])
    items = [shown(row, [line for line in lines if line.loss_id == row.id]) for row in rows]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/{loss_id}",
    operation_id="ip_ledger_get_loss",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get_loss(loss_id: UUID, actor: CurrentActor, session: Reading) -> LossEventOut:
    """Show a loss with what each party bears."""
    event = await queries.visible_loss(session, actor, loss_id)
    return shown(event, await queries.lines_of(session, [event.id]))


def shown(event: LossEvent, lines: Sequence[LossLine]) -> LossEventOut:
    """Show a loss with its lines."""
    document = {
        **event.model_dump(),
        "amount": fen(event.amount_fen),
        "evidence": event.evidence_ids,
        "lines": [_line(line) for line in lines],
    }
    return LossEventOut.model_validate(document)


def _line(line: LossLine) -> LossLineOut:
    return LossLineOut(
        id=line.id,
        party_id=line.party_id,
        risk_ppm=line.risk_ppm,
        amount=fen(line.amount_fen),
        explanation=[_step(step) for step in line.explanation],
    )


def _step(step: dict[str, Any]) -> LossStepOut:
    amount_fen = step.get("amount_fen")
    return LossStepOut(
        step=step["step"],
        amount=None if amount_fen is None else fen(amount_fen),
        exact=step.get("exact"),
        ppm=step.get("ppm"),
        rank=step.get("rank"),
        ref_id=step.get("ref_id"),
    )


ROUTERS: Final = (router,)
