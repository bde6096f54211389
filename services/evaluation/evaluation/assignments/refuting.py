"""That some rules cannot be kept together, shown in integers that anybody can check.

A proof is a tree. A leaf has a multiplier for each rule (Farkas): added up with them, the rules ask
of the columns more than their ends allow. Where whole numbers alone cannot keep the rules, a column
is split at a number, and each side has a tree of its own. Nothing of a solver needs to be believed.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from evaluation.assignments.model import (
    INFEASIBLE,
    SCALE,
    SOLVED,
    UNBOUNDED,
    WHOLE,
    Clock,
    Fixing,
    Ints,
    Program,
)

# Multipliers of a proof are small fractions nearly always; the last one takes what is left.
DENOMINATORS: Final = (1, 2, 3, 4, 6, 12, 60, SCALE)
MOST_NODES: Final = 4_000
MOST_DEPTH: Final = 200

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Box:
    """The ends between which each column lies, both included."""

    low: Ints
    high: Ints

    def halves(self, column: int, most: int) -> "tuple[Box, Box]":
        """Give both sides of a split: a column of at most some number, and of more."""
        high, low = self.high.copy(), self.low.copy()
        high[column], low[column] = most, most + 1
        return Box(self.low, high), Box(low, self.high)

    @classmethod
    def of(cls, program: Program, fixing: Fixing | None) -> "Box":
        """Give the ends that a program sets, with some columns fixed."""
        if fixing is None:
            return cls(np.zeros(len(program.upper), dtype=np.int64), program.upper)
        at = np.where(fixing.stays, fixing.at, 0)
        return cls(at, np.where(fixing.stays, at, program.upper))


@dataclass(slots=True)
class _Search:
    program: Program
    # What the columns are called outside: those that no row touches are left out here.
    named: NDArray[np.intp]
    clock: Clock
    until: float
    nodes: int = MOST_NODES
    above: NDArray[np.intp] = field(init=False)
    below: NDArray[np.intp] = field(init=False)
    sides: Any = field(init=False)
    elastic: Any = field(init=False)
    room: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        """Write every side of every row apart, and as one that may be broken at a price of one.

        The row that asks for some of a goal is the last side; the others are judged without it.
        """
        program = self.program
        self.above = np.flatnonzero(program.high < UNBOUNDED)
        self.below = np.flatnonzero(program.low > -UNBOUNDED)
        both = np.concatenate([self.above, self.below])
        signs = np.concatenate([np.ones(len(self.above)), -np.ones(len(self.below))])
        self.sides = csr_array(csr_array(program.matrix)[both] * signs[:, None])
        self.room = np.concatenate([program.high[self.above], -program.low[self.below]])
        if program.goal.any():
            self.sides, self.room = self.sides[:-1], self.room[:-1]
        self.elastic = hstack([self.sides, -eye_array(len(self.room))], format="csr")

    def tree(self, box: Box, depth: int = 0) -> Tree | None:
        self.nodes -= 1
        if self.nodes < 0 or depth > MOST_DEPTH or self.clock() > self.until:
            return None
        found = self._outbid(box) if self.program.goal.any() else self._broken(box)
        if found is None:
            return None
        multipliers, values = found
        if multipliers is not None:
            return {"multipliers": multipliers}
        apart = np.abs(values - np.rint(values))
        column = int(np.argmax(apart))
        if apart[column] < WHOLE:
            # Whole columns that break nothing: there is nothing to refute.
            return None
        return self._split(box, column, int(np.floor(values[column])), depth)

    def _split(self, box: Box, column: int, most: int, depth: int) -> Tree | None:
        lower, upper = box.halves(column, most)
        below = self.tree(lower, depth + 1)
        above = None if below is None else self.tree(upper, depth + 1)
        if below is None or above is None:
            return None
        return {"column": int(self.named[column]), "most": most, "below": below, "above": above}

    def _outbid(self, box: Box) -> tuple[list[int] | None, NDArray[np.float64]] | None:
        """Get as much of the goal as the other rows allow: show that it is not what is asked.

        The last row asks for it. Where the others cannot be kept at all, that is shown instead.
        """
        found = linprog(
            -self.program.goal.astype(np.float64), A_ub=self.sides, b_ub=self.room,
            bounds=np.column_stack([box.low, box.high]), method="highs",
        )  # fmt: skip
        if found.status == INFEASIBLE:
            return self._broken(box)
        if found.status != SOLVED:
            return None
        signed = self._signed(np.maximum(-found.ineqlin.marginals, 0), 1.0)
        tried = np.rint(signed * SCALE).astype(np.int64)
        return tried.tolist() if contradicts(self.program, tried, box) else None, found.x

    def _broken(self, box: Box) -> tuple[list[int] | None, NDArray[np.float64]] | None:
        """Break as little as can be: give multipliers that show it, or else the columns."""
        width, count = self.program.matrix.shape[1], len(self.room)
        ends = np.full((width + count, 2), np.inf)
        ends[:, 0] = 0
        ends[:width] = np.column_stack([box.low, box.high])
        price = np.concatenate([np.zeros(width), np.ones(count)])
        found = linprog(price, A_ub=self.elastic, b_ub=self.room, bounds=ends, method="highs")
        if found.status != SOLVED:
            return None
        signed = self._signed(np.maximum(-found.ineqlin.marginals, 0))
        for times in DENOMINATORS:
            tried = np.rint(signed * times).astype(np.int64)
            if contradicts(self.program, tried, box):
                return tried.tolist(), found.x[:width]
        return None, found.x[:width]

    def _signed(self, prices: NDArray[np.float64], asking: float = 0.0) -> NDArray[np.float64]:
        """Give the prices of sides as multipliers of rows: those of lower sides are negative."""
        if self.program.goal.any():
            prices = np.append(prices, asking)
        signed = np.zeros(len(self.program.low))
        np.add.at(signed, self.above, prices[: len(self.above)])
        np.add.at(signed, self.below, -prices[len(self.above) :])
        return signed


def refuted(
    program: Program, *, clock: Clock, until: float, fixing: Fixing | None = None
) -> Tree | None:
    """Prove that no whole columns keep every row of a program; None where that was not managed.

    With a goal, the last row is the one that asks for so much of it; see `outbidding`. Columns that
    are fixed are so for a reason of their own, which the proof rests on.
    """
    fixing = fixing or Fixing.nothing(len(program.upper))
    matrix = csr_array(program.matrix)
    offset = matrix @ np.where(fixing.stays, fixing.at, 0)
    touched = np.unique(matrix.indices)
    touched = touched[~fixing.stays[touched]]
    narrow = Program(
        matrix=csr_array(matrix[:, touched]),
        low=np.where(program.low > -UNBOUNDED, program.low - offset, program.low),
        high=np.where(program.high < UNBOUNDED, program.high - offset, program.high),
        upper=program.upper[touched],
        goal=program.goal[touched],
    )
    return _Search(narrow, touched, clock, until).tree(Box.of(narrow, None))


def outbidding(program: Program, value: int) -> Program:
    """Ask of a program's columns that they be worth a value at least, in a last row."""
    asking = csr_array(program.goal[None, :])
    return replace(
        program,
        matrix=vstack([csr_array(program.matrix), asking], format="csr"),
        low=np.append(program.low, value),
        high=np.append(program.high, UNBOUNDED),
    )


def contradicts(program: Program, multipliers: Ints, box: Box) -> bool:
    """Tell, in exact integers, whether rows added up ask for more than columns can give."""
    some = np.flatnonzero(multipliers)
    sides = np.where(multipliers > 0, program.high, program.low)[some]
    if np.any(np.abs(sides) >= UNBOUNDED):
        return False
    asked = sum(int(multipliers[n]) * int(side) for n, side in zip(some, sides, strict=True))
    reduced = program.matrix.T @ multipliers
    least = np.where(reduced > 0, box.low, box.high)
    touched = np.flatnonzero(reduced)
    return asked < sum(int(reduced[n]) * int(least[n]) for n in touched)


def holds(program: Program, tree: Tree, fixing: Fixing | None = None) -> bool:
    """Check a proof again: every leaf contradicts, and each split leaves no number out."""
    waiting: list[tuple[Tree, Box]] = [(tree, Box.of(program, fixing))]
    while waiting:
        node, box = waiting.pop()
        if "multipliers" in node:
            if not contradicts(program, np.array(node["multipliers"], dtype=np.int64), box):
                return False
            continue
        lower, upper = box.halves(node["column"], node["most"])
        waiting += [(node["below"], lower), (node["above"], upper)]
    return True
