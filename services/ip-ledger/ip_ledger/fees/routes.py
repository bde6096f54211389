"""Fees of rights over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.fees import (
    actions,
    queries,
    restoration_routes,
    rules,
    schedule_rules,
    tariff_queries,
    tariff_routes,
    tariff_rules,
)
from ip_ledger.fees.rules import FeeState, Payment
from ip_ledger.fees.schedule_rules import Relief
from ip_ledger.fees.schemas import FeePaymentIn, FeePlanOut, FeeScheduleOut, RightFeeOut
from ip_ledger.fees.tables import RightFee
from shared.directory import working_days
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
from shared.http.schemas import Money, fen
from shared.rules import found

router = Router(prefix="/v1/ip-ledger", tags=["assets"])
ROUTERS: Final = (router, *restoration_routes.ROUTERS, *tariff_routes.ROUTERS)

SEERS: Final = "who may see the right"


@router.post(
    "/assets/{asset_id}/fee-payments",
    operation_id="ip_ledger_pay_fee",
    status_code=201,
    openapi_extra=access(
        "member", tenant="an owner, the centre's operator or lead sponsor", rules=("A043",)
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "PARTY_UNKNOWN", "FEE_NOT_OWED", "FEE_GRACE_OVER",
        "FEE_MISMATCH", "DAY_IN_FUTURE", "BEFORE_ASSET", "FIELD_INVALID", "FIELD_MISSING",
        "COST_EXCEEDED", "SOURCE_UNKNOWN", "SOURCE_SPENT", "SPENT_BEFORE_RECEIVED",
        "PARTY_REPEATED", "PERIOD_CLOSED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE",
        "CONSORTIUM_NOT_REGISTERED", "CURRENCY_NOT_CNY", "EXTERNAL_ID_MISMATCH", "BEFORE_OPENING",
        "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(FeePaymentIn))],
)  # fmt: skip
async def pay(
    asset_id: UUID,
    body: FeePaymentIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> RightFeeOut:
    """Report that the fee that is owed next was paid; it keeps the right alive."""
    payment = Payment(
        number=body.number,
        paid_on=body.paid_on,
        amount_fen=body.amount.amount,
        relief=body.relief,
        payer_id=body.payer_org_id or tenancy.own_organization(actor),
        evidence=tuple(body.evidence),
        sources=tuple((one.source_id, one.amount.amount) for one in body.sources),
    )
    paid = await actions.pay(session, actor, asset_id, payment, today)
    return _shown(paid.fee)


@router.get(
    "/assets/{asset_id}/fee-schedule",
    operation_id="ip_ledger_get_fee_schedule",
    openapi_extra=access("member", "official", tenant=SEERS, rules=("A043",)),
    responses=problems("NOT_FOUND"),
)
async def get_schedule(
    asset_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> FeeScheduleOut:
    """Show every fee of a right by law, which are settled, and what the next comes to today."""
    asset = await assets.visible_asset(session, actor, asset_id, today)
    tariffs = await tariff_queries.in_force(session)
    schedules = tariff_rules.schedules_of(tariffs, asset.jurisdiction, asset.kind)
    if not schedules:
        law = schedule_rules.WITHOUT_FEES.get(asset.kind)
        return FeeScheduleOut(
            asset_id=asset.id, law=law, counted_from=None, grace_months=None, ends_with=None,
            is_known=law is not None, is_confirmed=law is not None, tariff_id=None, fees=[],
        )  # fmt: skip
    calendar = await working_days(session)
    rows = {row.number: row for row in await queries.fees_of(session, asset.id)}
    current = schedule_rules.schedule_on(schedules, today) or schedules[-1]
    fees = schedule_rules.fees_of(schedules, asset.filed_on, asset.granted_on, calendar)
    first = fees[0].number if fees else 0
    plans = []
    for fee in fees:
        row = rows.get(fee.number)
        owed = row is not None and row.state in rules.OWED
        judged = found(schedule_rules.schedule_on(schedules, fee.statutory_on))
        owed_fen = schedule_rules.owed_fen(judged, fee, Relief.NONE, first, today)
        plans.append(
            FeePlanOut(
                number=fee.number,
                due_on=row.due_on if row else fee.due_on,
                grace_until=row.grace_until if row else fee.grace_until,
                amount=_money(fee.amount_fen),
                law=judged.law,
                tariff_id=judged.tariff_id,
                state=row.state if row else None,
                owed_today=_money(owed_fen) if owed else None,
            )
        )
    return FeeScheduleOut(
        asset_id=asset.id,
        law=current.law,
        counted_from=current.counted_from,
        grace_months=current.grace_months,
        ends_with=current.ends_with,
        is_known=True,
        is_confirmed=current.is_confirmed,
        tariff_id=current.tariff_id,
        fees=plans,
    )


@router.get(
    "/right-fees",
    operation_id="ip_ledger_list_fees",
    openapi_extra=access("member", "official", tenant=SEERS, rules=("A043",)),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_fees(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    state: Annotated[FeeState | None, Query(description="In one state.")] = None,
) -> Page[RightFeeOut]:
    """List the fees of rights, the earliest due first."""
    rows, cursor = await paginate(
        session,
        queries.visible_fees(actor, today, center_id, state),
        page,
        keys=[col(RightFee.due_on), col(RightFee.id)],
        filters={"center_id": center_id, "state": state},
    )
    return Page(items=[_shown(row) for row in rows], next_cursor=cursor)


def _money(amount_fen: int | None) -> Money | None:
    return None if amount_fen is None else fen(amount_fen)


def _shown(row: RightFee) -> RightFeeOut:
    return RightFeeOut.model_validate(
        {
            **row.model_dump(),
            "amount": _money(row.amount_fen),
            "paid": _money(row.paid_fen),
            "surcharge": fen(row.surcharge_fen),
            "evidence": row.evidence_ids,
        }
    )
