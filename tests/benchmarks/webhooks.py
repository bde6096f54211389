"""Webhooks: from the commit of an event to the first attempt, with receivers that hang."""

import asyncio
import datetime as dt
import random
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import asyncpg

from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.receivers import Heard, Receivers
from tests.benchmarks.tools import BenchmarkError, percentile
from zhichuang.demo.client import Caller

WELL: Final = 45
HANGING: Final = 5
CENTERS: Final = 40
# Deliveries a second over all subscriptions: the promise of latency, and the one of isolation.
PROMPT: Final = 200
FULL: Final = 500
LATE_SECONDS: Final = 60.0
EVENT: Final = """
WITH made AS (
    INSERT INTO event (id, type, subject_id, center_id, data, recorded_at)
    SELECT id, 'center.listed', center_id, center_id,
           jsonb_build_object('center_id', center_id, 'person_id', id), $3
    FROM unnest($1::uuid[], $2::uuid[]) AS one (id, center_id)
    RETURNING id
)
INSERT INTO event_pending (event_id) SELECT id FROM made
"""
AT: Final = dt.datetime(2026, 1, 5, 1, tzinfo=dt.UTC)


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Subscribe fifty programs, and let events of the registry go out to them."""
    del size
    with Receivers(WELL + HANGING) as receivers:
        world = _World(house, receivers)
        yield Figure(
            name="webhooks",
            title=f"Webhooks to {WELL + HANGING} subscribers, {HANGING} of which hang",
            unit="delivery",
            cases=[
                Case(f"{WELL} well, {FULL}/s", lambda s: world.turn(s, FULL, hanging=0)),
                Case(f"{WELL} well, {PROMPT}/s", lambda s: world.turn(s, PROMPT, hanging=0)),
                Case(
                    f"{WELL} beside {HANGING} that hang, {FULL}/s",
                    lambda s: world.turn(s, FULL, hanging=HANGING),
                ),
            ],
            comparisons=[
                (f"{WELL} beside {HANGING} that hang, {FULL}/s", f"{WELL} well, {FULL}/s")
            ],
            parts=("gateway", "registry", "database"),
            remarks=[
                "p50 and p99: from the commit of an event to its first attempt at who is well.",
                f"Every event goes to every subscriber; {CENTERS} centres.",
                "Each subscriber is a program of its own, whose feed is read with its own token.",
                "After every turn: each event reached each well receiver, each centre in order.",
            ],
        )


class _World:
    """Fifty subscribers and what happens to their centres."""

    def __init__(self, house: House, receivers: Receivers) -> None:
        self._house = house
        self._receivers = receivers
        self._centers = [uuid.uuid4() for _ in range(CENTERS)]
        self._callers = [house.program(f"hook-{n}", "handler") for n in range(WELL + HANGING)]
        for number in range(WELL):
            self._subscribe(number)

    def _subscribe(self, number: int) -> tuple[Caller, str]:
        body = {"url": self._receivers.urls[number], "types": ["center.listed"]}
        caller = self._callers[number]
        return caller, caller.post("/v1/webhooks", body)["id"]

    def turn(self, seconds: float, rate: int, *, hanging: int) -> Sample:
        """Let events happen so fast that `rate` deliveries a second are due."""
        for heard in self._receivers.heard:
            heard.at.clear()
            heard.order.clear()
        made = []
        for number in range(WELL, WELL + hanging):
            self._receivers.heard[number].hangs = True
            made.append(self._subscribe(number))
        try:
            return asyncio.run(self._run(seconds, rate / (WELL + hanging)))
        finally:
            for caller, webhook_id in made:
                caller._send("DELETE", f"/v1/webhooks/{webhook_id}").raise_for_status()

    async def _run(self, seconds: float, per_second: float) -> Sample:
        registry = await asyncpg.connect(self._house.dsn("registry", service="registry"))
        well = self._receivers.heard[:WELL]
        roots = {
            "gateway": self._house.pid("gateway"),
            "registry": self._house.pid("registry"),
            "database": self._house.database_pid,
        }
        try:
            with Meter(**roots) as meter:
                committed = await self._happen(registry, seconds, per_second)
                await _until_heard(well, committed)
        finally:
            await registry.close()
        return _sample(well, committed, meter)

    async def _happen(self, registry: Any, seconds: float, per_second: float) -> dict[str, float]:
        """Commit events one by one, evenly; give the instant of each commit."""
        committed: dict[str, float] = {}
        began = time.perf_counter()
        count = round(seconds * per_second)
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            event_id, center = uuid.uuid4(), random.choice(self._centers)
            await registry.execute(EVENT, [event_id], [center], AT)
            committed[str(event_id)] = time.time()
        return committed


async def _until_heard(well: Sequence[Heard], committed: dict[str, float]) -> None:
    until = time.monotonic() + LATE_SECONDS
    while any(not committed.keys() <= heard.at.keys() for heard in well):
        if time.monotonic() > until:
            got = [len(heard.at) for heard in well]
            raise BenchmarkError(f"{len(committed)} events, receivers heard {got}")
        await asyncio.sleep(0.02)


def _sample(well: Sequence[Heard], committed: dict[str, float], meter: Meter) -> Sample:
    """Judge what was heard: all of it, in order; give latencies of first attempts."""
    for heard in well:
        for positions in heard.order.values():
            if positions != sorted(positions):
                raise BenchmarkError(f"a centre's events came out of order: {positions}")
    late = sorted(
        (heard.at[event][0] - at) * 1e3 for heard in well for event, at in committed.items()
    )
    return Sample(
        operations=sum(len(times) for heard in well for times in heard.at.values()),
        seconds=meter.seconds,
        cpu=meter.cpu,
        memory=meter.memory,
        p50_ms=percentile(late, 0.5),
        p99_ms=percentile(late, 0.99),
    )
