"""A changed configuration is taken whole or not at all, and no request notices."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import configuring, reloading
from gateway.configuring import ConfigRefused
from gateway.reloading import Reloading
from gateway.settings import GatewaySettings
from tests.gateway.running_door import RunningDoor, running_door

CENTERS = "/v1/registry/centers"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text("")
    monkeypatch.setenv("ZHICHUANG_CONFIG", str(path))
    return path


def test_a_file_gives_settings_and_the_environment_wins(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('limit_client = 7\nhosts = "door.example"\n')
    assert configuring.load().limit_client == 7
    monkeypatch.setenv("ZHICHUANG_LIMIT_CLIENT", "9")
    settings = configuring.load()
    assert (settings.limit_client, settings.hosts) == (9, "door.example")


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limit_client = ", "cannot be read"),
        ("limt_client = 7", "no settings of ours: limt_client"),
        ('limit_client = "many"', "not of its kind: limit_client"),
        ("limit_client = -1", "not usable: limit_client"),
        ('registry_url = "ftp://x"', "not usable: registry_url"),
        ('cors_origins = "portal.example"', "not usable: cors_origins"),
        ('webhook_allowed = "10.0.0.0/99"', "not usable: webhook_allowed"),
        ('notice_retries = "soon"', "not usable: notice_retries"),
        ("upstream_connections = 0", "not usable: upstream_connections"),
        ("upstream_read_seconds = 0", "not usable: upstream_read_seconds"),
        ('trusted_balancers = "10.0.0.0/99"', "not usable: trusted_balancers"),
        ('trusted_balancers = "0.0.0.0/0"', "not usable: trusted_balancers"),
        ('metrics_networks = "inside"', "not usable: metrics_networks"),
        ("upstream_read_seconds = 9.9", "shorter than body_idle_seconds: upstream_read_seconds"),
        ("body_idle_seconds = 16", "shorter than body_idle_seconds: upstream_read_seconds"),
        (
            "upstream_route_seconds = {compute = 9.9}",
            "shorter than body_idle_seconds: upstream_route_seconds",
        ),
        ("head_seconds = -1", "not usable: head_seconds"),
        ("address_connections = -1", "not usable: address_connections"),
        ("upstream_route_seconds = {compute = 0}", "not usable: upstream_route_seconds"),
        ('upstream_route_seconds = {"/v1/x" = 9}', "not usable: upstream_route_seconds"),
    ],
)
def test_a_file_that_would_fail_later_is_refused_now(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigRefused, match=said):
        configuring.load()


def test_a_service_may_be_waited_for_as_long_as_its_caller(file: Path) -> None:
    file.write_text("upstream_read_seconds = 10\nupstream_route_seconds = {compute = 10}\n")
    assert configuring.load().upstream_read_seconds == 10


@pytest.mark.refusing
def test_a_missing_file_and_a_secret_are_told_without_their_words(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHICHUANG_CONFIG", str(file) + ".none")
    with pytest.raises(ConfigRefused, match="cannot be read"):
        configuring.load()
    before = GatewaySettings()
    with pytest.raises(ConfigRefused) as refused:
        configuring.changed(before, GatewaySettings(key_secret="hush", issuer="https://x"))
    assert str(refused.value) == "change with a restart only: issuer, key_secret"


@pytest.fixture
def door(file: Path) -> Iterator[RunningDoor]:
    del file
    with running_door() as running:
        yield running


def of(door: RunningDoor, monkeypatch: pytest.MonkeyPatch) -> Reloading:
    """Let the configuration of now be the one that this door runs on."""
    for name in ("registry_url", "evaluation_url", "ip_ledger_url", "body_idle_seconds",
                 "upstream_read_seconds", "upstream_check_seconds"):  # fmt: skip
        monkeypatch.setenv(f"ZHICHUANG_{name.upper()}", str(getattr(door.settings, name)))
    return Reloading(door.door, door.settings)


def test_limits_and_hosts_change_from_the_next_request_on(
    door: RunningDoor, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = of(door, monkeypatch)
    assert door.ask(CENTERS).status == 200
    file.write_text('hosts = "elsewhere.example"\n')
    assert door.run(given.reload())
    assert door.ask(CENTERS).status == 400
    file.write_text("limit_address = 1\n")
    assert door.run(given.reload())
    assert [door.ask(CENTERS).status for _ in range(3)][-1] == 429


@pytest.mark.refusing
def test_a_wrong_file_changes_nothing(
    door: RunningDoor, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = of(door, monkeypatch)
    for text in ('hosts = "elsewhere.example"\nlimit_client = "x"\n',
                 'hosts = "elsewhere.example"\nissuer = "https://other.example"\n'):  # fmt: skip
        file.write_text(text)
        assert not door.run(given.reload())
        assert door.ask(CENTERS).status == 200


def test_under_load_no_request_is_dropped_while_addresses_change(
    door: RunningDoor, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = of(door, monkeypatch)
    monkeypatch.delenv("ZHICHUANG_REGISTRY_URL")
    file.write_text(f'registry_url = "{door.settings.registry_url}"\n')
    door.upstream.says["waits"] = (200, [], b"done")
    door.upstream.seconds = 0.02
    statuses: list[int] = []
    over = threading.Event()

    def call() -> None:
        with socket.create_connection(("127.0.0.1", door.port), timeout=5) as line:
            while not over.is_set():
                line.sendall(b"GET /v1/registry/waits HTTP/1.1\r\nHost: d\r\n\r\n")
                answer = b""
                while not answer.endswith(b"done"):
                    part = line.recv(65_536)
                    if not part:
                        statuses.append(0)
                        return
                    answer += part
                statuses.append(int(answer.split(b" ", 2)[1]))

    callers = [threading.Thread(target=call) for _ in range(12)]
    for caller in callers:
        caller.start()
    alike = (
        door.settings.registry_url,
        f"{door.settings.registry_url},{door.settings.registry_url}",
    )
    for turn in range(12):
        file.write_text(f'registry_url = "{alike[turn % 2]}"\nlimit_costly = {1000 + turn}\n')
        assert door.run(given.reload())
        time.sleep(0.05)
    over.set()
    for caller in callers:
        caller.join(10)
    assert set(statuses) == {200}
    assert len(statuses) > 100
    time.sleep(0.1)
    lines = door.door._upstreams._lines
    assert lines is not None
    assert lines.busy == 0


def test_a_process_reloads_on_its_signal_and_says_what_became_of_it(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "gateway.pid"
    monkeypatch.setenv("ZHICHUANG_PID_FILE", str(pid))
    script = (
        "import asyncio\n"
        "from gateway import configuring\n"
        "from gateway.reloading import Reloading\n"
        "class Door:\n"
        "    async def reload(self, settings): print(settings.limit_client, flush=True)\n"
        "async def main():\n"
        "    Reloading(Door(), configuring.load()).listen()\n"
        "    await asyncio.sleep(30)\n"
        "asyncio.run(main())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=dict(os.environ), stdout=subprocess.PIPE, text=True
    )
    try:
        for _ in range(500):
            if pid.exists():
                break
            time.sleep(0.02)
        file.write_text("limit_client = 7\n")
        assert reloading.ask(pid) == "taken: limit_client"
        assert process.stdout is not None
        assert "7" in process.stdout.readline()
        file.write_text('issuer = "https://other.example"\n')
        with pytest.raises(ConfigRefused, match="restart only: issuer"):
            reloading.ask(pid)
        file.write_text("limit_client = many\n")
        with pytest.raises(ConfigRefused, match="cannot be read"):
            reloading.ask(pid)
    finally:
        process.kill()
        process.wait()
    file.write_text("")
    with pytest.raises(ConfigRefused, match="no gateway runs here"):
        reloading.ask(pid)
