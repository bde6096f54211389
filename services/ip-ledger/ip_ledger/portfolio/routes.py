"""Declared rights, plans of rights and what protects them, over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.portfolio import actions, queries, rules
from ip_ledger.portfolio.rules import Place
from ip_ledger.portfolio.schemas import (
    AssetBranchIn,
    AssetBranchOut,
    BackgroundRightIn,
    BackgroundRightOut,
    InLicenseIn,
    LayoutLineOut,
    LayoutPlanIn,
    LayoutPlanOut,
    ProtectionEventIn,
    ProtectionEventOut,
)
from ip_ledger.portfolio.tables import BackgroundRight, ProtectionEvent
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    IfMatch,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import fen

router = Router(prefix="/v1/ip-ledger", tags=["assets"])
ROUTERS: Final = (router,)

MEMBERS: Final = "the centre's members, officials"
LEADING: Final = "the centre's operator or lead sponsor"
PlanYear = Annotated[int, Path(ge=2016, le=2200, description="The year of filing.")]


@router.post(
    "/background-rights",
    operation_id="ip_ledger_declare_background_right",
    status_code=201,
    openapi_extra=access("member", tenant="an owner of the asset", rules=("A088",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "NOT_BACKGROUND", "ALREADY_EXISTS"),
)
async def declare(
    body: BackgroundRightIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> BackgroundRightOut:
    """Declare a right that one's own organization brought into the centre."""
    row = await actions.declare(session, actor, body.asset_id, body.scope, body.restrictions, today)
    tagged(response, row.version)
    return (await _rights(session, [row], today))[0]


@router.post(
    "/background-rights/{right_id}/license",
    operation_id="ip_ledger_license_background_right",
    openapi_extra=access(
        "member", tenant="who declared it; the centre's operator or lead sponsor", rules=("A088",)
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "PRECONDITION_REQUIRED",
        "LICENSE_MISMATCH", "STATE_CONFLICT",
    ),
)  # fmt: skip
async def license_in(
    right_id: UUID,
    body: InLicenseIn,
    actor: CurrentActor,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> BackgroundRightOut:
    """Name the license by which the centre uses a declared right."""
    row = await actions.license_in(
        session, actor, right_id, body.license_id, version=version, today=today
    )
    tagged(response, row.version)
    return (await _rights(session, [row], today))[0]


@router.get(
    "/background-rights",
    operation_id="ip_ledger_list_background_rights",
    openapi_extra=access("member", "official", tenant=MEMBERS, rules=("A088",)),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_rights(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
) -> Page[BackgroundRightOut]:
    """List what members brought in, and whether the centre may use it."""
    rows, cursor = await paginate(
        session,
        queries.visible_rights(actor, today, center_id),
        page,
        keys=[col(BackgroundRight.id)],
        filters={"center_id": center_id},
    )
    return Page(items=await _rights(session, rows, today), next_cursor=cursor)


async def _rights(
    session: AsyncSession, rows: Sequence[BackgroundRight], today: date
) -> list[BackgroundRightOut]:
    named = {row.license_id for row in rows if row.license_id is not None}
    standing = await queries.licensed(session, named, today) if named else set()
    return [
        BackgroundRightOut.model_validate(
            {**row.model_dump(), "licensed": row.license_id in standing}
        )
        for row in rows
    ]


@router.put(
    "/layout-plans/{center_id}/{year}",
    operation_id="ip_ledger_plan_layout",
    openapi_extra=access("member", tenant=LEADING, rules=("A026",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "PRECONDITION_REQUIRED",
        "PLAN_LINE_REPEATED",
    ),
)  # fmt: skip
async def plan_layout(
    center_id: UUID,
    year: PlanYear,
    body: LayoutPlanIn,
    actor: CurrentActor,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> LayoutPlanOut:
    """Write the next version of a year's plan; `If-Match: "0"` for the first."""
    lines = [
        (Place(one.branch, one.jurisdiction.upper(), one.kind), one.planned) for one in body.lines
    ]
    plan = await actions.plan_layout(
        session, actor, center_id, year, lines, version=version, today=today
    )
    tagged(response, plan.version)
    return await _layout(session, center_id, year)


@router.get(
    "/layout-plans/{center_id}/{year}",
    operation_id="ip_ledger_get_layout",
    openapi_extra=access("member", "official", tenant=MEMBERS, rules=("A026",)),
    responses=problems("NOT_FOUND"),
)
async def get_layout(
    center_id: UUID,
    year: PlanYear,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    response: Response,
) -> LayoutPlanOut:
    """Lay what was filed in a year beside what was planned, by branch, country and kind."""
    center = await tenancy.readable_center(session, actor, center_id, today)
    shown = await _layout(session, center.id, year)
    tagged(response, shown.version)
    return shown


async def _layout(session: AsyncSession, center_id: UUID, year: int) -> LayoutPlanOut:
    plan = await queries.latest_plan(session, center_id, year)
    planned = {} if plan is None else await queries.planned(session, plan.id)
    filed = await queries.filed(session, center_id, date(year, 1, 1), date(year, 12, 31))
    return LayoutPlanOut(
        center_id=center_id,
        year=year,
        version=0 if plan is None else plan.version,
        lines=[
            LayoutLineOut(
                branch=one.place.branch,
                jurisdiction=one.place.jurisdiction,
                kind=one.place.kind,
                planned=one.planned,
                filed=len(one.asset_ids),
                missing=max(0, one.planned - len(one.asset_ids)),
                asset_ids=list(one.asset_ids),
            )
            for one in rules.compared(planned, ((place, id_) for place, id_, _ in filed))
        ],
        planned=sum(planned.values()),
        filed=len(filed),
        families=len({family_id for _, _, family_id in filed}),
    )


@router.put(
    "/assets/{asset_id}/branch",
    operation_id="ip_ledger_place_asset",
    openapi_extra=access("member", tenant=LEADING, rules=("A026",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def place_asset(
    asset_id: UUID, body: AssetBranchIn, actor: CurrentActor, today: Today, session: Transaction
) -> AssetBranchOut:
    """Say to which branch of the technology an asset belongs, for the plan of rights."""
    row = await actions.place_asset(session, actor, asset_id, body.branch, today)
    return AssetBranchOut.model_validate(row)


@router.post(
    "/protection-events",
    operation_id="ip_ledger_report_protection",
    status_code=201,
    openapi_extra=access("member", tenant="an owner, or who acts for the centre", rules=("A043",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "BEFORE_ASSET", "DAY_IN_FUTURE", "DAYS_REVERSED",
        "PROTECTION_INCOMPLETE", "CURRENCY_NOT_CNY", "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(ProtectionEventIn))],
)  # fmt: skip
async def report_protection(
    body: ProtectionEventIn, actor: CurrentActor, today: Today, session: Transaction
) -> ProtectionEventOut:
    """Report an infringement, an attack on a right, a pledge or an insurance."""
    one = actions.NewProtection(
        body.asset_id,
        body.kind,
        body.occurred_on,
        body.until_on,
        body.counterparty,
        body.outcome,
        None if body.amount is None else body.amount.amount,
        tuple(body.evidence),
    )
    return _event(await actions.report_protection(session, actor, one, today))


@router.get(
    "/protection-events",
    operation_id="ip_ledger_list_protection",
    openapi_extra=access("member", "official", tenant="who may see the asset", rules=("A043",)),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_protection(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    asset_id: Annotated[UUID | None, Query(description="About one right.")] = None,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
) -> Page[ProtectionEventOut]:
    """List what protects or uses rights, the latest reported first."""
    rows, cursor = await paginate(
        session,
        queries.visible_protection(actor, today, asset_id, center_id),
        page,
        keys=[col(ProtectionEvent.id).desc()],
        filters={"asset_id": asset_id, "center_id": center_id},
    )
    return Page(items=[_event(row) for row in rows], next_cursor=cursor)


def _event(row: ProtectionEvent) -> ProtectionEventOut:
    return ProtectionEventOut.model_validate(
        {
            **row.model_dump(),
            "amount": None if row.amount_fen is None else fen(row.amount_fen),
            "evidence": row.evidence_ids,
        }
    )
