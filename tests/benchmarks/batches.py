"""A batch of NDJSON as a member's program sends it: taken over HTTP, and done when its rows are."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.benchmarks.tools import BenchmarkError

LONGEST: Final = 3_600.0
LOOK_SECONDS: Final = 0.1
JOB: Final = "SELECT state, created, failed FROM batch_job WHERE id = $1"


async def sent(address: str, route: str, token: str, rows: bytes | AsyncIterator[bytes]) -> UUID:
    """Send a batch to a service, and give the id of its job."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/x-ndjson",
        "Idempotency-Key": str(uuid4()),
    }
    async with httpx.AsyncClient(base_url=address, timeout=600, headers=headers) as caller:
        answer = await caller.post(route, content=rows)
    if answer.status_code != 202:
        raise BenchmarkError(f"The batch was not taken: {answer.status_code} {answer.text}")
    return UUID(answer.json()["id"])


async def done(
    database: asyncpg.Connection, job_id: UUID, rows: int, look: Callable[[], None] | None = None
) -> None:
    """Wait for a batch whose rows are all good; `look` is called as long as it is not done."""
    began = time.perf_counter()
    while (job := await database.fetchrow(JOB, job_id))["state"] != "done":
        if time.perf_counter() - began > LONGEST:
            raise BenchmarkError(f"The batch did not end: {dict(job)}")
        if look is not None:
            look()
        await asyncio.sleep(LOOK_SECONDS)
    if (job["created"], job["failed"]) != (rows, 0):
        raise BenchmarkError(f"Not every row was taken: {dict(job)}")
