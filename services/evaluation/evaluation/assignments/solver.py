"""The draw: the worst panel first, then the total, then the lots; each step with its proof.

Every step has the same form: an LP bounds it in exact integers, columns that no better answer can
change are fixed, a small search settles the rest, and the answer is judged again in integers. When
bound and answer meet, nothing about the search has to be believed; where they do not, a tree of
splits shows in integers that nothing better is there, and only where that is not managed in time
the step says that it rests on the search.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from evaluation.assignments import model as modelling
from evaluation.assignments.model import (
    Answer,
    Clock,
    Fixing,
    Found,
    Ints,
    Model,
    Program,
    Relaxation,
    Rows,
)
from evaluation.assignments.refuting import Tree, holds, outbidding, refuted
from evaluation.assignments.rules import Problem, tie_weight, violations

FIRST_GAP: Final = 1
# A tree that took longer, or is larger when packed, would not be stored and checked.
TREE_SECONDS: Final = 10.0
MOST_TREE: Final = 1 << 20
# The worst panel outweighs every total so many times that a bound on both tells the two apart.
ROOM_BITS: Final = 6


@dataclass(frozen=True, slots=True)
class Step:
    """The proof of one step: a value, an exact bound, and how the space between was closed.

    `by` is `bound` where the multipliers alone prove it, `tree` where splits of columns close what
    they leave, and `search` where HiGHS's own proof does. The multipliers bound the goal plus
    `weight` times the worst panel, so that one bound may prove two steps. Of `uniqueness`, the
    value is what no other panels' lots exceed.
    """

    name: str
    value: int
    bound: int
    proven: bool
    by: str
    columns_left: int
    multipliers_sha256: str
    weight: int = 0

    @property
    def searched(self) -> bool:
        """Tell whether HiGHS's own proof is all that there is."""
        return self.proven and self.by == "search"

    def document(self) -> dict[str, Any]:
        """Give the step as JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Settled:
    """What maximizing came to: an answer, its proof, and the bound behind it."""

    found: Found
    step: Step
    relaxed: Relaxation


@dataclass(frozen=True, slots=True)
class Draw:
    """What a draw came to. `optimal` is said only when every step is proven."""

    answer: Answer
    panels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    unique: bool = False
    # By their SHA-256, as `packed`; whoever has the problem checks every bound with them.
    multipliers: Mapping[str, str] = field(default_factory=dict)
    # By the names of their steps, as `packed_tree`.
    trees: Mapping[str, str] = field(default_factory=dict)

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
    multipliers: dict[str, str] = field(default_factory=dict)
    trees: dict[str, str] = field(default_factory=dict)

    def seconds(self) -> float:
        return self.until - self.clock()

    def program(self, goal: Ints, rows: Rows | None = None) -> Program:
        return Program.of(self.model, goal, self.rows if rows is None else rows)

    def enter(self, step: Step, relaxed: Relaxation) -> None:
        self.steps.append(step)
        if step.multipliers_sha256:
            self.multipliers[step.multipliers_sha256] = packed(relaxed.multipliers)

    def certified(self, step: Step, program: Program, above: int, fixing: Fixing) -> Step:
        """Show in integers that a search left nothing worth `above`, if that is managed in time."""
        if not step.searched:
            return step
        asked = outbidding(program, above)
        until = min(self.until, self.clock() + TREE_SECONDS)
        tree = refuted(asked, clock=self.clock, until=until, fixing=fixing)
        if tree is None or not holds(asked, tree, fixing):
            return step
        content = packed_tree(tree)
        if len(content) > MOST_TREE:
            return step
        self.trees[step.name] = content
        return replace(step, by="tree")


def packed(multipliers: Ints) -> str:
    """Write multipliers compactly: 64-bit little-endian integers, deflated, in Base64."""
    return base64.b64encode(zlib.compress(multipliers.astype("<i8").tobytes(), 9)).decode()


def packed_tree(tree: Tree) -> str:
    """Write a proof by splits compactly: JSON, deflated, in Base64."""
    text = json.dumps(tree, separators=(",", ":"), sort_keys=True)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


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
    if keep and not _keep(work, keep):
        return Draw(_nothing(work), steps=tuple(work.steps))
    best = _worst_and_total(work)
    if best is None:
        return Draw(_nothing(work), steps=tuple(work.steps))
    columns, unique = _lots(work, seed, *best)
    panels = work.model.panels(columns)
    if violations(problem, panels):
        return Draw(Answer.UNKNOWN)
    return Draw(Answer.OPTIMAL, panels, tuple(work.steps), unique, work.multipliers, work.trees)


def _nothing(work: _Work) -> Answer:
    return Answer.INFEASIBLE if all(step.proven for step in work.steps) else Answer.UNKNOWN


def _keep(work: _Work, keep: Sequence[tuple[str, str]]) -> bool:
    kept = set(keep)
    goal = np.array([*(pair in kept for pair in work.model.pairs), False], dtype=np.int64)
    program = work.program(goal)
    settled = maximize("kept", program, work.seconds())
    work.enter(_better_refuted(work, settled, program), settled.relaxed)
    work.rows.add(("kept",), np.flatnonzero(goal), low=settled.step.value)
    return settled.found.columns is not None


def _better_refuted(work: _Work, settled: Settled, program: Program) -> Step:
    """Certify that nothing is better, over the columns that its bound leaves free."""
    step, above = settled.step, settled.step.value + 1
    if settled.found.columns is None or not step.searched:
        return step
    fixing = modelling.fixed_by(settled.relaxed, program, above).freeing(work.model.worst)
    return work.certified(step, program, above, fixing)


def _worst_and_total(work: _Work) -> tuple[Ints, Fixing] | None:
    """Make the worst panel as good as can be, and the total as large as that allows.

    One LP bounds both, with the worst panel outweighing every total; alone it would be so
    degenerate that HiGHS takes thirty times as long. Where its worst panel is whole, the bound is
    met by panels in nearly every case and proves both steps at once. Otherwise the worst panel
    that it allows is tried as a floor, and searched for where there are no panels with it.
    """
    model = work.model
    weight = _weight(model)
    both = model.fits.copy()
    both[model.worst] = weight
    program = work.program(both)
    relaxed = modelling.relax(program)
    if relaxed.answer is not Answer.OPTIMAL:
        proven = relaxed.answer is Answer.INFEASIBLE
        work.enter(_step("worst", 0, 0, relaxed, proven=proven), relaxed)
        return None
    floor, total = divmod(relaxed.bound, weight)
    if not relaxed.loose:
        # The column of the worst panel must not be fixed: it is what the floor speaks of.
        met = _met(program, relaxed, work.seconds(), free=model.worst)
        if met is not None:
            columns, left = met
            digest = _sha256(relaxed)
            for name, value in (("worst", floor), ("total", total)):
                step = Step(
                    name, value, value, proven=True, by="bound", columns_left=left,
                    multipliers_sha256=digest, weight=weight,
                )  # fmt: skip
                work.enter(step, relaxed)
            _hold(work, floor, total)
            return columns, modelling.fixed_by(relaxed, program, relaxed.bound).freeing(model.worst)
    return _apart(work, relaxed, weight, floor)


def _weight(model: Model) -> int:
    most = int(model.upper[model.worst]) * len(model.problem.needs)
    return 1 << (most.bit_length() + ROOM_BITS)


def _met(
    program: Program, relaxed: Relaxation, seconds: float, free: int
) -> tuple[Ints, int] | None:
    """Find columns that meet a bound, and tell how many were left to choose; None of none."""
    if relaxed.columns is not None and int(program.goal @ relaxed.columns) == relaxed.bound:
        return relaxed.columns, 0
    fixing = modelling.fixed_by(relaxed, program, relaxed.bound).freeing(free)
    found = modelling.search(program, seconds, fixing)
    if found.columns is None or int(program.goal @ found.columns) != relaxed.bound:
        return None
    return found.columns, fixing.left


def _hold(work: _Work, floor: int, total: int) -> None:
    """Let what is settled stand in every later step."""
    model = work.model
    work.rows.add(("floor",), [model.worst], low=floor)
    work.rows.add(("total",), np.arange(len(model.pairs)), model.fits[:-1], low=total)


def _apart(work: _Work, relaxed: Relaxation, weight: int, floor: int) -> tuple[Ints, Fixing] | None:
    """Settle the worst panel first and then the total, each with a bound of its own."""
    best, by, settled = floor, "bound", _total(work, floor, tries=3)
    columns = settled.found.columns
    if columns is None:
        goal = np.zeros(len(work.model.upper), dtype=np.int64)
        goal[work.model.worst] = 1
        searched = modelling.search(work.program(goal), work.seconds())
        if searched.columns is None:
            proven = searched.answer is Answer.INFEASIBLE
            work.enter(_step("worst", 0, floor, relaxed, proven=proven), relaxed)
            return None
        best = int(searched.columns[work.model.worst])
        by = "search" if searched.answer is Answer.OPTIMAL else "nothing"
        settled = _total(work, best, tries=99)
        columns = searched.columns if settled.found.columns is None else settled.found.columns
    step = _step("worst", best, floor, relaxed, proven=by != "nothing", by=by)
    step = _worst_refuted(work, replace(step, weight=weight), relaxed)
    work.enter(step, relaxed)
    program = work.program(work.model.fits, _with_floor(work, best))
    work.enter(_better_refuted(work, settled, program), settled.relaxed)
    total = int(work.model.fits @ columns)
    _hold(work, best, total)
    if settled.relaxed.answer is not Answer.OPTIMAL:
        return columns, Fixing.nothing(len(columns))
    fixing = modelling.fixed_by(settled.relaxed, work.program(work.model.fits), total)
    return columns, fixing.freeing(work.model.worst)


def _worst_refuted(work: _Work, step: Step, relaxed: Relaxation) -> Step:
    """Certify that no worst panel is better; the bound on worst and total says what stays."""
    model, above = work.model, step.value + 1
    if not step.searched:
        return step
    both = model.fits.copy()
    both[model.worst] = step.weight
    fixing = modelling.fixed_by(relaxed, work.program(both), step.weight * above)
    goal = np.zeros(len(model.upper), dtype=np.int64)
    goal[model.worst] = 1
    return work.certified(step, work.program(goal), above, fixing.freeing(model.worst))


def _with_floor(work: _Work, floor: int) -> Rows:
    rows = work.rows.copy()
    rows.add(("floor",), [work.model.worst], low=floor)
    return rows


def _total(work: _Work, floor: int, *, tries: int) -> Settled:
    """Maximize the total with every panel worth `floor`."""
    program = work.program(work.model.fits, _with_floor(work, floor))
    return maximize("total", program, work.seconds(), tries=tries)


def maximize(name: str, program: Program, seconds: float, tries: int = 99) -> Settled:
    """Maximize: bound, fix, search what is left, and widen until the bound says that it is best."""
    relaxed = modelling.relax(program)
    if relaxed.answer is not Answer.OPTIMAL:
        proven = relaxed.answer is Answer.INFEASIBLE
        step = _step(name, 0, 0, relaxed, proven=proven)
        return Settled(Found(relaxed.answer), step, relaxed)
    if relaxed.columns is not None and int(program.goal @ relaxed.columns) == relaxed.bound:
        step = _step(name, relaxed.bound, relaxed.bound, relaxed, proven=True, by="bound")
        return Settled(Found(Answer.OPTIMAL, relaxed.columns), step, relaxed)
    gap = FIRST_GAP
    for _ in range(tries):
        fixing = modelling.fixed_by(relaxed, program, relaxed.bound - gap)
        found = modelling.search(program, seconds, fixing)
        everything = not fixing.stays.any()
        step = _judged(name, program, relaxed, found, gap, everything=everything)
        if step.proven or found.answer is Answer.UNKNOWN:
            return Settled(found, replace(step, columns_left=fixing.left), relaxed)
        gap = gap * 8 if found.columns is None else relaxed.bound - step.value
    step = _step(name, 0, relaxed.bound, relaxed, proven=False)
    return Settled(Found(Answer.UNKNOWN), step, relaxed)


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


def _lots(work: _Work, seed: str, columns: Ints, fixing: Fixing) -> tuple[Ints, bool]:
    """Choose among equals by the lots of the seed, and look whether another has the same.

    `fixing` are the columns that cannot change without losing value: they are no ties.
    """
    model = work.model
    goal = -np.array([*(tie_weight(seed, *pair) for pair in model.pairs), 0], dtype=np.int64)
    program = work.program(goal)
    relaxed = modelling.relax(program, fixing)
    if relaxed.columns is not None and int(goal @ relaxed.columns) == relaxed.bound:
        found = Found(Answer.OPTIMAL, relaxed.columns)
    else:
        found = modelling.search(program, work.seconds(), fixing)
    step = _least("lots", program, relaxed, found, fixing)
    if found.columns is None:
        work.enter(step, relaxed)
        return columns, False
    work.enter(work.certified(step, program, step.value + 1, fixing), relaxed)
    chosen = np.flatnonzero(found.columns[: model.worst])
    work.rows.add(("other",), chosen, high=len(chosen) - 1)
    return found.columns, _is_unique(work, goal, fixing, int(goal @ found.columns))


def _is_unique(work: _Work, goal: Ints, fixing: Fixing, lots: int) -> bool:
    """Rule out other panels with the same lots: by a bound below them, else by a search."""
    program = work.program(goal)
    relaxed = modelling.relax(program, fixing)
    if relaxed.answer is Answer.OPTIMAL and relaxed.bound < lots:
        step = _step("uniqueness", relaxed.bound, relaxed.bound, relaxed, proven=True, by="bound")
        work.enter(replace(step, columns_left=fixing.left), relaxed)
        return True
    other = modelling.search(program, work.seconds(), fixing)
    step = _least("uniqueness", program, relaxed, other, fixing)
    unique = step.proven and (other.columns is None or step.value < lots)
    # Where others have the same lots, the one that was found says so.
    work.enter(work.certified(step, program, lots, fixing) if unique else step, relaxed)
    return unique


def _least(name: str, program: Program, relaxed: Relaxation, found: Found, fixing: Fixing) -> Step:
    value = 0 if found.columns is None else int(program.goal @ found.columns)
    bound = relaxed.bound if relaxed.answer is Answer.OPTIMAL else value
    proven = found.answer is not Answer.UNKNOWN
    met = found.columns is not None and value == bound
    step = _step(name, value, bound, relaxed, proven=proven, by="bound" if met else "search")
    return replace(step, columns_left=fixing.left)


def _step(
    name: str, value: int, bound: int, relaxed: Relaxation, *, proven: bool, by: str = "search"
) -> Step:
    digest = _sha256(relaxed) if relaxed.answer is Answer.OPTIMAL else ""
    return Step(name, value, bound, proven, by if proven else "nothing", 0, digest)


def _sha256(relaxed: Relaxation) -> str:
    return hashlib.sha256(relaxed.multipliers.astype("<i8").tobytes()).hexdigest()
