"""`make up`: ready, watched, stopped without a trace, and plain about what is in its way."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.house import Runner, write_packages
from zhichuang.processes import free_ports


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Runner]]:
    packages = tmp_path / "packages"
    write_packages(packages)
    running: list[Runner] = []

    def begin(*, home: str = "home", port: int | None = None, **settings: str) -> Runner:
        runner = Runner(packages, tmp_path / home, port or free_ports(1)[0], **settings)
        running.append(runner)
        return runner

    yield begin
    for runner in running:
        runner.end(signal.SIGKILL)


def get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
        loaded: dict[str, Any] = json.load(answer)
        return loaded


def until(true: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def test_it_becomes_ready_and_says_where(start: Callable[..., Runner]) -> None:
    runner = start()
    runner.wait_for("Three calls to copy")
    assert get(runner.url)["ZHICHUANG_SANDBOX"] == "1"
    assert f"ready at {runner.url}" in runner.text
    assert str(runner.home / "credentials.json") in runner.text


def test_only_the_gateway_is_told_the_key_of_its_keys(start: Callable[..., Runner]) -> None:
    runner = start()
    runner.wait_for("Three calls to copy")
    gateway = get(runner.url)
    assert gateway["told_key"] is True
    assert get(gateway["ZHICHUANG_REGISTRY_URL"])["told_key"] is False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_stop_it_leaves_no_process(
    start: Callable[..., Runner], number: signal.Signals
) -> None:
    runner = start()
    runner.wait_for("Three calls to copy")
    assert runner.end(number) == 0
    assert runner.left_over() == []


def test_stopping_it_while_it_starts_leaves_no_process(start: Callable[..., Runner]) -> None:
    runner = start()
    runner.wait_for("PostgreSQL 18")
    assert runner.end(signal.SIGINT) == 0
    assert runner.left_over() == []


def test_kill_9_of_the_runner_leaves_no_process(start: Callable[..., Runner]) -> None:
    runner = start()
    runner.wait_for("Three calls to copy")
    runner.end(signal.SIGKILL)
    assert until(lambda: runner.left_over() == []), runner.left_over()


def test_a_second_start_keeps_the_data_and_migrates_nothing(start: Callable[..., Runner]) -> None:
    first = start()
    first.wait_for("Three calls to copy")
    first.end()
    kept = (first.home / "postgres" / "logins.json").read_text()
    second = start()
    second.wait_for("Three calls to copy")
    assert (second.home / "postgres" / "logins.json").read_text() == kept
    assert len((second.home / "migrations-run").read_text().split()) == 4


def test_a_service_younger_than_the_folder_gets_its_secret(start: Callable[..., Runner]) -> None:
    first = start()
    first.wait_for("Three calls to copy")
    first.end()
    place = first.home / "secrets.json"
    older = json.loads(place.read_text())
    lost = older.pop("evaluation")
    place.write_text(json.dumps(older))
    second = start()
    second.wait_for("Three calls to copy")
    made = json.loads(place.read_text())
    assert older.items() < made.items()
    assert made["evaluation"] != lost


def test_a_killed_service_is_started_again_on_its_port(start: Callable[..., Runner]) -> None:
    runner = start()
    runner.wait_for("Three calls to copy")
    registry = get(runner.url)["ZHICHUANG_REGISTRY_URL"]
    os.kill(get(registry)["pid"], signal.SIGKILL)
    runner.wait_for("registry was ended by SIGKILL; starting it again")
    runner.wait_for("registry was started again")

    def answers() -> bool:
        try:
            return bool(get(registry)["pid"])
        except OSError:
            return False

    assert until(answers)


def test_a_killed_postgresql_is_started_again(start: Callable[..., Runner]) -> None:
    runner = start()
    runner.wait_for("Three calls to copy")
    pid_file = runner.home / "postgres" / "data" / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
    runner.wait_for("PostgreSQL was started again")
    assert runner.end() == 0
    assert runner.left_over() == []


@pytest.mark.refusing
def test_a_taken_port_is_named_with_the_way_out(start: Callable[..., Runner]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        runner = start(port=taken.getsockname()[1])
        assert runner.process.wait(30) == 1
    assert "is taken by another program" in runner.text
    assert "ZHICHUANG_PORT=" in runner.text
    assert runner.left_over() == []


@pytest.mark.refusing
def test_a_second_stack_on_the_same_folder_is_refused(start: Callable[..., Runner]) -> None:
    first = start()
    first.wait_for("Three calls to copy")
    second = start()
    assert second.process.wait(30) == 1
    assert "Another stack already runs" in second.text
    assert get(first.url)["ZHICHUANG_SANDBOX"] == "1"


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("broken", "words"),
    [("evaluation", "cannot start: the test says so"), ("migration", "relation does not exist")],
)
def test_a_part_that_cannot_start_is_named_and_nothing_is_left(
    start: Callable[..., Runner], broken: str, words: str
) -> None:
    runner = start(FAKE_BROKEN=broken)
    assert runner.process.wait(60) == 1
    assert words in runner.text
    assert "Traceback" not in runner.text
    assert runner.left_over() == []


@pytest.mark.refusing
@pytest.mark.parametrize("port", ["http", "0", "70000"])
def test_a_port_that_is_none_is_refused_in_words(start: Callable[..., Runner], port: str) -> None:
    runner = start(ZHICHUANG_PORT=port)
    assert runner.process.wait(30) == 1
    assert "is not a port" in runner.text


@pytest.mark.refusing
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_named(start: Callable[..., Runner], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no mounts")
    try:
        runner = start(home="disk/home")
        assert runner.process.wait(30) == 1
        assert "The disk is full" in runner.text
        assert "ZHICHUANG_HOME" in runner.text
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
