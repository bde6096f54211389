"""`make bench name=cycle`: how long a cycle takes, and a case, and whether facts add evenly.

Each case goes through the product's own actions in two transactions, as in life: the feeds are
asked page by page, facts are frozen with the report and hashed; then the frozen bytes are read and
checked, the panel judged for conflicts, the result computed and kept. All in one process on one
core; the database's own CPU stands apart. Beside it, in the same rounds, stands what nobody can
leave out: the same pages parsed, written down canonically, hashed, inserted, read and parsed again,
by bare statements.
"""

import asyncio
import hashlib
import json
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import asyncpg

from evaluation.cycles import clients
from evaluation.cycles import queries as case_queries
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.experts.tables import Expert
from evaluation.results import computing_actions, freezing_actions, replay_rules, rules
from evaluation.results import queries as result_queries
from evaluation.robustness import rules as robustness
from evaluation.robustness.draw_rules import DRAWS
from evaluation.schemes.rules import KINDS, Source, canonical
from shared.auth import Actor
from shared.clock import Clock
from shared.database import Database
from shared.http.app import settle_memory
from tests.benchmarks.cycle_world import (
    NOW,
    WEIGHTS,
    Neighbours,
    cycle_of,
    facts_of,
    peopled,
)
from tests.benchmarks.house import HOMES
from tests.benchmarks.measuring import load_average, middle
from tests.benchmarks.page import Page
from tests.evaluation.results import vector
from tests.fixtures.postgres import migrate
from zhichuang.postgres import PostgreSQL

# Centres of a round and facts of each; the rows of facts tell whether they add evenly.
CENTERS: Final = {"small": 20, "full": 200}
ROUNDS: Final = 5
STEP: Final = 20
FACTS: Final = 1_000
STEPS: Final = (250, 500, 1_000, 2_000, 4_000)
MARK_SECONDS: Final = 30.0
MARK_CASE_MS: Final = 100.0
BARE: Final = "CREATE TABLE bench_bare (id uuid PRIMARY KEY, content bytea, hash text)"
CLERK: Final = Actor.system("bench")
TERMS: Final = {"profile": "default", "weights": WEIGHTS, "trim_from": 5}


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of the clock and of this process's CPU."""

    wall: float
    cpu: float

    def per(self, centers: int) -> str:
        """Tell them for a thousand centres."""
        times = 1_000 / centers
        return f"{self.wall * times:6.1f} s ({self.cpu * times:6.1f} s CPU)"


@dataclass(slots=True)
class Bench:
    """A database with cycles, and what is done with their cases."""

    database: Database
    bare: asyncpg.Connection
    neighbours: Neighbours
    experts: dict[str, Expert]

    async def cycle(self, centers: int, facts: int) -> tuple[EvaluationCycle, list[EvaluationCase]]:
        """Make another cycle."""
        return await cycle_of(self.database, self.neighbours, self.experts, centers, facts)

    async def freeze(self, cycle: EvaluationCycle, cases: Sequence[EvaluationCase]) -> None:
        """Ask the neighbours for each case, and freeze what they told, some in a transaction."""
        services = self.neighbours.client()
        for some in batched(cases):
            windows = [clients.window_of(case, cycle, NOW) for case in some]
            answers = await clients.gather_all(services, windows)
            told = {case.id: answer for case, answer in zip(some, answers, strict=True)}
            async with self.database.sessions.begin() as session:
                locked = await case_queries.cases_for_update(session, CLERK, list(told))
                await freezing_actions.freeze_all(session, CLERK, locked, told, NOW, NOW.date())

    async def compute(self, cases: Sequence[EvaluationCase]) -> None:
        """Compute and keep each result, some in a transaction."""
        for some in batched(cases):
            async with self.database.sessions.begin() as session:
                ids = [case.id for case in some]
                locked = await case_queries.cases_for_update(session, CLERK, ids)
                await computing_actions.compute_all(session, CLERK, locked, None, NOW, NOW.date())

    async def floor(self, cases: Sequence[EvaluationCase]) -> None:
        """Do what cannot be left out, by bare statements."""
        for case in cases:
            told: list[Any] = []
            for service in ("registry", "ip-ledger"):
                for body in self.neighbours.pages[service, str(case.center_id)]:
                    told += json.loads(body)["items"]
            content = canonical(told)
            named = hashlib.sha256(content).hexdigest()
            await self.bare.execute(
                "INSERT INTO bench_bare VALUES ($1, $2, $3)", case.id, content, named
            )
            kept = await self.bare.fetchval("SELECT content FROM bench_bare WHERE id = $1", case.id)
            assert hashlib.sha256(kept).hexdigest() == named
            json.loads(kept)

    async def recompute_ms(self, cases: Sequence[EvaluationCase]) -> float:
        """Compute cases again, from their stored bytes to their hash, and keep nothing."""
        taken = []
        for case in cases:
            started = time.perf_counter()
            async with self.database.sessions.reading() as session:
                kept = await result_queries.snapshot_of(session, case.id)
                assert kept is not None
                scheme = vector.DATA["scheme"]["content"]
                inputs = replay_rules.inputs_of(
                    kept.content, kept.hash, scheme, TERMS, vector.sheets()
                )
                rules.compute(inputs)
            taken.append((time.perf_counter() - started) * 1_000)
        return middle(taken)


def batched(cases: Sequence[EvaluationCase]) -> list[Sequence[EvaluationCase]]:
    """Cut cases into what goes into a transaction."""
    return [cases[at : at + STEP] for at in range(0, len(cases), STEP)]


async def _taken(step: Callable[[], Awaitable[None]]) -> Taken:
    wall, cpu = time.perf_counter(), time.process_time()
    await step()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


async def _rounds(bench: Bench, centers: int, page: Page) -> bool:
    """Let the floor and ours take turns; tell medians."""
    floors, frozen, computed = [], [], []
    case_ms = 0.0
    for number in range(ROUNDS):
        cycle, cases = await bench.cycle(centers, FACTS)
        floors.append(await _taken(lambda cases=cases: bench.floor(cases)))  # type: ignore[misc]  # bound at once
        frozen.append(await _taken(lambda cycle=cycle, cases=cases: bench.freeze(cycle, cases)))  # type: ignore[misc]  # bound at once
        computed.append(await _taken(lambda cases=cases: bench.compute(cases)))  # type: ignore[misc]  # bound at once
        both = Taken(frozen[-1].wall + computed[-1].wall, frozen[-1].cpu + computed[-1].cpu)
        page.note(
            f"  round {number + 1}: bare {floors[-1].per(centers)}, ours {both.per(centers)}, "
            f"load {load_average():.1f}"
        )
        case_ms = await bench.recompute_ms(cases[:20])
    bare, freeze, compute = (_middle(one) for one in (floors, frozen, computed))
    both = Taken(freeze.wall + compute.wall, freeze.cpu + compute.cpu)
    page.say(
        f"median of {ROUNDS} rounds of {centers} centres with {FACTS:,} facts, for 1,000 centres:"
    )
    page.say(f"  bare       {bare.per(centers)}")
    page.say(f"  snapshots  {freeze.per(centers)}")
    page.say(f"  results    {compute.per(centers)}")
    total = both.wall * 1_000 / centers
    page.say(f"  both       {both.per(centers)}, mark {MARK_SECONDS:.0f} s")
    page.say(f"  beside the bare statements {both.cpu / bare.cpu:.1f} times the CPU")
    page.say(f"  one case computed again: {case_ms:.0f} ms, mark {MARK_CASE_MS:.0f} ms")
    return total <= MARK_SECONDS and case_ms <= MARK_CASE_MS


def _middle(taken: Sequence[Taken]) -> Taken:
    return Taken(middle([one.wall for one in taken]), middle([one.cpu for one in taken]))


async def _evenly(bench: Bench, page: Page) -> None:
    """Tell what a case costs with more and more facts."""
    for facts in STEPS:
        cycle, cases = await bench.cycle(10, facts)
        froze = await _taken(lambda cycle=cycle, cases=cases: bench.freeze(cycle, cases))  # type: ignore[misc]  # bound at once
        computed = await _taken(lambda cases=cases: bench.compute(cases))  # type: ignore[misc]  # bound at once
        ms = [one.cpu * 1e3 / len(cases) for one in (froze, computed)]
        page.say(f"  {facts:5} facts: {ms[0]:6.1f} ms to freeze, {ms[1]:6.1f} ms to compute (CPU)")


async def _measure(server: PostgreSQL, centers: int, page: Page) -> bool:
    database = Database(server.dsn("evaluation", "app"), Clock())
    owner = server.dsn("evaluation", "owner").replace("postgresql+asyncpg", "postgresql")
    bare = await asyncpg.connect(owner)
    try:
        await bare.execute(
            "CREATE TABLE bench_bare (id uuid PRIMARY KEY, content bytea, hash text)"
        )
        bench = Bench(database, bare, Neighbours(), await peopled(database))
        # Plans, filters and connections are made once, and belong to no round.
        cycle, cases = await bench.cycle(5, FACTS)
        await bench.freeze(cycle, cases)
        await bench.compute(cases)
        # As every serving process does once it has started.
        settle_memory()
        good = await _rounds(bench, centers, page)
        await _evenly(bench, page)
        _tell_steadiness(100, page)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        page.say(f"  memory of this process at most {peak:.0f} MB, the neighbours' pages included")
        return good
    finally:
        await bare.close()
        await database.engine.dispose()


def _tell_steadiness(centers: int, page: Page) -> None:
    """Try weights, means, sheets and indicators on a cycle whose centres all differ."""
    stances = []
    for center in range(centers):
        facts = list(facts_of(center, 60))
        given = vector.inputs()
        mixed: dict[Source, Sequence[Mapping[str, Any]]] = {
            source: [one for one in facts if one["kind"] in kinds]
            for source, kinds in KINDS.items()
            if source is not Source.REPORT
        }
        inputs = replace(given, facts={**given.facts, **mixed})
        outcome = rules.compute(inputs)
        stances.append(
            robustness.stance(
                case_id=f"{center:06d}", result_hash=outcome.result_hash,
                document=outcome.document, exact=outcome.exact, scheme=inputs.scheme,
                sheets=[{"scores": sheet.scores} for sheet in inputs.sheets],
            )
        )  # fmt: skip
    started = time.perf_counter()
    robustness.document("cycle", stances, [[one.case_id for one in stances]], DRAWS)
    page.say(f"  robustness of {centers} centres: {time.perf_counter() - started:.1f} s")


def main(size: str, page: Page) -> bool:
    """Measure; whether the marks are met."""
    HOMES.mkdir(exist_ok=True, mode=0o711)
    with tempfile.TemporaryDirectory(dir=HOMES, prefix="run-") as folder:
        Path(folder).chmod(0o711)
        with PostgreSQL(Path(folder) / "postgres", throwaway=True) as server:
            migrate({"evaluation": server.dsn("evaluation", "owner")})
            return asyncio.run(_measure(server, CENTERS[size], page))
