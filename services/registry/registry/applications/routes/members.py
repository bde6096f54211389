"""How who has confirmed leaves a candidate centre before its listing."""

from uuid import UUID

from fastapi import Response

from registry.applications import actions
from registry.memberships.schemas import MembershipDetailOut, SteppingBackIn
from shared.http import CurrentActor, Now, Router, Transaction, access, problems, tagged

router = Router(prefix="/v1/registry/memberships/{membership_id}", tags=["memberships"])


@router.post(
    "/step-back",
    operation_id="registry_step_back_from_membership",
    openapi_extra=access("member", tenant="the organization that confirmed", rules=("A049",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def step_back(
    membership_id: UUID,
    body: SteppingBackIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
    response: Response,
) -> MembershipDetailOut:
    """Leave a candidate centre before its listing, at once; afterwards notice is given instead.

    A case under review is held until its reviewer has looked at it again.
    """
    membership = await actions.step_back(session, actor, membership_id, body.reason, now)
    tagged(response, membership.version)
    return MembershipDetailOut.model_validate(membership)
