"""Money recorded wrongly is undone by a new entry, once, and nothing counts it any more."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from ip_ledger.contributions.call_rules import Call, standing_call
from ip_ledger.costs.tables import MoneySource
from ip_ledger.journal.tables import JournalEntry
from ip_ledger.log.tables import LogRecord
from ip_ledger.undoings import rules
from shared.directory import DirectoryCenter
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.ip_ledger.audit.books import Filled
from tests.ip_ledger.conftest import Ledger, codes, figures
from tests.ip_ledger.contributions.test_contributions import promise
from tests.ip_ledger.contributions.test_funding import funded
from tests.ip_ledger.costs.test_following import books_hold, cost, paid_in, trail
from tests.ip_ledger.revenue.test_income import asset_of, call

pytestmark = pytest.mark.anyio

SECOND = str(UUID(int=11))
WHY = {"reason": "误记为本会员缴纳", "effective_on": "2026-01-20"}


async def read(ledger: Ledger, path: str, by: str = "c03") -> Any:
    async with ledger.member(by) as client:
        answer = await client.get(f"/v1/ip-ledger/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def undoing(
    ledger: Ledger, path: str, by: str = "c03", sub: str = SECOND, **over: Any
) -> httpx.Response:
    async with ledger.member(by, sub=sub) as client:
        return await client.post(f"/v1/ip-ledger/{path}/undoing", json={**WHY, **over})


def path_of(contribution: str, payment: str) -> str:
    return f"contributions/{contribution}/payments/{payment}"


def checked(**over: Any) -> list[str]:
    """The codes of an undoing, by another person and on the day itself unless told otherwise."""
    facts: dict[str, Any] = {
        "recorded_by": UUID(int=1), "undoing": UUID(int=2), "amount_fen": 100, "spent_fen": 0,
        "received_on": date(2026, 1, 5), "effective_on": date(2026, 1, 5),
        "today": date(2026, 1, 20), "receives": True, "is_undone": False,
    }  # fmt: skip
    return failed_codes(rules.undoing_checks(**facts | over))


@pytest.mark.requirement("X07", "A095")
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({}, None),
        ({"effective_on": date(2026, 1, 20)}, None),
        ({"effective_on": date(2026, 1, 21)}, "DAY_IN_FUTURE"),
        ({"effective_on": date(2026, 1, 4)}, "REVERSAL_BEFORE_ORIGINAL"),
        ({"spent_fen": 1}, "SOURCE_SPENT"),
        ({"is_undone": True}, "ALREADY_REVERSED"),
        ({"undoing": UUID(int=1)}, "SOD_VIOLATION"),
        ({"receives": False}, "FORBIDDEN_SCOPE"),
    ],
)
def test_an_undoing_is_judged_on_both_sides_of_each_bound(
    over: dict[str, Any], code: str | None
) -> None:
    assert checked(**over) == ([] if code is None else [code])


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_all_that_is_wrong_with_an_undoing_is_told_at_once() -> None:
    found = checked(
        undoing=UUID(int=1), spent_fen=1, receives=False, is_undone=True,
        received_on=date(2026, 1, 22), effective_on=date(2026, 1, 21),
    )  # fmt: skip
    assert found == [
        "FORBIDDEN_SCOPE", "SOD_VIOLATION", "ALREADY_REVERSED", "SOURCE_SPENT",
        "REVERSAL_BEFORE_ORIGINAL", "DAY_IN_FUTURE",
    ]  # fmt: skip


@pytest.mark.requirement("A095")
def test_a_call_is_spent_by_its_forfeiture_and_by_what_was_undone_after_it() -> None:
    def issued(hour: int) -> Call:
        day = date(2026, 1, 20)
        at = datetime(2026, 1, 20, hour, tzinfo=UTC)
        return Call(UUID(int=hour), day, day, UUID(int=9), at)

    first, second = issued(2), issued(4)
    assert standing_call([first, second], (), None) == second
    assert standing_call([first, second], {second.id}, None) == first
    assert standing_call([first, second], (), first.issued_at) == second
    assert standing_call([first, second], (), second.issued_at) is None
    assert standing_call([], (), None) is None


@pytest.mark.requirement("A095", "X07")
async def test_a_payment_that_was_undone_is_owed_again_and_counts_for_nothing(
    ledger: Ledger,
) -> None:
    ours, payment = await paid_in(ledger, "m09", 100_000)
    assert (await read(ledger, f"contributions/{ours}"))["state"] == "fulfilled"
    profit = {
        "center_id": str(ledger.center["c03"]), "year": 2025, "profit": {"amount": 1_000},
        "resolved_on": "2026-01-20", "resolution_file_id": str(uuid4()),
    }  # fmt: skip
    await call(ledger, "c03", "profit-divisions", profit)
    answer = await undoing(ledger, path_of(ours, payment), effective_on="2026-01-19")
    assert answer.status_code == 201, answer.text
    after = answer.json()
    assert (after["state"], answer.headers["etag"]) == ("committed", '"3"')
    sums = {name: after[name]["amount"] for name in ("due", "paid", "arrears")}
    assert sums == {"due": 100_000, "paid": 0, "arrears": 100_000}
    undone = after["payments"][0]["undoing"]
    assert (undone["reason"], undone["effective_on"]) == (WHY["reason"], "2026-01-19")
    # Who divides by capital is told which year counted it, and the next division finds none.
    assert undone["divided_years"] == [2025]
    await call(ledger, "c03", "profit-divisions", {**profit, "year": 2026}, 409)
    # On no day it counts, also not between its own and that of the entry which takes it out.
    then = await read(ledger, f"contributions/{ours}?on=2026-01-10")
    assert (then["paid"]["amount"], then["arrears"]["amount"]) == (0, 100_000)
    center = f"center_id={ledger.center['c03']}"
    assert (await read(ledger, f"funding-summary?{center}"))["total"]["amount"] == 0
    [funding] = (await read(ledger, f"funding-records?{center}"))["items"]
    assert funding["undoing"]["entry_id"] == undone["entry_id"]
    followed = await trail(ledger, "contribution", ours)
    assert (followed["sources"], followed["sums"]["unspent"]["amount"]) == ([], 0)
    balances = await books_hold(ledger)
    assert (balances["cash"], balances["paid_in_capital"]) == (0, 0)
    facts = await read(ledger, "facts?kind=contribution", "m09")
    newest = [one for one in facts["items"] if one["superseded_by_id"] is None]
    assert [one["payload"]["paid"]["amount"] for one in newest] == [0]
    async with ledger.sessions.reading() as session:
        entry = await session.get(JournalEntry, UUID(undone["entry_id"]))
        assert entry is not None
        assert (entry.effective_on, entry.reverses_id) == (
            date(2026, 1, 19), UUID(after["payments"][0]["entry_id"]),
        )  # fmt: skip
        leaf = await session.scalar(select(LogRecord.id).where(col(LogRecord.id) == entry.id))
        assert leaf == entry.id
    assert "contribution.payment_undone" in await event_types(ledger.sessions)
    # It can be paid rightly now.
    body = {"amount": {"amount": 100_000}, "paid_on": "2026-01-20"}
    again = await call(ledger, "c03", f"contributions/{ours}/payments", body)
    assert (again["state"], again["arrears"]["amount"]) == ("fulfilled", 0)
    filled = Filled(ledger, "")
    await filled.step()
    async with ledger.service.app.state.database.engine.connect() as connection:
        assert (await filled.audited(connection)).differences == []


@pytest.mark.requirement("X07", "X04", "A095")
@pytest.mark.refusing
async def test_who_may_not_undo_a_payment_and_that_nobody_does_it_twice(ledger: Ledger) -> None:
    ours, payment = await paid_in(ledger, "m09", 100_000)
    path = path_of(ours, payment)
    own = str(UUID(int=ledger.org["c03"].int ^ 1))
    same = await undoing(ledger, path, sub=own)
    assert (same.status_code, codes(same)) == (403, ["SOD_VIOLATION"])
    payer = await undoing(ledger, path, by="m09")
    assert (payer.status_code, codes(payer)) == (403, ["FORBIDDEN_SCOPE"])
    assert (await undoing(ledger, path, by="m01")).status_code == 404
    theirs, _ = await paid_in(ledger, "m04", 1)
    assert (await undoing(ledger, path_of(theirs, payment))).status_code == 404
    wrong = await undoing(ledger, path, effective_on="2026-01-04")
    assert (wrong.status_code, codes(wrong)) == (422, ["REVERSAL_BEFORE_ORIGINAL"])
    late = await undoing(ledger, path, effective_on="2026-01-21")
    assert (late.status_code, codes(late)) == (422, ["DAY_IN_FUTURE"])
    assert (await undoing(ledger, path, reason="")).status_code == 422
    answers = await asyncio.gather(*(undoing(ledger, path) for _ in range(2)))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert [codes(one) for one in answers if one.status_code == 409] == [["ALREADY_REVERSED"]]
    # The entry that undid it stays, and the one that it undid cannot be undone by hand beside it.
    entry = (await read(ledger, f"contributions/{ours}"))["payments"][0]["undoing"]["entry_id"]
    async with ledger.service.client("bookkeeper") as books:
        body = {"effective_on": "2026-01-20", "reference": "r"}
        by_hand = await books.post(
            f"/v1/ip-ledger/entries/{entry}/reversals", json=body,
            headers={"Idempotency-Key": str(uuid4())},
        )  # fmt: skip
    assert codes(by_hand) == ["REVERSAL_OF_REVERSAL", "ENTRY_OF_RECORD"]
    assert (await books_hold(ledger))["cash"] == 1


@pytest.mark.requirement("A094", "X07")
@pytest.mark.refusing
async def test_money_that_paid_for_something_is_undone_after_that(ledger: Ledger) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    ours, payment = await paid_in(ledger, "m09", 100_000)
    spent = await call(
        ledger, "c03", "asset-costs", cost(asset_id, 60_000, sources={payment: 60_000})
    )
    refused = await undoing(ledger, path_of(ours, payment))
    assert (refused.status_code, codes(refused)) == (409, ["SOURCE_SPENT"])
    assert figures(refused, "SOURCE_SPENT")["left_fen"] == 40_000
    await call(ledger, "c03", f"asset-costs/{spent['id']}/undoing", {"reason": "误记"})
    assert (await undoing(ledger, path_of(ours, payment))).status_code == 201
    again = cost(asset_id, 1, sources={payment: 1})
    unknown = await call(ledger, "c03", "asset-costs", again, 422)
    assert unknown["code"] == "SOURCE_UNKNOWN"
    # Past the rule, the database holds that nothing is left of it.
    async with ledger.sessions.reading() as session:
        with pytest.raises(IntegrityError, match="ck_money_source_spent"):
            await session.execute(
                update(MoneySource)
                .where(col(MoneySource.source_id) == UUID(payment))
                .values(spent_fen=1)
            )


@pytest.mark.refusing
async def test_of_an_undoing_and_a_cost_at_once_one_holds(ledger: Ledger) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    ours, payment = await paid_in(ledger, "m09", 100_000)

    async def spend() -> httpx.Response:
        async with ledger.member("c03") as client:
            body = cost(asset_id, 1, sources={payment: 1})
            return await client.post("/v1/ip-ledger/asset-costs", json=body)

    answers = await asyncio.gather(undoing(ledger, path_of(ours, payment)), spend())
    assert sum(one.status_code == 201 for one in answers) == 1
    refused = next(one for one in answers if one.status_code != 201)
    assert codes(refused)[0] in {"SOURCE_SPENT", "SOURCE_UNKNOWN"}
    await books_hold(ledger)


@pytest.mark.requirement("A094", "X07")
async def test_funding_that_never_came_is_undone_once(ledger: Ledger) -> None:
    kept = (await funded(ledger, amount={"amount": 300_000})).json()
    wrong = (await funded(ledger, provider_name="另一单位")).json()
    answer = await undoing(ledger, f"funding-records/{wrong['id']}")
    assert answer.status_code == 201, answer.text
    assert answer.json()["undoing"]["reason"] == WHY["reason"]
    summary = await read(ledger, f"funding-summary?center_id={ledger.center['c03']}")
    assert (summary["total"]["amount"], summary["concentration_ppm"]) == (300_000, 1_000_000)
    assert summary["cash"]["amount"] == 300_000
    assert "funding.undone" in await event_types(ledger.sessions)
    twice = await undoing(ledger, f"funding-records/{wrong['id']}")
    assert (twice.status_code, codes(twice)) == (409, ["ALREADY_REVERSED"])
    assert (await undoing(ledger, f"funding-records/{kept['id']}", by="m01")).status_code == 404
    # A member's money goes by its payment, from whichever side it is undone.
    ours, _ = await paid_in(ledger, "m09", 5)
    [member] = (
        await read(ledger, f"funding-records?center_id={ledger.center['c03']}&source=member")
    )["items"]
    gone = await undoing(ledger, f"funding-records/{member['id']}")
    assert gone.status_code == 201, gone.text
    assert (await read(ledger, f"contributions/{ours}"))["paid"]["amount"] == 0


@pytest.mark.requirement("A095", "X03")
async def test_what_was_lost_is_open_again_for_what_was_never_paid(ledger: Ledger) -> None:
    """Nobody loses by a call what the call did not ask for (公司法51, 52)."""
    whole = promise(ledger, schedule=[{"due_on": "2025-12-31", "amount": {"amount": 500_000}}])
    row = await call(ledger, "m09", "contributions", whole)
    path = f"contributions/{row['id']}"
    body = {"amount": {"amount": 300_000}, "paid_on": "2026-01-05"}
    paid = await call(ledger, "c03", f"{path}/payments", body)
    await call(ledger, "c03", f"{path}/arrears-notices", {})
    ledger.service.set_clock("2026-03-22T02:00:00+00:00")

    async def forfeited(version: int, on: str) -> httpx.Response:
        async with ledger.member("c03", sub=SECOND) as client:
            return await client.post(
                f"/v1/ip-ledger/{path}/forfeiture",
                json={"resolution_file_id": str(uuid4()), "resolved_on": on},
                headers={"If-Match": f'"{version}"', "Idempotency-Key": str(uuid4())},
            )

    lost = await forfeited(2, "2026-03-22")
    assert (lost.status_code, lost.json()["forfeited"]["amount"]) == (201, 200_000)
    before = await read(ledger, f"{path}?on=2026-03-21")
    assert before["arrears"]["amount"] == 200_000
    gone = await undoing(ledger, f"{path}/payments/{paid['payments'][0]['id']}")
    assert (gone.status_code, gone.json()["state"]) == (201, "committed"), gone.text
    sums = {name: gone.json()[name]["amount"] for name in ("paid", "forfeited", "arrears")}
    assert sums == {"paid": 0, "forfeited": 200_000, "arrears": 300_000}
    early = await forfeited(4, "2026-03-22")
    assert (early.status_code, codes(early)) == (409, ["GRACE_RUNNING"])
    async with ledger.member("c03") as client:
        over = await client.post(
            f"/v1/ip-ledger/{path}/payments",
            json={"amount": {"amount": 300_001}, "paid_on": "2026-03-22"},
            headers={"Idempotency-Key": str(uuid4())},
        )
    assert figures(over, "PAYMENT_EXCEEDED")["left_fen"] == 300_000
    called = await call(ledger, "c03", f"{path}/arrears-notices", {})
    assert [one["arrears"]["amount"] for one in called["notices"]] == [200_000, 300_000]
    ledger.service.set_clock("2026-05-22T02:00:00+00:00")
    again = await forfeited(4, "2026-05-22")
    assert (again.status_code, again.json()["forfeited"]["amount"]) == (201, 500_000), again.text


@pytest.mark.requirement("A095")
@pytest.mark.refusing
async def test_equity_is_not_lost_for_what_fell_due_after_the_call(ledger: Ledger) -> None:
    row = await call(ledger, "m09", "contributions", promise(ledger))
    path = f"contributions/{row['id']}"
    await call(ledger, "c03", f"{path}/arrears-notices", {})
    body = {"amount": {"amount": 200_000}, "paid_on": "2026-01-20"}
    await call(ledger, "c03", f"{path}/payments", body)
    # The first part was called for and paid; the second fell due later, and nobody called for it.
    ledger.service.set_clock("2027-06-01T02:00:00+00:00")
    async with ledger.member("c03", sub=SECOND) as client:
        answer = await client.post(
            f"/v1/ip-ledger/{path}/forfeiture",
            json={"resolution_file_id": str(uuid4()), "resolved_on": "2027-06-01"},
            headers={"If-Match": '"2"'},
        )
    assert (answer.status_code, codes(answer)) == (409, ["NO_ARREARS"])
    called = await call(ledger, "c03", f"{path}/arrears-notices", {})
    assert called["notices"][-1]["arrears"]["amount"] == 300_000


@pytest.mark.requirement("A053", "X07")
async def test_money_in_trust_is_undone_with_the_trustee_also_after_it_was_handed_over(
    ledger: Ledger,
) -> None:
    center = {"center_id": str(ledger.center["c08"])}
    trusted = {**center, "kind": "membership_fee", "held_in_trust": True}
    first, wrong = await paid_in(ledger, "m23", 100_000, **trusted)
    second, other = await paid_in(ledger, "m23", 30_000, **trusted)
    gone = await undoing(ledger, path_of(second, other), by="m03")
    assert gone.status_code == 201, gone.text
    assert (await books_hold(ledger))["trust_cash"] == 100_000
    async with ledger.sessions.begin() as session:
        row = await session.get(DirectoryCenter, ledger.center["c08"])
        assert row is not None
        row.legal_entity_id = ledger.org["m01"]
    await call(ledger, "m03", "trust-releases", center)
    gone = await undoing(ledger, path_of(first, wrong), by="m01")
    assert gone.status_code == 201, gone.text
    balances = await books_hold(ledger)
    for name in ("cash", "trust_cash", "held_in_trust", "released_from_trust"):
        assert balances[name] == 0
