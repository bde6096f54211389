"""Payments of measures: entered by one official, confirmed, rejected or recalled by another."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_for_update
from registry.support import payment_rules, queries, rules
from registry.support.actions.planning import supported
from registry.support.payment_rules import PAYMENT_MOVES, Budget, PaymentEvent, PaymentState
from registry.support.tables import SupportMeasure, SupportPayment
from shared.auth import Actor
from shared.events import record
from shared.rules import found, require


@dataclass(frozen=True, slots=True)
class NewPayment:
    """What was paid, on which day, by which voucher."""

    amount_fen: int
    paid_on: date
    voucher_no: str


async def enter_payment(
    session: AsyncSession,
    actor: Actor,
    measure_id: UUID,
    new: NewPayment,
    today: date,
    now: datetime,
) -> SupportPayment:
    """Enter what was paid of a measure; it takes up its part of the amount at once (A138, A053).

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT, MILESTONE_OVERDUE, CONSORTIUM_NOT_REGISTERED,
    AMOUNT_MISSING, BUDGET_EXCEEDED, PAYMENT_OUT_OF_PERIOD, DAY_IN_FUTURE or ALREADY_EXISTS.
    """
    # The measure's lock makes sum and entry one step: a second payer waits.
    measure = await queries.measure_for_update(session, measure_id)
    center = await center_for_update(session, measure.center_id)
    budget = Budget(
        measure.state,
        measure.amount_fen,
        measure.committed_fen,
        measure.starts_on,
        measure.ends_on,
        measure.approved_on,
    )
    entity = center.legal_entity_id
    require(
        [
            *payment_rules.payment_checks(budget, entity, new.amount_fen, new.paid_on, today),
            *await supported(session, measure.center_id, today),
        ]
    )
    payment = SupportPayment(
        measure_id=measure.id,
        center_id=measure.center_id,
        payee_org_id=found(entity),
        amount_fen=new.amount_fen,
        paid_on=new.paid_on,
        voucher_no=new.voucher_no,
        entered_by=actor.person_id,
        entered_at=now,
    )
    session.add(payment)
    _commit(measure, new.amount_fen, 0)
    # The row goes first: the second entry of one voucher is refused here.
    await session.flush()
    _told(session, actor, "support_payment.entered", payment, None, "handler")
    return payment


async def decide_payment(
    session: AsyncSession,
    actor: Actor,
    payment_id: UUID,
    event: PaymentEvent,
    today: date,
    *,
    reason: str | None = None,
) -> SupportPayment:
    """Confirm a payment that another person entered, reject it, or recall what came back (X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT or MILESTONE_OVERDUE.
    """
    seen = await queries.payment_found(session, payment_id)
    measure = await queries.measure_for_update(session, seen.measure_id)
    payment = await queries.payment_for_update(session, payment_id)
    checks = [
        *payment_rules.payment_move_checks(payment.state, event),
        *rules.apart_checks((payment.entered_by,), actor.person_id),
    ]
    if event is PaymentEvent.CONFIRM:
        checks += await supported(session, payment.center_id, today)
    require(checks)
    before = payment.model_dump()
    payment.state = PAYMENT_MOVES[payment.state, event]
    payment.decided_by, payment.decided_on = actor.person_id, today
    payment.reason = reason
    payment.version += 1
    amount = payment.amount_fen
    if event is PaymentEvent.CONFIRM:
        _commit(measure, 0, amount)
    else:
        _commit(measure, -amount, -amount if event is PaymentEvent.RECALL else 0)
    name = f"support_payment.{payment.state.value}"
    _told(session, actor, name, payment, before, "approver")
    return payment


def _commit(measure: SupportMeasure, committed_fen: int, paid_fen: int) -> None:
    measure.committed_fen += committed_fen
    measure.paid_fen += paid_fen
    measure.version += 1


def _told(
    session: AsyncSession,
    actor: Actor,
    name: str,
    payment: SupportPayment,
    before: dict[str, Any] | None,
    capacity: str,
) -> None:
    # What nobody has confirmed is the officials' own: the centre's feed hears of decisions only.
    shown = payment.state in (PaymentState.PAID, PaymentState.RECALLED)
    record(
        session,
        actor,
        name,
        payment.id,
        center_id=payment.center_id if shown else None,
        case_id=payment.measure_id,
        capacity=capacity,
        reason=payment.reason,
        before=before,
        after=payment.model_dump(),
        state=payment.state,
        paid_on=payment.paid_on,
    )
