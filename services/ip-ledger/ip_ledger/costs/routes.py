"""Costs of rights, and money followed, over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from sqlmodel import col

from ip_ledger.costs import actions, queries, trail_queries, trail_rules
from ip_ledger.costs.queries import Origin
from ip_ledger.costs.rules import Drawn, Spent
from ip_ledger.costs.schemas import (
    AssetCostIn,
    AssetCostOut,
    CostUndoingIn,
    MoneyTrailOut,
    PayeePartOut,
    SourcePartOut,
    TrailCostOut,
    TrailIncomeOut,
    TrailSourceOut,
    TrailSubject,
    TrailSumsOut,
)
from ip_ledger.costs.tables import AssetCost
from ip_ledger.costs.trail_queries import Trail
from ip_ledger.costs.trail_rules import Earned, Followed
from ip_ledger.journal.rules import balance_checks
from ip_ledger.times import AsOf
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
from shared.rules import require

router = Router(prefix="/v1/ip-ledger", tags=["contributions"])
ROUTERS: Final = (router,)

LEADING: Final = "the centre's operator or lead sponsor"
SEERS: Final = "who may see the right, or the contribution; money of others is one sum"


@router.post(
    "/asset-costs",
    operation_id="ip_ledger_record_cost",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("A094", "A053")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "DAY_IN_FUTURE", "COST_EXCEEDED", "SOURCE_UNKNOWN",
        "PARTY_REPEATED", "SOURCE_SPENT", "SPENT_BEFORE_RECEIVED", "EXTERNAL_ID_MISMATCH",
        "CONSORTIUM_NOT_REGISTERED", "PERIOD_CLOSED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE",
        "CURRENCY_NOT_CNY", "BEFORE_OPENING", "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(AssetCostIn))],
)  # fmt: skip
async def spend(
    body: AssetCostIn, actor: CurrentActor, today: Today, session: Transaction
) -> AssetCostOut:
    """Write down what the centre spent on a right, and out of which money."""
    new = actions.NewCost(
        asset_id=body.asset_id,
        kind=body.kind,
        amount_fen=body.amount.amount,
        spent_on=body.spent_on,
        description=body.description,
        sources=tuple(Drawn(one.source_id, one.amount.amount) for one in body.sources),
        evidence=tuple(body.evidence),
        external_id=body.external_id,
    )
    return _cost(await actions.spend(session, actor, new, today))


@router.post(
    "/asset-costs/{cost_id}/undoing",
    operation_id="ip_ledger_undo_cost",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("A094", "X07")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "REVERSAL_OF_REVERSAL", "ALREADY_REVERSED",
        "REVERSAL_BEFORE_ORIGINAL", "DAY_IN_FUTURE", "PERIOD_CLOSED", "ACCOUNT_OVERDRAWN",
        "AMOUNT_TOO_LARGE", "BEFORE_OPENING"),
)  # fmt: skip
async def undo(
    cost_id: UUID, body: CostUndoingIn, actor: CurrentActor, today: Today, session: Transaction
) -> AssetCostOut:
    """Undo a cost that was written down wrongly; its money can be spent again."""
    row = await actions.undo(
        session, actor, cost_id, body.reason, body.effective_on or today, today
    )
    return _cost(row)


@router.get(
    "/asset-costs",
    operation_id="ip_ledger_list_costs",
    openapi_extra=access("member", "official", tenant="who may see the right", rules=("A094",)),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_costs(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    asset_id: Annotated[UUID | None, Query(description="On one right.")] = None,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
) -> Page[AssetCostOut]:
    """List what was spent on rights, the latest written down first."""
    rows, cursor = await paginate(
        session,
        queries.visible_costs(actor, today, asset_id, center_id),
        page,
        keys=[col(AssetCost.id).desc()],
        filters={"asset_id": asset_id, "center_id": center_id},
    )
    return Page(items=[_cost(row) for row in rows], next_cursor=cursor)


@router.get(
    "/money-trails/{subject}/{subject_id}",
    operation_id="ip_ledger_follow_money",
    openapi_extra=access("member", "official", tenant=SEERS, rules=("A094", "A053")),
    responses=problems("NOT_FOUND", "AMOUNT_TOO_LARGE"),
)
async def follow(
    subject: TrailSubject,
    subject_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    as_of: AsOf = None,
) -> MoneyTrailOut:
    """Follow money from contribution to cost to asset to revenue to payout, and back.

    An income goes back to those who had paid for its right by the day on which it came in, by what
    each had paid; the parts sum to it exactly. What nobody is known to have paid stands by itself.
    """
    if subject is TrailSubject.ASSET:
        trail = await trail_queries.of_asset(session, actor, subject_id, today, as_of)
    elif subject is TrailSubject.REVENUE:
        trail = await trail_queries.of_revenue(session, actor, subject_id, today, as_of)
    else:
        trail = await trail_queries.of_contribution(session, actor, subject_id, as_of)
    return _trail(subject, subject_id, trail)


def _trail(subject: TrailSubject, subject_id: UUID, trail: Trail) -> MoneyTrailOut:
    spent = trail_rules.sums_by_source(trail.costs)
    earned = trail_rules.sums_by_source(trail.income)
    # Each sum is one that clients can read exactly; no part of it is larger.
    for total in (sum(spent.values()), sum(one.row.net_fen for one in trail.income)):
        require(balance_checks(total))
    scope = trail.seen if trail.scope is None else trail.scope
    shown = [one for key, one in trail.origins.items() if key in scope and key in trail.seen]
    return MoneyTrailOut(
        subject=subject,
        subject_id=subject_id,
        center_id=trail.center_id,
        sources=[_source(one, spent, earned) for one in sorted(shown, key=_by_day)],
        costs=[_trail_cost(one, trail) for one in trail.costs],
        income=[_trail_income(one, trail) for one in trail.income],
        sums=_sums(trail, spent, earned),
    )


def _by_day(one: Origin) -> tuple[str, str]:
    return one.received_on.isoformat(), str(one.source_id)


def _source(
    one: Origin, spent: Mapping[UUID | None, int], earned: Mapping[UUID | None, int]
) -> TrailSourceOut:
    return TrailSourceOut(
        source_id=one.source_id,
        kind=one.kind,
        contribution_id=one.contribution_id,
        org_id=one.org_id,
        received=fen(one.received_fen),
        received_on=one.received_on,
        held_in_trust=one.held_in_trust,
        spent=fen(spent.get(one.source_id, 0)),
        earned=fen(earned.get(one.source_id, 0)),
    )


def _trail_cost(one: Followed[Spent], trail: Trail) -> TrailCostOut:
    row = trail.rows[one.row.cost_id]
    own, others, nobody = trail_rules.masked(one.parts, trail.seen)
    return TrailCostOut(
        cost_id=row.id,
        asset_id=row.asset_id,
        kind=row.kind,
        spent_on=row.spent_on,
        amount=fen(row.amount_fen),
        in_scope=fen(one.within(trail.scope)),
        held_in_trust=row.trustee_org_id is not None,
        sources=_parts(own),
        by_others=fen(others),
        unattributed=fen(nobody),
    )


def _trail_income(one: Followed[Earned], trail: Trail) -> TrailIncomeOut:
    row = one.row
    own, others, nobody = trail_rules.masked(one.parts, trail.seen)
    return TrailIncomeOut(
        event_id=row.event_id,
        asset_id=row.asset_id,
        received_on=row.received_on,
        net=fen(row.net_fen),
        in_scope=fen(one.within(trail.scope)),
        held_in_trust=row.trustee_id is not None,
        sources=_parts(own),
        by_others=fen(others),
        unattributed=fen(nobody),
        payees=[PayeePartOut(payee_id=key, amount=fen(part)) for key, part in row.paid.items()],
        unpaid=fen(row.unpaid_fen),
    )


def _parts(parts: Mapping[UUID, int]) -> list[SourcePartOut]:
    return [SourcePartOut(source_id=key, amount=fen(parts[key])) for key in sorted(parts)]


def _sums(
    trail: Trail, spent: Mapping[UUID | None, int], earned: Mapping[UUID | None, int]
) -> TrailSumsOut:
    scope = trail.scope
    unspent = None
    if scope is not None:
        received = sum(trail.origins[key].received_fen for key in scope)
        unspent = fen(received - sum(spent.get(key, 0) for key in scope))
    return TrailSumsOut(
        spent=fen(sum(one.within(scope) for one in trail.costs)),
        spent_unattributed=fen(spent.get(None, 0) if scope is None else 0),
        earned=fen(sum(one.within(scope) for one in trail.income)),
        earned_unattributed=fen(earned.get(None, 0) if scope is None else 0),
        paid=fen(sum(sum(one.row.paid.values()) for one in trail.income)),
        unpaid=fen(sum(one.row.unpaid_fen for one in trail.income)),
        unspent=unspent,
    )


def _cost(row: AssetCost) -> AssetCostOut:
    return AssetCostOut.model_validate(
        {**row.model_dump(), "amount": fen(row.amount_fen), "evidence": row.evidence_ids}
    )
