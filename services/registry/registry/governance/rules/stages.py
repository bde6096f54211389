"""What each stage asks of a centre, and who may take it there (C2).

The machine itself stands in `centers`; here are the guards of its arrows. A step that weighs much
follows another person's recommendation or re-check, so that nobody takes it alone.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from registry.centers.rules import (
    ENDED,
    RECTIFIABLE,
    AgreementFacts,
    ModelType,
    Stage,
    StageCause,
    Standing,
    agreement_checks,
    at_least,
    entity_checks,
    move_checks,
    next_stages,
    recognition_checks,
)
from registry.governance.rules.bodies import (
    BodyKind,
    Seat,
    committee_checks,
    decision_body_checks,
    organ_checks,
    representation_checks,
)
from registry.governance.rules.plans import adoption_checks, horizon_checks
from registry.governance.rules.voting import vote_checks
from shared.calendar import WorkingDays
from shared.rules import Check, Kind, Policy, Rule, Severity

TWO_PEOPLE: Final = Rule("X03", "delivery")
PROCEDURE: Final = Rule("A101", "四(一)")
SUMMARY: Final = Rule("A102", "四(一)")
RECTIFICATION: Final = Rule("A125", "四(四)")
MONTHS_A_YEAR: Final = 12
# What may make a centre stop (C2); a step that leads on has no cause of this kind.
CAUSES: Final[Mapping[Stage, frozenset[StageCause]]] = {
    Stage.SUSPENDED: frozenset(
        {StageCause.FALSIFICATION, StageCause.ABNORMAL_LIST, StageCause.OTHER}
    ),
    Stage.DELISTED: frozenset({StageCause.FALSIFICATION, StageCause.OTHER}),
    Stage.DISSOLVED: frozenset(
        {StageCause.ENTITY_DEREGISTERED, StageCause.CONSORTIUM_ENDED, StageCause.OTHER}
    ),
}
STOPS: Final = (Stage.SUSPENDED, Stage.DISSOLVED)


class RatingKind(StrEnum):
    """Which judgement a rating comes from; one every year, one every third (A124)."""

    ANNUAL = "annual"
    TRIENNIAL = "triennial"


@dataclass(frozen=True, slots=True)
class PublishedRating:
    """A rating that evaluation has published, the version that stands."""

    year: int
    version: int
    rating: str
    total: str
    kind: RatingKind = RatingKind.ANNUAL
    result_id: str | None = None
    result_hash: str = ""


@dataclass(frozen=True, slots=True)
class Recommended:
    """Another person's word for a step; `gaps` lists what the national conditions still ask."""

    id: UUID
    person_id: UUID
    gaps: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Recheck:
    """What the on-site re-check at the end of a rectification found, and who signed it."""

    passed: bool
    person_id: UUID


@dataclass(frozen=True, slots=True)
class PilotFacts:
    """What the gate to the pilot stage looks at; `plan_parts` is `None` without a plan.

    `member_classes` gives each current member's class, `organs` what the legal person has shown.
    """

    entity_id: UUID | None
    seats: Mapping[BodyKind, Sequence[Seat]]
    member_classes: Mapping[UUID, str]
    votes_ppm: tuple[int, ...]
    plan_parts: frozenset[int] | None
    plan_adopted: bool
    agreement: AgreementFacts
    model: ModelType = ModelType.INSTITUTE
    horizon_years: int | None = None
    organs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """What evaluation found wanting and nobody has closed yet (A125)."""

    id: str
    year: int
    leaf: str | None
    matter: str
    state: str
    due_on: str

    @property
    def name(self) -> str:
        """Name it for a reader: year, indicator, and what is wanting."""
        return " ".join(part for part in (str(self.year), self.leaf, self.matter) if part)


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What the steps after the pilot look at, and who takes this one."""

    actor_id: UUID
    ratings: tuple[PublishedRating, ...] = ()
    summary_filed: bool = False
    themes: frozenset[str] = frozenset()
    themes_reported: frozenset[str] = frozenset()
    dossier_filed: bool = False
    recommended: Recommended | None = None
    recheck: Recheck | None = None
    doc_no: str | None = None
    # Holds that nobody has decided on, and the years behind the recommendation that have moved.
    holds: int = 0
    moved: tuple[int, ...] = ()
    findings: tuple[OpenFinding, ...] = ()


def told_rating(rating: PublishedRating) -> dict[str, Any]:
    """Give what a decision keeps of a rating that it rests on (A133)."""
    return {
        "kind": rating.kind.value,
        "year": rating.year,
        "version": rating.version,
        "rating": rating.rating,
        "total": rating.total,
        "result_id": rating.result_id,
        "result_hash": rating.result_hash,
    }


@dataclass(frozen=True, slots=True)
class Told:
    """What the neighbours told of a centre for one decision; `kept` goes into its record."""

    agreement: AgreementFacts
    ratings: tuple[PublishedRating, ...] = ()
    findings: tuple[OpenFinding, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)


def pilot_checks(policy: Policy, facts: PilotFacts) -> list[Check]:
    """Check everything that a pilot centre has: entity, bodies, votes, plan, agreement (A056)."""
    seats = facts.seats.get(BodyKind.DECISION, ())
    return [
        *entity_checks(facts.entity_id),
        *decision_body_checks(policy, seats, facts.member_classes.keys()),
        *committee_checks(policy, facts.seats.get(BodyKind.TECHNICAL_COMMITTEE, ())),
        *vote_checks(facts.votes_ppm, Kind.STATE),
        *adoption_checks(policy, facts.plan_parts, adopted=facts.plan_adopted),
        *agreement_checks(facts.agreement),
        *representation_checks(policy, seats, facts.member_classes),
        *organ_checks(policy, facts.organs),
        *horizon_checks(policy, facts.model, facts.horizon_years),
    ]


def latest(ratings: Collection[PublishedRating]) -> PublishedRating | None:
    """Give the rating of the newest year that was judged, a triennial one after its year's own."""
    order = sorted(ratings, key=lambda told: (told.year, told.kind is RatingKind.TRIENNIAL))
    return order[-1] if order else None


def two_person_checks(recommended: Recommended | None, actor_id: UUID) -> list[Check]:
    """Check that another person has recommended the step, of all who could (X03)."""
    alone = recommended is not None and recommended.person_id == actor_id
    return [
        PROCEDURE.check("RECOMMENDATION_MISSING", Kind.STATE, passed=recommended is not None),
        TWO_PEOPLE.check("SOD_VIOLATION", Kind.SCOPE, passed=not alone),
    ]


def summary_checks(policy: Policy, facts: StageFacts) -> list[Check]:
    """Check that the pilot's summary is filed, and warn of themes without a report (A102, A103)."""
    named = len(facts.themes) >= policy.value("A103", "min_themes")
    waiting = sorted(facts.themes - facts.themes_reported)
    return [
        SUMMARY.check("PILOT_SUMMARY_MISSING", Kind.STATE, passed=facts.summary_filed),
        policy.rule("A103").check(
            "THEME_REPORT_MISSING",
            Kind.STATE,
            passed=named and not waiting,
            severity=Severity.WARNING,
            missing=waiting,
        ),
    ]


def national_checks(policy: Policy, facts: StageFacts) -> list[Check]:
    """Check what a national candidate shows: a good result, its dossier, its gaps (A123, A133).

    A gap refuses nothing: the conditions are provisional, and the list travels with the step.
    """
    newest = latest(facts.ratings)
    lowest = policy.value("A133", "lowest_rating")
    gaps = None if facts.recommended is None else facts.recommended.gaps
    return [
        policy.rule("A133").check(
            "RATING_TOO_LOW",
            Kind.STATE,
            passed=newest is not None and at_least(newest.rating, lowest),
            lowest=lowest,
            ratings=[] if newest is None else [newest.rating],
        ),
        policy.rule("A123").check("DOSSIER_MISSING", Kind.STATE, passed=facts.dossier_filed),
        policy.rule("A134").check(
            "NATIONAL_GAPS",
            Kind.STATE,
            passed=not gaps,
            severity=Severity.WARNING,
            missing=list(gaps or ()),
        ),
    ]


def document_checks(policy: Policy, doc_no: str | None) -> list[Check]:
    """Check that the ministry's document is named (A137)."""
    return [
        policy.rule("A137").check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=bool(doc_no),
            pointer="/doc_no",
            field="doc_no",
        )
    ]


def unqualified_checks(facts: StageFacts) -> list[Check]:
    """Check that a rectification has its cause: the newest rating is unqualified."""
    newest = latest(facts.ratings)
    failed = newest is not None and newest.rating == "unqualified"
    rating = None if newest is None else newest.rating
    return [
        RECTIFICATION.check("STATE_CONFLICT", Kind.STATE, passed=failed, state=rating or "none")
    ]


def recheck_checks(facts: StageFacts, *, passed: bool) -> list[Check]:
    """Check that the re-check is in with the finding that the step needs, signed by another."""
    found = facts.recheck
    alone = found is not None and found.person_id == facts.actor_id
    return [
        RECTIFICATION.check(
            "RECHECK_MISSING",
            Kind.STATE,
            passed=found is not None and found.passed is passed,
            needed="passed" if passed else "failed",
        ),
        TWO_PEOPLE.check("SOD_VIOLATION", Kind.SCOPE, passed=not alone),
    ]


def findings_checks(findings: Sequence[OpenFinding]) -> list[Check]:
    """Check that everything evaluation found wanting is closed: else nothing is mended (A125)."""
    return [
        RECTIFICATION.check(
            "FINDINGS_OPEN",
            Kind.STATE,
            passed=not findings,
            findings=[one.name for one in findings],
            ids=[one.id for one in findings],
        )
    ]


def cause_checks(target: Stage, cause: StageCause | None) -> list[Check]:
    """Check that what made a centre stop is a cause of that step, and warn where none is named.

    The reason says it in words; the cause is what others count by.
    """
    fitting = CAUSES.get(target, frozenset())
    return [
        PROCEDURE.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=cause is None or cause in fitting,
            pointer="/cause",
            field="cause",
            expected=", ".join(sorted(fitting)),
        ),
        PROCEDURE.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=cause is not None or target not in STOPS,
            pointer="/cause",
            severity=Severity.WARNING,
            field="cause",
        ),
    ]


def needs_recommendation(stage: Stage, target: Stage) -> bool:
    """Tell whether a step follows another person's recommendation."""
    if stage is Stage.RECTIFYING:
        return False  # The re-check is the other person's word.
    if target is Stage.RECOGNIZED:
        return stage is Stage.PILOT
    return target is Stage.DELISTED or (
        target in {Stage.NATIONAL_CANDIDATE, Stage.NATIONAL} and stage is not Stage.SUSPENDED
    )


def substance_checks(
    policy: Policy, stage: Stage, target: Stage, pilot: PilotFacts, facts: StageFacts
) -> list[Check]:
    """Check what the target asks for, whoever takes the step; a return asks for nothing new."""
    if stage is Stage.RECTIFYING and target in {*RECTIFIABLE, Stage.DELISTED}:
        passed = target is not Stage.DELISTED
        closed = findings_checks(facts.findings) if passed else []
        return [*recheck_checks(facts, passed=passed), *closed]
    if stage is Stage.SUSPENDED or (stage, target) == (Stage.NATIONAL_CANDIDATE, Stage.RECOGNIZED):
        return []
    ratings = [told.rating for told in facts.ratings if told.kind is RatingKind.ANNUAL]
    asked: Mapping[Stage, Callable[[], list[Check]]] = {
        Stage.PILOT: lambda: pilot_checks(policy, pilot),
        Stage.RECOGNIZED: lambda: [
            *recognition_checks(policy, ratings),
            *summary_checks(policy, facts),
        ],
        Stage.NATIONAL_CANDIDATE: lambda: national_checks(policy, facts),
        Stage.NATIONAL: lambda: document_checks(policy, facts.doc_no),
        Stage.RECTIFYING: lambda: unqualified_checks(facts),
    }
    return asked[target]() if target in asked else []


def stage_checks(
    policy: Policy, standing: Standing, target: Stage, pilot: PilotFacts, facts: StageFacts
) -> list[Check]:
    """Check a step to another stage: what it asks for, who recommended it, that it exists.

    From an ended centre no step leads anywhere, and nothing else is told of one.
    """
    if standing.stage in ENDED:
        return move_checks(standing, target)
    checks = substance_checks(policy, standing.stage, target, pilot, facts)
    if needs_recommendation(standing.stage, target):
        checks += two_person_checks(facts.recommended, facts.actor_id)
    return [*checks, *move_checks(standing, target)]


def recommendation_checks(
    policy: Policy, standing: Standing, target: Stage, pilot: PilotFacts, facts: StageFacts
) -> list[Check]:
    """Check that a step may be recommended: it exists, needs it, and what it asks for stands.

    The ministry's document comes with the step itself.
    """
    wanted = needs_recommendation(standing.stage, target)
    asked = (
        []
        if target is Stage.NATIONAL
        else substance_checks(policy, standing.stage, target, pilot, facts)
    )
    return [
        *asked,
        PROCEDURE.check(
            "STATE_CONFLICT", Kind.STATE, passed=wanted, state=standing.stage.value, to=target.value
        ),
        *move_checks(standing, target),
    ]


# The way that leads on from a stage, and so what readiness judges when nothing is asked for.
ONWARD: Final[Mapping[Stage, Stage]] = {
    Stage.CANDIDATE: Stage.PREPARING,
    Stage.PREPARING: Stage.PILOT,
    Stage.PILOT: Stage.RECOGNIZED,
    Stage.RECOGNIZED: Stage.NATIONAL_CANDIDATE,
    Stage.NATIONAL_CANDIDATE: Stage.NATIONAL,
}


def onward(standing: Standing) -> Stage:
    """Give the stage that a centre works towards; an ended one stays what it is."""
    if standing.stage in ONWARD:
        return ONWARD[standing.stage]
    following = next_stages(standing)
    return following[0] if following else standing.stage


def who_acts(stage: Stage, target: Stage, facts: StageFacts, *, owes_plan: bool = False) -> str:
    """Name who acts next towards a stage: a role, or the duty of an official."""
    if target is Stage.PILOT and stage is Stage.PREPARING:
        return "member"
    if stage is Stage.RECTIFYING and target in {*RECTIFIABLE, Stage.DELISTED}:
        if owes_plan:
            return "member"
        return "approver" if facts.recheck is not None else "reviewer"
    if not needs_recommendation(stage, target) or facts.recommended is not None:
        return "approver"
    lacks_papers = (target is Stage.RECOGNIZED and not facts.summary_filed) or (
        target is Stage.NATIONAL_CANDIDATE and not facts.dossier_filed
    )
    return "member" if lacks_papers else "reviewer"


def last_working_day(calendar: WorkingDays, day: date) -> date:
    """Give the day on which a period ends: the next working day, when its last is none (X10)."""
    return day if calendar.is_working(day) else calendar.next_after(day)
