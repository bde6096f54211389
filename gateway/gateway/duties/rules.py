"""Who may give an official a duty, and who must agree (A099, X02, X03).

Two people for every duty: one proposes, an admin who is neither that one nor the official agrees.
Taking a duty away needs one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from gateway.identity.rules import Duty
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

LEAD: Final = Rule("A099", "四")
TWO_PEOPLE: Final = Rule("X03", "delivery")
OFFICIAL: Final = "official"
# Lending the power to give duties would be giving it.
NEVER_LENT: Final = frozenset({Duty.ADMIN})

AGREE: Final = TaskKind(
    "duty_grant.proposed",
    "有待确认的职责授权",
    "A grant of duties waits for a second admin",
    TWO_PEOPLE,
    "POST",
    "/v1/identity/duty-grants/{id}/confirm",
)


class GrantState(StrEnum):
    """How far a grant of duties has come."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ENDED = "ended"


class GrantEvent(StrEnum):
    """What happens to it."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    END = "end"


MOVES: Final[Mapping[tuple[GrantState, GrantEvent], GrantState]] = {
    (GrantState.PROPOSED, GrantEvent.CONFIRM): GrantState.CONFIRMED,
    (GrantState.PROPOSED, GrantEvent.REFUSE): GrantState.REFUSED,
    (GrantState.PROPOSED, GrantEvent.END): GrantState.ENDED,
    (GrantState.CONFIRMED, GrantEvent.END): GrantState.ENDED,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """Duties for an official over days that are both included; a lent one has a last day."""

    person_id: UUID
    duties: frozenset[Duty]
    first_on: date
    until_on: date | None
    lent: bool


def proposal_checks(
    proposal: Proposal,
    *,
    proposer: UUID,
    held_by_proposer: Collection[str],
    held_by_person: Collection[str],
    today: date,
) -> list[Check]:
    """Check a proposal: an admin's, or that of an official who lends his own duties."""
    lent, duties = proposal.lent, {duty.value for duty in proposal.duties}
    may = duties <= set(held_by_proposer) if lent else Duty.ADMIN in held_by_proposer
    ordered = proposal.until_on is None or proposal.until_on >= proposal.first_on
    return [
        LEAD.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may, pointer="/duties"),
        LEAD.check(
            "FORBIDDEN_SCOPE",
            Kind.SCOPE,
            passed=not lent or NEVER_LENT.isdisjoint(proposal.duties),
            pointer="/duties",
        ),
        TWO_PEOPLE.check("SOD_VIOLATION", Kind.SCOPE, passed=proposal.person_id != proposer),
        LEAD.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=proposal.first_on >= today and ordered,
            pointer="/first_on",
            field="first_on",
        ),
        LEAD.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=not lent or proposal.until_on is not None,
            pointer="/until_on",
            field="until_on",
        ),
        LEAD.check("OFFICIAL_REQUIRED", Kind.STATE, passed=not lent or OFFICIAL in held_by_person),
        LEAD.check(
            "DUTY_HELD",
            Kind.STATE,
            passed=proposal.until_on is not None or duties.isdisjoint(held_by_person),
            pointer="/duties",
        ),
    ]


def decision_checks(
    state: GrantState, event: GrantEvent, *, proposer: UUID, person: UUID, deciding: UUID
) -> list[Check]:
    """Check that a second person decides, who is not the one who gains by it either."""
    return [
        TWO_PEOPLE.check("SOD_VIOLATION", Kind.SCOPE, passed=deciding not in {proposer, person}),
        LEAD.move(MOVES, state, event),
    ]


def end_checks(state: GrantState, *, ends_admin: bool, others: int, least: int) -> list[Check]:
    """Check that a grant has not ended yet, and that enough admins are left behind it."""
    return [
        LEAD.move(MOVES, state, GrantEvent.END),
        *admin_checks(ends_admin=ends_admin, others=others, least=least),
    ]


def admin_checks(*, ends_admin: bool, others: int, least: int) -> list[Check]:
    """Check that admins are left: where a duty takes two people, one alone could give none."""
    enough = not ends_admin or others >= least
    return [TWO_PEOPLE.check("ADMINS_TOO_FEW", Kind.STATE, passed=enough, least=least)]


def least_admins(*, by_two: bool) -> int:
    """Give how many admins stay: with two, one gives a third his duty and the other agrees."""
    return 2 if by_two else 1
