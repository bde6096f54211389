"""When a panel is complete: how many experts, which fields, no tie, no second duty (A120, X03)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from evaluation.duties.rules import Capacity, Duty, SubjectType, separation_checks
from evaluation.experts.absence_rules import Days, away_checks
from evaluation.experts.rules import Candidate, ExpertField, Interests, conflict_checks, pool_checks
from evaluation.panels.item_rules import APPLICATION_INDICATORS
from shared.expecting import between
from shared.rules import NOT_FOUND, Check, Kind, Policy, Rule

REVIEW: Final = Rule("A121", "四(三)2")
# No panel works longer, whoever says by when: a last day beyond it is a slip of the pen.
MOST_PANEL_DAYS: Final = 366
# The state of the registry's application in which a panel is formed (C2).
READY_FOR_PANEL: Final = "accepted"


class State(StrEnum):
    """A panel works, waits for a vacant seat to be filled, or has every sheet."""

    FORMED = "formed"
    INCOMPLETE = "incomplete"
    COMPLETED = "completed"


class Event(StrEnum):
    """What happens to a panel."""

    VACATE = "vacate"
    REFILL = "refill"
    COMPLETE = "complete"
    REOPEN = "reopen"


# A panel with two vacant seats is still incomplete after the first is filled: REFILL is the last.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.FORMED, Event.VACATE): State.INCOMPLETE,
    (State.INCOMPLETE, Event.VACATE): State.INCOMPLETE,
    (State.INCOMPLETE, Event.REFILL): State.FORMED,
    (State.FORMED, Event.COMPLETE): State.COMPLETED,
    (State.COMPLETED, Event.REOPEN): State.INCOMPLETE,
}


@dataclass(frozen=True, slots=True)
class ReviewSubject:
    """What is reviewed, as the service that owns it says: whose it is and who acted in it.

    `state` is the owner's own word; `round` counts the submissions of an application.
    """

    subject_type: SubjectType
    subject_id: UUID
    round: int
    state: str
    interests: Interests
    duties: tuple[Duty, ...]
    indicators: tuple[str, ...] = APPLICATION_INDICATORS
    applicant_org_id: UUID | None = None
    snapshot_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The experts asked for, in the order of the body; unknown ids are absent from `known`."""

    expert_ids: tuple[UUID, ...]
    known: Mapping[UUID, Candidate]

    @property
    def candidates(self) -> list[tuple[str, Candidate]]:
        """Give each known expert with its place in the body."""
        return [
            (f"/expert_ids/{place}", self.known[expert_id])
            for place, expert_id in enumerate(self.expert_ids)
            if expert_id in self.known
        ]


def last_day(policy: Policy, today: date, until_on: date | None) -> date:
    """Give the last day of a panel's work: the one that was named, or as the policy says (A120)."""
    return until_on or today + timedelta(days=int(policy.value("A120", "panel_days")))


def work_of(today: date, until_on: date) -> Days:
    """Give the days of a panel's work from today on; one that was to be done before works today."""
    return Days(today, max(today, until_on))


def work_checks(until_on: date | None, today: date) -> list[Check]:
    """Check that the last day of a panel's work is today or a day within a year."""
    latest = today + timedelta(days=MOST_PANEL_DAYS)
    return [
        REVIEW.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=until_on is None or today <= until_on <= latest,
            pointer="/until_on",
            field="until_on",
            expected=between(today, latest),
        )
    ]


def forming_checks(
    policy: Policy, subject: ReviewSubject, request: Request, work: Days
) -> list[Check]:
    """Judge a whole panel: every expert and every rule, so that one answer names all conflicts."""
    return [
        *_known_checks(request),
        *composition_checks(policy, [candidate.field for _, candidate in request.candidates]),
        *repeated_checks(request.candidates),
        *(
            check
            for pointer, candidate in request.candidates
            for check in member_checks(policy, subject, candidate, work, pointer=pointer)
        ),
    ]


def composition_checks(policy: Policy, fields: Sequence[ExpertField]) -> list[Check]:
    """Check that a panel has an odd number of at least five experts over all fields (A120)."""
    rule = policy.rule("A120")
    least = int(policy.value("A120", "min_experts"))
    missing = [field for field in policy.value("A120", "fields") if field not in fields]
    return [
        rule.check(
            "PANEL_SIZE",
            Kind.CONTENT,
            passed=len(fields) >= least and len(fields) % 2 == 1,
            pointer="/expert_ids",
            min=least,
            count=len(fields),
        ),
        rule.check(
            "PANEL_FIELD_MISSING",
            Kind.CONTENT,
            passed=not missing,
            pointer="/expert_ids",
            missing=missing,
        ),
    ]


def repeated_checks(
    named: Sequence[tuple[str, Candidate]], sitting: Iterable[Candidate] = ()
) -> list[Check]:
    """Check that nobody takes two seats of a panel, under whatever account he was entered (X03)."""
    seen = {person for one in sitting for person in one.people}
    checks = []
    for pointer, candidate in named:
        checks.append(
            REVIEW.check(
                "EXPERT_REPEATED",
                Kind.CONTENT,
                passed=seen.isdisjoint(candidate.people),
                pointer=pointer,
            )
        )
        seen |= candidate.people
    return checks


def twin_checks(
    held: Iterable[tuple[UUID, UUID]], persons: Mapping[UUID, Sequence[UUID]]
) -> dict[UUID, Check]:
    """Find the later ones of two seats that one person holds on a panel, by seat (X03).

    `held` are seat and account in the order of seating; that two accounts are one person may
    become known when both have scored.
    """
    first: dict[UUID, UUID] = {}
    found = {}
    for seat_id, account in held:
        person = min(persons.get(account, (account,)))
        if person in first:
            found[seat_id] = REVIEW.check(
                "EXPERT_REPEATED", Kind.CONTENT, passed=False, beside=str(first[person])
            )
        first.setdefault(person, seat_id)
    return found


def member_checks(
    policy: Policy,
    subject: ReviewSubject,
    candidate: Candidate,
    work: Days,
    *,
    pointer: str | None = None,
) -> list[Check]:
    """Judge one expert for one subject: in the pool, there, no conflict, no other duty in the case.

    Ties are judged on the first day of the work, which is today.
    """
    return [
        *pool_checks(candidate, pointer=pointer),
        *away_checks(candidate.expert_id, candidate.away, work, pointer=pointer),
        *conflict_checks(policy, candidate, subject.interests, work.from_on, pointer=pointer),
        *duty_checks(subject, candidate, Capacity.SCORER, pointer=pointer),
    ]


def standing_checks(
    policy: Policy, subject: ReviewSubject, candidate: Candidate, today: date
) -> list[Check]:
    """Judge an expert who already sits on the panel: leaving the pool does not take the seat."""
    return [
        *conflict_checks(policy, candidate, subject.interests, today),
        *duty_checks(subject, candidate, Capacity.SCORER),
    ]


def duty_checks(
    subject: ReviewSubject, candidate: Candidate, capacity: Capacity, *, pointer: str | None = None
) -> list[Check]:
    """Check every account of the person: what he did under another one is his too (X03)."""
    return [
        check
        for person_id in sorted(candidate.people)
        for check in separation_checks(subject.duties, person_id, capacity, pointer=pointer)
    ]


def ready_checks(subject: ReviewSubject) -> list[Check]:
    """Check that an application waits for its panel; a case is judged by its own feature."""
    return [
        REVIEW.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=subject.state == READY_FOR_PANEL,
            state=subject.state,
        )
    ]


def pass_line(policy: Policy, subject_type: SubjectType) -> Decimal | None:
    """Give the mean that an application needs, on the scale 0-100; a case has none."""
    if subject_type is SubjectType.CASE:
        return None
    return Decimal(str(policy.value("A121", "pass_line")))


def refill_checks(state: State, vacant: Iterable[ExpertField], field: ExpertField) -> list[Check]:
    """Check that a vacant seat of this field waits for an expert."""
    waiting = Counter(vacant)
    return [
        REVIEW.check(
            "PANEL_FIELD_MISSING",
            Kind.CONTENT,
            passed=not waiting or waiting[field] > 0,
            pointer="/expert_id",
            missing=sorted(waiting),
        ),
        REVIEW.move(MOVES, state, Event.REFILL),
    ]


def seat_checks(*, vacated: bool) -> list[Check]:
    """Check that an expert still has his seat: who declined it or left it scores no more (A121)."""
    return [
        REVIEW.check(
            "STATE_CONFLICT", Kind.STATE, passed=not vacated, state="vacated" if vacated else "held"
        )
    ]


def answer_checks(state: State, *, answered: bool) -> list[Check]:
    """Check that a seat waits for its expert's answer, which is given once."""
    passed = not answered and state is not State.COMPLETED
    return [REVIEW.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]


def outsider_checks(*, sits: bool) -> list[Check]:
    """Check that who asks what experts come to is none of them (A121): to them it does not exist.

    Otherwise an expert who is an official, too, would know the others' means before his own sheet.
    """
    return [NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=not sits)]


def single_checks(subject_has_panel: State | None) -> list[Check]:
    """Check that the subject has no panel in this round yet."""
    return [
        REVIEW.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=subject_has_panel is None,
            state=None if subject_has_panel is None else subject_has_panel.value,
        )
    ]


def _known_checks(request: Request) -> list[Check]:
    return [
        NOT_FOUND.check(
            "NOT_FOUND",
            Kind.HIDDEN,
            passed=expert_id in request.known,
            pointer=f"/expert_ids/{place}",
        )
        for place, expert_id in enumerate(request.expert_ids)
    ]
