"""The three-yearly assessment (考核): three annual totals, a bounded adjustment, two decisions.

It rests on exactly three consecutive years whose results are published and stand; as long as it
is not published itself, a result that has moved holds it up.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from evaluation.results.rules import rating_for
from evaluation.schemes.figure_rules import half_up, points_text
from evaluation.schemes.rules import FULL, Parameters, Rating, digest
from shared.rules import Check, Kind, Rule, Said
from shared.tasks import TaskKind

TRIENNIAL: Final = Rule("A131", "四(四)")
PERIODIC: Final = Rule("A124", "四(四)")
FORMAT: Final = 1
# An assessment's years, counted from its last one.
FIRST_TO_LAST: Final = (-2, -1, 0)
MOST_ADJUSTMENT: Final = Fraction(5)
LEAST_REASON: Final = 20


class TriennialMethod(StrEnum):
    """How three annual totals become one: evenly, or the later years more."""

    MEAN = "mean"
    RISING = "rising"


TRIENNIAL_WEIGHTS: Final[Mapping[TriennialMethod, tuple[Fraction, ...]]] = {
    TriennialMethod.MEAN: (Fraction(1, 3),) * 3,
    TriennialMethod.RISING: (Fraction(20, 100), Fraction(30, 100), Fraction(50, 100)),
}


class AssessmentState(StrEnum):
    """Where an assessment stands; a published one is never changed.

    Reopened, it stays as it was published and makes room for a new one.
    """

    DRAFTED = "drafted"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    REOPENED = "reopened"


class AssessmentEvent(StrEnum):
    """What happens to an assessment."""

    ADJUST = "adjust"
    REVIEW = "review"
    PUBLISH = "publish"
    REOPEN = "reopen"


class ReopeningCause(StrEnum):
    """Why a year behind an assessment no longer stands."""

    VOIDED = "voided"
    OBJECTION_UPHELD = "objection_upheld"


# The whole machine: a pair that is absent is refused, so that a new state starts closed.
MOVES: Final[Mapping[tuple[AssessmentState, AssessmentEvent], AssessmentState]] = {
    (AssessmentState.DRAFTED, AssessmentEvent.ADJUST): AssessmentState.DRAFTED,
    (AssessmentState.DRAFTED, AssessmentEvent.REVIEW): AssessmentState.REVIEWED,
    (AssessmentState.REVIEWED, AssessmentEvent.PUBLISH): AssessmentState.PUBLISHED,
    # A year behind it was voided (X14) or reopened by an objection: it no longer stands.
    (AssessmentState.DRAFTED, AssessmentEvent.REOPEN): AssessmentState.REOPENED,
    (AssessmentState.REVIEWED, AssessmentEvent.REOPEN): AssessmentState.REOPENED,
    (AssessmentState.PUBLISHED, AssessmentEvent.REOPEN): AssessmentState.REOPENED,
}
DRAFT_TASK: Final = TaskKind(
    "assessment.draft",
    "拟定三年考核",
    "Draft a triennial assessment that is due",
    PERIODIC,
    "POST",
    "/v1/evaluation/assessments",
)
REVIEW_TASK: Final = TaskKind(
    "assessment.review",
    "复核三年考核",
    "Review a triennial assessment",
    TRIENNIAL,
    "POST",
    "/v1/evaluation/assessments/{id}/review",
)
PUBLISH_TASK: Final = TaskKind(
    "assessment.publish",
    "发布三年考核",
    "Publish a triennial assessment",
    TRIENNIAL,
    "POST",
    "/v1/evaluation/assessments/{id}/publish",
)


@dataclass(frozen=True, slots=True)
class AnnualTotal:
    """A published annual result that stands."""

    year: int
    result_id: UUID
    version: int
    result_hash: str
    total: Fraction
    rating: Rating


@dataclass(frozen=True, slots=True)
class Assessed:
    """What three years come to: the canonical document says how, and its hash names it."""

    score: Fraction
    total: Fraction
    rating: Rating
    document: Mapping[str, Any]
    result_hash: str


def triennial_checks(years: Sequence[int]) -> list[Check]:
    """Check that these are the published annual results of three consecutive years (A131)."""
    ordered = sorted(years)
    passed = len(ordered) == 3 and ordered == list(range(ordered[0], ordered[0] + 3))
    return [TRIENNIAL.check("TRIENNIAL_INCOMPLETE", Kind.STATE, passed=passed, years=ordered)]


def completeness_checks(last_year: int, found: Sequence[int]) -> list[Check]:
    """Check that every one of the three years up to the last one has a result (A131)."""
    wanted = set(range(last_year - 2, last_year + 1))
    missing = sorted(wanted - set(found))
    return [
        TRIENNIAL.check(
            "TRIENNIAL_INCOMPLETE",
            Kind.STATE,
            passed=not missing,
            years=sorted(wanted & set(found)),
            missing=missing,
        )
    ]


def overlap_checks(last_year: int, standing: Sequence[int]) -> list[Check]:
    """Check that no year counts in two standing assessments of a centre (A124: every third year).

    `standing` are the last years of those that stand.
    """
    taken = sorted(year for year in standing if abs(year - last_year) < len(FIRST_TO_LAST))
    return [
        PERIODIC.check(
            "YEARS_OVERLAP",
            Kind.STATE,
            passed=not taken,
            pointer="/last_year",
            years=[f"{year - 2}–{year}" for year in taken],
        )
    ]


def triennial_total(totals: Mapping[int, Fraction], method: TriennialMethod) -> Fraction:
    """Combine three annual totals by year, rounded half up to 0.01 (C6)."""
    weights = TRIENNIAL_WEIGHTS[method]
    in_order = [totals[year] for year in sorted(totals)]
    return half_up(
        sum((total * weight for total, weight in zip(in_order, weights, strict=True)), Fraction(0))
    )


def adjustment_checks(points: Fraction, reason: str) -> list[Check]:
    """Check that a panel moves the score by at most five points, and says why (A131)."""
    said = points == 0 or len(reason.strip()) >= LEAST_REASON
    return [
        TRIENNIAL.check(
            "ADJUSTMENT_TOO_LARGE",
            Kind.CONTENT,
            passed=abs(points) <= MOST_ADJUSTMENT,
            pointer="/points",
            most=points_text(MOST_ADJUSTMENT),
        ),
        TRIENNIAL.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=said,
            pointer="/reason",
            field="reason",
            expected=Said(f"at least {LEAST_REASON} characters", f"至少 {LEAST_REASON} 个字符"),
        ),
    ]


def move_checks(state: AssessmentState, event: AssessmentEvent) -> list[Check]:
    """Check that an assessment may take a step from where it is (A124)."""
    return [PERIODIC.move(MOVES, state, event)]


def ground_checks(used: Mapping[int, str], standing: Mapping[int, str]) -> list[Check]:
    """Check that the three results are still those that the assessment was made of."""
    moved = sorted(year for year in used if standing.get(year) != used[year])
    return [TRIENNIAL.check("STALE_INPUT", Kind.STATE, passed=not moved, years=moved)]


def assess(
    years: Sequence[AnnualTotal],
    method: TriennialMethod,
    adjustment: Fraction,
    parameters: Parameters,
) -> Assessed:
    """Make the assessment of three years: pure, exact, the same bytes for the same inputs."""
    score = triennial_total({one.year: one.total for one in years}, method)
    total = min(max(score + adjustment, Fraction(0)), FULL)
    rating = rating_for(total, parameters)
    document = {
        "format": FORMAT,
        "method": method.value,
        "years": [
            {
                "year": one.year,
                "result_id": str(one.result_id),
                "version": one.version,
                "result_hash": one.result_hash,
                "total": points_text(one.total),
                "rating": one.rating.value,
            }
            for one in sorted(years, key=lambda one: one.year)
        ],
        "score": points_text(score),
        "adjustment": signed_text(adjustment),
        "total": points_text(total),
        "rating": rating.value,
    }
    return Assessed(score, total, rating, document, digest(document))


def signed_text(points: Fraction) -> str:
    """Write points with two decimals, a minus where they are taken away."""
    return f"-{points_text(-points)}" if points < 0 else points_text(points)


def hashes_in(document: bytes) -> dict[int, str]:
    """Read from a document which results it was made of, by year."""
    return {one["year"]: one["result_hash"] for one in json.loads(document)["years"]}
