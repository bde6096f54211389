"""Findings over HTTP."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.findings import actions, queries, rules
from evaluation.findings.clients import ShownAnswer
from evaluation.findings.schemas import (
    FindingClosureIn,
    FindingIn,
    FindingItemOut,
    FindingOut,
    FindingReturnIn,
    FindingStandingOut,
    FindingStepOut,
    StandingFindingOut,
)
from evaluation.findings.tables import ResultFinding
from shared.auth import Actor
from shared.http import (
    CurrentActor,
    Now,
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

cases = Router(prefix="/v1/evaluation/cases", tags=["findings"])
router = Router(prefix="/v1/evaluation/findings", tags=["findings"])
ROUTERS: Final = (cases, router)
OWN: Final = "officials all, those who run a centre its own"
READERS: Final = access("official", "member", tenant=OWN, rules=("A125", "X04"))
JUDGES: Final = access("handler", tenant="any case", rules=("A125", "X03"))


@cases.post(
    "/{case_id}/findings",
    operation_id="evaluation_raise_finding",
    status_code=201,
    openapi_extra=JUDGES,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "INDICATOR_UNKNOWN", "DAY_BEHIND", "SOD_VIOLATION"
    ),
)
async def raise_finding(
    case_id: UUID,
    body: FindingIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> FindingOut:
    """Write down what a published result found wanting, with the last day for an answer."""
    matter = actions.Matter(body.leaf, body.matter, body.due_on)
    row = await actions.raise_finding(session, actor, case_id, matter, now, today)
    return await _shown(session, actor, row, today, response)


@router.get(
    "",
    operation_id="evaluation_list_findings",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_findings(
    page: PageQuery,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Only of this centre.")] = None,
    case_id: Annotated[UUID | None, Query(description="Only of this case.")] = None,
    state: Annotated[rules.FindingState | None, Query(description="Only in this state.")] = None,
    *,
    overdue: Annotated[bool, Query(description="Only those whose last day is over.")] = False,
) -> Page[FindingItemOut]:
    """List findings, newest first."""
    statement = queries.findings_page(
        actor, center_id=center_id, case_id=case_id, state=state,
        overdue_on=today if overdue else None,
    )  # fmt: skip
    filters = {"center_id": center_id, "case_id": case_id, "state": state, "overdue": overdue}
    order = [col(ResultFinding.id).desc()]
    rows, next_cursor = await paginate(session, statement, page, order, filters)
    return Page(items=[_item(actor, row, today) for row in rows], next_cursor=next_cursor)


@router.get(
    "/standing",
    operation_id="evaluation_get_finding_standing",
    openapi_extra=access("service", tenant="any centre", rules=("A125",), internal=True),
    responses=problems("FORBIDDEN_SCOPE"),
)
async def get_standing(
    session: Reading, center_id: Annotated[UUID, Query(description="The centre.")]
) -> FindingStandingOut:
    """Tell which findings of a centre are not closed, for the re-check of its rectification."""
    rows = await queries.standing_of(session, center_id)
    waiting = [row for row in rows if row.state is not rules.FindingState.CLOSED]
    return FindingStandingOut(
        center_id=center_id,
        closed=len(rows) - len(waiting),
        open=[StandingFindingOut.model_validate(row) for row in waiting],
    )


@router.get(
    "/{finding_id}",
    operation_id="evaluation_get_finding",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_finding(
    finding_id: UUID, actor: CurrentActor, today: Today, response: Response, session: Reading
) -> FindingOut:
    """Show a finding with every step."""
    row = await queries.finding(session, actor, finding_id)
    return await _shown(session, actor, row, today, response)


@router.post(
    "/{finding_id}/answers",
    operation_id="evaluation_answer_finding",
    openapi_extra=access("member", tenant="a centre that one runs", rules=("A125", "X04")),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "FILE_UNKNOWN", "SOD_VIOLATION"
    ),
)
async def answer(
    finding_id: UUID,
    told: ShownAnswer,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> FindingOut:
    """Answer a finding with what was done and what shows it."""
    row = await actions.answer(
        session, actor, finding_id, told.body.words, told.evidence, now, today
    )
    return await _shown(session, actor, row, today, response)


@router.post(
    "/{finding_id}/returns",
    operation_id="evaluation_return_finding",
    openapi_extra=JUDGES,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "DAY_BEHIND", "SOD_VIOLATION"
    ),
)
async def send_back(
    finding_id: UUID,
    body: FindingReturnIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> FindingOut:
    """Send an answer back, with a reason and a new last day."""
    row = await actions.send_back(session, actor, finding_id, body.reason, body.due_on, now, today)
    return await _shown(session, actor, row, today, response)


@router.post(
    "/{finding_id}/closure",
    operation_id="evaluation_close_finding",
    openapi_extra=JUDGES,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "SOD_VIOLATION"),
)
async def close(
    finding_id: UUID,
    body: FindingClosureIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> FindingOut:
    """Close a finding whose answer is enough, by somebody who did not answer it."""
    row = await actions.close(session, actor, finding_id, body.words, now)
    return await _shown(session, actor, row, today, response)


def _item(actor: Actor, row: ResultFinding, today: date) -> FindingItemOut:
    return FindingItemOut(**_told(actor, row, today))


async def _shown(
    session: AsyncSession, actor: Actor, row: ResultFinding, today: date, response: Response
) -> FindingOut:
    tagged(response, row.version)
    steps = await queries.steps_of(session, row.id)
    return FindingOut(
        **_told(actor, row, today), steps=[FindingStepOut.model_validate(step) for step in steps]
    )


def _told(actor: Actor, row: ResultFinding, today: date) -> dict[str, Any]:
    """Tell of a finding; a centre deals with the office, and not with the person who judges it."""
    told = row.model_dump() | {"overdue": rules.is_late(row.state, row.due_on, today)}
    return told if actor.has("official") else told | {"raised_by": None}
