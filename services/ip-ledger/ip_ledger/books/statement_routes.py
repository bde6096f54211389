"""The statement of one account over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query

from ip_ledger.books import rules, statement_queries
from ip_ledger.books.statement_schemas import AccountLineOut, AccountStatementOut
from ip_ledger.journal import queries as journal
from ip_ledger.journal.currencies import booked
from ip_ledger.journal.routes import BOOKS
from ip_ledger.journal.rules import balance_checks, side_of
from ip_ledger.times import AsOf
from shared.http import CurrentActor, Failure, Reading, Router, access, problems
from shared.http.schemas import Day
from shared.rules import require

router = Router(prefix="/v1/ip-ledger/accounts", tags=["journal"])
ROUTERS: Final = (router,)

# A statement is one answer; longer ones are read month by month.
MOST_LINES: Final = 5_000


@router.get(
    "/{account_id}/statement",
    operation_id="ip_ledger_get_account_statement",
    openapi_extra=access("member", "official", tenant=BOOKS, rules=("X07",)),
    responses=problems("NOT_FOUND", "DAYS_REVERSED", "ROWS_TOO_MANY", "AMOUNT_TOO_LARGE"),
)
async def get_statement(
    account_id: UUID,
    actor: CurrentActor,
    session: Reading,
    from_on: Annotated[Day, Query(description="The first day of the statement.")],
    until_on: Annotated[Day, Query(description="Its last day.")],
    as_of: AsOf = None,
) -> AccountStatementOut:
    """Give an account's days as known at an instant: opening, each posting, and closing balance."""
    require(rules.statement_day_checks(from_on, until_on))
    standing = await journal.visible_account(session, actor, account_id)
    opening_fen, rows = await statement_queries.account_days(
        session, account_id, from_on, until_on, as_of, MOST_LINES
    )
    if len(rows) > MOST_LINES:
        raise Failure("ROWS_TOO_MANY", max_rows=MOST_LINES)
    balances = rules.running(opening_fen, [posting.amount_fen for posting, _ in rows])
    # Days can be out of the order of recording, in which alone balances are held in bounds.
    require([check for one in [opening_fen, *balances] for check in balance_checks(one)])
    currency = standing.account.currency
    amounts = [posting.amount_fen for posting, _ in rows]
    return AccountStatementOut(
        account_id=account_id,
        code=standing.account.code,
        from_on=from_on,
        until_on=until_on,
        as_of=as_of,
        opening=booked(opening_fen, currency),
        debits=booked(sum(amount for amount in amounts if amount > 0), currency),
        credits=booked(-sum(amount for amount in amounts if amount < 0), currency),
        closing=booked(balances[-1] if balances else opening_fen, currency),
        lines=[
            AccountLineOut(
                entry_id=entry.id,
                effective_on=entry.effective_on,
                recorded_at=entry.recorded_at,
                reference=entry.reference,
                side=side_of(posting.amount_fen),
                amount=booked(abs(posting.amount_fen), currency),
                balance=booked(balance, currency),
                reverses_id=entry.reverses_id,
            )
            for (posting, entry), balance in zip(rows, balances, strict=True)
        ],
    )
