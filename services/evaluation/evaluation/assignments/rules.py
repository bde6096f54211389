"""What is drawn and what must hold of it; whatever a solver says is judged here in integers.

A problem is put into one order (by id) before anything is computed, so that the order of a body
never shows in a draw. Ties are broken by a hash of the committed seed.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Final
from uuid import UUID

from evaluation.experts.rules import Candidate
from shared.rules import NOT_FOUND, Check, Kind, Policy, Rule, Said

DRAW: Final = Rule("A120", "四(三)2")
TIE_BITS: Final = 20
TIE_BYTES: Final = 8

Pair = tuple[str, str]
Panels = Mapping[str, tuple[str, ...]]


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


class DrawState(StrEnum):
    """A draw waits, was drawn, cannot be drawn, ran out of time, failed, or became panels."""

    QUEUED = "queued"
    DRAWN = "drawn"
    INFEASIBLE = "infeasible"
    UNPROVEN = "unproven"
    ACCEPTED = "accepted"
    FAILED = "failed"


class DrawFailure(StrEnum):
    """Why a draw came to nothing: its workers were killed each time, or could not do it."""

    KILLED = "killed"
    ERROR = "error"


class Event(StrEnum):
    """What happens to a draw."""

    DRAW = "draw"
    EXPLAIN = "explain"
    RUN_OUT = "run_out"
    ACCEPT = "accept"
    GIVE_UP = "give_up"


MOVES: Final[Mapping[tuple[DrawState, Event], DrawState]] = {
    (DrawState.QUEUED, Event.DRAW): DrawState.DRAWN,
    (DrawState.QUEUED, Event.EXPLAIN): DrawState.INFEASIBLE,
    (DrawState.QUEUED, Event.RUN_OUT): DrawState.UNPROVEN,
    (DrawState.QUEUED, Event.GIVE_UP): DrawState.FAILED,
    (DrawState.DRAWN, Event.ACCEPT): DrawState.ACCEPTED,
}
# What kills one worker may be a neighbour; what kills so many is the draw.
MOST_ATTEMPTS: Final = 3


class DrawMode(StrEnum):
    """A panel for each case, or one for the whole group."""

    EACH = "each"
    GROUP = "group"


# How well an expert's level in one of a centre's fields of industry fits, out of 100.
FIT_OF_LEVEL: Final[Mapping[int, int]] = {3: 100, 2: 70, 1: 40}
FIT_WITHOUT: Final = 10


def fit_of(known: Mapping[str, int], fields: Iterable[str]) -> int:
    """Give the fit of an expert for a centre: his best level in any of its fields of industry."""
    return max((FIT_OF_LEVEL[known[code]] for code in fields if code in known), default=FIT_WITHOUT)


# What a search said, and whether all of it is proven: an answer without proof ran out of time.
EVENT_OF: Final[Mapping[tuple[str, bool], Event]] = {
    ("optimal", True): Event.DRAW,
    ("optimal", False): Event.RUN_OUT,
    ("infeasible", False): Event.EXPLAIN,
    ("unknown", False): Event.RUN_OUT,
}


def groups_of(case_ids: Sequence[str], mode: DrawMode) -> dict[str, list[str]]:
    """Say which cases share a panel; a panel is named by its first case."""
    ordered = sorted(case_ids)
    if mode is DrawMode.GROUP:
        return {ordered[0]: ordered} if ordered else {}
    return {case_id: [case_id] for case_id in ordered}


def need_of(groups: Mapping[str, Sequence[str]], case_id: str) -> str:
    """Name the panel of a case; the case itself where it has none."""
    return next((need for need, case_ids in groups.items() if case_id in case_ids), case_id)


def sha256(content: bytes) -> str:
    """Hash stored bytes."""
    return hashlib.sha256(content).hexdigest()


def without(problem: Problem, gone: Iterable[Pair]) -> Problem:
    """Bar some pairs, whoever had fixed them."""
    barred = frozenset(gone)
    return replace(
        problem,
        fit=tuple(
            tuple(
                None if (need.id, one.id) in barred else fit
                for one, fit in zip(problem.reviewers, row, strict=True)
            )
            for need, row in zip(problem.needs, problem.fit, strict=True)
        ),
        fixed=problem.fixed - barred,
    )


def with_less_room(problem: Problem, drawn: Panels, taken: Mapping[str, int]) -> Problem:
    """Give a problem as it is once some experts took seats elsewhere; those drawn stay possible."""
    kept = loads(problem, drawn)
    return replace(
        problem,
        reviewers=tuple(
            replace(one, max_load=max(one.max_load - taken.get(one.id, 0), kept[one.id]))
            for one in problem.reviewers
        ),
    )


def with_employers(problem: Problem, employed: Mapping[str, Iterable[str]]) -> Problem:
    """Give a problem with other employers of some experts."""
    return replace(
        problem,
        reviewers=tuple(
            replace(one, organizations=frozenset(employed.get(one.id, one.organizations)))
            for one in problem.reviewers
        ),
    )


def one_entry_each(pool: Mapping[UUID, Candidate]) -> dict[UUID, Candidate]:
    """Leave each person one entry of the pool: the one that knows most accounts, then the oldest.

    Who was entered twice takes one seat of a panel, and has one limit.
    """
    kept: dict[UUID, Candidate] = {}
    seen: set[UUID] = set()
    for one in sorted(pool.values(), key=lambda one: (-len(one.people), one.expert_id)):
        if seen.isdisjoint(one.people):
            kept[one.expert_id] = one
            seen |= one.people
    return {expert_id: one for expert_id, one in pool.items() if expert_id in kept}


def by_person(
    pool: Mapping[UUID, Candidate], held: Mapping[UUID, tuple[UUID, int]]
) -> dict[UUID, int]:
    """Add up, for the entries of a pool, what their persons hold under whatever entry.

    `held` has the person and the seats of each entry.
    """
    whose = {person: one.expert_id for one in pool.values() for person in one.people}
    found: Counter[UUID] = Counter()
    for expert_id, (person_id, seats) in held.items():
        found[expert_id if expert_id in pool else whose.get(person_id, expert_id)] += seats
    return found


def size_checks(policy: Policy, size: int) -> list[Check]:
    """Check that panels of this size are odd and large enough (A120)."""
    least = int(policy.value("A120", "min_experts"))
    passed = size >= least and size % 2 == 1
    return [
        policy.rule("A120").check(
            "PANEL_SIZE", Kind.CONTENT, passed=passed, pointer="/size", min=least, count=size
        )
    ]


def fixed_checks(problem: Problem) -> list[Check]:
    """Check that fixed choices name panels of the draw and experts of the pool."""
    needs = {need.id for need in problem.needs}
    reviewers = {one.id for one in problem.reviewers}
    return [
        NOT_FOUND.check(
            "NOT_FOUND",
            Kind.HIDDEN,
            passed=need in needs and reviewer in reviewers,
            pointer="/fixed",
        )
        for need, reviewer in sorted(problem.fixed)
    ]


def recusal_checks(state: DrawState) -> list[Check]:
    """Check that seats of a draw may be drawn again: it was drawn, and is not yet panels."""
    passed = state is DrawState.DRAWN
    return [DRAW.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]


def case_checks(named: Sequence[str], free: Iterable[str]) -> list[Check]:
    """Check that every case that was named takes a panel now and has none yet."""
    waiting = set(free)
    return [
        DRAW.check(
            "STATE_CONFLICT", Kind.STATE, passed=case_id in waiting, pointer=f"/case_ids/{place}",
            state=Said("no panel is formed for it now", "现在不组建专家组"),
        )
        for place, case_id in enumerate(named)
    ]  # fmt: skip


def fresh_checks(now: Problem, panels: Panels) -> list[Check]:
    """Check that drawn panels keep every rule of their problem as things stand by now."""
    broken = violations(now, panels)
    return [DRAW.check("STALE_INPUT", Kind.STATE, passed=not broken, broken=broken[:20])]


def whole_checks(problem: Problem, panels: Panels, state: DrawState) -> list[Check]:
    """Check drawn panels once more against every rule of their problem."""
    passed = state is not DrawState.DRAWN or not violations(problem, panels)
    return [DRAW.check("DRAW_NOT_PROVEN", Kind.STATE, passed=passed)]


def acceptance_checks(state: DrawState, *, optimal: bool) -> list[Check]:
    """Check that a draw may be made into panels: only a proven one, and once."""
    unproven = state is DrawState.UNPROVEN or (state is DrawState.DRAWN and not optimal)
    return [
        DRAW.check("DRAW_NOT_PROVEN", Kind.STATE, passed=not unproven),
        DRAW.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=unproven or (state, Event.ACCEPT) in MOVES,
            state=state.value,
        ),
    ]


def committed_checks(*, is_committed: bool) -> list[Check]:
    """Check that the seed's hash was published before the pool is frozen for a draw."""
    return [DRAW.check("SEED_MISSING", Kind.STATE, passed=is_committed)]


def given_up(attempts: int) -> bool:
    """Tell whether a draw that lost its worker is tried no more; `attempts` counts every claim."""
    return attempts >= MOST_ATTEMPTS


def secret_checks(opened_at: datetime | None, frozen_at: datetime) -> list[Check]:
    """Check that nobody could know the seed when the pool froze: he could have searched for it."""
    passed = opened_at is None or frozen_at <= opened_at
    return [DRAW.check("SEED_OPEN", Kind.STATE, passed=passed)]


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
    """Rank, per seat, those who could take it alone with every hard rule kept: best fit first.

    They are of the seat's own field, for a vacant seat is filled by no other (D5).
    """
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
            alike = [one for one in free if one.field == known[seat].field]
            ranked[need.id, seat] = _first_fitting(others, alike, count)
    return ranked


def _first_fitting(
    others: Iterable[Reviewer], alike: Iterable[Reviewer], count: int
) -> tuple[str, ...]:
    employers = frozenset[str]().union(*(one.organizations for one in others))
    apart = (one.id for one in alike if not one.organizations & employers)
    return tuple(islice(apart, count))
