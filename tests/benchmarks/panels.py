"""`make bench name=panels`: how long a draw takes beside one LP, and how many are proven.

Seeds are drawn at run time and told. Data is random ("easy"), or has few topics that many want,
scarce fields and few institutions, one of which a panel takes once ("hard"). Each draw is the whole
of it: the worst panel first, the total, the lots and whether another has the same; 60 s each. Its
panels are judged once more in integers. Beside it, in the same round, stands the bare LP relaxation
of the total alone. Times are this process's CPU, so that a loaded machine does not tell; the wall
clock stands beside them.
"""

import random
import time
from dataclasses import dataclass
from typing import Final

from evaluation.assignments import model as modelling
from evaluation.assignments.model import Answer, Program
from evaluation.assignments.rules import Problem, violations
from evaluation.assignments.solver import Draw, solve
from tests.benchmarks.measuring import middle
from tests.benchmarks.page import Page
from tests.evaluation.assignments.problems import random_problem

SEATS: Final = 7
SECONDS: Final = 60.0
FULL_SEEDS: Final = 50
TIMES_THE_LP: Final = 4.0
PROVEN_PERCENT: Final = 90


@dataclass(frozen=True, slots=True)
class Size:
    """Cases, experts, the cases that one may take, and the seconds of the mark, if there are."""

    cases: int
    experts: int
    load: int
    hard: bool
    mark_seconds: float | None = None

    @property
    def name(self) -> str:
        """Give its name."""
        return f"{self.cases} x {self.experts}, {'hard' if self.hard else 'easy'}"


SIZES: Final = (
    Size(200, 500, 4, hard=False),
    Size(200, 500, 6, hard=True),
    Size(30, 120, 4, hard=False, mark_seconds=2.0),
    Size(30, 120, 6, hard=True, mark_seconds=2.0),
    Size(60, 200, 4, hard=False, mark_seconds=5.0),
    Size(60, 200, 6, hard=True, mark_seconds=5.0),
    Size(200, 400, 6, hard=False),
    Size(200, 400, 8, hard=True),
)


@dataclass(frozen=True, slots=True)
class Told:
    """One draw: seconds of CPU and of the clock, of the LP beside it, and what it came to."""

    cpu: float
    wall: float
    lp: float
    drawn: Draw
    broken: int

    @property
    def gap_percent(self) -> float:
        """Give how far the total may be from the best, where it is not proven."""
        gaps = [
            (step.bound - step.value) * 100 / max(step.bound, 1)
            for step in self.drawn.steps
            if step.name == "total" and not step.proven
        ]
        return max(gaps, default=0.0)


def main(size: str, page: Page) -> bool:
    """Draw and tell; whether no panel breaks a rule, and every mark is met that can be judged."""
    seeds = FULL_SEEDS if size == "full" else FULL_SEEDS // 10
    page.say(f"{seeds} seeds of each size")
    missed = [each.name for each in SIZES if not _told(each, seeds, page)]
    if missed:
        page.say(f"✗ Missed: {'; '.join(missed)}")
    return not missed


def _told(size: Size, seeds: int, page: Page) -> bool:
    done: list[Told] = []
    used: list[int] = []
    infeasible = 0
    while len(done) < seeds and infeasible < seeds:
        seed = random.SystemRandom().randrange(2**32)
        used.append(seed)
        told = _draw(size, seed)
        if told.drawn.answer is Answer.INFEASIBLE and told.drawn.steps[-1].proven:
            infeasible += 1  # Scarce fields may leave no panels at all: that is told.
            continue
        done.append(told)
    return _written(size, done, used, infeasible, page)


def _draw(size: Size, seed: int) -> Told:
    problem = random_problem(size.cases, size.experts, SEATS, size.load, seed, hard=size.hard)
    lp = _relaxed(problem)
    wall, cpu = time.perf_counter(), time.process_time()
    drawn = solve(problem, f"{seed}", clock=time.monotonic, seconds=SECONDS)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    broken = len(violations(problem, drawn.panels)) if drawn.panels else 0
    return Told(cpu, wall, lp, drawn, broken)


def _relaxed(problem: Problem) -> float:
    """Take the time of the bare LP of the total: no worst panel, no lots, no model."""
    model = modelling.model_of(problem.ordered())
    program = Program.of(model, model.fits)
    started = time.process_time()
    modelling.relax(program)
    return time.process_time() - started


def _written(size: Size, done: list[Told], used: list[int], infeasible: int, page: Page) -> bool:
    proven = [one for one in done if one.drawn.optimal and one.drawn.unique]
    bounds = sum(all(step.by == "bound" for step in one.drawn.steps) for one in proven)
    there = [one for one in done if one.drawn.panels]
    broken = sum(one.broken for one in done)
    times = middle([one.cpu / one.lp for one in done])
    share = len(proven) * 100 // len(done) if done else 0
    slowest = max((one.wall for one in done), default=0.0)
    gaps = [f"{one.gap_percent:.2f} %" for one in done if not one.drawn.optimal]
    page.say(
        f"\n{size.name}: {len(done)} draws, {len(there)} with panels, {broken} rules broken,"
        f" {infeasible} that have none\n"
        f"  proven best and unique {len(proven)} of {len(done)} ({share} %),"
        f" by bounds in integers alone {bounds}; gap of the rest: {', '.join(gaps) or 'none'}\n"
        f"  CPU median {middle([one.cpu for one in done]):.2f} s, LP alone"
        f" {middle([one.lp for one in done]):.2f} s: {times:.1f} times;"
        f" wall median {middle([one.wall for one in done]):.2f} s, at most {slowest:.1f} s\n"
        f"  seeds {' '.join(map(str, used))}"
    )
    cpu = max((one.cpu for one in done), default=0.0)
    in_time = size.mark_seconds is None or cpu <= size.mark_seconds
    best = times <= TIMES_THE_LP and share >= PROVEN_PERCENT
    return bool(done) and len(there) == len(done) and broken == 0 and best and in_time
