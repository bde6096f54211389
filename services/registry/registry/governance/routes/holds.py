"""Holds on centres: what waits, who looks again, and who decides."""

from uuid import UUID

from registry.governance import actions, queries
from registry.governance.routes.common import OFFICIALS, OWN, PREFIX, TAGS, center_to_read
from registry.governance.rules import HoldEvent
from registry.governance.schemas.holds import (
    CenterHoldListOut,
    CenterHoldOut,
    CenterRatingListOut,
    CenterRatingOut,
    HoldDecisionIn,
    HoldExaminationIn,
)
from shared.http import CurrentActor, Now, Reading, Router, Transaction, access, problems

centers = Router(prefix=PREFIX, tags=TAGS)
holds = Router(prefix="/v1/registry/center-holds", tags=TAGS)
ROUTERS = (centers, holds)
ROWS = ("X14", "A131", "A133")


@centers.get(
    "/holds",
    operation_id="registry_list_center_holds",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=ROWS),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def list_holds(center_id: UUID, actor: CurrentActor, session: Reading) -> CenterHoldListOut:
    """List what keeps a centre's next steps up, and what once did."""
    center = await center_to_read(session, actor, center_id)
    rows = await queries.holds_of(session, center.id)
    return CenterHoldListOut(items=[CenterHoldOut.model_validate(row) for row in rows])


@centers.get(
    "/ratings",
    operation_id="registry_list_center_ratings",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A102", "X05")),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def list_ratings(
    center_id: UUID, actor: CurrentActor, session: Reading
) -> CenterRatingListOut:
    """List the ratings on which a centre's steps may rest, those taken over with it marked."""
    center = await center_to_read(session, actor, center_id)
    rows = await queries.rating_rows(session, center.id)
    return CenterRatingListOut(items=[CenterRatingOut.model_validate(row) for row in rows])


@holds.post(
    "/{hold_id}/examination",
    operation_id="registry_examine_center_hold",
    openapi_extra=access("reviewer", tenant=OFFICIALS, rules=(*ROWS, "X03")),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def examine(
    hold_id: UUID, body: HoldExaminationIn, actor: CurrentActor, now: Now, session: Transaction
) -> CenterHoldOut:
    """Say whether what rests on the result stands; a second person decides where two did."""
    hold = await actions.examine_hold(session, actor, hold_id, body.outcome, body.text, now)
    return CenterHoldOut.model_validate(hold)


@holds.post(
    "/{hold_id}/decision",
    operation_id="registry_decide_center_hold",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=(*ROWS, "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def decide(
    hold_id: UUID, body: HoldDecisionIn, actor: CurrentActor, now: Now, session: Transaction
) -> CenterHoldOut:
    """Lift a hold as it was examined, or have it examined again."""
    event = HoldEvent(body.decision.value)
    hold = await actions.decide_hold(session, actor, hold_id, event, body.reason, now)
    return CenterHoldOut.model_validate(hold)
