"""What a turn cost: CPU and memory of process trees, read from `/proc`."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Final, Self

TICKS: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Sample:
    """One turn of one case; `cpu` are seconds by part, `memory` bytes at its end."""

    operations: int
    seconds: float
    cpu: Mapping[str, float] = field(default_factory=dict)
    memory: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    lag_seconds: float | None = None
    """How long after the last answer the events and leaves of this turn had their numbers."""

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU microseconds per operation, of all parts."""
        return sum(self.cpu.values()) * 1e6 / max(1, self.operations)

    def part_us(self, part: str) -> float:
        """CPU microseconds per operation of one part."""
        return self.cpu.get(part, 0.0) * 1e6 / max(1, self.operations)


def middle(values: list[float]) -> float:
    """Give the median; zero where there is nothing."""
    return median(values) if values else 0.0


class Meter:
    """Measures process trees, by part, while a turn runs: `with Meter(database=pid) as meter`."""

    def __init__(self, **roots: int | list[int]) -> None:
        self._roots = {n: [r] if isinstance(r, int) else r for n, r in roots.items()}
        self.cpu: dict[str, float] = {}
        self.memory = 0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._before = self._read()
        self._started = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.seconds = time.perf_counter() - self._started
        after = self._read()
        self.cpu = {part: after[part] - self._before[part] for part in after}
        self.memory = sum(resident(pid) for roots in self._roots.values() for pid in tree(roots))

    def _read(self) -> dict[str, float]:
        return {
            part: sum(_cpu_seconds(pid) for pid in tree(roots))
            for part, roots in self._roots.items()
        }


def tree(roots: list[int]) -> list[int]:
    """Give processes with all that descends from them; one that ends meanwhile is left out."""
    children: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children.get(pid, []))
    return found


def _stat(pid: int) -> list[str]:
    """Give the fields of `/proc/<pid>/stat` from the state on; none where the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_seconds(pid: int) -> float:
    # With the children that ended and were waited for: PostgreSQL has one process per connection.
    fields = _stat(pid)
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / TICKS if fields else 0.0


def resident(pid: int) -> int:
    """Give a process's share of memory in bytes: pages shared by n processes count 1/n."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def command(pid: int) -> bytes:
    """Give a process's command, its words parted by NUL; nothing where it is gone."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def load_average() -> float:
    """Give the load average of the last minute."""
    return os.getloadavg()[0]


def machine(folder: Path) -> str:
    """Describe this machine without naming it: kind, cores, memory, the kind of disk."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = os.uname()
    return (
        f"{system.sysname} {system.machine}, {_processor()}, {os.cpu_count()} cores,"
        f" {memory:.0f} GB of memory, data on {file_system(folder)}"
    )


def _processor() -> str:
    lines = (_PROC / "cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    virtual = any("hypervisor" in line for line in lines if line.startswith("flags"))
    return f"{'virtual machine, ' if virtual else ''}{names[0] if names else 'unknown processor'}"


def file_system(folder: Path) -> str:
    """Name the kind of file system that a folder lies on, such as `ext4` or `tmpfs`."""
    place = str(folder.resolve())
    mounts = [line.split() for line in (_PROC / "mounts").read_text().splitlines()]
    above = [
        (len(point), kind)
        for _device, point, kind, *_ in mounts
        if place == point or place.startswith(point.rstrip("/") + "/")
    ]
    return max(above)[1]
