"""Books on any day as known at any instant, against a replay of every posting in plain Python.

`make prove` asks for ten thousand pairs; `make test` for some.
"""

import os
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from ip_ledger.books import queries as whole_books
from ip_ledger.journal import queries
from ip_ledger.journal.tables import JournalEntry, Posting
from tests.ip_ledger.journal.test_posting import Books
from tests.ip_ledger.journal.test_posting import books as books

pytestmark = pytest.mark.anyio

PAIRS = int(os.environ.get("ZHICHUANG_CASES", "150"))
SEED = int(os.environ.get("ZHICHUANG_SEED", "1"))
FIRST_DAY = date(2028, 1, 1)
START = datetime(2028, 3, 10, 2, tzinfo=UTC)


async def post_some(books: Books, chance: random.Random) -> None:
    """Post entries of any day, some back-dated by weeks, at instants that go on; undo some."""
    for hour in range(50):
        books.world.service.set_clock((START + timedelta(hours=hour)).isoformat())
        day = FIRST_DAY + timedelta(days=chance.randrange(65))
        debit, credit = chance.sample(range(3), 2)
        body = books.body(
            chance.randint(1, 10**6), debit=debit, credit=credit, effective_on=day.isoformat()
        )
        posted = await books.post(body)
        assert posted.status_code == 201, posted.text
        if chance.random() < 0.2:
            later = {"effective_on": (day + timedelta(days=3)).isoformat(), "reference": "undone"}
            undone = await books.post(later, path=f"entries/{posted.json()['id']}/reversals")
            assert undone.status_code == 201, undone.text


@pytest.mark.requirement("X07")
async def test_every_pair_of_day_and_instant_is_what_a_replay_gives(books: Books) -> None:
    chance = random.Random(SEED)
    await post_some(books, chance)
    async with books.world.sessions.reading() as session:
        rows = (
            await session.execute(
                select(
                    col(Posting.account_id), col(Posting.amount_fen),
                    col(JournalEntry.effective_on), col(JournalEntry.recorded_at),
                ).join(JournalEntry, col(JournalEntry.id) == col(Posting.entry_id))
            )
        ).all()  # fmt: skip
        instants = sorted({row.recorded_at for row in rows})
        accounts = [UUID(account_id) for account_id in books.ids]
        for pair in range(PAIRS):
            on = FIRST_DAY + timedelta(days=chance.randrange(-1, 70))
            # On the instant, and just beside it, where an order of commits would show.
            known_at = chance.choice(instants) + timedelta(microseconds=chance.choice([-1, 0, 1]))
            replayed: defaultdict[UUID, list[int]] = defaultdict(list)
            for account_id, amount_fen, effective_on, recorded_at in rows:
                if effective_on <= on and recorded_at <= known_at:
                    replayed[account_id].append(amount_fen)
            told = f"seed {SEED}, pair {pair}: on {on}, as known at {known_at}"
            balances = await queries.balances_at(session, accounts, on, known_at)
            assert balances == {a: (sum(some), len(some)) for a, some in replayed.items()}, told
            totals = await whole_books.totals(session, books.world.center_id, on, known_at)
            for one in totals:
                some = replayed[one.account_id]
                debits = sum(amount for amount in some if amount > 0)
                assert (one.debits_fen, one.debits_fen - one.credits_fen) == (debits, sum(some)), (
                    told
                )
