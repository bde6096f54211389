"""The processes of a stack: started so that they end with us, watched, and stopped in order."""

import http.client
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zhichuang.nursery import Child, Nursery, NurseryError
from zhichuang.postgres import launcher

HOST: Final = "127.0.0.1"
"""Nothing but this machine can call: a sandbox has sample credentials for every role."""

# How lines of libraries are written: as our own.
_LOGS: Final = Path(__file__).with_name("logs.json")
_LOG_BYTES: Final = 16 * 1024 * 1024
_STOP_SECONDS: Final = 10.0
_READY_POLL_SECONDS: Final = 0.03
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STABLE_SECONDS: Final = 60.0


Running = subprocess.Popen[bytes] | Child


class ProcessError(Exception):
    """A process of the stack failed; the message is written for the person at the terminal."""


@dataclass
class Service:
    """One uvicorn process on loopback; its port stays the same over restarts."""

    name: str
    package: str
    port: int
    environment: Mapping[str, str]
    home: Path
    log: Path
    http: str = "httptools"
    """Uvicorn's name of the protocol, or a class: the gateway has one with limits of its own."""
    nursery: Nursery | None = None
    """Who forks it; without one it is an interpreter of its own."""
    process: Running | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)
    _started_at: float = field(default=0.0, init=False)
    _retry_at: float | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start the process; `wait_until_ready` tells when it answers."""
        _cut(self.log)
        command = server_command(self.package, HOST, self.port, self.http)
        self.process = _run(self.name, command, self.environment, self.home, self.log, self.nursery)
        self._started_at = time.monotonic()
        self._retry_at = None

    def is_ready(self) -> bool:
        """Ask once whether the service can do its work; raise when it has ended instead."""
        if self.process is None or self.process.poll() is not None:
            msg = f"{self.name} {self._how_it_ended()}. The end of {self.log}:\n{tail(self.log)}"
            raise ProcessError(msg)
        return answers_ready(self.port)

    def supervise(self, now: float) -> str | None:
        """Start the service again when it has died, later each time; return what to tell."""
        if self._retry_at is not None:
            if now < self._retry_at:
                return None
            self.start()
            return f"{self.name} was started again"
        if self.process is None or self.process.poll() is None:
            return None
        if now - self._started_at > _STABLE_SECONDS:
            self._failures = 0
        pause = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
        self._failures += 1
        self._retry_at = now + pause
        return f"{self.name} {self._how_it_ended()}; starting it again in {pause:g} s ({self.log})"

    def _how_it_ended(self) -> str:
        status = None if self.process is None else self.process.poll()
        if status is None:
            return "is not running"
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"


def protocol_of(package: str) -> str:
    """Return who reads a service's bytes: the gateway's own reader has limits of its own."""
    return "gateway.proxy.wire:DoorProtocol" if package == "gateway" else "httptools"


def server_command(package: str, host: str, port: int, http: str) -> list[str]:
    """Return the command that serves one of the house's applications, the same everywhere."""
    return [
        *(sys.executable, "-m", "shared.http.serving", package, "--host", host),
        *("--port", str(port), "--http", http, "--log-config", str(_LOGS)),
    ]


def spawn(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Start a process of our own, in a session of its own: Ctrl-C reaches us alone."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [*launcher("SIGTERM"), *command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def run_all(
    jobs: Mapping[str, tuple[Sequence[str], Mapping[str, str]]],
    folder: Path,
    nursery: Nursery | None = None,
) -> None:
    """Run commands side by side and wait for all; raise `ProcessError` when one fails."""
    failures = []
    running: dict[str, Running] = {}
    with tempfile.TemporaryDirectory(prefix="zhichuang-") as outputs:
        logs = {name: Path(outputs) / str(place) for place, name in enumerate(jobs)}
        try:
            for name, (command, environment) in jobs.items():
                running[name] = _run(name, command, environment, folder, logs[name], nursery)
            for name, process in running.items():
                if process.wait() != 0:
                    failures.append(f"{name} failed:\n{tail(logs[name], 4000)}")
        finally:
            stop_all(running.values())
    if failures:
        raise ProcessError("\n".join(failures))


def _run(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    nursery: Nursery | None,
) -> Running:
    """Start `python -m …`, as a fork where there is somebody to fork it."""
    if nursery is None:
        return spawn(command, environment, folder, log)
    _python, _m, module, *arguments = command
    try:
        return nursery.run(name, module, arguments, environment, folder, log)
    except NurseryError as error:
        raise ProcessError(f"{name} did not start. {error}") from error


def stop_all(processes: Iterable[Running]) -> None:
    """End the processes together: politely first, then for certain."""
    living = [process for process in processes if process.poll() is None]
    for process in living:
        process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for process in living:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(services: Sequence[Service], seconds: float) -> None:
    """Return when every service is ready; raise `ProcessError` naming those that are not."""
    deadline = time.monotonic() + seconds
    waiting = list(services)
    while waiting := [service for service in waiting if not service.is_ready()]:
        if time.monotonic() > deadline:
            names = ", ".join(f"{service.name} ({service.log})" for service in waiting)
            msg = f"Not ready after {seconds:g} s: {names}. {why_not_ready(waiting[0].port)}"
            raise ProcessError(msg)
        time.sleep(_READY_POLL_SECONDS)


def answers_ready(port: int) -> bool:
    """Whether `/readyz` on this port says 200."""
    try:
        return _ask_readiness(port)[0] == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def why_not_ready(port: int) -> str:
    """Return what the service itself says is missing, as far as it can still speak."""
    try:
        return _ask_readiness(port)[1]
    except (OSError, http.client.HTTPException) as error:
        return str(error)


def _ask_readiness(port: int) -> tuple[int, str]:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(2000).decode(errors="replace")
    finally:
        connection.close()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Choose ports that nobody uses; all are held until all are chosen, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def tail(log: Path, characters: int = 3000) -> str:
    """Return the end of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - characters))
            return file.read().decode(errors="replace").strip()
    except FileNotFoundError:
        return ""


def _cut(log: Path) -> None:
    """Keep one older log beside the running one, so that logs never fill the disk by restarts."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".1.log"))
