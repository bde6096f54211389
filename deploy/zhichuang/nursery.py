"""One process imports what all services share, and each service is a fork of it.

Four interpreters that import the same libraries take four times the time and the memory. Here a
process of its own, without threads, imports them once, and becomes the services by forking:
pages that nobody writes are one page for all. It takes orders on its input, a JSON object a line,
and tells the process ids and ends of its children on its output.

It ends when whoever started it ends, and the services end with it; a stack starts both again.
Compose and Kubernetes know nothing of it: there each service is a container of its own.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from zhichuang.postgres import launcher

# What every service imports; each of these brings the rest of its library along.
SHARED: Final = (
    "aiohttp", "asyncpg", "fastapi", "httptools", "httpx", "jose.jwt", "pgqueuer",
    "prometheus_client", "pydantic_settings", "sqlalchemy.ext.asyncio", "sqlmodel", "structlog",
    "uvicorn.main", "uvicorn.protocols.http.httptools_impl", "uvloop",
    "shared.http.app", "shared.http.batches", "shared.jobs", "shared.directory",
)  # fmt: skip
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15


class NurseryError(Exception):
    """The nursery ended instead of doing as it was told."""


@dataclass
class Child:
    """A process that the nursery forked, with as much of `Popen` as a stack needs."""

    nursery: "Nursery"
    pid: int
    # The process that forked it: a later nursery knows nothing of it.
    parent: int | None
    returncode: int | None = None
    # Names the process for good, while its number may become another one's.
    _handle: int = field(init=False)

    def __post_init__(self) -> None:
        """Take hold of the process; one that has ended already is not reaped before it is told."""
        self._handle = os.pidfd_open(self.pid)

    def poll(self) -> int | None:
        """Give the status with which the process ended, or None while it lives."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            self.wait(5)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended; `subprocess.TimeoutExpired` when it takes longer."""
        if self.returncode is None:
            if not select.select([self._handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            self.returncode = self.nursery.status_of(self)
            os.close(self._handle)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process for certain."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """Runs modules in forks of a process that has imported what they share."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        """Know where it writes to and what it starts from; nothing happens before `start`."""
        self._log = log
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._ended: dict[int, int] = {}

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Let it begin to import; `run` waits until it has."""
        if self._process is not None and self._process.poll() is None:
            return
        self.stop()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launcher("SIGTERM"), sys.executable, "-m", "zhichuang.nursery"],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def run(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
    ) -> Child:
        """Run a module as `python -m` would, in a session of its own, writing to a log."""
        order = {
            "name": name, "module": module, "arguments": list(arguments),
            "environment": dict(environment), "folder": str(folder), "log": str(log),
        }  # fmt: skip
        self.start()
        try:
            return self._forked(order)
        except NurseryError:
            # It ended just now, with all that it had forked: the next one is as good.
            self.stop()
            self.start()
            return self._forked(order)

    def _forked(self, order: Mapping[str, Any]) -> Child:
        process = self._running()
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        except OSError as error:
            raise NurseryError(f"The nursery has ended; see {self._log}.") from error
        while True:
            told = self._hear()
            if "pid" in told:
                return Child(self, told["pid"], process.pid)

    def status_of(self, child: Child) -> int:
        """Give the status of a child that has ended, as `Popen` does: a signal is negative."""
        while child.pid not in self._ended:
            if child.parent != self.pid:
                # It went with the nursery that forked it, and nobody knows how.
                return -signal.SIGTERM
            try:
                self._hear()
            except NurseryError:
                return -signal.SIGTERM
        return self._ended.pop(child.pid)

    def stop(self) -> None:
        """End it, and with it whatever still runs; harmless when nothing does."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.terminate()
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise NurseryError("The nursery does not run.")
        return self._process

    def _hear(self) -> dict[str, int]:
        """Hear one line; each end of a child is noted as it is told."""
        stdout = self._running().stdout
        assert stdout is not None  # noqa: S101 - a pipe was asked for
        line = stdout.readline()
        if not line:
            raise NurseryError(f"The nursery has ended; see {self._log}.")
        told: dict[str, int] = json.loads(line)
        if "ended" in told:
            self._ended[told["ended"]] = told["status"]
        return told


def main() -> None:
    """Import, then fork as told until the orders end; in a fork, become what was ordered."""
    gc.disable()
    for name in SHARED:
        # What cannot be imported is told by the service that needs it, in its own log.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    # What is here stays for good: the collector's marks would make a copy of every page.
    gc.freeze()
    order = _tend()
    if order is not None:
        _become(order)


def _tend() -> dict[str, Any] | None:
    """Fork for each order; give it in the fork, and None once there are no more."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    unread = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap()
        if 0 in ready:
            came = os.read(0, 1 << 20)
            if not came:
                return None
            *lines, unread = (unread + came).split(b"\n")
            for line in lines:
                parent = os.getpid()
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    os.close(woken)
                    os.close(wake)
                    _die_with(parent)
                    order: dict[str, Any] = json.loads(line)
                    return order
                _tell({"pid": pid})


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _tell({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _tell(told: Mapping[str, int]) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _become(order: Mapping[str, Any]) -> NoReturn:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for here, there in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(here, there)
    os.closerange(3, 64)
    ctypes.CDLL(None).prctl(_PR_SET_NAME, order["name"].encode()[:15], 0, 0, 0)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    # The forks would draw the same numbers.
    random.seed()
    sys.argv = [order["module"], *order["arguments"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    sys.exit(0)


if __name__ == "__main__":
    main()
