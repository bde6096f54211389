"""The books over HTTP: entries in groups, each with its own verdict."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from ip_ledger.journal import queries
from ip_ledger.journal.poster import Command, Poster
from ip_ledger.journal.rules import EntryDraft, Line
from ip_ledger.journal.tables import JournalEntry, Posting
from ip_ledger.log.tables import LogRecord
from shared.auth import Actor
from shared.events.tables import Event
from shared.http.tables import KeptAnswer
from tests.fixtures.service import event_types
from tests.ip_ledger.distributions.world import World, build

pytestmark = pytest.mark.anyio


class Books:
    """Three accounts of a centre, and a bookkeeper's calls."""

    def __init__(self, world: World, ids: list[str]) -> None:
        self.world = world
        self.ids = ids
        self.client = world.service.client("bookkeeper")

    def body(self, amount: int = 100, debit: int = 0, credit: int = 1, **changes: Any) -> Any:
        lines = [("debit", debit), ("credit", credit)]
        postings = [
            {"account_id": self.ids[place], "side": side, "amount": {"amount": amount}}
            for side, place in lines
        ]
        return {"effective_on": "2028-03-05", "reference": "r", "postings": postings} | changes

    async def post(self, body: Any, key: str | None = None, path: str = "entries") -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return await self.client.post(f"/v1/ip-ledger/{path}", json=body, headers=headers)

    async def balance(self, place: int, query: str = "") -> int:
        answer = await self.client.get(f"/v1/ip-ledger/accounts/{self.ids[place]}{query}")
        amount: int = answer.json()["balance"]["amount"]
        return amount


@pytest.fixture
async def books(running: Callable[..., Any]) -> AsyncIterator[Books]:
    async with running("ip_ledger") as service:
        world = await build(service)
        ids = []
        for code in ("bank", "fees", "owner"):
            body = {
                "center_id": str(world.center_id), "code": code, "kind": "asset",
                "org_id": str(world.university) if code == "owner" else None,
            }  # fmt: skip
            answer = await service.client("bookkeeper").post("/v1/ip-ledger/accounts", json=body)
            assert answer.status_code == 201, answer.text
            ids.append(answer.json()["id"])
        yield Books(world, ids)


@pytest.mark.requirement("X07")
async def test_an_entry_moves_balances_and_leaves_event_audit_and_record(books: Books) -> None:
    answer = await books.post(books.body(250))
    assert answer.status_code == 201, answer.text
    entry = answer.json()
    assert (await books.balance(0), await books.balance(1)) == (250, -250)
    async with books.world.sessions.reading() as session:
        entry_id = UUID(entry["id"])
        event = await session.scalar(select(Event).where(col(Event.subject_id) == entry_id))
        trail = text("SELECT event_id FROM audit_trail WHERE subject_id = :id")
        assert event is not None
        assert list(await session.scalars(trail, {"id": entry_id})) == [event.id]
        assert await session.get(LogRecord, entry_id) is not None
        assert await queries.wrong_balances(session) == []
    await books.world.service.number()
    receipt = await books.client.get(f"/v1/ip-ledger/receipts/{entry['id']}")
    assert receipt.status_code == 200, receipt.text
    assert {opening["name"] for opening in receipt.json()["openings"]} == {"lines", "reference"}


@pytest.mark.requirement("X07")
async def test_concurrent_entries_share_statements_and_all_count(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    look_up = queries.places_of_accounts

    async def counted(session: Any, account_ids: Any) -> Any:
        looks.append(len(account_ids))
        return await look_up(session, account_ids)

    monkeypatch.setattr(queries, "places_of_accounts", counted)
    answers = await asyncio.gather(*(books.post(books.body(n)) for n in range(1, 61)))
    assert [answer.status_code for answer in answers] == [201] * 60
    assert await books.balance(0) == sum(range(1, 61))
    async with books.world.sessions.reading() as session:
        # Accounts that nobody knew yet were read together, and by then all had been received.
        assert len(looks) <= 2
        commits = text("SELECT count(DISTINCT xmin::text) FROM journal_entry")
        assert await session.scalar(commits) <= 3
        assert await queries.wrong_balances(session) == []
        versions = await session.scalars(
            select(col(Posting.account_version))
            .where(col(Posting.account_id) == UUID(books.ids[0]))
            .order_by(col(Posting.account_version))
        )
        assert list(versions) == list(range(1, 61))


@pytest.mark.requirement("X07")
async def test_two_processes_on_one_hot_account_never_lose_an_update(books: Books) -> None:
    """Each poster stands for a process: their statements meet on the same rows."""
    engine = books.world.service.app.state.database.engine
    posters = [Poster(engine, 8), Poster(engine, 8)]
    account, other = UUID(books.ids[0]), UUID(books.ids[1])
    actor = Actor(uuid4(), "test", frozenset({"bookkeeper"}))

    async def post(number: int) -> None:
        lines = (Line(account, number), Line(other, -number))
        draft = EntryDraft(uuid4(), books.world.center_id, date(2028, 3, 1), "r", lines)
        await posters[number % 2].post(Command(draft, actor, datetime.now(UTC), b"{}"))

    await asyncio.gather(*(post(number) for number in range(1, 201)))
    assert await books.balance(0) == sum(range(1, 201))
    async with books.world.sessions.reading() as session:
        assert await queries.wrong_balances(session) == []
        last = select(col(Posting.balance_after_fen)).where(
            col(Posting.account_id) == account, col(Posting.account_version) == 200
        )
        assert await session.scalar(last) == sum(range(1, 201))


@pytest.mark.requirement("X07")
async def test_an_audit_finds_a_balance_that_its_postings_do_not_make(books: Books) -> None:
    await books.post(books.body())
    async with books.world.sessions.begin() as session:
        await session.execute(text("UPDATE account_balance SET balance_fen = balance_fen + 1"))
    async with books.world.sessions.reading() as session:
        assert len(await queries.wrong_balances(session)) == 3


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_bad_command_fails_alone_and_writes_nothing(books: Books) -> None:
    uneven = books.body()
    uneven["postings"][0]["amount"] = {"amount": 101}
    unknown = books.body()
    unknown["postings"][0]["account_id"] = str(uuid4())
    answers = await asyncio.gather(
        books.post(books.body()), books.post(uneven), books.post(unknown), books.post(books.body())
    )
    assert [answer.status_code for answer in answers] == [201, 422, 422, 201]
    assert answers[1].json()["code"] == "UNBALANCED"
    assert answers[2].json()["code"] == "ACCOUNT_UNKNOWN"
    async with books.world.sessions.reading() as session:
        assert await session.scalar(select(func.count()).select_from(JournalEntry)) == 2


@pytest.mark.requirement("X05")
async def test_the_same_key_answers_again_and_posts_once(books: Books) -> None:
    first = await books.post(books.body(), key="k")
    again = await books.post(books.body(), key="k")
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)
    other = await books.post(books.body(101), key="k")
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_MISMATCH")
    assert await books.balance(0) == 100


@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_twenty_twins_at_once_post_once(books: Books) -> None:
    answers = await asyncio.gather(*(books.post(books.body(), key="k") for _ in range(20)))
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {
        "IDEMPOTENCY_IN_PROGRESS"
    }
    assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
    assert await books.balance(0) == 100
    async with books.world.sessions.reading() as session:
        assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 1


@pytest.mark.requirement("X07")
async def test_an_entry_is_undone_once_and_not_before_its_own_day(books: Books) -> None:
    entry = (await books.post(books.body())).json()
    path = f"entries/{entry['id']}/reversals"
    early = await books.post({"effective_on": "2028-03-04", "reference": "x"}, path=path)
    assert (early.status_code, early.json()["code"]) == (422, "REVERSAL_BEFORE_ORIGINAL")
    body = {"effective_on": "2028-03-05", "reference": "x"}
    answers = await asyncio.gather(*(books.post(body, path=path) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "ALREADY_REVERSED"
    assert await books.balance(0) == 0
    late = await books.post(body, path=path)
    assert (late.status_code, late.json()["code"]) == (409, "ALREADY_REVERSED")


async def test_balances_answer_on_a_day_and_as_known(books: Books) -> None:
    await books.post(books.body(100, effective_on="2028-03-01"))
    books.world.service.set_clock("2028-03-12T02:00:00+00:00")
    await books.post(books.body(10, effective_on="2028-03-02"))
    assert await books.balance(0) == 110
    assert await books.balance(0, "?on=2028-03-01") == 100
    assert await books.balance(0, "?on=2028-03-02") == 110
    assert await books.balance(0, "?on=2028-03-02&as_of=2028-03-11") == 100
    assert await books.balance(0, "?as_of=2028-03-09") == 0
    listed = (await books.client.get("/v1/ip-ledger/accounts?on=2028-03-01")).json()["items"]
    assert {item["code"]: item["balance"]["amount"] for item in listed}["bank"] == 100
    entries = await books.client.get(f"/v1/ip-ledger/accounts/{books.ids[0]}/entries?limit=1")
    page = entries.json()
    assert page["items"][0]["balance_after"]["amount"] == 110
    assert page["next_cursor"] is not None
    # An account's index answers alone: neither its postings nor their entries are read.
    plan = await _plan_of_a_balance(books)
    assert "Index Only Scan using uq_posting_account_version" in plan
    assert plan.count("Scan") == 1, plan


async def _plan_of_a_balance(books: Books) -> str:
    asked = """EXPLAIN SELECT account_id, sum(amount_fen), count(*) FROM posting
        WHERE account_id = :id AND effective_on <= '2028-03-01' AND recorded_at <= '2028-03-12Z'
        GROUP BY account_id"""
    async with books.world.sessions.open() as session:
        # Three postings are read quicker in another way.
        for way in ("enable_seqscan", "enable_bitmapscan"):
            await session.execute(text(f"SET LOCAL {way} = off"))
        rows = await session.scalars(text(asked), {"id": UUID(books.ids[0])})
        return "\n".join(rows)


async def test_a_batch_posts_the_good_rows_and_names_the_bad_ones(books: Books) -> None:
    uneven = books.body()
    uneven["postings"].pop()
    rows = [books.body(1), uneven, books.body(2)]
    answer = await books.post(rows, path="entry-batches")
    assert answer.status_code == 200, answer.text
    batch = answer.json()
    assert (batch["created"], batch["failed"]) == (2, 1)
    assert [row["status"] for row in batch["results"]] == [201, 422, 201]
    assert await books.balance(0) == 3
    types = await event_types(books.world.sessions)
    assert types.count("entry.posted") == 2


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_only_the_bookkeeper_posts_and_each_sees_its_own(books: Books) -> None:
    await books.post(books.body(5, 2, 1))
    member = books.world.operator()
    key = {"Idempotency-Key": "k"}
    refused = await member.post("/v1/ip-ledger/entries", json=books.body(), headers=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN_SCOPE")
    keyless = await books.client.post("/v1/ip-ledger/entries", json=books.body())
    assert keyless.status_code == 428
    own = await books.world.owner(books.world.university).get("/v1/ip-ledger/accounts")
    assert [item["code"] for item in own.json()["items"]] == ["owner"]
    stranger = books.world.owner(books.world.stranger)
    assert (await stranger.get(f"/v1/ip-ledger/accounts/{books.ids[0]}")).status_code == 404
    path = f"/v1/ip-ledger/accounts/{books.ids[0]}/entries"
    assert (await stranger.get(path)).status_code == 404


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_the_database_itself_holds_entries_balanced_and_unchanged(books: Books) -> None:
    entry = (await books.post(books.body())).json()
    changes = {
        "INSERT INTO posting SELECT entry_id, 7, account_id, currency, 1, 0, 99, effective_on, "
        "recorded_at FROM posting WHERE entry_id = :id LIMIT 1": "ck_posting_balanced",
        "UPDATE journal_entry SET reference = 'x' WHERE id = :id": "permission denied",
        "DELETE FROM posting WHERE entry_id = :id": "permission denied",
        "UPDATE log_record SET body = '' WHERE id = :id": "permission denied",
    }
    for statement, why in changes.items():
        with pytest.raises(Exception, match=r"permission|balance") as refused:
            async with books.world.sessions.begin() as session:
                await session.execute(text(statement), {"id": UUID(entry["id"])})
        if why == "ck_posting_balanced":
            assert isinstance(refused.value, IntegrityError)


@pytest.mark.requirement("X05", "X07")
async def test_lost_connections_lose_nothing_that_was_acknowledged_and_post_nothing_twice(
    books: Books,
) -> None:
    """Clients repeat with the same key after a 503; whatever the cut hit, each counts once."""
    stop = asyncio.Event()
    url = books.world.service.database.app_url.replace("+asyncpg", "")

    async def cut() -> None:
        """Cut every connection of this database but the cutter's own, again and again."""
        own = await asyncpg.connect(url)
        try:
            while not stop.is_set():
                await own.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
                await asyncio.sleep(0.15)
        finally:
            await own.close()

    async def until_posted(number: int) -> str:
        for _ in range(200):
            answer = await books.post(books.body(1), key=f"k{number}")
            if answer.status_code == 201:
                entry: str = answer.json()["id"]
                return entry
            assert answer.status_code in {409, 503}, answer.text
            await asyncio.sleep(0.02)
        raise AssertionError("never acknowledged")

    await asyncio.gather(*(books.post(books.body(1)) for _ in range(3)))
    cutting = asyncio.create_task(cut())
    entries = await asyncio.gather(*(until_posted(number) for number in range(40)))
    stop.set()
    await cutting
    # What the pool still holds was cut; the reads below are not what is judged here.
    await books.world.service.app.state.database.engine.dispose()
    assert len(set(entries)) == 40
    async with books.world.sessions.reading() as session:
        kept = set(await session.scalars(select(col(JournalEntry.id))))
        assert {UUID(entry) for entry in entries} <= kept
        assert len(kept) == 43
        assert await queries.wrong_balances(session) == []
    assert await books.balance(0) == 43
