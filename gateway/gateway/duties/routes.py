"""The HTTP face of duties."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from sqlmodel import col

from gateway.duties import actions, queries
from gateway.duties.rules import Proposal, least_admins
from gateway.duties.schemas import DutyGrantIn, DutyGrantOut, DutyReasonIn
from gateway.duties.tables import DutyGrant
from shared.http import (
    CurrentActor,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)

router = Router(prefix="/v1/identity/duty-grants", tags=["identity"])
SEEN: Final = "an admin or auditor sees all, an official what concerns him"
RULES: Final = ("A099", "X02", "X03")
DECIDED: Final = problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT")


@router.post(
    "",
    status_code=201,
    operation_id="identity_propose_duties",
    openapi_extra=access("official", tenant=SEEN, rules=RULES),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "FIELD_INVALID", "FIELD_MISSING",
        "OFFICIAL_REQUIRED", "DUTY_HELD",
    ),
)  # fmt: skip
async def propose(body: DutyGrantIn, actor: CurrentActor, session: Transaction) -> DutyGrantOut:
    """Propose duties for an official, or lend one's own; an admin who is neither agrees."""
    proposal = Proposal(
        body.person_id, frozenset(body.duties), body.first_on, body.until_on, body.lent
    )
    return DutyGrantOut.model_validate(await actions.propose(session, actor, proposal, body.reason))


@router.get(
    "",
    operation_id="identity_list_duty_grants",
    openapi_extra=access("official", tenant=SEEN),
    responses=problems(),
)
async def list_grants(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    person_id: Annotated[UUID | None, Query(description="Only of this official.")] = None,
) -> Page[DutyGrantOut]:
    """List grants of duties, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.visible_grants(actor, person_id),
        page,
        keys=[col(DutyGrant.id).desc()],
        filters={"person_id": person_id},
    )
    return Page(items=[DutyGrantOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post(
    "/{grant_id}/confirm",
    operation_id="identity_confirm_duties",
    openapi_extra=access("admin", tenant=SEEN, rules=RULES),
    responses=DECIDED,
)
async def confirm(grant_id: UUID, actor: CurrentActor, session: Transaction) -> DutyGrantOut:
    """Agree to a proposal as the second person."""
    return DutyGrantOut.model_validate(await actions.confirm(session, actor, grant_id))


@router.post(
    "/{grant_id}/refuse",
    operation_id="identity_refuse_duties",
    openapi_extra=access("admin", tenant=SEEN, rules=RULES),
    responses=DECIDED,
)
async def refuse(
    grant_id: UUID, body: DutyReasonIn, actor: CurrentActor, session: Transaction
) -> DutyGrantOut:
    """Refuse a proposal."""
    return DutyGrantOut.model_validate(await actions.refuse(session, actor, grant_id, body.reason))


@router.post(
    "/{grant_id}/end",
    operation_id="identity_end_duties",
    openapi_extra=access("official", tenant=SEEN, rules=RULES),
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "ADMINS_TOO_FEW"),
)
async def end(
    grant_id: UUID, body: DutyReasonIn, actor: CurrentActor, session: Transaction, request: Request
) -> DutyGrantOut:
    """End what a grant gave: an admin any, an official what he lent, proposed or was given."""
    least = least_admins(by_two=request.app.state.settings.duties_by_two)
    ended = await actions.end(session, actor, grant_id, body.reason, least_admins=least)
    return DutyGrantOut.model_validate(ended)
