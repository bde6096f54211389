"""Reports of visits: officials read them, experts those of their own visits, members none."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import exists, false, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.duties.rules import SubjectType
from evaluation.visits.tables import SiteVisit, VisitExpert, VisitSignature
from shared.auth import Actor
from shared.rules import found


def _took_part(actor: Actor) -> ColumnElement[bool]:
    if not actor.has("expert") or actor.expert_id is None:
        return false()
    return exists().where(
        col(VisitExpert.visit_id) == col(SiteVisit.id),
        col(VisitExpert.expert_id) == actor.expert_id,
    )


def visible(actor: Actor) -> ColumnElement[bool]:
    """Let officials see every report, and experts those of visits they took part in."""
    return or_(true() if actor.is_official else false(), _took_part(actor))


def visits_page(
    actor: Actor, subject_type: SubjectType | None, subject_id: UUID | None
) -> SelectOfScalar[SiteVisit]:
    """Select the visible reports, for a page of them."""
    statement = select(SiteVisit).where(visible(actor))
    if subject_type is not None:
        statement = statement.where(col(SiteVisit.subject_type) == subject_type)
    if subject_id is not None:
        statement = statement.where(col(SiteVisit.subject_id) == subject_id)
    return statement


async def visit(session: AsyncSession, actor: Actor, visit_id: UUID) -> SiteVisit:
    """Load a report that the actor may see."""
    statement = select(SiteVisit).where(col(SiteVisit.id) == visit_id, visible(actor))
    return found(await session.scalar(statement))


async def visit_for_update(session: AsyncSession, actor: Actor, visit_id: UUID) -> SiteVisit:
    """Load and lock a report that the actor may see."""
    statement = select(SiteVisit).where(col(SiteVisit.id) == visit_id, visible(actor))
    return found(await session.scalar(statement.with_for_update()))


async def own_for_update(session: AsyncSession, actor: Actor, visit_id: UUID) -> SiteVisit:
    """Load and lock a report of a visit that the actor took part in as an expert."""
    statement = select(SiteVisit).where(col(SiteVisit.id) == visit_id, _took_part(actor))
    return found(await session.scalar(statement.with_for_update()))


async def visit_of_panel(session: AsyncSession, panel_id: UUID) -> SiteVisit | None:
    """Give the report that belongs to a panel."""
    return await session.scalar(select(SiteVisit).where(col(SiteVisit.panel_id) == panel_id))


async def experts_of(session: AsyncSession, visit_ids: Sequence[UUID]) -> list[VisitExpert]:
    """List who went on some visits."""
    statement = (
        select(VisitExpert)
        .where(col(VisitExpert.visit_id).in_(visit_ids))
        .order_by(col(VisitExpert.visit_id), col(VisitExpert.expert_id))
    )
    return list(await session.scalars(statement))


async def days_signed(session: AsyncSession, people: Collection[UUID]) -> Sequence[date]:
    """Give the days of visits whose present report a person signed, by any account."""
    statement = (
        select(col(SiteVisit.visited_on))
        .join(VisitSignature, col(VisitSignature.visit_id) == col(SiteVisit.id))
        .where(
            col(VisitSignature.version) == col(SiteVisit.version),
            col(VisitSignature.person_id).in_(people),
        )
    )
    return (await session.scalars(statement)).all()


async def signatures_of(
    session: AsyncSession, visits: Sequence[SiteVisit]
) -> dict[UUID, list[VisitSignature]]:
    """List the signatures under the present version of some reports, oldest first, by visit."""
    statement = (
        select(VisitSignature)
        .join(SiteVisit, col(SiteVisit.id) == col(VisitSignature.visit_id))
        .where(
            col(SiteVisit.id).in_([visit.id for visit in visits]),
            col(VisitSignature.version) == col(SiteVisit.version),
        )
        .order_by(col(VisitSignature.signed_at), col(VisitSignature.expert_id))
    )
    signatures: dict[UUID, list[VisitSignature]] = {}
    for row in await session.scalars(statement):
        signatures.setdefault(row.visit_id, []).append(row)
    return signatures
