"""The books over HTTP."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement
from sqlmodel import col
from starlette.responses import Response

from ip_ledger.journal import actions, pending_queries, posting, queries, rules
from ip_ledger.journal.currencies import booked
from ip_ledger.journal.queries import Standing
from ip_ledger.journal.rules import AccountKind, AccountName, balance_checks
from ip_ledger.journal.schemas import (
    AccountEntryOut,
    AccountIn,
    AccountOut,
    EntryIn,
    EntryOut,
    ReversalIn,
)
from ip_ledger.journal.tables import Account, JournalEntry, Posting
from ip_ledger.tenancy import center_of
from ip_ledger.times import AsOf
from shared.directory import ensure_center, ensure_organizations
from shared.http import (
    CurrentActor,
    CurrentWork,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Transaction,
    access,
    paginate,
    problems,
)
from shared.http.batch_body import examples_of, rows_body
from shared.http.batches import BatchKind, BatchOptions, BatchOut, run_batch
from shared.http.constraints import meaning
from shared.http.schemas import Day
from shared.rules import Kind, found, require

router = Router(prefix="/v1/ip-ledger", tags=["journal"])

BOOKS: Final = "officials; the centre; each organization its own accounts"
BOOKKEEPER: Final = "the duty bookkeeper, in every centre's books"

meaning("uq_journal_entry_reverses_id", rules.JOURNAL, "ALREADY_REVERSED", Kind.STATE)
meaning("ck_posting_balance_after_fen", rules.JOURNAL, "AMOUNT_TOO_LARGE", Kind.CONTENT)
for table in (
    "posting", "revenue_event", "contribution", "funding_record", "asset_cost", "loss_event",
    "tech_contract",
):  # fmt: skip
    meaning(f"ck_{table}_readable", rules.JOURNAL, "AMOUNT_TOO_LARGE", Kind.CONTENT)
meaning("fk_account_currency_currency", rules.JOURNAL, "CURRENCY_UNKNOWN", Kind.CONTENT)
meaning("ck_posting_balanced", rules.JOURNAL, "UNBALANCED", Kind.CONTENT)
meaning("ck_posting_overdrawn", rules.JOURNAL, "ACCOUNT_OVERDRAWN", Kind.STATE)
meaning("ck_journal_entry_open_period", rules.JOURNAL, "PERIOD_CLOSED", Kind.STATE)
meaning("ck_journal_entry_after_opening", rules.JOURNAL, "BEFORE_OPENING", Kind.STATE)
meaning("ck_journal_entry_opening_first", rules.JOURNAL, "OPENING_TOO_LATE", Kind.STATE)
meaning("ck_posting_one_currency", rules.JOURNAL, "CURRENCIES_MIXED", Kind.CONTENT)
meaning("ck_journal_entry_reverses_original", rules.JOURNAL, "REVERSAL_OF_REVERSAL", Kind.STATE)
meaning("ck_journal_entry_reverses_after", rules.JOURNAL, "REVERSAL_BEFORE_ORIGINAL", Kind.CONTENT)

ENTRIES: Final = BatchKind(
    "entry",
    TypeAdapter(EntryIn),
    posting.record_many,
    jobs_path="/v1/ip-ledger/jobs",
    plain=posting.plain_entry,
    foretell=posting.foretell_many,
)

On = Annotated[Day | None, Query(description="What held that day: entries up to its end.")]


async def holder_known(body: AccountIn, work: CurrentWork, services: Services) -> frozenset[UUID]:
    """Fetch centre and holder, where the copy has not got them, before any transaction."""
    await work.replay()
    await ensure_center(services, work.sessions, body.center_id)
    wanted = set() if body.org_id is None else {body.org_id}
    return frozenset(await ensure_organizations(services, work.sessions, wanted))


@router.get(
    "/accounts",
    operation_id="ip_ledger_list_accounts",
    openapi_extra=access("member", "official", tenant=BOOKS),
    responses=problems("CURSOR_MISMATCH", "AMOUNT_TOO_LARGE"),
)
async def list_accounts(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Only of this centre's books.")] = None,
    org_id: Annotated[UUID | None, Query(description="Only kept for this organization.")] = None,
    code: Annotated[str | None, Query(max_length=64, description="Only with this code.")] = None,
    kind: Annotated[AccountKind | None, Query(description="Only of this kind.")] = None,
    on: On = None,
    as_of: AsOf = None,
) -> Page[AccountOut]:
    """List accounts with their balances: now, on a day, or as known at an instant."""
    filters: dict[str, Any] = {"center_id": center_id, "org_id": org_id, "code": code, "kind": kind}
    keys: list[ColumnElement[Any]] = [col(Account.code).asc(), col(Account.id).asc()]
    statement = queries.visible_accounts(actor, **filters)
    rows, cursor = await paginate(
        session, statement, page, keys, {**filters, "on": on, "as_of": as_of}
    )
    if on is not None or as_of is not None:
        past = await queries.balances_at(session, [row[0].id for row in rows], on, as_of)
        # Days can be out of the order of recording, in which alone balances are held in bounds.
        require([check for fen_then, _ in past.values() for check in balance_checks(fen_then)])
        waiting = await pending_queries.held_at(session, [row[0].id for row in rows], on, as_of)
        standings = [
            Standing(row[0], *past.get(row[0].id, (0, 0)), *waiting.get(row[0].id, (0, 0)))
            for row in rows
        ]
    else:
        standings = [Standing(*row) for row in rows]
    return Page(items=[_account(one) for one in standings], next_cursor=cursor)


def _account(standing: Standing) -> AccountOut:
    account, currency = standing.account, standing.account.currency
    return AccountOut(
        id=account.id,
        center_id=account.center_id,
        org_id=account.org_id,
        code=account.code,
        kind=account.kind,
        normal_side=rules.normal_side(account.kind),
        may_go_negative=account.may_go_negative,
        balance=booked(standing.balance_fen, currency),
        pending_debits=booked(standing.held_debits_fen, currency),
        pending_credits=booked(standing.held_credits_fen, currency),
        available=booked(standing.available_fen, currency),
        version=standing.version,
    )


@router.post(
    "/accounts",
    operation_id="ip_ledger_open_account",
    status_code=201,
    openapi_extra=access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",)),
    responses=problems("NOT_FOUND", "PARTY_UNKNOWN", "ALREADY_EXISTS", "CURRENCY_UNKNOWN"),
)
async def open_account(
    body: AccountIn,
    actor: CurrentActor,
    known_orgs: Annotated[frozenset[UUID], Depends(holder_known)],
    session: Transaction,
) -> AccountOut:
    """Open an account; one that is there already is the answer."""
    found(await center_of(session, body.center_id))
    name = AccountName(body.code, body.kind, body.org_id, body.may_go_negative)
    account = await actions.open_account(
        session, actor, body.center_id, name, body.currency, known_orgs=known_orgs
    )
    await session.flush()
    standing = await queries.visible_account(session, actor, account.id)
    return _account(standing)


@router.get(
    "/accounts/{account_id}",
    operation_id="ip_ledger_get_account",
    openapi_extra=access("member", "official", tenant=BOOKS),
    responses=problems("NOT_FOUND", "AMOUNT_TOO_LARGE"),
)
async def get_account(
    account_id: UUID, actor: CurrentActor, session: Reading, on: On = None, as_of: AsOf = None
) -> AccountOut:
    """Give an account with its balance: now, on a day, or as known at an instant."""
    standing = await queries.visible_account(session, actor, account_id)
    if on is None and as_of is None:
        return _account(standing)
    past = await queries.balances_at(session, [account_id], on, as_of)
    require([check for fen_then, _ in past.values() for check in balance_checks(fen_then)])
    waiting = await pending_queries.held_at(session, [account_id], on, as_of)
    return _account(
        Standing(standing.account, *past.get(account_id, (0, 0)), *waiting.get(account_id, (0, 0)))
    )


@router.get(
    "/accounts/{account_id}/entries",
    operation_id="ip_ledger_list_account_entries",
    openapi_extra=access("member", "official", tenant=BOOKS),
    responses=problems("NOT_FOUND", "CURSOR_MISMATCH"),
)
async def list_account_entries(
    account_id: UUID,
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    on: On = None,
    as_of: AsOf = None,
) -> Page[AccountEntryOut]:
    """List an account's postings, the latest recorded first."""
    await queries.visible_account(session, actor, account_id)
    keys: list[ColumnElement[Any]] = [col(Posting.account_version).desc()]
    statement = queries.account_entries(account_id, on, as_of)
    filters = {"account_id": account_id, "on": on, "as_of": as_of}
    rows, cursor = await paginate(session, statement, page, keys, filters)
    return Page(items=[_account_entry(line, entry) for line, entry in rows], next_cursor=cursor)


def _account_entry(line: Posting, entry: JournalEntry) -> AccountEntryOut:
    return AccountEntryOut(
        entry_id=entry.id,
        effective_on=entry.effective_on,
        recorded_at=entry.recorded_at,
        reference=entry.reference,
        side=rules.side_of(line.amount_fen),
        amount=booked(abs(line.amount_fen), line.currency),
        balance_after=booked(line.balance_after_fen, line.currency),
        account_version=line.account_version,
        reverses_id=entry.reverses_id,
    )


@router.post(
    "/entries",
    operation_id="ip_ledger_post_entry",
    status_code=201,
    response_model=EntryOut,
    openapi_extra=access(
        "bookkeeper", tenant=BOOKKEEPER, rules=("X07",), key_required=True, self_keyed=True
    ),
    responses=problems(*posting.REFUSALS),
)
async def post_entry(
    body: EntryIn, request: Request, actor: CurrentActor, work: CurrentWork, now: Now
) -> Response:
    """Post an entry; the answer comes after its commit, which it may share with others."""
    return await posting.post(request.app, actor, work, body, now)


@router.post(
    "/entries/{entry_id}/reversals",
    operation_id="ip_ledger_reverse_entry",
    status_code=201,
    response_model=EntryOut,
    openapi_extra=access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",), key_required=True),
    responses=problems(
        "NOT_FOUND",
        "ALREADY_REVERSED",
        "REVERSAL_OF_REVERSAL",
        "REVERSAL_BEFORE_ORIGINAL",
        "ENTRY_OF_RECORD",
        "PERIOD_CLOSED",
        "IDEMPOTENCY_KEY_REQUIRED",
        "ACCOUNT_OVERDRAWN",
        "AMOUNT_TOO_LARGE",
        "BEFORE_OPENING",
    ),
)
async def reverse_entry(
    entry_id: UUID,
    body: ReversalIn,
    request: Request,
    actor: CurrentActor,
    work: CurrentWork,
    now: Now,
) -> Response:
    """Undo an entry by another one with the other sides; an entry itself never changes."""
    return await posting.reverse(request.app, actor, work, entry_id, body, now)


@router.post(
    "/entry-batches",
    operation_id="ip_ledger_post_entry_batch",
    response_model=BatchOut,
    openapi_extra={
        **access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",), key_required=True, streamed=True),
        "requestBody": rows_body(["EntryIn"], examples_of(EntryIn)),
    },
    responses=problems(
        "IDEMPOTENCY_KEY_REQUIRED", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE", "ROWS_TOO_MANY"
    ),
)
async def post_entry_batch(
    request: Request,
    actor: CurrentActor,
    work: CurrentWork,
    options: Annotated[BatchOptions, Depends()],
) -> Response:
    """Post many entries, each with a verdict of its own (JSON, NDJSON)."""
    return await run_batch(request, ENTRIES, actor, work, options)


ROUTERS: Final = (router,)
