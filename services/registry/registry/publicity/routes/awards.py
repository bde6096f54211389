"""Awards: nominated, reviewed, approved by another, published."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from registry.publicity import actions, queries
from registry.publicity.commands import NewAward
from registry.publicity.routes.items import EVERYONE, OFFICIALS, OWN, SEEN
from registry.publicity.rules import AwardEvent, AwardState
from registry.publicity.schemas import AwardApprovalIn, AwardIn, AwardOut, PublicityReasonIn
from registry.publicity.tables import Award
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
)

DECIDED: Final = ("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT")

router = Router(prefix="/v1/registry/awards", tags=["publicity"])


@router.post(
    "",
    status_code=201,
    operation_id="registry_nominate_award",
    openapi_extra=access("member", "handler", tenant=OWN, rules=("A151",)),
    responses=problems("NOT_FOUND", "LAUREATE_UNCLEAR", "STATE_CONFLICT"),
)
async def nominate_award(
    body: AwardIn, actor: CurrentActor, now: Now, session: Transaction
) -> AwardOut:
    """Nominate a person or an organization for an award."""
    new = NewAward(**body.model_dump())
    return AwardOut.model_validate(await actions.nominate_award(session, actor, new, now))


@router.get(
    "",
    operation_id="registry_list_awards",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A151", "X04")),
    responses=problems(),
)
async def list_awards(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Of this centre.")] = None,
    state: Annotated[AwardState | None, Query(description="In this state.")] = None,
) -> Page[AwardOut]:
    """List awards, newest first."""
    rows, cursor = await paginate(
        session,
        queries.awards(actor, center_id=center_id, state=state),
        page,
        keys=[col(Award.id).desc()],
        filters={"center_id": center_id, "state": state},
    )
    return Page(items=[AwardOut.model_validate(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{award_id}",
    operation_id="registry_read_award",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A151", "X04")),
    responses=problems("NOT_FOUND"),
)
async def read_award(award_id: UUID, actor: CurrentActor, session: Reading) -> AwardOut:
    """Read an award."""
    return AwardOut.model_validate(await queries.award_seen(session, actor, award_id))


@router.post(
    "/{award_id}/review",
    operation_id="registry_review_award",
    openapi_extra=access("reviewer", tenant=OFFICIALS, rules=("A151", "X03")),
    responses=problems(*DECIDED),
)
async def review_award(
    award_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> AwardOut:
    """Find a nomination worth approving."""
    return AwardOut.model_validate(
        await actions.move_award(session, actor, award_id, AwardEvent.REVIEW, today)
    )


@router.post(
    "/{award_id}/approve",
    operation_id="registry_approve_award",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A151", "X03")),
    responses=problems(*DECIDED),
)
async def approve_award(
    award_id: UUID,
    body: AwardApprovalIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> AwardOut:
    """Approve an award that somebody else reviewed."""
    return AwardOut.model_validate(
        await actions.move_award(
            session, actor, award_id, AwardEvent.APPROVE, today, doc_no=body.doc_no
        )
    )


@router.post(
    "/{award_id}/publish",
    operation_id="registry_publish_award",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A151",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def publish_award(
    award_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> AwardOut:
    """Publish an approved award."""
    return AwardOut.model_validate(
        await actions.move_award(session, actor, award_id, AwardEvent.PUBLISH, today)
    )


@router.post(
    "/{award_id}/rejection",
    operation_id="registry_reject_award",
    openapi_extra=access("reviewer", "approver", tenant=OFFICIALS, rules=("A151", "X03")),
    responses=problems(*DECIDED),
)
async def reject_award(
    award_id: UUID,
    body: PublicityReasonIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> AwardOut:
    """Reject a nomination that is not approved."""
    return AwardOut.model_validate(
        await actions.move_award(
            session, actor, award_id, AwardEvent.REJECT, today, reason=body.reason
        )
    )
