"""Two processes of each service behind two gateways, beside one of each (mark P17).

The same requests come from as many connections in either case; what a request costs is the CPU of
all gateways, services and PostgreSQL. Meanwhile every busy connection of the database is looked at
fifty times a second: whether it works, or waits for a lock that another one holds.
"""

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import asyncpg

from tests.benchmarks import lists, tools
from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import House
from tests.benchmarks.journal import ACCOUNTS
from tests.benchmarks.measuring import Meter, Sample
from zhichuang.processes import Service, stop_all

CONNECTIONS: Final = 32
FACTS: Final = 20_000
ORGANIZATIONS: Final = 1_000
LOOK_SECONDS: Final = 0.02
MARKS: Final = (
    "mark P17: CPU per request at most 1.15 times that of one process each; no wait for a lock in"
    " more than 1 % of samples"
)
# A lock of a row or a transaction is `Lock`; what PostgreSQL's own structures need is `LWLock`.
BUSY: Final = """
SELECT coalesce(wait_event_type, 'works') AS kind, count(*) AS count FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY 1
"""
_SCRIPT: Final = Path(__file__).with_name("entries.lua")


@dataclass
class Locks:
    """Looks at what busy connections wait for, from a thread of its own."""

    dsn: str
    seen: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._look()))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    async def _look(self) -> None:
        connection = await asyncpg.connect(self.dsn)
        try:
            while not self._over.is_set():
                for row in await connection.fetch(BUSY):
                    self.seen[row["kind"]] = self.seen.get(row["kind"], 0) + row["count"]
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await connection.close()

    def told(self, name: str) -> str:
        """Tell which part of the samples waited for what."""
        count = max(1, sum(self.seen.values()))
        parts = ", ".join(
            f"{kind} {100 * seen / count:.1f} %" for kind, seen in sorted(self.seen.items())
        )
        return f"Busy connections, {name}, {count:,} samples: {parts}."


@dataclass(frozen=True, slots=True)
class Topology:
    """Gateways and services that answer together."""

    name: str
    gateways: list[str]
    gateway_pids: list[int]
    services: dict[str, list[int]]


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Start the second processes, and let one of each and two of each take turns."""
    if tools.missing("wrk"):
        yield Figure("replicas", "Replicas", "request", [], [], [], skipped=["wrk is missing"])
        return
    accounts = house.stack.home / "replica-accounts.txt"
    sql = ACCOUNTS.format(center=uuid.uuid4(), count=size.accounts)
    accounts.write_text(house.stack.postgres.execute(sql, database="ip_ledger"))
    asyncio.run(lists.fill(house.dsn("registry", service="registry"), FACTS, ORGANIZATIONS))
    locks = {name: Locks(house.dsn("postgres")) for name in ("one of each", "two of each")}
    with ExitStack() as started:
        topologies = [_one(house), _two(house, started)]
        cases = [
            Case(f"{what}, {topology.name}", turn(house, topology, locks[topology.name], accounts))
            for what, turn in (("a fact list", _reading), ("an entry", _posting))
            for topology in topologies
        ]
        yield Figure(
            name="replicas",
            title="Two processes of each service and two gateways beside one of each",
            unit="request",
            cases=cases,
            comparisons=[
                (f"{what}, two of each", f"{what}, one of each")
                for what in ("a fact list", "an entry")
            ],
            parts=("gateways", "services", "database"),
            remarks=[MARKS],
            finish=lambda: [each.told(name) for name, each in locks.items()],
        )


def _one(house: House) -> Topology:
    pids = {name: [house.pid(name)] for name in ("registry", "ip_ledger")}
    return Topology("one of each", [house.stack.url], [house.pid("gateway")], pids)


def _two(house: House, started: ExitStack) -> Topology:
    """Start a second registry and ledger, and two gateways that know both of each."""

    def another(name: str, of: str, **environment: str) -> Service:
        service = house.another(name, of, **environment)
        started.callback(lambda: stop_all([service.process] if service.process else []))
        return service

    seconds = {name: another(name, "second") for name in ("registry", "ip_ledger")}
    addresses = {
        f"ZHICHUANG_{name.upper()}_URL": f"{house.stack.services[name].url},{second.url}"
        for name, second in seconds.items()
    }
    gateways = [another("gateway", of, **addresses) for of in ("left", "right")]
    return Topology(
        "two of each",
        [gateway.url for gateway in gateways],
        [_pid(gateway) for gateway in gateways],
        {name: [house.pid(name), _pid(second)] for name, second in seconds.items()},
    )


def _pid(service: Service) -> int:
    assert service.process is not None
    return service.process.pid


def _reading(
    house: House, topology: Topology, locks: Locks, _accounts: Path
) -> Callable[[float], Sample]:
    def ask(url: str, seconds: float, connections: int) -> tools.Load:
        bearer = {"Authorization": f"Bearer {house.token('replicas', 'handler')}"}
        return tools.wrk(f"{url}/v1/registry/facts?limit=20", seconds, connections, bearer)

    return _turn(house, topology, locks, "registry", ask)


def _posting(
    house: House, topology: Topology, locks: Locks, accounts: Path
) -> Callable[[float], Sample]:
    def ask(url: str, seconds: float, connections: int) -> tools.Load:
        headers = {
            "Authorization": f"Bearer {house.token('replicas-books', 'bookkeeper')}",
            "Content-Type": "application/json",
        }
        script = [str(_SCRIPT), str(accounts), uuid.uuid4().hex, "many"]
        return tools.wrk(f"{url}/v1/ip-ledger/entries", seconds, connections, headers, script)

    return _turn(house, topology, locks, "ip_ledger", ask)


def _turn(
    house: House,
    topology: Topology,
    locks: Locks,
    service: str,
    ask: Callable[[str, float, int], tools.Load],
) -> Callable[[float], Sample]:
    """Ask all gateways of a topology at once, from as many connections as one alone gets."""

    def turn(seconds: float) -> Sample:
        each = CONNECTIONS // len(topology.gateways)
        roots = {
            "gateways": topology.gateway_pids,
            "services": topology.services[service],
            "database": [house.database_pid],
        }
        with locks, ThreadPoolExecutor() as callers, Meter(**roots) as meter:
            asking = [callers.submit(ask, url, seconds, each) for url in topology.gateways]
            loads = [one.result() for one in asking]
        return Sample(
            sum(load.operations for load in loads),
            max(load.seconds for load in loads),
            meter.cpu,
            meter.memory,
            max(load.p50_ms for load in loads),
            max(load.p99_ms for load in loads),
        )

    return turn
