"""Whole books over HTTP: trial balance, periods, exports, and the bank beside them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import PlainTextResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from ip_ledger.books import actions, bank_actions, bank_queries, bank_rules, queries, rules
from ip_ledger.books.bank_rules import Booked, FileLine
from ip_ledger.books.rules import AccountTotals
from ip_ledger.books.schemas import (
    BankLineOut,
    BankMatchOut,
    BookedOut,
    PeriodCheckOut,
    PeriodIn,
    PeriodOut,
    StatementIn,
    StatementOut,
    SumOut,
    TotalsOut,
    TrialBalanceOut,
)
from ip_ledger.journal import rules as journal
from ip_ledger.journal.currencies import booked
from ip_ledger.journal.rules import MOST_FEN, balance_checks
from ip_ledger.journal.tables import BankStatement, BookPeriod
from ip_ledger.times import AsOf
from shared.auth import Actor
from shared.documents.sheets import csv_lines
from shared.http import (
    CurrentActor,
    Failure,
    Page,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    problems,
)
from shared.http.constraints import meaning
from shared.http.schemas import Day
from shared.rules import Kind, require

router = Router(prefix="/v1/ip-ledger", tags=["journal"])

WHOLE: Final = "officials; the centre's operator and lead sponsor"
BOOKKEEPER: Final = "the duty bookkeeper, in every centre's books"
# An export is one answer; larger books are read day by day through their entries.
MOST_EXPORTED: Final = 100_000

meaning("uq_book_period_until_on", journal.JOURNAL, "PERIOD_CLOSED", Kind.STATE)
meaning("uq_bank_statement_file", journal.JOURNAL, "ALREADY_EXISTS", Kind.STATE)

Center = Annotated[UUID, Query(description="The centre whose books are read.")]
On = Annotated[Day | None, Query(description="Up to the end of this day; else of all days.")]


class ExportFormat(StrEnum):
    """How books are exported."""

    BEANCOUNT = "beancount"
    CSV = "csv"


@router.get(
    "/trial-balance",
    operation_id="ip_ledger_get_trial_balance",
    openapi_extra=access("member", "official", tenant=WHOLE, rules=("X07",)),
    responses=problems("NOT_FOUND", "AMOUNT_TOO_LARGE"),
)
async def trial_balance(
    actor: CurrentActor, session: Reading, center_id: Center, on: On = None, as_of: AsOf = None
) -> TrialBalanceOut:
    """Give every account of a centre's books on a day, as known at an instant."""
    center = await queries.center_with_books(session, actor, center_id)
    totals = await queries.totals(session, center.id, on, as_of)
    sums = rules.sums(totals)
    most = [max(one.debits_fen, one.credits_fen) for one in totals]
    most += [max(pair) for pair in sums.values()]
    require([check for amount in most if amount > MOST_FEN for check in balance_checks(amount)])
    return TrialBalanceOut(
        center_id=center.id,
        on=on,
        as_of=as_of,
        accounts=[_totals(one) for one in totals],
        sums=[
            SumOut(
                debit_balances=booked(debits, currency),
                credit_balances=booked(credits_, currency),
                balanced=debits == credits_,
            )
            for currency, (debits, credits_) in sums.items()
        ],
    )


def _totals(one: AccountTotals) -> TotalsOut:
    return TotalsOut(
        account_id=one.account_id,
        org_id=one.org_id,
        code=one.code,
        kind=one.kind,
        normal_side=journal.normal_side(one.kind),
        debits=booked(one.debits_fen, one.currency),
        credits=booked(one.credits_fen, one.currency),
        balance=booked(one.balance_fen, one.currency),
        abnormal=one.is_abnormal,
    )


@router.get(
    "/books-export",
    operation_id="ip_ledger_export_books",
    response_class=PlainTextResponse,
    openapi_extra=access("member", "official", tenant=WHOLE, rules=("X07",)),
    responses=problems("NOT_FOUND", "ROWS_TOO_MANY"),
)
async def export_books(
    actor: CurrentActor,
    session: Reading,
    today: Today,
    center_id: Center,
    form: Annotated[ExportFormat, Query(alias="format", description="`beancount` or `csv`.")],
    on: On = None,
    as_of: AsOf = None,
) -> Response:
    """Give a centre's books for an accountant's own program, up to a day, as known then."""
    center = await queries.center_with_books(session, actor, center_id)
    until = on or today
    lines = await queries.lines(session, center.id, until, as_of, MOST_EXPORTED)
    if len(lines) > MOST_EXPORTED:
        raise Failure("ROWS_TOO_MANY", max_rows=MOST_EXPORTED)
    if form is ExportFormat.CSV:
        content = b"".join(csv_lines(rules.CSV_COLUMNS, map(rules.csv_row, lines)))
        return Response(content, media_type="text/csv")
    totals = await queries.totals(session, center.id, until, as_of)
    title = center.code or str(center.id)
    return PlainTextResponse("".join(rules.beancount(title, until, totals, lines)))


@router.get(
    "/periods",
    operation_id="ip_ledger_list_periods",
    openapi_extra=access("member", "official", tenant=WHOLE, rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def list_periods(actor: CurrentActor, session: Reading, center_id: Center) -> Page[PeriodOut]:
    """List a centre's closed periods, the latest first."""
    center = await queries.center_with_books(session, actor, center_id)
    closed = await queries.periods(session, center.id)
    return Page(items=[PeriodOut(**_period(one)) for one in closed], next_cursor=None)


def _period(period: BookPeriod) -> dict[str, object]:
    return period.model_dump(exclude={"closed_by"})


@router.post(
    "/periods",
    operation_id="ip_ledger_close_period",
    status_code=201,
    openapi_extra=access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",), key_required=True),
    responses=problems(
        "NOT_FOUND", "DAY_IN_FUTURE", "PERIOD_CLOSED", "IDEMPOTENCY_KEY_REQUIRED", "UNBALANCED"
    ),
)
async def close_period(body: PeriodIn, actor: CurrentActor, session: Transaction) -> PeriodOut:
    """Close books up to a day and seal them; what comes late is posted into an open day."""
    period = await actions.close(session, actor, body.center_id, body.until_on)
    return PeriodOut(**_period(period))


@router.get(
    "/periods/{period_id}",
    operation_id="ip_ledger_get_period",
    openapi_extra=access("member", "official", tenant=WHOLE, rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def get_period(period_id: UUID, actor: CurrentActor, session: Reading) -> PeriodCheckOut:
    """Give a closed period, and whether its entries and balances still make its seal."""
    period = await queries.period(session, period_id)
    await queries.center_with_books(session, actor, period.center_id)
    holds = await actions.seal_holds(session, period)
    return PeriodCheckOut(**_period(period), seal_holds=holds)


@router.post(
    "/bank-statements",
    operation_id="ip_ledger_record_bank_statement",
    status_code=201,
    openapi_extra=access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",)),
    responses=problems("NOT_FOUND", "FILE_FORMAT", "ALREADY_EXISTS"),
)
async def record_bank_statement(
    body: StatementIn, actor: CurrentActor, session: Transaction
) -> StatementOut:
    """Take in a bank's file for an account, and lay it beside the books."""
    statement = await bank_actions.take_in(
        session, actor, body.account_id, body.format, body.content
    )
    await session.flush()
    return await _beside(session, actor, statement.id)


@router.get(
    "/bank-statements/{statement_id}",
    operation_id="ip_ledger_get_bank_statement",
    openapi_extra=access("member", "official", tenant=WHOLE, rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def get_bank_statement(
    statement_id: UUID, actor: CurrentActor, session: Reading
) -> StatementOut:
    """Lay a bank's file beside the books as they are now: matches and differences."""
    return await _beside(session, actor, statement_id)


async def _beside(session: AsyncSession, actor: Actor, statement_id: UUID) -> StatementOut:
    statement, account = await bank_queries.statement(session, statement_id)
    await queries.center_with_books(session, actor, account.center_id)
    lines = [
        FileLine(row.booked_on, row.amount_fen, row.reference)
        for row in await bank_queries.lines_of(session, statement.id)
    ]
    postings = await bank_queries.booked(session, account.id, statement.from_on, statement.until_on)
    closing = await bank_queries.balance_on(session, account.id, statement.until_on)
    return _shown(statement, lines, postings, closing, account.currency)


def _shown(
    statement: BankStatement,
    lines: Sequence[FileLine],
    postings: Sequence[Booked],
    closing: int,
    currency: str,
) -> StatementOut:
    found = bank_rules.reconcile(lines, postings)
    # Beyond the file's own days a posting may belong to the next file.
    left = [
        one
        for one in found.only_in_books
        if statement.from_on <= one.effective_on <= statement.until_on
    ]
    bank = statement.closing_fen
    return StatementOut(
        id=statement.id,
        account_id=statement.account_id,
        format=bank_rules.Format(statement.format),
        file_sha256=statement.file_sha256,
        from_on=statement.from_on,
        until_on=statement.until_on,
        matches=[
            BankMatchOut(
                place=match.place,
                entry_id=match.booked.entry_id,
                amount=booked(match.booked.amount_fen, currency),
                days_apart=match.days_apart,
                by_reference=match.by_reference,
            )
            for match in found.matches
        ],
        only_at_bank=[
            BankLineOut(
                place=place,
                booked_on=lines[place].booked_on,
                amount=booked(lines[place].amount_fen, currency),
                reference=lines[place].reference,
            )
            for place in found.only_at_bank
        ],
        only_in_books=[
            BookedOut(
                entry_id=one.entry_id,
                effective_on=one.effective_on,
                amount=booked(one.amount_fen, currency),
                reference=one.reference,
            )
            for one in left
        ],
        bank_closing=None if bank is None else booked(bank, currency),
        books_closing=booked(closing, currency),
        difference=None if bank is None else booked(bank - closing, currency),
        reconciled=not found.only_at_bank and not left and bank in {None, closing},
    )
