"""Entries' records in their small form: written by the ledger, read by a verifier of its own."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ip_ledger.audit.auditing import audit_seen
from ip_ledger.journal import actions, rules, statement
from ip_ledger.journal.record_rules import HEAD, entry_record, lines_text, salt_of
from ip_ledger.journal.rules import EntryDraft, EntryKind, Line
from ip_ledger.log.actions import NewRecord, append_records
from ip_ledger.log.rules import canonical
from shared import verifier
from shared.auth import Actor
from shared.database import new_id
from shared.events import EventRow, record_many
from tests.ip_ledger.journal.test_posting import Books
from tests.ip_ledger.journal.test_posting import books as books
from zhichuang import verify

ENTRY, CENTER, OTHER, SOURCE, PERSON = (UUID(int=n << 64 | n) for n in range(1, 6))
BANK, FEES = UUID(int=9 << 100), UUID(int=7 << 100)
SECRET = bytes(range(16))
AT = datetime(2028, 3, 1, 8, 30, 0, 123456, tzinfo=UTC)
# What has to be escaped in JSON, and what has not.
AWKWARD = 'a "b" \\ \n\r\t\b\f\x01\x1f\x7f 制创  😀 </script>'
DRAFT = EntryDraft(
    id=ENTRY,
    center_id=CENTER,
    effective_on=date(2028, 3, 1),
    reference=AWKWARD,
    lines=(Line(BANK, 250), Line(FEES, -200), Line(BANK, -50)),
)
DRAFTS = {
    "plain": DRAFT,
    "before 1970": replace(DRAFT, effective_on=date(1949, 10, 1)),
    "of a source": replace(DRAFT, source_id=SOURCE),
    "undoing": replace(DRAFT, reverses_id=OTHER),
    "undoing one of a source": replace(DRAFT, reverses_id=OTHER, source_id=SOURCE),
    "opening": replace(DRAFT, kind=EntryKind.OPENING, source_id=SOURCE),
    "exchange": replace(DRAFT, kind=EntryKind.EXCHANGE, exchange_rate="7.1234"),
    "undoing an exchange": replace(
        DRAFT, kind=EntryKind.EXCHANGE, exchange_rate="7.1234", reverses_id=OTHER
    ),
}


def written(draft: EntryDraft) -> bytes:
    return entry_record(draft, AT, PERSON, "program", SECRET)


def opened(body: bytes, values: Mapping[str, Any], secret: bytes = SECRET) -> dict[str, Any]:
    """Open fields as a verifier does, which shares no code with the writer."""
    openings = [
        {"name": name, "salt": base64.b64encode(salt_of(secret, name)).decode(), "value": value}
        for name, value in values.items()
    ]
    return verifier.opened_fields(verifier.small_entry(body), openings)


@pytest.mark.requirement("X07")
@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_a_verifier_reads_what_the_ledger_wrote(draft: EntryDraft) -> None:
    body = written(draft)
    record = verifier.small_entry(body)
    assert record["document"] == rules.entry_document(draft)
    assert (record["v"], record["kind"], record["id"]) == (2, "journal_entry", str(draft.id))
    assert record["center_id"] == str(draft.center_id)
    assert datetime.fromisoformat(record["recorded_at"]) == AT
    values = {
        **rules.entry_openings(draft),
        "recorded_by": {"person_id": str(PERSON), "client_id": "program"},
    }
    assert opened(body, values) == values
    assert set(values) == set(record["sealed"])


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_no_other_value_and_no_other_secret_opens_a_field(draft: EntryDraft) -> None:
    body = written(draft)
    for name, value in rules.entry_openings(draft).items():
        other = [{**value[0], "amount": 251}, *value[1:]] if name == "lines" else f"{value} "
        for wrong, secret in ((other, SECRET), (value, bytes(16))):
            with pytest.raises(verify.ReceiptError, match="does not fit"):
                opened(body, {name: wrong}, secret)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_a_record_that_is_cut_off_or_bent_is_none_or_another(draft: EntryDraft) -> None:
    body = written(draft)
    told = verifier.small_entry(body)
    for cut in (0, 1, 4, HEAD.size - 1, HEAD.size, len(body) - 16, len(body) - 1):
        assert reads(body[:cut]) != told
    assert reads(body + b"\x00") is None
    for place in range(1, len(body)):
        bent = bytearray(body)
        bent[place] ^= 1 << place % 8
        assert reads(bytes(bent)) != told, place


def reads(body: bytes) -> dict[str, Any] | None:
    try:
        return verifier.small_entry(body)
    except verify.ReceiptError:
        return None


def test_accounts_have_one_order_and_stand_there_once() -> None:
    body = written(DRAFT)
    head, accounts = body[:-32], (body[-32:-16], body[-16:])
    assert accounts == (FEES.bytes, BANK.bytes)
    for wrong in ((accounts[1], accounts[0]), (accounts[0], accounts[0]), ()):
        assert reads(head + b"".join(wrong)) is None


@given(
    amounts=st.lists(st.integers(-(10**15), 10**15).filter(bool), min_size=2, max_size=5),
    currency=st.sampled_from(["CNY", "JPY"]),
)
def test_lines_are_written_as_canonical_json(amounts: list[int], currency: str) -> None:
    draft = replace(DRAFT, lines=tuple(Line(BANK, amount, currency) for amount in amounts))
    assert lines_text(draft).encode() == canonical(rules.entry_openings(draft)["lines"])


# As it was posted before the migration: nobody knew by which program.
FORMER = text(f"""
    WITH draft AS MATERIALIZED (
        SELECT CAST(:id AS uuid) AS id, CAST(:center AS uuid) AS center_id,
            CAST(:day AS date) AS effective_on, CAST(:at AS timestamptz) AS recorded_at,
            CAST(:reference AS text) AS reference, CAST(NULL AS uuid) AS source_id,
            CAST(NULL AS uuid) AS reverses_id, CAST(:who AS uuid) AS person_id,
            'ordinary' AS kind, CAST(NULL AS text) AS exchange_rate, CAST(NULL AS text) AS client_id
    ), given AS MATERIALIZED (
        SELECT CAST(:id AS uuid) AS entry_id, (place - 1)::int AS line, account_id,
            'CNY' AS currency, amount_fen, place
        FROM unnest(CAST(:accounts AS uuid[]), CAST(:amounts AS bigint[]))
            WITH ORDINALITY AS t (account_id, amount_fen, place)
    ), {statement.POSTING} SELECT count(*) FROM posted
""")  # noqa: S608 - the statement of every entry


async def receipt(books: Books, record_id: str) -> dict[str, Any]:
    service = books.world.service
    service.app.state.settings.checkpoint_seconds = 0
    await service.number()
    answer = await service.client("auditor").get(f"/v1/ip-ledger/receipts/{record_id}")
    assert answer.status_code == 200, answer.text
    key = (await service.client().get("/v1/ip-ledger/log/key")).text
    result = verify.verified(answer.content, key)
    assert result.record["id"] == record_id
    return {"v": result.record["v"], **result.opened}


@pytest.mark.anyio
@pytest.mark.requirement("X07")
async def test_a_receipt_opens_an_entry_from_its_rows_and_not_who_recorded_it(books: Books) -> None:
    body = books.body(250, reference='a "b" \\ 制创 😀')
    entry = (await books.post(body)).json()
    told = await receipt(books, entry["id"])
    lines = [
        {"account_id": books.ids[place], "amount": 250, "currency": "CNY", "side": side}
        for place, side in ((0, "debit"), (1, "credit"))
    ]
    assert told == {"v": 2, "lines": lines, "reference": body["reference"]}
    # The database escapes what the program escapes: an entry that no request could bring.
    both = (Line(UUID(books.ids[0]), 5), Line(UUID(books.ids[1]), -5))
    draft = replace(DRAFT, id=new_id(), center_id=books.world.center_id, lines=both)
    actor = Actor(PERSON, 'a "program"', frozenset({"bookkeeper"}))
    async with books.world.sessions.begin() as session:
        await actions.post_entries(session, actor, [draft])
    told = await receipt(books, str(draft.id))
    assert told == {"v": 2, **rules.entry_openings(draft)}
    assert await faults(books) == set()


@pytest.mark.anyio
@pytest.mark.requirement("X12")
@pytest.mark.refusing
async def test_an_erased_secret_opens_nothing_and_never_comes_back(books: Books) -> None:
    entry = (await books.post(books.body())).json()
    sessions = books.world.sessions
    async with sessions.begin() as session:
        await session.execute(text("UPDATE log_record SET secret = NULL"))
    assert await receipt(books, entry["id"]) == {"v": 2}
    assert await faults(books) == set()
    for secret in ("sha256('x')", "substr(sha256('x'), 1, 16)"):
        with pytest.raises(Exception, match="stay as they are"):
            async with sessions.begin() as session:
                await session.execute(text(f"UPDATE log_record SET secret = {secret}"))  # noqa: S608 - one of two


@pytest.mark.anyio
@pytest.mark.requirement("X07")
async def test_records_of_the_former_form_still_hold(books: Books) -> None:
    """What was posted before entries had small records: JSON, and a row for each opening."""
    lines = (Line(UUID(books.ids[0]), 7), Line(UUID(books.ids[1]), -7))
    state = books.world.service.app.state
    now = state.clock.now()
    day = now.date() - timedelta(days=1)
    draft = EntryDraft(new_id(), books.world.center_id, day, AWKWARD, lines)
    actor = Actor(PERSON, "former", frozenset({"bookkeeper"}))
    async with books.world.sessions.begin() as session:
        values = {
            "id": draft.id, "center": draft.center_id, "day": day, "at": now, "who": PERSON,
            "reference": draft.reference, "accounts": [one.account_id for one in lines],
            "amounts": [one.amount_fen for one in lines],
        }  # fmt: skip
        await session.execute(FORMER, values)
        logged = NewRecord(
            "journal_entry", draft.id, draft.center_id, rules.entry_document(draft),
            rules.entry_openings(draft),
        )  # fmt: skip
        after = await append_records(session, [logged])
        told = {"kind": "ordinary", "reverses_id": None}
        row = EventRow(draft.id, draft.center_id, told, None, after[draft.id])
        await record_many(session, actor, "entry.posted", [row])
    told = await receipt(books, str(draft.id))
    assert told == {"v": 1, **json.loads(json.dumps(rules.entry_openings(draft)))}
    assert await faults(books) == set()


async def faults(books: Books) -> set[str]:
    """Audit; name the tables that differ but for those of the world, which was made by hand."""
    async with books.world.service.app.state.database.engine.connect() as connection:
        differences = (await audit_seen(connection, None)).differences
    return {one.table for one in differences} - {"ownership_version", "inventor_version"}


@pytest.mark.anyio
@pytest.mark.requirement("X07")
async def test_an_event_tells_of_its_entry_what_events_always_told(books: Books) -> None:
    entry = (await books.post(books.body())).json()
    undoing = {"effective_on": "2028-03-06", "reference": "x"}
    undone = (await books.post(undoing, path=f"entries/{entry['id']}/reversals")).json()
    service = books.world.service
    await service.number()
    feed = await service.client("auditor").get(
        "/v1/ip-ledger/events", params={"types": "entry.posted"}
    )
    told = [item["data"] for item in feed.json()["items"]]
    person = told[0]["person_id"]
    same = {
        "center_id": str(books.world.center_id), "kind": "ordinary", "person_id": person,
        "source_id": None,
    }  # fmt: skip
    assert told == [
        {**same, "effective_on": "2028-03-05", "reverses_id": None},
        {**same, "effective_on": "2028-03-06", "reverses_id": entry["id"]},
    ]
    assert [item["id"] for item in feed.json()["items"]] == [entry["id"], undone["id"]]
    assert UUID(person) != UUID(int=0)
