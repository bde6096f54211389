"""One process imports what all services share, and each service is a fork of it.

Four interpreters that import the same libraries take four times the time and the memory. Here a
process of its own, without threads, imports them once, and becomes the services by forking:
pages that nobody writes are one page for all. It takes orders on its input, a JSON object a line,
and tells the process id of each fork on its output.

A fork is its grandchild, so that it becomes the child of whoever ordered it: it ends with that one,
tells him how it ended, and outlives the nursery, which nobody needs while all services run. What
they wrote over is its alone by then, and is given back. Compose and Kubernetes know nothing of it:
there each service is a container of its own.
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
import time
from collections.abc import Iterator, Mapping, Sequence
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
_PR_SET_CHILD_SUBREAPER: Final = 36


class NurseryError(Exception):
    """The nursery ended instead of doing as it was told."""


@dataclass
class Child:
    """A process that the nursery forked for us, with as much of `Popen` as a stack needs."""

    pid: int
    returncode: int | None = None
    # Names the process for good, while its number may become another one's.
    _handle: int = field(init=False)

    def __post_init__(self) -> None:
        """Take hold of the process; it is ours, so that its end is kept until we ask for it."""
        self._handle = os.pidfd_open(self.pid)

    def poll(self) -> int | None:
        """Give the status with which the process ended, or None while it lives."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended; `subprocess.TimeoutExpired` when it takes longer.

        A signal is negative, as `Popen` has it.
        """
        if self.returncode is None:
            if not select.select([self._handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
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
        self.used_at = 0.0
        """When it forked last, by the monotonic clock."""

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
            # It ended just now: the next one is as good.
            self.stop()
            self.start()
            return self._forked(order)

    def _forked(self, order: Mapping[str, Any]) -> Child:
        process = self._running()
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert process.stdout is not None  # noqa: S101 - as above
        with _adopting():
            try:
                process.stdin.write(json.dumps(order).encode() + b"\n")
                process.stdin.flush()
            except OSError as error:
                raise NurseryError(f"The nursery has ended; see {self._log}.") from error
            line = process.stdout.readline()
            if not line:
                raise NurseryError(f"The nursery has ended; see {self._log}.")
            self.used_at = time.monotonic()
            return Child(json.loads(line)["pid"])

    def stop(self) -> None:
        """End it, and let its forks be; harmless when there is none."""
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


@contextlib.contextmanager
def _adopting() -> Iterator[None]:
    """Let grandchildren whose parent ends become our children meanwhile."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


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
    orderer = os.getppid()
    unread = b""
    while came := os.read(0, 1 << 20):
        *lines, unread = (unread + came).split(b"\n")
        for line in lines:
            fork = _fork_for(orderer)
            if fork is None:
                order: dict[str, Any] = json.loads(line)
                return order
            pid, go = fork
            # Whoever was told of a fork may end us at once: the fork still has to begin.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            os.write(1, json.dumps({"pid": pid}).encode() + b"\n")
            # A fork of which nobody was told ends instead: it would be in the next one's way.
            os.write(go, b"!")
            os.close(go)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    return None


def _fork_for(orderer: int) -> tuple[int, int] | None:
    """Fork a child of the orderer's; give its id and what lets it begin, None in the fork."""
    told, tell = os.pipe()
    wait, go = os.pipe()
    between = os.fork()
    if not between:
        pid = os.fork()
        if pid:
            os.write(tell, b"%d" % pid)
            os._exit(0)
        os.close(go)
        if not os.read(wait, 1):
            os._exit(0)
        _end_with(orderer)
        return None
    os.close(tell)
    os.close(wait)
    pid = int(os.read(told, 32))
    os.close(told)
    # From here on it is the orderer's.
    os.waitpid(between, 0)
    return pid, go


def _end_with(parent: int) -> None:
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
