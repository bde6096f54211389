"""`make growth times=50`: the demo programme fifty times over, and what becomes slower by it.

Fails where a read of every day takes twice as long and more than a moment; writes the table of
`docs/growth.md`.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.growth.multiplying import multiply
from zhichuang.demo.client import Caller
from zhichuang.postgres import SERVICES
from zhichuang.stack import Stack

ROOT: Final = Path(__file__).resolve().parents[2]
REPORT: Final = ROOT / "docs" / "growth.md"
ROUNDS: Final = 15
SLOWER: Final = 2.0
MOMENT_SECONDS: Final = 0.25
# The ledger's rows are leaves of a log that cannot be copied: its entries are posted.
COPIED: Final = ("registry", "evaluation", "gateway")
_SIZE: Final = "SELECT pg_database_size(current_database())"
# Who asks, and for what; `{center}` is one of M01's own.
READS: Final[tuple[tuple[str, str | None, str, dict[str, str]], ...]] = (
    ("anybody: listed centres", None, "/v1/public/centers", {}),
    ("anybody: organizations by name", "m01", "/v1/registry/organizations", {"name": "创新中心"}),
    ("official: organizations", "admin", "/v1/registry/organizations", {}),
    ("official: centres", "handler", "/v1/registry/centers", {}),
    ("official: applications", "handler", "/v1/registry/applications", {}),
    ("official: what waits for him", "handler", "/v1/me/tasks", {}),
    ("member: facts of a centre", "m01", "/v1/registry/facts", {"center_id": "{center}"}),
    ("member: memberships", "m01", "/v1/registry/memberships", {"center_id": "{center}"}),
    ("member: the feed's end", "m01", "/v1/registry/events", {"limit": "100"}),
    ("service: a page of the feed", "auditor", "/v1/registry/events", {"limit": "500"}),
    ("official: cycles", "handler", "/v1/evaluation/cycles", {}),
    ("member: cases of a centre", "m01", "/v1/evaluation/cases", {"center_id": "{center}"}),
)


def main(times: int) -> int:
    """Rehearse; give the exit status."""
    with (
        tempfile.TemporaryDirectory(prefix="zhichuang-growth-") as folder,
        Stack(Path(folder) / "home", throwaway=True) as stack,
    ):
        return _rehearse(stack, times)


def _rehearse(stack: Stack, times: int) -> int:
    callers = {
        name: Caller(stack.url, name, stack.credentials[name])
        for name in {read[1] or "m01" for read in READS}
    }
    center = str(callers["m01"].get("/v1/me")["center_ids"][0])
    before = {read[0]: _median(callers, center, *read[1:]) for read in READS}
    sizes = {name: _size(stack, name) for name in SERVICES}
    began = time.monotonic()
    grown = {name: multiply(stack.postgres, name, times) for name in COPIED}
    filled = time.monotonic() - began
    for name in SERVICES:
        stack.restart(name)
    after = {read[0]: _median(callers, center, *read[1:]) for read in READS}
    later = {name: _size(stack, name) for name in SERVICES}
    text = _report(times, filled, grown, (sizes, later), (before, after))
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    slow = [
        f"{title}: {before[title] * 1e3:.0f} ms, then {after[title] * 1e3:.0f} ms"
        for title in before
        if after[title] > before[title] * SLOWER and after[title] > MOMENT_SECONDS
    ]
    for one in slow:
        print(f"✗ {one}", file=sys.stderr)
    return 1 if slow else 0


def _median(
    callers: dict[str, Caller], center: str, name: str | None, path: str, query: dict[str, str]
) -> float:
    asked: dict[str, Any] = {key: value.format(center=center) for key, value in query.items()}
    caller = callers[name or "m01"]
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = caller._send("GET", path, params=asked, headers=None)
        took.append(time.perf_counter() - began)
        if not answer.is_success:
            raise SystemExit(f"{path} as {name}: {answer.status_code} {answer.text[:300]}")
    return statistics.median(took)


def _size(stack: Stack, name: str) -> int:
    return int(stack.postgres.execute(_SIZE, database=name))


def _report(
    times: int,
    filled: float,
    grown: dict[str, dict[str, tuple[int, int]]],
    sizes: tuple[dict[str, int], dict[str, int]],
    reads: tuple[dict[str, float], dict[str, float]],
) -> str:
    day, load = time.strftime("%-d %B %Y"), os.getloadavg()[0]
    lines = [
        f"# {times} times the demo programme",
        "",
        f"Written by `make growth`, {day}, two cores at a load average of {load:.1f}. The rows",
        f"were copied in {filled:.0f} s; each read is the median of {ROUNDS}, through the gateway.",
        "",
        "| read | once | then | ratio |",
        "|---|---|---|---|",
    ]
    for title, once in reads[0].items():
        then = reads[1][title]
        lines.append(f"| {title} | {once * 1e3:.1f} ms | {then * 1e3:.1f} ms | {then / once:.2f} |")
    lines += ["", "| database | once | then |", "|---|---|---|"]
    for name, once in sizes[0].items():
        lines.append(f"| {name} | {once / 2**20:.0f} MB | {sizes[1][name] / 2**20:.0f} MB |")
    lines += ["", "| largest tables | rows once | rows then |", "|---|---|---|"]
    tables = [
        (after, before, f"{service}.{table}")
        for service, found in grown.items()
        for table, (before, after) in found.items()
    ]
    for after, before, name in sorted(tables, reverse=True)[:15]:
        lines.append(f"| {name} | {before:,} | {after:,} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    sys.exit(main(parser.parse_args().times))
