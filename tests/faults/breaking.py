"""Everything that can break, broken under load; minutes long, so that `make faults` runs them.

Each writes its line of `docs/faults.md`: what callers saw, for how long, and that nothing was lost.
"""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests.faults.house import REPORT, House, Trial
from tests.faults.load import Load
from zhichuang.demo.client import Caller

KILLS = int(os.environ.get("ZHICHUANG_KILLS", "10"))
HOUR_OF_EVENTS = 3_600
# A statement has its time, and the door waits for a service as long as for a long poll of a feed.
DATABASE_SECONDS = 45.0
DOOR_SECONDS = 75.0
_BACKLOG = """
WITH made AS (
    INSERT INTO event (id, type, subject_id, center_id, data, recorded_at)
    SELECT gen_random_uuid(), 'agreement.ended', gen_random_uuid(), '{center}',
           '{{"person_id": null, "center_id": "{center}"}}', '2026-01-05'
    FROM generate_series(1, {count}) RETURNING id)
INSERT INTO event_pending (event_id) SELECT id FROM made"""
_READ = "SELECT position FROM feed_cursor WHERE source = '{source}'"
_COPIES = """
SELECT md5(string_agg(row::text, ',' ORDER BY row::text)) FROM (
    SELECT md5(o::text) AS row FROM directory_organization o
    UNION ALL SELECT md5(c::text) FROM directory_center c
    UNION ALL SELECT md5(m::text) FROM directory_membership m) rows"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def trial(house: House) -> Iterator[Trial]:
    made = Trial(house, house.bookkeeper())
    yield made
    report = made.report()
    REPORT.write_text(report, encoding="utf-8")
    print(f"\n{report}")


def test_processes_killed_at_random_times(house: House, trial: Trial) -> None:
    names = sorted(house.processes)
    with trial.of(f"kill -9 of a process, {KILLS} times, each at once started again") as load:
        for number in range(KILLS):
            house.supervise_for(trial.random.uniform(0.1, 2.0))
            house.kill(names[number % len(names)])
            house.supervise_for(2.0)
            until_again(house, load)


def test_the_database_is_restarted(house: House, trial: Trial) -> None:
    with trial.of("database restarted (fast shutdown, 3 s away)"):
        process = house.postgres.process
        assert process is not None
        process.send_signal(signal.SIGINT)
        process.wait(60)
        time.sleep(3)
        house.supervise_for(1)


def test_a_slow_database(house: House, trial: Trial) -> None:
    assert house.database is not None
    with trial.of("slow database: 50 ms more each way, for 20 s"):
        house.database.delay_seconds = 0.05
        time.sleep(20)
        house.database.delay_seconds = 0.0


def test_half_open_connections_to_the_database(house: House, trial: Trial) -> None:
    assert house.database is not None
    with trial.of("database silent for 20 s, connections of before half-open for ever") as load:
        house.database.go_silent()
        time.sleep(20)
        house.database.speak_again()
        load.until(1, 120)
    assert load.longest_seconds < DATABASE_SECONDS
    assert load.longest_pause() < 20 + DATABASE_SECONDS


@pytest.mark.parametrize("name", ["ip_ledger", "registry"])
def test_half_open_connections_to_a_service(house: House, trial: Trial, name: str) -> None:
    wire = house.wires[name]
    with trial.of(f"{name} silent for 15 s, connections of before half-open for ever") as load:
        wire.go_silent()
        before = len(load.acknowledged)
        time.sleep(15)
        meanwhile = len(load.acknowledged) - before
        wire.speak_again()
        load.until(1, 120)
    assert load.longest_seconds < DOOR_SECONDS
    if name == "registry":
        assert meanwhile, "entries do not need the registry"


def test_the_registry_is_down_for_an_hour(house: House, trial: Trial) -> None:
    registry = house.services["registry"]
    admin = Caller(house.url, "admin", house.credentials["admin"])
    official = Caller(house.url, "handler", house.credentials["handler"])
    with trial.of(
        "registry down for an hour (3,600 events wait for it; 15 s of real time)"
    ) as load:
        assert registry.process is not None
        registry.process.kill()
        registry.process.wait()
        try:
            without_the_registry(house, load, admin, official)
        finally:
            house.restart("registry")
        began = time.monotonic()
        admin.put("/v1/sandbox/clock", {"now": in_an_hour(admin)})
        seconds = caught_up(house, "registry", "ip-ledger", "ip_ledger", began)
    trial.note(f"The registry read the hour's {HOUR_OF_EVENTS:,} events in {seconds:.1f} s.")


def without_the_registry(house: House, load: Load, admin: Caller, official: Caller) -> None:
    """Look what works, and how the rest is answered."""
    before = len(load.acknowledged)
    made = _BACKLOG.format(center=uuid4(), count=HOUR_OF_EVENTS)
    house.postgres.execute(made, database="ip_ledger")
    time.sleep(15)
    assert len(load.acknowledged) > before, "entries do not need the registry"
    asked = httpx.get(f"{house.url}/v1/registry/organizations", headers=bearer(official))
    assert (asked.status_code, asked.json()["code"]) == (503, "UNAVAILABLE")
    assert int(asked.headers["retry-after"]) > 0
    scored = httpx.get(f"{house.url}/v1/evaluation/cycles", headers=bearer(official))
    assert scored.status_code == 200, scored.text
    # Time that not every process can be told stands still.
    told = admin.refused("PUT", "/v1/sandbox/clock", {"now": in_an_hour(admin)})
    assert told["code"] == "UNAVAILABLE"


def in_an_hour(admin: Caller) -> str:
    """Give the programme's instant of now and an hour."""
    now = datetime.fromisoformat(admin.get("/v1/sandbox/clock")["now"])
    return str_of(now + timedelta(hours=1))


def test_the_programme_clock_jumps(house: House, trial: Trial) -> None:
    admin = Caller(house.url, "admin", house.credentials["admin"])
    now = datetime.fromisoformat(admin.get("/v1/sandbox/clock")["now"])
    with trial.of("programme clock a month ahead; back is refused"):
        admin.put("/v1/sandbox/clock", {"now": str_of(now + timedelta(days=31))})
        back = admin.refused("PUT", "/v1/sandbox/clock", {"now": str_of(now)})
        assert back["code"] == "CLOCK_BACKWARDS"
        time.sleep(3)


@pytest.mark.parametrize(
    ("seconds", "words"), [(3_600, "an hour ahead"), (-3_600, "an hour back again and one more")]
)
def test_the_wall_clock_jumps(house: House, trial: Trial, seconds: int, words: str) -> None:
    if not house.wall.possible:
        pytest.skip("no C compiler: the wall clock of a process cannot be moved")
    with trial.of(f"wall clock of all services {words}, for 10 s") as load:
        house.wall.jump(seconds)
        time.sleep(10)
        load.until(1, 120)


def test_wall_clocks_come_back(house: House, trial: Trial) -> None:
    if not house.wall.possible:
        pytest.skip("no C compiler: the wall clock of a process cannot be moved")
    with trial.of("wall clock of all services right again"):
        house.wall.jump(0)


def test_consumers_that_are_told_everything_again(house: House, trial: Trial) -> None:
    copies = {
        name: house.postgres.execute(_COPIES, database=name) for name in ("evaluation", "ip_ledger")
    }
    with trial.of("every consumer told the whole feed again, and killed amid it"):
        for name in ("registry", "evaluation", "ip_ledger"):
            house.postgres.execute("UPDATE feed_cursor SET position = 0", database=name)
        for name in ("evaluation", "ip_ledger", "registry"):
            house.kill(name)
        house.supervise_for(3)
        began = time.monotonic()
        seconds = max(
            caught_up(house, "evaluation", "registry", "registry", began),
            caught_up(house, "ip_ledger", "registry", "registry", began),
            caught_up(house, "registry", "ip-ledger", "ip_ledger", began),
        )
    for name, copy in copies.items():
        assert house.postgres.execute(_COPIES, database=name) == copy, name
    trial.note(f"Consumers that were told the whole feed again had read it in {seconds:.1f} s.")


def test_a_full_disk(house: House, trial: Trial) -> None:
    if not house.own_disk:
        trial.note("The full disk was not tried: it needs root, for a small disk of its own.")
        pytest.skip("a small disk of its own needs root")
    ballast = house.disk / "ballast"
    with trial.of("database's disk full for 20 s, then space again") as load:
        left = shutil.disk_usage(house.disk).free
        ballast.write_bytes(bytes(max(0, left - 2 * 2**20)))
        until = time.monotonic() + 20
        filler = threading.Thread(target=fill, args=(house, until))
        filler.start()
        house_until(house, until)
        filler.join()
        ballast.unlink()
        house_until(house, time.monotonic() + 40, lambda: bool(house.processes) and is_up(house))
        load.until(1, 180)


def fill(house: House, until: float) -> None:
    """Write until nothing more fits, as somebody else's export on the same disk would."""
    number = 0
    while time.monotonic() < until:
        number += 1
        try:
            (house.disk / f"filling-{number}").write_bytes(b"x" * 16_384)
        except OSError:
            time.sleep(0.5)
    for one in house.disk.glob("filling-*"):
        one.unlink()


def house_until(house: House, until: float, enough: Callable[[], bool] | None = None) -> None:
    """Supervise as `make up` does, which goes on trying where the database cannot start."""
    from zhichuang.postgres import PostgresError

    while time.monotonic() < until and not (enough and enough()):
        try:
            house.supervise_for(0.5)
        except PostgresError:
            time.sleep(0.5)


def is_up(house: House) -> bool:
    """Tell whether every process can do its work."""
    return all(service.is_ready() for service in house.services.values())


def until_again(house: House, load: Load) -> None:
    """Wait for two acknowledgements, starting again what ends meanwhile."""
    wanted, deadline = len(load.acknowledged) + 2, time.monotonic() + 120
    while len(load.acknowledged) < wanted:
        assert time.monotonic() < deadline, (load.refused[-3:], load.lost[-3:], load.wrong[-3:])
        house.supervise_for(0.2)


def caught_up(house: House, name: str, source: str, database: str, began: float) -> float:
    """Wait until a consumer has read a feed to its end of now; give the seconds since `began`."""
    types = "SELECT max(p.position) FROM event_position p JOIN event e ON e.id = p.event_id WHERE "
    wanted = {
        "ip-ledger": types + "e.type = 'agreement.ended'",
        "registry": types + "e.type LIKE 'directory.%'",
    }[source]
    last = number(house, wanted, database)
    deadline = time.monotonic() + 300
    while number(house, _READ.format(source=source), name) < last:
        assert time.monotonic() < deadline, f"{name} never read {source} to its end"
        house.supervise_for(0.2)
    return time.monotonic() - began


def number(house: House, sql: str, database: str) -> int:
    """Ask for a number; nothing is zero."""
    return int(house.postgres.execute(sql, database=database).strip() or 0)


def bearer(caller: Caller) -> dict[str, str]:
    """Give a caller's authorization."""
    return {"Authorization": f"Bearer {caller._fresh()}"}


def str_of(instant: datetime) -> str:
    """Give an instant as callers write it."""
    return instant.isoformat().replace("+00:00", "Z")
