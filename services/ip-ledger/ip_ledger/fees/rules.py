"""What becomes of a fee: paid in time, paid late, or the right that it kept alive has lapsed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from ip_ledger.assets.rules import State as AssetState
from ip_ledger.fees.schedule_rules import REMINDER_DAYS, EndsWith, Fee, Relief, Schedule
from shared.rules import Check, Kind, Rule
from shared.terms import next_on, reached

UPKEEP: Final = Rule("A043", "二(三)功能末段；专利法43、44")  # 加强知识产权保护运用
# What has been granted is kept alive by fees.
STANDING: Final = frozenset({AssetState.GRANTED, AssetState.MAINTAINED})


class FeeState(StrEnum):
    """Where a fee stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    PAID_LATE = "paid_late"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    # Paid after its grace, when the office brought the right back.
    RESTORED = "restored"


class FeeEvent(StrEnum):
    """What moves a fee."""

    PAY = "pay"
    PAY_LATE = "pay_late"
    FALL_DUE = "fall_due"
    LAPSE = "lapse"
    CANCEL = "cancel"
    RESTORE = "restore"
    REOPEN = "reopen"


# The whole machine: a pair that is absent is refused. A payment may be reported after the ledger
# took the fee for overdue, or the right for lapsed: what was paid at the office was paid.
MOVES: Final[Mapping[tuple[FeeState, FeeEvent], FeeState]] = {
    (FeeState.OPEN, FeeEvent.PAY): FeeState.PAID,
    (FeeState.OPEN, FeeEvent.PAY_LATE): FeeState.PAID_LATE,
    (FeeState.OPEN, FeeEvent.FALL_DUE): FeeState.OVERDUE,
    (FeeState.OPEN, FeeEvent.LAPSE): FeeState.LAPSED,
    (FeeState.OPEN, FeeEvent.CANCEL): FeeState.CANCELLED,
    (FeeState.OVERDUE, FeeEvent.PAY): FeeState.PAID,
    (FeeState.OVERDUE, FeeEvent.PAY_LATE): FeeState.PAID_LATE,
    (FeeState.OVERDUE, FeeEvent.LAPSE): FeeState.LAPSED,
    (FeeState.OVERDUE, FeeEvent.CANCEL): FeeState.CANCELLED,
    (FeeState.LAPSED, FeeEvent.PAY): FeeState.PAID,
    (FeeState.LAPSED, FeeEvent.PAY_LATE): FeeState.PAID_LATE,
    # The office restored the right: what was missed is paid with it, or is owed again.
    (FeeState.LAPSED, FeeEvent.RESTORE): FeeState.RESTORED,
    (FeeState.OPEN, FeeEvent.RESTORE): FeeState.RESTORED,
    (FeeState.CANCELLED, FeeEvent.RESTORE): FeeState.RESTORED,
    (FeeState.CANCELLED, FeeEvent.REOPEN): FeeState.OPEN,
}
OWED: Final = (FeeState.OPEN, FeeState.OVERDUE)
SETTLED: Final = (FeeState.PAID, FeeState.PAID_LATE, FeeState.RESTORED)


@dataclass(frozen=True, slots=True)
class Look:
    """What the day brings: what befalls the fee, which reminder is due, when to look again."""

    event: FeeEvent | None
    reminder: int | None
    next_on: date | None


def look_at(due_on: date, grace_until: date, reminded_days: int | None, today: date) -> Look:
    """Tell what a day brings to a fee that is owed; after a leap the last step alone is told."""
    if today > grace_until:
        return Look(FeeEvent.LAPSE, None, None)
    after_grace = grace_until + timedelta(days=1)
    if today > due_on:
        return Look(FeeEvent.FALL_DUE, None, after_grace)
    step = reached(due_on, REMINDER_DAYS, today)
    reminder = step.days_before if step and step.days_before != reminded_days else None
    return Look(None, reminder, next_on(due_on, REMINDER_DAYS, today))


def next_fee(fees: Sequence[Fee], last_number: int | None, today: date) -> Fee | None:
    """Give the fee that is owed next: the one after the last that was settled here.

    Of a right that enters the ledger grown up, those whose grace is over are taken for paid: the
    right could not stand without them.
    """
    if last_number is not None:
        return next((fee for fee in fees if fee.number > last_number), None)
    return next((fee for fee in fees if fee.grace_until >= today), None)


def last_day(schedule: Schedule, statutory_on: date, grace_until: date) -> date:
    """Give the last day of a right whose fee was not paid."""
    return statutory_on if schedule.ends_with is EndsWith.DUE_DAY else grace_until


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is reported; `relief` is the reduction that the office granted."""

    number: int
    paid_on: date
    amount_fen: int
    relief: Relief
    payer_id: UUID
    evidence: tuple[UUID, ...] = ()
    # Out of which money of the centre; each part in 分.
    sources: tuple[tuple[UUID, int], ...] = ()


def booking_checks(
    sources: Sequence[tuple[UUID, int]], payer_id: UUID, operator_id: UUID | None
) -> list[Check]:
    """Check that money of the centre is named only for what the centre itself paid."""
    return [
        UPKEEP.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=not sources or payer_id == operator_id,
            pointer="/sources",
            field="sources",
        )
    ]


def payer_checks(
    payer_id: UUID,
    reporting_as: Collection[UUID],
    owners: Collection[UUID],
    acting: Collection[UUID],
) -> list[Check]:
    """Check who pays and who reports it: an owner for itself, who acts for the centre for all.

    `acting` are the centre's operator and lead sponsor.
    """
    reports = payer_id in reporting_as or not set(acting).isdisjoint(reporting_as)
    concerned = {*owners, *acting}
    return [
        UPKEEP.check(
            "FORBIDDEN_SCOPE",
            Kind.SCOPE,
            passed=reports and not concerned.isdisjoint(reporting_as),
        ),
        UPKEEP.check(
            "PARTY_UNKNOWN",
            Kind.CONTENT,
            passed=payer_id in concerned,
            pointer="/payer_org_id",
            org_ids=[str(payer_id)],
        ),
    ]


def payment_checks(
    payment: Payment,
    fee: Fee | None,
    state: FeeState | None,
    owed_fen: int | None,
    *,
    opens_on: date | None,
    owners: int,
    is_confirmed: bool,
    today: date,
) -> list[Check]:
    """Check a payment against the fee that is owed: its number, day and amount.

    `fee` is the one that is owed next, `owed_fen` what it comes to on the day of the payment. What
    was not held against the office's own list yields to the office's receipt.
    """
    lapsed = state is FeeState.LAPSED
    return [
        UPKEEP.check(
            "FEE_NOT_OWED",
            Kind.STATE,
            passed=fee is not None and fee.number == payment.number,
            pointer="/number",
            next=fee.number if fee else None,
        ),
        UPKEEP.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=payment.paid_on <= today,
            pointer="/paid_on",
            today=today.isoformat(),
        ),
        UPKEEP.check(
            "BEFORE_ASSET",
            Kind.CONTENT,
            passed=opens_on is None or opens_on <= payment.paid_on,
            pointer="/paid_on",
            first_on=opens_on.isoformat() if opens_on else None,
        ),
        UPKEEP.check(
            "FEE_GRACE_OVER",
            Kind.STATE,
            passed=fee is None or payment.paid_on <= fee.grace_until,
            pointer="/paid_on",
            until=fee.grace_until.isoformat() if fee else None,
        ),
        _amount_check(payment, owed_fen, is_confirmed=is_confirmed),
        # A right of several owners is reduced less than one of a single owner.
        UPKEEP.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=payment.relief is not Relief.SOLE or owners <= 1,
            pointer="/relief",
            field="relief",
        ),
        # What brings a right back to life is shown, not only said.
        UPKEEP.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=not lapsed or bool(payment.evidence),
            pointer="/evidence",
            field="evidence",
        ),
    ]


def _amount_check(payment: Payment, owed_fen: int | None, *, is_confirmed: bool) -> Check:
    receipt_decides = not is_confirmed and bool(payment.evidence)
    return UPKEEP.check(
        "FEE_MISMATCH",
        Kind.CONTENT,
        passed=owed_fen is None or payment.amount_fen == owed_fen or receipt_decides,
        pointer="/amount",
        expected_fen=owed_fen,
    )


def event_of(fee: Fee, paid_on: date) -> FeeEvent:
    """Tell whether a payment was in time."""
    return FeeEvent.PAY if paid_on <= fee.due_on else FeeEvent.PAY_LATE
