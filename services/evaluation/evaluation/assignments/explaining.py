"""Why panels cannot be drawn, what each rule costs, and how little a late recusal changes.

An explanation is irreducible: with any one of its rules left out, the others can be kept. It is
called the smallest only where a smaller one was ruled out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from evaluation.assignments import model as modelling
from evaluation.assignments.model import Answer, Ints, Program, Rows
from evaluation.assignments.rules import Pair, Problem, without
from evaluation.assignments.solver import Clock, Draw, maximize, solve

FAMILIES: Final = ("field", "organization", "load", "fixed")
Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Rules that cannot be kept together, and the seats that nobody can take, by panel and field.

    `irreducible` and `fewest_missing` are said only when proven.
    """

    rules: tuple[Name, ...]
    irreducible: bool
    smallest: bool
    missing: dict[tuple[str, str], int]
    fewest_missing: bool


def explain(problem: Problem, *, clock: Clock, seconds: float = 20.0) -> Explanation:
    """Explain why a problem has no panels: a deletion filter over the rules of a Farkas proof."""
    problem = problem.ordered()
    until = clock() + seconds
    rows = modelling.model_of(problem).rows
    names = [name for name in rows.names if name[0] != "worst"]
    width = len(problem.scores()) + 1
    parts = {
        name: (rows.columns[n], rows.factors[n], rows.low[n], rows.high[n])
        for n, name in enumerate(rows.names)
    }

    def keeps(chosen: Sequence[Name]) -> bool | None:
        """Tell whether some rules can be kept together; None when time ran out."""
        some = Rows()
        for name in chosen:
            columns, factors, low, high = parts[name]
            some.add(name, columns, factors, low=low, high=high)
        return _can_be_kept(some, width, until - clock())

    chosen = _support(parts, names, width)
    if keeps(chosen) is not False:
        chosen = names
    kept, sure = _filtered(chosen, keeps, lambda: clock() < until)
    missing, fewest = missing_seats(problem, max(until - clock(), 1.0))
    return Explanation(
        rules=tuple(kept),
        irreducible=sure,
        smallest=sure and _is_smallest(kept, parts, names),
        missing=missing,
        fewest_missing=fewest,
    )


def _filtered(
    chosen: Sequence[Name],
    keeps: Callable[[Sequence[Name]], bool | None],
    in_time: Callable[[], bool],
) -> tuple[list[Name], bool]:
    """Leave rules out one at a time, halves first, as long as the rest still cannot be kept."""
    kept, block = list(chosen), max(len(chosen) // 2, 1)
    sure = True
    while True:
        at = 0
        while at < len(kept):
            rest = kept[:at] + kept[at + block :]
            verdict = keeps(rest) if in_time() else None
            if verdict is False:
                kept = rest
                continue
            sure = sure and verdict is not None
            at += block
        if block == 1:
            return kept, sure
        # Blocks only shorten the way; the last round, one by one, is what makes it irreducible.
        block, sure = max(block // 2, 1), True


def _can_be_kept(rows: Rows, width: int, seconds: float) -> bool | None:
    if any(not len(one) and low > 0 for one, low in zip(rows.columns, rows.low, strict=True)):
        return False
    upper = np.ones(width, dtype=np.int64)
    nothing = np.zeros(width, dtype=np.int64)
    program = Program(rows.matrix(width), np.array(rows.low), np.array(rows.high), upper, nothing)
    if not rows.names:
        return True
    relaxed = modelling.relax(program)
    if relaxed.answer is Answer.INFEASIBLE:
        return False
    found = modelling.search(program, seconds)
    return {Answer.OPTIMAL: True, Answer.INFEASIBLE: False}.get(found.answer)


def _support(
    parts: dict[Name, tuple[Ints, Ints, int, int]], names: Sequence[Name], width: int
) -> list[Name]:
    """Give the rules with a part in the proof that not all can be kept, by the elastic LP.

    Every rule may be broken at a price of one; where keeping it has a price, it is in the proof.
    """
    rows = Rows()
    slack = width
    for name in names:
        columns, factors, low, high = parts[name]
        if low > -modelling.UNBOUNDED:
            rows.add(name, np.append(columns, slack), np.append(factors, 1), low=low)
            slack += 1
        if high < modelling.UNBOUNDED:
            rows.add(name, np.append(columns, slack), np.append(factors, -1), high=high)
            slack += 1
    upper = np.ones(slack, dtype=np.int64)
    upper[width:] = 1 << 20
    goal = np.zeros(slack, dtype=np.int64)
    goal[width:] = -1
    program = Program(rows.matrix(slack), np.array(rows.low), np.array(rows.high), upper, goal)
    multipliers = modelling.relax(program).multipliers
    return list(dict.fromkeys(rows.names[n] for n in np.flatnonzero(multipliers)))


def _is_smallest(
    kept: Sequence[Name], parts: dict[Name, tuple[Ints, Ints, int, int]], names: Iterable[Name]
) -> bool:
    """Prove that no fewer rules do, where that is arithmetic: one alone is short of columns."""
    if len(kept) == 1:
        return True
    alone = any(parts[name][1].clip(min=0).sum() < parts[name][2] for name in names)
    return len(kept) == 2 and not alone


def missing_seats(problem: Problem, seconds: float) -> tuple[dict[tuple[str, str], int], bool]:
    """Count the fewest seats, by panel and field, that more experts would have to take."""
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
    program = Program(rows.matrix(width), np.array(rows.low), np.array(rows.high), upper, goal)
    settled = maximize("missing", program, seconds)
    short = settled.found.columns
    if short is None:
        return {}, False
    return {key: int(short[n]) for key, n in at.items() if short[n]}, settled.step.proven


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
