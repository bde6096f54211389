"""When a published result is void: for a falsehood, and by two people (X14)."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from evaluation.results.leaf_rules import RatingGate
from evaluation.schemes.rules import Rating, digest
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

BAD_FAITH: Final = Rule("X14", "上海科创条例58")
APART: Final = Rule("X03", "delivery")


class Ground(StrEnum):
    """What was false. An exploratory project that failed honestly is no ground."""

    FORGED_EVIDENCE = "forged_evidence"
    FABRICATED_FACTS = "fabricated_facts"
    FALSE_ACCOUNTS = "false_accounts"
    CONCEALED_FACTS = "concealed_facts"


class State(StrEnum):
    """Where the voiding of a result stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"


class Event(StrEnum):
    """How a proposal is decided."""

    CONFIRM = "confirm"
    DROP = "drop"


# The whole machine: a pair that is absent is refused, so that a decision is made once.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.PROPOSED, Event.CONFIRM): State.CONFIRMED,
    (State.PROPOSED, Event.DROP): State.DROPPED,
}
DECIDE_TASK: Final = TaskKind(
    "voiding.decide",
    "决定是否将评估结果作废",
    "Decide whether a result is void",
    BAD_FAITH,
    "POST",
    "/v1/evaluation/voidings/{id}/decision",
)


def decision_checks(state: State, event: Event) -> list[Check]:
    """Check that a proposal still waits for its decision."""
    return [BAD_FAITH.move(MOVES, state, event)]


def two_people_checks(proposed_by: UUID, deciding: UUID) -> list[Check]:
    """Check that who proposed does not decide."""
    return [
        APART.check("SOD_VIOLATION", Kind.SCOPE, passed=proposed_by != deciding, held=["proposer"])
    ]


def own_act_checks(published_by: Collection[UUID], deciding: UUID) -> list[Check]:
    """Check that who approved a publication of the case does not judge that act of his (X03)."""
    return [
        APART.check(
            "SOD_VIOLATION",
            Kind.SCOPE,
            passed=deciding not in published_by,
            held=["publisher"],
            acting_as="approver",
        )
    ]


def ground_checks(result_id: UUID, standing_id: UUID) -> list[Check]:
    """Check that the version to be voided is the one that stands published."""
    return [BAD_FAITH.check("STALE_INPUT", Kind.STATE, passed=result_id == standing_id)]


def voided(document: Mapping[str, Any], result_hash: str, ground: Ground) -> dict[str, Any]:
    """Give the document of a void result: no points, unqualified, and what it takes the place of.

    What each leaf had measured stays, so that the void version explains itself.
    """
    gates = {*document.get("gates", ()), RatingGate.REPORT_FALSIFIED.value}
    return {
        **document,
        "total": "0.00",
        "rounding": "0.00",
        "rating": Rating.UNQUALIFIED.value,
        "gates": sorted(gates),
        "near_boundary": False,
        "hinges_on_sheet": False,
        "voids": {"result_hash": result_hash, "ground": ground.value},
    }


def hash_of(document: Mapping[str, Any]) -> str:
    """Name a document by its hash."""
    return digest(document)
