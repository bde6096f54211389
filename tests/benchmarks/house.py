"""The house that is measured: a stack of its own without the demo, on a real disk."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.measuring import file_system
from tests.benchmarks.tools import BenchmarkError
from zhichuang.demo.client import Caller
from zhichuang.processes import (
    Service,
    free_ports,
    spawn,
    stop_all,
    tail,
    wait_until_ready,
)
from zhichuang.stack import Stack

ROOT: Final = Path(__file__).resolve().parents[2]
# In the checkout and not in /tmp, which is memory on many machines: a commit there costs nothing.
HOMES: Final = ROOT / ".benchmarks"
# A receiver that hangs is left alone after its first try, and its subscription goes on.
SETTINGS: Final = {"ZHICHUANG_WEBHOOK_FAILURES": "1000000"}
DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass
class House:
    """A running stack, and tokens for it."""

    stack: Stack
    callers: dict[str, Caller] = field(default_factory=dict)

    @property
    def database_pid(self) -> int:
        """The root of PostgreSQL's processes."""
        return self.stack.processes["postgres"].pid

    def pid(self, name: str) -> int:
        """The root of a service's processes."""
        return self.stack.processes[name].pid

    def dsn(self, database: str, login: Any = "admin", *, service: str = "ip_ledger") -> str:
        """Address of a database as plain libpq and asyncpg take it."""
        return self.stack.postgres.dsn(service, login, database=database, driver="postgresql")

    def token(self, name: str, *duties: str) -> str:
        """Give a good token of an official with these duties, or of the admin himself."""
        if name not in self.callers:
            self.callers[name] = self._caller(name, duties)
        return self.callers[name]._fresh()  # the one that a call would bear

    def _caller(self, name: str, duties: tuple[str, ...]) -> Caller:
        return self.program(name, *duties) if duties else self.admin

    @cached_property
    def admin(self) -> Caller:
        """The admin of the sample credentials."""
        return Caller(self.stack.url, "admin", self.stack.credentials["admin"])

    def program(self, name: str, *duties: str) -> Caller:
        """Make a program of a new official with these duties."""
        body = {"name": name, "person": {"name": "基准测试"}, "roles": ["official"]}
        made = self.admin.post("/v1/identity/clients", {**body, "duties": list(duties)})
        return Caller(self.stack.url, name, made)

    def second_gateway(self, **environment: str) -> Service:
        """Start another gateway, told by its environment that a service is elsewhere."""
        return self.another("gateway", "measured", **environment)

    def another(self, name: str, of: str, **environment: str) -> Service:
        """Start another process of a service; its log is named after what it is one `of`."""
        first = self.stack.services[name]
        home = self.stack.home
        second = Service(
            name=first.name, package=name, port=free_ports(1)[0],
            environment={**first.environment, **environment},
            home=home, log=home / "logs" / f"{name}-{of}.log", http=first.http,
        )  # fmt: skip
        second.start()
        wait_until_ready([second], 60.0)
        return second


@contextmanager
def house() -> Iterator[House]:
    """Run a stack for as long as it is measured; raise where commits would not be durable."""
    HOMES.mkdir(exist_ok=True, mode=0o711)
    with tempfile.TemporaryDirectory(dir=HOMES, prefix="run-") as folder:
        # PostgreSQL may run as another user, who has to get through.
        Path(folder).chmod(0o711)
        with Stack(Path(folder) / "home", demo=False, throwaway=True, settings=SETTINGS) as stack:
            _require_durable(stack)
            yield House(stack)


def _require_durable(stack: Stack) -> None:
    for name in DURABLE:
        if (value := stack.postgres.execute(f"SHOW {name}").strip()) != "on":
            raise BenchmarkError(f"{name} is {value}: a commit that may be lost is no figure")
    if file_system(stack.home) in {"tmpfs", "ramfs"}:
        raise BenchmarkError(f"{stack.home} is memory: a commit there costs nothing")


@contextmanager
def program_running(
    command: list[str], folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a peer's server that ends with us; give its process id."""
    process = spawn(command, environment or os.environ, folder, log)
    try:
        time.sleep(0.3)
        if process.poll() is not None:
            raise BenchmarkError(f"{Path(command[0]).name} did not start:\n{tail(log)}")
        yield process.pid
    finally:
        stop_all([process])


def wait_for_port(host: str, port: int) -> None:
    """Wait until somebody listens there."""
    until = time.monotonic() + 60.0
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection((host, port), timeout=1.0):
            return
        time.sleep(0.05)
    raise BenchmarkError(f"nobody listens on port {port}")
