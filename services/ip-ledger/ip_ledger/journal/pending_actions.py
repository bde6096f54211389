"""Entries that wait: they hold what they would take, until they are confirmed or voided."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.journal import actions, pending_queries, queries, rules
from ip_ledger.journal.pending_queries import Pending
from ip_ledger.journal.rules import EntryDraft, EntryKind, Line, PendingState
from ip_ledger.journal.tables import (
    AccountBalance,
    PendingEntry,
    PendingLine,
    PendingOutcome,
)
from ip_ledger.log.actions import NewRecord, append_records
from shared.auth import Actor
from shared.clock import Clock
from shared.codes.currencies import MINOR_DIGITS, minor_units
from shared.database import new_id
from shared.events import record
from shared.rules import Check, require


async def hold(session: AsyncSession, actor: Actor, draft: EntryDraft) -> Pending:
    """Record an entry that waits; what it would take of an account is no longer available.

    Raises `Refused`: UNBALANCED, CURRENCIES_MIXED, ACCOUNT_UNKNOWN, CURRENCY_MISMATCH,
    ACCOUNT_OVERDRAWN, AMOUNT_TOO_LARGE, PERIOD_CLOSED or BEFORE_OPENING.
    """
    ids = {line.account_id for line in draft.lines}
    places = await queries.places_of_accounts(session, ids)
    known = {one: (place.center_id, place.currency) for one, place in places.items()}
    require([*rules.entry_checks(draft), *rules.account_checks(draft, known)])
    held = await queries.balance_rows_for_update(session, ids)
    bounds = await queries.one_sided(session, ids)
    balances = {row.account_id: row.balance_fen for row in held}
    require(
        [
            *rules.hold_checks(draft.lines, balances, bounds),
            *await actions.day_checks(session, draft),
        ]
    )
    _move(held, draft.lines, 1)
    require([check for row in held for check in _held_checks(row)])
    await session.flush()
    clock: Clock = session.info["clock"]
    row = PendingEntry(
        id=draft.id,
        center_id=draft.center_id,
        effective_on=draft.effective_on,
        reference=draft.reference,
        recorded_at=clock.now(),
        recorded_by=actor.person_id,
    )
    session.add(row)
    await session.flush()
    lines = [
        PendingLine(
            pending_id=row.id,
            line=place,
            account_id=line.account_id,
            currency=line.currency,
            amount_fen=line.amount_fen,
        )
        for place, line in enumerate(draft.lines)
    ]
    # One statement: the guard judges what a statement adds, as a whole.
    await session.execute(insert(PendingLine).values([line.model_dump() for line in lines]))
    readers = (await queries.account_holders(session, [draft]))[draft.id]
    logged = actions.logged(draft, readers)
    after = await append_records(session, [logged])
    record(
        session, actor, "entry.held", row.id, center_id=row.center_id, after=after[row.id],
        effective_on=row.effective_on,
    )  # fmt: skip
    return Pending(row, lines, None)


async def confirm(
    session: AsyncSession,
    actor: Actor,
    pending_id: UUID,
    effective_on: date | None,
    part: tuple[Line, ...] | None = None,
) -> Pending:
    """Post what waited or a part of it, on its own day or on the one that is named.

    What is held beyond the part is let go. Raises `Refused`: NOT_FOUND, STATE_CONFLICT,
    HOLD_EXCEEDED, ACCOUNT_UNKNOWN, CURRENCY_MISMATCH, or as `actions.post_entries`.
    """
    waiting = await _released(session, actor, pending_id)
    if part is not None:
        places = await queries.places_of_accounts(session, {line.account_id for line in part})
        known = {one: (place.center_id, place.currency) for one, place in places.items()}
        posted = replace(waiting.draft, lines=part)
        require(
            [
                *rules.entry_checks(posted),
                *rules.account_checks(posted, known),
                *rules.part_checks(waiting.draft.lines, part),
            ]
        )
    draft = replace(
        waiting.draft,
        lines=waiting.draft.lines if part is None else part,
        id=new_id(),
        effective_on=effective_on or waiting.row.effective_on,
        source_id=waiting.row.id,
    )
    clock: Clock = session.info["clock"]
    at = clock.now()
    # One instant for both: at none is the amount held and posted, or neither.
    await actions.post_entries(session, actor, [draft], at)
    return await _settle(session, actor, waiting, PendingState.CONFIRMED, at, entry_id=draft.id)


async def void(session: AsyncSession, actor: Actor, pending_id: UUID, reason: str) -> Pending:
    """Let go of what an entry held that does not come about.

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    waiting = await _released(session, actor, pending_id)
    clock: Clock = session.info["clock"]
    at = clock.now()
    return await _settle(session, actor, waiting, PendingState.VOIDED, at, reason=reason)


async def _released(session: AsyncSession, actor: Actor, pending_id: UUID) -> Pending:
    """Lock the accounts of an entry that waits, and release what it holds of them."""
    waiting = await pending_queries.pending(session, actor, pending_id)
    held = await queries.balance_rows_for_update(
        session, {line.account_id for line in waiting.lines}
    )
    # Whoever settled it meanwhile has committed before these locks were given.
    settled = await pending_queries.outcome(session, pending_id)
    state = PendingState.PENDING if settled is None else settled.state
    require([rules.settling_check(state)])
    _move(held, waiting.draft.lines, -1)
    await session.flush()
    return waiting


async def _settle(
    session: AsyncSession,
    actor: Actor,
    waiting: Pending,
    state: PendingState,
    at: datetime,
    *,
    entry_id: UUID | None = None,
    reason: str | None = None,
) -> Pending:
    row = waiting.row
    outcome = PendingOutcome(
        pending_id=row.id,
        state=state,
        entry_id=entry_id,
        reason=reason,
        settled_at=at,
        settled_by=actor.person_id,
    )
    session.add(outcome)
    await session.flush()
    readers = (await queries.account_holders(session, [waiting.draft]))[row.id]
    document = {
        "pending_id": str(row.id),
        "state": state.value,
        "entry_id": None if entry_id is None else str(entry_id),
    }
    openings = {} if reason is None else {"reason": reason}
    logged = NewRecord(
        "pending_outcome", outcome.id, row.center_id, document, openings, tuple(readers)
    )
    after = await append_records(session, [logged])
    record(
        session, actor, f"entry.{'confirmed' if entry_id else 'voided'}", row.id,
        center_id=row.center_id, after=after[outcome.id], reason=reason, entry_id=entry_id,
    )  # fmt: skip
    return Pending(row, waiting.lines, outcome)


def _move(held: Iterable[AccountBalance], lines: Iterable[Line], sign: int) -> None:
    rows = {row.account_id: row for row in held}
    for line in lines:
        row = rows[line.account_id]
        if line.amount_fen > 0:
            row.held_debits_fen += sign * line.amount_fen
        else:
            row.held_credits_fen -= sign * line.amount_fen


def _held_checks(row: AccountBalance) -> list[Check]:
    return rules.balance_checks(max(row.held_debits_fen, row.held_credits_fen))


async def exchange(
    session: AsyncSession,
    actor: Actor,
    effective_on: date,
    reference: str,
    sold: Line,
    bought: Line,
    rate: Decimal,
) -> EntryDraft:
    """Change money of one currency into another, through the centre's exchange accounts.

    Raises `Refused`: ACCOUNT_UNKNOWN, CURRENCY_MISMATCH, RATE_MISMATCH, or as
    `actions.post_entries`.
    """
    places = await queries.places_of_accounts(session, [sold.account_id, bought.account_id])
    center_id = places[sold.account_id].center_id if sold.account_id in places else new_id()
    plain = EntryDraft(
        new_id(), center_id, effective_on, reference, (sold, bought), kind=EntryKind.EXCHANGE,
        exchange_rate=str(rate),
    )  # fmt: skip
    known = {one: (place.center_id, place.currency) for one, place in places.items()}
    units = {currency: minor_units(currency) for currency in MINOR_DIGITS}
    require(
        [
            *rules.account_checks(plain, known),
            *rules.exchange_checks(sold, bought, rate, units),
        ]
    )
    name = rules.currency_exchange()
    through = []
    for line in (sold, bought):
        ids = await actions.open_accounts(session, center_id, [name], line.currency)
        through.append(Line(ids[name], -line.amount_fen, line.currency))
    draft = replace(plain, lines=(sold, *through, bought))
    await actions.post_entries(session, actor, [draft])
    return draft
