"""Shortages of people: seats asked for that flows cannot fill, found and shown in integers.

Most draws without panels lack people for a field, or people at all. Then a maximum flow from seats
to experts falls short, and its cut names the rules, in milliseconds where a search takes minutes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from evaluation.assignments.model import Clock, Ints
from evaluation.assignments.rules import Pair, Problem

Name = tuple[str, ...]
SOURCE: Final = 0
SINK: Final = 1


@dataclass(frozen=True, slots=True)
class Shortage:
    """Rules that cannot be kept together; added up with `multipliers` they contradict.

    `others[n]` are pairs that keep every rule but the n-th; None where time ran out.
    """

    rules: tuple[Name, ...]
    multipliers: tuple[int, ...]
    others: tuple[tuple[Pair, ...], ...] | None


@dataclass(frozen=True, slots=True)
class _Demand:
    """Rows of `seats` each, who may fill them, and how many cases each person may take."""

    rows: tuple[Name, ...]
    seats: int
    people: tuple[str, ...]
    limits: Ints
    allowed: NDArray[np.bool_]

    def limits_of(self, rows: Ints, limited: Ints) -> Ints:
        """Give how many of some rows each may take, with the limits of some people alone."""
        limits: Ints = self.allowed[rows].sum(axis=0)
        limits[limited] = np.minimum(limits[limited], self.limits[limited])
        return limits

    def short(self, rows: Ints, limited: Ints) -> int:
        """Give how many more seats are asked for than their people can take."""
        return len(rows) * self.seats - int(self.limits_of(rows, limited).sum())

    def without(self, rows: Ints, limited: Ints) -> Iterator[tuple[Ints, Ints]]:
        """Give the rows and limits with each one left out in turn."""
        for n in range(len(rows)):
            yield np.delete(rows, n), limited
        for n in range(len(limited)):
            yield rows, np.delete(limited, n)


@dataclass(frozen=True, slots=True)
class _Flow:
    """Who fills which seats; where some stay empty, the rows and the people of a cut."""

    filled: bool
    pairs: tuple[Pair, ...]
    rows: Ints
    people: Ints


def shortage(problem: Problem, *, clock: Clock, until: float) -> Shortage | None:
    """Find a shortage of people in a field, or of people at all; None where neither is there."""
    if any(need.cases != 1 for need in problem.needs):
        # A panel of some cases takes more of an expert at once: flows do not divide so.
        return None
    for demand in _demands(problem):
        flow = _flow(demand, np.arange(len(demand.rows)), np.arange(len(demand.people)))
        if not flow.filled:
            return _irreducible(demand, flow, clock, until)
    return None


def _demands(problem: Problem) -> Iterator[_Demand]:
    allowed = np.array([[fit is not None for fit in row] for row in problem.fit], dtype=bool)
    everybody = range(len(problem.reviewers))
    for area in problem.fields:
        some = [n for n in everybody if problem.reviewers[n].field == area]
        fields: tuple[Name, ...] = tuple(("field", need.id, area) for need in problem.needs)
        yield _demand(problem, fields, 1, some, allowed)
    sizes: tuple[Name, ...] = tuple(("size", need.id) for need in problem.needs)
    yield _demand(problem, sizes, problem.size, everybody, allowed)


def _demand(
    problem: Problem,
    rows: tuple[Name, ...],
    seats: int,
    some: Sequence[int],
    allowed: NDArray[np.bool_],
) -> _Demand:
    people = [problem.reviewers[n] for n in some]
    limits = np.array([one.max_load for one in people], dtype=np.int64)
    return _Demand(rows, seats, tuple(one.id for one in people), limits, allowed[:, list(some)])


def _flow(demand: _Demand, rows: Ints, limited: Ints) -> _Flow:
    """Fill the seats of some rows as far as can be."""
    count, people = len(rows), len(demand.people)
    at, who = np.nonzero(demand.allowed[rows])
    row, person = np.arange(count) + 2, np.arange(people) + 2 + count
    tails = np.concatenate([np.full(count, SOURCE), row[at], person])
    heads = np.concatenate([row, person[who], np.full(people, SINK)])
    limits = demand.limits_of(rows, limited)
    most = np.concatenate([np.full(count, demand.seats), np.ones(len(at)), limits])
    size = 2 + count + people
    graph = csr_array((most.astype(np.int32), (tails, heads)), shape=(size, size))
    found = maximum_flow(graph, SOURCE, SINK)
    left = csr_array(graph - found.flow)
    left.eliminate_zeros()
    reached = breadth_first_order(left, SOURCE, return_predecessors=False)
    flow = coo_array(found.flow)
    taken = (flow.row >= 2) & (flow.col >= 2 + count) & (flow.data > 0)
    pairs = tuple(
        (demand.rows[rows[n - 2]][1], demand.people[m - 2 - count])
        for n, m in zip(flow.row[taken].tolist(), flow.col[taken].tolist(), strict=True)
    )
    return _Flow(
        found.flow_value == count * demand.seats,
        pairs,
        rows[np.isin(row, reached)],
        np.flatnonzero(np.isin(person, reached)),
    )


def _irreducible(demand: _Demand, flow: _Flow, clock: Clock, until: float) -> Shortage:
    """Cut what is short down until the others can be kept without any one of its rules."""
    limited = np.arange(len(demand.people))
    while True:
        rows, limited = _shrunk(demand, flow.rows, np.intersect1d(flow.people, limited))
        others: list[tuple[Pair, ...]] = []
        for fewer in demand.without(rows, limited):
            if clock() > until:
                return _told(demand, rows, limited, None)
            flow = _flow(demand, *fewer)
            if not flow.filled:
                limited = fewer[1]
                break
            others.append(flow.pairs)
        else:
            return _told(demand, rows, limited, tuple(others))


def _shrunk(demand: _Demand, rows: Ints, limited: Ints) -> tuple[Ints, Ints]:
    """Leave out what the sum does not need: it stays short all the same."""
    for one in rows.tolist():
        fewer = rows[rows != one]
        if demand.short(fewer, limited) > 0:
            rows = fewer
    for one in limited.tolist():
        fewer = limited[limited != one]
        if demand.short(rows, fewer) > 0:
            limited = fewer
    return rows, limited


def _told(
    demand: _Demand, rows: Ints, limited: Ints, others: tuple[tuple[Pair, ...], ...] | None
) -> Shortage:
    names = [demand.rows[n] for n in rows] + [("load", demand.people[n]) for n in limited]
    return Shortage(tuple(names), (-1,) * len(rows) + (1,) * len(limited), others)
