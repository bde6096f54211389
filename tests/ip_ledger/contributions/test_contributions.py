"""Contributions over HTTP: promised, paid, called for, lost; a consortium's are held in trust."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import col, select

from ip_ledger.contributions import rules
from ip_ledger.contributions.rules import Instalment
from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import AccountBalance
from shared.directory import DirectoryCenter
from tests.ip_ledger.conftest import Ledger, codes

pytestmark = pytest.mark.anyio
LEDGER = "/v1/ip-ledger"


async def posted(client: httpx.AsyncClient, path: str, body: Any, **headers: str) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid4()), **headers}
    async with client:
        return await client.post(f"{LEDGER}/{path}", json=body, headers=headers)


def promise(ledger: Ledger, **over: Any) -> dict[str, Any]:
    return {
        "center_id": str(ledger.center["c03"]),
        "org_id": str(ledger.org["m09"]),
        "kind": "equity",
        "committed": {"amount": 500_000},
        "agreed_on": "2025-06-01",
        "schedule": [
            {"due_on": "2025-12-31", "amount": {"amount": 200_000}},
            {"due_on": "2027-03-31", "amount": {"amount": 300_000}},
        ],
        **over,
    }


@pytest.mark.requirement("A095")
def test_an_instalment_is_in_time_on_its_last_day() -> None:
    schedule = [Instalment(date(2026, 3, 31), 100)]
    assert rules.balance_on(100, schedule, [], date(2026, 3, 31)).arrears_fen == 0
    assert rules.balance_on(100, schedule, [], date(2026, 4, 1)).arrears_fen == 100
    paid = [(date(2026, 4, 1), 100)]
    assert rules.balance_on(100, schedule, paid, date(2026, 4, 1)).arrears_fen == 0


@pytest.mark.requirement("A095", "X07")
async def test_what_is_due_paid_and_in_arrears_is_compared(ledger: Ledger) -> None:
    row = await posted(ledger.member("m09"), "contributions", promise(ledger))
    assert row.status_code == 201, row.text
    document = row.json()
    assert (document["due"]["amount"], document["arrears"]["amount"]) == (200_000, 200_000)
    path = f"contributions/{document['id']}"
    body = {"amount": {"amount": 150_000}, "paid_on": "2026-01-15"}
    own = await posted(ledger.member("m09"), f"{path}/payments", body)
    assert (own.status_code, codes(own)) == (403, ["FORBIDDEN_SCOPE"])
    paid = await posted(ledger.member("c03"), f"{path}/payments", body)
    assert paid.status_code == 201, paid.text
    assert (paid.json()["paid"]["amount"], paid.json()["arrears"]["amount"]) == (150_000, 50_000)
    rest = {"amount": {"amount": 350_001}, "paid_on": "2026-01-15"}
    over = await posted(ledger.member("c03"), f"{path}/payments", rest)
    assert (over.status_code, codes(over)) == (422, ["PAYMENT_EXCEEDED"])
    async with ledger.sessions.reading() as session:
        assert sum(await session.scalars(select(col(AccountBalance.balance_fen)))) == 0
        assert await journal.wrong_balances(session) == []
    async with ledger.member("m09") as client:
        facts = await client.get(f"{LEDGER}/facts", params={"kind": "contribution"})
    newest = [one for one in facts.json()["items"] if one["superseded_by_id"] is None]
    assert [one["payload"]["paid"]["amount"] for one in newest] == [150_000]
    async with ledger.member("m08") as other:
        assert (await other.get(f"{LEDGER}/{path}")).status_code == 404


@pytest.mark.requirement("A095")
@pytest.mark.refusing
async def test_a_promise_must_be_whole_valued_and_in_time(ledger: Ledger) -> None:
    uneven = promise(ledger, committed={"amount": 500_001})
    answer = await posted(ledger.member("m09"), "contributions", uneven)
    assert (answer.status_code, codes(answer)) == (422, ["SCHEDULE_MISMATCH"])
    thing = promise(ledger, kind="in_kind", schedule=[])
    answer = await posted(ledger.member("m09"), "contributions", thing)
    assert (answer.status_code, codes(answer)) == (422, ["VALUATION_MISSING"])
    thing["valuation"] = {"file_id": str(uuid4()), "amount": {"amount": 499_999}}
    answer = await posted(ledger.member("m09"), "contributions", thing)
    assert codes(answer) == ["VALUATION_EXCEEDED"]
    thing["valuation"]["amount"] = {"amount": 500_000}
    assert (await posted(ledger.member("m09"), "contributions", thing)).status_code == 201
    late = promise(ledger, schedule=[{"due_on": "2030-06-02", "amount": {"amount": 500_000}}])
    answer = await posted(ledger.member("m09"), "contributions", late)
    assert codes(answer) == ["CAPITAL_TERM_EXCEEDED"]
    stranger = promise(ledger, org_id=str(ledger.org["m01"]))
    answer = await posted(ledger.member("c03"), "contributions", stranger)
    assert codes(answer) == ["PARTY_UNKNOWN"]


@pytest.mark.requirement("A095", "X03")
async def test_unpaid_equity_is_lost_only_after_the_grace_and_by_another_person(
    ledger: Ledger,
) -> None:
    row = (await posted(ledger.member("m09"), "contributions", promise(ledger))).json()
    path = f"contributions/{row['id']}"
    short = await posted(ledger.member("c03"), f"{path}/arrears-notices", {"grace_days": 59})
    assert codes(short) == ["GRACE_TOO_SHORT"]
    called = await posted(ledger.member("c03"), f"{path}/arrears-notices", {})
    assert called.json()["notices"][0]["grace_until"] == "2026-03-21", called.text
    again = await posted(ledger.member("c03"), f"{path}/arrears-notices", {})
    assert codes(again) == ["ALREADY_EXISTS"]
    ledger.service.set_clock("2026-03-22T02:00:00+00:00")
    body = {"resolution_file_id": str(uuid4()), "resolved_on": "2026-03-21"}
    second = ledger.member("c03", sub=str(uuid4()))
    early = await posted(second, f"{path}/forfeiture", body, **{"If-Match": '"1"'})
    assert (early.status_code, codes(early)) == (409, ["GRACE_RUNNING"])
    body["resolved_on"] = "2026-03-22"
    same = await posted(ledger.member("c03"), f"{path}/forfeiture", body, **{"If-Match": '"1"'})
    assert (same.status_code, same.json()["code"]) == (403, "SOD_VIOLATION")
    second = ledger.member("c03", sub=str(uuid4()))
    lost = await posted(second, f"{path}/forfeiture", body, **{"If-Match": '"1"'})
    assert (lost.status_code, lost.json()["state"]) == (201, "forfeited"), lost.text
    assert lost.json()["forfeited"]["amount"] == 500_000


@pytest.mark.requirement("A053", "A095")
@pytest.mark.refusing
async def test_a_consortium_takes_fees_in_trust_only_and_no_equity(ledger: Ledger) -> None:
    c08 = {"center_id": str(ledger.center["c08"]), "org_id": str(ledger.org["m23"])}
    equity = await posted(ledger.member("m23"), "contributions", promise(ledger, **c08))
    assert (equity.status_code, codes(equity)) == (409, ["CONSORTIUM_NOT_REGISTERED"])
    fee = promise(ledger, **c08, kind="membership_fee")
    plain = await posted(ledger.member("m23"), "contributions", fee)
    assert (plain.status_code, codes(plain)) == (409, ["CONSORTIUM_NOT_REGISTERED"])
    kept = await posted(ledger.member("m23"), "contributions", {**fee, "held_in_trust": True})
    assert kept.status_code == 201, kept.text
    assert kept.json()["trustee_org_id"] == str(ledger.org["m03"])
    paid = {"amount": {"amount": 200_000}, "paid_on": "2026-01-15"}
    path = f"contributions/{kept.json()['id']}/payments"
    assert (await posted(ledger.member("m03"), path, paid)).status_code == 201
    release = {"center_id": c08["center_id"]}
    early = await posted(ledger.member("m03"), "trust-releases", release)
    assert (early.status_code, codes(early)) == (409, ["CONSORTIUM_NOT_REGISTERED"])
    async with ledger.sessions.begin() as session:
        row = await session.get(DirectoryCenter, ledger.center["c08"])
        assert row is not None
        row.legal_entity_id = ledger.org["m01"]
    other = await posted(ledger.member("m23"), "trust-releases", release)
    assert other.status_code in {403, 404}
    released = await posted(ledger.member("m03"), "trust-releases", release)
    assert (released.status_code, released.json()["amount"]["amount"]) == (201, 200_000)
    assert released.json()["released_by"] == str(UUID(int=ledger.org["m03"].int ^ 1))
    nothing = await posted(ledger.member("m03"), "trust-releases", release)
    assert (nothing.status_code, codes(nothing)) == (409, ["NOTHING_HELD"])
    async with ledger.sessions.reading() as session:
        assert sum(await session.scalars(select(col(AccountBalance.balance_fen)))) == 0
