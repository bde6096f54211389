"""A centre on hold: a result that it rests on was replaced or voided, and an official looks again.

What protects a centre's partners goes on meanwhile: a suspension, a rectification, an end.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from registry.centers.rules import Stage, Standing
from registry.governance.rules.stages import TWO_PEOPLE, PublishedRating, RatingKind
from shared.rules import Check, Kind, Policy, Rule

BAD_FAITH: Final = Rule("X14", "上海科创条例58")
# An honest failure of exploratory work is none of these, and costs nothing.
FALSIFICATIONS: Final = frozenset(
    {"forged_evidence", "fabricated_facts", "false_accounts", "concealed_facts"}
)


class HoldGround(StrEnum):
    """What has happened to a result that a centre rests on; the later ones weigh more."""

    RESULT_SUPERSEDED = "result_superseded"
    ASSESSMENT_REOPENED = "assessment_reopened"
    RESULT_VOIDED = "result_voided"


class HoldState(StrEnum):
    """Where a hold stands."""

    PLACED = "placed"
    EXAMINED = "examined"
    LIFTED = "lifted"


class HoldEvent(StrEnum):
    """What happens to a hold."""

    RENEW = "renew"
    EXAMINE = "examine"
    # By one person, where what rests on the result was not taken by two.
    SETTLE = "settle"
    CONFIRM = "confirm"
    RETURN = "return"


class HoldOutcome(StrEnum):
    """Whether what rested on the result stands without it."""

    STANDS = "stands"
    FALLS = "falls"


class Resting(StrEnum):
    """What rests on a result."""

    STAGE = "stage"
    RECOMMENDATION = "recommendation"
    RECTIFICATION = "rectification"


# The whole machine: a pair that is absent is refused. News of the same year opens it again.
HOLD_MOVES: Final[Mapping[tuple[HoldState, HoldEvent], HoldState]] = {
    (HoldState.PLACED, HoldEvent.RENEW): HoldState.PLACED,
    (HoldState.EXAMINED, HoldEvent.RENEW): HoldState.PLACED,
    (HoldState.PLACED, HoldEvent.EXAMINE): HoldState.EXAMINED,
    (HoldState.PLACED, HoldEvent.SETTLE): HoldState.LIFTED,
    (HoldState.EXAMINED, HoldEvent.CONFIRM): HoldState.LIFTED,
    (HoldState.EXAMINED, HoldEvent.RETURN): HoldState.PLACED,
}
# From the first stage to the last; what a centre has reached rests on every step up to it.
WAY: Final = (
    Stage.PREPARING,
    Stage.PILOT,
    Stage.RECOGNIZED,
    Stage.NATIONAL_CANDIDATE,
    Stage.NATIONAL,
)


@dataclass(frozen=True, slots=True)
class News:
    """That a year's result no longer stands as it did; `result_hash` names what took its place."""

    kind: RatingKind
    year: int
    ground: HoldGround
    result_hash: str
    result_id: UUID | None
    version: int | None = None
    rating: str | None = None


@dataclass(frozen=True, slots=True)
class KnownHold:
    """A hold of the same year that is known already."""

    state: HoldState
    ground: HoldGround
    result_hash: str


def is_news(known: Collection[KnownHold], news: News) -> bool:
    """Tell whether a hold has to be looked at (again): told twice or late changes nothing."""
    weights = tuple(HoldGround)
    return not any(
        hold.result_hash == news.result_hash
        and weights.index(hold.ground) >= weights.index(news.ground)
        for hold in known
    )


def graver(one: HoldGround, other: HoldGround) -> HoldGround:
    """Give the ground that weighs more; a later version does not wash off a falsehood."""
    weights = tuple(HoldGround)
    return max(one, other, key=weights.index)


def reached_stages(standing: Standing) -> tuple[Stage, ...]:
    """Give the stages whose steps a centre stands on; a side state remembers where it came from."""
    sides = (Stage.SUSPENDED, Stage.RECTIFYING)
    ways = (standing.stage, standing.came_from, standing.rectified_from)
    ground = next((one for one in ways if one is not None and one not in sides), None)
    return WAY[: WAY.index(ground) + 1] if ground in WAY else ()


def rests_on(told: Mapping[str, Any], news: News) -> bool:
    """Tell whether a decision was told another result of that year than the one that is new."""
    return any(
        rating.get("kind", RatingKind.ANNUAL.value) == news.kind.value
        and rating["year"] == news.year
        and _is_other(rating, news)
        for rating in told.get("ratings") or ()
    )


def _is_other(rating: Mapping[str, Any], news: News) -> bool:
    if digest := rating.get("result_hash"):
        return bool(digest != news.result_hash)
    # What was told before hashes were kept is told apart by its version.
    return news.version is None or bool(rating["version"] < news.version)


def ratings_upheld(told: Mapping[str, Any], news: News) -> list[dict[str, Any]]:
    """Name the ratings of the year that a decision was told and that a later version confirms.

    What was ordered because of a rating alone stands with it; a falsehood confirms nothing.
    """
    if news.ground is not HoldGround.RESULT_SUPERSEDED or not rests_on(told, news):
        return []
    return [
        dict(rating)
        for rating in told.get("ratings") or ()
        if (rating.get("kind", RatingKind.ANNUAL.value), rating["year"], rating.get("rating"))
        == (news.kind.value, news.year, news.rating)
    ]


def moved_years(told: Mapping[str, Any], standing: Sequence[PublishedRating]) -> list[int]:
    """Name the years of which another version stands now than the one that was told (A133)."""
    now = {(one.kind.value, one.year): one for one in standing}
    return sorted(
        {
            rating["year"]
            for rating in told.get("ratings") or ()
            if not _same(rating, now.get((rating.get("kind", "annual"), rating["year"])))
        }
    )


def _same(rating: Mapping[str, Any], standing: PublishedRating | None) -> bool:
    if standing is None:
        return False
    digest = rating.get("result_hash")
    # What was told before hashes were kept is told apart by its version.
    return bool(digest == standing.result_hash if digest else rating["version"] == standing.version)


def needs_second(resting: Collection[Resting]) -> bool:
    """Tell whether two people lift a hold: where two people took what it rests on (C2, X03)."""
    return bool({Resting.STAGE, Resting.RECOMMENDATION} & set(resting))


def is_onward(stage: Stage, target: Stage) -> bool:
    """Tell whether a step leads on, or back out of a side state; a hold keeps those up."""
    back = (stage, target) == (Stage.NATIONAL_CANDIDATE, Stage.RECOGNIZED)
    return target in WAY and not back


def hold_checks(stage: Stage, target: Stage, holds: int) -> list[Check]:
    """Check that no hold keeps the step up."""
    free = holds == 0 or not is_onward(stage, target)
    return [BAD_FAITH.check("CENTER_ON_HOLD", Kind.STATE, passed=free, holds=holds)]


def ground_checks(policy: Policy, moved: Sequence[int]) -> list[Check]:
    """Check that every result behind the recommendation is still the version that stands (A133)."""
    return [
        policy.rule("A133").check("STALE_INPUT", Kind.STATE, passed=not moved, years=list(moved))
    ]


def hold_move_checks(state: HoldState, event: HoldEvent) -> list[Check]:
    """Check that a hold may take a step from where it is."""
    return [BAD_FAITH.move(HOLD_MOVES, state, event)]


def second_person_checks(examined_by: UUID | None, deciding: UUID) -> list[Check]:
    """Check that who examined a hold does not decide on it (X03)."""
    return [TWO_PEOPLE.check("SOD_VIOLATION", Kind.SCOPE, passed=examined_by != deciding)]
