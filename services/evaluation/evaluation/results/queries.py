"""Reading snapshots and results: officials at any time, a centre its own once published."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Date, Select, String, exists, func, literal, or_, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from evaluation.cycles import queries as cycles
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, Duty
from evaluation.panels import queries as panels
from evaluation.results import rules
from evaluation.results.tables import (
    EvaluationResult,
    FactSnapshot,
    LeafReopening,
    ResultPublication,
    SecondReading,
    TakenRating,
)
from evaluation.schemes.rules import Rating
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found

ANNUAL: Final = "annual"


class RatingsPage(NamedTuple):
    """What a page of ratings is read by: its rows, and the columns that put them in order."""

    statement: Select[Any]
    names: Sequence[str]
    keys: Sequence[Any]


async def snapshot_of(session: AsyncSession, case_id: UUID) -> FactSnapshot | None:
    """Load a case's snapshot; the caller has judged who may see the case."""
    return await session.scalar(select(FactSnapshot).where(col(FactSnapshot.case_id) == case_id))


async def snapshots_of(session: AsyncSession, case_ids: Sequence[UUID]) -> dict[UUID, FactSnapshot]:
    """Load the snapshots of some cases, by case; only for computing."""
    statement = select(FactSnapshot).where(col(FactSnapshot.case_id).in_(case_ids))
    return {one.case_id: one for one in await session.scalars(statement)}


async def latest_results(
    session: AsyncSession, case_ids: Sequence[UUID]
) -> dict[UUID, EvaluationResult]:
    """Load the newest result of each of some cases, by case; only for computing."""
    statement = (
        select(EvaluationResult)
        .where(col(EvaluationResult.case_id).in_(case_ids))
        .order_by(col(EvaluationResult.version))
    )
    # Of each case the last one stays.
    return {one.case_id: one for one in await session.scalars(statement)}


async def published_of(
    session: AsyncSession, case_ids: Sequence[UUID]
) -> dict[UUID, EvaluationResult]:
    """Load the result of each of some cases that stands published, by case; only for computing."""
    statement = (
        select(EvaluationResult)
        .join(ResultPublication, col(ResultPublication.result_id) == col(EvaluationResult.id))
        .where(col(ResultPublication.case_id).in_(case_ids))
        .order_by(col(ResultPublication.version))
    )
    return {one.case_id: one for one in await session.scalars(statement)}


async def latest_result(session: AsyncSession, case_id: UUID) -> EvaluationResult | None:
    """Load a case's newest result; the caller has judged who may see it."""
    statement = (
        select(EvaluationResult)
        .where(col(EvaluationResult.case_id) == case_id)
        .order_by(col(EvaluationResult.version).desc())
        .limit(1)
    )
    return await session.scalar(statement)


async def result(
    session: AsyncSession, actor: Actor, case_id: UUID, version: int | None
) -> tuple[EvaluationCase, EvaluationResult]:
    """Load a result that the actor may see: a centre's own only when it was published.

    So does an official who sits on the case's panel himself.
    """
    case = await cycles.case(session, actor, case_id)
    statement = select(EvaluationResult).where(col(EvaluationResult.case_id) == case_id)
    public = exists().where(col(ResultPublication.result_id) == col(EvaluationResult.id))
    if actor.has("official", "service"):
        own = panels.seated(actor, col(EvaluationResult.case_id))
        statement = statement.where(or_(public, ~own))
    else:
        statement = statement.where(public)
    if version is not None:
        statement = statement.where(col(EvaluationResult.version) == version)
    newest = statement.order_by(col(EvaluationResult.version).desc()).limit(1)
    return case, found(await session.scalar(newest))


async def snapshot_by_id(session: AsyncSession, snapshot_id: UUID) -> FactSnapshot:
    """Load the snapshot that a result rests on."""
    return found(await session.get(FactSnapshot, snapshot_id))


async def publication_of(session: AsyncSession, result_id: UUID) -> ResultPublication | None:
    """Load the publication of a result, if there is one."""
    return await session.get(ResultPublication, result_id)


async def publishers_of(session: AsyncSession, case_id: UUID) -> set[UUID]:
    """Name who approved a publication in a case, under every account of theirs."""
    statement = select(ResultPublication.person_id).where(col(ResultPublication.case_id) == case_id)
    told = [Duty(person_id, Capacity.APPROVER) for person_id in await session.scalars(statement)]
    return {duty.person_id for duty in await duty_queries.of_persons(session, told)}


async def published(
    session: AsyncSession, case_id: UUID
) -> tuple[ResultPublication, EvaluationResult] | None:
    """Load the version of a case's result that stands published; the caller may see the case."""
    statement = (
        select_rows(ResultPublication, EvaluationResult)
        .join(EvaluationResult, col(EvaluationResult.id) == col(ResultPublication.result_id))
        .where(col(ResultPublication.case_id) == case_id)
        .order_by(col(ResultPublication.version).desc())
        .limit(1)
    )
    row = (await session.execute(statement)).first()
    return None if row is None else (row[0], row[1])


async def reopenings_of(session: AsyncSession, case_id: UUID) -> Sequence[LeafReopening]:
    """List what was reopened in a case, oldest first."""
    statement = (
        select(LeafReopening)
        .where(col(LeafReopening.case_id) == case_id)
        .order_by(col(LeafReopening.reopened_at), col(LeafReopening.id))
    )
    return (await session.scalars(statement)).all()


async def confirmed_readings(session: AsyncSession, result_id: UUID) -> int:
    """Count the second readings that confirm a result."""
    statement = (
        select(func.count())
        .select_from(SecondReading)
        .where(
            col(SecondReading.result_id) == result_id,
            col(SecondReading.conclusion) == rules.ReadingConclusion.CONFIRMED,
        )
    )
    return await session.scalar(statement) or 0


async def readings_of(session: AsyncSession, result_id: UUID) -> Sequence[SecondReading]:
    """List the second readings of a result, oldest first."""
    statement = (
        select(SecondReading)
        .where(col(SecondReading.result_id) == result_id)
        .order_by(col(SecondReading.id))
    )
    return (await session.scalars(statement)).all()


async def center_orgs(session: AsyncSession, center_id: UUID) -> set[UUID]:
    """Name the organizations that run a centre: its entity, its trustee and its lead sponsor."""
    center = await session.get(DirectoryCenter, center_id)
    if center is None:
        return set()
    owners = (center.legal_entity_id, center.trustee_org_id, center.lead_sponsor_id)
    return {org_id for org_id in owners if org_id is not None}


def ratings_page(year: int | None, center_code: str | None, rating: Rating | None) -> RatingsPage:
    """Select what the public sees: per centre and year the version that stands.

    A year that is published here takes the place of what was taken over for it.
    """
    rows = union_all(_published_ratings(), _taken_ratings()).subquery("ratings")
    statement = select_rows(rows)
    wanted = {"year": year, "center_code": center_code, "rating": rating}
    for name, value in wanted.items():
        if value is not None:
            statement = statement.where(rows.c[name] == value)
    # The cast names what `paginate` takes: rows of any shape.
    page = cast("Select[Any]", statement)
    keys = [rows.c.published_at.desc(), rows.c.result_id.desc()]
    return RatingsPage(page, rows.c.keys(), keys)


def _published_ratings() -> Any:  # noqa: ANN401 - a select of columns
    later = aliased(ResultPublication)
    superseded = exists().where(
        col(later.case_id) == col(ResultPublication.case_id),
        col(later.version) > col(ResultPublication.version),
    )
    return (
        select_rows(
            col(DirectoryCenter.code).label("center_code"),
            col(DirectoryCenter.name).label("center_name"),
            col(DirectoryCenter.model_type).label("model_type"),
            col(ResultPublication.year).label("year"),
            sql_cast(col(EvaluationResult.total), String).label("total"),
            col(EvaluationResult.rating).label("rating"),
            col(ResultPublication.version).label("version"),
            col(ResultPublication.published_at).label("published_at"),
            col(EvaluationResult.id).label("result_id"),
            col(EvaluationResult.result_hash).label("result_hash"),
            literal(None, String).label("imported_from"),
            literal(None, Date).label("imported_on"),
        )
        .join(EvaluationResult, col(EvaluationResult.id) == col(ResultPublication.result_id))
        .join(DirectoryCenter, col(DirectoryCenter.id) == col(ResultPublication.center_id))
        .where(~superseded)
    )


def _taken_ratings() -> Any:  # noqa: ANN401 - a select of columns
    own = exists().where(
        col(ResultPublication.center_id) == col(TakenRating.center_id),
        col(ResultPublication.year) == col(TakenRating.year),
    )
    return (
        select_rows(
            col(DirectoryCenter.code),
            col(DirectoryCenter.name),
            col(DirectoryCenter.model_type),
            col(TakenRating.year),
            col(TakenRating.total),
            col(TakenRating.rating),
            literal(0),
            col(TakenRating.taken_at),
            col(TakenRating.id),
            col(TakenRating.sha256),
            col(TakenRating.imported_from),
            col(TakenRating.imported_on),
        )
        .join(DirectoryCenter, col(DirectoryCenter.id) == col(TakenRating.center_id))
        .where(col(TakenRating.kind) == ANNUAL, ~own)
    )
