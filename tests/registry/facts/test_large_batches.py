"""More than a thousand rows: a job that answers at once and is looked after until it is done."""

import json

import pytest
from sqlmodel import select

from registry.app import BATCHES
from shared.http.batch_tables import BatchJob
from shared.http.batches import JOB, batch_jobs
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio
NUMBER = 2_500


@pytest.mark.requirement("X05")
async def test_a_large_batch_becomes_a_job_whose_rows_are_recorded_once(house: House) -> None:
    lines = [json.dumps(house.fact(external_id=f"L-{n}")) for n in range(NUMBER)]
    lines[517] = "{broken"
    async with house.caller(house.member) as caller:
        taken = await caller.post(
            "/v1/registry/fact-batches",
            content="\n".join(lines).encode(),
            headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": "large"},
        )
        assert (taken.status_code, taken.json()["rows_total"]) == (202, NUMBER)
        async with house.registry.sessions.reading() as session:
            job = (await session.scalars(select(BatchJob))).one()
        work = batch_jobs(BATCHES)[JOB]
        # Delivered twice, as after a worker was killed: what is done is not done again.
        await work(house.registry.app, job.id.bytes)
        await work(house.registry.app, job.id.bytes)
        done = (await caller.get(taken.headers["Location"])).json()
    assert (done["state"], done["created"], done["failed"]) == ("done", NUMBER - 1, 1)
    assert [row["index"] for row in done["results"] if row["status"] >= 400] == [517]
