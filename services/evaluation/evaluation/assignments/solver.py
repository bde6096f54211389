"""The draw: the worst panel first, then the total, then the lots; each step with its proof.

Every step has the same form: an LP bounds it in exact integers, columns that no better answer can
change are fixed, a small search settles the rest, and the answer is judged again in integers. When
bound and answer meet, nothing about the search has to be believed.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from evaluation.assignments import model as modelling
from evaluation.assignments.model import (
    Answer,
    Found,
    Ints,
    Model,
    Program,
    Relaxation,
    Rows,
)
from evaluation.assignments.rules import Problem, tie_weight, violations

Clock = Callable[[], float]
FIRST_GAP: Final = 1


@dataclass(frozen=True, slots=True)
class Step:
    """The proof of one step: a value, an exact bound, and how the space between was closed."""

    name: str
    value: int
    bound: int
    proven: bool
    by: str
    columns_left: int
    multipliers_sha256: str

    def document(self) -> dict[str, Any]:
        """Give the step as JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Draw:
    """What a draw came to. `optimal` is said only when every step is proven."""

    answer: Answer
    panels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    unique: bool = False

    @property
    def optimal(self) -> bool:
        """Tell whether every step is proven and the panels were found to keep every rule."""
        return self.answer is Answer.OPTIMAL and all(step.proven for step in self.steps)


@dataclass(slots=True)
class _Work:
    """A model with the rows and fixings that earlier steps added."""

    model: Model
    clock: Clock
    until: float
    rows: Rows = field(default_factory=Rows)
    steps: list[Step] = field(default_factory=list)

    def seconds(self) -> float:
        return self.until - self.clock()

    def program(self, goal: Ints) -> Program:
        return Program.of(self.model, goal, self.rows)


def solve(
    problem: Problem,
    seed: str,
    *,
    clock: Clock,
    seconds: float = 120.0,
    keep: Sequence[tuple[str, str]] = (),
) -> Draw:
    """Draw the panels of all cases at once.

    `keep` are choices of an earlier draw: as many of them as possible stay, before anything else.
    """
    problem = problem.ordered()
    work = _Work(modelling.model_of(problem), clock, clock() + seconds)
    if any(pair not in set(work.model.pairs) for pair in problem.fixed):
        return Draw(Answer.INFEASIBLE)
    columns: Ints | None = None
    if keep:
        columns = _keep(work, keep)
        if columns is None:
            return Draw(_nothing(work), steps=tuple(work.steps))
    columns = _worst_and_total(work)
    if columns is None:
        return Draw(_nothing(work), steps=tuple(work.steps))
    columns, unique = _lots(work, seed, columns)
    panels = work.model.panels(columns)
    if violations(problem, panels):
        return Draw(Answer.UNKNOWN)
    return Draw(Answer.OPTIMAL, panels, tuple(work.steps), unique)


def _nothing(work: _Work) -> Answer:
    return Answer.INFEASIBLE if all(step.proven for step in work.steps) else Answer.UNKNOWN


def _keep(work: _Work, keep: Sequence[tuple[str, str]]) -> Ints | None:
    kept = set(keep)
    goal = np.array([*(pair in kept for pair in work.model.pairs), False], dtype=np.int64)
    program = work.program(goal)
    found, step = maximize("kept", program, work.seconds())
    work.steps.append(step)
    if found.columns is None:
        return None
    where = np.flatnonzero(goal)
    work.rows.add(("kept",), where, low=step.value)
    return found.columns


def _worst_and_total(work: _Work) -> Ints | None:
    """Make the worst panel as good as can be, and the total as large as that allows.

    The bound of the first step is tried as it is: when the second step finds panels with it, both
    are settled at once. Otherwise the first step is searched for itself.
    """
    model = work.model
    goal = np.zeros(len(model.upper), dtype=np.int64)
    goal[model.worst] = 1
    program = work.program(goal)
    relaxed = modelling.relax(program)
    if relaxed.answer is not Answer.OPTIMAL:
        work.steps.append(_step("worst", 0, 0, relaxed, proven=relaxed.answer is Answer.INFEASIBLE))
        return None
    floor, by = relaxed.bound, "bound"
    found = _total(work, floor, relaxed, hopeful=True)
    if found is None:
        searched = modelling.search(program, work.seconds())
        if searched.columns is None:
            proven = searched.answer is Answer.INFEASIBLE
            work.steps.append(_step("worst", 0, relaxed.bound, relaxed, proven=proven))
            return None
        floor = int(searched.columns[model.worst])
        by = "search" if searched.answer is Answer.OPTIMAL else "nothing"
        found = _total(work, floor, relaxed, hopeful=False)
    worst = Step(
        "worst", floor, relaxed.bound, by != "nothing", by,
        int((relaxed.reduced == 0).sum()), _sha256(relaxed),
    )  # fmt: skip
    columns, step = found if found is not None else (searched.columns, None)
    work.steps.append(worst)
    if step is not None:
        work.steps.append(step)
    return columns


def _total(
    work: _Work, floor: int, above: Relaxation, *, hopeful: bool
) -> tuple[Ints, Step] | None:
    """Maximize the total with every panel worth `floor`; keep the rows when there is an answer."""
    model = work.model
    rows = Rows(*(list(getattr(work.rows, name)) for name in Rows.__slots__))
    rows.add(("floor",), [model.worst], low=floor)
    program = Program.of(model, model.fits, rows)
    ruled, at = modelling.fixed_by(above, floor)
    ruled[model.worst] = False
    found, step = maximize(
        "total", program, work.seconds(), (ruled, at), tries=3 if hopeful else 99
    )
    if found.columns is None:
        return None
    rows.add(("total",), np.arange(len(model.pairs)), model.fits[:-1], low=step.value)
    work.rows = rows
    return found.columns, step


def maximize(
    name: str,
    program: Program,
    seconds: float,
    ruled: tuple[Any, Ints] | None = None,
    tries: int = 99,
) -> tuple[Found, Step]:
    """Maximize: bound, fix, search what is left, and widen until the bound says that it is best."""
    relaxed = modelling.relax(program)
    if relaxed.answer is not Answer.OPTIMAL:
        proven = relaxed.answer is Answer.INFEASIBLE
        return Found(relaxed.answer), _step(name, 0, 0, relaxed, proven=proven)
    gap = FIRST_GAP
    for _ in range(tries):
        stays, at = modelling.fixed_by(relaxed, relaxed.bound - gap)
        everything = not stays.any()
        if ruled is not None:
            stays, at = stays | ruled[0], np.where(stays, at, ruled[1])
        found = modelling.search(program, seconds, stays, at)
        step = _judged(name, program, relaxed, found, gap, everything=everything)
        left = int((~stays).sum())
        if step.proven or found.answer is Answer.UNKNOWN:
            return found, replace(step, columns_left=left)
        gap = gap * 8 if found.columns is None else relaxed.bound - step.value
    return Found(Answer.UNKNOWN), _step(name, 0, relaxed.bound, relaxed, proven=False)


def _judged(
    name: str, program: Program, relaxed: Relaxation, found: Found, gap: int, *, everything: bool
) -> Step:
    """Say what a search proves: nothing better lies within the gap that was searched whole."""
    if found.columns is None:
        proven = everything and found.answer is Answer.INFEASIBLE
        return _step(name, 0, relaxed.bound, relaxed, proven=proven)
    value = int(program.goal @ found.columns)
    if value == relaxed.bound:
        return _step(name, value, value, relaxed, proven=True, by="bound")
    whole = everything or relaxed.bound - value <= gap
    proven = whole and found.answer is Answer.OPTIMAL
    return _step(name, value, relaxed.bound, relaxed, proven=proven)


def _lots(work: _Work, seed: str, columns: Ints) -> tuple[Ints, bool]:
    """Choose among equals by the lots of the seed, and look whether another has the same."""
    model = work.model
    goal = -np.array([*(tie_weight(seed, *pair) for pair in model.pairs), 0], dtype=np.int64)
    program = work.program(goal)
    # What the last step cannot change without losing value is no tie.
    total = Program.of(model, model.fits, work.rows)
    relaxed = modelling.relax(total)
    ruled = modelling.fixed_by(relaxed, int(model.fits @ columns))
    found, step = _least(program, work.seconds(), ruled)
    work.steps.append(step)
    if found.columns is None:
        return columns, False
    chosen = np.flatnonzero(found.columns[: model.worst])
    work.rows.add(("other",), chosen, high=len(chosen) - 1)
    other, proof = _least(work.program(goal), work.seconds(), ruled, name="uniqueness")
    unique = proof.proven and (other.columns is None or proof.value < step.value)
    work.steps.append(proof)
    return found.columns, unique


def _least(
    program: Program, seconds: float, ruled: tuple[Any, Ints], name: str = "lots"
) -> tuple[Found, Step]:
    stays = ruled[0].copy()
    stays[-1] = False
    found = modelling.search(program, seconds, stays, ruled[1])
    left = int((~stays).sum())
    value = 0 if found.columns is None else int(program.goal @ found.columns)
    proven = found.answer is not Answer.UNKNOWN
    return found, Step(name, value, value, proven, "search" if proven else "nothing", left, "")


def _step(
    name: str, value: int, bound: int, relaxed: Relaxation, *, proven: bool, by: str = "search"
) -> Step:
    return Step(name, value, bound, proven, by if proven else "nothing", 0, _sha256(relaxed))


def _sha256(relaxed: Relaxation) -> str:
    return hashlib.sha256(relaxed.multipliers.astype("<i8").tobytes()).hexdigest()
