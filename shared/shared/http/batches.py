"""Batches: many rows in one request, each with a verdict of its own.

Up to `INLINE_ROWS` rows are answered at once, in the request's own transaction; more become a job
whose rows carry `(job, index)`, so that a killed worker goes on where it stopped.
"""

import csv
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import anyio
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.auth.actor import Actor
from shared.database.base import new_id
from shared.http.batch_tables import BatchJob, BatchRow
from shared.http.problem import Failure, check_object, checks_of, language_of, text_of
from shared.http.route import strict_json
from shared.http.schemas import CheckOut, Out
from shared.http.work import Work
from shared.jobs.queue import JobHandler, enqueue
from shared.rules import Check, Kind, Refused, Rule, found

INLINE_ROWS: Final = 1_000
MAX_ROWS: Final = 100_000
MAX_LINE_BYTES: Final = 65_536
CHUNK: Final = 2_000
JOB: Final = "batch"
MEDIA_TYPES: Final = ("application/json", "application/x-ndjson", "text/csv")
FORM: Final = Rule("API", "openapi")

RowModel = TypeVar("RowModel")


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    FAILED = "failed"


class Mode(StrEnum):
    """`partial` keeps good rows whatever happens to bad ones; `atomic` keeps all or none."""

    PARTIAL = "partial"
    ATOMIC = "atomic"


@dataclass(frozen=True, slots=True)
class Row(Generic[RowModel]):
    """A row that fits its schema, with its place in the batch, counted from 0."""

    index: int
    value: RowModel


@dataclass(frozen=True, slots=True)
class RowResult:
    """The verdict of a row: the id of what it made (or of its first posting), or its checks."""

    index: int
    outcome: Outcome
    id: UUID | None = None
    checks: tuple[Check, ...] = ()
    warnings: tuple[Check, ...] = ()


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
    media_type = _media_type(request)
    path, digest = await _received(request)
    try:
        work.body_sha256 = bytes.fromhex(digest)
        await work.replay()
        total = await anyio.to_thread.run_sync(_count, path, media_type)
        if total > MAX_ROWS:
            raise Failure("BODY_TOO_LARGE", max_bytes=request.app.state.settings.max_upload_bytes)
        if total > INLINE_ROWS:
            upload = Upload(path, media_type, digest, total)
            return await _queued(kind, actor, work, options, upload)
        rows = await anyio.to_thread.run_sync(_all_rows, path, media_type, kind.rows)
        return await _inline(request, kind, actor, work, options, rows)
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


def _count(path: Path, media_type: str) -> int:
    if media_type == "application/json":
        return len(_json_rows(path))
    with path.open("rb") as lines:
        number = sum(1 for line in lines if line.strip())
    return max(0, number - 1) if media_type == "text/csv" else number


def _json_rows(path: Path) -> list[Any]:
    try:
        value = strict_json(path.read_bytes())
    except json.JSONDecodeError as error:
        raise Failure("BODY_UNREADABLE") from error
    rows = value.get("rows") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise Refused(
            [
                FORM.check(
                    "FIELD_INVALID",
                    Kind.CONTENT,
                    passed=False,
                    pointer="/rows",
                    field="rows",
                    expected="an array",
                )
            ]
        )
    return rows


Judged = Row[Any] | RowResult


def _all_rows(path: Path, media_type: str, adapter: TypeAdapter[Any]) -> list[Judged]:
    return list(judged_rows(path, media_type, adapter))


def judged_rows(path: Path, media_type: str, adapter: TypeAdapter[Any]) -> Iterator[Judged]:
    """Read rows one after the other; one that cannot be read or does not fit is a result."""
    readers = {
        "application/json": lambda: iter(_json_rows(path)),
        "application/x-ndjson": lambda: _lines(path),
        "text/csv": lambda: _records(path),
    }
    textual = media_type == "text/csv"
    for index, raw in enumerate(readers[media_type]()):
        yield _judged(index, raw, adapter, textual=textual)


def _lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as lines:
        for line in lines:
            if not line.strip():
                continue
            try:
                yield strict_json(line if len(line) <= MAX_LINE_BYTES else b"")
            except (ValueError, RequestValidationError) as error:
                yield error


def _records(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        for record in csv.DictReader(text):
            yield _nested(record)


def _nested(record: Mapping[Any, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in record.items():
        if name is None or value is None or value == "":
            continue
        *path, last = str(name).split(".")
        place = row
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return row


def _judged(index: int, raw: Any, adapter: TypeAdapter[Any], *, textual: bool) -> Judged:  # noqa: ANN401 - JSON
    if isinstance(raw, Exception):
        broken = FORM.check("BODY_UNREADABLE", Kind.CONTENT, passed=False, pointer=f"/{index}")
        return RowResult(index, Outcome.FAILED, checks=(broken,))
    try:
        return Row(index, _validated(raw, adapter, textual=textual))
    except ValidationError as error:
        problems: list[Any] = [
            {**item, "loc": ("body", *item["loc"])}
            for item in error.errors(include_url=False, include_input=False)
        ]
        return RowResult(index, Outcome.FAILED, checks=tuple(checks_of(problems, raw)))


def _validated(raw: Any, adapter: TypeAdapter[Any], *, textual: bool) -> Any:  # noqa: ANN401 - JSON
    if not textual:
        return adapter.validate_python(raw)
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        # A CSV cell is text: where the schema wants a number, a truth or a list, it is read so.
        for item in error.errors(include_url=False):
            _reread(raw, item["loc"], item["type"])
        return adapter.validate_python(raw)


def _reread(raw: dict[str, Any], location: Sequence[Any], kind: str) -> None:
    place: Any = raw
    # A tagged union puts its tag into the location; only what is in the row is followed.
    for part in location[:-1]:
        if isinstance(place, dict) and part in place:
            place = place[part]
    last = location[-1] if location else None
    if not isinstance(place, dict) or not isinstance(place.get(last), str):
        return
    text = place[last]
    if kind == "int_type" and re.fullmatch(r"-?\d{1,18}", text):
        place[last] = int(text)
    elif kind == "bool_type" and text in {"true", "false"}:
        place[last] = text == "true"
    elif kind == "list_type":
        place[last] = [part.strip() for part in text.split(";") if part.strip()]


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
        raise Failure("BODY_TOO_LARGE", max_bytes=INLINE_ROWS)
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
    }


def _actor_of(document: Mapping[str, Any]) -> Actor:
    return Actor(
        person_id=UUID(document["person_id"]),
        client_id=document["client_id"],
        capacities=frozenset(document["capacities"]),
        org_id=None if document["org_id"] is None else UUID(document["org_id"]),
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
            await session.execute(
                insert(BatchRow),
                [
                    {
                        "job_id": job.id,
                        "index": result.index,
                        "result": row_out(result, "zh").model_dump(mode="json"),
                    }
                    for result in results
                ],
            )
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
