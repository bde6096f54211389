"""Why panels cannot be drawn, what each rule costs, and how little a late recusal changes.

An explanation is irreducible: with any one of its rules left out, the others can be kept. It is
called the smallest only where a smaller one was ruled out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from evaluation.assignments import model as modelling
from evaluation.assignments.filling import Filling, filled
from evaluation.assignments.model import Answer, Clock, Ints, Program, Rows
from evaluation.assignments.refuting import Tree, holds, outbidding, refuted
from evaluation.assignments.rules import Pair, Problem, without
from evaluation.assignments.shortages import Name, shortage
from evaluation.assignments.solver import Draw, maximize, solve

# Columns that are stored to show that each rule is needed: some 300 kB.
MOST_SHOWN: Final = 50_000
FAMILIES: Final = ("field", "organization", "load", "fixed")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Rules that cannot be kept together, and the seats that nobody can take, by panel and field.

    `proof` shows in integers that the rules cannot be kept (see `refuting`); without one, nothing
    is proven. `others[n]` are the columns of panels that keep every rule but the n-th; left away
    where they are too many to be stored. `irreducible` and `fewest_missing` are said only when
    proven.
    """

    rules: tuple[Name, ...]
    irreducible: bool
    smallest: bool
    missing: dict[tuple[str, str], int]
    fewest_missing: bool
    proof: Tree | None = None
    others: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Whether some rules can be kept, None where time ran out; and columns that keep them."""

    kept: bool | None
    columns: Ints | None = None


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of a problem by name, to be put together as asked."""

    parts: Mapping[Name, tuple[Ints, Ints, int, int]]
    width: int

    @classmethod
    def of(cls, problem: Problem) -> "_Rules":
        rows = modelling.model_of(problem).rows
        parts = {
            name: (rows.columns[n], rows.factors[n], rows.low[n], rows.high[n])
            for n, name in enumerate(rows.names)
            if name[0] != "worst"
        }
        return cls(parts, len(problem.scores()) + 1)

    def program(self, chosen: Iterable[Name]) -> Program:
        """Put some rules together, with nothing to be gained."""
        rows = Rows()
        for name in chosen:
            columns, factors, low, high = self.parts[name]
            rows.add(name, columns, factors, low=low, high=high)
        upper = np.ones(self.width, dtype=np.int64)
        nothing = np.zeros(self.width, dtype=np.int64)
        matrix = rows.matrix(self.width)
        return Program(matrix, np.array(rows.low), np.array(rows.high), upper, nothing)


@dataclass(frozen=True, slots=True)
class _Reason:
    """Rules that cannot be kept, with what shows it; see `Explanation`."""

    rules: Sequence[Name]
    proof: Tree | None
    others: Sequence[tuple[int, ...]] | None


def explain(problem: Problem, *, clock: Clock, seconds: float = 20.0) -> Explanation:
    """Explain why a problem has no panels, by a shortage of people or else by a search.

    The solver only leads the way: that the rules which are left cannot be kept is proven in
    integers, and that all but one of them can is shown by columns.
    """
    problem = problem.ordered()
    until = clock() + seconds
    rules = _Rules.of(problem)
    found = _short(problem, rules, clock, until) or _searched(rules, clock, until)
    missing, fewest = missing_seats(problem, clock=clock, until=max(until, clock() + 1.0))
    sure = found.proof is not None and found.others is not None
    others = tuple(found.others or ())
    return Explanation(
        rules=tuple(found.rules),
        irreducible=sure,
        smallest=sure and _is_smallest(found.rules, rules),
        missing=missing,
        fewest_missing=fewest,
        proof=found.proof,
        others=others if sum(map(len, others)) <= MOST_SHOWN else (),
    )


def _short(problem: Problem, rules: _Rules, clock: Clock, until: float) -> _Reason | None:
    """Look for a shortage of people, and check what shows it."""
    found = shortage(problem, clock=clock, until=until)
    if found is None:
        return None
    proof = {"multipliers": list(found.multipliers)}
    if not holds(rules.program(found.rules), proof):
        return None
    at = {pair: column for column, pair in enumerate(problem.scores())}
    if found.others is None:
        return _Reason(found.rules, proof, None)
    others = [tuple(sorted(at[pair] for pair in pairs)) for pairs in found.others]
    return _Reason(found.rules, proof, others)


def _searched(rules: _Rules, clock: Clock, until: float) -> _Reason:
    """Filter the rules of a Farkas proof one by one, and prove what is left."""
    # The filter leaves time for the proof.
    search_until = clock() + (until - clock()) / 2

    def keeps(chosen: Sequence[Name]) -> _Verdict:
        """Tell whether some rules can be kept together."""
        if clock() > search_until:
            return _Verdict(None)
        return _can_be_kept(rules.program(chosen), search_until - clock())

    chosen = _support(rules)
    if keeps(chosen).kept is not False:
        chosen = list(rules.parts)
    kept, others = _filtered(chosen, keeps)
    return _Reason(kept, refuted(rules.program(kept), clock=clock, until=until), others)


def _filtered(
    chosen: Sequence[Name], keeps: Callable[[Sequence[Name]], _Verdict]
) -> tuple[list[Name], list[tuple[int, ...]] | None]:
    """Leave rules out one at a time, halves first, as long as the rest still cannot be kept.

    For each rule that is left, columns that keep all others come along; None where some lack.
    """
    kept, block = list(chosen), max(len(chosen) // 2, 1)
    while True:
        at = 0
        others: list[Ints | None] = []
        while at < len(kept):
            verdict = keeps(kept[:at] + kept[at + block :])
            if verdict.kept is False:
                kept = kept[:at] + kept[at + block :]
                continue
            others.append(verdict.columns)
            at += block
        if block == 1:
            shown = [tuple(np.flatnonzero(one).tolist()) for one in others if one is not None]
            return kept, shown if len(shown) == len(kept) else None
        # Blocks only shorten the way; the last round, one by one, is what makes it irreducible.
        block = max(block // 2, 1)


def _can_be_kept(program: Program, seconds: float) -> _Verdict:
    if not len(program.low):
        return _Verdict(kept=True, columns=program.goal)
    if modelling.relax(program).answer is Answer.INFEASIBLE:
        return _Verdict(kept=False)
    found = modelling.search(program, seconds)
    if found.columns is not None:
        # `search` has checked every row of it in integers.
        return _Verdict(kept=True, columns=found.columns)
    return _Verdict(kept=False if found.answer is Answer.INFEASIBLE else None)


def _support(rules: _Rules) -> list[Name]:
    """Give the rules with a part in the proof that not all can be kept, by the elastic LP.

    Every rule may be broken at a price of one; where keeping it has a price, it is in the proof.
    """
    rows = Rows()
    slack = rules.width
    for name, (columns, factors, low, high) in rules.parts.items():
        if low > -modelling.UNBOUNDED:
            rows.add(name, np.append(columns, slack), np.append(factors, 1), low=low)
            slack += 1
        if high < modelling.UNBOUNDED:
            rows.add(name, np.append(columns, slack), np.append(factors, -1), high=high)
            slack += 1
    upper = np.ones(slack, dtype=np.int64)
    upper[rules.width :] = 1 << 20
    goal = np.zeros(slack, dtype=np.int64)
    goal[rules.width :] = -1
    program = Program(rows.matrix(slack), np.array(rows.low), np.array(rows.high), upper, goal)
    multipliers = modelling.relax(program).multipliers
    return list(dict.fromkeys(rows.names[n] for n in np.flatnonzero(multipliers)))


def _is_smallest(kept: Sequence[Name], rules: _Rules) -> bool:
    """Prove that no fewer rules do, where that is arithmetic: one alone is short of columns."""
    if len(kept) == 1:
        return True
    alone = any(factors.clip(min=0).sum() < low for _, factors, low, _ in rules.parts.values())
    return len(kept) == 2 and not alone


def missing_seats(
    problem: Problem, *, clock: Clock, until: float
) -> tuple[dict[tuple[str, str], int], bool]:
    """Count the fewest seats, by panel and field, that more experts would have to take.

    Tells besides whether fewer are ruled out in integers. A flow fills what can be filled, and its
    cut bounds the rest; a search has to go on where the two do not meet.
    """
    asked = _Missing.of(problem)
    columns = asked.filled(clock, until)
    if columns is not None:
        return asked.told(columns), True
    settled = maximize("missing", asked.program, max(until - clock(), 0.01))
    columns = settled.found.columns
    if columns is None:
        return {}, False
    proven = settled.step.by == "bound"
    if settled.step.proven and not proven:
        fewer = outbidding(asked.program, settled.step.value + 1)
        proven = refuted(fewer, clock=clock, until=until) is not None
    return asked.told(columns), proven


@dataclass(frozen=True, slots=True)
class _Missing:
    """Seats and fields, each of which may stay missing at a price of one; fixed choices may go."""

    problem: Problem
    names: Sequence[Name]
    at: Mapping[Pair, int]
    program: Program

    @classmethod
    def of(cls, problem: Problem) -> "_Missing":
        loose = replace(problem, fixed=frozenset())
        base = modelling.model_of(loose)
        keys = [(need.id, area) for need in problem.needs for area in problem.fields]
        at = {key: len(base.pairs) + n for n, key in enumerate(keys)}
        rows = Rows()
        for n, name in enumerate(base.rows.names):
            columns, factors = base.rows.columns[n], base.rows.factors[n]
            if name[0] == "worst":
                continue
            if name[0] == "field":
                columns = np.append(columns, at[name[1], name[2]])
            if name[0] == "size":
                columns = np.append(columns, [at[name[1], area] for area in problem.fields])
            factors = np.append(factors, np.ones(len(columns) - len(factors), dtype=np.int64))
            rows.add(name, columns, factors, low=base.rows.low[n], high=base.rows.high[n])
        width = len(base.pairs) + len(keys)
        upper = np.ones(width, dtype=np.int64)
        upper[len(base.pairs) :] = problem.size
        goal = np.zeros(width, dtype=np.int64)
        goal[len(base.pairs) :] = -1
        low, high = np.array(rows.low), np.array(rows.high)
        program = Program(rows.matrix(width), low, high, upper, goal)
        return cls(loose, tuple(rows.names), at, program)

    def told(self, columns: Ints) -> dict[Pair, int]:
        """Give what is missing."""
        return {key: int(columns[n]) for key, n in self.at.items() if columns[n]}

    def filled(self, clock: Clock, until: float) -> Ints | None:
        """Give columns with which no fewer seats can be missing; None where that is not shown."""
        found = filled(self.problem, clock=clock, until=until)
        if found is None:
            return None
        columns = self._columns(found)
        missing = -int(self.program.goal @ columns)
        bound = modelling.bounded(self.program, self._multipliers(found)).bound
        met = -bound == missing and modelling.satisfied(self.program, columns)
        return columns if met else None

    def _columns(self, found: Filling) -> Ints:
        columns = np.zeros(len(self.program.upper), dtype=np.int64)
        seats = set(found.pairs)
        areas = {one.id: one.field for one in self.problem.reviewers}
        for n, pair in enumerate(self.problem.scores()):
            columns[n] = pair in seats
        panels: dict[str, list[str]] = {need.id: [] for need in self.problem.needs}
        for need, one in found.pairs:
            panels[need].append(areas[one])
        for need, there in panels.items():
            left = self.problem.size - len(there)
            for area in self.problem.fields:
                if area not in there:
                    columns[self.at[need, area]] = 1
                    left -= 1
            # Any field may fill a free seat: the first one stands for it.
            columns[self.at[need, self.problem.fields[0]]] += left
        return columns

    def _multipliers(self, found: Filling) -> Ints:
        """Write a cut as multipliers: a seat in it is worth one, and so is who is used up."""

        def of(name: Name) -> int:
            if name[0] == "size":
                return -modelling.SCALE * (name[1] in found.whole)
            if name[0] == "field":
                return -modelling.SCALE * ((name[1], name[2]) in found.fields)
            return modelling.SCALE * (name[0] == "load" and name[1] in found.used_up)

        return np.array([of(name) for name in self.names], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Price:
    """What a family of rules costs in total fit; no number where it was not proven."""

    rule: str
    total_without: int | None
    price: int | None


def prices(problem: Problem, total: int, *, clock: Clock, seconds: float = 20.0) -> list[Price]:
    """Price each family of rules: the total with all of them against the total without it."""
    problem = problem.ordered()
    until = clock() + seconds
    best = _best_total(problem, (), until - clock())
    found = [Price("worst_panel_first", best, None if best is None else best - total)]
    for family in FAMILIES:
        if family == "fixed" and not problem.fixed:
            continue
        without = _best_total(problem, (family,), until - clock())
        cost = None if best is None or without is None else without - best
        found.append(Price(family, without, cost))
    return found


def _best_total(problem: Problem, without: Sequence[str], seconds: float) -> int | None:
    model = modelling.model_of(problem, without)
    settled = maximize("total", Program.of(model, model.fits), max(seconds, 0.01))
    there = settled.step.proven and settled.found.columns is not None
    return settled.step.value if there else None


def replace_recused(
    problem: Problem,
    panels: dict[str, tuple[str, ...]],
    recused: Iterable[Pair],
    seed: str,
    *,
    clock: Clock,
    seconds: float = 20.0,
) -> Draw:
    """Draw again without some pairs, with provably as few other changes as can be."""
    gone = set(recused)
    keep = [
        (need, one) for need, panel in panels.items() for one in panel if (need, one) not in gone
    ]
    again = without(problem, gone)
    return solve(again, seed, clock=clock, seconds=seconds, keep=keep)
