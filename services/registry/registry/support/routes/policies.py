"""The inventory of policies, and which of them are open to a centre."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from registry.centers.queries import center_seen
from registry.support import actions, queries
from registry.support.routes.plans import OFFICIALS
from registry.support.rules import Capability, MeasureKind
from registry.support.schemas import SupportPolicyEndIn, SupportPolicyIn, SupportPolicyOut
from registry.support.tables import SupportPolicy
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)
from shared.http.schemas import Day

EVERYONE: Final = ("member", "expert", "official", "agency", "service")

router = Router(prefix="/v1/registry/support-policies", tags=["support"])


@router.post(
    "",
    status_code=201,
    operation_id="registry_enter_support_policy",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A147",)),
    responses=problems("DAYS_OUT_OF_ORDER"),
)
async def enter_policy(
    body: SupportPolicyIn, actor: CurrentActor, now: Now, session: Transaction
) -> SupportPolicyOut:
    """Enter a policy that is open to centres."""
    return SupportPolicyOut.model_validate(
        await actions.enter_policy(session, actor, body.values(), now)
    )


@router.get(
    "",
    operation_id="registry_list_support_policies",
    openapi_extra=access(*EVERYONE, tenant="all see all; `center_id` is one seen", rules=("A147",)),
    responses=problems("NOT_FOUND"),
)
async def list_policies(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    center_id: Annotated[
        UUID | None, Query(description="Open to this centre's model, stage and fields.")
    ] = None,
    on: Annotated[Day | None, Query(description="In force on that day.")] = None,
    kind: Annotated[MeasureKind | None, Query(description="Of this kind.")] = None,
    capability: Annotated[
        Capability | None, Query(description="That build up this capability.")
    ] = None,
) -> Page[SupportPolicyOut]:
    """List the policies open to centres, newest first: with conditions and last day."""
    center = None if center_id is None else await center_seen(session, actor, center_id)
    rows, cursor = await paginate(
        session,
        queries.policies(center, on=on, kind=kind, capability=capability),
        page,
        keys=[col(SupportPolicy.id).desc()],
        filters={"center_id": center_id, "on": on, "kind": kind, "capability": capability},
    )
    return Page(items=[SupportPolicyOut.model_validate(row) for row in rows], next_cursor=cursor)


@router.post(
    "/{policy_id}/ending",
    operation_id="registry_end_support_policy",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A147",)),
    responses=problems("NOT_FOUND", "DAYS_OUT_OF_ORDER"),
)
async def end_policy(
    policy_id: UUID, body: SupportPolicyEndIn, actor: CurrentActor, session: Transaction
) -> SupportPolicyOut:
    """Say on which day a policy ends."""
    return SupportPolicyOut.model_validate(
        await actions.end_policy(session, actor, policy_id, body.valid_until, body.reason)
    )
