"""Entries that wait, and exchanges of currencies, over HTTP."""

from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from ip_ledger.journal import pending_actions, pending_queries, posting, queries, rules
from ip_ledger.journal.currencies import booked
from ip_ledger.journal.pending_queries import Pending
from ip_ledger.journal.rules import Line, Side
from ip_ledger.journal.schemas import (
    ConfirmationIn,
    EntryOut,
    ExchangeIn,
    PendingIn,
    PendingOut,
    PostingOut,
    VoidingIn,
)
from ip_ledger.journal.tables import PendingEntry
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)
from shared.http.constraints import meaning

router = Router(prefix="/v1/ip-ledger", tags=["journal"])

SEERS: Final = "officials; the centre; each organization what waits on its own accounts"
BOOKKEEPER: Final = "the duty bookkeeper, in every centre's books"

meaning("uq_pending_outcome_pending_id", rules.JOURNAL, "STATE_CONFLICT")


@router.post(
    "/pending-entries",
    operation_id="ip_ledger_hold_entry",
    status_code=201,
    openapi_extra=access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",), key_required=True),
    responses=problems(*posting.REFUSALS),
)
async def hold(body: PendingIn, actor: CurrentActor, session: Transaction) -> PendingOut:
    """Record an entry that waits: it is no balance yet, and what it takes is held."""
    ids = [line.account_id for line in body.postings]
    places = await queries.places_of_accounts(session, ids)
    return _shown(await pending_actions.hold(session, actor, posting.draft_of(body, places)))


@router.get(
    "/pending-entries",
    operation_id="ip_ledger_list_pending_entries",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_pending(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
) -> Page[PendingOut]:
    """List entries that wait or waited, the latest first."""
    rows, cursor = await paginate(
        session,
        pending_queries.visible(actor, center_id),
        page,
        keys=[col(PendingEntry.id).desc()],
        filters={"center_id": center_id},
    )
    items = [_shown(one) for one in await pending_queries.with_parts(session, rows)]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/pending-entries/{pending_id}",
    operation_id="ip_ledger_get_pending_entry",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get_pending(pending_id: UUID, actor: CurrentActor, session: Reading) -> PendingOut:
    """Show an entry that waits, or what became of it."""
    return _shown(await pending_queries.pending(session, actor, pending_id))


@router.post(
    "/pending-entries/{pending_id}/confirm",
    operation_id="ip_ledger_confirm_pending_entry",
    openapi_extra=access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",), key_required=True),
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "HOLD_EXCEEDED", *posting.REFUSALS),
)
async def confirm(
    pending_id: UUID, body: ConfirmationIn, actor: CurrentActor, session: Transaction
) -> PendingOut:
    """Post what waited, or a part of it; it is confirmed or voided once."""
    part = None if body.postings is None else posting.lines_of(body.postings)
    return _shown(
        await pending_actions.confirm(session, actor, pending_id, body.effective_on, part)
    )


@router.post(
    "/pending-entries/{pending_id}/void",
    operation_id="ip_ledger_void_pending_entry",
    openapi_extra=access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",), key_required=True),
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "IDEMPOTENCY_KEY_REQUIRED"),
)
async def void(
    pending_id: UUID, body: VoidingIn, actor: CurrentActor, session: Transaction
) -> PendingOut:
    """Let go of what an entry held that does not come about."""
    return _shown(await pending_actions.void(session, actor, pending_id, body.reason))


@router.post(
    "/exchanges",
    operation_id="ip_ledger_post_exchange",
    status_code=201,
    openapi_extra=access("bookkeeper", tenant=BOOKKEEPER, rules=("X07",), key_required=True),
    responses=problems(
        "CURRENCY_UNKNOWN",
        "CURRENCY_MISMATCH",
        "RATE_MISMATCH",
        "ACCOUNT_UNKNOWN",
        "AMOUNT_TOO_LARGE",
        "ACCOUNT_OVERDRAWN",
        "PERIOD_CLOSED",
        "BEFORE_OPENING",
        "IDEMPOTENCY_KEY_REQUIRED",
    ),
)
async def exchange(
    body: ExchangeIn, actor: CurrentActor, now: Now, session: Transaction
) -> EntryOut:
    """Change money into another currency at a stated rate: the only entry in two currencies."""
    sold, bought = body.sold, body.bought
    draft = await pending_actions.exchange(
        session,
        actor,
        body.effective_on,
        body.reference,
        Line(sold.account_id, rules.signed(Side.CREDIT, sold.amount.amount), sold.amount.currency),
        Line(
            bought.account_id,
            rules.signed(Side.DEBIT, bought.amount.amount),
            bought.amount.currency,
        ),
        Decimal(body.rate),
    )
    return posting.shown(draft, now)


def _shown(pending: Pending) -> PendingOut:
    outcome = pending.outcome
    return PendingOut(
        id=pending.row.id,
        center_id=pending.row.center_id,
        effective_on=pending.row.effective_on,
        recorded_at=pending.row.recorded_at,
        reference=pending.row.reference,
        postings=[
            PostingOut(
                account_id=line.account_id,
                side=rules.side_of(line.amount_fen),
                amount=booked(abs(line.amount_fen), line.currency),
            )
            for line in pending.lines
        ],
        state=pending.state,
        version=1 if outcome is None else 2,
        entry_id=None if outcome is None else outcome.entry_id,
        reason=None if outcome is None else outcome.reason,
        settled_at=None if outcome is None else outcome.settled_at,
        settled_by=None if outcome is None else outcome.settled_by,
    )


ROUTERS: Final = (router,)
