"""`make bench`: ours and its peers in turn, as ratios and CPU per operation.

    python -m tests.benchmarks [--name FIGURE] [--rounds N] [--seconds S] [--size full]

A figure's run of five rounds or more is written to `docs/benchmarks.md`; a shorter one is a trial.
What has no peer that takes turns with it tells its own lines, and is written as it stands.
"""

import argparse
import dataclasses
import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tests.benchmarks import (
    balances,
    bulk,
    conflicts,
    cycle,
    facts,
    figures,
    gateway,
    imports,
    journal,
    lists,
    log,
    names,
    panels,
    replicas,
    report,
    sharing,
    starting,
    tokens,
    webhooks,
)
from tests.benchmarks.figures import SIZES, Case, Figure, Round, Size
from tests.benchmarks.house import ROOT, House, house
from tests.benchmarks.measuring import Sample, load_average, machine
from tests.benchmarks.page import Page
from tests.benchmarks.tools import BenchmarkError

DOCUMENT: Final = ROOT / "docs" / "benchmarks.md"
KEPT_FROM_ROUNDS: Final = 5

Prepare = Callable[[House, Size], AbstractContextManager[Figure]]
FIGURES: Final[dict[str, Prepare]] = {
    "balances": balances.figure,
    "bulk": bulk.figure,
    "facts": facts.figure,
    "gateway": gateway.figure,
    "imports": imports.figure,
    "journal": journal.figure,
    "lists": lists.figure,
    "log": log.figure,
    "names": names.figure,
    "replicas": replicas.figure,
    "sharing": sharing.figure,
    "tokens": tokens.figure,
    "webhooks": webhooks.figure,
}
# What has a house or a process of its own: each takes a size, and gives whether its marks are met.
ALONE: Final[dict[str, tuple[str, Callable[[str, Page], bool]]]] = {
    "conflicts": ("From a changed owner to the marks on an expert's seats", conflicts.main),
    "cycle": ("A cycle of centres with a thousand facts each, and a case again", cycle.main),
    "panels": ("Panels for all cases at once, beside one LP", panels.main),
    "starting": ("From `make up` to ready, and memory at rest", starting.main),
}


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--name", choices=sorted([*FIGURES, *ALONE]), help="only this figure")
    parser.add_argument("--rounds", type=int, help="how often each takes its turn")
    parser.add_argument("--seconds", type=float, help="how long a turn is")
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    asked = parser.parse_args()
    size = SIZES[asked.size]
    size = dataclasses.replace(
        size, rounds=asked.rounds or size.rounds, seconds=asked.seconds or size.seconds
    )
    names = [asked.name] if asked.name else [*FIGURES, *ALONE]
    try:
        _measure_together([name for name in names if name in FIGURES], size)
        met = [_measure_alone(name, asked.size) for name in names if name in ALONE]
    except BenchmarkError as error:
        print(f"✗ {error}")
        return 1
    return 0 if all(met) else 1


def _measure_together(names: list[str], size: Size) -> None:
    """Run figures one after the other in one house."""
    if not names:
        return
    print(f"Starting the house (load average {load_average():.1f}) …", flush=True)
    with house() as running:
        for name in names:
            _measure(running, FIGURES[name], size)


def _measure_alone(name: str, size: str) -> bool:
    title, main_of = ALONE[name]
    page = Page(name, title)
    page.note(f"\n{title}")
    before = load_average()
    met = main_of(size, page)
    context = f"{_context(ROOT)} Size `{size}`; load average {before:.1f} to {load_average():.1f}."
    report.keep(DOCUMENT, name, title, page.section(context))
    print(f"Written to {DOCUMENT.relative_to(ROOT)}.")
    return met


def _measure(running: House, prepare: Prepare, size: Size) -> None:
    """Run one figure's rounds, print them, and keep them where there are enough."""
    with prepare(running, size) as figure:
        print(f"\n{figure.title}", flush=True)
        figure.cases = [_told(case) for case in figure.cases]
        done: list[Round] = []
        if figure.cases:
            for each in figures.rounds(figure, size.rounds, size.seconds):
                done.append(each)
                print(f"  round {len(done)} of {size.rounds}, load {each.load:.1f}", flush=True)
            figure.remarks += figure.finish()
        lines = report.lines_of(figure, done, size, _context(running.stack.home))
    print("\n" + "\n".join(lines), flush=True)
    if len(done) >= KEPT_FROM_ROUNDS:
        report.keep(DOCUMENT, figure.name, figure.title, lines)
        print(f"Written to {DOCUMENT.relative_to(ROOT)}.")


def _told(case: Case) -> Case:
    """Tell every turn as it ends."""

    def run(seconds: float) -> Sample:
        sample = case.run(seconds)
        rate, cpu = report.number(sample.rate), report.number(sample.cpu_us)
        warm = " (warming up)" if seconds == figures.WARM_SECONDS else ""
        late = report.number(sample.p99_ms)
        parts = " ".join(f"{part} {report.number(sample.part_us(part))}" for part in sample.cpu)
        told = f"{rate:>9}/s {cpu:>9} µs CPU ({parts}), p99 {late} ms{warm}"
        print(f"    {case.name:38} {told}", flush=True)
        return sample

    return Case(case.name, run)


def _context(folder: Path) -> str:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return f"{today}, {machine(folder)}; fsync, synchronous_commit and full_page_writes on."


if __name__ == "__main__":
    raise SystemExit(main())
