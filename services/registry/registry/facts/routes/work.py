"""How a centre's own work stands: its technologies, projects, trainings, and projects abroad."""

from collections import Counter
from typing import Annotated
from uuid import UUID

from fastapi import Query

from registry.facts import queries, rules
from registry.facts.queries import FactFilter
from registry.facts.routes.sums import OWN, Asked
from registry.facts.schemas import (
    BottleneckCountOut,
    FollowedProjectOut,
    FollowedProjectsOut,
    MasteredOut,
    ProjectCountOut,
    ProjectCountsOut,
    ProjectMilestoneOut,
    StageCountOut,
    StageEnteredOut,
    TechnologyPipelineOut,
    TrainingCountsOut,
)
from shared.http import CurrentActor, Reading, Router, Today, access, problems
from shared.http.schemas import Day
from shared.http.times import AsOf

READERS = ("member", "official", "service")

pipeline = Router(prefix="/v1/registry/technology-pipeline", tags=["facts"])
work = Router(prefix="/v1/registry/centers/{center_id}", tags=["facts"])


@pipeline.get(
    "",
    operation_id="registry_read_technology_pipeline",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A008", "A015")),
    responses=problems("NOT_FOUND"),
)
async def read_pipeline(
    actor: CurrentActor,
    today: Today,
    as_of: AsOf,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Of this centre.")] = None,
    first: Annotated[Day | None, Query(alias="from", description="First day included.")] = None,
    until: Annotated[Day | None, Query(description="Last day included.")] = None,
) -> TechnologyPipelineOut:
    """Count technologies by stage, and by year, field and kind; an official sees all centres'."""
    asked = FactFilter(center_id, None, first, until, as_of)
    if center_id is not None:
        await queries.center_seen(session, actor, center_id, today)
    entered = await queries.stages_entered(session, actor, asked, today)
    standing = await queries.technologies_by_stage(session, actor, asked, today)
    mastered: Counter[tuple[str, str]] = Counter()
    for row in entered:
        if row.stage == rules.MASTERED:
            mastered[row.field_code, row.technology_kind] += row.count
    return TechnologyPipelineOut(
        stages=[StageCountOut(stage=stage, count=count) for stage, count in standing.items()],
        entered=[StageEnteredOut.model_validate(row) for row in entered],
        mastered=[
            MasteredOut(field_code=field, technology_kind=kind, count=count)
            for (field, kind), count in sorted(mastered.items())
        ],
    )


@work.get(
    "/projects",
    operation_id="registry_read_project_counts",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A025", "A028", "A066")),
    responses=problems("NOT_FOUND"),
)
async def read_projects(
    center_id: UUID, asked: Asked, actor: CurrentActor, today: Today, session: Reading
) -> ProjectCountsOut:
    """Count a centre's projects by kind, source and stage, and the weaknesses they are against."""
    await queries.center_seen(session, actor, center_id, today)
    rows = await queries.project_counts(session, actor, asked, today)
    tags = await queries.bottleneck_counts(session, actor, asked, today)
    return ProjectCountsOut(
        center_id=center_id,
        projects=[
            ProjectCountOut(
                project_kind=kind, source=source, stage=stage, count=count, trainees=trained
            )
            for kind, source, stage, count, trained in rows
        ],
        bottlenecks=[BottleneckCountOut(bottleneck=tag, count=count) for tag, count in tags],
    )


@work.get(
    "/trainings",
    operation_id="registry_read_training_counts",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A038",)),
    responses=problems("NOT_FOUND"),
)
async def read_trainings(
    center_id: UUID, asked: Asked, actor: CurrentActor, today: Today, session: Reading
) -> TrainingCountsOut:
    """Tell how many were trained, and which part a small or medium enterprise sent."""
    await queries.center_seen(session, actor, center_id, today)
    count, times, small = await queries.training_counts(session, actor, asked, today)
    return TrainingCountsOut(
        center_id=center_id,
        count=count,
        person_times=times,
        sme_person_times=small,
        sme_share_ppm=rules.share_ppm(small, times),
    )


@work.get(
    "/international-projects",
    operation_id="registry_read_international_projects",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A153",)),
    responses=problems("NOT_FOUND"),
)
async def read_international_projects(
    center_id: UUID, asked: Asked, actor: CurrentActor, today: Today, session: Reading
) -> FollowedProjectsOut:
    """Follow a centre's projects abroad: how each stands, and which milestone is overdue."""
    await queries.center_seen(session, actor, center_id, today)
    projects = rules.followed(await queries.abroad(session, actor, asked, today))
    return FollowedProjectsOut(
        center_id=center_id,
        items=[
            FollowedProjectOut(
                project_ref=project.project_ref,
                partner=project.partner,
                country=project.country,
                title=project.title,
                status=project.status,
                milestones=[
                    ProjectMilestoneOut(
                        code=one.code,
                        title=one.title,
                        due_on=one.due_on,
                        reached_on=one.reached_on,
                        overdue=one.overdue(today),
                    )
                    for one in project.milestones.values()
                ],
            )
            for project in projects
        ],
    )
