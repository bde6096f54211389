"""The gate from stage to stage: what is missing, and the step itself."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from registry.centers.queries import center_seen, center_seen_for_update
from registry.centers.rules import AgreementFacts, Stage
from registry.centers.schemas import CenterOut, StageChangeIn
from registry.governance import actions, clients
from registry.governance.routes.common import OWN, PREFIX, TAGS, center_to_read
from shared.http import (
    CurrentActor,
    CurrentWork,
    Language,
    Now,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    problems,
    readiness_of,
    tagged,
)
from shared.http.schemas import Readiness

router = Router(prefix=PREFIX, tags=TAGS)


async def agreement_now(
    center_id: UUID, actor: CurrentActor, today: Today, services: Services, work: CurrentWork
) -> AgreementFacts:
    """Ask for the agreement in force of a centre that the caller may see."""
    async with work.sessions.reading() as session:
        await center_seen(session, actor, center_id)
    return await clients.agreement_facts(services, center_id, today)


AgreementNow = Annotated[AgreementFacts, Depends(agreement_now)]


@router.get(
    "/readiness",
    operation_id="registry_read_center_readiness",
    openapi_extra=access(
        "member", "official", tenant=OWN, rules=("A056", "A076", "A080", "A084", "A085")
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def read_readiness(
    center_id: UUID,
    agreement: AgreementNow,
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Reading,
    to: Annotated[Stage, Query(description="The stage to enter.")] = Stage.PILOT,
) -> Readiness:
    """Tell every rule of a step to another stage, met or not."""
    center = await center_to_read(session, actor, center_id)
    checks = await actions.stage_checks(session, center, to, agreement, today)
    return Readiness(
        ready=not any(check.refuses for check in checks),
        next_step=f"stage_change:{to.value}",
        who_acts="approver",
        due_on=center.entity_due_on if center.legal_entity_id is None else None,
        checks=readiness_of(checks, language),
    )


@router.post(
    "/stage-changes",
    operation_id="registry_change_stage",
    openapi_extra=access(
        "member",
        "approver",
        tenant="the centre itself into the pilot stage, approvers otherwise",
        rules=("A053", "A056", "A076", "A080", "A084", "A085"),
    ),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "CONSORTIUM_NOT_REGISTERED",
        "GOV_BODY_COMPOSITION",
        "PLAN_PART_MISSING",
        "PLAN_NOT_APPROVED",
        "IP_AGREEMENT_MISSING",
        "STATE_CONFLICT",
    ),
)
async def change_stage(
    center_id: UUID,
    body: StageChangeIn,
    agreement: AgreementNow,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
    response: Response,
) -> CenterOut:
    """Move a centre to another stage when everything that the stage asks for stands."""
    center = await center_seen_for_update(session, actor, center_id)
    await actions.change_stage(
        session, actor, center, body.to, body.reason, agreement=agreement, today=today, now=now
    )
    tagged(response, center.version)
    return CenterOut.model_validate(center)
