"""Payments of measures: entered by one official, decided by another."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from registry.support import actions, queries
from registry.support.actions.paying import NewPayment
from registry.support.payment_rules import PaymentEvent, PaymentState
from registry.support.payment_schemas import SupportPaymentIn, SupportPaymentOut
from registry.support.routes.plans import OFFICIALS, READERS, SEEN
from registry.support.schemas import SupportReasonIn
from registry.support.tables import SupportPayment
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
)

DECIDED: Final = ("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT")

of_measures = Router(prefix="/v1/registry/support-measures", tags=["support"])
router = Router(prefix="/v1/registry/support-payments", tags=["support"])


@of_measures.post(
    "/{measure_id}/payments",
    status_code=201,
    operation_id="registry_enter_support_payment",
    openapi_extra=access(
        "handler", tenant=OFFICIALS, rules=("A053", "A138", "X03"), key_required=True
    ),
    responses=problems(
        "NOT_FOUND",
        "STATE_CONFLICT",
        "MILESTONE_OVERDUE",
        "CONSORTIUM_NOT_REGISTERED",
        "AMOUNT_MISSING",
        "BUDGET_EXCEEDED",
        "PAYMENT_OUT_OF_PERIOD",
        "DAY_IN_FUTURE",
        "ALREADY_EXISTS",
        "CURRENCY_NOT_CNY",
    ),
)
async def enter_payment(
    measure_id: UUID,
    body: SupportPaymentIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> SupportPaymentOut:
    """Enter what was paid of a measure; another person confirms it."""
    new = NewPayment(body.amount.amount, body.paid_on, body.voucher_no)
    return SupportPaymentOut.of(
        await actions.enter_payment(session, actor, measure_id, new, today, now)
    )


@router.get(
    "",
    operation_id="registry_list_support_payments",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A138", "X04")),
    responses=problems(),
)
async def list_payments(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="To this centre.")] = None,
    measure_id: Annotated[UUID | None, Query(description="Of this measure.")] = None,
    state: Annotated[PaymentState | None, Query(description="In this state.")] = None,
) -> Page[SupportPaymentOut]:
    """List payments, newest first."""
    filters = {"center_id": center_id, "measure_id": measure_id, "state": state}
    rows, cursor = await paginate(
        session,
        queries.payments(actor, center_id=center_id, measure_id=measure_id, state=state),
        page,
        keys=[col(SupportPayment.id).desc()],
        filters=filters,
    )
    return Page(items=[SupportPaymentOut.of(row) for row in rows], next_cursor=cursor)


@router.post(
    "/{payment_id}/confirm",
    operation_id="registry_confirm_support_payment",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A138", "X03")),
    responses=problems(*DECIDED, "MILESTONE_OVERDUE"),
)
async def confirm_payment(
    payment_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> SupportPaymentOut:
    """Confirm a payment that somebody else entered."""
    return SupportPaymentOut.of(
        await actions.decide_payment(session, actor, payment_id, PaymentEvent.CONFIRM, today)
    )


@router.post(
    "/{payment_id}/rejection",
    operation_id="registry_reject_support_payment",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A138", "X03")),
    responses=problems(*DECIDED),
)
async def reject_payment(
    payment_id: UUID,
    body: SupportReasonIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> SupportPaymentOut:
    """Reject a payment that was entered; its part of the amount is free again."""
    return SupportPaymentOut.of(
        await actions.decide_payment(
            session, actor, payment_id, PaymentEvent.REJECT, today, reason=body.reason
        )
    )


@router.post(
    "/{payment_id}/recall",
    operation_id="registry_recall_support_payment",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A138", "X03")),
    responses=problems(*DECIDED),
)
async def recall_payment(
    payment_id: UUID,
    body: SupportReasonIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> SupportPaymentOut:
    """Record that a confirmed payment came back; it stays readable and counts no more."""
    return SupportPaymentOut.of(
        await actions.decide_payment(
            session, actor, payment_id, PaymentEvent.RECALL, today, reason=body.reason
        )
    )
