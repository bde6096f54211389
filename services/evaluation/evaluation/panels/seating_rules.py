"""Who may take a seat beside the others, and who is asked first for one that was left (A120).

A panel formed by hand, a seat that is filled by hand and a drawn panel keep the same rules: no two
experts of one organization, and nobody beyond his limit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from evaluation.experts.rules import Candidate, ExpertField, employers
from shared.rules import Check, Kind, Policy, Rule

SEAT: Final = Rule("A120", "四(三)2")
# How many cases an expert has at work where nobody says so; the most that may be said.
USUAL_LOAD: Final = 4
MOST_LOAD: Final = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seats at work an expert may hold; `own` are those with a limit of their own."""

    most: int = USUAL_LOAD
    own: Mapping[UUID, int] = field(default_factory=dict)

    def of(self, expert_id: UUID) -> int:
        """Give the limit of an expert."""
        return self.own.get(expert_id, self.most)

    def document(self) -> dict[str, int]:
        """Give the limits of single experts as JSON data."""
        return {str(expert_id): limit for expert_id, limit in sorted(self.own.items())}


@dataclass(frozen=True, slots=True)
class Alternate:
    """Who was ranked for a seat when its panel was drawn; the first is asked first."""

    rank: int
    expert_id: UUID


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A seat that was left, with those ranked for it who never sat on the panel, best first."""

    seat_id: UUID
    field: ExpertField
    alternates: tuple[Alternate, ...] = ()


def load_checks(
    policy: Policy,
    named: Iterable[tuple[str | None, Candidate]],
    held: Mapping[UUID, int],
    limits: Limits,
) -> list[Check]:
    """Check that one more seat is within each expert's limit; `held` counts those at work."""
    return [
        policy.rule("A120").check(
            "EXPERT_OVERLOADED",
            Kind.CONTENT,
            passed=held.get(one.expert_id, 0) < limits.of(one.expert_id),
            pointer=pointer,
            expert_id=str(one.expert_id),
            held=held.get(one.expert_id, 0),
            max=limits.of(one.expert_id),
        )
        for pointer, one in named
    ]


def colleague_checks(
    policy: Policy,
    named: Iterable[tuple[str | None, Candidate]],
    sitting: Iterable[Candidate],
    on: date,
) -> list[Check]:
    """Check that no two experts of a panel have one employer on its first day."""
    taken = {org: one.expert_id for one in sitting for org in employers(one, on)}
    checks = []
    for pointer, one in named:
        own = set(employers(one, on))
        shared = sorted(own & taken.keys())
        checks.append(
            policy.rule("A120").check(
                "PANEL_COLLEAGUES",
                Kind.CONTENT,
                passed=not shared,
                pointer=pointer,
                expert_id=str(one.expert_id),
                organizations=shared,
                beside=sorted({str(taken[org]) for org in shared}),
            )
        )
        taken = {**dict.fromkeys(own, one.expert_id), **taken}
    return checks


def passed_over(
    vacancy: Vacancy, expert_id: UUID, fitting: Collection[UUID]
) -> tuple[Alternate, ...]:
    """Name the alternates who could take the seat and rank before the one who is named."""
    ahead = []
    for one in vacancy.alternates:
        if one.expert_id == expert_id:
            break
        if one.expert_id in fitting:
            ahead.append(one)
    return tuple(ahead)


def passing_checks(passed: Sequence[Alternate], reason: str | None) -> list[Check]:
    """Check that whoever passes over an alternate says why."""
    return [
        SEAT.check(
            "ALTERNATE_PASSED_OVER",
            Kind.CONTENT,
            passed=not passed or reason is not None,
            pointer="/reason",
            alternates=[str(one.expert_id) for one in passed],
        )
    ]


def chosen_vacancy(
    vacancies: Sequence[Vacancy], expert_id: UUID, area: ExpertField
) -> Vacancy | None:
    """Give the vacancy that an expert fills: one that he is ranked for, else the oldest."""
    alike = [one for one in vacancies if one.field is area]
    ranked = (one for one in alike if expert_id in {other.expert_id for other in one.alternates})
    return next(ranked, alike[0] if alike else None)


def first_fitting(
    vacancies: Sequence[Vacancy], refusals: Mapping[UUID, Sequence[Check]]
) -> tuple[Vacancy, Alternate] | None:
    """Give the oldest vacancy that one of its alternates can take, with the best of those."""
    return next(
        (
            (vacancy, one)
            for vacancy in vacancies
            for one in vacancy.alternates
            if one.expert_id in refusals and not refusals[one.expert_id]
        ),
        None,
    )


def promotion_checks(
    vacancies: Sequence[Vacancy], refusals: Mapping[UUID, Sequence[Check]]
) -> list[Check]:
    """Check that an alternate can take a seat; else each is named with what keeps him from it."""
    told: list[dict[str, Any]] = [
        {
            "expert_id": str(one.expert_id),
            "rank": one.rank,
            "codes": sorted({check.code for check in refusals.get(one.expert_id, ())}),
        }
        for vacancy in vacancies
        for one in vacancy.alternates
    ]
    return [
        SEAT.check(
            "ALTERNATES_EXHAUSTED",
            Kind.STATE,
            passed=first_fitting(vacancies, refusals) is not None,
            pointer="/expert_id",
            alternates=told,
        )
    ]


def going_on_checks(ended_as: str | None) -> list[Check]:
    """Check that an application did not come to its end: nobody is asked for what is decided."""
    return [SEAT.check("STATE_CONFLICT", Kind.STATE, passed=ended_as is None, state=ended_as)]


def alternates_left(
    seat_id: UUID,
    replaced: Mapping[UUID, UUID | None],
    ranked: Mapping[UUID, Sequence[Alternate]],
    seated: Collection[UUID],
) -> tuple[Alternate, ...]:
    """Give who may still follow on a seat: those ranked for the drawn seat it goes back to.

    `replaced` names the seat that each seat stands in for; whoever sat on the panel is out.
    """
    first = seat_id
    while (before := replaced.get(first)) is not None:
        first = before
    return tuple(one for one in ranked.get(first, ()) if one.expert_id not in seated)
