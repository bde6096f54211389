"""Facts that follow one another: what there is of a technology or of a project abroad."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from registry.centers.tables import Center
from registry.facts.rules import PIPELINES, Entry, FactKind, Subject
from registry.facts.tables import Fact


async def lock_centers(session: AsyncSession, center_ids: Collection[UUID]) -> None:
    """Lock centres against other movers of their pipelines, always in the same order."""
    statement = select(Center.id).where(col(Center.id).in_(center_ids)).order_by(col(Center.id))
    await session.execute(statement.with_for_update(key_share=True))


def _standing() -> ColumnElement[bool]:
    later = aliased(Fact)
    return ~exists().where(col(later.supersedes_id) == col(Fact.id))


async def pipeline_entries(
    session: AsyncSession, subjects: Collection[Subject], without: UUID | None = None
) -> dict[Subject, list[Entry]]:
    """Give the steps of subjects that no correction has replaced, one fact left out if wished."""
    payload = col(Fact.payload)
    ways = PIPELINES.values()
    reference = func.coalesce(*(payload[way.subject_field].astext for way in ways))
    state = func.coalesce(*(payload[way.state_field].astext for way in ways))
    columns = (col(Fact.center_id), col(Fact.kind), reference, state, col(Fact.occurred_on))
    statement = sa_select(*columns)
    statement = statement.where(
        col(Fact.center_id).in_({subject.center_id for subject in subjects}),
        col(Fact.kind).in_({subject.kind for subject in subjects}),
        reference.in_({subject.reference for subject in subjects}),
        _standing(),
    )
    if without is not None:
        statement = statement.where(col(Fact.id) != without)
    entries: dict[Subject, list[Entry]] = {}
    for center_id, kind, subject, entered, day in (await session.execute(statement)).all():
        entries.setdefault(Subject(center_id, kind, subject), []).append(Entry(entered, day))
    return entries


async def milestones_told(
    session: AsyncSession, center_id: UUID, references: Collection[str]
) -> dict[str, set[str | None]]:
    """Give the milestones that progress of projects names; None where it names no milestone."""
    reference = col(Fact.payload)["project_ref"].astext
    statement = select(reference, col(Fact.payload)["milestone"].astext).where(
        col(Fact.center_id) == center_id,
        col(Fact.kind) == FactKind.INTERNATIONAL_PROGRESS,
        reference.in_(references),
        _standing(),
    )
    told: dict[str, set[str | None]] = {}
    for project, milestone in (await session.execute(statement)).all():
        told.setdefault(project, set()).add(milestone)
    return told


async def milestones(
    session: AsyncSession, center_ids: Collection[UUID], without: UUID | None = None
) -> dict[tuple[UUID, str], frozenset[str]]:
    """Give the milestones of the centres' international projects, by the project's reference."""
    reference = col(Fact.payload)["project_ref"].astext
    statement = select(col(Fact.center_id), reference, col(Fact.payload)["milestones"]).where(
        col(Fact.center_id).in_(center_ids),
        col(Fact.kind) == FactKind.INTERNATIONAL_PROJECT,
        reference.is_not(None),
        _standing(),
    )
    if without is not None:
        statement = statement.where(col(Fact.id) != without)
    found_codes: dict[tuple[UUID, str], frozenset[str]] = {}
    for center_id, project, planned in (await session.execute(statement)).all():
        codes = frozenset(one["code"] for one in planned or ())
        kept = found_codes.get((center_id, project), frozenset())
        found_codes[center_id, project] = kept | codes
    return found_codes
