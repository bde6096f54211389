"""Reading runs, files, and the published results that documents are made of."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from evaluation.cycles.tables import EvaluationCase
from evaluation.documents import rules
from evaluation.documents.tables import DocumentFile, DocumentRun
from evaluation.results.tables import EvaluationResult, ResultPublication
from shared.directory import DirectoryCenter
from shared.rules import found


async def published_count(session: AsyncSession, cycle_id: UUID) -> int:
    """Count the cases of a cycle that have a published result."""
    statement = select(func.count(func.distinct(col(ResultPublication.case_id)))).where(
        col(ResultPublication.case_id).in_(
            select(EvaluationCase.id).where(col(EvaluationCase.cycle_id) == cycle_id)
        )
    )
    return await session.scalar(statement) or 0


async def published(
    session: AsyncSession,
    cycle_id: UUID,
    *,
    missing_in: UUID | None = None,
    limit: int | None = None,
) -> Sequence[Any]:
    """List the standing published results of a cycle with case, publication and centre.

    With `missing_in` only those of which that run has made no file yet.
    """
    made = exists().where(
        col(DocumentFile.run_id) == missing_in,
        col(DocumentFile.subject_id) == col(EvaluationCase.id),
    )
    later = aliased(ResultPublication)
    superseded = exists().where(
        col(later.case_id) == col(ResultPublication.case_id),
        col(later.version) > col(ResultPublication.version),
    )
    statement = (
        select_rows(EvaluationCase, EvaluationResult, ResultPublication, DirectoryCenter)
        .join(EvaluationResult, col(EvaluationResult.case_id) == col(EvaluationCase.id))
        .join(ResultPublication, col(ResultPublication.result_id) == col(EvaluationResult.id))
        .join(DirectoryCenter, col(DirectoryCenter.id) == col(EvaluationCase.center_id))
        .where(col(EvaluationCase.cycle_id) == cycle_id, ~superseded)
        .order_by(col(EvaluationCase.id))
        .limit(limit)
    )
    if missing_in is not None:
        statement = statement.where(~made)
    return (await session.execute(statement)).all()


async def published_since(session: AsyncSession, file: DocumentFile) -> bool:
    """Tell whether a result of a file's cycle was published after the file was made."""
    statement = select(
        exists().where(
            col(ResultPublication.case_id) == col(EvaluationCase.id),
            col(EvaluationCase.cycle_id) == file.subject_id,
            col(ResultPublication.published_at) > file.made_at,
        )
    )
    return bool(await session.scalar(statement))


async def totals_over_years(session: AsyncSession, center_ids: Sequence[UUID]) -> Sequence[Any]:
    """List centre, year and published total, a later version before the one that it supersedes."""
    statement = (
        select_rows(
            col(ResultPublication.center_id),
            col(ResultPublication.year),
            col(EvaluationResult.total),
        )
        .join(EvaluationResult, col(EvaluationResult.id) == col(ResultPublication.result_id))
        .where(col(ResultPublication.center_id).in_(center_ids))
        .order_by(col(ResultPublication.year), col(ResultPublication.version).desc())
    )
    return (await session.execute(statement)).all()


async def done(session: AsyncSession, run: DocumentRun) -> tuple[int, bool]:
    """Count the cases that a run has made its files of; tell whether it made the cycle's."""
    own = col(DocumentFile.subject_id) == run.cycle_id
    statement = select(
        func.count(func.distinct(col(DocumentFile.subject_id))).filter(~own),
        func.count().filter(own) > 0,
    ).where(col(DocumentFile.run_id) == run.id)
    cases, of_cycle = (await session.execute(statement)).one()
    return cases, of_cycle


async def run(session: AsyncSession, run_id: UUID) -> DocumentRun:
    """Load a run; only for officials."""
    return found(await session.get(DocumentRun, run_id))


async def running_for_update(session: AsyncSession) -> DocumentRun | None:
    """Take the oldest unfinished run that no other process holds."""
    statement = (
        select(DocumentRun)
        .where(col(DocumentRun.state) == rules.RunState.RUNNING)
        .order_by(col(DocumentRun.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return await session.scalar(statement)


async def newest_file(
    session: AsyncSession, subject_id: UUID, kind: rules.FileKind
) -> DocumentFile:
    """Load the newest file of a case or cycle; the caller has judged who may see it."""
    statement = (
        select(DocumentFile)
        .where(
            col(DocumentFile.subject_id) == subject_id,
            col(DocumentFile.kind) == kind,
            col(DocumentFile.content).is_not(None),
        )
        .order_by(col(DocumentFile.run_id).desc())
        .limit(1)
    )
    return found(await session.scalar(statement))
