"""Looking at rights when the time has come, and writing down what was paid for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import actions as asset_actions
from ip_ledger.assets import queries as assets
from ip_ledger.assets.rules import LIVING, FeeOutcome
from ip_ledger.assets.tables import Asset
from ip_ledger.costs import actions as costs
from ip_ledger.costs.actions import NewCost
from ip_ledger.costs.rules import CostKind, Drawn
from ip_ledger.fees import queries, rules, schedule_rules, tariff_queries, tariff_rules
from ip_ledger.fees.rules import FeeEvent, FeeState, Payment
from ip_ledger.fees.schedule_rules import Fee, Schedule
from ip_ledger.fees.tables import RightFee
from ip_ledger.fees.tariff_rules import Tariff
from shared.auth import Actor
from shared.calendar import SHANGHAI, WorkingDays, day_of
from shared.clock import Clock
from shared.directory import working_days
from shared.events import record
from shared.rules import found, require


@dataclass(frozen=True, slots=True)
class _Known:
    """What a look at many rights has read at once."""

    owed: Mapping[UUID, RightFee]
    last: Mapping[UUID, int]
    tariffs: Sequence[Tariff]
    calendar: WorkingDays
    now: datetime

    @property
    def today(self) -> date:
        return day_of(self.now)


async def look(session: AsyncSession, actor: Actor, now: datetime, limit: int) -> int:
    """Look at the rights whose time has come, and give how many there were (A043).

    A right past its last day expires; of one that stands, the fee that is owed next is opened,
    called to mind, turns overdue, or ends the right with its grace.
    """
    due = await queries.assets_due(session, now, limit)
    if not due:
        return 0
    ids = [asset.id for asset in due]
    known = _Known(
        await queries.owed_of(session, ids),
        await queries.last_numbers(session, ids),
        await tariff_queries.in_force(session),
        await working_days(session),
        now,
    )
    for asset in due:
        await _look_at(session, actor, asset, known)
    return len(due)


async def _look_at(session: AsyncSession, actor: Actor, asset: Asset, known: _Known) -> None:
    fee = known.owed.get(asset.id)
    ended = asset.term_until is not None and asset.term_until < known.today
    if ended and asset.state in LIVING:
        await asset_actions.expire(session, actor, asset, known.now)
    schedules = tariff_rules.schedules_of(known.tariffs, asset.jurisdiction, asset.kind)
    if asset.state not in rules.STANDING or not schedules:
        if fee is not None:
            _move(session, actor, fee, FeeEvent.CANCEL, "cancelled")
        asset.next_look_at = _start_after(asset.term_until) if asset.state in LIVING else None
        return
    if fee is None:
        fee = _open_next(session, actor, asset, schedules, known)
    else:
        _price(session, actor, fee, schedules)
    if fee is None:
        asset.next_look_at = _start_after(asset.term_until)
        return
    await _day_of_fee(session, actor, asset, fee, schedules, known)


async def _day_of_fee(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    fee: RightFee,
    schedules: Sequence[Schedule],
    known: _Known,
) -> None:
    """Do to a fee what the day brings, and to its right what follows from it."""
    look = rules.look_at(fee.due_on, fee.grace_until, fee.reminded_days, known.today)
    asset.next_look_at = None if look.next_on is None else _start_of(look.next_on)
    if look.event is FeeEvent.LAPSE:
        _move(session, actor, fee, FeeEvent.LAPSE, "lapsed")
        judged = found(schedule_rules.schedule_on(schedules, fee.statutory_on))
        last = rules.last_day(judged, fee.statutory_on, fee.grace_until)
        await asset_actions.settle_fee(session, actor, asset, FeeOutcome.LAPSE, last, known.now)
    elif look.event is FeeEvent.FALL_DUE and fee.state is FeeState.OPEN:
        _move(session, actor, fee, FeeEvent.FALL_DUE, "overdue")
    elif look.reminder is not None:
        fee.reminded_days = look.reminder
        left = (fee.due_on - known.today).days
        tell(session, actor, fee, "reminder", fee.state, days_before=look.reminder, days_left=left)


def _open_next(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    schedules: Sequence[Schedule],
    known: _Known,
) -> RightFee | None:
    fees = schedule_rules.fees_of(schedules, asset.filed_on, asset.granted_on, known.calendar)
    fee = rules.next_fee(fees, known.last.get(asset.id), known.today)
    if fee is None:
        return None
    row = fee_row(asset, fee, schedules, known.now)
    session.add(row)
    tell(session, actor, row, "opened", None)
    return row


def _price(
    session: AsyncSession, actor: Actor, row: RightFee, schedules: Sequence[Schedule]
) -> None:
    """Judge a fee that is owed by the version that is in force on its day by now.

    Its days stay as they were opened: nobody loses a right by a term that moved under him.
    """
    schedule = schedule_rules.schedule_on(schedules, row.statutory_on)
    if schedule is None or schedule.tariff_id == row.tariff_id:
        return
    row.tariff_id, row.law = schedule.tariff_id, schedule.law
    row.amount_fen = schedule_rules.whole_fen(schedule, row.number)
    tell(session, actor, row, "repriced", row.state, tariff_id=row.tariff_id)


def fee_row(asset: Asset, fee: Fee, schedules: Sequence[Schedule], now: datetime) -> RightFee:
    """Make the row of a fee that is owed, by the version in force on its day."""
    schedule = found(schedule_rules.schedule_on(schedules, fee.statutory_on))
    return RightFee(
        center_id=asset.center_id,
        asset_id=asset.id,
        number=fee.number,
        statutory_on=fee.statutory_on,
        due_on=fee.due_on,
        grace_until=fee.grace_until,
        amount_fen=fee.amount_fen,
        law=schedule.law,
        tariff_id=schedule.tariff_id,
        state=FeeState.OPEN,
        opened_at=now,
    )


@dataclass(frozen=True, slots=True)
class Paid:
    """A fee that was paid, and the right that it keeps alive."""

    fee: RightFee
    asset: Asset


async def pay(
    session: AsyncSession, actor: Actor, asset_id: UUID, payment: Payment, today: date
) -> Paid:
    """Write down that a fee was paid at the office, in time or in its grace (A043).

    A payment that turns up after the right was taken for lapsed brings it back. Raises `Refused`:
    NOT_FOUND, FORBIDDEN_SCOPE, PARTY_UNKNOWN, FEE_NOT_OWED, FEE_GRACE_OVER, FEE_MISMATCH,
    DAY_IN_FUTURE, BEFORE_ASSET, FIELD_INVALID, FIELD_MISSING, or what `costs.spend` raises.
    """
    # The lock makes two payments at once wait: the second finds the next fee owed.
    asset = await assets.asset_for_update(session, actor, asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    operator = tenancy.operator_id(center)
    acting = {center.lead_sponsor_id, operator or center.lead_sponsor_id}
    owned = await assets.ownership_on(session, asset.id, payment.paid_on)
    owners = () if owned is None else tuple(owner for owner, _ in owned.shares)
    tariffs = await tariff_queries.in_force(session)
    schedules = tariff_rules.schedules_of(tariffs, asset.jurisdiction, asset.kind)
    clock: Clock = session.info["clock"]
    row, fee, first = await _owed(session, actor, asset, schedules, today)
    schedule = schedule_rules.schedule_on(schedules, fee.statutory_on) if fee else None
    owed_fen = None
    if schedule is not None and fee is not None:
        owed_fen = schedule_rules.owed_fen(schedule, fee, payment.relief, first, payment.paid_on)
    require(
        [
            *rules.payer_checks(payment.payer_id, actor.org_ids, owners, acting),
            *rules.booking_checks(payment.sources, payment.payer_id, operator),
            *rules.payment_checks(
                payment, fee, row.state if row else None, owed_fen,
                opens_on=asset.granted_on, owners=len(owners),
                is_confirmed=schedule is not None and schedule.is_confirmed, today=today,
            ),
        ]
    )  # fmt: skip
    schedule, fee = found(schedule), found(fee)
    if row is None:
        row = fee_row(asset, fee, schedules, clock.now())
        session.add(row)
        await session.flush()
    await _settle(session, actor, asset, row, fee, payment, clock.now())
    row.surcharge_fen = schedule_rules.surcharge_fen(schedule, fee, payment.paid_on)
    await session.flush()
    if payment.payer_id == operator:
        # What the centre itself paid is a cost in its books; an owner's money is the owner's.
        await costs.spend(session, actor, _cost(row, payment), today)
    return Paid(row, asset)


def _cost(row: RightFee, payment: Payment) -> NewCost:
    return NewCost(
        asset_id=row.asset_id,
        kind=CostKind.UPKEEP,
        amount_fen=payment.amount_fen,
        spent_on=payment.paid_on,
        description=f"fee {row.number}",
        sources=tuple(Drawn(source_id, fen) for source_id, fen in payment.sources),
        evidence=payment.evidence,
        fee_id=row.id,
    )


async def _owed(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    schedules: Sequence[Schedule],
    today: date,
) -> tuple[RightFee | None, Fee | None, int]:
    """Give the fee that is owed next, its row where it has one, and the number of the first fee.

    A lapsed fee is still the one to be paid: only an end of another kind leaves nothing owed.
    """
    if not schedules:
        return None, None, 0
    calendar = await working_days(session)
    fees = schedule_rules.fees_of(schedules, asset.filed_on, asset.granted_on, calendar)
    first = fees[0].number if fees else 0
    row = await queries.latest_for_update(session, asset.id)
    if row is not None and row.state in (*rules.OWED, FeeState.LAPSED):
        _price(session, actor, row, schedules)
        return row, _as_opened(row), first
    if asset.state not in rules.STANDING:
        return None, None, first
    return None, rules.next_fee(fees, row.number if row else None, today), first


def _as_opened(row: RightFee) -> Fee:
    """Give a fee as it was opened: a calendar that changed since moves none of its days."""
    return Fee(row.number, row.statutory_on, row.due_on, row.grace_until, row.amount_fen)


async def _settle(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    row: RightFee,
    fee: Fee,
    payment: Payment,
    now: datetime,
) -> None:
    was_lapsed = row.state is FeeState.LAPSED
    before = row.state
    row.state = rules.MOVES[row.state, rules.event_of(fee, payment.paid_on)]
    row.paid_on, row.paid_fen = payment.paid_on, payment.amount_fen
    row.relief, row.payer_org_id = payment.relief, payment.payer_id
    row.evidence_ids = list(payment.evidence)
    row.reported_by, row.reported_at = actor.person_id, now
    tell(
        session, actor, row, "paid", before,
        paid_on=row.paid_on, payer_org_id=row.payer_org_id, restored=was_lapsed,
    )  # fmt: skip
    outcome = FeeOutcome.RESTORE if was_lapsed else FeeOutcome.KEEP
    await asset_actions.settle_fee(session, actor, asset, outcome, payment.paid_on, now)
    # The next fee is opened by the clerk's next look.
    asset.next_look_at = now


def _move(session: AsyncSession, actor: Actor, fee: RightFee, event: FeeEvent, name: str) -> None:
    before = fee.state
    fee.state = rules.MOVES[fee.state, event]
    tell(session, actor, fee, name, before)


def tell(
    session: AsyncSession,
    actor: Actor,
    fee: RightFee,
    name: str,
    before: FeeState | None,
    **data: Any,  # noqa: ANN401 - JSON values of the event
) -> None:
    """Tell what became of a fee."""
    record(
        session, actor, f"fee.{name}", fee.id, center_id=fee.center_id, before=before,
        after=fee.state, asset_id=fee.asset_id, number=fee.number, due_on=fee.due_on,
        grace_until=fee.grace_until, state=fee.state, **data,
    )  # fmt: skip


def _start_of(day: date) -> datetime:
    """Give the first instant of a day in Shanghai, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def _start_after(day: date | None) -> datetime | None:
    return None if day is None or day == date.max else _start_of(day + timedelta(days=1))
