"""Reading cycles and cases: officials see all, a centre its own."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import false, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.cycles import rules
from evaluation.cycles.tables import CycleExclusion, EvaluationCase, EvaluationCycle
from evaluation.schemes.tables import IndicatorScheme
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


def runs(actor: Actor, center_id: Mapped[UUID]) -> ColumnElement[bool]:
    """Tell whether the actor's organization runs a centre: entity, trustee or lead sponsor."""
    if not actor.org_ids or not actor.has("member"):
        return false()
    own = (
        col(DirectoryCenter.legal_entity_id).in_(actor.org_ids),
        col(DirectoryCenter.trustee_org_id).in_(actor.org_ids),
        col(DirectoryCenter.lead_sponsor_id).in_(actor.org_ids),
    )
    return center_id.in_(select(DirectoryCenter.id).where(or_(*own)))


def visible(actor: Actor) -> ColumnElement[bool]:
    """Let officials and services see every case, and those who run a centre its own."""
    if actor.has("official", "service"):
        return true()
    return runs(actor, col(EvaluationCase.center_id))


def cycles_page(
    state: rules.CycleState | None, year: int | None
) -> SelectOfScalar[EvaluationCycle]:
    """Select cycles, for a page of them."""
    statement = select(EvaluationCycle)
    if state is not None:
        statement = statement.where(col(EvaluationCycle.state) == state)
    if year is not None:
        statement = statement.where(col(EvaluationCycle.year) == year)
    return statement


async def cycle(session: AsyncSession, cycle_id: UUID) -> EvaluationCycle:
    """Load a cycle."""
    return found(await session.get(EvaluationCycle, cycle_id))


async def cycle_for_update(session: AsyncSession, cycle_id: UUID) -> EvaluationCycle:
    """Load and lock a cycle; only for those who keep cycles."""
    statement = select(EvaluationCycle).where(col(EvaluationCycle.id) == cycle_id)
    return found(await session.scalar(statement.with_for_update()))


async def exclusions(session: AsyncSession, cycle_id: UUID) -> Sequence[CycleExclusion]:
    """List the centres that a cycle leaves out."""
    statement = (
        select(CycleExclusion)
        .where(col(CycleExclusion.cycle_id) == cycle_id)
        .order_by(col(CycleExclusion.center_id))
    )
    return (await session.scalars(statement)).all()


async def exclusion_of(
    session: AsyncSession, cycle_id: UUID, center_id: UUID
) -> CycleExclusion | None:
    """Tell why a cycle left a centre out; one that it judges, or never saw, is absent."""
    return await session.get(CycleExclusion, (cycle_id, center_id))


async def standings(
    session: AsyncSession, kind: rules.CycleKind, year: int
) -> list[tuple[rules.CenterStanding, str]]:
    """List every centre of the directory with what decides its scope, and its model."""
    with_case = select(EvaluationCase.center_id).where(
        col(EvaluationCase.kind) == kind, col(EvaluationCase.year) == year
    )
    statement = select(
        DirectoryCenter, col(DirectoryCenter.id).in_(with_case).label("has_case")
    ).order_by(col(DirectoryCenter.id))
    return [
        (
            rules.CenterStanding(
                center_id=center.id,
                stage=center.stage,
                applicant_form=center.applicant_form,
                legal_entity_id=center.legal_entity_id,
                listed_on=center.listed_on,
                has_case=has_case,
            ),
            center.model_type,
        )
        for center, has_case in await session.execute(statement)
    ]


def cases_page(
    actor: Actor,
    *,
    cycle_id: UUID | None = None,
    center_id: UUID | None = None,
    state: rules.CaseState | None = None,
    year: int | None = None,
) -> SelectOfScalar[EvaluationCase]:
    """Select the cases that the actor may see, for a page of them."""
    statement = select(EvaluationCase).where(visible(actor))
    wanted = {"cycle_id": cycle_id, "center_id": center_id, "state": state, "year": year}
    for name, value in wanted.items():
        if value is not None:
            statement = statement.where(getattr(EvaluationCase, name) == value)
    return statement


async def case(session: AsyncSession, actor: Actor, case_id: UUID) -> EvaluationCase:
    """Load a case that the actor may see."""
    statement = select(EvaluationCase).where(col(EvaluationCase.id) == case_id, visible(actor))
    return found(await session.scalar(statement))


async def visible_case_for_update(
    session: AsyncSession, actor: Actor, case_id: UUID
) -> EvaluationCase:
    """Load and lock a case that the actor may see."""
    statement = select(EvaluationCase).where(col(EvaluationCase.id) == case_id, visible(actor))
    return found(await session.scalar(statement.with_for_update()))


async def cases_for_update(
    session: AsyncSession, actor: Actor, case_ids: Sequence[UUID]
) -> Sequence[EvaluationCase]:
    """Load and lock those of some cases that the actor may see, in the order of their ids."""
    statement = (
        select(EvaluationCase)
        .where(col(EvaluationCase.id).in_(case_ids), visible(actor))
        .order_by(col(EvaluationCase.id))
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def case_of(session: AsyncSession, case_id: UUID) -> EvaluationCase | None:
    """Load a case whoever asks; the caller has its own rule of who may."""
    return await session.get(EvaluationCase, case_id)


async def case_with_scheme(
    session: AsyncSession, case_id: UUID
) -> tuple[EvaluationCase, dict[str, Any]]:
    """Load a case and the content of the scheme it was opened with, whoever asks."""
    statement = (
        select(EvaluationCase, col(IndicatorScheme.content))
        .join(IndicatorScheme, col(IndicatorScheme.id) == col(EvaluationCase.scheme_id))
        .where(col(EvaluationCase.id) == case_id)
    )
    case, content = found((await session.execute(statement)).one_or_none())
    return case, content


async def case_for_update(session: AsyncSession, case_id: UUID) -> EvaluationCase | None:
    """Load and lock a case whoever asks; the caller has its own rule of who may."""
    statement = select(EvaluationCase).where(col(EvaluationCase.id) == case_id)
    return await session.scalar(statement.with_for_update())
