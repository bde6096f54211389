"""`make bench name=conflicts`: from the commit of a changed owner to the marks on the seats.

A whole house runs. Panels over a cycle's centres stand in evaluation, with an expert who holds
shares in a company that owns nobody yet. Then the registry commits that this company owns the
centres' legal person, and afterwards that it does not: sequencer, feed and consumer are the shipped
ones. Told is the time from that commit until the marks on every seat of the expert, or their
clearing, can be read. A tie that is entered in evaluation itself is marked by the same commit, and
needs no figure.
"""

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
from sqlmodel import col, select

from evaluation.experts.rules import RelationKind
from evaluation.experts.tables import ExpertRelation
from shared.clock import Clock
from shared.database import Database
from shared.directory import DirectoryCenter, DirectoryOrganization
from tests.benchmarks.cycle_world import Neighbours, cycle_of, experts_in
from tests.benchmarks.house import House, house
from tests.benchmarks.page import Page
from tests.benchmarks.tools import BenchmarkError, percentile

PANELS: Final = {"small": 20, "full": 100}
CHANGES: Final = {"small": 40, "full": 400}
MARK_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 0.01
MOST_SECONDS: Final = 60.0
OWNER: Final = "91310101FAKE77777X"
EVENT: Final = """
WITH made AS (
    INSERT INTO event (id, type, subject_id, data, recorded_at)
    VALUES ($1, 'directory.organization', $2, $3::jsonb, $4) RETURNING id
)
INSERT INTO event_pending (event_id) SELECT id FROM made
"""
OPEN: Final = "SELECT count(*) FROM seat_conflict WHERE cleared_at IS NULL"


def main(size: str, page: Page) -> bool:
    """Measure; whether the mark is met."""
    with house() as running:
        return asyncio.run(_measured(running, size, page))


async def _measured(running: House, size: str, page: Page) -> bool:
    evaluation = Database(
        running.stack.postgres.dsn("evaluation", "admin", database="evaluation"),
        Clock(),
    )
    registry = await asyncpg.connect(running.dsn("registry", service="registry"))
    marks = await asyncpg.connect(running.dsn("evaluation", service="evaluation"))
    try:
        entry = await _prepared(evaluation, PANELS[size])
        taken = [
            await _changed(registry, marks, entry, PANELS[size], owned=number % 2 == 0)
            for number in range(CHANGES[size])
        ]
    finally:
        await marks.close()
        await registry.close()
        await evaluation.engine.dispose()
    taken.sort()
    p50, p99 = (percentile(taken, share) for share in (0.5, 0.99))
    page.say(
        f"{len(taken)} changes over {PANELS[size]} open panels: p50 {p50 * 1e3:.0f} ms,"
        f" p99 {p99 * 1e3:.0f} ms, at most {max(taken) * 1e3:.0f} ms;"
        f" within {MARK_SECONDS:.0f} s {sum(one <= MARK_SECONDS for one in taken)}"
        f" of {len(taken)}"
    )
    return p99 <= MARK_SECONDS


async def _prepared(database: Database, panels: int) -> dict[str, Any]:
    """Make panels, and an expert with shares; give the entry of who stands behind the centres."""
    experts = await experts_in(database)
    _, cases = await cycle_of(database, Neighbours(), experts, panels, 0)
    async with database.sessions.begin() as session:
        session.add(
            ExpertRelation(
                expert_id=next(iter(experts.values())).id, kind=RelationKind.SHAREHOLDING,
                org_uscc=OWNER, recorded_at=datetime.now(UTC),
            )
        )  # fmt: skip
    async with database.sessions.reading() as session:
        center = await session.get_one(DirectoryCenter, cases[0].center_id)
        statement = select(DirectoryOrganization).where(
            col(DirectoryOrganization.id) == center.legal_entity_id
        )
        entity = (await session.scalars(statement)).one()
    return {
        "id": str(entity.id), "uscc": entity.uscc, "name": entity.name,
        "org_type": entity.org_type, "legal_person_kind": entity.legal_person_kind,
        "region_code": entity.region_code, "is_sme": False,
    }  # fmt: skip


async def _changed(
    registry: Any,
    marks: Any,
    entry: dict[str, Any],
    panels: int,
    *,
    owned: bool,
) -> float:
    """Commit a change, and wait until every seat is marked, or cleared; give the seconds."""
    data = {"entry": {**entry, "parent_uscc": OWNER if owned else None}}
    told = (uuid.uuid4(), uuid.UUID(entry["id"]), json.dumps(data), datetime.now(UTC))
    await registry.execute(EVENT, *told)
    started = time.perf_counter()
    while await marks.fetchval(OPEN) != (panels if owned else 0):
        if time.perf_counter() - started > MOST_SECONDS:
            raise BenchmarkError("the change never reached the panels")
        await asyncio.sleep(LOOK_SECONDS)
    return time.perf_counter() - started
