"""Whole books over HTTP: trial balance, periods that stay closed, exports, the bank beside them."""

import asyncio
import csv
import io
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ip_ledger.books import rules
from ip_ledger.books.rules import AccountTotals, BookLine
from ip_ledger.journal.rules import AccountKind
from shared.rules import failed_codes
from tests.ip_ledger.journal.test_posting import Books
from tests.ip_ledger.journal.test_posting import books as books

pytestmark = pytest.mark.anyio


async def trial(books: Books, query: str = "") -> dict[str, Any]:
    center = books.world.center_id
    answer = await books.client.get(f"/v1/ip-ledger/trial-balance?center_id={center}{query}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def close(books: Books, until_on: str) -> Any:
    body = {"center_id": str(books.world.center_id), "until_on": until_on}
    return await books.post(body, path="periods")


def balances(document: dict[str, Any]) -> dict[str, int]:
    return {one["code"]: one["balance"]["amount"] for one in document["accounts"]}


@pytest.mark.requirement("X07")
async def test_a_trial_balance_balances_on_any_day_as_known_on_any_other(books: Books) -> None:
    await books.post(books.body(100, effective_on="2028-03-01"))
    books.world.service.set_clock("2028-03-12T02:00:00+00:00")
    await books.post(books.body(10, effective_on="2028-03-02"))
    await books.post(books.body(7, debit=1, credit=0, effective_on="2028-03-12"))
    now = await trial(books)
    assert balances(now) == {"bank": 103, "fees": -103, "owner": 0}
    assert [one["abnormal"] for one in now["accounts"]] == [False, True, False]
    assert now["sums"][0]["debit_balances"] == now["sums"][0]["credit_balances"]
    assert now["accounts"][0]["debits"]["amount"] == 110
    assert balances(await trial(books, "&on=2028-03-02"))["bank"] == 110
    assert balances(await trial(books, "&on=2028-03-02&as_of=2028-03-11"))["bank"] == 100
    assert balances(await trial(books, "&on=2028-02-28"))["bank"] == 0


@pytest.mark.parametrize(
    ("until", "closed_until", "codes"),
    [
        (date(2028, 3, 9), None, []),
        (date(2028, 3, 10), None, ["DAY_IN_FUTURE"]),
        (date(2028, 3, 9), date(2028, 3, 8), []),
        (date(2028, 3, 9), date(2028, 3, 9), ["PERIOD_CLOSED"]),
    ],
)
def test_a_period_is_over_and_follows_the_last_one(
    until: date, closed_until: date | None, codes: list[str]
) -> None:
    checks = rules.closing_checks(until, date(2028, 3, 10), closed_until, [])
    assert failed_codes(checks) == codes


def test_books_that_do_not_balance_are_not_closed() -> None:
    uneven = AccountTotals(UUID(int=1), None, "bank", AccountKind.ASSET, "CNY", 5, 4)
    checks = rules.closing_checks(date(2028, 3, 9), date(2028, 3, 10), None, [uneven])
    assert failed_codes(checks) == ["UNBALANCED"]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_nothing_enters_a_closed_period_by_any_way(books: Books) -> None:
    entry = (await books.post(books.body(effective_on="2028-03-05"))).json()
    closed = await close(books, "2028-03-06")
    assert closed.status_code == 201, closed.text
    assert closed.json()["entries"] == 1
    late = await books.post(books.body(effective_on="2028-03-06"))
    assert (late.status_code, late.json()["code"]) == (409, "PERIOD_CLOSED")
    body = {"effective_on": "2028-03-06", "reference": "x"}
    undone = await books.post(body, path=f"entries/{entry['id']}/reversals")
    assert (undone.status_code, undone.json()["code"]) == (409, "PERIOD_CLOSED")
    rows = [books.body(1, effective_on="2028-03-06"), books.body(2, effective_on="2028-03-07")]
    batch = (await books.post(rows, path="entry-batches")).json()
    assert [row["status"] for row in batch["results"]] == [409, 201]
    again = await close(books, "2028-03-06")
    assert (again.status_code, again.json()["code"]) == (409, "PERIOD_CLOSED")
    with pytest.raises(IntegrityError, match="closed period"):
        async with books.world.sessions.begin() as session:
            await session.execute(
                text(
                    "INSERT INTO journal_entry SELECT gen_random_uuid(), center_id, effective_on, "
                    "recorded_at, reference, source_id, NULL, recorded_by FROM journal_entry "
                    "WHERE id = :id"
                ),
                {"id": UUID(entry["id"])},
            )
    # What was closed is corrected in an open day.
    body["effective_on"] = "2028-03-07"
    assert (await books.post(body, path=f"entries/{entry['id']}/reversals")).status_code == 201


@pytest.mark.requirement("X07")
async def test_a_seal_holds_until_a_row_under_it_is_changed(books: Books) -> None:
    await books.post(books.body(effective_on="2028-03-01"))
    first = (await close(books, "2028-03-02")).json()
    await books.post(books.body(effective_on="2028-03-03"))
    second = (await close(books, "2028-03-04")).json()
    await books.post(books.body(effective_on="2028-03-05"))
    assert (first["from_on"], second["from_on"]) == (None, "2028-03-03")

    async def holds() -> list[bool]:
        answers = [
            await books.client.get(f"/v1/ip-ledger/periods/{one['id']}") for one in (first, second)
        ]
        return [answer.json()["seal_holds"] for answer in answers]

    assert await holds() == [True, True]
    owner = books.world.service.database.owner_url
    await _as_owner(owner, "UPDATE posting SET amount_fen = amount_fen + sign(amount_fen)")
    assert await holds() == [False, False]
    await books.world.service.number()
    receipt = await books.client.get(f"/v1/ip-ledger/receipts/{first['id']}")
    assert receipt.status_code == 200, receipt.text


async def _as_owner(url: str, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_posting_and_closing_at_once_leave_a_seal_that_holds(books: Books) -> None:
    posts = [books.post(books.body(n, effective_on="2028-03-05")) for n in range(1, 31)]
    closes = [close(books, "2028-03-05"), close(books, "2028-03-05")]
    answers = await asyncio.gather(*posts[:15], *closes, *posts[15:])
    posted = [a.status_code for a in answers if "postings" in a.json()]
    closed = [a for a in answers if "seal_sha256" in a.json()]
    assert len(closed) == 1
    period = closed[0].json()
    assert period["entries"] == len(posted)
    checked = await books.client.get(f"/v1/ip-ledger/periods/{period['id']}")
    assert checked.json()["seal_holds"] is True
    refused = {a.json()["code"] for a in answers if a.status_code >= 400}
    assert refused <= {"PERIOD_CLOSED"}


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_an_account_that_may_not_go_negative_never_does(books: Books) -> None:
    body = {
        "center_id": str(books.world.center_id), "code": "petty", "kind": "asset",
        "may_go_negative": False,
    }  # fmt: skip
    opened = await books.client.post("/v1/ip-ledger/accounts", json=body)
    assert opened.status_code == 201, opened.text
    assert (opened.json()["normal_side"], opened.json()["may_go_negative"]) == ("debit", False)
    other = await books.client.post("/v1/ip-ledger/accounts", json=body | {"may_go_negative": True})
    assert other.status_code == 409
    books.ids.append(opened.json()["id"])
    assert (await books.post(books.body(100, debit=3, credit=1))).status_code == 201
    answers = await asyncio.gather(*(books.post(books.body(40, 1, 3)) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"ACCOUNT_OVERDRAWN"}
    assert await books.balance(3) == 20
    batch = (await books.post([books.body(20, 1, 3)] * 2, path="entry-batches")).json()
    assert [row["status"] for row in batch["results"]] == [201, 409]
    assert await books.balance(3) == 0


def test_beancount_text_names_accounts_and_escapes_what_people_wrote() -> None:
    owner, at = UUID(int=7), datetime.fromisoformat("2028-03-05T00:00:00+00:00")
    account = AccountTotals(UUID(int=1), owner, "due_to_owner", AccountKind.LIABILITY, "CNY", 0, 5)
    line = BookLine(
        UUID(int=2), at.date(), at, 'say "x"\n\\', None, account.account_id, owner,
        account.code, account.kind, "CNY", -5,
    )  # fmt: skip
    text_ = "".join(rules.beancount("C", at.date(), [account], [line]))
    name = f"Liabilities:Due-To-Owner:O{owner.hex}"
    assert f"2028-03-05 open {name} CNY\n" in text_
    assert '2028-03-05 * "say \\"x\\" \\\\"\n' in text_
    assert f"  {name}  -0.05 CNY\n" in text_
    assert text_.endswith(f"2028-03-06 balance {name} -0.05 CNY\n")
    # An account that is kept in two currencies is opened once, and judged in each.
    other = AccountTotals(UUID(int=3), owner, account.code, account.kind, "JPY", 7, 0)
    both = "".join(rules.beancount("C", at.date(), [account, other], [line])).splitlines()
    assert [one for one in both if " open " in one] == [f"2028-03-05 open {name} CNY,JPY"]
    assert both[-2:] == [
        f"2028-03-06 balance {name} -0.05 CNY", f"2028-03-06 balance {name} 7 JPY",
    ]  # fmt: skip


@pytest.mark.requirement("X07")
async def test_exports_come_to_the_same_balances(books: Books) -> None:
    await books.post(books.body(100, effective_on="2028-03-01", reference="=1+1"))
    await books.post(books.body(7, debit=2, credit=0, effective_on="2028-03-02"))
    await books.post(books.body(1, effective_on="2028-03-04"))
    path = f"/v1/ip-ledger/books-export?center_id={books.world.center_id}&on=2028-03-03&format="
    rows = list(
        csv.DictReader(io.StringIO((await books.client.get(path + "csv")).content.decode()))
    )
    sums: dict[str, int] = {}
    for row in rows:
        sign = 1 if row["side"] == "debit" else -1
        sums[row["account"]] = sums.get(row["account"], 0) + sign * int(row["amount_fen"])
    expected = balances(await trial(books, "&on=2028-03-03"))
    assert sums == expected == {"bank": 93, "fees": -100, "owner": 7}
    assert rows[0]["reference"] == "'=1+1"
    exported = (await books.client.get(path + "beancount")).text
    told = {
        parts[2]: parts[3]
        for line in exported.splitlines()
        if (parts := line.split()) and parts[1:2] == ["balance"]
    }
    owner = f"Assets:Owner:O{books.world.university.hex}"
    assert told == {"Assets:Bank": "0.93", "Assets:Fees": "-1.00", owner: "0.07"}


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_whole_books_are_for_officials_and_the_centre(books: Books) -> None:
    center = books.world.center_id
    closed = (await close(books, "2028-03-01")).json()
    paths = [
        f"trial-balance?center_id={center}", f"books-export?center_id={center}&format=csv",
        f"periods?center_id={center}", f"periods/{closed['id']}",
    ]  # fmt: skip
    for org, status in ((books.world.entity, 200), (books.world.university, 404)):
        member = books.world.owner(org)
        for path in paths:
            assert (await member.get(f"/v1/ip-ledger/{path}")).status_code == status, path
    body = {"center_id": str(center), "until_on": "2028-03-02"}
    key = {"Idempotency-Key": "k"}
    refused = await books.world.operator().post("/v1/ip-ledger/periods", json=body, headers=key)
    assert refused.status_code == 403
    unknown = await books.post({**body, "center_id": str(uuid4())}, path="periods")
    assert unknown.status_code == 404


@pytest.mark.requirement("X07")
async def test_a_bank_s_file_beside_the_books_shows_what_differs(books: Books) -> None:
    entry = (await books.post(books.body(250, reference="r1"))).json()
    missing = (await books.post(books.body(70, reference="cheque"))).json()
    content = "booked_on,amount,currency,reference\n2028-03-05,2.50,CNY,r1\n2028-03-06,-1,CNY,fee\n"
    body = {"account_id": books.ids[0], "format": "csv", "content": content}
    answer = await books.post(body, path="bank-statements")
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert [(m["place"], m["entry_id"], m["by_reference"]) for m in found["matches"]] == [
        (0, entry["id"], True)
    ]
    assert [one["reference"] for one in found["only_at_bank"]] == ["fee"]
    assert [one["entry_id"] for one in found["only_in_books"]] == [missing["id"]]
    assert found["reconciled"] is False
    await books.post(books.body(100, debit=1, credit=0, effective_on="2028-03-06"))
    undo = {"effective_on": "2028-03-06", "reference": "never paid in"}
    await books.post(undo, path=f"entries/{missing['id']}/reversals")
    path = f"/v1/ip-ledger/bank-statements/{found['id']}"
    later = (await books.client.get(path)).json()
    assert later["only_at_bank"] == []
    assert later["books_closing"]["amount"] == 150
    assert (await books.world.owner(books.world.university).get(path)).status_code == 404


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_bank_s_file_comes_in_once_and_readable(books: Books) -> None:
    content = "booked_on,amount,currency,reference\n2028-03-05,2.50,CNY,r1\n"
    body = {"account_id": books.ids[0], "format": "csv", "content": content}
    answers = await asyncio.gather(*(books.post(body, path="bank-statements") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    bad = await books.post(body | {"content": content + "x"}, path="bank-statements")
    assert (bad.status_code, bad.json()["code"]) == (422, "FILE_FORMAT")
    # A quote that never ends, and a sign that no text of the database holds.
    for end, code in (('"', "FILE_FORMAT"), ("\x00", "FIELD_INVALID")):
        told = body | {"content": content + "2028-03-06,1,CNY," + end}
        refused = await books.post(told, path="bank-statements")
        assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
    unknown = await books.post(body | {"account_id": str(uuid4())}, path="bank-statements")
    assert unknown.status_code == 404
