"""When a cycle opens, which centres it judges, and how a case moves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from evaluation.schemes.rules import MONEY_UNIT, RATIO_UNIT, Leaf
from shared.calendar import day_of, months_after
from shared.expecting import no_earlier_than
from shared.rules import Check, Kind, Policy, Rule, Said

YEARLY: Final = Rule("A124", "四(四)")
REPORTED: Final = Rule("A128", "四(四)")
WEIGHED: Final = Rule("A132", "四(四)")
SCORED: Final = Rule("A121", "四(三)2")
KNOWN: Final = Rule("X13", "delivery")  # facts as of the cut-off
UNREGISTERED: Final = Rule("A052", "三(二)")  # 产业联合体…逐步完成实体注册


class CycleKind(StrEnum):
    """The plan's 年度评估; the three-yearly 考核 rests on its results and has no cases."""

    ANNUAL_EVALUATION = "annual_evaluation"


class CycleState(StrEnum):
    """Planned, a cycle may change; open, its scheme, weights and days are fixed."""

    PLANNED = "planned"
    OPEN = "open"


class CycleEvent(StrEnum):
    """What can happen to a cycle."""

    CHANGE = "change"
    OPEN = "open"


CYCLE_MOVES: Final[Mapping[tuple[CycleState, CycleEvent], CycleState]] = {
    (CycleState.PLANNED, CycleEvent.CHANGE): CycleState.PLANNED,
    (CycleState.PLANNED, CycleEvent.OPEN): CycleState.OPEN,
}


class CaseState(StrEnum):
    """Where a centre's case stands in a cycle."""

    COLLECTING = "collecting"
    SNAPSHOT_FROZEN = "snapshot_frozen"
    SCORING = "scoring"
    COMPUTED = "computed"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    REOPENED = "reopened"
    CLOSED = "closed"
    VOIDED = "voided"


class CaseEvent(StrEnum):
    """What can happen to a case."""

    FREEZE = "freeze"
    BEGIN_SCORING = "begin_scoring"
    COMPUTE = "compute"
    READ_AGAIN = "read_again"
    REVIEW = "review"
    PUBLISH = "publish"
    RESCORE = "rescore"
    RESCORE_LEAVES = "rescore_leaves"
    REOPEN = "reopen"
    CLOSE = "close"
    VOID = "void"


# The whole machine: a pair that is absent is refused, so that a new state starts closed.
CASE_MOVES: Final[Mapping[tuple[CaseState, CaseEvent], CaseState]] = {
    (CaseState.COLLECTING, CaseEvent.FREEZE): CaseState.SNAPSHOT_FROZEN,
    (CaseState.SNAPSHOT_FROZEN, CaseEvent.BEGIN_SCORING): CaseState.SCORING,
    # Without a panel there are no sheets, and computing says so; a missing report needs none.
    (CaseState.SNAPSHOT_FROZEN, CaseEvent.COMPUTE): CaseState.COMPUTED,
    (CaseState.SCORING, CaseEvent.COMPUTE): CaseState.COMPUTED,
    (CaseState.COMPUTED, CaseEvent.COMPUTE): CaseState.COMPUTED,
    (CaseState.COMPUTED, CaseEvent.READ_AGAIN): CaseState.COMPUTED,
    (CaseState.COMPUTED, CaseEvent.REVIEW): CaseState.REVIEWED,
    # A sheet may come to stand apart only when later cases were scored.
    (CaseState.REVIEWED, CaseEvent.READ_AGAIN): CaseState.REVIEWED,
    (CaseState.REVIEWED, CaseEvent.PUBLISH): CaseState.PUBLISHED,
    # A sheet was voided after the computation: it has to be done again.
    (CaseState.COMPUTED, CaseEvent.RESCORE): CaseState.SCORING,
    (CaseState.REVIEWED, CaseEvent.RESCORE): CaseState.SCORING,
    # The same of a further version: only its reopened leaves are scored anew.
    (CaseState.COMPUTED, CaseEvent.RESCORE_LEAVES): CaseState.REOPENED,
    (CaseState.REVIEWED, CaseEvent.RESCORE_LEAVES): CaseState.REOPENED,
    # An upheld objection reopens single leaves; what was published stays until the next version.
    (CaseState.PUBLISHED, CaseEvent.REOPEN): CaseState.REOPENED,
    (CaseState.REOPENED, CaseEvent.COMPUTE): CaseState.COMPUTED,
    # The days for objections are over, and none is open: a falsehood alone is heard of now.
    (CaseState.PUBLISHED, CaseEvent.CLOSE): CaseState.CLOSED,
    (CaseState.CLOSED, CaseEvent.VOID): CaseState.VOIDED,
    # Falsified: nothing follows, and what was built on it reopens.
    (CaseState.PUBLISHED, CaseEvent.VOID): CaseState.VOIDED,
    (CaseState.REOPENED, CaseEvent.VOID): CaseState.VOIDED,
}
# What stands for others to build on; a reopened case waits for its next version.
SETTLED: Final = frozenset({CaseState.PUBLISHED, CaseState.CLOSED, CaseState.VOIDED})
# A panel may be formed while facts still come in; experts may score until the computation.
FORMING: Final = frozenset({CaseState.COLLECTING, CaseState.SNAPSHOT_FROZEN})
SCORABLE: Final = FORMING | {CaseState.SCORING}


class ScopeExclusion(StrEnum):
    """Why a centre is not judged in a cycle."""

    NOT_LISTED = "not_listed"
    LISTED_TOO_SHORT = "listed_too_short"
    CONSORTIUM = "consortium"
    ENDED = "ended"
    ALREADY_IN_CYCLE = "already_in_cycle"


def clause_of(reason: ScopeExclusion) -> str:
    """Name the clause behind an exclusion: a year judges a centre once, and only a legal person."""
    rule = UNREGISTERED if reason is ScopeExclusion.CONSORTIUM else YEARLY
    return rule.clause


ENDED_STAGES: Final = frozenset({"delisted", "dissolved"})


@dataclass(frozen=True, slots=True)
class CenterStanding:
    """What decides whether a centre is in scope. `has_case` of the same kind and year."""

    center_id: UUID
    stage: str
    applicant_form: str
    legal_entity_id: UUID | None
    listed_on: date | None
    has_case: bool


def exclusion(center: CenterStanding, period_until: date, min_months: int) -> ScopeExclusion | None:
    """Tell why a centre is out of scope (A124, C6), or None when it is judged.

    The months count from the day of listing, that day and the period's last day included.
    """
    if center.has_case:
        return ScopeExclusion.ALREADY_IN_CYCLE
    if center.stage in ENDED_STAGES:
        return ScopeExclusion.ENDED
    if center.listed_on is None:
        return ScopeExclusion.NOT_LISTED
    if center.applicant_form == "consortium" and center.legal_entity_id is None:
        return ScopeExclusion.CONSORTIUM
    if months_after(center.listed_on, min_months) > period_until + timedelta(days=1):
        return ScopeExclusion.LISTED_TOO_SHORT
    return None


def overlap_checks(year: int, reasons: Sequence[ScopeExclusion], *, cases: int) -> list[Check]:
    """Check that a cycle judges somebody whom no other of its year judges (A124: once a year).

    A second cycle of a year is for centres that the first left out; without any it is the same
    cycle again. `reasons` are those of the centres that it leaves out.
    """
    again = ScopeExclusion.ALREADY_IN_CYCLE in reasons and cases == 0
    return [
        YEARLY.check("YEARS_OVERLAP", Kind.STATE, passed=not again, pointer="/year", years=[year])
    ]


def period_of(year: int) -> tuple[date, date]:
    """Give the first and the last day of the year that a cycle judges."""
    return date(year, 1, 1), date(year, 12, 31)


def default_due_on(policy: Policy, year: int) -> date:
    """Give the day on which reports of a year are due, by the policy (A128)."""
    month, day = policy.value("A128", "due_month"), policy.value("A128", "due_day")
    return date(year + 1, month, day)


def due_checks(due_on: date, period_until: date) -> list[Check]:
    """Check that reports are due after the year that they report (A128)."""
    return [
        REPORTED.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=due_on > period_until,
            pointer="/due_on",
            field="due_on",
            expected=Said(f"a day after {period_until}", f"晚于 {period_until}"),
        )
    ]


def cutoff_checks(cutoff_at: datetime | None, period_from: date) -> list[Check]:
    """Check that something of the year can be known at the cut-off (X13): the year has begun."""
    return [
        KNOWN.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=cutoff_at is None or day_of(cutoff_at) >= period_from,
            pointer="/cutoff_at",
            field="cutoff_at",
            expected=no_earlier_than(period_from.isoformat()),
        )
    ]


def begun_checks(period_from: date, today: date) -> list[Check]:
    """Check that the year has begun when its cycle opens (A083, A124).

    Opening says who is judged and fixes the plan and the weights that count: of a year to come
    neither is known yet. It may be planned before.
    """
    return [YEARLY.past(period_from, today, "/year")]


def profile_checks(name: str, *, found: bool) -> list[Check]:
    """Check that there is such a weight profile (A132)."""
    return [
        WEIGHED.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=found,
            pointer="/weight_profile",
            field="weight_profile",
            expected=Said(
                "default, by_model, or a profile's code or id",
                "default、by_model，或权重方案的代码或 id",
            ),
            given=name[:64],
        )
    ]


def center_profile_checks(of_centers: Mapping[str, str], known: Collection[str]) -> list[Check]:
    """Check that every profile of a single centre exists (A132)."""
    strangers = sorted(set(of_centers.values()) - set(known))
    return [
        WEIGHED.check(
            "FIELD_INVALID", Kind.CONTENT, passed=not strangers, pointer="/center_profiles",
            field="center_profiles", given=strangers[:5],
            expected=Said("codes of profiles", "应为权重方案的代码"),
        )
    ]  # fmt: skip


def cycle_checks(state: CycleState, event: CycleEvent) -> list[Check]:
    """Check that a cycle may change or open: once open, it does neither (A130, A132)."""
    return [YEARLY.move(CYCLE_MOVES, state, event)]


def case_checks(state: CaseState, event: CaseEvent) -> list[Check]:
    """Check that this may happen to a case in its state."""
    return [YEARLY.move(CASE_MOVES, state, event)]


class Way(StrEnum):
    """How a reopened leaf is judged anew: by facts known then, new sheets, or a correction."""

    COUNTED = "counted"
    SCORED = "scored"
    REPORTED = "reported"


# What each upheld objection of a case reopened, by the way, oldest first.
Reopenings = Sequence[Mapping[str, Sequence[str]]]


def round_of(reopenings: Reopenings) -> int:
    """Give the round in which a case is scored now: the first, or one more for each reopening."""
    return len(reopenings) + 1


def waiting(state: CaseState, reopenings: Reopenings, way: Way) -> Sequence[str]:
    """Name the leaves of a reopened case that are to be judged anew in some way."""
    if state is not CaseState.REOPENED or not reopenings:
        return ()
    return reopenings[-1].get(way.value, ())


def panel_checks(state: CaseState, reopenings: Reopenings = ()) -> list[Check]:
    """Check that a panel may be formed for a case now: at first, or for leaves scored anew."""
    passed = state in FORMING or bool(waiting(state, reopenings, Way.SCORED))
    return [SCORED.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]


def score_checks(state: CaseState, reopenings: Reopenings = (), number: int = 1) -> list[Check]:
    """Check that a sheet of a case's round may still be filled in and submitted."""
    now = state in SCORABLE or bool(waiting(state, reopenings, Way.SCORED))
    passed = now and number == round_of(reopenings)
    return [SCORED.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]


# --- targets of the filed plan --------------------------------------------------------------

# How a plan's units stand to a leaf's own: money leaves count 分, shares are fractions of one.
UNIT_FACTORS: Final[Mapping[str, Fraction]] = {
    **dict.fromkeys(("fen", "分", "cny_fen"), Fraction(1)),
    **dict.fromkeys(("cny", "rmb", "yuan", "元", "人民币元"), Fraction(100)),
    **dict.fromkeys(
        (
            "10k_cny",
            "10k_yuan",
            "cny_10k",
            "yuan_10k",
            "wan_yuan",
            "10k",
            "万",
            "万元",
            "人民币万元",
        ),
        Fraction(1_000_000),
    ),
    **dict.fromkeys(("亿元", "100m_cny"), Fraction(10_000_000_000)),
    **dict.fromkeys(("percent", "pct", "%", "％"), Fraction(1, 100)),
    **dict.fromkeys(("ratio", "share", "fraction"), Fraction(1)),
}


class TargetBasis(StrEnum):
    """Where a leaf's target comes from."""

    PLAN = "plan"
    MINIMUM = "minimum"
    BASELINE = "baseline"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Target:
    """A target of the filed plan, as filed: a decimal in a unit."""

    code: str
    unit: str
    value: Fraction


def targets_of(plan: Mapping[str, Any]) -> list[Target]:
    """Read the targets of a plan's answer, or of a snapshot that kept it."""
    return [
        Target(one["metric_code"], one["unit"], Fraction(one["value"])) for one in plan["targets"]
    ]


def in_leaf_unit(leaf: Leaf, target: Target) -> Fraction:
    """Bring a plan's figure into the leaf's unit; counted things need no factor."""
    if leaf.unit not in (MONEY_UNIT, RATIO_UNIT):
        return target.value
    factor = UNIT_FACTORS.get(target.unit.strip().lower())
    if factor is None:
        # A plan's units are free words. No share is over one: such a figure can only be percent.
        is_percent = leaf.unit == RATIO_UNIT and target.value > 1
        factor = Fraction(1, 100) if is_percent else Fraction(1)
    return target.value * factor


def target_of(leaf: Leaf, planned: Target | None) -> tuple[Fraction | None, TargetBasis]:
    """Choose a leaf's target (A083, C6): the plan's, not below the minimum, else the baseline.

    A target of nothing is none: the leaf is then not applicable.
    """
    value = None if planned is None else in_leaf_unit(leaf, planned)
    if value is not None and value > 0:
        if leaf.minimum is not None and value < leaf.minimum:
            return leaf.minimum, TargetBasis.MINIMUM
        return value, TargetBasis.PLAN
    if leaf.baseline is not None and leaf.baseline > 0:
        return leaf.baseline, TargetBasis.BASELINE
    return None, TargetBasis.NONE
