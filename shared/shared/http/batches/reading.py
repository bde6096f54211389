"""How far a large batch has come, and what became of its rows: whole, in pages, or as lines."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import StreamingResponse
from sqlalchemy import BigInteger, Select, case, column, func, true, type_coerce
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.auth.actor import Actor
from shared.database.engine import Sessions
from shared.http.batch_rows import Outcome
from shared.http.batch_tables import BatchJob, BatchRow
from shared.http.batches.bodies import FORGOTTEN
from shared.http.batches.kinds import BatchOut, Mode, RowOut, shown
from shared.http.dependencies import PageRequest, paginate
from shared.http.schemas import Page
from shared.rules import found

# Of more rows than these, results come in pages or as lines only.
WHOLE_ROWS: Final = 10_000
ROWS: Final = 1_000
NDJSON: Final = "application/x-ndjson"
LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One result a line, in the order of the rows.",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Which rows of a batch are asked for."""

    outcome: Annotated[
        Outcome | None, Query(description="Only rows that came out so, such as `failed`.")
    ] = None


async def _own_job(session: AsyncSession, actor: Actor, job_id: UUID) -> BatchJob:
    statement = select(BatchJob).where(
        col(BatchJob.id) == job_id, col(BatchJob.person_id) == actor.person_id
    )
    return found(await session.scalar(statement))


# A list as it is, and what was kept of a single row as a list of one.
_KEPT: Final = case(
    (func.jsonb_typeof(col(BatchRow.result)) == "array", col(BatchRow.result)),
    else_=func.jsonb_build_array(col(BatchRow.result)),
)
_EACH: Final = (
    func.jsonb_array_elements(_KEPT, type_=JSONB)
    .table_valued(column("result", JSONB), with_ordinality="place")
    .render_derived(name="each")
    .lateral()
)
_PLACE: Final = type_coerce(_EACH.c.place, BigInteger)
# The first of a chunk comes from the index, so that a page reads no chunk before its own.
_ORDER: Final = (col(BatchRow.index), _PLACE)


def _results(job_id: UUID, asked: ResultFilter) -> Select[Any]:
    """Select each row's place in the batch, and its result."""
    statement = (
        sa_select(col(BatchRow.index) + _PLACE - 1, _EACH.c.result)
        .select_from(BatchRow)
        .join(_EACH, true())
        .where(col(BatchRow.job_id) == job_id)
    )
    if asked.outcome is not None:
        # What stands for a row that was made has no word for it.
        outcome = func.coalesce(_EACH.c.result["outcome"].astext, Outcome.CREATED.value)
        statement = statement.where(outcome == asked.outcome)
    return statement


async def batch_job(
    session: AsyncSession, actor: Actor, job_id: UUID, jobs_path: str, language: str = "zh"
) -> BatchOut:
    """Show a batch's job to the one who posted it; when it is done, with rows up to 10,000."""
    job = await _own_job(session, actor, job_id)
    rows: Sequence[Any] = []
    if job.state == "done" and job.rows_total <= WHOLE_ROWS:
        statement = _results(job_id, ResultFilter()).order_by(*_ORDER)
        rows = (await session.execute(statement)).all()
    results = [shown(index, kept, language) for index, kept in rows]
    return job_out(job, results, f"{jobs_path}/{job_id}")


async def batch_results(
    session: AsyncSession,
    actor: Actor,
    job_id: UUID,
    page: PageRequest,
    asked: ResultFilter,
    language: str,
) -> Page[RowOut]:
    """Give a page of the results that are there so far, in the order of the rows."""
    await _own_job(session, actor, job_id)
    rows, cursor = await paginate(
        session, _results(job_id, asked), page, _ORDER, {"outcome": asked.outcome}
    )
    items = [shown(index, kept, language) for index, kept in rows]
    return Page(items=items, next_cursor=cursor)


async def batch_lines(
    sessions: Sessions, actor: Actor, job_id: UUID, asked: ResultFilter, language: str
) -> StreamingResponse:
    """Stream the results that are there so far as NDJSON, in constant memory."""
    async with sessions.reading() as session:
        await _own_job(session, actor, job_id)
    return StreamingResponse(_lines(sessions, job_id, asked, language), media_type=NDJSON)


async def _lines(
    sessions: Sessions, job_id: UUID, asked: ResultFilter, language: str
) -> AsyncIterator[bytes]:
    """Read the rows in a session that outlives the request's."""
    statement = _results(job_id, asked).order_by(*_ORDER)
    async with sessions.reading() as session:
        stream = await session.stream(statement.execution_options(yield_per=ROWS))
        async for chunk in stream.partitions(ROWS):
            lines = (shown(index, kept, language).model_dump_json() for index, kept in chunk)
            yield ("\n".join(lines) + "\n").encode()


async def cancel_batch_job(
    session: AsyncSession, actor: Actor, job_id: UUID, jobs_path: str
) -> BatchOut:
    """Stop a batch after the chunk that runs; what is done stays done."""
    await _own_job(session, actor, job_id)
    job = found(await session.get(BatchJob, job_id, with_for_update=True, populate_existing=True))
    if job.state in {"queued", "running"}:
        job.state, job.sha256 = "cancelled", FORGOTTEN
    return job_out(job, [], f"{jobs_path}/{job_id}")


def job_out(job: BatchJob, results: list[RowOut], location: str) -> BatchOut:
    """Show a job with the results that are at hand."""
    return BatchOut(
        id=job.id,
        state=job.state,
        mode=Mode(job.mode),
        dry_run=job.dry_run,
        rolled_back=job.dry_run,
        rows_total=job.rows_total,
        rows_done=job.rows_done,
        created=job.created,
        duplicates=job.rows_done - job.created - job.failed,
        failed=job.failed,
        results=results,
        results_path=f"{location}/results",
    )
