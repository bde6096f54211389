"""The development plan of a centre: five parts, yearly targets, versions that are never edited.

The first version comes with the application and is filed by the listing. Every later one is
drafted by the centre, approved by a resolution of its decision body, and filed; before the pilot
stage the decision body adopts the plan in force too.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.centers.rules import (
    AgreementFacts,
    Stage,
    agreement_checks,
    entity_checks,
    move_checks,
    recognition_checks,
)
from shared.rules import Check, Kind, Policy, Rule

PLAN: Final = Rule("A082", "三(三)1-③")
VOTES: Final = Rule("A085", "三(三)1-④")
ADVICE: Final = Rule("A079", "三(三)1-②")
WHOLE_PPM: Final = 1_000_000


class PlanState(StrEnum):
    """Where a version of the plan stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    FILED = "filed"


class PlanEvent(StrEnum):
    """What may happen to a version of the plan."""

    APPROVE = "approve"
    FILE = "file"
    LIST = "list"


PLAN_MOVES: Final[Mapping[tuple[PlanState, PlanEvent], PlanState]] = {
    (PlanState.DRAFT, PlanEvent.APPROVE): PlanState.APPROVED,
    (PlanState.DRAFT, PlanEvent.LIST): PlanState.FILED,
    (PlanState.APPROVED, PlanEvent.FILE): PlanState.FILED,
    (PlanState.APPROVED, PlanEvent.LIST): PlanState.FILED,
    # Adopting what the listing filed changes its resolution, not its state.
    (PlanState.FILED, PlanEvent.APPROVE): PlanState.FILED,
}


class BodyKind(StrEnum):
    """The bodies of a centre; a committee advises and decides nothing (A079)."""

    DECISION = "decision"
    TECHNICAL_COMMITTEE = "technical_committee"


class Sector(StrEnum):
    """For which sector a seat speaks."""

    INDUSTRY = "industry"
    SCIENCE = "science"
    GOVERNMENT = "government"


class Organ(StrEnum):
    """The organs in which votes are held."""

    SHAREHOLDERS = "shareholders"
    BOARD = "board"


class VoteBasis(StrEnum):
    """On what a vote share rests (A085)."""

    CAPITAL_RATIO = "capital_ratio"
    ONE_SEAT = "one_seat"
    CHARTER = "charter"


class Matter(StrEnum):
    """What a resolution is about (A078)."""

    STRATEGY = "strategy"
    INVESTMENT = "investment"
    PERSONNEL = "personnel"
    CONSTRUCTION = "construction"
    PLAN = "plan"
    CAPITAL_CHANGE = "capital_change"
    CHARTER_CHANGE = "charter_change"
    DIRECTION = "direction"


# Capital and charter need two thirds, anything else more than half (C7 vector 9).
QUALIFIED: Final = frozenset({Matter.CAPITAL_CHANGE, Matter.CHARTER_CHANGE})


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat as the rules see it; `org_id` is whom its holder works for, if anyone."""

    sector: Sector
    org_id: UUID | None
    independent: bool
    appointing_agency: str | None = None


@dataclass(frozen=True, slots=True)
class PilotFacts:
    """What the gate to the pilot stage looks at; `plan_parts` is `None` without a plan."""

    entity_id: UUID | None
    seats: Mapping[BodyKind, Sequence[Seat]]
    member_ids: frozenset[UUID]
    votes_ppm: tuple[int, ...]
    plan_parts: frozenset[int] | None
    plan_adopted: bool
    agreement: AgreementFacts
    ratings: tuple[str, ...] = ()


def pilot_checks(policy: Policy, facts: PilotFacts) -> list[Check]:
    """Check everything that a pilot centre has: entity, bodies, votes, plan, agreement (A056)."""
    return [
        *entity_checks(facts.entity_id),
        *decision_body_checks(policy, facts.seats[BodyKind.DECISION], facts.member_ids),
        *committee_checks(policy, facts.seats[BodyKind.TECHNICAL_COMMITTEE]),
        *vote_checks(facts.votes_ppm, Kind.STATE),
        *adoption_checks(policy, facts.plan_parts, adopted=facts.plan_adopted),
        *agreement_checks(facts.agreement),
    ]


def stage_checks(
    policy: Policy, stage: Stage, target: Stage, came_from: Stage | None, facts: PilotFacts
) -> list[Check]:
    """Check a step to another stage: what the stage asks for, and that the step exists."""
    asked: list[Check] = []
    if target is Stage.PILOT and stage is not Stage.RECTIFYING:
        asked = pilot_checks(policy, facts)
    if target is Stage.RECOGNIZED and stage is Stage.PILOT:
        asked = recognition_checks(policy, facts.ratings)
    return [*asked, *move_checks(stage, target, came_from=came_from)]


def editing_checks(state: PlanState) -> list[Check]:
    """Check that a version may still be changed; a filed one never is (A082)."""
    return [
        PLAN.check("STATE_CONFLICT", Kind.STATE, passed=state is PlanState.DRAFT, state=state.value)
    ]


def plan_move_checks(state: PlanState, event: PlanEvent) -> list[Check]:
    """Check that a version may take a step (A082)."""
    passed = (state, event) in PLAN_MOVES
    return [PLAN.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]


def part_checks(policy: Policy, parts: Collection[int]) -> list[Check]:
    """Check that a plan has its five parts (A083)."""
    missing = [part for part in policy.value("A083", "parts") if part not in parts]
    return [
        policy.rule("A083").check(
            "PLAN_PART_MISSING",
            Kind.STATE,
            passed=not missing,
            pointer="/plan/parts",
            missing=missing,
        )
    ]


def adoption_checks(policy: Policy, parts: Collection[int] | None, *, adopted: bool) -> list[Check]:
    """Check for the pilot stage that a whole plan stands and the decision body has adopted it."""
    return [
        *part_checks(policy, parts or ()),
        PLAN.check("PLAN_NOT_APPROVED", Kind.STATE, passed=parts is not None and adopted),
    ]


def seat_checks(kind: BodyKind, seat: Seat, member_ids: Collection[UUID]) -> list[Check]:
    """Check one seat: an independent one has no tie to a member, a government one its agency."""
    tied = seat.independent and seat.org_id is not None and seat.org_id in member_ids
    named = seat.sector is not Sector.GOVERNMENT or bool(seat.appointing_agency)
    return [
        Rule("A076", "三(三)1-①").check(
            "INDEPENDENCE_BROKEN", Kind.CONTENT, passed=not tied, pointer="/org_id"
        ),
        Rule("A080", "三(三)1-②").check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=named,
            pointer="/appointing_agency",
            field="appointing_agency",
            body=kind.value,
        ),
    ]


def decision_body_checks(
    policy: Policy, seats: Sequence[Seat], member_ids: Collection[UUID]
) -> list[Check]:
    """Check for independent persons of industry and of science in the decision body (A076)."""
    free = [
        seat
        for seat in seats
        if seat.independent and (seat.org_id is None or seat.org_id not in member_ids)
    ]
    industry = sum(seat.sector is Sector.INDUSTRY for seat in free)
    science = sum(seat.sector is Sector.SCIENCE for seat in free)
    missing = []
    if industry < policy.value("A076", "min_industry"):
        missing.append("independent_industry")
    if science < policy.value("A076", "min_science"):
        missing.append("independent_science")
    return [_body_check(policy.rule("A076"), missing)]


def committee_checks(policy: Policy, seats: Sequence[Seat]) -> list[Check]:
    """Check that science, industry and government each sit in the committee (A080)."""
    least = policy.value("A080", "min_per_sector")
    missing = [
        f"committee_{sector.value}"
        for sector in Sector
        if sum(seat.sector is sector for seat in seats) < least
    ]
    return [_body_check(policy.rule("A080"), missing)]


def _body_check(rule: Rule, missing: Sequence[str]) -> Check:
    return rule.check("GOV_BODY_COMPOSITION", Kind.STATE, passed=not missing, missing=list(missing))


def vote_checks(shares_ppm: Collection[int], kind: Kind = Kind.CONTENT) -> list[Check]:
    """Check that the votes of an organ sum to all of them (A085)."""
    total = sum(shares_ppm)
    return [
        VOTES.check(
            "VOTES_NOT_100", kind, passed=total == WHOLE_PPM, pointer="/votes", sum_ppm=total
        )
    ]


def holder_checks(holder_ids: Sequence[UUID], known: Collection[UUID]) -> list[Check]:
    """Check that each holder of votes is in the register, and in the table once (A085)."""
    distinct = set(holder_ids)
    passed = len(distinct) == len(holder_ids) and distinct <= set(known)
    return [
        VOTES.check("FIELD_INVALID", Kind.CONTENT, passed=passed, pointer="/votes", field="votes")
    ]


def resolution_checks(kind: BodyKind, votes_ppm: Sequence[int] = ()) -> list[Check]:
    """Check that a body may resolve at all, and that no more votes fell than there are (A079)."""
    return [
        VOTES.check(
            "VOTES_NOT_100",
            Kind.CONTENT,
            passed=sum(votes_ppm) <= WHOLE_PPM,
            pointer="/for_ppm",
            sum_ppm=sum(votes_ppm),
        ),
        ADVICE.check(
            "GOV_BODY_COMPOSITION",
            Kind.CONTENT,
            passed=kind is BodyKind.DECISION,
            pointer="/body_id",
            missing=[] if kind is BodyKind.DECISION else ["decision_body"],
        ),
    ]


def passes(matter: Matter, for_ppm: int) -> bool:
    """Tell whether votes carry a matter: two thirds for capital and charter, else over half."""
    if matter in QUALIFIED:
        return 3 * for_ppm >= 2 * WHOLE_PPM
    return 2 * for_ppm > WHOLE_PPM
