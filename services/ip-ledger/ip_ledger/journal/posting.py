"""From a request to the poster: the body judged against accounts that never change."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import FastAPI
from pydantic import ValidationError
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from ip_ledger.journal import actions, queries, rules
from ip_ledger.journal.currencies import booked
from ip_ledger.journal.poster import Command, Key, Poster
from ip_ledger.journal.queries import Place
from ip_ledger.journal.rules import EntryDraft, Line
from ip_ledger.journal.schemas import EntryIn, EntryOut, PostingIn, PostingOut, ReversalIn
from shared.auth import Actor
from shared.database import Sessions, new_id
from shared.http import Work
from shared.http.batches import Before, Outcome, Row, RowResult
from shared.rules import Check, require

NO_CENTER: Final = UUID(int=0)
MOST_PLACES: Final = 100_000
# What the entries of a dry run would have moved, by account.
MOVED: Final = "moved"
# For what an entry is refused, whether it is posted at once or waits first.
REFUSALS: Final = (
    "UNBALANCED",
    "ACCOUNT_UNKNOWN",
    "AMOUNT_TOO_LARGE",
    "ACCOUNT_OVERDRAWN",
    "PERIOD_CLOSED",
    "BEFORE_OPENING",
    "CURRENCIES_MIXED",
    "CURRENCY_MISMATCH",
    "CURRENCY_UNKNOWN",
    "IDEMPOTENCY_KEY_REQUIRED",
)


class Books:
    """A process's poster, and what it knows of accounts: rows that are never changed."""

    def __init__(self, app: FastAPI) -> None:
        """Post by the app's own database."""
        database = app.state.database
        self.poster = Poster(database.engine, app.state.settings.posting_batch)
        self._sessions: Sessions = database.sessions
        self._places: dict[UUID, Place] = {}
        self._asked: set[UUID] = set()
        self._reading = asyncio.Lock()
        self._next: asyncio.Task[dict[UUID, Place]] | None = None

    async def places(self, account_ids: Iterable[UUID]) -> dict[UUID, Place]:
        """Give the places of accounts; unknown ones are left out."""
        wanted = set(account_ids)
        # One by one: taking a dictionary's keys from a set would walk through all of them.
        known = {i: place for i in wanted if (place := self._places.get(i)) is not None}
        if len(known) == len(wanted):
            return known
        missing = wanted - set(known)
        found = await self._looked_up(missing)
        return known | {i: found[i] for i in missing if i in found}

    async def _looked_up(self, account_ids: set[UUID]) -> dict[UUID, Place]:
        """Read accounts' places; what is asked while one reading runs the next reads together."""
        self._asked |= account_ids
        if self._next is None:
            self._next = asyncio.create_task(self._read_next())
        return await asyncio.shield(self._next)

    async def _read_next(self) -> dict[UUID, Place]:
        async with self._reading:
            self._next, asked, self._asked = None, self._asked, set()
            async with self._sessions.reading() as session:
                found = await queries.places_of_accounts(session, asked)
        if len(self._places) > MOST_PLACES:
            self._places.clear()
        self._places |= found
        return found


def books_of(app: FastAPI) -> Books:
    """Give the process's books, made at the first call."""
    books: Books | None = getattr(app.state, "books", None)
    if books is None:
        books = app.state.books = Books(app)
    return books


async def post(app: FastAPI, actor: Actor, work: Work, body: EntryIn, now: datetime) -> Response:
    """Judge an entry and post it.

    Raises `Refused`: ACCOUNT_UNKNOWN, CURRENCY_MISMATCH, UNBALANCED, CURRENCIES_MIXED, or as
    `Poster.post`.
    """
    books = books_of(app)
    places = await books.places(line.account_id for line in body.postings)
    draft = draft_of(body, places)
    if not rules.is_plain(draft, _known(places)):
        require(_checks(draft, places))
    return await _posted(books, actor, work, draft, places, now)


async def post_plain(app: FastAPI, actor: Actor, work: Work, raw: bytes) -> Response | None:
    """Post an entry straight from its bytes; nothing where the ordinary route should read them.

    Raises `Refused` as `post` does.
    """
    body = plain_entry(raw)
    return None if body is None else await post(app, actor, work, body, app.state.clock.now())


def plain_entry(raw: bytes) -> EntryIn | None:
    """Read a body in one pass; nothing where it is not one that `strict_json` surely takes too.

    This reader takes the last of two fields of one name. A body without two has as many colons
    as fields, since no field but those of the schema fits; one in a text only sends it the
    ordinary way, and so does an escape, behind which NUL could hide.
    """
    try:
        body = EntryIn.model_validate_json(raw)
    except ValidationError:
        return None
    fields = len(body.model_fields_set) + sum(
        len(line.model_fields_set) + len(line.amount.model_fields_set) for line in body.postings
    )
    return body if raw.count(b":") == fields and b"\\" not in raw else None


async def reverse(
    app: FastAPI, actor: Actor, work: Work, entry_id: UUID, body: ReversalIn, now: datetime
) -> Response:
    """Undo an entry, once and not before its own day."""
    books = books_of(app)
    async with app.state.database.sessions.reading() as session:
        original = await queries.entry(session, entry_id)
        undone = await queries.reversed_ids(session, [entry_id])
        of_record = await queries.has_own_undoing(session, original.source_id)
    require(
        [
            *rules.reversal_checks(original, body.effective_on, reversed_already=bool(undone)),
            *rules.hand_checks(of_record=of_record),
        ]
    )
    draft = rules.reversal_of(original, new_id(), body.effective_on, body.reference)
    places = await books.places(line.account_id for line in draft.lines)
    return await _posted(books, actor, work, draft, places, now)


async def _posted(
    books: Books,
    actor: Actor,
    work: Work,
    draft: EntryDraft,
    places: dict[UUID, Place],
    now: datetime,
) -> Response:
    answer = written(draft, now)
    key = None if work.scope is None else Key(work.scope, work.body_sha256)
    readers = {place.org_id for place in places.values() if place.org_id is not None}
    command = Command(draft, actor, now, answer, tuple(sorted(readers)), key)
    await books.poster.post(command)
    return Response(answer, 201, media_type="application/json")


def draft_of(body: EntryIn, places: dict[UUID, Place]) -> EntryDraft:
    """Turn a body into an entry in the books of its first known account's centre."""
    known = (place for one in body.postings if (place := places.get(one.account_id)) is not None)
    first = next(known, None)
    return EntryDraft(
        id=new_id(),
        center_id=NO_CENTER if first is None else first.center_id,
        effective_on=body.effective_on,
        reference=body.reference,
        lines=lines_of(body.postings),
    )


def lines_of(postings: Iterable[PostingIn]) -> tuple[Line, ...]:
    """Turn postings of a body into lines."""
    return tuple(
        Line(one.account_id, rules.signed(one.side, one.amount.amount), one.amount.currency)
        for one in postings
    )


def _checks(draft: EntryDraft, places: dict[UUID, Place]) -> list[Check]:
    return [*rules.entry_checks(draft), *rules.account_checks(draft, _known(places))]


def _known(places: dict[UUID, Place]) -> dict[UUID, tuple[UUID, str]]:
    return {i: (place.center_id, place.currency) for i, place in places.items()}


def shown(draft: EntryDraft, recorded_at: datetime) -> EntryOut:
    """Show an entry as it is posted."""
    return EntryOut(
        id=draft.id,
        center_id=draft.center_id,
        effective_on=draft.effective_on,
        recorded_at=recorded_at,
        reference=draft.reference,
        reverses_id=draft.reverses_id,
        kind=draft.kind,
        exchange_rate=draft.exchange_rate,
        postings=[
            PostingOut(
                account_id=line.account_id,
                side=rules.side_of(line.amount_fen),
                amount=booked(abs(line.amount_fen), line.currency),
            )
            for line in draft.lines
        ],
    )


def written(draft: EntryDraft, recorded_at: datetime) -> bytes:
    """Write what `shown` shows as it is sent: the same bytes, without a model for each line."""
    return to_json(
        {
            "id": draft.id,
            "center_id": draft.center_id,
            "effective_on": draft.effective_on,
            "recorded_at": recorded_at,
            "reference": draft.reference,
            "reverses_id": draft.reverses_id,
            "postings": [
                {
                    "account_id": line.account_id,
                    "side": rules.side_of(line.amount_fen),
                    "amount": {"amount": abs(line.amount_fen), "currency": line.currency},
                }
                for line in draft.lines
            ],
            "kind": draft.kind,
            "exchange_rate": draft.exchange_rate,
            "state": "posted",
            "version": 1,
        }
    )


async def record_many(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[Any]]
) -> list[RowResult]:
    """Post a chunk of a batch: the same rules per row, one statement for the good ones."""
    places = await _places_of(session, rows)
    drafts, failed = _judged(rows, places)
    sound = {index: draft for index, draft in drafts.items() if not failed.get(index)}
    verdicts = await actions.balance_verdicts(session, list(sound.values()))
    for index, draft in sound.items():
        failed[index] = tuple(check for check in verdicts.get(draft.id, ()) if check.refuses)
    good = [draft for index, draft in sound.items() if not failed[index]]
    if good:
        readers = {draft.id: _holders(draft, places) for draft in good}
        await actions.post_judged(session, actor, good, readers, session.info["clock"].now())
    return _results(drafts, failed)


async def foretell_many(
    session: AsyncSession, _actor: Actor, rows: Sequence[Row[Any]], before: Before
) -> list[RowResult]:
    """Tell what posting a chunk would answer after the entries foretold before; post nothing.

    What those would have moved on each account is kept, and that is all that others meet.
    """
    places = await _places_of(session, rows)
    drafts, failed = _judged(rows, places)
    sound = {index: draft for index, draft in drafts.items() if not failed.get(index)}
    ids = {line.account_id for draft in sound.values() for line in draft.lines}
    made = await before.made(MOVED, [str(account_id) for account_id in ids])
    moved = {UUID(account_id): fen for account_id, fen in made.items()}
    verdicts = await actions.foretold_verdicts(session, list(sound.values()), moved)
    for index, draft in sound.items():
        failed[index] = tuple(check for check in verdicts.get(draft.id, ()) if check.refuses)
        if not failed[index]:
            for line in draft.lines:
                moved[line.account_id] = moved.get(line.account_id, 0) + line.amount_fen
    await before.make(MOVED, {str(account_id): fen for account_id, fen in moved.items()})
    return _results(drafts, failed)


async def _places_of(session: AsyncSession, rows: Sequence[Row[Any]]) -> dict[UUID, Place]:
    ids = {posting.account_id for row in rows for posting in row.value.postings}
    return await queries.places_of_accounts(session, ids)


def _judged(
    rows: Sequence[Row[Any]], places: dict[UUID, Place]
) -> tuple[dict[int, EntryDraft], dict[int, tuple[Check, ...]]]:
    """Give by row the entry that it asks for, and what of it alone refuses it."""
    known = _known(places)
    drafts = {row.index: draft_of(row.value, places) for row in rows}
    failed = {
        index: tuple(check for check in _checks(draft, places) if check.refuses)
        for index, draft in drafts.items()
        if not rules.is_plain(draft, known)
    }
    return drafts, failed


def _results(
    drafts: dict[int, EntryDraft], failed: dict[int, tuple[Check, ...]]
) -> list[RowResult]:
    return [
        RowResult(index, Outcome.FAILED, checks=failed[index])
        if failed[index]
        else RowResult(index, Outcome.CREATED, draft.id)
        for index, draft in drafts.items()
    ]


def _holders(draft: EntryDraft, places: dict[UUID, Place]) -> set[UUID]:
    """Name the organizations whose own accounts an entry touches."""
    holders = (places[line.account_id].org_id for line in draft.lines)
    return {org_id for org_id in holders if org_id is not None}
