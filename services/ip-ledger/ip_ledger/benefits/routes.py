"""Membership benefits over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from sqlmodel import col

from ip_ledger.benefits import actions, queries
from ip_ledger.benefits.rules import Pool
from ip_ledger.benefits.schemas import BenefitDivisionIn, BenefitDivisionOut, BenefitLineOut
from ip_ledger.benefits.tables import BenefitDivision
from ip_ledger.undone import undoing_of
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

router = Router(prefix="/v1/ip-ledger/benefit-divisions", tags=["distributions"])
ROUTERS: Final = (router,)


@router.post(
    "",
    operation_id="ip_ledger_divide_benefits",
    status_code=201,
    openapi_extra=access(
        "member", tenant="the centre's operator or lead sponsor", rules=("A086",),
        key_required=True,
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "DAY_IN_FUTURE", "DAYS_OUT_OF_ORDER",
        "IP_AGREEMENT_MISSING", "BENEFIT_SHARES_MISSING", "ALREADY_EXISTS", "PERIOD_CLOSED",
        "CONSORTIUM_NOT_REGISTERED", "IDEMPOTENCY_KEY_REQUIRED", "ACCOUNT_OVERDRAWN",
        "AMOUNT_TOO_LARGE", "CURRENCY_NOT_CNY", "BEFORE_OPENING", "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(BenefitDivisionIn))],
)  # fmt: skip
async def divide(
    body: BenefitDivisionIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    preview: Annotated[bool, Query(description="Compute and show, but write nothing.")] = False,  # noqa: FBT002 - a query flag
) -> BenefitDivisionOut:
    """Divide a year's pool by the agreement's shares of benefit; who left shares to its last day.

    The agreement names the method: by the days of the year, or by the day of each income.
    """
    session.info["preview"] = preview
    incomes = tuple((one.received_on, one.amount.amount) for one in body.incomes)
    new = actions.NewPool(
        center_id=body.center_id,
        external_id=body.external_id,
        pool=Pool(body.year, incomes),
        resolved_on=body.resolved_on,
        resolution_file_id=body.resolution_file_id,
    )
    return shown(await actions.divide(session, actor, new, today))


@router.get(
    "",
    operation_id="ip_ledger_list_benefit_divisions",
    openapi_extra=access("member", "official", tenant="parties, the centre, officials"),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_divisions(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
) -> Page[BenefitDivisionOut]:
    """List divided pools of membership benefits, the latest first."""
    rows, cursor = await paginate(
        session,
        queries.visible_divisions(actor, center_id),
        page,
        keys=[col(BenefitDivision.id).desc()],
        filters={"center_id": center_id},
    )
    return Page(items=[shown(row) for row in rows], next_cursor=cursor)


def shown(row: BenefitDivision) -> BenefitDivisionOut:
    """Show a divided pool, with how it was undone if it was."""
    lines = [
        BenefitLineOut.model_validate({**line, "amount": fen(line["amount_fen"])})
        for line in row.lines
    ]
    return BenefitDivisionOut.model_validate(
        {
            **row.model_dump(exclude={"lines"}),
            "pool": fen(row.pool_fen),
            "lines": lines,
            "undoing": undoing_of(row),
        }
    )
