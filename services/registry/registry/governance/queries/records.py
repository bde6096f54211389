"""What is read of a centre's records, and of what its steps rest on."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import exists, or_
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.rules import Stage
from registry.governance.queries.holds import hold_tasks_of
from registry.governance.rules import (
    RECTIFICATION_OPEN,
    TWO_PEOPLE,
    DirectionState,
    DocumentKind,
    PublishedRating,
)
from registry.governance.tables import (
    CenterDocument,
    CenterRating,
    NationalDossier,
    PilotTheme,
    RatingEnding,
    Rectification,
    ResearchDirection,
    Responsibility,
    StageRecommendation,
)
from registry.programme.queries import policy_on, working_days
from shared.auth import Actor
from shared.calendar import day_of
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind

TAKE_STEP: Final = TaskKind(
    "take_recommended_step",
    "审批建议的阶段变更",
    "Decide on the step that was recommended",
    TWO_PEOPLE,
    "POST",
    "/v1/registry/centers/{id}/stage-changes",
)


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the holds that wait, and the steps that an approver may take: none of his own (X03)."""
    held = await hold_tasks_of(session, actor, today)
    if not actor.has("approver"):
        return held
    policy, calendar = await policy_on(session, today), await working_days(session)
    days = policy.value("A102", "decision_working_days")
    statement = (
        select(StageRecommendation)
        .where(
            col(StageRecommendation.closed_at).is_(None),
            col(StageRecommendation.person_id) != actor.person_id,
        )
        .order_by(col(StageRecommendation.at), col(StageRecommendation.id))
        .limit(MOST_TASKS)
    )
    rows = (await session.scalars(statement)).all()
    return held + [
        Task(TAKE_STEP, row.center_id, row.center_id, calendar.add(day_of(row.at), days))
        for row in rows
    ]


def documents(
    center_id: UUID, kind: DocumentKind | None = None, on: date | None = None
) -> SelectOfScalar[CenterDocument]:
    """Select a centre's documents, those in force on a day when one is given."""
    statement = select(CenterDocument).where(col(CenterDocument.center_id) == center_id)
    if kind is not None:
        statement = statement.where(col(CenterDocument.kind) == kind)
    if on is not None:
        statement = statement.where(
            col(CenterDocument.valid_from) <= on,
            or_(col(CenterDocument.valid_until).is_(None), col(CenterDocument.valid_until) >= on),
        )
    return statement


async def document_for_update(
    session: AsyncSession, center_id: UUID, document_id: UUID
) -> CenterDocument:
    """Load and lock a document of a centre."""
    statement = documents(center_id).where(col(CenterDocument.id) == document_id)
    return found(await session.scalar(statement.with_for_update()))


async def document_kinds(session: AsyncSession, center_id: UUID, on: date) -> set[DocumentKind]:
    """Tell of which kinds a centre has a document in force on a day."""
    rows = await session.scalars(documents(center_id, on=on))
    return {row.kind for row in rows.all()}


async def responsibilities(session: AsyncSession, center_id: UUID) -> Sequence[Responsibility]:
    """Give a centre's responsibility matrix in its order (A054)."""
    statement = (
        select(Responsibility)
        .where(col(Responsibility.center_id) == center_id)
        .order_by(col(Responsibility.place))
    )
    return (await session.scalars(statement)).all()


async def themes(session: AsyncSession, center_id: UUID) -> Sequence[PilotTheme]:
    """Give what a pilot tries out (A103)."""
    statement = (
        select(PilotTheme)
        .where(col(PilotTheme.center_id) == center_id)
        .order_by(col(PilotTheme.theme))
    )
    return (await session.scalars(statement)).all()


def directions(
    center_id: UUID, state: DirectionState | None = None
) -> SelectOfScalar[ResearchDirection]:
    """Select a centre's research directions (A081)."""
    statement = select(ResearchDirection).where(col(ResearchDirection.center_id) == center_id)
    if state is not None:
        statement = statement.where(col(ResearchDirection.state) == state)
    return statement


async def direction_for_update(
    session: AsyncSession, center_id: UUID, direction_id: UUID
) -> ResearchDirection:
    """Load and lock a research direction of a centre."""
    statement = directions(center_id).where(col(ResearchDirection.id) == direction_id)
    return found(await session.scalar(statement.with_for_update()))


async def adopted_directions(
    session: AsyncSession, center_ids: Collection[UUID]
) -> dict[UUID, dict[UUID, date]]:
    """Give the directions that centres have adopted, each with the day of its opinion (A081)."""
    if not center_ids:
        return {}
    direction = ResearchDirection
    statement = sa_select(
        col(direction.center_id), col(direction.id), col(direction.opinion_on)
    ).where(
        col(direction.center_id).in_(center_ids), col(direction.state) == DirectionState.ADOPTED
    )
    adopted: dict[UUID, dict[UUID, date]] = {}
    for center_id, direction_id, given_on in (await session.execute(statement)).all():
        adopted.setdefault(center_id, {})[direction_id] = found(given_on)
    return adopted


async def dossier(session: AsyncSession, center_id: UUID) -> NationalDossier | None:
    """Give a centre's dossier for the national level, if it has one (A123)."""
    return await session.get(NationalDossier, center_id)


async def open_recommendations(
    session: AsyncSession, center_id: UUID
) -> Sequence[StageRecommendation]:
    """Give the recommendations that no step has followed yet, newest first."""
    statement = (
        select(StageRecommendation)
        .where(
            col(StageRecommendation.center_id) == center_id,
            col(StageRecommendation.closed_at).is_(None),
        )
        .order_by(col(StageRecommendation.id).desc())
    )
    return (await session.scalars(statement)).all()


async def open_recommendation(
    session: AsyncSession, center_id: UUID, target: Stage
) -> StageRecommendation | None:
    """Give the newest recommendation of a step that no step has followed yet."""
    rows = await open_recommendations(session, center_id)
    return next((row for row in rows if row.to_stage is target), None)


async def recommendations(session: AsyncSession, center_id: UUID) -> Sequence[StageRecommendation]:
    """Give what was recommended of a centre, newest first."""
    statement = (
        select(StageRecommendation)
        .where(col(StageRecommendation.center_id) == center_id)
        .order_by(col(StageRecommendation.id).desc())
        .limit(200)
    )
    return (await session.scalars(statement)).all()


async def rating_rows(session: AsyncSession, center_id: UUID) -> Sequence[CenterRating]:
    """Give the ratings of a centre that stand, the newest version of each year, newest first.

    One that was voided or reopened since is none any more (X14).
    """
    ended = exists().where(
        col(RatingEnding.center_id) == col(CenterRating.center_id),
        col(RatingEnding.kind) == col(CenterRating.kind),
        col(RatingEnding.result_hash) == col(CenterRating.result_hash),
    )
    statement = (
        select(CenterRating)
        .ext(distinct_on(col(CenterRating.kind), col(CenterRating.year)))
        .where(col(CenterRating.center_id) == center_id, ~ended)
        .order_by(
            col(CenterRating.kind), col(CenterRating.year).desc(), col(CenterRating.version).desc()
        )
    )
    return (await session.scalars(statement)).all()


async def ratings(session: AsyncSession, center_id: UUID) -> tuple[PublishedRating, ...]:
    """Give the ratings of a centre that stand, as its steps look at them."""
    return tuple(
        PublishedRating(
            row.year,
            row.version,
            row.rating,
            row.total,
            row.kind,
            None if row.result_id is None else str(row.result_id),
            row.result_hash,
        )
        for row in await rating_rows(session, center_id)
    )


async def rectification(session: AsyncSession, center_id: UUID) -> Rectification | None:
    """Lock and give the rectification that a centre is in, if it is."""
    statement = select(Rectification).where(
        col(Rectification.center_id) == center_id,
        col(Rectification.state).in_(RECTIFICATION_OPEN),
    )
    row: Rectification | None = await session.scalar(statement.with_for_update())
    return row


async def rectification_read(session: AsyncSession, center_id: UUID) -> Rectification | None:
    """Give the rectification that a centre is in, without a lock."""
    statement = select(Rectification).where(
        col(Rectification.center_id) == center_id,
        col(Rectification.state).in_(RECTIFICATION_OPEN),
    )
    row: Rectification | None = await session.scalar(statement)
    return row


async def rectifications(session: AsyncSession, center_id: UUID) -> Sequence[Rectification]:
    """Give the rectifications of a centre, newest first."""
    statement = (
        select(Rectification)
        .where(col(Rectification.center_id) == center_id)
        .order_by(col(Rectification.id).desc())
    )
    return (await session.scalars(statement)).all()


async def alliance_coverage(
    session: AsyncSession, center_ids: Collection[UUID]
) -> dict[UUID, int | None]:
    """Give the coverage that each centre's dossier states, in ppm (A134)."""
    statement = sa_select(
        col(NationalDossier.center_id), col(NationalDossier.alliance_coverage_ppm)
    ).where(col(NationalDossier.center_id).in_(center_ids))
    return dict((await session.execute(statement)).all())
