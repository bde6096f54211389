"""A sandbox that is put back to its beginning: on demand, at its hour, and after a kill amid it."""

import http.client
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.deploy.house import Runner, write_packages
from zhichuang import sandboxing
from zhichuang.postgres import SERVICES, PostgreSQL
from zhichuang.processes import HOST, ProcessError, free_ports

HOUR = "03:00"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Runner]]:
    packages, running = tmp_path / "packages", list[Runner]()
    write_packages(packages)

    def begin() -> Runner:
        settings = {sandboxing.SETTING: HOUR}
        runner = Runner(packages, tmp_path / "home", free_ports(1)[0], **settings)
        running.append(runner)
        return runner

    yield begin
    for runner in running:
        runner.end(signal.SIGKILL)


def server(home: Path) -> PostgreSQL:
    found = PostgreSQL(home / "postgres")
    found.attach()
    return found


def dirty(home: Path) -> None:
    """Leave a row and a file, as a tenant does."""
    for name in SERVICES:
        server(home).execute("CREATE TABLE left_over (n int)", database=name)
    (home / "files" / "left-over").write_text("x")


def is_clean(home: Path) -> bool:
    asked = "SELECT to_regclass('left_over') IS NULL"
    found = {server(home).execute(asked, database=name).strip() for name in SERVICES}
    return found == {"t"} and not (home / "files" / "left-over").exists()


def statuses_until(runner: Runner, text: str) -> set[tuple[int, str | None]]:
    """Call over and over, as somebody who does not know; give the answers."""
    found = set()
    until = time.monotonic() + 60
    while text not in runner.text and time.monotonic() < until:
        caller = http.client.HTTPConnection(HOST, runner.port, timeout=5)
        try:
            caller.request("POST", "/v1/registry/facts", body=b"{}")
            answer = caller.getresponse()
            found.add((answer.status, answer.getheader("Retry-After")))
        except ConnectionError:
            pass  # The moment in which one server hands the port over to the other.
        finally:
            caller.close()
        time.sleep(0.02)
    return found


@pytest.mark.requirement("X16")
def test_a_wipe_leaves_nothing_and_tells_callers_to_come_back(
    start: Callable[[], Runner],
) -> None:
    runner = start()
    runner.wait_for("Three calls to copy")
    dirty(runner.home)
    assert not is_clean(runner.home)
    assert "begins afresh now" in sandboxing.wipe(runner.home, runner.url)
    answers = statuses_until(runner, "The sandbox begins afresh")
    assert (503, str(sandboxing.RETRY_AFTER_SECONDS)) in answers
    assert {status for status, _ in answers} <= {200, 503}
    assert is_clean(runner.home)
    # Killed amid the next one: a database is gone, another is old, nobody was let in.
    dirty(runner.home)
    assert runner.end(signal.SIGINT) == 0
    alone = PostgreSQL(runner.home / "postgres")
    with alone:
        sandboxing.Fresh(runner.home, alone).want()
        alone.drop_database(SERVICES[0])
    again = start()
    again.wait_for("Three calls to copy")
    assert "The sandbox's beginning" in again.text
    assert is_clean(runner.home)
    assert not sandboxing.Fresh(runner.home, alone).is_wanted


@pytest.mark.refusing
def test_what_has_no_beginning_to_go_back_to_is_not_wiped(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="no copies to go back to"):
        sandboxing.wipe(tmp_path, None)
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize(
    ("wiped", "now", "due"),
    [
        ("2026-11-27T19:00:00+00:00", "2026-11-28T18:59:59+00:00", False),
        ("2026-11-27T19:00:00+00:00", "2026-11-28T19:00:00+00:00", True),
        ("2026-11-28T18:59:00+00:00", "2026-11-28T19:00:00+00:00", True),
        ("2026-11-28T19:00:01+00:00", "2026-11-29T18:00:00+00:00", False),
        # Off for a week: the first night that was missed is caught up with at once.
        ("2026-11-20T19:00:01+00:00", "2026-11-28T12:00:00+00:00", True),
    ],
)
def test_it_is_due_once_a_night(tmp_path: Path, wiped: str, now: str, due: bool) -> None:
    fresh = sandboxing.Fresh(tmp_path, PostgreSQL(tmp_path / "postgres"))
    (tmp_path / "fresh").mkdir()
    (tmp_path / "fresh" / "taken").touch()
    (tmp_path / "fresh" / "wiped").write_text(wiped)
    instant = datetime.fromisoformat(now).astimezone(UTC)
    assert fresh.is_due(HOUR, instant) is due
    assert not fresh.is_due("", instant)


@pytest.mark.refusing
def test_nonsense_is_no_time_of_day() -> None:
    with pytest.raises(ProcessError, match="not a time of day"):
        sandboxing.last_hour("three", datetime.now(UTC))
