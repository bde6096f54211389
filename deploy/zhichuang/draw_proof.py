"""Check a draw of panels, offline: `zhichuang check-draw problem.json draw.json --seed …`.

Written from the rules of a draw and not from the services' code, with the standard library alone.
The panels are judged against every rule; then each step's multipliers bound what any other panels
could be worth, in integers (Lagrange): where a bound equals what was drawn, no solver has to be
believed. Where no panels were drawn, the rules that cannot be kept are refuted in the same way, and
each is shown to be needed for that. `problem.json` are the bytes of the draw's frozen problem,
`draw.json` is the draw as the API gives it. A draw that changes an earlier one is checked with
`--before`, the earlier draw.
"""

import argparse
import base64
import hashlib
import json
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

SCALE: Final = 1 << 20
LOT_BITS: Final = 20
MOST_BYTES: Final = 64 * 1024 * 1024
WIDE: Final = 1 << 40

Pair = tuple[str, str]


class ProofError(Exception):
    """The draw does not hold; the message says where."""


def need(condition: object, message: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise ProofError(message)


def sha256(content: bytes) -> str:
    """Give the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Row:
    """`low <= sum of columns times factors <= high`, under the name of its rule."""

    cells: Sequence[tuple[int, int]]
    low: int
    high: int
    name: tuple[str, ...] = ()


@dataclass(slots=True)
class Problem:
    """The frozen problem: its pairs are columns, and one more is the fit of the worst panel."""

    told: Mapping[str, Any]
    pairs: list[Pair] = field(default_factory=list)
    fits: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    top: int = 0

    @classmethod
    def read(cls, content: bytes) -> "Problem":
        """Write a problem as rows, in the one order that multipliers go by."""
        told = json.loads(content)
        made = cls(told)
        reviewers = [one[0] for one in told["reviewers"]]
        for (panel, _), fits in zip(told["needs"], told["fit"], strict=True):
            for one, fit in zip(reviewers, fits, strict=True):
                if fit is not None:
                    made.pairs.append((panel, one))
                    made.fits.append(fit)
        made._write()
        return made

    def _write(self) -> None:
        told = self.told
        of_panel: dict[str, list[int]] = {panel: [] for panel, _ in told["needs"]}
        for column, (panel, _) in enumerate(self.pairs):
            of_panel[panel].append(column)
        at = {pair: column for column, pair in enumerate(self.pairs)}
        for panel, columns in of_panel.items():
            self._ones(columns, told["size"], told["size"], "size", panel)
        self._write_fields(list(of_panel), at)
        self._write_organizations(list(of_panel), at)
        for one, _, _, most in told["reviewers"]:
            cells = [(at[p, one], cases) for p, cases in told["needs"] if (p, one) in at]
            if sum(cases for _, cases in cells) > most:
                self.rows.append(Row(cells, -WIDE, most, ("load", one)))
        for panel, one in sorted(map(tuple, told["fixed"])):
            columns = [at[panel, one]] if (panel, one) in at else []
            self._ones(columns, 1, WIDE, "fixed", panel, one)
        for columns in of_panel.values():
            cells = [(column, self.fits[column]) for column in columns]
            self.rows.append(Row([*cells, (len(self.pairs), -1)], 0, WIDE))
            best = sorted(fit for _, fit in cells)[-told["size"] :]
            self.top = max(self.top, sum(best))

    def _write_fields(self, panels: Sequence[str], at: Mapping[Pair, int]) -> None:
        for panel in panels:
            for area in self.told["fields"]:
                some = [one[0] for one in self.told["reviewers"] if one[1] == area]
                columns = [at[panel, one] for one in some if (panel, one) in at]
                self._ones(columns, 1, WIDE, "field", panel, area)

    def _write_organizations(self, panels: Sequence[str], at: Mapping[Pair, int]) -> None:
        staff: dict[str, list[str]] = defaultdict(list)
        for one, _, organizations, _ in self.told["reviewers"]:
            for organization in organizations:
                staff[organization].append(one)
        shared = [name for name in sorted(staff) if len(staff[name]) > 1]
        for panel in panels:
            for name in shared:
                columns = [at[panel, one] for one in staff[name] if (panel, one) in at]
                if len(columns) > 1:
                    self._ones(columns, -WIDE, 1, "organization", panel, name)

    def _ones(self, columns: Sequence[int], low: int, high: int, *name: str) -> None:
        self.rows.append(Row([(column, 1) for column in columns], low, high, name))


@dataclass(frozen=True, slots=True)
class Bound:
    """What any columns are worth at most, in 1/SCALE, and what each costs against it."""

    scaled: int
    reduced: Sequence[int]

    @property
    def value(self) -> int:
        """Give the bound of an integer goal."""
        return self.scaled // SCALE

    def fixed(self, value: int) -> dict[int, int]:
        """Name the columns, but the last, that nothing worth `value` can change, and where."""
        slack = self.scaled - value * SCALE
        return {n: int(cost > 0) for n, cost in enumerate(self.reduced[:-1]) if abs(cost) > slack}


def bound_of(
    problem: Problem,
    more: Sequence[Row],
    goal: Sequence[int],
    multipliers: Sequence[int],
    fixed: Mapping[int, int],
) -> Bound:
    """Bound a goal by any multipliers at all: nobody needs to know where they came from."""
    rows = [*problem.rows, *more]
    need(len(rows) == len(multipliers), "the multipliers are not of this problem")
    reduced = [one * SCALE for one in goal]
    total = 0
    for row, factor in zip(rows, multipliers, strict=True):
        if factor == 0:
            continue
        side = row.high if factor > 0 else row.low
        need(abs(side) < WIDE, "a multiplier leans on a side that a rule does not have")
        total += factor * side
        for column, times in row.cells:
            reduced[column] -= factor * times
    last = len(goal) - 1
    for column, cost in enumerate(reduced):
        if column in fixed:
            total += cost * fixed[column]
        elif cost > 0:
            total += cost * (problem.top if column == last else 1)
    return Bound(total, reduced)


@dataclass(frozen=True, slots=True)
class Better:
    """What would be better: columns that keep some more rows, and are worth `above` at least.

    `fixed` are the columns that cannot change where something is worth that.
    """

    rows: Sequence[Row]
    goal: Sequence[int]
    above: int
    fixed: Mapping[int, int]


@dataclass(slots=True)
class Checking:
    """A draw under examination, and what was found so far."""

    problem: Problem
    result: Mapping[str, Any]
    seed: str | None
    kept: frozenset[Pair]
    said: list[str] = field(default_factory=list)
    believed: list[str] = field(default_factory=list)

    @property
    def steps(self) -> dict[str, Mapping[str, Any]]:
        """Give the steps of the proof by their names."""
        return {one["name"]: one for one in self.result["proof"]}

    def multipliers(self, step: Mapping[str, Any]) -> list[int]:
        """Read a step's multipliers, which its hash names."""
        text = self.result["multipliers"].get(step["multipliers_sha256"])
        need(text is not None, f"{step['name']}: its multipliers are missing")
        content = zlib.decompress(base64.b64decode(text))
        need(sha256(content) == step["multipliers_sha256"], f"{step['name']}: other multipliers")
        return [
            int.from_bytes(content[at : at + 8], "little", signed=True)
            for at in range(0, len(content), 8)
        ]

    def tree(self, step: Mapping[str, Any], better: "Better") -> None:
        """Check the splits that show that nothing better is left than what was drawn."""
        content = self.result["trees"].get(step["name"])
        need(content is not None, f"{step['name']}: its tree is missing")
        inflate = zlib.decompressobj()
        text = inflate.decompress(base64.b64decode(content), MOST_BYTES)
        need(inflate.eof, f"{step['name']}: its tree is too large")
        asking = Row([(n, one) for n, one in enumerate(better.goal) if one], better.above, WIDE)
        rows = [*self.problem.rows, *better.rows, asking]
        contradicted(rows, json.loads(text), Ends(len(better.goal), better.fixed, self.problem.top))

    def close(self, step: Mapping[str, Any], better: "Better", *, met: bool) -> None:
        """Note a step: proven by its bound or its tree, or by a search that has to be believed."""
        name = step["name"]
        if step["by"] == "bound":
            need(met, f"{name}: its bound does not meet what was drawn")
            self.said.append(f"{name}: {step['value']}, proven by its bound")
        elif step["by"] == "tree":
            self.tree(step, better)
            self.said.append(f"{name}: {step['value']}, proven by its tree")
        else:
            need(step["by"] == "search", f"{name}: it is not proven")
            self.believed.append(name)
            self.said.append(f"{name}: {step['value']}, bound {step['bound']}; the solver's search")


def judged(problem: Problem, panels: Mapping[str, Sequence[str]]) -> None:
    """Refuse panels that break a rule."""
    told = problem.told
    known = {one[0]: one for one in told["reviewers"]}
    allowed = set(problem.pairs)
    load: Counter[str] = Counter()
    need(set(panels) == {panel for panel, _ in told["needs"]}, "the panels are not those asked for")
    for panel, cases in told["needs"]:
        seats = panels[panel]
        need(len(set(seats)) == len(seats) == told["size"], f"{panel}: its size")
        need(all((panel, one) in allowed for one in seats), f"{panel}: somebody is barred")
        areas = {known[one][1] for one in seats}
        need(areas >= set(told["fields"]), f"{panel}: a field is missing")
        staff = Counter(organization for one in seats for organization in known[one][2])
        need(max(staff.values(), default=0) <= 1, f"{panel}: two of one organization")
        load.update(dict.fromkeys(seats, cases))
    need(all(load[one] <= known[one][3] for one in load), "somebody has too many cases")
    need(all(one in panels[panel] for panel, one in told["fixed"]), "a fixed choice is missing")


def lot(seed: str, panel: str, one: str) -> int:
    """Give the lot of a pair."""
    drawn = hashlib.sha256(f"{seed}|{panel}|{one}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") >> (64 - LOT_BITS)


def checked(checking: Checking) -> None:
    """Go through the proof; raises `ProofError` where it does not hold."""
    problem, steps, result = checking.problem, checking.steps, checking.result
    panels = {
        panel: [seat["expert_id"] for seat in told["seats"]]
        for panel, told in result["panels"].items()
    }
    judged(problem, panels)
    seats = {(panel, one) for panel, some in panels.items() for one in some}
    chosen = [n for n, pair in enumerate(problem.pairs) if pair in seats]
    sums: Counter[str] = Counter()
    for n in chosen:
        sums[problem.pairs[n][0]] += problem.fits[n]
    worst, total = min(sums.values()), sum(sums.values())
    need((result["worst"], result["total"]) == (worst, total), "its worst panel or total")
    rows: list[Row] = []
    if "kept" in steps:
        rows.append(_kept(checking, seats))
    last = len(problem.pairs)
    floor = Row([(last, 1)], worst, WIDE)
    bound = _best(checking, rows, worst, total, floor)
    rows += [floor, Row(list(enumerate(problem.fits)), total, WIDE)]
    _lots(checking, rows, chosen, bound)


def _kept(checking: Checking, seats: set[Pair]) -> Row:
    """Check that no other panels keep more of the earlier draw."""
    step, problem = checking.steps["kept"], checking.problem
    need(checking.kept, "it changes an earlier draw: give that one with --before")
    same = [n for n, pair in enumerate(problem.pairs) if pair in checking.kept]
    stay = sum(problem.pairs[n] in seats for n in same)
    goal = [0] * (len(problem.pairs) + 1)
    for n in same:
        goal[n] = 1
    bound = bound_of(problem, (), goal, checking.multipliers(step), {})
    need(step["value"] == stay, "kept: another number of seats stays")
    better = Better((), goal, stay + 1, bound.fixed(stay + 1))
    checking.close(step, better, met=bound.value == stay)
    return Row([(n, 1) for n in same], stay, WIDE)


def _best(
    checking: Checking, rows: Sequence[Row], worst: int, total: int, floor: Row
) -> tuple[Bound, int]:
    """Check the worst panel and the total; give the bound of the total, and what it bounds."""
    problem, first, second = checking.problem, checking.steps["worst"], checking.steps["total"]
    need((first["value"], second["value"]) == (worst, total), "its proof is of other panels")
    weight = first["weight"]
    both = bound_of(problem, rows, [*problem.fits, weight], checking.multipliers(first), {})
    need(weight > total, "worst: it is not outweighing")
    goal = [0] * len(problem.fits) + [1]
    better = Better(rows, goal, worst + 1, both.fixed(weight * (worst + 1)))
    checking.close(first, better, met=both.value // weight == worst)
    rows, goal = [*rows, floor], [*problem.fits, 0]
    if second["weight"]:
        need(second["multipliers_sha256"] == first["multipliers_sha256"], "total: another bound")
        better = Better(rows, goal, total + 1, {})
        checking.close(second, better, met=both.value == weight * worst + total)
        return both, weight * worst + total
    alone = bound_of(problem, rows, goal, checking.multipliers(second), {})
    better = Better(rows, goal, total + 1, alone.fixed(total + 1))
    checking.close(second, better, met=alone.value == total)
    return alone, total


def _lots(
    checking: Checking,
    rows: Sequence[Row],
    chosen: Sequence[int],
    bound: tuple[Bound, int],
) -> None:
    """Check that no panels as good have smaller lots, and that no others have the same."""
    if checking.seed is None:
        checking.said.append("lots: not checked, the seed is not open yet")
        return
    problem, steps = checking.problem, checking.steps
    goal = [*(-lot(checking.seed, *pair) for pair in problem.pairs), 0]
    drawn = sum(goal[n] for n in chosen)
    fixed = bound[0].fixed(bound[1])
    step = steps["lots"]
    need(step["value"] == drawn, "lots: the seed draws others")
    met = False
    if step["by"] == "bound":
        least = bound_of(problem, rows, goal, checking.multipliers(step), fixed)
        met = least.value == drawn
    checking.close(step, Better(rows, goal, drawn + 1, fixed), met=met)
    step = steps["uniqueness"]
    if not checking.result["unique"]:
        checking.said.append("uniqueness: others have the same lots, as the draw says")
        return
    rows, met = [*rows, Row([(n, 1) for n in chosen], -WIDE, len(chosen) - 1)], False
    if step["by"] == "bound":
        next_best = bound_of(problem, rows, goal, checking.multipliers(step), fixed)
        met = next_best.value < drawn
    checking.close(step, Better(rows, goal, drawn, fixed), met=met)


def refuted(problem: Problem, why: Mapping[str, Any]) -> list[str]:
    """Check that named rules have no panels, and that all but any one have; say so."""
    by_name = {row.name: row for row in problem.rows}
    named = [(one["rule"], *one["of"]) for one in why["rules"]]
    need(all(name in by_name for name in named), "a rule that the problem does not have")
    rows = [by_name[name] for name in named]
    contradicted(rows, why["proof"], Ends(len(problem.pairs), {}, 1))
    said = [f"{len(rows)} rules cannot be kept together, proven in integers"]
    if not why["others"]:
        said.append("that each of them is needed for that is not shown")
    else:
        need(len(why["others"]) == len(rows), "a rule is not shown to be needed")
        for left_out, some in enumerate(map(set, why["others"])):
            for place, row in enumerate(rows):
                value = sum(times for column, times in row.cells if column in some)
                kept = place == left_out or row.low <= value <= row.high
                need(kept, f"what is shown for {named[left_out]} does not keep the others")
        said.append("with any one of them left out, columns that keep the others are shown")
    return said


@dataclass(frozen=True, slots=True)
class Ends:
    """Between which numbers columns lie: some are fixed, and the last of all may be wide."""

    width: int
    fixed: Mapping[int, int]
    top: int

    def of(self, column: int, split: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
        """Give the ends of a column, with those that were split narrower."""
        if column in split:
            return split[column]
        if column in self.fixed:
            return self.fixed[column], self.fixed[column]
        return 0, self.top if column == self.width - 1 else 1


def contradicted(rows: Sequence[Row], tree: Mapping[str, Any], ends: Ends) -> None:
    """Check a proof: each split leaves no number out, and at each end the rules contradict."""
    waiting: list[tuple[Mapping[str, Any], dict[int, tuple[int, int]]]] = [(tree, {})]
    while waiting:
        node, split = waiting.pop()
        if "column" in node:
            column, most = node["column"], node["most"]
            need(0 <= column < ends.width and isinstance(most, int), "a split of no column")
            low, high = ends.of(column, split)
            waiting.append((node["below"], split | {column: (low, min(high, most))}))
            waiting.append((node["above"], split | {column: (max(low, most + 1), high)}))
            continue
        need(len(node["multipliers"]) == len(rows), "the multipliers are not of these rules")
        # Floats would round, and what contradicts by a hair might not.
        need(all(type(one) is int for one in node["multipliers"]), "multipliers are not whole")
        asked, reduced = 0, Counter[int]()
        for row, factor in zip(rows, node["multipliers"], strict=True):
            side = row.high if factor > 0 else row.low
            need(not factor or abs(side) < WIDE, "a multiplier leans on a side that is not there")
            asked += factor * side
            for column, times in row.cells if factor else ():
                reduced[column] += factor * times
        least = sum(cost * ends.of(column, split)[cost < 0] for column, cost in reduced.items())
        need(asked < least, "the rules do not contradict each other")


def check(
    problem: bytes, draw: Mapping[str, Any], seed: str | None, before: Mapping[str, Any] | None
) -> Checking:
    """Check a draw by its frozen problem; raises `ProofError`."""
    need(sha256(problem) == draw["problem_hash"], "the problem is not the draw's")
    need(draw["result"] is not None, "nothing was drawn yet")
    answer = draw["result"]["answer"]
    need(answer in ("optimal", "infeasible"), f"the answer is {answer}")
    if answer == "infeasible":
        none = Checking(Problem.read(problem), draw["result"], seed, frozenset())
        none.said += refuted(none.problem, draw["result"]["explanation"])
        return none
    kept = frozenset(
        (panel, seat["expert_id"])
        for panel, told in (before or {"result": {"panels": {}}})["result"]["panels"].items()
        for seat in told["seats"]
    )
    checking = Checking(Problem.read(problem), draw["result"], seed, kept)
    checked(checking)
    return checking


def main(arguments: list[str]) -> int:
    """Check a draw; 0 when it holds."""
    parser = argparse.ArgumentParser(prog="zhichuang check-draw", description="Offline.")
    parser.add_argument("problem", type=Path)
    parser.add_argument("draw", type=Path)
    parser.add_argument("--seed")
    parser.add_argument("--before", type=Path)
    asked = parser.parse_args(arguments)
    paths = [asked.problem, asked.draw, *([asked.before] if asked.before else [])]
    try:
        need(all(path.stat().st_size <= MOST_BYTES for path in paths), "a file is too large")
        before = json.loads(asked.before.read_bytes()) if asked.before else None
        draw = json.loads(asked.draw.read_bytes())
        found = check(asked.problem.read_bytes(), draw, asked.seed, before)
    except (ProofError, OSError, KeyError, TypeError, ValueError, zlib.error) as error:
        sys.stderr.write(f"✗ {error}\n")
        return 1
    for line in found.said:
        sys.stdout.write(f"{line}\n")
    if draw["result"]["answer"] == "infeasible":
        sys.stdout.write("✓ There are no panels that keep every rule.\n")
        return 0
    rest = f"; to be believed: {', '.join(found.believed)}" if found.believed else ""
    sys.stdout.write(f"✓ The panels keep every rule, and none are better{rest}.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
