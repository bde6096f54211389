"""Working off a large batch, chunk by chunk: what a chunk made commits with its results.

A killed worker goes on after the last chunk that was committed. While a chunk is written, the next
one is read and judged by its schema in a thread, so that program and database work side by side.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.actor import Actor
from shared.http.batch_rows import Judged, Outcome, Row, RowResult, judged_rows
from shared.http.batch_tables import BatchJob
from shared.http.batches.before import Before, rows_before
from shared.http.batches.bodies import ENDED, FORGOTTEN, Bodies
from shared.http.batches.kinds import BatchKind, count_of, prepared, stored
from shared.http.naming import NAMED, keep_names
from shared.jobs.queue import JobHandler

JOB: Final = "batch"
# One row for the results of a chunk, which are read in pages (`reading`).
KEEP_RESULTS: Final = text(
    """
    INSERT INTO batch_row (job_id, index, result)
    VALUES (:job_id, :first, CAST(:results AS jsonb))
    """
)


async def recorded(
    session: AsyncSession,
    kind: BatchKind,
    actor: Actor,
    rows: Sequence[Judged],
    before: Before | None = None,
) -> list[RowResult]:
    """Record the rows that fit their schema, and give a result for each, in their order.

    With rows before them that would have been recorded, these are only foretold.
    """
    good = [row for row in rows if isinstance(row, Row)]
    results = [row for row in rows if isinstance(row, RowResult)]
    for start in range(0, len(good), kind.chunk):
        part = good[start : start + kind.chunk]
        if before is not None and kind.foretell is not None:
            results.extend(await kind.foretell(session, actor, part, before))
        else:
            results.extend(await kind.record_many(session, actor, part))
    return sorted(results, key=lambda result: result.index)


def batch_jobs(kinds: Mapping[str, BatchKind]) -> Mapping[str, JobHandler]:
    """Give the job handler of a service's batches, for `job_worker`."""

    async def do(app: FastAPI, payload: bytes) -> None:
        await _work_off(app, kinds, UUID(bytes=payload))

    async def give_up(app: FastAPI, payload: bytes) -> None:
        await _failed(app, UUID(bytes=payload))
        await Bodies(app.state.settings).forget(UUID(bytes=payload))

    return {JOB: JobHandler(do, give_up)}


async def _work_off(app: FastAPI, kinds: Mapping[str, BatchKind], job_id: UUID) -> None:
    sessions = app.state.database.sessions
    async with sessions.reading() as session:
        job = await session.get(BatchJob, job_id)
    if job is None or job.state in ENDED:
        return
    kind = kinds[job.kind]
    bodies = Bodies(app.state.settings)
    async with bodies.opened(job_id) as path:
        if path is None:
            await _failed(app, job_id)
            return
        if job.dry_run:
            async with rows_before(await bodies.new_part()) as before:
                await _chunks_done(app, kind, job, path, before)
        else:
            await _chunks_done(app, kind, job, path)
    async with sessions.reading() as session:
        job = await session.get(BatchJob, job_id)
    # Another worker may still have it in hand, when this one was thought dead.
    if job is None or job.state in ENDED:
        await bodies.forget(job_id)


async def _chunks_done(
    app: FastAPI, kind: BatchKind, job: BatchJob, path: Path, before: Before | None = None
) -> None:
    """Record what is left of a job, until its end or until it is taken away.

    A dry run that was cut judges all again: what its rows would have made is gone.
    """
    first = job.rows_done if before is None else 0
    read = judged_rows(path, job.media_type, kind.rows, first, kind.plain)
    rows = prepared(kind, read, app.state.clock.today())
    ahead = asyncio.create_task(_read(rows, kind.chunk))
    try:
        while chunk := await ahead:
            ahead = asyncio.create_task(_read(rows, kind.chunk))
            if not await _chunk_done(app, kind, job, chunk, before):
                break
    finally:
        # A thread cannot be stopped in its middle; it ends with its chunk.
        await asyncio.wait([ahead])


async def _read(rows: Iterator[Judged], count: int) -> list[Judged]:
    return await asyncio.to_thread(lambda: list(islice(rows, count)))


async def _chunk_done(
    app: FastAPI,
    kind: BatchKind,
    job: BatchJob,
    chunk: Sequence[Judged],
    before: Before | None,
) -> bool:
    """Record a chunk and its results in one transaction; tell whether to go on."""
    actor = actor_of(job.actor)
    results: Sequence[RowResult] | None = None
    if before is not None:
        results = await _judged_only(app, kind, actor, chunk, before)
        if chunk[-1].index < job.rows_done:
            return True
    async with app.state.database.sessions.begin() as session:
        current = await session.get(BatchJob, job.id, with_for_update=True)
        # Taken away by its poster, or done by a worker that was thought dead.
        if current is None or current.state == "cancelled" or current.rows_done != chunk[0].index:
            return False
        if results is None:
            results = await _recorded_for(session, kind, job, chunk)
        values = {"job_id": job.id, "first": chunk[0].index, "results": stored(results)}
        await session.execute(KEEP_RESULTS, values)
        current.rows_done += len(results)
        current.created += count_of(results, Outcome.CREATED)
        current.failed += count_of(results, Outcome.FAILED)
        current.state = "done" if current.rows_done >= current.rows_total else "running"
        if current.state in ENDED:
            current.sha256 = FORGOTTEN
    app.state.committed.set()
    return True


async def _recorded_for(
    session: AsyncSession, kind: BatchKind, job: BatchJob, chunk: Sequence[Judged]
) -> list[RowResult]:
    """Record a chunk, and note whom it names beside the answer that its poster was given.

    That answer's request is kept as a hash of all rows, which goes with a name that is erased.
    """
    scope = job.actor.get("scope")
    if scope is not None:
        session.info[NAMED] = set()
    results = await recorded(session, kind, actor_of(job.actor), chunk)
    if scope is not None:
        await keep_names(session, bytes.fromhex(scope))
    return results


async def _judged_only(
    app: FastAPI, kind: BatchKind, actor: Actor, chunk: Sequence[Judged], before: Before
) -> list[RowResult]:
    """Judge a chunk as if it were recorded, and take all of it back."""
    async with app.state.database.sessions.open() as session:
        await session.begin()
        results = await recorded(session, kind, actor, chunk, before)
        await session.rollback()
    return results


async def _failed(app: FastAPI, job_id: UUID) -> None:
    """Say of a batch that it will not go on; what is done stays."""
    async with app.state.database.sessions.begin() as session:
        current = await session.get(BatchJob, job_id, with_for_update=True)
        if current is not None and current.state not in ENDED:
            current.state, current.sha256 = "failed", FORGOTTEN


def actor_of(document: Mapping[str, Any]) -> Actor:
    """Give back who posted a batch."""
    return Actor(
        person_id=UUID(document["person_id"]),
        client_id=document["client_id"],
        capacities=frozenset(document["capacities"]),
        org_id=None if document["org_id"] is None else UUID(document["org_id"]),
        # A job that waited since before there were any names none.
        predecessor_ids=frozenset(map(UUID, document.get("predecessor_ids", ()))),
    )
