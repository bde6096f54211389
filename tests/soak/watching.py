"""What is looked at during a soak: memory, open files and processor time of each process."""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx
import psutil

from zhichuang.stack import Stack

MEGABYTE: Final = 2**20
# Between the second quarter and the last one: caches are warm by then, and what grows is a leak.
MEMORY_GROWTH: Final = 1.10
MEMORY_SLACK: Final = 8 * MEGABYTE
FILES_GROWTH: Final = 8
# Each request that is under way has some; a leak has one more for each call.
TASKS_GROWTH: Final = 30
TASKS: Final = re.compile(r"^zhichuang_tasks\{[^}]*\} (\S+)", re.MULTILINE)
SLOWER: Final = 2.0
SLOW_SLACK_SECONDS: Final = 0.05


@dataclass
class Watched:
    """One process's figures over time."""

    name: str
    process: psutil.Process
    memory: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    # Where it tells how many tasks it has; PostgreSQL has none.
    url: str | None = None
    tasks: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Note its memory and open files now, with those of its children."""
        family = [self.process, *self.process.children(recursive=True)]
        # Shared pages would count once for each child.
        self.memory.append(sum(_own_bytes(one) for one in family))
        self.files.append(sum(_files(one) for one in family))
        if self.url is not None:
            self.tasks.append(_tasks(self.url))

    def cpu_seconds(self) -> float:
        """Give the processor time that it and its children, living and ended, have taken."""
        times = self.process.cpu_times()
        living = [one.cpu_times() for one in self.process.children(recursive=True)]
        ended = times.children_user + times.children_system
        spent = times.user + times.system + ended
        return float(spent + sum(one.user + one.system for one in living))


def watched(stack: Stack) -> list[Watched]:
    """Give every process of a stack, to be watched."""
    urls = {name: service.url for name, service in stack.services.items()}
    return [
        Watched(name, psutil.Process(one.pid), url=urls.get(name))
        for name, one in stack.processes.items()
    ]


def _tasks(url: str) -> int:
    told = httpx.get(f"{url}/metrics", timeout=30).text
    counted = TASKS.search(told)
    return int(float(counted[1])) if counted else 0


def _own_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def _files(process: psutil.Process) -> int:
    try:
        return int(process.num_fds())
    except psutil.Error:
        return 0


def growth_faults(one: Watched) -> list[str]:
    """Judge one process: flat memory and files from the second quarter on."""
    before, after = quarters(one.memory)
    faults = []
    if after > before * MEMORY_GROWTH + MEMORY_SLACK:
        grown = f"{before / MEGABYTE:.0f} to {after / MEGABYTE:.0f} MB"
        faults.append(f"{one.name} grew from {grown}")
    before, after = quarters(one.files)
    # PostgreSQL keeps relations' files open by itself, up to `max_files_per_process` each.
    if one.name != "postgres" and after > before + FILES_GROWTH:
        faults.append(f"{one.name} has {after:.0f} open files, after {before:.0f}")
    if one.tasks:
        before, after = quarters(one.tasks)
        if after > before + TASKS_GROWTH:
            faults.append(f"{one.name} has {after:.0f} tasks, after {before:.0f}")
    return faults


def slowness_faults(seconds: Sequence[tuple[float, float]]) -> list[str]:
    """Judge the load: the last quarter's p99 is near the second one's."""
    ordered = [took for _, took in sorted(seconds)]
    size = len(ordered) // 4
    before, after = p99(ordered[size : 2 * size]), p99(ordered[-size:])
    if after > before * SLOWER + SLOW_SLACK_SECONDS:
        return [f"p99 went from {before * 1e3:.0f} to {after * 1e3:.0f} ms"]
    return []


def quarters(figures: Sequence[int]) -> tuple[float, float]:
    """Give the medians of the second quarter and of the last one."""
    size = max(1, len(figures) // 4)
    return statistics.median(figures[size : 2 * size] or figures), statistics.median(
        figures[-size:]
    )


def p99(seconds: Sequence[float]) -> float:
    """Give the time that one call in a hundred takes longer than."""
    return sorted(seconds)[int(len(seconds) * 0.99)] if seconds else 0.0
