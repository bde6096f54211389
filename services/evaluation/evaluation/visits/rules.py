"""A site visit: a report of a day, which the experts who were there sign (A118, A121)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from evaluation.duties.rules import Capacity, separation_checks
from evaluation.experts.absence_rules import Days, away_checks
from evaluation.experts.rules import Candidate, conflict_checks, pool_checks
from evaluation.panels.rules import ReviewSubject
from evaluation.panels.rules import State as PanelState
from shared.rules import NOT_FOUND, Check, Kind, Policy, Rule

VISIT: Final = Rule("A118", "四(三)2")


class State(StrEnum):
    """A report waits for signatures, or has as many as it needs."""

    REPORTED = "reported"
    SIGNED = "signed"


class Event(StrEnum):
    """What happens to a report."""

    ENOUGH = "enough"
    CHANGE = "change"


# Later signatures change nothing; a changed report is another one, which nobody has signed.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.REPORTED, Event.ENOUGH): State.SIGNED,
    (State.REPORTED, Event.CHANGE): State.REPORTED,
    (State.SIGNED, Event.CHANGE): State.REPORTED,
}


def report_checks(
    policy: Policy,
    subject: ReviewSubject,
    expert_ids: Sequence[UUID],
    known: Mapping[UUID, Candidate],
    visited_on: date,
    today: date,
) -> list[Check]:
    """Judge who went: enough experts, each in the pool, there that day, without other interests."""
    rule = policy.rule("A121")
    least = int(policy.value("A121", "visit_signatures"))
    return [
        rule.check(
            "VISIT_EXPERTS_TOO_FEW",
            Kind.CONTENT,
            passed=len(expert_ids) >= least,
            pointer="/expert_ids",
            count=len(expert_ids),
            min=least,
        ),
        *(
            check
            for place, expert_id in enumerate(expert_ids)
            for check in _expert_checks(
                policy, subject, known.get(expert_id), visited_on, today, f"/expert_ids/{place}"
            )
        ),
    ]


def _expert_checks(
    policy: Policy,
    subject: ReviewSubject,
    candidate: Candidate | None,
    visited_on: date,
    today: date,
    pointer: str,
) -> list[Check]:
    if candidate is None:
        return [NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=False, pointer=pointer)]
    return [
        *pool_checks(candidate, pointer=pointer),
        *there_checks(candidate, visited_on, pointer=pointer),
        *conflict_checks(policy, candidate, subject.interests, today, pointer=pointer),
        *separation_checks(subject.duties, candidate.person_id, Capacity.SIGNER, pointer=pointer),
    ]


def there_checks(
    candidate: Candidate, visited_on: date, *, pointer: str | None = None
) -> list[Check]:
    """Check that an expert was not away on the day of a visit (A119): who was away saw nothing.

    An absence that was ended early ended on the day that was then said.
    """
    day = Days(visited_on, visited_on)
    return away_checks(candidate.expert_id, candidate.away, day, pointer=pointer)


def signer_checks(
    policy: Policy, subject: ReviewSubject, candidate: Candidate, visited_on: date, today: date
) -> list[Check]:
    """Judge the signer again on what is known now (X08), and whether he was there (A119)."""
    return [
        *there_checks(candidate, visited_on),
        *conflict_checks(policy, candidate, subject.interests, today),
        *separation_checks(subject.duties, candidate.person_id, Capacity.SIGNER),
    ]


def day_checks(visited_on: date, today: date) -> list[Check]:
    """Check that the visit has taken place."""
    return [VISIT.past(visited_on, today, "/visited_on")]


def file_checks(*, known: bool) -> list[Check]:
    """Check that the report is a file that the registry keeps."""
    return [VISIT.check("FILE_UNKNOWN", Kind.CONTENT, passed=known, pointer="/report_file_id")]


def review_checks(panel: PanelState | None) -> list[Check]:
    """Check that the panel has finished: the visit follows the review (C2)."""
    return [VISIT.check("REVIEW_MISSING", Kind.STATE, passed=panel is PanelState.COMPLETED)]


def single_checks(*, reported: bool) -> list[Check]:
    """Check that this round's visit is not reported yet; a report is changed, not repeated."""
    return [VISIT.check("STATE_CONFLICT", Kind.STATE, passed=not reported)]


def signature_checks(
    signed_by: Collection[UUID], expert_id: UUID, hash_given: str | None, hash_now: str
) -> list[Check]:
    """Check that the expert signs once, and signs the report as it is now."""
    return [
        VISIT.check("STATE_CONFLICT", Kind.STATE, passed=expert_id not in signed_by),
        VISIT.check(
            "TEXT_HASH_MISMATCH", Kind.STATE, passed=hash_given is None or hash_given == hash_now
        ),
    ]


def is_enough(policy: Policy, signatures: int) -> bool:
    """Tell whether a report has the signatures it needs."""
    return signatures >= int(policy.value("A121", "visit_signatures"))
