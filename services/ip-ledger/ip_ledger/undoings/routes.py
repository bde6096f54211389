"""Undoing payments of contributions, records of funding and divisions over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Response

from ip_ledger.benefits.routes import shown as shown_benefits
from ip_ledger.benefits.schemas import BenefitDivisionOut
from ip_ledger.contributions import queries
from ip_ledger.contributions.funding_routes import LEADING, shown_division
from ip_ledger.contributions.funding_routes import shown as shown_funding
from ip_ledger.contributions.routes import RECEIVER, answer
from ip_ledger.contributions.schemas import ContributionOut, FundingOut, ProfitDivisionOut
from ip_ledger.undoings import actions, division_actions
from ip_ledger.undoings.actions import Undoing
from ip_ledger.undoings.schemas import MoneyUndoingIn
from shared.http import CurrentActor, Router, Today, Transaction, access, problems

router = Router(prefix="/v1/ip-ledger", tags=["contributions"])
divisions = Router(prefix="/v1/ip-ledger", tags=["distributions"])
ROUTERS: Final = (router, divisions)

_OF_ALL: Final = (
    "NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "ALREADY_REVERSED",
    "REVERSAL_BEFORE_ORIGINAL", "DAY_IN_FUTURE", "PERIOD_CLOSED", "ACCOUNT_OVERDRAWN",
    "AMOUNT_TOO_LARGE", "BEFORE_OPENING", "REVERSAL_OF_REVERSAL",
)  # fmt: skip
REFUSALS: Final = problems(*_OF_ALL, "SOURCE_SPENT")
OF_DIVISIONS: Final = problems(*_OF_ALL, "DIVISION_PAID_OUT")


@router.post(
    "/contributions/{contribution_id}/payments/{payment_id}/undoing",
    operation_id="ip_ledger_undo_contribution_payment",
    status_code=201,
    openapi_extra=access("member", tenant=RECEIVER, rules=("A095", "X03", "X07")),
    responses=REFUSALS,
)
async def undo_payment(
    contribution_id: UUID,
    payment_id: UUID,
    body: MoneyUndoingIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> ContributionOut:
    """Undo a payment that was recorded wrongly, by another person; it is owed again."""
    undoing = Undoing(body.reason, body.effective_on or today)
    row = await actions.undo_payment(session, actor, contribution_id, payment_id, undoing, today)
    return await answer(session, response, row, today)


@router.post(
    "/funding-records/{funding_id}/undoing",
    operation_id="ip_ledger_undo_funding",
    status_code=201,
    openapi_extra=access("member", tenant=RECEIVER, rules=("A094", "X03", "X07")),
    responses=REFUSALS,
)
async def undo_funding(
    funding_id: UUID,
    body: MoneyUndoingIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> FundingOut:
    """Undo money from outside that was recorded wrongly, by another person."""
    undoing = Undoing(body.reason, body.effective_on or today)
    row = await actions.undo_funding(session, actor, funding_id, undoing, today)
    undone = await queries.funding_undoings(session, [row.id])
    return shown_funding(row, undone.get(row.id))


@divisions.post(
    "/profit-divisions/{division_id}/undoing",
    operation_id="ip_ledger_undo_profit_division",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("A086", "X03", "X07")),
    responses=OF_DIVISIONS,
)
async def undo_profit(
    division_id: UUID,
    body: MoneyUndoingIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> ProfitDivisionOut:
    """Undo a division of profit, by another person, while nothing of it was paid out."""
    undoing = Undoing(body.reason, body.effective_on or today)
    row = await division_actions.undo_profit(session, actor, division_id, undoing, today)
    return shown_division(row)


@divisions.post(
    "/benefit-divisions/{division_id}/undoing",
    operation_id="ip_ledger_undo_benefit_division",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("A086", "X03", "X07")),
    responses=OF_DIVISIONS,
)
async def undo_benefits(
    division_id: UUID,
    body: MoneyUndoingIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> BenefitDivisionOut:
    """Undo a division of membership benefits, by another person, while nothing was paid out."""
    undoing = Undoing(body.reason, body.effective_on or today)
    row = await division_actions.undo_benefits(session, actor, division_id, undoing, today)
    return shown_benefits(row)
