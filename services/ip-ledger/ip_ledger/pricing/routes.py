"""How prices were found, over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.pricing import actions, queries, rules
from ip_ledger.pricing.rules import Finding, Publicity
from ip_ledger.pricing.schemas import PriceFindingIn, PriceFindingOut, UnpricedDealOut
from ip_ledger.pricing.tables import PriceFinding
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

router = Router(prefix="/v1/ip-ledger/price-findings", tags=["contracts"])
ROUTERS: Final = (router,)


@router.post(
    "",
    operation_id="ip_ledger_record_price_finding",
    status_code=201,
    openapi_extra=access("member", tenant="the seller's own account", rules=("A030",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "FIELD_INVALID", "PRICE_PUBLICITY_MISSING",
        "PRICE_VENUE_MISSING", "PRICE_MISMATCH", "DAY_IN_FUTURE", "ALREADY_EXISTS",
        "CURRENCY_NOT_CNY", "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(PriceFindingIn))],
)  # fmt: skip
async def record_finding(
    body: PriceFindingIn, actor: CurrentActor, today: Today, session: Transaction
) -> PriceFindingOut:
    """Say how a price was found; a public institute that negotiated shows its word to staff."""
    told = body.publicity
    finding = Finding(
        body.method,
        body.price.amount,
        body.found_on,
        body.venue,
        None if told is None else Publicity(told.published_on, told.file_id),
    )
    row = await actions.record_finding(session, actor, body.deal, body.deal_id, finding, today)
    return _shown(row)


def _shown(row: PriceFinding) -> PriceFindingOut:
    return PriceFindingOut.model_validate(
        {
            **row.model_dump(),
            "price": fen(row.price_fen),
            "published_late": rules.told_late(row.deal_on, row.published_on),
        }
    )


@router.get(
    "",
    operation_id="ip_ledger_list_price_findings",
    openapi_extra=access("member", "official", tenant="the seller, the centre, officials"),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_findings(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    deal_id: Annotated[UUID | None, Query(description="Of one deal.")] = None,
) -> Page[PriceFindingOut]:
    """List how prices were found, the latest recorded first."""
    rows, cursor = await paginate(
        session,
        queries.visible_findings(actor, center_id, deal_id),
        page,
        keys=[col(PriceFinding.id).desc()],
        filters={"center_id": center_id, "deal_id": deal_id},
    )
    return Page(items=[_shown(row) for row in rows], next_cursor=cursor)


@router.get(
    "/missing",
    operation_id="ip_ledger_list_unpriced_deals",
    openapi_extra=access("member", "official", tenant="the centre's members, officials"),
    responses=problems("NOT_FOUND"),
)
async def list_missing(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID, Query(description="The centre.")],
) -> Page[UnpricedDealOut]:
    """List licenses, sales of technology and results put in as equity without a known price."""
    center = await tenancy.readable_center(session, actor, center_id, today)
    missing = await queries.deals_without_price(session, center.id)
    return Page(
        items=[
            UnpricedDealOut(deal=deal, deal_id=deal_id, seller_id=seller_id)
            for deal, deal_id, seller_id in missing
        ],
        next_cursor=None,
    )
