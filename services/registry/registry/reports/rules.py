"""What figures say: how far a target is, and how varied a circle of organizations is.

Counts come in, verdicts and shares come out; every share is whole ppm, rounded down.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from registry.centers.rules import Stage
from shared.codes.regions import YANGTZE_DELTA
from shared.money import WHOLE_PPM
from shared.rules import Check, Kind, Policy, Rule

TARGET: Final = Rule("A014", "二(二)")
FIRST_YEAR: Final = 2016
# Who is on the list and on the way, and who was recognized: what a target counts is the latter.
UNDER_WAY: Final = (Stage.PREPARING, Stage.PILOT)
BUILT: Final = (Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE, Stage.NATIONAL)
LISTED: Final = (*UNDER_WAY, *BUILT, Stage.RECTIFYING, Stage.SUSPENDED)
ELSEWHERE: Final = "other"


class TargetLevel(StrEnum):
    """Whose centres a target counts: those of one level, or all."""

    ANY = "any"
    MUNICIPAL = "municipal"
    NATIONAL = "national"


class TargetState(StrEnum):
    """How a target stands on a day."""

    # The plan names the year and no figure (A017).
    UNQUANTIFIED = "unquantified"
    OPEN = "open"
    MET = "met"
    EXCEEDED = "exceeded"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Target:
    """How many centres there are to be at the end of a year; 0 where the plan names no figure."""

    year: int
    level: TargetLevel
    least: int
    most: int

    @property
    def last_day(self) -> date:
        """Give the day on which it is judged for good."""
        return date(self.year, 12, 31)

    def counted_on(self, today: date) -> date:
        """Give the day whose centres count: its own last one, today while that lies ahead."""
        return min(today, self.last_day)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many centres stood in a stage and at a level at the end of a day."""

    stage: str
    level: str
    count: int


def targets_of(policy: Policy) -> list[Target]:
    """Read the targets of a policy in the order of their years (A014, A017)."""
    rows: Sequence[Mapping[str, Any]] = policy.value("A014", "targets")
    found = [
        Target(row["year"], TargetLevel(row["level"]), row["min"], row["max"])
        for row in rows
        if 1 <= row["year"] <= date.max.year
    ]
    return sorted(found, key=lambda target: (target.year, target.level))


def counted(standings: Collection[Standing], level: TargetLevel, stages: Collection[Stage]) -> int:
    """Count the centres of a level in some stages.

    A centre on the national list is of the national level, and a municipal one as long as it is
    not.
    """
    fits = [one for one in standings if level in {TargetLevel.ANY, one.level}]
    return sum(one.count for one in fits if one.stage in stages)


def target_state(target: Target, built: int, today: date) -> TargetState:
    """Judge a target: both its bounds are included, and its last day is its own (A014)."""
    if not target.least and not target.most:
        return TargetState.UNQUANTIFIED
    if target.most and built > target.most:
        return TargetState.EXCEEDED
    if built >= target.least:
        return TargetState.MET
    return TargetState.MISSED if today > target.last_day else TargetState.OPEN


def year_checks(year: int, today: date) -> list[Check]:
    """Check that a report is about a year of the programme that has begun."""
    passed = FIRST_YEAR <= year <= today.year
    return [
        TARGET.check(
            "YEAR_WITHOUT_FIGURES",
            Kind.CONTENT,
            passed=passed,
            pointer="/year",
            first=FIRST_YEAR,
            last=today.year,
        )
    ]


def day_of_report(year: int, today: date) -> date:
    """Give the last day that a year's report knows."""
    return min(today, date(year, 12, 31))


def share_ppm(part: int, whole: int) -> int | None:
    """Give a share in ppm, rounded down; None of nothing."""
    return None if whole == 0 else part * WHOLE_PPM // whole


def diversity_ppm(counts: Collection[int]) -> int | None:
    """Give the chance that two different ones of a circle are of different kinds, in ppm (A020).

    It is Simpson's index without replacement: 0 where all are alike, 1,000,000 where no two are;
    None of fewer than two.
    """
    whole = sum(counts)
    if whole < 2:
        return None
    alike = sum(count * (count - 1) for count in counts)
    pairs = whole * (whole - 1)
    return (pairs - alike) * WHOLE_PPM // pairs


def delta_split(by_province: Mapping[str, int]) -> dict[str, int]:
    """Sum up by the provinces of the Yangtze delta and everywhere else (A092)."""
    split = {province: by_province.get(province, 0) for province in YANGTZE_DELTA}
    split[ELSEWHERE] = sum(by_province.values()) - sum(split.values())
    return split
