"""As many seats as can be filled, by a flow and its cut, where a search would take minutes.

A panel has a seat for each field and free ones besides. Without the rule on organizations that is
a maximum flow from seats to experts, and its cut bounds what is missing. Where two of one
organization meet on a panel, one of them is moved along a chain of exchanges, so that nothing is
lost. Whether the bound is met is judged by others, in integers.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from evaluation.assignments.model import Clock, Ints
from evaluation.assignments.rules import Pair, Problem

SOURCE: Final = 0
SINK: Final = 1
# A chain of exchanges that is longer was never needed, and is not looked for.
LONGEST_CHAIN: Final = 4_000


@dataclass(frozen=True, slots=True)
class Filling:
    """Who fills seats, and the cut: panels and fields that ask, and experts who are used up.

    `whole` are panels all of whose seats are in the cut, `fields` those of whom a field's is.
    """

    pairs: tuple[Pair, ...]
    whole: frozenset[str]
    fields: frozenset[tuple[str, str]]
    used_up: frozenset[str]


def filled(problem: Problem, *, clock: Clock, until: float) -> Filling | None:
    """Fill seats; None where flows do not divide as a group of cases does."""
    if any(need.cases != 1 for need in problem.needs) or problem.size < len(problem.fields):
        return None
    if not problem.needs or not problem.fields:
        return None
    graph = _Graph.of(problem)
    seats, filling = graph.solved()
    return _Table.of(problem, seats).apart(filling, clock, until)


@dataclass(frozen=True, slots=True)
class _Graph:
    """Nodes: source, sink, a seat for each panel and field, its free seats, their pool, experts."""

    problem: Problem
    allowed: NDArray[np.bool_]
    area_of: Ints

    @classmethod
    def of(cls, problem: Problem) -> "_Graph":
        allowed = np.array([[fit is not None for fit in row] for row in problem.fit], dtype=bool)
        fields = list(problem.fields)
        # An expert of no field that is asked for takes free seats alone.
        areas = [
            fields.index(one.field) if one.field in fields else len(fields)
            for one in problem.reviewers
        ]
        return cls(problem, allowed, np.array(areas, dtype=np.int64))

    def solved(self) -> tuple[NDArray[np.bool_], Filling]:
        problem, fields = self.problem, len(self.problem.fields)
        needs, people, areas = len(problem.needs), len(problem.reviewers), fields + 1
        seat = 2 + np.arange(needs * fields).reshape(needs, fields)
        free = 2 + needs * fields + np.arange(needs)
        pool = 2 + needs * (fields + 1) + np.arange(needs * areas).reshape(needs, areas)
        person = 2 + needs * (fields + 1 + areas) + np.arange(people)
        plenty = people + 1
        at, who = np.nonzero(self.allowed)
        edges = [
            (np.full(seat.size, SOURCE), seat.ravel(), np.ones(seat.size)),
            (np.full(needs, SOURCE), free, np.full(needs, problem.size - fields)),
            (seat.ravel(), pool[:, :fields].ravel(), np.ones(seat.size)),
            (np.repeat(free, areas), pool.ravel(), np.full(needs * areas, plenty)),
            (pool[at, self.area_of[who]], person[who], np.ones(len(at))),
            (
                person,
                np.full(people, SINK),
                np.array([one.max_load for one in problem.reviewers], dtype=np.int64),
            ),
        ]
        tails, heads, most = (np.concatenate([one[n] for one in edges]) for n in range(3))
        size = 2 + seat.size + needs + pool.size + people
        graph = csr_array((most.astype(np.int32), (tails, heads)), shape=(size, size))
        found = maximum_flow(graph, SOURCE, SINK)
        left = csr_array(graph - found.flow)
        left.eliminate_zeros()
        reached = np.zeros(size, dtype=bool)
        reached[breadth_first_order(left, SOURCE, return_predecessors=False)] = True
        flow = coo_array(found.flow)
        first = int(pool[0, 0])
        taken = (flow.row >= first) & (flow.col >= first + pool.size) & (flow.data > 0)
        seats = np.zeros_like(self.allowed)
        seats[(flow.row[taken] - first) // areas, flow.col[taken] - first - pool.size] = True
        return seats, self._cut(reached[free], reached[seat], reached[person])

    def _cut(
        self, free: NDArray[np.bool_], seat: NDArray[np.bool_], person: NDArray[np.bool_]
    ) -> Filling:
        problem = self.problem
        whole = {need.id for need, cut in zip(problem.needs, free, strict=True) if cut}
        return Filling(
            (),
            frozenset(whole),
            frozenset(
                (need.id, area)
                for need, cuts in zip(problem.needs, seat, strict=True)
                for area, cut in zip(problem.fields, cuts, strict=True)
                if cut and need.id not in whole
            ),
            frozenset(one.id for one, cut in zip(problem.reviewers, person, strict=True) if cut),
        )


@dataclass(slots=True)
class _Table:
    """Panels under change: who sits where, and how many more each may take."""

    problem: Problem
    panels: list[set[int]]
    room: list[int]
    moved: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, problem: Problem, seats: NDArray[np.bool_]) -> "_Table":
        taken = seats.sum(axis=0).tolist()
        room = [one.max_load - held for one, held in zip(problem.reviewers, taken, strict=True)]
        return cls(problem, [set(np.flatnonzero(row).tolist()) for row in seats], room)

    def apart(self, filling: Filling, clock: Clock, until: float) -> Filling:
        """Let no two of one organization sit together, and lose as few seats as chains allow."""
        for panel in self.panels:
            held: Counter[str] = Counter()
            for one in sorted(panel):
                organizations = self.problem.reviewers[one].organizations
                if any(held[name] for name in organizations):
                    panel.discard(one)
                    self.room[one] += 1
                    self.moved.append(one)
                    continue
                held.update(organizations)
        lost = len(self.moved)
        spare = [one for one, more in enumerate(self.room) if more and one not in self.moved]
        for one in (*self.moved, *spare):
            while lost and self.room[one] and clock() < until and self._place(one):
                lost -= 1
        ids = [one.id for one in self.problem.reviewers]
        pairs = tuple(
            (need.id, ids[one])
            for need, panel in zip(self.problem.needs, self.panels, strict=True)
            for one in sorted(panel)
        )
        return Filling(pairs, filling.whole, filling.fields, filling.used_up)

    def _place(self, start: int) -> bool:
        """Seat somebody who has room, whoever has to move for it; tell whether it was possible."""
        came: dict[int, tuple[int, int] | None] = {start: None}
        waiting = deque([start])
        while waiting and len(came) < LONGEST_CHAIN:
            one = waiting.popleft()
            for at in self._open_to(one):
                if self._takes(at, one, None):
                    self._seat(at, one, came)
                    return True
                for other in sorted(self.panels[at]):
                    if other not in came and self._takes(at, one, other):
                        came[other] = (one, at)
                        waiting.append(other)
        return False

    def _open_to(self, one: int) -> Iterator[int]:
        return (
            at
            for at, row in enumerate(self.problem.fit)
            if row[one] is not None and one not in self.panels[at]
        )

    def _takes(self, at: int, one: int, instead: int | None) -> bool:
        """Tell whether a panel keeps its rules with somebody more, or in another's place."""
        problem, people = self.problem, self.problem.reviewers
        panel = self.panels[at] - {instead}
        if any(people[one].organizations & people[other].organizations for other in panel):
            return False
        areas = {people[other].field for other in panel} | {people[one].field}
        uncovered = sum(area not in areas for area in problem.fields)
        return len(panel) + 1 + uncovered <= problem.size

    def _seat(self, at: int, one: int, came: dict[int, tuple[int, int] | None]) -> None:
        """Seat the last of a chain, and each before it in the place that this one leaves."""
        while True:
            self.panels[at].add(one)
            before = came[one]
            if before is None:
                self.room[one] -= 1
                return
            first, place = before
            self.panels[place].discard(one)
            one, at = first, place
