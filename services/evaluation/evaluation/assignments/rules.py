"""What is drawn and what must hold of it; whatever a solver says is judged here in integers.

A problem is put into one order (by id) before anything is computed, so that the order of a body
never shows in a draw. Ties are broken by a hash of the committed seed.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.rules import Check, Kind, Rule

DRAW: Final = Rule("A120", "四(三)2")
TIE_BITS: Final = 20
TIE_BYTES: Final = 8

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Need:
    """A panel to be filled: one case, or a group of `cases` that shares one panel."""

    id: str
    cases: int = 1


@dataclass(frozen=True, slots=True)
class Reviewer:
    """An expert as the draw sees one: field, employers and how many cases he may take yet."""

    id: str
    field: str
    organizations: frozenset[str]
    max_load: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that a draw depends on besides the seed.

    `fit[n][m]` is the fit of expert m for panel n, an integer of at least 0; `None` bars him.
    """

    needs: tuple[Need, ...]
    reviewers: tuple[Reviewer, ...]
    fit: tuple[tuple[int | None, ...], ...]
    size: int
    fields: tuple[str, ...]
    fixed: frozenset[Pair] = frozenset()

    def ordered(self) -> "Problem":
        """Put panels and experts into the order of their ids: the same draw from any order."""
        rows = sorted(range(len(self.needs)), key=lambda n: self.needs[n].id)
        columns = sorted(range(len(self.reviewers)), key=lambda m: self.reviewers[m].id)
        return Problem(
            needs=tuple(self.needs[n] for n in rows),
            reviewers=tuple(self.reviewers[m] for m in columns),
            fit=tuple(tuple(self.fit[n][m] for m in columns) for n in rows),
            size=self.size,
            fields=tuple(sorted(self.fields)),
            fixed=self.fixed,
        )

    def scores(self) -> dict[Pair, int]:
        """Give the fit of every pair that is allowed, by ids."""
        return {
            (need.id, reviewer.id): fit
            for need, row in zip(self.needs, self.fit, strict=True)
            for reviewer, fit in zip(self.reviewers, row, strict=True)
            if fit is not None
        }

    def document(self) -> dict[str, Any]:
        """Give the problem as JSON data; its canonical bytes are what a draw is repeated from."""
        return {
            "needs": [[need.id, need.cases] for need in self.needs],
            "reviewers": [
                [one.id, one.field, sorted(one.organizations), one.max_load]
                for one in self.reviewers
            ],
            "fit": [list(row) for row in self.fit],
            "size": self.size,
            "fields": list(self.fields),
            "fixed": sorted(list(pair) for pair in self.fixed),
        }


Panels = Mapping[str, tuple[str, ...]]


def problem_of(document: Mapping[str, Any]) -> Problem:
    """Read a problem back from its document."""
    return Problem(
        needs=tuple(Need(need_id, cases) for need_id, cases in document["needs"]),
        reviewers=tuple(
            Reviewer(reviewer_id, area, frozenset(organizations), max_load)
            for reviewer_id, area, organizations, max_load in document["reviewers"]
        ),
        fit=tuple(tuple(row) for row in document["fit"]),
        size=document["size"],
        fields=tuple(document["fields"]),
        fixed=frozenset((need, reviewer) for need, reviewer in document["fixed"]),
    )


def tie_weight(seed: str, need_id: str, reviewer_id: str) -> int:
    """Give the lot of a pair: the first 20 bits of SHA-256 over seed, panel and expert."""
    drawn = hashlib.sha256(f"{seed}|{need_id}|{reviewer_id}".encode()).digest()
    return int.from_bytes(drawn[:TIE_BYTES], "big") >> (8 * TIE_BYTES - TIE_BITS)


def commitment(seed: str) -> str:
    """Give what is published of a seed before it is used."""
    return hashlib.sha256(seed.encode()).hexdigest()


def seed_checks(seed: str, published: str) -> list[Check]:
    """Check that the seed is the one that was committed to."""
    passed = commitment(seed) == published
    return [DRAW.check("SEED_MISMATCH", Kind.STATE, passed=passed, commitment=published)]


def violations(problem: Problem, panels: Panels) -> list[str]:
    """Name every hard rule that panels break, in integers and sets alone: none is what counts."""
    known = {one.id: one for one in problem.reviewers}
    scores = problem.scores()
    found = [f"panels {need.id} is missing" for need in problem.needs if need.id not in panels]
    for need in problem.needs:
        found += _panel_violations(problem, need.id, panels.get(need.id, ()), known, scores)
    load = loads(problem, panels)
    found += [
        f"load {one.id} {load[one.id]} of {one.max_load}"
        for one in problem.reviewers
        if load[one.id] > one.max_load
    ]
    found += [
        f"fixed {need_id} {reviewer_id}"
        for need_id, reviewer_id in sorted(problem.fixed)
        if reviewer_id not in panels.get(need_id, ())
    ]
    return found


def _panel_violations(
    problem: Problem,
    need_id: str,
    panel: Sequence[str],
    known: Mapping[str, Reviewer],
    scores: Mapping[Pair, int],
) -> Iterator[str]:
    members = [known[one] for one in panel if one in known]
    if len(set(panel)) != problem.size or len(members) != len(panel):
        yield f"size {need_id} {len(members)}"
    missing = set(problem.fields) - {one.field for one in members}
    yield from (f"field {need_id} {field}" for field in sorted(missing))
    employers = Counter(org for one in members for org in one.organizations)
    yield from (f"organization {need_id} {org}" for org, count in employers.items() if count > 1)
    yield from (f"barred {need_id} {one}" for one in panel if (need_id, one) not in scores)


def loads(problem: Problem, panels: Panels) -> Counter[str]:
    """Count the cases of each expert; a panel of a group counts each of its cases."""
    sizes = {need.id: need.cases for need in problem.needs}
    load: Counter[str] = Counter()
    for need_id, panel in panels.items():
        for one in panel:
            load[one] += sizes.get(need_id, 0)
    return load


def panel_fits(problem: Problem, panels: Panels) -> dict[str, int]:
    """Add up the fit of each panel."""
    scores = problem.scores()
    return {
        need_id: sum(scores[need_id, one] for one in panel) for need_id, panel in panels.items()
    }


def alternates(
    problem: Problem, panels: Panels, seed: str, count: int = 2
) -> dict[Pair, tuple[str, ...]]:
    """Rank, per seat, those who could take it alone with every hard rule kept: best fit first."""
    scores = problem.scores()
    known = {one.id: one for one in problem.reviewers}
    load = loads(problem, panels)
    ranked: dict[Pair, tuple[str, ...]] = {}
    for need in problem.needs:
        panel = panels[need.id]
        free = [
            one
            for one in problem.reviewers
            if one.id not in panel
            and (need.id, one.id) in scores
            and load[one.id] + need.cases <= one.max_load
        ]
        free.sort(key=lambda one: (-scores[need.id, one.id], tie_weight(seed, need.id, one.id)))
        for seat in panel:
            others = [known[one] for one in panel if one != seat]
            ranked[need.id, seat] = _first_fitting(problem, others, free, count)
    return ranked


def _first_fitting(
    problem: Problem, others: Iterable[Reviewer], free: Iterable[Reviewer], count: int
) -> tuple[str, ...]:
    others = list(others)
    covered = {one.field for one in others}
    uncovered = set(problem.fields) - covered
    employers = frozenset[str]().union(*(one.organizations for one in others))
    found: list[str] = []
    for one in free:
        if len(found) == count:
            break
        if uncovered <= {one.field} and not one.organizations & employers:
            found.append(one.id)
    return tuple(found)
