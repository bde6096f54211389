"""`make bench name=starting`: from `make up` to "ready", and what all processes need at rest.

Installation is done. From nothing is an empty data folder: databases are made and migrated, and the
demo programme is loaded. With data there is the next start over the same folder. Beside them,
before and after in each round, a bare Python imports the libraries that every service stands on; a
round in which that moved is not judged. Memory is the sum of proportional shares (PSS) of all
processes, PostgreSQL's included, once nothing has happened for a while.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import STEADY, met
from tests.benchmarks.house import HOMES, ROOT
from tests.benchmarks.measuring import command, load_average, middle, resident, tree
from tests.benchmarks.page import Page
from tests.benchmarks.tools import BenchmarkError
from zhichuang.processes import free_ports

ROUNDS: Final = {"small": 5, "full": 9}
REST_SECONDS: Final = 75.0
FIRST_SECONDS: Final = 12.0
SECOND_SECONDS: Final = 2.5
REST_MB: Final = 400.0
LIBRARIES: Final = (
    "import fastapi, pydantic_settings, sqlalchemy.ext.asyncio, sqlmodel, asyncpg, aiohttp, httpx,"
    " jose.jwt, pgqueuer, structlog, uvicorn"
)


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of each, and of the bare imports before and after."""

    first: float
    second: float
    bare: tuple[float, float]

    @property
    def is_steady(self) -> bool:
        """Tell whether the machine stood still enough for this round to be judged."""
        return max(self.bare) / min(self.bare) <= STEADY


def main(size: str, page: Page) -> bool:
    """Measure; whether every mark is met."""
    HOMES.mkdir(exist_ok=True, mode=0o711)
    with tempfile.TemporaryDirectory(dir=HOMES, prefix="run-") as folder:
        # PostgreSQL may run as another user, who has to get through.
        Path(folder).chmod(0o711)
        home = Path(folder) / "home"
        done = [_round(home, page) for _ in range(ROUNDS[size])]
        with _up(home) as (pid, _):
            time.sleep(REST_SECONDS)
            parts = _memory(pid)
    steady = [each for each in done if each.is_steady]
    judged = steady if len(steady) * 2 >= len(done) else []
    page.say(f"bare imports       {middle([sum(each.bare) / 2 for each in done]):6.2f} s")
    good = [
        _told(page, "from nothing", [each.first for each in judged or done], FIRST_SECONDS),
        _told(page, "with data there", [each.second for each in judged or done], SECOND_SECONDS),
    ]
    page.say(f"{len(steady)} of {len(done)} rounds judged{'' if judged else ': not judged'}")
    total = sum(parts.values())
    page.say(f"at rest            {total:6.0f} MB, mark {REST_MB:.0f}: {met(total, REST_MB)}")
    page.say("  " + ", ".join(f"{name} {used:.0f}" for name, used in sorted(parts.items())))
    return all(good) and total <= REST_MB


def _told(page: Page, what: str, seconds: list[float], mark: float) -> bool:
    value = middle(seconds)
    spread = f"[{min(seconds):.1f}–{max(seconds):.1f}]"
    page.say(f"{what:18} {value:6.2f} s {spread}, mark {mark:g}: {met(value, mark)}")
    return value <= mark


def _round(home: Path, page: Page) -> Round:
    before = _bare()
    shutil.rmtree(home, ignore_errors=True)
    with _up(home) as (_, first):
        pass
    with _up(home) as (_, second):
        pass
    each = Round(first, second, (before, _bare()))
    page.note(
        f"  from nothing {first:.1f} s, with data {second:.1f} s, bare imports"
        f" {each.bare[0]:.2f} and {each.bare[1]:.2f} s, load {load_average():.1f}"
    )
    return each


def _bare() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)
    return time.perf_counter() - began


@contextmanager
def _up(home: Path) -> Iterator[tuple[int, float]]:
    """Run `make up` until it is left; give its process id and the seconds until it was ready."""
    environment = os.environ | {
        "ZHICHUANG_HOME": str(home), "ZHICHUANG_PORT": str(free_ports(1)[0]),
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    began = time.perf_counter()
    with subprocess.Popen(
        ["make", "up"], cwd=ROOT, env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        told = []
        try:
            for line in process.stdout:
                told.append(line)
                if "ready at" in line:
                    break
            else:
                raise BenchmarkError(f"it did not start:\n{''.join(told)}")
            yield process.pid, time.perf_counter() - began
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            process.stdout.read()


def _memory(root: int) -> dict[str, float]:
    """Give megabytes by kind of process."""
    parts: dict[str, float] = {}
    for pid in tree([root]):
        name = _name(pid)
        parts[name] = parts.get(name, 0.0) + resident(pid) / 1e6
    return {name: used for name, used in parts.items() if used}


def _name(pid: int) -> str:
    # Services are forks of one process, and have its command.
    return "PostgreSQL" if b"postgres" in command(pid).partition(b"\0")[0] else "the house's own"
