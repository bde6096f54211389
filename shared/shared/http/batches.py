"""Batches: many rows in one request, each with a verdict of its own.

Up to `INLINE_ROWS` rows are answered at once, in the request's own transaction; more become a job
whose rows carry `(job, index)`, so that a killed worker goes on where it stopped.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import anyio
from fastapi import FastAPI, Query, Request, Response
from pydantic import Field, TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.auth.actor import Actor
from shared.database.base import new_id
from shared.http.batch_rows import (
    Judged,
    Outcome,
    Row,
    RowResult,
    all_rows,
    count_rows,
    judged_rows,
)
from shared.http.batch_tables import BatchJob, BatchRow
from shared.http.problem import Failure, check_object, language_of, text_of
from shared.http.schemas import CheckOut, Out
from shared.http.work import Work
from shared.jobs.queue import JobHandler, enqueue
from shared.rules import Check, Refused, found

__all__ = [
    "INLINE_ROWS",
    "JOB",
    "BatchKind",
    "BatchOptions",
    "BatchOut",
    "Mode",
    "Outcome",
    "ReadRows",
    "Row",
    "RowOut",
    "RowResult",
    "batch_job",
    "batch_jobs",
    "cancel_batch_job",
    "inline_rows",
    "row_out",
    "run_batch",
]

INLINE_ROWS: Final = 1_000
MAX_ROWS: Final = 100_000
CHUNK: Final = 2_000
JOB: Final = "batch"
MEDIA_TYPES: Final = ("application/json", "application/x-ndjson", "text/csv")
# One array per column, however many rows.
KEEP_ROWS: Final = text(
    """
    INSERT INTO batch_row (job_id, index, result)
    SELECT :job_id, place, CAST(result AS jsonb)
      FROM unnest(CAST(:places AS integer[]), CAST(:results AS text[])) AS row (place, result)
    """
)


class Mode(StrEnum):
    """`partial` keeps good rows whatever happens to bad ones; `atomic` keeps all or none."""

    PARTIAL = "partial"
    ATOMIC = "atomic"


RecordMany = Callable[[AsyncSession, Actor, Sequence[Row[Any]]], Awaitable[Sequence[RowResult]]]


@dataclass(frozen=True, slots=True)
class BatchKind:
    """A kind of batch: the schema of its rows and the set-based action that records them.

    `record_many` gets rows that fit the schema, judges each by the same rules as a single POST,
    and gives one result per row, in any order.
    """

    name: str
    rows: TypeAdapter[Any]
    record_many: RecordMany
    jobs_path: str
    chunk: int = field(default=CHUNK)


class RowProblemOut(Out):
    """Why a row was refused."""

    code: str = Field(description="The code of the first failed check.")
    title: str = Field(description="The code in words.")
    status: int = Field(description="The status that a single POST would have answered.")
    errors: list[CheckOut] = Field(description="Every failed check.")


class RowOut(Out):
    """What became of a row."""

    index: int = Field(description="Its place in the batch, from 0.")
    status: int = Field(description="201 created, 200 duplicate, else the refusal's status.")
    outcome: Outcome = Field(description="`created`, `duplicate` or `failed`.")
    id: UUID | None = Field(default=None, description="What it made, or its first posting.")
    problem: RowProblemOut | None = Field(default=None, description="Why it failed.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")


class BatchOut(Out):
    """What became of a batch."""

    id: UUID = Field(description="Names the batch; its job, if it became one.")
    state: str = Field(description="`done`, or `queued`, `running`, `cancelled`, `failed`.")
    mode: Mode = Field(description="As asked for.")
    dry_run: bool = Field(description="True: judged only, nothing kept.")
    rolled_back: bool = Field(description="True: nothing of it is kept.")
    rows_total: int = Field(description="Rows in the batch.")
    rows_done: int = Field(description="Rows judged so far.")
    created: int = Field(description="Rows that made something.")
    duplicates: int = Field(description="Rows posted before with the same content.")
    failed: int = Field(description="Rows refused.")
    results: list[RowOut] = Field(description="A result per row, in order.")


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How a batch is to be treated."""

    mode: Annotated[Mode, Query(description="`partial` or `atomic`.")] = Mode.PARTIAL
    dry_run: Annotated[bool, Query(description="Judge only; keep nothing.")] = False


async def run_batch(
    request: Request, kind: BatchKind, actor: Actor, work: Work, options: BatchOptions
) -> Response:
    """Take a batch: answer up to 1,000 rows at once (200), more as a job (202).

    The route declares `streamed=True`; the body is written to a file while it is hashed, so that
    memory stays constant.
    """
    async with _uploaded(request, work, MAX_ROWS) as upload:
        if upload.rows_total > INLINE_ROWS:
            return await _queued(kind, actor, work, options, upload)
        rows = await anyio.to_thread.run_sync(all_rows, upload.path, upload.media_type, kind.rows)
        return await _inline(request, kind, actor, work, options, rows)


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The rows of a body that is taken as a whole, and the hash of what was sent."""

    rows: Sequence[Judged]
    sha256: str


async def inline_rows(request: Request, adapter: TypeAdapter[Any], work: Work) -> ReadRows:
    """Read a body of at most 1,000 rows that stand or fall together; the route is `streamed`."""
    async with _uploaded(request, work, INLINE_ROWS) as upload:
        rows = await anyio.to_thread.run_sync(all_rows, upload.path, upload.media_type, adapter)
        return ReadRows(rows, upload.sha256)


@asynccontextmanager
async def _uploaded(request: Request, work: Work, most_rows: int) -> AsyncIterator["Upload"]:
    """Write a body to a file while it is hashed, look for a kept answer, and count its rows."""
    media_type = _media_type(request)
    path, digest = await _received(request)
    try:
        work.body_sha256 = bytes.fromhex(digest)
        await work.replay()
        total = await anyio.to_thread.run_sync(count_rows, path, media_type)
        if total > most_rows:
            raise Failure("ROWS_TOO_MANY", max_rows=most_rows)
        yield Upload(path, media_type, digest, total)
    finally:
        await anyio.to_thread.run_sync(lambda: path.unlink(missing_ok=True))


def _media_type(request: Request) -> str:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Failure("UNSUPPORTED_MEDIA_TYPE", accepted=", ".join(MEDIA_TYPES))
    return media_type


async def _received(request: Request) -> tuple[Path, str]:
    folder: Path = request.app.state.settings.files / "batches"
    most: int = request.app.state.settings.max_upload_bytes
    await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
    path = folder / f"{new_id()}.part"
    digest = hashlib.sha256(request.url.query.encode() + b"\n")
    size = 0
    async with await anyio.open_file(path, "wb") as out:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                await anyio.Path(path).unlink()
                raise Failure("BODY_TOO_LARGE", {"Connection": "close"}, max_bytes=most)
            digest.update(chunk)
            await out.write(chunk)
    return path, digest.hexdigest()


async def _inline(
    request: Request,
    kind: BatchKind,
    actor: Actor,
    work: Work,
    options: BatchOptions,
    rows: Sequence[Judged],
) -> Response:
    session = await work.begin()
    results = await _recorded(session, kind, actor, rows)
    failed = any(result.outcome is Outcome.FAILED for result in results)
    undone = options.dry_run or (options.mode is Mode.ATOMIC and failed)
    if undone:
        session.info["preview"] = True
    language = language_of(request.headers.get("accept-language"))
    answer = BatchOut(
        id=new_id(),
        state="done",
        mode=options.mode,
        dry_run=options.dry_run,
        rolled_back=undone,
        rows_total=len(rows),
        rows_done=len(rows),
        created=0 if undone and not options.dry_run else _count_of(results, Outcome.CREATED),
        duplicates=_count_of(results, Outcome.DUPLICATE),
        failed=_count_of(results, Outcome.FAILED),
        results=[row_out(result, language) for result in results],
    )
    return Response(answer.model_dump_json(), 200, media_type="application/json")


def _count_of(results: Sequence[RowResult], outcome: Outcome) -> int:
    return sum(1 for result in results if result.outcome is outcome)


async def _recorded(
    session: AsyncSession, kind: BatchKind, actor: Actor, rows: Sequence[Judged]
) -> list[RowResult]:
    good = [row for row in rows if isinstance(row, Row)]
    results = [row for row in rows if isinstance(row, RowResult)]
    for start in range(0, len(good), kind.chunk):
        results.extend(await kind.record_many(session, actor, good[start : start + kind.chunk]))
    return sorted(results, key=lambda result: result.index)


def row_out(result: RowResult, language: str) -> RowOut:
    """Show a row's result."""
    problem = _row_problem(result.checks, language) if result.checks else None
    status = {Outcome.CREATED: 201, Outcome.DUPLICATE: 200}.get(result.outcome)
    return RowOut(
        index=result.index,
        status=status or (problem.status if problem else 422),
        outcome=result.outcome,
        id=result.id,
        problem=problem,
        warnings=[CheckOut.model_validate(check_object(c, language)) for c in result.warnings],
    )


def _row_problem(checks: Sequence[Check], language: str) -> RowProblemOut:
    from shared.http.problem import STATUSES

    ordered = Refused(checks).checks
    title, _ = text_of(ordered[0].code, dict(ordered[0].params), language)
    return RowProblemOut(
        code=ordered[0].code,
        title=title,
        status=STATUSES[ordered[0].kind],
        errors=[CheckOut.model_validate(check_object(check, language)) for check in ordered],
    )


@dataclass(frozen=True, slots=True)
class Upload:
    """A batch's body as it was received."""

    path: Path
    media_type: str
    sha256: str
    rows_total: int


async def _queued(
    kind: BatchKind, actor: Actor, work: Work, options: BatchOptions, upload: Upload
) -> Response:
    if options.mode is Mode.ATOMIC or options.dry_run:
        # One transaction over a hundred thousand rows would hold its locks for all of them.
        raise Failure("ROWS_TOO_MANY", max_rows=INLINE_ROWS)
    job_id = new_id()
    kept = upload.path.with_name(f"{job_id}.rows")
    await anyio.to_thread.run_sync(upload.path.rename, kept)
    session = await work.begin()
    job = BatchJob(
        id=job_id,
        kind=kind.name,
        org_id=actor.org_id,
        person_id=actor.person_id,
        actor=_actor_document(actor),
        sha256=upload.sha256,
        media_type=upload.media_type,
        mode=options.mode.value,
        dry_run=options.dry_run,
        state="queued",
        rows_total=upload.rows_total,
        rows_done=0,
        created=0,
        failed=0,
        created_at=datetime.now(UTC),
    )
    session.add(job)
    await session.flush()
    await enqueue(session, JOB, job_id.bytes)
    answer = _job_out(job, [])
    location = f"{kind.jobs_path}/{job_id}"
    return Response(
        answer.model_dump_json(), 202, {"Location": location}, media_type="application/json"
    )


def _actor_document(actor: Actor) -> dict[str, Any]:
    return {
        "person_id": str(actor.person_id),
        "client_id": actor.client_id,
        "capacities": sorted(actor.capacities),
        "org_id": None if actor.org_id is None else str(actor.org_id),
        "predecessor_ids": sorted(str(org_id) for org_id in actor.predecessor_ids),
    }


def _actor_of(document: Mapping[str, Any]) -> Actor:
    return Actor(
        person_id=UUID(document["person_id"]),
        client_id=document["client_id"],
        capacities=frozenset(document["capacities"]),
        org_id=None if document["org_id"] is None else UUID(document["org_id"]),
        # A job that waited since before there were any names none.
        predecessor_ids=frozenset(map(UUID, document.get("predecessor_ids", ()))),
    )


def batch_jobs(kinds: Mapping[str, BatchKind]) -> Mapping[str, JobHandler]:
    """Give the job handler of a service's batches, for `job_worker`."""

    async def handle(app: FastAPI, payload: bytes) -> None:
        await _work_off(app, kinds, UUID(bytes=payload))

    return {JOB: handle}


async def _work_off(app: FastAPI, kinds: Mapping[str, BatchKind], job_id: UUID) -> None:
    sessions = app.state.database.sessions
    async with sessions.reading() as session:
        job = await session.get(BatchJob, job_id)
    if job is None or job.state in {"done", "cancelled"}:
        return
    kind = kinds[job.kind]
    path: Path = app.state.settings.files / "batches" / f"{job_id}.rows"
    chunk: list[Judged] = []
    for judged in judged_rows(path, job.media_type, kind.rows):
        index = judged.index
        if index < job.rows_done:
            continue
        chunk.append(judged)
        if len(chunk) == kind.chunk and not await _chunk_done(app, kind, job, chunk):
            return
        if len(chunk) == kind.chunk:
            chunk = []
    await _chunk_done(app, kind, job, chunk, last=True)
    await anyio.Path(path).unlink(missing_ok=True)


async def _chunk_done(
    app: FastAPI, kind: BatchKind, job: BatchJob, chunk: Sequence[Judged], *, last: bool = False
) -> bool:
    """Record a chunk and its results in one transaction; tell whether to go on."""
    async with app.state.database.sessions.begin() as session:
        current = await session.get(BatchJob, job.id, with_for_update=True)
        if current is None or current.state == "cancelled":
            return False
        results = await _recorded(session, kind, _actor_of(job.actor), chunk)
        if results:
            values = {
                "job_id": job.id,
                "places": [result.index for result in results],
                "results": [row_out(result, "zh").model_dump_json() for result in results],
            }
            await session.execute(KEEP_ROWS, values)
        current.rows_done += len(results)
        current.created += _count_of(results, Outcome.CREATED)
        current.failed += _count_of(results, Outcome.FAILED)
        current.state = "done" if last else "running"
    app.state.committed.set()
    return True


async def batch_job(session: AsyncSession, actor: Actor, job_id: UUID) -> BatchOut:
    """Show a batch's job to the one who posted it; its rows when it is done."""
    job = found(
        await session.scalar(
            select(BatchJob).where(
                col(BatchJob.id) == job_id, col(BatchJob.person_id) == actor.person_id
            )
        )
    )
    rows: Sequence[Any] = []
    if job.state == "done":
        rows = (
            await session.scalars(
                select(BatchRow.result)
                .where(col(BatchRow.job_id) == job_id)
                .order_by(col(BatchRow.index))
            )
        ).all()
    return _job_out(job, [RowOut.model_validate(row) for row in rows])


async def cancel_batch_job(session: AsyncSession, actor: Actor, job_id: UUID) -> BatchOut:
    """Stop a batch after the chunk that runs; what is done stays done."""
    await batch_job(session, actor, job_id)
    job = found(await session.get(BatchJob, job_id, with_for_update=True))
    if job.state in {"queued", "running"}:
        job.state = "cancelled"
    return _job_out(job, [])


def _job_out(job: BatchJob, results: list[RowOut]) -> BatchOut:
    return BatchOut(
        id=job.id,
        state=job.state,
        mode=Mode(job.mode),
        dry_run=job.dry_run,
        rolled_back=False,
        rows_total=job.rows_total,
        rows_done=job.rows_done,
        created=job.created,
        duplicates=job.rows_done - job.created - job.failed,
        failed=job.failed,
        results=results,
    )
