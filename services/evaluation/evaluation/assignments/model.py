"""The draw as rows and columns: integers throughout, so that bounds can be checked exactly.

A column is a pair (panel, expert) that is allowed, and one more is the fit of the worst panel.
Floats appear only on the way to HiGHS and back.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from evaluation.assignments.rules import Pair, Problem

Ints = NDArray[np.int64]
Clock = Callable[[], float]
SCALE: Final = 1 << 20
UNBOUNDED: Final = 1 << 40
MOST_MULTIPLIER: Final = 1 << 52
SAFE_MULTIPLIER: Final = 1 << 36
# How far from an integer an LP's figure may lie that is taken for one, and then checked.
WHOLE: Final = 1e-6
# HiGHS and `linprog` say so.
SOLVED, LIMIT, INFEASIBLE = 0, 1, 2


class Answer(Enum):
    """What a search came to; only the first two are proofs."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Rows:
    """Constraints `low <= row <= high`, each under the name of its rule."""

    names: list[tuple[str, ...]] = field(default_factory=list)
    columns: list[Ints] = field(default_factory=list)
    factors: list[Ints] = field(default_factory=list)
    low: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)

    def add(
        self,
        name: tuple[str, ...],
        columns: Sequence[int] | Ints,
        factors: Sequence[int] | Ints | int = 1,
        *,
        low: int = -UNBOUNDED,
        high: int = UNBOUNDED,
    ) -> None:
        """Add a row."""
        where = np.asarray(columns, dtype=np.int64)
        self.names.append(name)
        self.columns.append(where)
        self.factors.append(np.broadcast_to(np.asarray(factors, dtype=np.int64), where.shape))
        self.low.append(low)
        self.high.append(high)

    def copy(self) -> "Rows":
        """Give the same rows, to which others may be added."""
        return Rows(*(list(getattr(self, name)) for name in Rows.__slots__))

    def matrix(self, width: int) -> Any:  # noqa: ANN401 - scipy's sparse arrays are untyped
        """Give the rows as one sparse matrix of integers."""
        ends = np.cumsum([0, *(len(one) for one in self.columns)])
        empty = np.zeros(0, dtype=np.int64)
        return csr_array(
            (
                np.concatenate(self.factors) if self.factors else empty,
                np.concatenate(self.columns) if self.columns else empty,
                ends,
            ),
            shape=(len(self.names), width),
        )


@dataclass(frozen=True, slots=True)
class Model:
    """The columns and rows of a problem; the last column is the fit of the worst panel."""

    problem: Problem
    pairs: tuple[Pair, ...]
    fits: Ints
    rows: Rows
    upper: Ints
    by_need: Mapping[str, Ints]

    @property
    def worst(self) -> int:
        """Give the column of the worst panel's fit."""
        return len(self.pairs)

    def panels(self, chosen: Ints) -> dict[str, tuple[str, ...]]:
        """Read the panels off the columns."""
        seats: dict[str, list[str]] = defaultdict(list)
        for column in np.flatnonzero(chosen[: self.worst]):
            need, reviewer = self.pairs[column]
            seats[need].append(reviewer)
        return {need.id: tuple(sorted(seats[need.id])) for need in self.problem.needs}


def model_of(problem: Problem, without: Iterable[str] = ()) -> Model:
    """Write a problem as rows, `without` some families of rules."""
    dropped = set(without)
    scores = problem.scores()
    pairs = tuple(scores)
    at = {pair: column for column, pair in enumerate(pairs)}
    fits = np.array([*scores.values(), 0], dtype=np.int64)
    by_need = {
        need.id: np.array(
            [at[need.id, one.id] for one in problem.reviewers if (need.id, one.id) in at],
            dtype=np.int64,
        )
        for need in problem.needs
    }
    rows = Rows()
    for need in problem.needs:
        rows.add(("size", need.id), by_need[need.id], low=problem.size, high=problem.size)
    if "field" not in dropped:
        _field_rows(problem, at, rows)
    if "organization" not in dropped:
        _organization_rows(problem, at, rows)
    if "load" not in dropped:
        _load_rows(problem, at, rows)
    if "fixed" not in dropped:
        for pair in sorted(problem.fixed):
            rows.add(("fixed", *pair), [at[pair]] if pair in at else [], low=1)
    for need in problem.needs:
        columns = np.append(by_need[need.id], len(pairs))
        rows.add(("worst", need.id), columns, np.append(fits[by_need[need.id]], -1), low=0)
    top = max((sum(sorted(fits[one])[-problem.size :]) for one in by_need.values()), default=0)
    upper = np.ones(len(pairs) + 1, dtype=np.int64)
    upper[-1] = int(top)
    return Model(problem, pairs, fits, rows, upper, by_need)


def _field_rows(problem: Problem, at: Mapping[Pair, int], rows: Rows) -> None:
    for need in problem.needs:
        for area in problem.fields:
            columns = [
                at[need.id, one.id]
                for one in problem.reviewers
                if one.field == area and (need.id, one.id) in at
            ]
            rows.add(("field", need.id, area), columns, low=1)


def _organization_rows(problem: Problem, at: Mapping[Pair, int], rows: Rows) -> None:
    employed: dict[str, list[str]] = defaultdict(list)
    for one in problem.reviewers:
        for organization in one.organizations:
            employed[organization].append(one.id)
    shared = {name: ids for name, ids in sorted(employed.items()) if len(ids) > 1}
    for need in problem.needs:
        for organization, ids in shared.items():
            columns = [at[need.id, one] for one in ids if (need.id, one) in at]
            if len(columns) > 1:
                rows.add(("organization", need.id, organization), columns, high=1)


def _load_rows(problem: Problem, at: Mapping[Pair, int], rows: Rows) -> None:
    for one in problem.reviewers:
        held = [need for need in problem.needs if (need.id, one.id) in at]
        columns = [at[need.id, one.id] for need in held]
        if sum(need.cases for need in held) > one.max_load:
            rows.add(("load", one.id), columns, [need.cases for need in held], high=one.max_load)


@dataclass(frozen=True, slots=True)
class Relaxation:
    """An upper bound in exact arithmetic, with what each column costs against it.

    `scaled_bound` and `reduced` are in units of 1/SCALE. They hold for any multipliers at all, so
    that nothing about the solver needs to be believed. `columns` is the LP's own answer where all
    of it is whole and keeps every row; `loose` that its worst panel lies between two numbers.
    """

    answer: Answer
    multipliers: Ints
    reduced: Ints
    scaled_bound: int
    columns: Ints | None = None
    loose: bool = False

    @property
    def bound(self) -> int:
        """Give the bound as an integer: every value of an integer objective is at most this."""
        return self.scaled_bound // SCALE


@dataclass(frozen=True, slots=True)
class Fixing:
    """Columns that stay as they are (`stays`), and what they stay at, in columns' own values."""

    stays: NDArray[np.bool_]
    at: Ints

    @classmethod
    def nothing(cls, width: int) -> "Fixing":
        """Fix no column."""
        return cls(np.zeros(width, dtype=bool), np.zeros(width, dtype=np.int64))

    def freeing(self, column: int) -> "Fixing":
        """Leave one column free."""
        stays = self.stays.copy()
        stays[column] = False
        return Fixing(stays, np.where(stays, self.at, 0))

    def joined(self, other: "Fixing | None") -> "Fixing":
        """Fix what either fixes."""
        if other is None:
            return self
        return Fixing(self.stays | other.stays, np.where(self.stays, self.at, other.at))

    @property
    def left(self) -> int:
        """Count the columns that are left to choose."""
        return int((~self.stays).sum())


@dataclass(frozen=True, slots=True)
class Program:
    """One objective to be maximized over rows; `matrix` and bounds are integers."""

    matrix: Any
    low: Ints
    high: Ints
    upper: Ints
    goal: Ints

    @classmethod
    def of(cls, model: Model, goal: Ints, more: Rows | None = None) -> "Program":
        """Put an objective over a model's rows, and some more."""
        rows = model.rows
        if more is not None:
            rows = Rows(
                rows.names + more.names,
                rows.columns + more.columns,
                rows.factors + more.factors,
                rows.low + more.low,
                rows.high + more.high,
            )
        return cls(
            matrix=rows.matrix(len(model.upper)),
            low=np.array(rows.low, dtype=np.int64),
            high=np.array(rows.high, dtype=np.int64),
            upper=model.upper,
            goal=goal,
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What fixings leave of a program: some columns, and rows less what the fixed ones give."""

    columns: Ints
    base: Ints
    matrix: Any
    low: Ints
    high: Ints
    impossible: bool

    @classmethod
    def of(cls, program: Program, fixing: Fixing) -> "_Kept":
        kept = np.flatnonzero(~fixing.stays)
        base = np.where(fixing.stays, fixing.at, 0)
        offset = program.matrix @ base
        low, high = program.low - offset, program.high - offset
        matrix = program.matrix[:, kept] if fixing.stays.any() else program.matrix
        empty = np.diff(matrix.indptr) == 0
        impossible = bool(np.any((low > 0) & empty) or np.any((high < 0) & empty))
        return cls(kept, base, matrix, low, high, impossible)

    def filled(self, values: NDArray[np.float64]) -> Ints:
        """Give all columns, with the chosen ones rounded."""
        columns = self.base.copy()
        columns[self.columns] = np.rint(values).astype(np.int64)
        return columns


def relax(program: Program, fixing: Fixing | None = None) -> Relaxation:
    """Solve the LP, and turn its multipliers into a bound that integer arithmetic proves."""
    fixing = fixing or Fixing.nothing(len(program.upper))
    kept = _Kept.of(program, fixing)
    nothing = np.zeros(len(program.low), dtype=np.int64)
    if kept.impossible:
        return Relaxation(Answer.INFEASIBLE, nothing, nothing, 0)
    capped, floored = program.high < UNBOUNDED, program.low > -UNBOUNDED
    # A row without columns says nothing any more; HiGHS is not asked about it.
    used = np.diff(kept.matrix.indptr) > 0
    exact = used & capped & (program.low == program.high)
    above, below = used & capped & ~exact, used & floored & ~exact
    found = linprog(
        -program.goal[kept.columns].astype(np.float64),
        A_ub=_stacked(kept.matrix[above], -kept.matrix[below]),
        b_ub=np.concatenate([kept.high[above], -kept.low[below]]),
        A_eq=kept.matrix[exact] if exact.any() else None,
        b_eq=kept.high[exact] if exact.any() else None,
        bounds=np.column_stack([np.zeros(len(kept.columns)), program.upper[kept.columns]]),
        method="highs",
    )
    if found.status != SOLVED:
        answer = Answer.INFEASIBLE if found.status == INFEASIBLE else Answer.UNKNOWN
        return Relaxation(answer, nothing, nothing, 0)
    multipliers = nothing.copy()
    split = int(above.sum())
    inequal = _scaled(-found.ineqlin.marginals)
    multipliers[above] += np.maximum(inequal[:split], 0)
    multipliers[below] -= np.maximum(inequal[split:], 0)
    if exact.any():
        multipliers[exact] = _scaled(-found.eqlin.marginals)
    bound = bounded(program, _within_64_bits(program, multipliers), fixing)
    whole = kept.filled(found.x)
    return replace(
        bound,
        columns=whole if satisfied(program, whole) and _is_whole(found.x) else None,
        loose=not fixing.stays[-1] and not _is_whole(found.x[-1:]),
    )


def _scaled(marginals: NDArray[np.float64]) -> Ints:
    return np.clip(np.rint(marginals * SCALE), -MOST_MULTIPLIER, MOST_MULTIPLIER).astype(np.int64)


def _within_64_bits(program: Program, multipliers: Ints) -> Ints:
    """Keep the sum of products of every column within 64 bits; any multipliers bound."""
    sums = abs(program.matrix).T @ np.abs(multipliers).astype(np.float64)
    if sums.max(initial=0.0) < float(1 << 62):
        return multipliers
    return np.clip(multipliers, -SAFE_MULTIPLIER, SAFE_MULTIPLIER)


def _is_whole(values: NDArray[np.float64]) -> bool:
    return bool(np.all(np.abs(values - np.rint(values)) < WHOLE))


def bounded(program: Program, multipliers: Ints, fixing: Fixing | None = None) -> Relaxation:
    """Bound the objective by Lagrange's multipliers, exactly, whoever made them."""
    fixing = fixing or Fixing.nothing(len(program.upper))
    sides = np.where(multipliers >= 0, program.high, program.low)
    reduced = program.goal * SCALE - (program.matrix.T @ multipliers)
    gains = np.where(fixing.stays, reduced, np.maximum(reduced, 0))
    tops = np.where(fixing.stays, fixing.at, program.upper)
    # Python's integers: a sum of many products may leave 64 bits.
    some = np.flatnonzero(multipliers)
    total = sum(int(multipliers[n]) * int(sides[n]) for n in some)
    ones = gains[tops == 1]
    total += (int((ones >> 32).sum()) << 32) + int((ones & 0xFFFFFFFF).sum())
    total += sum(int(gains[n]) * int(tops[n]) for n in np.flatnonzero(tops > 1))
    return Relaxation(Answer.OPTIMAL, multipliers, reduced, total)


def fixed_by(relaxation: Relaxation, program: Program, value: int) -> Fixing:
    """Tell which columns no solution worth `value` or more can change, and what they stay at."""
    slack = relaxation.scaled_bound - value * SCALE
    stays = np.abs(relaxation.reduced) > slack
    # A step away from its end costs a column at least its reduced cost, however wide it is.
    return Fixing(stays, np.where(stays & (relaxation.reduced > 0), program.upper, 0))


@dataclass(frozen=True, slots=True)
class Found:
    """A search's answer; `columns` is there whenever some solution was found."""

    answer: Answer
    columns: Ints | None = None


def search(program: Program, seconds: float, fixing: Fixing | None = None) -> Found:
    """Search for the best integer columns, with some of them fixed; options are the defaults."""
    kept = _Kept.of(program, fixing or Fixing.nothing(len(program.upper)))
    if kept.impossible:
        return Found(Answer.INFEASIBLE)
    if not len(kept.columns):
        return Found(Answer.OPTIMAL, kept.base)
    used = np.diff(kept.matrix.indptr) > 0
    found = milp(
        -program.goal[kept.columns].astype(np.float64),
        integrality=np.ones(len(kept.columns)),
        bounds=(np.zeros(len(kept.columns)), program.upper[kept.columns]),
        constraints=LinearConstraint(
            kept.matrix[used].astype(np.float64), _open(kept.low[used]), _open(kept.high[used])
        ),
        options={"mip_rel_gap": 0.0, "time_limit": max(seconds, 0.01)},
    )
    columns = None
    if found.x is not None:
        columns = kept.filled(found.x)
        if not satisfied(program, columns):
            return Found(Answer.UNKNOWN)
    answers = {SOLVED: Answer.OPTIMAL, INFEASIBLE: Answer.INFEASIBLE}
    return Found(answers.get(found.status, Answer.UNKNOWN), columns)


def satisfied(program: Program, columns: Ints) -> bool:
    """Check every row in integers."""
    values = program.matrix @ columns
    inside = np.all((values >= program.low) & (values <= program.high))
    return bool(inside and np.all((columns >= 0) & (columns <= program.upper)))


def _open(sides: Ints) -> NDArray[np.float64]:
    real = sides.astype(np.float64)
    real[sides > UNBOUNDED // 2] = np.inf
    real[sides < -UNBOUNDED // 2] = -np.inf
    return real


def _stacked(above: Any, below: Any) -> Any:  # noqa: ANN401 - scipy's sparse arrays are untyped
    from scipy.sparse import vstack

    return vstack([above, below], format="csr")
