"""The stages of a centre, and what must be there before it moves on.

A centre exists from the first draft of its application. Listing makes it `preparing`; the pilot
stage opens when its legal entity, its bodies, its votes, its plan and its agreement stand.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Policy, Rule


class ModelType(StrEnum):
    """The three ways to found a centre, named by who leads it (A057)."""

    ENTERPRISE = "enterprise"
    INSTITUTE = "institute"
    PLATFORM = "platform"


class ApplicantForm(StrEnum):
    """Whether a centre applies with a legal person of its own or as a consortium (A052)."""

    LEGAL_ENTITY = "legal_entity"
    CONSORTIUM = "consortium"


class Level(StrEnum):
    """On whose list a centre stands (A137)."""

    MUNICIPAL = "municipal"
    NATIONAL = "national"


class Stage(StrEnum):
    """Where a centre stands; `rectifying` and `suspended` are side states."""

    CANDIDATE = "candidate"
    PREPARING = "preparing"
    PILOT = "pilot"
    RECOGNIZED = "recognized"
    NATIONAL_CANDIDATE = "national_candidate"
    NATIONAL = "national"
    RECTIFYING = "rectifying"
    SUSPENDED = "suspended"
    DELISTED = "delisted"
    DISSOLVED = "dissolved"


class StageCause(StrEnum):
    """What made a centre stop (C2)."""

    FALSIFICATION = "falsification"
    ABNORMAL_LIST = "abnormal_list"
    ENTITY_DEREGISTERED = "entity_deregistered"
    CONSORTIUM_ENDED = "consortium_ended"
    OTHER = "other"


ACTIVE: Final = (
    Stage.PREPARING,
    Stage.PILOT,
    Stage.RECOGNIZED,
    Stage.NATIONAL_CANDIDATE,
    Stage.NATIONAL,
    Stage.RECTIFYING,
)
ENDED: Final = (Stage.DELISTED, Stage.DISSOLVED)
# Support stands still while a centre rectifies.
SUPPORTED: Final = tuple(stage for stage in ACTIVE if stage is not Stage.RECTIFYING)
RECTIFIABLE: Final = (Stage.PILOT, Stage.RECOGNIZED)

# From a stage to the stages that may follow it. A side state also remembers where it came from,
# and leads back there only (`next_stages`).
MOVES: Final[Mapping[Stage, tuple[Stage, ...]]] = {
    # Listing is the only way out of candidacy that leads on: no pilot without review (A118).
    Stage.CANDIDATE: (Stage.PREPARING, Stage.DISSOLVED),
    Stage.PREPARING: (Stage.PILOT, Stage.SUSPENDED, Stage.DISSOLVED),
    Stage.PILOT: (Stage.RECOGNIZED, Stage.RECTIFYING, Stage.SUSPENDED, Stage.DISSOLVED),
    Stage.RECOGNIZED: (
        Stage.NATIONAL_CANDIDATE,
        Stage.RECTIFYING,
        Stage.SUSPENDED,
        Stage.DISSOLVED,
    ),
    Stage.NATIONAL_CANDIDATE: (
        Stage.NATIONAL,
        Stage.RECOGNIZED,
        Stage.SUSPENDED,
        Stage.DISSOLVED,
    ),
    Stage.NATIONAL: (Stage.SUSPENDED, Stage.DISSOLVED),
    Stage.RECTIFYING: (*RECTIFIABLE, Stage.DELISTED, Stage.SUSPENDED, Stage.DISSOLVED),
    Stage.SUSPENDED: (*ACTIVE, Stage.DELISTED, Stage.DISSOLVED),
    Stage.DELISTED: (),
    Stage.DISSOLVED: (),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a centre stands, and where its side states lead back to.

    `came_from` is what was suspended, `rectified_from` what is being rectified; a rectification
    that is suspended has both. Of a centre taken over from elsewhere they may be unknown.
    """

    stage: Stage
    came_from: Stage | None = None
    rectified_from: Stage | None = None


def next_stages(standing: Standing) -> tuple[Stage, ...]:
    """Give the stages that may follow, in the order of the table."""
    back: Collection[Stage] = ACTIVE
    if standing.stage is Stage.SUSPENDED and standing.came_from is not None:
        back = (standing.came_from,)
    if standing.stage is Stage.RECTIFYING and standing.rectified_from is not None:
        back = (standing.rectified_from,)
    if standing.stage not in {Stage.SUSPENDED, Stage.RECTIFYING}:
        return MOVES[standing.stage]
    return tuple(to for to in MOVES[standing.stage] if to not in ACTIVE or to in back)


def after(standing: Standing, target: Stage) -> Standing:
    """Give where a centre stands after a step that was checked."""
    if target is Stage.SUSPENDED:
        return Standing(target, standing.stage, standing.rectified_from)
    if target is Stage.RECTIFYING:
        resumed = standing.stage is Stage.SUSPENDED
        return Standing(target, None, standing.rectified_from if resumed else standing.stage)
    return Standing(target)


GATE: Final = Rule("A102", "四(一)")
REGISTRATION: Final = Rule("A053", "三(二)")
RECTIFYING: Final = Rule("A125", "四(四)")
AGREEMENT: Final = Rule("A084", "三(三)1-④")
# From the best to the worst.
RANKS: Final = ("excellent", "good", "qualified", "unqualified")
REQUIRED_CLAUSES: Final = ("joint_development", "complementarity", "result_sharing", "risk_sharing")


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """The agreement in force as the ip-ledger told it; `missing_clauses` of the four (A024)."""

    in_force: bool
    missing_clauses: tuple[str, ...] = ()


def missing_clauses(clauses: Mapping[str, object]) -> tuple[str, ...]:
    """Name the mandatory clauses that an agreement does not carry (A024)."""
    return tuple(name for name in REQUIRED_CLAUSES if not clauses.get(name))


def agreement_checks(agreement: AgreementFacts) -> list[Check]:
    """Check that an agreement on intellectual property stands, with all its clauses (A084)."""
    checks = [AGREEMENT.check("IP_AGREEMENT_MISSING", Kind.STATE, passed=agreement.in_force)]
    if not agreement.in_force:
        return checks
    return checks + [
        AGREEMENT.check("IP_AGREEMENT_MISSING", Kind.STATE, passed=False, clause=clause)
        for clause in agreement.missing_clauses
    ]


def entity_checks(entity_id: UUID | None) -> list[Check]:
    """Check that the centre has a legal person of its own (A053)."""
    return [
        REGISTRATION.check("CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=entity_id is not None)
    ]


def move_checks(standing: Standing, target: Stage, *, by_hand: bool = True) -> list[Check]:
    """Check that a stage may follow; a candidate moves with its application alone."""
    stage = standing.stage
    allowed = target in next_stages(standing) and not (by_hand and stage is Stage.CANDIDATE)
    return [
        GATE.check("STATE_CONFLICT", Kind.STATE, passed=allowed, state=stage.value, to=target.value)
    ]


def writable_checks(stage: Stage) -> list[Check]:
    """Check that a centre's own people may still change it: not suspended, not ended (A102)."""
    passed = stage is not Stage.SUSPENDED and stage not in ENDED
    return [GATE.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=stage.value)]


@dataclass(frozen=True, slots=True)
class SupportStanding:
    """What support looks at: the stage, whether it is listed, the duties whose day is over."""

    stage: Stage
    listed: bool
    overdue: tuple[str, ...] = ()


def support_checks(standing: SupportStanding) -> list[Check]:
    """Check that support may go on: listed (A139), nothing overdue.

    It stands still while the centre rectifies or is suspended, and ends with the centre.
    """
    able = standing.listed and standing.stage in SUPPORTED
    return [
        Rule("A139", "五(二)").check(
            "STATE_CONFLICT", Kind.STATE, passed=able, state=standing.stage.value
        ),
        REGISTRATION.check(
            "MILESTONE_OVERDUE",
            Kind.STATE,
            passed=not standing.overdue,
            milestones=list(standing.overdue),
        ),
    ]


def active_checks(stage: Stage) -> list[Check]:
    """Check that a centre is listed and at work: not a candidate, not ended, not suspended."""
    return [GATE.check("STATE_CONFLICT", Kind.STATE, passed=stage in ACTIVE, state=stage.value)]


def attachment_checks(form: ApplicantForm, stage: Stage, entity_id: UUID | None) -> list[Check]:
    """Check that a consortium may still attach its new legal person (A053), unless suspended."""
    closed = (*ENDED, Stage.SUSPENDED)
    open_for_it = form is ApplicantForm.CONSORTIUM and stage not in closed and entity_id is None
    return [
        REGISTRATION.check(
            "STATE_CONFLICT", Kind.STATE, passed=open_for_it, state=stage.value, form=form.value
        )
    ]


def center_code(number: int) -> str:
    """Give the code that people use for a listed centre: `C01`, `C11`, `C123`."""
    return f"C{number:02d}"


def stage_scope_checks(
    target: Stage, acting_id: UUID | None, own: Collection[UUID | None], *, is_approver: bool
) -> list[Check]:
    """Check who may move a centre: itself into the pilot stage, an approver anywhere."""
    itself = target is Stage.PILOT and acting_id is not None and acting_id in own
    return [GATE.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=is_approver or itself)]


def scope_checks(acting_id: UUID | None, allowed: Collection[UUID | None]) -> list[Check]:
    """Check that the acting organization speaks for the centre: its entity, trustee or lead."""
    passed = acting_id is not None and acting_id in allowed
    return [Rule("X04", "delivery").check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=passed)]


def at_least(rating: str, lowest: str) -> bool:
    """Tell whether a rating reaches another one; an unknown word reaches none."""
    known = rating in RANKS and lowest in RANKS
    return known and RANKS.index(rating) <= RANKS.index(lowest)


def recognition_checks(policy: Policy, ratings: Collection[str]) -> list[Check]:
    """Check that a pilot has a published annual result of at least `qualified` (A102)."""
    lowest = policy.value("A102", "lowest_rating")
    enough = any(at_least(rating, lowest) for rating in ratings)
    return [
        policy.rule("A102").check(
            "RATING_TOO_LOW", Kind.STATE, passed=enough, lowest=lowest, ratings=sorted(ratings)
        )
    ]
