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


ACTIVE: Final = (
    Stage.PREPARING,
    Stage.PILOT,
    Stage.RECOGNIZED,
    Stage.NATIONAL_CANDIDATE,
    Stage.NATIONAL,
    Stage.RECTIFYING,
)
ENDED: Final = (Stage.DELISTED, Stage.DISSOLVED)

# From a stage to the stages that may follow it. A side state also remembers where it came from,
# and leads back there only.
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
    Stage.RECTIFYING: (
        Stage.PILOT,
        Stage.RECOGNIZED,
        Stage.DELISTED,
        Stage.SUSPENDED,
        Stage.DISSOLVED,
    ),
    Stage.SUSPENDED: (*ACTIVE, Stage.DELISTED, Stage.DISSOLVED),
    Stage.DELISTED: (),
    Stage.DISSOLVED: (),
}
# Listing alone makes a centre `preparing`, and a rating alone sends it to rectification.
NOT_BY_HAND: Final = frozenset({Stage.CANDIDATE, Stage.PREPARING, Stage.RECTIFYING})

GATE: Final = Rule("A102", "四(一)")
REGISTRATION: Final = Rule("A053", "三(二)")
AGREEMENT: Final = Rule("A084", "三(三)1-④")
LOCAL: Final = Rule("A051", "三(二)")
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


def move_checks(
    stage: Stage, target: Stage, *, came_from: Stage | None, by_hand: bool = True
) -> list[Check]:
    """Check that a stage may follow another one; a side state leads back where it came from."""
    allowed = target in MOVES[stage] and not (by_hand and target in NOT_BY_HAND)
    returning = stage in {Stage.RECTIFYING, Stage.SUSPENDED} and target in ACTIVE
    if returning:
        allowed = target in MOVES[stage] and target is came_from
    return [
        GATE.check("STATE_CONFLICT", Kind.STATE, passed=allowed, stage=stage.value, to=target.value)
    ]


def active_checks(stage: Stage) -> list[Check]:
    """Check that a centre is listed and at work: not a candidate, not ended, not suspended."""
    return [GATE.check("STATE_CONFLICT", Kind.STATE, passed=stage in ACTIVE, stage=stage.value)]


def attachment_checks(form: ApplicantForm, stage: Stage, entity_id: UUID | None) -> list[Check]:
    """Check that a consortium may still attach its new legal person (A053)."""
    open_for_it = form is ApplicantForm.CONSORTIUM and stage not in ENDED and entity_id is None
    return [
        REGISTRATION.check(
            "STATE_CONFLICT", Kind.STATE, passed=open_for_it, stage=stage.value, form=form.value
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
    return [Rule("X04", "architecture 8").check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=passed)]


def recognition_checks(policy: Policy, ratings: Collection[str]) -> list[Check]:
    """Check that a pilot has a published annual result of at least `qualified` (A102)."""
    enough = any(rating in {"excellent", "good", "qualified"} for rating in ratings)
    return [policy.rule("A102").check("RATING_TOO_LOW", Kind.STATE, passed=enough)]
