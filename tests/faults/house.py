"""A stack of which every part can be made to misbehave, and what became of it as a table."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.load import WITHOUT_GAP, Load, entries_of, new_accounts
from tests.faults.wall import Wall
from tests.faults.wire import Wire
from zhichuang.audit import audit_of
from zhichuang.demo.client import Caller
from zhichuang.postgres import SERVICES
from zhichuang.processes import HOST
from zhichuang.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "faults.md"
DISK_MEGABYTES = 700
_SOCKET = ".s.PGSQL.5432"
_HEAD = """# Faults

Written by `make faults`, which breaks one thing after the other under four callers that post
entries to the ip-ledger, each under a key of its own until it is acknowledged. After each fault every
acknowledged entry is there once, no feed has a gap, and `zhichuang audit` holds. Run on {day} with two
cores at a load average of {load:.1f}; pauses grow with the load.

| fault | entries acknowledged | longest without any | longest single answer | what callers were told meanwhile | audit |
|---|---|---|---|---|---|
"""  # noqa: E501 - a line of the table


class House(Stack):
    """One of everything, with a wire before the database and before each service."""

    def __init__(self, home: Path) -> None:
        """Describe it; the wires are laid when it starts."""
        self._sockets = Path(tempfile.mkdtemp(prefix="wire-"))
        home.mkdir(parents=True, exist_ok=True)
        self.wall = Wall(home)
        self.disk = home / "postgres"
        self.disk.mkdir(mode=0o711)
        size = f"size={DISK_MEGABYTES}m,mode=711"
        mount = ["mount", "-t", "tmpfs", "-o", size, "zhichuang-faults", str(self.disk)]
        self.own_disk = (
            os.geteuid() == 0
            and shutil.which("mount") is not None
            and subprocess.run(mount, check=False, capture_output=True).returncode == 0
        )
        super().__init__(home, throwaway=True)
        self.database: Wire | None = None
        self.wires: dict[str, Wire] = {}

    def stop(self) -> None:
        """Stop everything, take up the wires and give the disk back."""
        super().stop()
        for wire in (self.database, *self.wires.values()):
            if wire is not None:
                wire.close()
        shutil.rmtree(self._sockets, ignore_errors=True)
        if self.own_disk:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)
            self.own_disk = False

    def bookkeeper(self) -> Caller:
        """Register one."""
        admin = Caller(self.url, "admin", self.credentials["admin"])
        made = admin.post(
            "/v1/identity/clients",
            {"name": "bookkeeper", "person": {"name": "记账"}, "roles": ["official"],
             "duties": ["bookkeeper"]},
        )  # fmt: skip
        return Caller(self.url, "bookkeeper", made)

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        os.kill(self.processes[name].pid, signal.SIGKILL)

    def supervise_for(self, seconds: float) -> None:
        """Do what `make up` does all the time: start again what died."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for _told in self.supervise():
                pass
            time.sleep(0.1)

    def _environment(self) -> dict[str, str]:
        told = super()._environment()
        if self._ports and not self.wires:
            self.database = Wire(self.postgres.socket_folder / _SOCKET, self._sockets / _SOCKET)
            self.wires = {
                name: Wire((HOST, self._ports[name])) for name in SERVICES if name != "gateway"
            }
        wired = {
            f"ZHICHUANG_{name.upper()}_URL": f"http://{HOST}:{wire.port}"
            for name, wire in self.wires.items()
        }
        return told | wired

    def _environment_of(self, name: str, common: Mapping[str, str]) -> dict[str, str]:
        told = super()._environment_of(name, common)
        address = told["ZHICHUANG_DATABASE_URL"].partition("?")[0]
        told["ZHICHUANG_DATABASE_URL"] = f"{address}?host={self._sockets}&port=5432"
        return told | self.wall.environment


@dataclass
class Trial:
    """Breaks things under load, judges what is left, and keeps a line of the table for each."""

    house: House
    caller: Caller
    lines: list[str] = field(default_factory=list)
    random: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        """Open the accounts that all loads post to."""
        self._accounts = new_accounts(self.house.postgres)
        self._promised: dict[str, str] = {}
        self._key = self.house.home / "log.pub"
        self._checkpoint = self.house.home / "kept.txt"

    @contextmanager
    def of(self, fault: str, *, before: int = 20, after: int = 20) -> Iterator[Load]:
        """Post while the body breaks something and mends it again, then judge."""
        with Load(self.house.url, self.caller, self._accounts) as load:
            load.until(before)
            self._keep_checkpoint()
            yield load
            load.until(after, 240)
        self._promised |= load.acknowledged
        held = self._judge(load)
        told = ", ".join(f"{count} x {code}" for code, count in sorted(load.codes().items()))
        if load.renewed:
            told = ", ".join(filter(None, [told, f"{load.renewed} x 401, renewed"]))
        self.lines.append(
            f"| {fault} | {len(load.acknowledged)} | {load.longest_pause():.1f} s"
            f" | {load.longest_seconds:.1f} s | {told or 'nothing'} | {held} |"
        )
        print(f"\n{self.lines[-1]}", flush=True)

    def note(self, line: str) -> None:
        """Keep a sentence below the table."""
        self.lines.append(line)
        print(f"\n{line}", flush=True)

    def report(self) -> str:
        """Give the table, then the sentences."""
        day, load = time.strftime("%-d %B %Y"), os.getloadavg()[0]
        rows = [line for line in self.lines if line.startswith("|")]
        notes = [f"- {line}" for line in self.lines if not line.startswith("|")]
        return _HEAD.format(day=day, load=load) + "\n".join([*rows, "", *notes]) + "\n"

    def _keep_checkpoint(self) -> None:
        self._key.write_bytes(self.caller.raw("/v1/ip-ledger/log/key"))
        self._checkpoint.write_bytes(self.caller.raw("/v1/ip-ledger/log/checkpoint"))

    def _judge(self, load: Load) -> str:
        assert load.wrong == [], load.wrong[:3]
        server = self.house.postgres
        found = entries_of(server)
        assert len(found) == len(dict(found)), "an entry was posted twice"
        assert self._promised.items() <= dict(found).items(), "an acknowledged entry is lost"
        # Nor does anything wait for its number: locks of silent lines are given back by now.
        deadline = time.monotonic() + 60
        for service in SERVICES:
            whole = f"SELECT ({WITHOUT_GAP}) AND NOT EXISTS (SELECT FROM event_pending)"
            while server.execute(whole, database=service).strip() != "t":
                assert time.monotonic() < deadline, f"{service} has a gap in its feed"
                time.sleep(0.2)
        # A checkpoint from before the fault, and every sum, hash and signature since.
        options = ["--key", str(self._key), "--checkpoint", str(self._checkpoint)]
        assert audit_of(server, options) == 0
        return "holds"
