"""A site visit: a report of a day, which the experts who were there sign (A118, A121)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from evaluation.duties.rules import Capacity
from evaluation.experts.absence_rules import Days, away_checks
from evaluation.experts.rules import Candidate, conflict_checks, pool_checks
from evaluation.panels.rules import ReviewSubject, duty_checks
from evaluation.panels.rules import State as PanelState
from shared.expecting import no_earlier_than
from shared.rules import NOT_FOUND, Check, Kind, Policy, Rule, Said

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
        *duty_checks(subject, candidate, Capacity.SIGNER, pointer=pointer),
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
        *duty_checks(subject, candidate, Capacity.SIGNER),
    ]


def day_checks(visited_on: date, formed_on: date, today: date) -> list[Check]:
    """Check that the visit has taken place, since there were experts to go (C2).

    Both ends count: a panel may be formed, score and go on one day.
    """
    return [
        VISIT.past(visited_on, today, "/visited_on"),
        VISIT.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=formed_on <= visited_on,
            pointer="/visited_on",
            field="visited_on",
            expected=no_earlier_than(formed_on),
        ),
    ]


def file_checks(*, known: bool) -> list[Check]:
    """Check that the report is a file that the registry keeps."""
    return [VISIT.check("FILE_UNKNOWN", Kind.CONTENT, passed=known, pointer="/report_file_id")]


@dataclass(frozen=True, slots=True)
class VisitEvidence:
    """A file that shows what was seen, when and where it was taken; no hash: no such file.

    Degrees are exact; a place has both of them or none.
    """

    file_id: UUID
    sha256: str | None
    taken_at: datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None

    def content(self) -> dict[str, str | None]:
        """Give what is kept and signed."""
        return {
            "file_id": str(self.file_id),
            "sha256": self.sha256,
            "taken_at": None if self.taken_at is None else self.taken_at.isoformat(),
            "latitude": None if self.latitude is None else f"{self.latitude:f}",
            "longitude": None if self.longitude is None else f"{self.longitude:f}",
        }


def evidence_checks(evidence: Sequence[VisitEvidence], now: datetime) -> list[Check]:
    """Check what shows a visit: files that the registry keeps, each once, from here and by now.

    A picture may be older than its visit, as one of the state before; none is of a time to come.
    """
    named = [one.file_id for one in evidence]
    return [
        check
        for place, one in enumerate(evidence)
        for check in _evidence_checks(one, now, f"/evidence/{place}", named[:place])
    ]


def _evidence_checks(
    one: VisitEvidence, now: datetime, pointer: str, before: Sequence[UUID]
) -> list[Check]:
    told = {
        "file_id": (
            one.file_id not in before,
            Said("a file that is not named yet", "尚未列出的文件"),
        ),
        "taken_at": (
            one.taken_at is None or one.taken_at <= now,
            Said("not after now", "不晚于现在"),
        ),
        "latitude": (
            _within(one.latitude, one.longitude, 90),
            Said("-90 to 90, with a longitude", "-90 至 90，并注明经度"),
        ),
        "longitude": (
            _within(one.longitude, one.latitude, 180),
            Said("-180 to 180, with a latitude", "-180 至 180，并注明纬度"),
        ),
    }
    return [
        VISIT.check(
            "FILE_UNKNOWN", Kind.CONTENT, passed=one.sha256 is not None,
            pointer=f"{pointer}/file_id",
        ),
        *(
            VISIT.check(
                "FIELD_INVALID", Kind.CONTENT, passed=passed, pointer=f"{pointer}/{field}",
                field=field, expected=expected,
            )
            for field, (passed, expected) in told.items()
        ),
    ]  # fmt: skip


def _within(degrees: Decimal | None, other: Decimal | None, most: int) -> bool:
    """Tell whether one half of a place is on this earth; without it, the other is not there."""
    return other is None if degrees is None else abs(degrees) <= most


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
