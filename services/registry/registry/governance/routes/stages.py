"""The gates from stage to stage: what is missing, who recommends, and the step itself."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from registry.centers.queries import center_seen, center_seen_for_update
from registry.centers.rules import Stage, Standing, next_stages
from registry.centers.schemas import CenterMovedOut, StageChangeIn
from registry.governance import actions, clients, queries, rules
from registry.governance.actions import StageStep
from registry.governance.answers import next_stage_out, readiness_out
from registry.governance.routes.common import OFFICIALS, OWN, PREFIX, TAGS, center_to_read
from registry.governance.rules import Told
from registry.governance.schemas.stages import (
    NextStagesOut,
    StageRecommendationIn,
    StageRecommendationListOut,
    StageRecommendationOut,
)
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
    tagged,
    warnings_of,
)
from shared.http.schemas import Readiness

router = Router(prefix=PREFIX, tags=TAGS)
TargetQuery = Annotated[
    Stage | None, Query(description="The stage to enter; the one that leads on when absent.")
]
GATE_ROWS = ("A053", "A056", "A076", "A080", "A084", "A085", "A102", "A123", "A133")


async def _told(
    work: CurrentWork,
    actor: CurrentActor,
    services: Services,
    center_id: UUID,
    steps: Callable[[Standing], set[Stage]],
    today: Today,
) -> Told:
    """Ask the neighbours about steps of a centre that the caller may see, before any transaction.

    `steps` names them by where the centre stands.
    """
    async with work.sessions.reading() as session:
        center = await center_seen(session, actor, center_id)
    return await clients.told_for(
        services, center_id, center.code, steps(center.standing), today, stage=center.stage
    )


async def told_about_target(
    center_id: UUID,
    actor: CurrentActor,
    today: Today,
    services: Services,
    work: CurrentWork,
    to: TargetQuery = None,
) -> Told:
    """Ask about the step that is judged: the one that leads on, where none is named."""
    return await _told(
        work, actor, services, center_id, lambda stood: {to or rules.onward(stood)}, today
    )


async def told_about_all(
    center_id: UUID, actor: CurrentActor, today: Today, services: Services, work: CurrentWork
) -> Told:
    """Ask about every step that the centre may take."""
    return await _told(
        work, actor, services, center_id, lambda stood: set(next_stages(stood)), today
    )


async def told_for_change(
    center_id: UUID,
    body: StageChangeIn,
    actor: CurrentActor,
    today: Today,
    services: Services,
    work: CurrentWork,
) -> Told:
    """Ask about the step that is taken."""
    return await _told(work, actor, services, center_id, lambda _: {body.to}, today)


async def told_for_recommendation(
    center_id: UUID,
    body: StageRecommendationIn,
    actor: CurrentActor,
    today: Today,
    services: Services,
    work: CurrentWork,
) -> Told:
    """Ask about the step that is recommended."""
    return await _told(work, actor, services, center_id, lambda _: {body.to}, today)


@router.get(
    "/readiness",
    operation_id="registry_read_center_readiness",
    openapi_extra=access("member", "official", tenant=OWN, rules=GATE_ROWS),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def read_readiness(
    center_id: UUID,
    told: Annotated[Told, Depends(told_about_target)],
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Reading,
    to: TargetQuery = None,
) -> Readiness:
    """Tell every rule of a step to another stage, met or not, who acts and by when."""
    center = await center_to_read(session, actor, center_id)
    view = await actions.stage_view(session, actor, center, to, told, today)
    return readiness_out(view, language)


@router.get(
    "/next-stages",
    operation_id="registry_list_next_stages",
    openapi_extra=access("member", "official", tenant=OWN, rules=GATE_ROWS),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def list_next_stages(
    center_id: UUID,
    told: Annotated[Told, Depends(told_about_all)],
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Reading,
) -> NextStagesOut:
    """Tell every step that a centre may take from where it stands, with all its rules."""
    center = await center_to_read(session, actor, center_id)
    views = await actions.next_views(session, actor, center, told, today)
    return NextStagesOut(
        stage=center.stage, items=[next_stage_out(view, language) for view in views]
    )


@router.post(
    "/stage-recommendations",
    status_code=201,
    operation_id="registry_recommend_stage",
    openapi_extra=access("handler", "reviewer", tenant=OFFICIALS, rules=("A102", "A133", "X03")),
    responses=problems(
        "NOT_FOUND",
        "RATING_TOO_LOW",
        "PILOT_SUMMARY_MISSING",
        "DOSSIER_MISSING",
        "CENTER_ON_HOLD",
        "STATE_CONFLICT",
        "CONSORTIUM_NOT_REGISTERED",
        "FINDINGS_OPEN",
        "GOV_BODY_COMPOSITION",
        "IP_AGREEMENT_MISSING",
        "PLAN_NOT_APPROVED",
        "PLAN_PART_MISSING",
        "RECHECK_MISSING",
        "SOD_VIOLATION",
        "VOTES_NOT_100",
    ),
)
async def recommend_stage(
    center_id: UUID,
    body: StageRecommendationIn,
    told: Annotated[Told, Depends(told_for_recommendation)],
    actor: CurrentActor,
    today: Today,
    now: Now,
    language: Language,
    session: Transaction,
) -> StageRecommendationOut:
    """Recommend a step that another person takes; national conditions are attached as they stand.

    Recognition, the national level and a delisting follow the word of two people.
    """
    center = await center_seen_for_update(session, actor, center_id)
    row, warnings = await actions.recommend(
        session, actor, center, StageStep(body.to, body.text), told, today=today, now=now
    )
    answer = StageRecommendationOut.model_validate(row)
    return answer.model_copy(update={"warnings": warnings_of(warnings, language)})


@router.get(
    "/stage-recommendations",
    operation_id="registry_list_stage_recommendations",
    openapi_extra=access("official", "service", tenant=OFFICIALS, rules=("A102", "A133")),
    responses=problems("NOT_FOUND"),
)
async def list_recommendations(
    center_id: UUID, actor: CurrentActor, session: Reading
) -> StageRecommendationListOut:
    """List what was recommended of a centre, newest first."""
    center = await center_seen(session, actor, center_id)
    rows = await queries.recommendations(session, center.id)
    return StageRecommendationListOut(
        items=[StageRecommendationOut.model_validate(row) for row in rows]
    )


@router.post(
    "/stage-changes",
    operation_id="registry_change_stage",
    openapi_extra=access(
        "member",
        "approver",
        tenant="the centre itself into the pilot stage, approvers otherwise",
        rules=GATE_ROWS,
    ),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "SOD_VIOLATION",
        "CONSORTIUM_NOT_REGISTERED",
        "GOV_BODY_COMPOSITION",
        "PLAN_PART_MISSING",
        "PLAN_NOT_APPROVED",
        "IP_AGREEMENT_MISSING",
        "RATING_TOO_LOW",
        "PILOT_SUMMARY_MISSING",
        "RECOMMENDATION_MISSING",
        "RECHECK_MISSING",
        "FINDINGS_OPEN",
        "CENTER_ON_HOLD",
        "STALE_INPUT",
        "STATE_CONFLICT",
        "DOSSIER_MISSING",
        "VOTES_NOT_100",
    ),
)
async def change_stage(
    center_id: UUID,
    body: StageChangeIn,
    told: Annotated[Told, Depends(told_for_change)],
    actor: CurrentActor,
    today: Today,
    now: Now,
    language: Language,
    session: Transaction,
    response: Response,
) -> CenterMovedOut:
    """Move a centre to another stage when everything that the stage asks for stands."""
    center = await center_seen_for_update(session, actor, center_id)
    step = StageStep(body.to, body.reason, body.cause, body.doc_no)
    warnings = await actions.change_stage(session, actor, center, step, told, today=today, now=now)
    tagged(response, center.version)
    answer = CenterMovedOut.model_validate(center)
    return answer.model_copy(update={"warnings": warnings_of(warnings, language)})
