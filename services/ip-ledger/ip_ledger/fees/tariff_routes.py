"""Tariffs of offices over HTTP."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from ip_ledger.fees import tariff_actions as actions
from ip_ledger.fees import tariff_queries as queries
from ip_ledger.fees.tables import FeeTariff
from ip_ledger.fees.tariff_actions import NewTariff
from ip_ledger.fees.tariff_rules import TariffState
from ip_ledger.fees.tariff_schemas import Office, TariffIn, TariffOut, TariffScheduleIn
from shared.http import (
    CurrentActor,
    IfMatch,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import fen

router = Router(prefix="/v1/ip-ledger/fee-tariffs", tags=["assets"])
ROUTERS: Final = (router,)

READERS: Final = ("member", "official", "service")
SEERS: Final = "what is or was in force for all; the rest for officials"
OFFICE: Final = "officials"


@router.post(
    "",
    operation_id="ip_ledger_propose_fee_tariff",
    status_code=201,
    openapi_extra=access("handler", tenant=OFFICE, rules=("A043", "X03")),
    responses=problems(
        "FIELD_INVALID",
        "DAYS_OUT_OF_ORDER",
        "EFFECTIVE_TOO_EARLY",
        "STATE_CONFLICT",
        "CURRENCY_NOT_CNY",
    ),
)
async def propose(
    body: TariffIn, actor: CurrentActor, now: Now, session: Transaction, response: Response
) -> TariffOut:
    """Propose the next version of an office's tariff; another official lets it into force."""
    new = NewTariff(
        **body.model_dump(
            include={
                "jurisdiction", "title", "law", "effective_from", "is_confirmed", "note",
            }
        ),
        legal_bases=tuple(one.model_dump() for one in body.legal_bases),
        reliefs={relief.value: ppm for relief, ppm in body.reliefs.items()},
        schedules=tuple(_kept(one) for one in body.schedules),
    )  # fmt: skip
    return _answer(response, await actions.propose(session, actor, new, now))


def _kept(one: TariffScheduleIn) -> dict[str, Any]:
    fees = [
        {
            "number": fee.number,
            "after_months": fee.after_months,
            "amount_fen": fee.amount.amount if fee.amount else None,
        }
        for fee in one.fees
    ]
    return {**one.model_dump(mode="json", exclude={"fees"}), "fees": fees}


@router.get(
    "",
    operation_id="ip_ledger_list_fee_tariffs",
    openapi_extra=access(*READERS, tenant=SEERS, rules=("A043",)),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_tariffs(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    jurisdiction: Annotated[Office | None, Query(description="Of one office.")] = None,
    state: Annotated[TariffState | None, Query(description="In one state.")] = None,
) -> Page[TariffOut]:
    """List versions of tariffs by office, the latest first."""
    rows, cursor = await paginate(
        session,
        queries.visible_tariffs(actor, jurisdiction, state),
        page,
        keys=[col(FeeTariff.effective_from).desc(), col(FeeTariff.id).desc()],
        filters={"jurisdiction": jurisdiction, "state": state},
    )
    return Page(items=[_shown(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{tariff_id}",
    operation_id="ip_ledger_get_fee_tariff",
    openapi_extra=access(*READERS, tenant=SEERS, rules=("A043",)),
    responses=problems("NOT_FOUND"),
)
async def get_tariff(
    tariff_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> TariffOut:
    """Show a version of a tariff."""
    return _answer(response, await queries.visible_tariff(session, actor, tariff_id))


@router.post(
    "/{tariff_id}/approve",
    operation_id="ip_ledger_approve_fee_tariff",
    openapi_extra=access("approver", tenant=OFFICE, rules=("A043", "X03")),
    responses=problems(
        "NOT_FOUND", "SOD_VIOLATION", "VERSION_CONFLICT", "STATE_CONFLICT", "EFFECTIVE_TOO_EARLY"
    ),
)
async def approve(
    tariff_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    now: Now,
    session: Transaction,
    response: Response,
) -> TariffOut:
    """Let a version come into force on its day; the one before it ends the day before."""
    row = await actions.approve(session, actor, tariff_id, version=version, now=now)
    return _answer(response, row)


@router.post(
    "/{tariff_id}/withdraw",
    operation_id="ip_ledger_withdraw_fee_tariff",
    openapi_extra=access("handler", "approver", tenant=OFFICE, rules=("A043",)),
    responses=problems("NOT_FOUND", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def withdraw(
    tariff_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> TariffOut:
    """Give a proposal up."""
    return _answer(response, await actions.withdraw(session, actor, tariff_id, version=version))


def _answer(response: Response, row: FeeTariff) -> TariffOut:
    tagged(response, row.version)
    return _shown(row)


def _shown(row: FeeTariff) -> TariffOut:
    schedules = [
        {
            **one,
            "fees": [
                {**fee, "amount": None if fee["amount_fen"] is None else fen(fee["amount_fen"])}
                for fee in one["fees"]
            ],
        }
        for one in row.schedules
    ]
    return TariffOut.model_validate({**row.model_dump(), "schedules": schedules})
