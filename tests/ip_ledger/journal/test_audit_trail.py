"""Who changed what, when, from what to what, and why; and corrections that only add (X07)."""

import hashlib
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ip_ledger.journal import actions
from ip_ledger.journal.rules import EntryDraft, Line
from ip_ledger.log.tables import LogRecord
from shared.auth import Actor
from tests.ip_ledger.journal.test_posting import Books
from tests.ip_ledger.journal.test_posting import books as books

pytestmark = pytest.mark.anyio


async def trail(books: Books, subject_id: str) -> list[dict[str, Any]]:
    answer = await books.world.service.client("auditor").get(
        "/v1/ip-ledger/audit", params={"subject_id": subject_id}
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def body_sha256(books: Books, record_id: str) -> str:
    async with books.world.sessions.reading() as session:
        record = await session.get(LogRecord, UUID(record_id))
    assert record is not None
    return hashlib.sha256(record.body).hexdigest()


@pytest.mark.requirement("X07")
async def test_an_audit_row_carries_the_hashes_of_the_stored_records_and_the_reason(
    books: Books,
) -> None:
    entry = (await books.post(books.body(250))).json()
    body = {"effective_on": "2028-03-05", "reference": "wrong account"}
    undoing = (await books.post(body, path=f"entries/{entry['id']}/reversals")).json()
    (posted,) = await trail(books, entry["id"])
    (reversed_,) = await trail(books, undoing["id"])
    assert posted["after_sha256"] == await body_sha256(books, entry["id"])
    assert (posted["before_sha256"], posted["reason"]) == (None, None)
    assert reversed_["before_sha256"] == posted["after_sha256"]
    assert reversed_["after_sha256"] == await body_sha256(books, undoing["id"])
    assert reversed_["reason"] == "wrong account"
    assert posted["person_id"] == reversed_["person_id"] != str(UUID(int=0))


@pytest.mark.requirement("X07")
async def test_entries_of_a_request_s_own_transaction_carry_the_same_hashes(books: Books) -> None:
    """A run posts by the session, a bookkeeper by the poster: an auditor reads both alike."""
    lines = (Line(UUID(books.ids[0]), 5), Line(UUID(books.ids[1]), -5))
    actor = Actor(uuid4(), "test", frozenset({"bookkeeper"}))
    source = uuid4()
    day = books.world.service.app.state.clock.now().date()
    draft = EntryDraft(uuid4(), books.world.center_id, day, "run", lines, source)
    async with books.world.sessions.begin() as session:
        await actions.post_entries(session, actor, [draft])
    async with books.world.sessions.begin() as session:
        (undoing,) = await actions.reverse_entries_of(session, actor, source, day, "paid twice")
    (posted,) = await trail(books, str(draft.id))
    (reversed_,) = await trail(books, str(undoing.id))
    assert posted["after_sha256"] == await body_sha256(books, str(draft.id))
    assert reversed_["before_sha256"] == posted["after_sha256"]
    assert reversed_["reason"] == "paid twice"


@pytest.mark.requirement("X07")
async def test_every_audit_row_of_the_ledger_says_what_stands_since(books: Books) -> None:
    await books.post(books.body())
    async with books.world.sessions.reading() as session:
        rows = list(await session.execute(text("SELECT action, after_sha256 FROM audit_trail")))
    assert {row.action for row in rows} == {"account.opened", "entry.posted"}
    assert all(row.after_sha256 for row in rows)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_reversal_is_not_reversed_by_request_or_by_the_database(books: Books) -> None:
    entry = (await books.post(books.body())).json()
    body = {"effective_on": "2028-03-05", "reference": "x"}
    undoing = (await books.post(body, path=f"entries/{entry['id']}/reversals")).json()
    refused = await books.post(body, path=f"entries/{undoing['id']}/reversals")
    assert (refused.status_code, refused.json()["code"]) == (409, "REVERSAL_OF_REVERSAL")
    insert = (
        "INSERT INTO journal_entry SELECT gen_random_uuid(), center_id, {day}, recorded_at, "
        "reference, source_id, id, recorded_by FROM journal_entry WHERE id = :id"
    )
    cases = [
        ("effective_on", undoing["id"], "ck_journal_entry_reverses_original"),
        ("effective_on - 1", (await books.post(books.body())).json()["id"], "reverses_after"),
    ]
    for day, original, constraint in cases:
        with pytest.raises(IntegrityError, match="reverses"):
            async with books.world.sessions.begin() as session:
                await session.execute(text(insert.format(day=day)), {"id": UUID(original)})
        assert constraint
    assert await books.balance(0) == 100


@pytest.mark.requirement("X07", "X04")
@pytest.mark.refusing
async def test_only_an_auditor_reads_the_trail_and_nobody_changes_it(books: Books) -> None:
    await books.post(books.body())
    for capacity in ("bookkeeper", "handler", "member"):
        org = {"org_id": books.world.entity} if capacity == "member" else {}
        answer = await books.world.service.client(capacity, **org).get("/v1/ip-ledger/audit")
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN_SCOPE")
    for statement in ("UPDATE audit SET reason = 'x'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="permission denied"):
            async with books.world.sessions.begin() as session:
                await session.execute(text(statement))
