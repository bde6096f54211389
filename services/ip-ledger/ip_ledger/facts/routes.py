"""The ledger's records as facts, in the registry's envelope."""

from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from ip_ledger.facts import queries
from ip_ledger.facts.rules import LedgerFactKind
from ip_ledger.facts.schemas import LedgerFactPageOut
from ip_ledger.facts.tables import LedgerFact
from ip_ledger.times import AsOf
from shared.http import (
    CurrentActor,
    Now,
    PageQuery,
    Reading,
    Router,
    Today,
    access,
    paginate,
    problems,
)
from shared.http.schemas import Day

router = Router(prefix="/v1/ip-ledger/facts", tags=["facts"])

SEERS: Final = "organizations of the centre, officials, and services"


class LedgerFactOrder(StrEnum):
    """By when facts became known."""

    RECORDED = "recorded_at"
    RECORDED_DESCENDING = "-recorded_at"


@router.get(
    "",
    operation_id="ip_ledger_list_facts",
    openapi_extra=access("member", "official", "service", tenant=SEERS, rules=("A127",)),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_facts(
    page: PageQuery,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Of this centre.")] = None,
    kind: Annotated[LedgerFactKind | None, Query(description="Of this kind.")] = None,
    on: Annotated[Day | None, Query(description="That happened on this day.")] = None,
    first: Annotated[Day | None, Query(alias="from", description="First day included.")] = None,
    until: Annotated[Day | None, Query(description="Last day included.")] = None,
    as_of: AsOf = None,
    sort: Annotated[LedgerFactOrder, Query(description="Order.")] = LedgerFactOrder.RECORDED,
) -> LedgerFactPageOut:
    """List facts as they were known at an instant, former states with what followed them."""
    statement = queries.known_facts(
        actor,
        today,
        center_id=center_id,
        kind=kind,
        first=on or first,
        last=on or until,
        as_of=as_of or now,
    )
    filters = {"center_id": center_id, "kind": kind, "on": on, "from": first, "until": until}
    keys: list[Any] = [col(LedgerFact.recorded_at), col(LedgerFact.id)]
    rows, next_cursor = await paginate(
        session,
        statement,
        page,
        keys=[key.desc() for key in keys] if sort is LedgerFactOrder.RECORDED_DESCENDING else keys,
        filters={**filters, "as_of": as_of, "sort": sort},
    )
    items = [
        {**fact.model_dump(), "superseded_by_id": superseded_by_id}
        for fact, superseded_by_id in rows
    ]
    return LedgerFactPageOut.model_validate({"items": items, "next_cursor": next_cursor})


ROUTERS: Final = (router,)
