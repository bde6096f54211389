"""`make bench name=evaluation`: how long a cycle takes, and a case, and whether facts add evenly.

Centres with facts of their own (days, clients and amounts differ) are copied into a real
PostgreSQL. Then each case is one transaction, as in life: its facts are read, frozen and hashed;
and another: the frozen bytes are read, checked, computed and kept. All in one process on one core;
the database's own CPU stands apart. Facts come from a table here and not over HTTP, so that what
the registry's feed costs is not in it. It has no peer and writes no report.
"""

import asyncio
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import text

from evaluation.cycles.clients import Gathered
from evaluation.cycles.rules import CycleKind, CycleState
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.results import actions, replay_rules, rules
from evaluation.results import queries as result_queries
from evaluation.results.leaf_rules import Inputs, Sheet
from evaluation.results.tables import ExactResult, FactSnapshot, ResultInput
from evaluation.robustness import rules as robustness
from evaluation.robustness.draw_rules import DRAWS
from evaluation.schemes.rules import KINDS, Source
from shared.clock import Clock
from shared.database import Database, new_id
from tests.benchmarks.house import HOMES
from tests.benchmarks.measuring import load_average, machine
from tests.evaluation.results import vector
from tests.fixtures.postgres import migrate
from zhichuang.postgres import PostgreSQL

NOW: Final = datetime(2028, 2, 1, tzinfo=UTC)
# Centres and facts of each, per size; the rows of facts tell whether they add evenly.
CENTERS: Final = {"small": 100, "full": 1_000}
FACTS: Final = 1_000
STEPS: Final = (250, 500, 1_000, 2_000)
MARK_SECONDS: Final = 30.0
MARK_CASE_MS: Final = 100.0
WEIGHTS: Final = {code: str(weight) for code, weight in vector.PROFILES["default"].items()}
TERMS: Final = {"profile": "default", "weights": WEIGHTS, "trim_from": 5}


def facts_of(center: int, count: int) -> Iterator[dict[str, Any]]:
    """Make a centre's year: the vector's records in proportion, each with figures of its own."""
    chance = random.Random(center)
    shapes = [*vector.registry_facts(), *vector.ledger_facts()]
    for number in range(count):
        one = json.loads(json.dumps(chance.choice(shapes)))
        day = f"2027-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        one |= {"id": f"{center:06x}{number:010x}", "occurred_on": day}
        payload = one["payload"]
        if "client_uscc" in payload:
            payload["client_uscc"] = f"9131{chance.randint(0, 400):04d}"
        if "amount" in payload:
            payload["amount"] = vector.money(chance.randint(1_000, 90_000))
        for name in ("granted_on", "filed_on", "signed_on", "registered_on"):
            if payload.get(name):
                payload[name] = day
        yield one


def sheets() -> list[Sheet]:
    """Give seven sheets."""
    return [
        Sheet(f"s{at}", {code: Decimal(given[at]) for code, given in vector.SCORES.items()})
        for at in range(7)
    ]


@dataclass(slots=True)
class Bench:
    """A database with centres, and what is done with them."""

    database: Database
    cycle: EvaluationCycle
    cases: list[EvaluationCase]

    async def snapshot(self, case: EvaluationCase) -> None:
        """Read a case's facts, freeze and keep them."""
        async with self.database.sessions.begin() as session:
            found = await session.execute(
                text("SELECT fact::text FROM bench_fact WHERE case_id = :id"), {"id": case.id}
            )
            facts = [json.loads(one) for (one,) in found]
            ledger = {"asset", "contribution", "tech_contract"}
            gathered = Gathered(
                NOW,
                tuple(one for one in facts if one["kind"] not in ledger),
                tuple(one for one in facts if one["kind"] in ledger),
                _plan(),
                {"registry": 1, "ip_ledger": 1},
            )
            session.add(actions._snapshot(case, self.cycle, None, gathered, NOW))

    async def compute(self, case: EvaluationCase) -> None:
        """Read a case's frozen bytes, compute its result and keep it."""
        async with self.database.sessions.begin() as session:
            await self._computed(session, case)

    async def recompute_ms(self) -> float:
        """Compute one case again, from its stored bytes to its hash, and keep nothing."""
        taken = []
        for case in self.cases[:20]:
            started = time.perf_counter()
            async with self.database.sessions.reading() as session:
                kept = await result_queries.snapshot_of(session, case.id)
                assert kept is not None
                rules.compute(self._inputs(kept))
            taken.append((time.perf_counter() - started) * 1_000)
        return sorted(taken)[len(taken) // 2]

    @staticmethod
    def _inputs(snapshot: FactSnapshot) -> Inputs:
        assert rules.content_hash(snapshot.content) == snapshot.hash
        content = vector.DATA["scheme"]["content"]
        inputs = replay_rules.inputs_of(snapshot.content, snapshot.hash, content, TERMS, sheets())
        # The report is frozen as a fact of the snapshot elsewhere; here it is the vector's.
        facts = {**inputs.facts, Source.REPORT: [vector.report_fact()]}
        return replace(inputs, facts=facts, gates=frozenset())

    async def _computed(self, session: Any, case: EvaluationCase) -> None:
        kept = await result_queries.snapshot_of(session, case.id)
        assert kept is not None
        inputs = self._inputs(kept)
        assert not [one for one in rules.input_checks(inputs) if one.refuses]
        outcome = rules.compute(inputs)
        computed = actions.Computation(case, outcome, kept, {}, inputs)
        result = actions._result(case, computed, 1, NOW)
        session.add(result)
        await session.flush()
        session.add(
            ResultInput(result_id=result.id, content=replay_rules.inputs_document(inputs.sheets))
        )
        session.add(ExactResult(result_id=result.id, content=dict(outcome.exact)))


def _plan() -> dict[str, Any]:
    targets = [
        {"part": 1, "metric_code": code, "unit": unit, "year": 2027, "value": value}
        for code, unit, value in vector.TARGETS
    ]
    return {"plan_version": 1, "filed_at": "2027-01-01T00:00:00Z", "targets": targets}


async def prepared(database: Database, owner: str, centers: int, facts: int) -> Bench:
    """Make a cycle with its cases, and copy the facts of each beside them."""
    cycle = EvaluationCycle(
        kind=CycleKind.ANNUAL_EVALUATION, year=2000 + facts % 97 + centers,
        scheme_id=UUID(vector.DATA["scheme"]["id"]), weight_profile="default",
        period_from=date(2027, 1, 1), period_until=date(2027, 12, 31), due_on=date(2028, 3, 31),
        grace_days=30, min_months_listed=12, state=CycleState.OPEN, created_at=NOW, opened_at=NOW,
    )  # fmt: skip
    cases = [
        EvaluationCase(
            cycle_id=cycle.id, center_id=new_id(), kind=cycle.kind, year=cycle.year,
            scheme_id=cycle.scheme_id, profile="default", weights=WEIGHTS, created_at=NOW,
        )
        for _ in range(centers)
    ]  # fmt: skip
    async with database.sessions.begin() as session:
        session.add(cycle)
        await session.flush()
        session.add_all(cases)
    connection = await asyncpg.connect(owner.replace("postgresql+asyncpg", "postgresql"))
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS bench_fact (case_id uuid, fact jsonb);"
            "CREATE INDEX IF NOT EXISTS bench_fact_case ON bench_fact (case_id);"
            "GRANT SELECT ON bench_fact TO PUBLIC"
        )
        for at, case in enumerate(cases):
            rows = [(case.id, json.dumps(one)) for one in facts_of(at, facts)]
            await connection.copy_records_to_table("bench_fact", records=rows)
    finally:
        await connection.close()
    return Bench(database, cycle, cases)


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of the clock and of this process's CPU."""

    wall: float
    cpu: float

    def per(self, centers: int) -> str:
        """Tell them for a thousand centres."""
        times = 1_000 / centers
        return f"{self.wall * times:6.1f} s ({self.cpu * times:6.1f} s CPU)"


async def _each(step: Any, cases: list[EvaluationCase]) -> Taken:
    wall, cpu = time.perf_counter(), time.process_time()
    for case in cases:
        await step(case)
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


async def _measure(server: PostgreSQL, centers: int) -> bool:
    url, owner = server.dsn("evaluation", "app"), server.dsn("evaluation", "owner")
    database = Database(url, Clock())
    try:
        main = await prepared(database, owner, centers, FACTS)
        froze = await _each(main.snapshot, main.cases)
        computed = await _each(main.compute, main.cases)
        case_ms = await main.recompute_ms()
        tell(f"{centers} centres with {FACTS:,} facts each, for 1,000 centres:")
        tell(f"  snapshots  {froze.per(centers)}")
        tell(f"  results    {computed.per(centers)}")
        both = (froze.wall + computed.wall) * 1_000 / centers
        tell(f"  both       {both:6.1f} s, mark {MARK_SECONDS:.0f} s")
        tell(f"  one case computed again: {case_ms:.0f} ms, mark {MARK_CASE_MS:.0f} ms")
        _tell_steadiness(centers)
        for facts in STEPS:
            few = await prepared(database, owner, 10, facts)
            taken = [await _each(step, few.cases) for step in (few.snapshot, few.compute)]
            ms = [one.cpu * 1e3 / 10 for one in taken]
            tell(f"  {facts:5} facts: {ms[0]:6.1f} ms to freeze, {ms[1]:6.1f} ms to compute (CPU)")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tell(f"  memory of this process at most {peak:.0f} MB")
        return both <= MARK_SECONDS and case_ms <= MARK_CASE_MS
    finally:
        await database.engine.dispose()


def _tell_steadiness(centers: int) -> None:
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
    tell(f"  robustness of {centers} centres: {time.perf_counter() - started:.1f} s")


def tell(line: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(size: str = "small") -> int:
    """Measure; 1 where a mark is missed."""
    HOMES.mkdir(exist_ok=True, mode=0o711)
    with tempfile.TemporaryDirectory(dir=HOMES, prefix="run-") as folder:
        Path(folder).chmod(0o711)
        with PostgreSQL(Path(folder) / "postgres", throwaway=True) as server:
            migrate("evaluation", server.dsn("evaluation", "owner"))
            tell(f"{machine(Path(folder))}; load average {load_average():.1f}; all commits flushed")
            return 0 if asyncio.run(_measure(server, CENTERS[size])) else 1


if __name__ == "__main__":
    raise SystemExit(main())
