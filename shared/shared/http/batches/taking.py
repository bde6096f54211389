"""Taking a batch: its body goes to a file while it is hashed, and memory stays as it is."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import anyio
from fastapi import Request, Response
from pydantic import TypeAdapter

from shared.auth.actor import Actor
from shared.database.base import new_id
from shared.http.batch_rows import JSON, Judged, Outcome, all_rows, count_rows
from shared.http.batch_tables import BatchJob
from shared.http.batches.bodies import Bodies
from shared.http.batches.kinds import (
    BatchKind,
    BatchOptions,
    BatchOut,
    Mode,
    count_of,
    prepared,
    row_out,
)
from shared.http.batches.reading import job_out
from shared.http.batches.working import JOB, recorded
from shared.http.problem import Failure, language_of
from shared.http.work import Work
from shared.jobs.queue import enqueue

INLINE_ROWS: Final = 1_000
MAX_ROWS: Final = 1_000_000
MEDIA_TYPES: Final = (JSON, "application/x-ndjson", "text/csv")


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
        today = request.app.state.clock.today()
        rows = await anyio.to_thread.run_sync(_prepared, kind, upload, today)
        return await _inline(request, kind, actor, work, options, rows)


def _prepared(kind: BatchKind, upload: "Upload", today: date) -> Sequence[Judged]:
    rows = all_rows(upload.path, upload.media_type, kind.rows, kind.plain)
    return list(prepared(kind, rows, today))


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
    bodies = Bodies(request.app.state.settings)
    path, digest = await _received(request, media_type, await bodies.new_part())
    try:
        work.body_sha256 = bytes.fromhex(digest)
        await work.replay()
        total = await anyio.to_thread.run_sync(count_rows, path, media_type)
        if total > most_rows:
            raise Failure("ROWS_TOO_MANY", max_rows=most_rows)
        yield Upload(path, media_type, digest, total, bodies)
    finally:
        await anyio.to_thread.run_sync(lambda: path.unlink(missing_ok=True))


def _media_type(request: Request) -> str:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Failure("UNSUPPORTED_MEDIA_TYPE", accepted=", ".join(MEDIA_TYPES))
    return media_type


async def _received(request: Request, media_type: str, path: Path) -> tuple[Path, str]:
    """Write a body to a file; what was cut off or is too large leaves none."""
    settings = request.app.state.settings
    # JSON is read as a whole; lines are read one after the other, however many they are.
    most: int = settings.max_upload_bytes if media_type == JSON else settings.max_batch_bytes
    try:
        return path, await _written(request, path, most)
    except BaseException:
        await anyio.to_thread.run_sync(lambda: path.unlink(missing_ok=True))
        raise


async def _written(request: Request, path: Path, most: int) -> str:
    """Write what comes, and give the hash of query and body, which both say what is asked for."""
    digest = hashlib.sha256(request.url.query.encode() + b"\n")
    size = 0
    async with await anyio.open_file(path, "wb") as out:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise Failure("BODY_TOO_LARGE", {"Connection": "close"}, max_bytes=most)
            digest.update(chunk)
            await out.write(chunk)
    return digest.hexdigest()


async def _inline(
    request: Request,
    kind: BatchKind,
    actor: Actor,
    work: Work,
    options: BatchOptions,
    rows: Sequence[Judged],
) -> Response:
    session = await work.begin()
    results = await recorded(session, kind, actor, rows)
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
        created=0 if undone and not options.dry_run else count_of(results, Outcome.CREATED),
        duplicates=count_of(results, Outcome.DUPLICATE),
        failed=count_of(results, Outcome.FAILED),
        results=[row_out(result, language) for result in results],
    )
    return Response(answer.model_dump_json(), 200, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Upload:
    """A batch's body as it was received."""

    path: Path
    media_type: str
    sha256: str
    rows_total: int
    bodies: Bodies


async def _queued(
    kind: BatchKind, actor: Actor, work: Work, options: BatchOptions, upload: Upload
) -> Response:
    if options.mode is Mode.ATOMIC:
        # One transaction over a million rows would hold its references against all other posts.
        raise Failure("ROWS_TOO_MANY", max_rows=INLINE_ROWS)
    job_id = new_id()
    await upload.bodies.keep(upload.path, job_id)
    session = await work.begin()
    job = BatchJob(
        id=job_id,
        kind=kind.name,
        org_id=actor.org_id,
        person_id=actor.person_id,
        actor=_actor_document(actor, work.scope),
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
    location = f"{kind.jobs_path}/{job_id}"
    answer = job_out(job, [], location)
    return Response(
        answer.model_dump_json(), 202, {"Location": location}, media_type="application/json"
    )


def _actor_document(actor: Actor, scope: bytes | None) -> dict[str, Any]:
    """Write down who posted a batch, and for which kept answer."""
    return {
        "scope": None if scope is None else scope.hex(),
        "person_id": str(actor.person_id),
        "client_id": actor.client_id,
        "capacities": sorted(actor.capacities),
        "org_id": None if actor.org_id is None else str(actor.org_id),
        "predecessor_ids": sorted(str(org_id) for org_id in actor.predecessor_ids),
    }
