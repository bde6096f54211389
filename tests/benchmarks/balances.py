"""Balances on two clocks out of large books, beside an answer for which nothing is computed.

The books are filled by the statement that posts, out of rows made in PostgreSQL: entries of two
postings over a year, one in twenty happened up to a year before it was recorded, each with record,
event and numbers. Some answers are computed once more from the entries, and the whole is audited.
"""

import asyncio
import random
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import quote

import asyncpg
import httpx

from ip_ledger.journal import statement
from tests.benchmarks.asking import asking
from tests.benchmarks.bulk import audited, sized
from tests.benchmarks.figures import Case, Figure, Mark, Size
from tests.benchmarks.house import House
from tests.benchmarks.journal import ACCOUNTS
from tests.benchmarks.posting import until_numbered, until_signed
from tests.benchmarks.tools import BenchmarkError

ENTRIES: Final = {"small": 1_000_000, "full": 10_000_000}
ACCOUNTS_OF: Final = {"small": 1_000, "full": 10_000}
AT_ONCE: Final = 20_000
YEAR: Final = timedelta(days=365)
FIRST: Final = datetime(2025, 1, 5, tzinfo=UTC)
CAUGHT_UP_SECONDS: Final = 7_200.0
CHECKED: Final = 50
BARE, BALANCE = "checkpoint over HTTP", "balance on two clocks"
# The bytes of a record as `journal/record_rules.py` writes them, of an ordinary entry.
FUNCTIONS: Final = r"""
CREATE FUNCTION pg_temp.sealed(secret bytea, name text, value text) RETURNS bytea IMMUTABLE
RETURN sha256(convert_to(E'zhichuang opening v1\n' || name || E'\n', 'UTF8')
    || substr(sha256(convert_to(E'zhichuang salt v2\n' || name || E'\n', 'UTF8') || secret), 1, 16)
    || convert_to(value, 'UTF8'));
CREATE FUNCTION pg_temp.line(account_id uuid, amount bigint, side text) RETURNS text IMMUTABLE
RETURN '{"account_id":"' || account_id || '","amount":' || amount
    || ',"currency":"CNY","side":"' || side || '"}';
"""
MADE: Final = r"""
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT *, pg_temp.sealed(secret, 'lines', '[' || pg_temp.line(one, amount, 'debit') || ','
        || pg_temp.line(other, amount, 'credit') || ']')
    || pg_temp.sealed(secret, 'reference', '"bench"')
    || pg_temp.sealed(secret, 'recorded_by', '{"client_id":"bench","person_id":"'
        || $4::uuid || '"}')
    || uuid_send(least(one, other)) || uuid_send(greatest(one, other)) AS sealed
FROM (
    SELECT uuidv7() AS id, at, uuid_send(gen_random_uuid()) AS secret,
        (at AT TIME ZONE 'Asia/Shanghai')::date - late AS day, ($3::uuid[])[place + 1] AS one,
        ($3::uuid[])[(place + apart) % cardinality($3::uuid[]) + 1] AS other, amount
    FROM (
        SELECT $1::timestamptz + n * $2::interval AS at,
            CASE WHEN random() < 0.05 THEN random(1, 365) ELSE 0 END AS late,
            random(0, cardinality($3::uuid[]) - 1) AS place,
            random(1, cardinality($3::uuid[]) - 1) AS apart, random(1, 1000)::bigint AS amount
        FROM generate_series($5::bigint, $6::bigint) AS n
    ) AS drawn
) AS named
"""
POST_MADE: Final = r"""
WITH draft AS MATERIALIZED (
    SELECT id, $1::uuid AS center_id, day AS effective_on, at AS recorded_at,
        'bench' AS reference, NULL::uuid AS source_id, NULL::uuid AS reverses_id,
        $2::uuid AS person_id, 'ordinary' AS kind, NULL AS exchange_rate, 'bench' AS client_id,
        '\x02010000'::bytea || int8send((extract(epoch FROM at) * 1000000)::bigint)
            || int4send(day - date '1970-01-01') || uuid_send(id) || uuid_send($1::uuid) || sealed
            AS record_body, secret, '{}' AS readers
    FROM made
), given AS MATERIALIZED (
    SELECT id AS entry_id, line, account_id, 'CNY' AS currency, amount_fen,
        row_number() OVER (ORDER BY id, line) AS place
    FROM made CROSS JOIN LATERAL (VALUES (0, one, amount), (1, other, -amount))
        AS l(line, account_id, amount_fen)
), POSTING, KEPT SELECT count(*) FROM posted
""".replace("POSTING", statement.POSTING).replace("KEPT", statement.KEPT)
# As a balance was read before postings bore their entries' days.
REPLAYED: Final = """
SELECT coalesce(sum(p.amount_fen), 0)::bigint
FROM posting p JOIN journal_entry e ON e.id = p.entry_id
WHERE p.account_id = $1 AND e.effective_on <= $2 AND e.recorded_at <= $3
"""


class _Books:
    """Books with so many entries in the running house."""

    def __init__(self, house: House, entries: int, accounts: int) -> None:
        self.house, self.entries = house, entries
        self.center_id, self.person_id = uuid.uuid4(), uuid.uuid4()
        execute = house.stack.postgres.execute
        self.before = int(execute("SELECT pg_database_size('ip_ledger')"))
        opened = execute(
            ACCOUNTS.format(center=self.center_id, count=accounts), database="ip_ledger"
        )
        self.accounts = [uuid.UUID(one) for one in re.findall(r"[0-9a-f-]{36}", opened)]
        asyncio.run(self._filled())

    async def _filled(self) -> None:
        connection = await asyncpg.connect(self.house.dsn("ip_ledger"))
        try:
            await connection.execute(FUNCTIONS)
            step = YEAR / self.entries
            for first in range(0, self.entries, AT_ONCE):
                last = min(first + AT_ONCE, self.entries) - 1
                async with connection.transaction():
                    drawn = (FIRST, step, self.accounts, self.person_id, first, last)
                    await connection.execute(MADE, *drawn)
                    await connection.execute("ANALYZE made")
                    await connection.execute(POST_MADE, self.center_id, self.person_id)
                # As the sequencer does while entries come in: what waits never becomes a heap.
                await until_numbered(connection, CAUGHT_UP_SECONDS)
            await until_signed(connection, CAUGHT_UP_SECONDS)
            # What autovacuum does in its own time.
            await connection.execute("VACUUM (ANALYZE) posting")
        finally:
            await connection.close()

    def asked(self) -> tuple[uuid.UUID, date, datetime]:
        """Draw an account, a day and an instant, anywhere in the year."""
        known = FIRST + random.random() * YEAR
        on = (FIRST + random.random() * YEAR).date()
        return random.choice(self.accounts), on, known

    def address(self) -> str:
        """Give the address of a balance on two clocks."""
        return _address(*self.asked())

    def finish(self, client: httpx.Client, figure: Figure) -> list[str]:
        """Compute some answers once more, count bytes, and audit."""
        told = asyncio.run(self._checked(client))
        return [told, *asyncio.run(sized(self.house, self.before, figure)), audited(self.house)]

    async def _checked(self, client: httpx.Client) -> str:
        headers = {"Authorization": f"Bearer {self.house.token('auditor', 'auditor')}"}
        connection = await asyncpg.connect(self.house.dsn("ip_ledger"))
        try:
            for _ in range(CHECKED):
                asked = self.asked()
                got = await asyncio.to_thread(client.get, _address(*asked), headers=headers)
                answer = got.json()
                replayed = await connection.fetchval(REPLAYED, *asked)
                if answer["balance"]["amount"] != replayed:
                    raise BenchmarkError(f"{asked}: {answer['balance']} is not {replayed}")
        finally:
            await connection.close()
        each = 2 * self.entries // len(self.accounts)
        return (
            f"{self.entries:,} entries, about {each:,} postings an account; {CHECKED} answers are"
            " what their entries come to."
        )


def _address(account_id: uuid.UUID, on: date, known: datetime) -> str:
    instant = quote(known.isoformat().replace("+00:00", "Z"))
    return f"/v1/ip-ledger/accounts/{account_id}?on={on}&as_of={instant}"


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Fill the books, and let balances and a bare answer take turns."""
    books = _Books(house, ENTRIES[size.name], ACCOUNTS_OF[size.name])
    with httpx.Client(base_url=house.stack.services["ip_ledger"].url, timeout=60.0) as client:
        bare = asking(house, client, lambda: "/v1/ip-ledger/log/checkpoint")
        made = Figure(
            name="balances",
            title="Balances on two clocks",
            unit="request",
            cases=[Case(BARE, bare), Case(BALANCE, asking(house, client, books.address))],
            comparisons=[(BALANCE, BARE)],
            parts=("service", "database"),
            remarks=["One caller in turn; any account, day and instant of a year."],
            marks=[Mark("P9 balance, p99 ms", lambda each: each.samples[BALANCE].p99_ms, 20)],
        )
        made.finish = lambda: books.finish(client, made)
        yield made
