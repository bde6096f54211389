"""Who reads which dossier: officials every release, an agency its own as long as they stand."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, false, true
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.assessments.rules import FIRST_TO_LAST, AssessmentState
from evaluation.assessments.tables import TriennialAssessment
from evaluation.dossiers import rules
from evaluation.dossiers.tables import AgencyDossier
from evaluation.results.tables import EvaluationResult, ResultPublication
from shared.auth import Actor
from shared.rules import found


def visible(actor: Actor, today: date) -> ColumnElement[bool]:
    """Let officials see every release, and an agency what is released to it and stands today."""
    if actor.is_official:
        return true()
    if not actor.has("agency"):
        return false()
    return and_(
        col(AgencyDossier.agency_id) == actor.person_id,
        col(AgencyDossier.state) == rules.DossierState.RELEASED,
        col(AgencyDossier.until_on) >= today,
    )


def dossiers(actor: Actor, today: date, center_id: UUID | None) -> SelectOfScalar[AgencyDossier]:
    """Select the releases that the actor may see, for a page of them."""
    statement = select(AgencyDossier).where(visible(actor, today))
    if center_id is not None:
        statement = statement.where(col(AgencyDossier.center_id) == center_id)
    return statement


async def dossier(
    session: AsyncSession, actor: Actor, dossier_id: UUID, today: date
) -> AgencyDossier:
    """Load a release that the actor may see."""
    statement = select(AgencyDossier).where(
        col(AgencyDossier.id) == dossier_id, visible(actor, today)
    )
    return found(await session.scalar(statement))


async def dossier_for_update(session: AsyncSession, dossier_id: UUID) -> AgencyDossier:
    """Load and lock a release; only for officials."""
    statement = select(AgencyDossier).where(col(AgencyDossier.id) == dossier_id)
    return found(await session.scalar(statement.with_for_update()))


async def published_years(session: AsyncSession, released: AgencyDossier) -> Sequence[Any]:
    """List publication and result of each year in scope, as they stand published, oldest first."""
    later = aliased(ResultPublication)
    superseded = exists().where(
        col(later.case_id) == col(ResultPublication.case_id),
        col(later.version) > col(ResultPublication.version),
    )
    statement = (
        select_rows(ResultPublication, EvaluationResult)
        .join(EvaluationResult, col(EvaluationResult.id) == col(ResultPublication.result_id))
        .where(
            col(ResultPublication.center_id) == released.center_id,
            col(ResultPublication.year).between(released.first_year, released.last_year),
            ~superseded,
        )
        .order_by(col(ResultPublication.year))
    )
    return (await session.execute(statement)).all()


async def published_assessments(
    session: AsyncSession, released: AgencyDossier
) -> Sequence[TriennialAssessment]:
    """List the assessments that stand published, all three of whose years are in scope."""
    first = released.first_year - FIRST_TO_LAST[0]
    statement = (
        select(TriennialAssessment)
        .where(
            col(TriennialAssessment.center_id) == released.center_id,
            col(TriennialAssessment.last_year).between(first, released.last_year),
            col(TriennialAssessment.state) == AssessmentState.PUBLISHED,
        )
        .order_by(col(TriennialAssessment.last_year))
    )
    return (await session.scalars(statement)).all()
