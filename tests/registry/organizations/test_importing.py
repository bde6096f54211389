"""A sheet becomes a job: every row has the verdict that it would have alone, and nothing else."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from registry.app import BATCHES
from registry.organizations.tables import Organization, OrganizationEntry, OrganizationName
from shared.http.batches import JOB, batch_jobs
from tests.fixtures.service import RunningService, event_types
from tests.registry.organizations import sheets
from tests.registry.organizations.entering import handler

ROUTE = "/v1/registry/organization-batches"
# More than are answered at once, in five chunks; each way of being wrong occurs three times.
NUMBER = 1_100
CHUNK = 250
LETTERS = "FC"
pytestmark = pytest.mark.anyio


@pytest.fixture
async def registry(running: Callable[..., Any]) -> AsyncIterator[RunningService]:
    async with running("registry") as service:
        yield service


@pytest.mark.requirement("X05", "A051", "A105")
@pytest.mark.refusing
async def test_each_row_of_a_large_sheet_is_judged_and_kept_as_it_was_sent(
    registry: RunningService,
) -> None:
    sheet = list(sheets.rows(NUMBER, LETTERS))
    sent = "\ufeff" + "".join(f"{line}\r\n" for line in [sheets.header(), *(r.line for r in sheet)])
    async with handler(registry) as official:
        taken = await official.post(
            ROUTE,
            content=sent.encode(),
            headers={"Content-Type": "text/csv", "Idempotency-Key": "sheet"},
        )
        assert (taken.status_code, taken.json()["rows_total"]) == (202, NUMBER), taken.text
        kinds = {name: replace(kind, chunk=CHUNK) for name, kind in BATCHES.items()}
        job_id = taken.headers["Location"].rpartition("/")[2]
        await batch_jobs(kinds)[JOB].do(registry.app, UUID(job_id).bytes)
        answer = await official.get(f"{taken.headers['Location']}/results/export")
        job = (await official.get(taken.headers["Location"])).json()
    results = [json.loads(line) for line in answer.text.splitlines()]
    seen = [(one["index"], one["outcome"], (one["problem"] or {}).get("code")) for one in results]
    assert seen == [(index, row.outcome, row.code) for index, row in enumerate(sheet)]
    ids = {one["index"]: one["id"] for one in results}
    for index, row in enumerate(sheet):
        if row.first is not None:
            assert ids[index] == ids[row.first], index
    made = [row.kept for row in sheet if row.kept is not None]
    assert (job["created"], job["failed"]) == (
        len(made), sum(row.outcome == "failed" for row in sheet),
    )  # fmt: skip
    columns = [getattr(Organization, name) for name in sheets.COLUMNS]
    async with registry.sessions.reading() as session:
        stored = (await session.execute(select(*columns).order_by(col(Organization.uscc)))).all()
        beside = [
            await session.scalar(select(func.count(func.distinct(table.org_id))))
            for table in (OrganizationName, OrganizationEntry)
        ]
        batch = await session.scalar(text("SELECT count(*) FROM audit WHERE action LIKE 'organ%'"))
    assert [tuple(row) for row in stored] == made
    assert beside == [len(made), len(made)]
    types = await event_types(registry.sessions)
    assert types.count("organization.registered") == len(made)
    assert types.count("directory.organization") == len(made)
    assert batch == len(made)
