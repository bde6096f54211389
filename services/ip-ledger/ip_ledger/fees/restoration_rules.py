"""When a right that lapsed comes back: the office restores it, within the law's times (恢复权利).

专利法实施细则6: within two months after the obstacle was removed, and two years after the term
ended, where it was force majeure; else, with a justified reason, within two months after the
office's notice. What ended with its whole term (专利法42), or by its owners' own declaration
(专利法44(1)(2)), does not come back. Another office has
times of its own: there its decision is taken as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from ip_ledger.assets.rules import DOMESTIC, ENDS, PATENTS, AbandonCause, AssetKind
from ip_ledger.assets.rules import State as AssetState
from ip_ledger.fees.rules import Payment
from ip_ledger.fees.schedule_rules import Fee
from shared.calendar import WorkingDays, months_after
from shared.rules import Check, Kind, Rule

RESTORING: Final = Rule("A043", "二(三)功能末段 · 专利法实施细则6")
MONTHS: Final = 2
MOST_MONTHS: Final = 24


class RestorationGround(StrEnum):
    """Why a term was missed (细则6)."""

    FORCE_MAJEURE = "force_majeure"
    JUSTIFIED = "justified"


@dataclass(frozen=True, slots=True)
class Restoration:
    """The office's decision, as it is reported, with the fees that were paid for it.

    `counted_from` is the day on which the obstacle was removed, or the notice received.
    """

    ground: RestorationGround
    counted_from: date
    requested_on: date
    decided_on: date
    decision_no: str
    request_fee_fen: int
    payer_id: UUID
    payments: tuple[Payment, ...]
    evidence: tuple[UUID, ...]
    sources: tuple[tuple[UUID, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """The right as it ended: its last day, the end of the term that was missed, its whole term."""

    kind: AssetKind
    jurisdiction: str
    state: AssetState
    former: AssetState | None
    last_on: date
    missed_on: date
    term_until: date | None
    cause: AbandonCause | None = None


def latest_request(
    ground: RestorationGround, counted_from: date, missed_on: date, calendar: WorkingDays
) -> date:
    """Give the last day on which restoring could be asked for; it ends on a working day (细则5)."""
    until = _worked(months_after(counted_from, MONTHS), calendar)
    if ground is RestorationGround.JUSTIFIED:
        return until
    return min(until, _worked(months_after(missed_on, MOST_MONTHS), calendar))


def _worked(day: date, calendar: WorkingDays) -> date:
    return day if calendar.is_working(day) else calendar.next_after(day)


def restoration_checks(
    one: Restoration, lost: Lost, owed: Sequence[Fee], calendar: WorkingDays, today: date
) -> list[Check]:
    """Check a restoration: a right that may come back, in time, with every fee that was missed.

    `owed` are the fees whose grace was over on the day of the decision.
    """
    may = (
        lost.state is AssetState.ABANDONED
        and lost.kind in PATENTS
        and lost.former is not None
        and lost.former not in ENDS
        # What its owners gave up by their own word was not lost by a term (专利法44(1)(2)).
        and lost.cause is not AbandonCause.DECLARED
    )
    until = latest_request(one.ground, one.counted_from, lost.missed_on, calendar)
    in_time = lost.jurisdiction != DOMESTIC or one.requested_on <= until
    days = (
        (lost.last_on, one.counted_from, "/counted_from"),
        (one.counted_from, one.requested_on, "/requested_on"),
        (one.requested_on, one.decided_on, "/decided_on"),
    )
    whole = lost.term_until is None or one.decided_on <= lost.term_until
    return [
        RESTORING.check("STATE_CONFLICT", Kind.STATE, passed=may, state=_told(lost)),
        RESTORING.check(
            "RIGHT_EXPIRED",
            Kind.STATE,
            passed=whole,
            pointer="/decided_on",
            until=None if lost.term_until is None else lost.term_until.isoformat(),
        ),
        RESTORING.check(
            "RESTORATION_TOO_LATE",
            Kind.STATE,
            passed=in_time,
            pointer="/requested_on",
            until=until.isoformat(),
        ),
        *(
            RESTORING.check(
                "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=before <= after, pointer=pointer
            )
            for before, after, pointer in days
        ),
        RESTORING.past(one.decided_on, today, "/decided_on"),
        *_payment_checks(one, owed),
    ]


def _told(lost: Lost) -> str:
    return lost.state.value if lost.cause is None else f"{lost.state.value}: {lost.cause.value}"


def _payment_checks(one: Restoration, owed: Sequence[Fee]) -> list[Check]:
    """Check that exactly the missed fees were paid, none after the decision."""
    paid = [payment.number for payment in one.payments]
    wanted = [fee.number for fee in owed]
    return [
        RESTORING.check(
            "FEE_NOT_OWED",
            Kind.STATE,
            passed=paid == wanted,
            pointer="/payments",
            next=next((number for number in wanted if number not in paid), None),
        ),
        *(
            RESTORING.check(
                "DAYS_OUT_OF_ORDER",
                Kind.CONTENT,
                passed=payment.paid_on <= one.decided_on,
                pointer=f"/payments/{place}/paid_on",
            )
            for place, payment in enumerate(one.payments)
        ),
    ]


def missed(fees: Sequence[Fee], first_number: int | None, decided_on: date) -> list[Fee]:
    """Give the fees from one on whose grace was over on the day of the decision."""
    if first_number is None:
        return []
    return [fee for fee in fees if fee.number >= first_number and fee.grace_until < decided_on]
