"""Use between members and its settlement, over HTTP."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from ip_ledger.settlements import actions, queries
from ip_ledger.settlements.actions import UsageLog, netted_of
from ip_ledger.settlements.queries import WholeSettlement
from ip_ledger.settlements.rules import NewUse, minutes_of
from ip_ledger.settlements.schemas import (
    SharedUseIn,
    SharedUseOut,
    UseConfirmationIn,
    UseObjectionIn,
    UsePaymentIn,
    UseSettlementIn,
    UseSettlementOut,
    UseUndoingIn,
)
from ip_ledger.settlements.tables import SharedUse, UseSettlement
from shared.directory import ensure_center
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import fen

uses = Router(prefix="/v1/ip-ledger/shared-uses", tags=["settlements"])
settlements = Router(prefix="/v1/ip-ledger/use-settlements", tags=["settlements"])
ROUTERS: Final = (uses, settlements)

SEERS: Final = "both sides, the centre's operator and lead sponsor, officials"
CenterQuery = Annotated[UUID | None, Query(description="Of one centre.")]
OrgQuery = Annotated[UUID | None, Query(description="In which this organization is a side.")]


async def usage_log(body: SharedUseIn, work: CurrentWork, services: Services) -> UsageLog | None:
    """Ask the registry for the log that a use rests on, before any transaction is open."""
    await work.replay()
    await ensure_center(services, work.sessions, body.center_id)
    if body.usage_fact_id is None:
        return None
    fact = await services.get("registry", f"/v1/registry/facts/{body.usage_fact_id}")
    if fact is None or fact["kind"] != "resource_usage":
        return None
    used = fact["payload"]
    resource = await services.get("registry", f"/v1/registry/resources/{used['resource_id']}")
    if resource is None:
        return None
    return UsageLog(
        center_id=UUID(fact["center_id"]),
        provider_id=UUID(resource["org_id"]),
        user_uscc=used["user_uscc"],
        used_on=date.fromisoformat(fact["occurred_on"]),
        minutes=minutes_of(used["hours"]),
        stands=fact["superseded_by_id"] is None,
    )


@uses.post(
    "",
    operation_id="ip_ledger_record_shared_use",
    status_code=201,
    openapi_extra=access(
        "member", tenant="the provider; the centre's operator or lead sponsor", rules=("A063",)
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SAME_ORGANIZATION", "OWNER_NOT_IN_CENTER",
        "DAY_IN_FUTURE", "USE_UNPROVEN", "USE_MISMATCH", "SOURCE_UNKNOWN", "SOURCE_SUPERSEDED",
        "IP_AGREEMENT_MISSING", "CONSENT_MISSING", "USE_RATE_MISSING", "AMOUNT_TOO_LARGE",
        "ALREADY_EXISTS",
        "FILE_UNKNOWN",
    ),
    dependencies=[Depends(evidence_of(SharedUseIn))],
)  # fmt: skip
async def record_use(
    body: SharedUseIn,
    actor: CurrentActor,
    today: Today,
    log: Annotated[UsageLog | None, Depends(usage_log)],
    session: Transaction,
) -> SharedUseOut:
    """Record what a member used of another's; the agreement of the day prices it."""
    use = NewUse(
        center_id=body.center_id,
        provider_id=body.provider_org_id,
        user_id=body.user_org_id,
        element=body.element,
        unit=body.unit,
        quantity=body.quantity,
        used_on=body.used_on,
        external_id=body.external_id,
        usage_fact_id=body.usage_fact_id,
        license_id=body.license_id,
        evidence=tuple(body.evidence),
    )
    return _use(await actions.record_use(session, actor, use, log, today))


@uses.get(
    "",
    operation_id="ip_ledger_list_shared_uses",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_uses(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: CenterQuery = None,
    org_id: OrgQuery = None,
) -> Page[SharedUseOut]:
    """List uses, the latest recorded first."""
    rows, cursor = await paginate(
        session,
        queries.visible_uses(actor, center_id, org_id),
        page,
        keys=[col(SharedUse.id).desc()],
        filters={"center_id": center_id, "org_id": org_id},
    )
    return Page(items=[_use(row) for row in rows], next_cursor=cursor)


@uses.get(
    "/{use_id}",
    operation_id="ip_ledger_get_shared_use",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get_use(use_id: UUID, actor: CurrentActor, session: Reading) -> SharedUseOut:
    """Show a use and its price."""
    return _use(await queries.visible_use(session, actor, use_id))


@uses.post(
    "/{use_id}/undo",
    operation_id="ip_ledger_undo_shared_use",
    status_code=201,
    openapi_extra=access(
        "member", tenant="the provider; the centre's operator or lead sponsor", rules=("A063",)
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "REVERSAL_OF_REVERSAL", "ALREADY_REVERSED"),
)
async def undo_use(
    use_id: UUID, body: UseUndoingIn, actor: CurrentActor, today: Today, session: Transaction
) -> SharedUseOut:
    """Undo a use; what it came to counts below zero in the next settlement."""
    return _use(await actions.undo_use(session, actor, use_id, body.reason, today))


@settlements.post(
    "",
    operation_id="ip_ledger_propose_use_settlement",
    status_code=201,
    openapi_extra=access(
        "member", tenant="either side; the centre's operator or lead sponsor", rules=("A063",)
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SAME_ORGANIZATION", "DAYS_REVERSED", "DAY_IN_FUTURE",
        "NOTHING_TO_SETTLE", "AMOUNT_TOO_LARGE",
    ),
)  # fmt: skip
async def propose(
    body: UseSettlementIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> UseSettlementOut:
    """Net what two members used of each other's; both confirm it before anything is owed."""
    whole = await actions.propose(
        session,
        actor,
        body.center_id,
        (body.one_org_id, body.other_org_id),
        (body.from_on, body.until_on),
        today,
    )
    return _answer(response, whole)


@settlements.get(
    "",
    operation_id="ip_ledger_list_use_settlements",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_settlements(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: CenterQuery = None,
    org_id: OrgQuery = None,
) -> Page[UseSettlementOut]:
    """List settlements, the latest proposed first."""
    rows, cursor = await paginate(
        session,
        queries.visible_settlements(actor, center_id, org_id),
        page,
        keys=[col(UseSettlement.id).desc()],
        filters={"center_id": center_id, "org_id": org_id},
    )
    items = [_shown(whole) for whole in await queries.with_parts(session, rows)]
    return Page(items=items, next_cursor=cursor)


@settlements.get(
    "/{settlement_id}",
    operation_id="ip_ledger_get_use_settlement",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get_settlement(
    settlement_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> UseSettlementOut:
    """Show a settlement with every use that it counts."""
    return _answer(response, await queries.visible_settlement(session, actor, settlement_id))


@settlements.post(
    "/{settlement_id}/confirmations",
    operation_id="ip_ledger_confirm_use_settlement",
    status_code=201,
    openapi_extra=access("member", tenant="either side, for itself", rules=("A063", "X03")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "STATE_CONFLICT", "ALREADY_CONFIRMED",
        "STALE_INPUT", "PERIOD_CLOSED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE", "BEFORE_OPENING"),
)  # fmt: skip
async def confirm(
    settlement_id: UUID,
    body: UseConfirmationIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> UseSettlementOut:
    """Confirm a statement for one's own side; with both words what is left is owed and booked."""
    whole = await actions.confirm(session, actor, settlement_id, body.statement_sha256, today)
    return _answer(response, whole)


@settlements.post(
    "/{settlement_id}/objections",
    operation_id="ip_ledger_contest_use_settlement",
    status_code=201,
    openapi_extra=access("member", tenant="either side", rules=("A063",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def contest(
    settlement_id: UUID,
    body: UseObjectionIn,
    actor: CurrentActor,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> UseSettlementOut:
    """Turn a statement down, with the reason; its uses wait for another one."""
    whole = await actions.object_to(session, actor, settlement_id, body.reason, version)
    return _answer(response, whole)


@settlements.post(
    "/{settlement_id}/payment",
    operation_id="ip_ledger_receive_use_settlement",
    status_code=201,
    openapi_extra=access("member", tenant="the side that is owed", rules=("A063",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT", "DAY_IN_FUTURE",
        "DAYS_REVERSED", "PERIOD_CLOSED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE", "BEFORE_OPENING",
    ),
)  # fmt: skip
async def receive(
    settlement_id: UUID,
    body: UsePaymentIn,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    session: Transaction,
    response: Response,
) -> UseSettlementOut:
    """State that what was owed has been paid."""
    whole = await actions.receive(session, actor, settlement_id, body.paid_on, version, today)
    return _answer(response, whole)


def _answer(response: Response, whole: WholeSettlement) -> UseSettlementOut:
    tagged(response, whole.row.version)
    return _shown(whole)


def _shown(whole: WholeSettlement) -> UseSettlementOut:
    row, netted = whole.row, netted_of(whole.row)
    return UseSettlementOut.model_validate(
        {
            **row.model_dump(),
            "uses": [_use(use) for use in whole.uses],
            "first_owes": fen(row.first_owes_fen),
            "second_owes": fen(row.second_owes_fen),
            "net": {"amount": netted.net_fen},
            "payer_id": netted.payer_id,
            "payee_id": netted.payee_id,
            "confirmations": [one.model_dump() for one in whole.confirmations],
        }
    )


def _use(row: SharedUse) -> SharedUseOut:
    return SharedUseOut.model_validate(
        {
            **row.model_dump(),
            "price": fen(row.price_fen),
            "amount": fen(row.amount_fen),
            "evidence": row.evidence_ids,
        }
    )
