"""Bonuses and own use over HTTP: least by law, paid person by person, heads made public first."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import col, select

from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import AccountBalance
from shared.events.tables import Audit
from tests.ip_ledger.conftest import Ledger, codes, figures

pytestmark = pytest.mark.anyio
LEDGER = "/v1/ip-ledger"
ALL = ("m04", "m09", "c03")


async def posted(client: httpx.AsyncClient, path: str, body: Any, **headers: str) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid4()), **headers}
    async with client:
        return await client.post(f"{LEDGER}/{path}", json=body, headers=headers)


async def granted(ledger: Ledger, **over: Any) -> str:
    """P1, granted, owned by M04 alone, made by two of its people and one of M09's."""
    inventors = [
        {"name": "甲", "org_id": str(ledger.org["m04"]), "share_ppm": 500_000},
        {
            "name": "乙", "org_id": str(ledger.org["m04"]), "share_ppm": 250_000,
            "is_head_of_unit": True,
        },
        {"name": "丙", "org_id": str(ledger.org["m09"]), "share_ppm": 250_000},
    ]  # fmt: skip
    asset = await ledger.registered(**{"granted_on": "2025-11-28", "inventors": inventors, **over})
    written = await ledger.owned(asset["id"], m04=1_000_000, consents=ALL)
    assert written.status_code == 201, written.text
    return str(asset["id"])


def bonus(asset_id: str, amount: int, **over: Any) -> dict[str, Any]:
    return {"asset_id": asset_id, "amount": {"amount": amount, "currency": "CNY"}, **over}


@pytest.mark.requirement("A033", "X07")
async def test_a_bonus_is_owed_and_paid_person_by_person(ledger: Ledger) -> None:
    asset_id = await granted(ledger)
    async with ledger.member("m04") as client:
        due = (await client.get(f"{LEDGER}/grant-bonuses/due")).json()["items"]
    m04 = str(ledger.org["m04"])
    assert [(one["owner_id"], one["due_on"], one["least"]["amount"]) for one in due] == [
        (m04, "2026-02-28", 400_000)
    ]
    given = await posted(ledger.member("m04"), "grant-bonuses", bonus(asset_id, 400_001))
    assert given.status_code == 201, given.text
    rewards = given.json()["rewards"]
    assert [one["amount"]["amount"] for one in rewards] == [266_667, 133_334]
    assert {one["due_on"] for one in rewards} == {"2026-02-28"}
    async with ledger.member("m04") as client:
        tasks = (await client.get(f"{LEDGER}/tasks")).json()["items"]
    assert [(one["kind"], one["due_on"]) for one in tasks] == [("pay_inventor", "2026-02-28")] * 2
    first = f"inventor-rewards/{rewards[0]['id']}"
    part = {"amount": {"amount": 100_000}, "paid_on": "2026-01-20"}
    paid = await posted(ledger.member("m04"), f"{first}/payments", part)
    assert (paid.status_code, paid.json()["state"]) == (201, "partly_paid")
    rest = {"amount": {"amount": 166_667}, "paid_on": "2026-01-20"}
    paid = await posted(ledger.member("m04"), f"{first}/payments", rest)
    assert (paid.json()["state"], paid.json()["paid"]["amount"]) == ("paid", 266_667)
    async with ledger.sessions.reading() as session:
        assert sum(await session.scalars(select(col(AccountBalance.balance_fen)))) == 0
        assert await journal.wrong_balances(session) == []
        rows = await session.scalars(select(Audit).where(col(Audit.action) == "reward.paid"))
        assert all(row.before_sha256 and row.after_sha256 for row in rows)


@pytest.mark.requirement("A033")
@pytest.mark.refusing
async def test_less_than_the_laws_bonus_is_refused_without_rule_or_agreement(
    ledger: Ledger,
) -> None:
    asset_id = await granted(ledger)
    low = await posted(ledger.member("m04"), "grant-bonuses", bonus(asset_id, 350_000))
    assert (low.status_code, codes(low)) == (409, ["REWARD_BELOW_FLOOR"])
    assert figures(low, "REWARD_BELOW_FLOOR")["min"] == {"amount": 400_000, "currency": "CNY"}
    agreed = bonus(asset_id, 350_000, basis="职务发明奖励办法2025第8条")
    assert (await posted(ledger.member("m04"), "grant-bonuses", agreed)).status_code == 201
    twice = await posted(ledger.member("m04"), "grant-bonuses", agreed)
    assert (twice.status_code, codes(twice)) == (409, ["ALREADY_EXISTS"])
    stranger = await posted(ledger.member("m08"), "grant-bonuses", bonus(asset_id, 400_000))
    assert (stranger.status_code, stranger.json()["code"]) == (403, "FORBIDDEN_SCOPE")


@pytest.mark.requirement("A033")
@pytest.mark.refusing
async def test_the_units_head_is_paid_only_after_publicity(ledger: Ledger) -> None:
    asset_id = await granted(ledger)
    given = await posted(ledger.member("m04"), "grant-bonuses", bonus(asset_id, 400_000))
    head = next(one for one in given.json()["rewards"] if one["is_head_of_unit"])
    path = f"inventor-rewards/{head['id']}"
    part = {"amount": head["amount"], "paid_on": "2026-01-20"}
    early = await posted(ledger.member("m04"), f"{path}/payments", part)
    assert (early.status_code, codes(early)) == (409, ["PUBLICITY_MISSING"])
    shown = {"published_on": "2026-01-12", "file_id": str(uuid4())}
    published = await posted(
        ledger.member("m04"), f"{path}/publicity", shown, **{"If-Match": '"1"'}
    )
    assert published.status_code == 201, published.text
    assert (await posted(ledger.member("m04"), f"{path}/payments", part)).status_code == 201
    more = {"amount": {"amount": 1}, "paid_on": "2026-01-20"}
    again = await posted(ledger.member("m04"), f"{path}/payments", more)
    assert set(codes(again)) == {"STATE_CONFLICT", "PAYMENT_EXCEEDED"}
    async with ledger.member("m09") as other:
        assert (await other.get(f"{LEDGER}/{path}")).status_code == 404


@pytest.mark.requirement("A033")
async def test_own_use_owes_five_years_from_the_first_profit(ledger: Ledger) -> None:
    asset_id = await granted(ledger, granted_on="2024-05-11")
    begun = await posted(
        ledger.member("m04"), "own-uses", {"asset_id": asset_id, "started_on": "2022-02-01"}
    )
    assert begun.status_code == 201, begun.text
    use = f"own-uses/{begun.json()['id']}/years"

    async def year(number: int, profit: int, **over: Any) -> httpx.Response:
        body = {"year": number, "operating_profit": {"amount": profit}, **over}
        return await posted(ledger.member("m04"), use, body)

    loss = await year(2022, -1_000)
    assert loss.status_code == 201, loss.text
    assert loss.json()["is_owed"] is False
    first = await year(2023, 1_001)
    assert (first.json()["is_owed"], first.json()["reward"]["amount"]) == (True, 51)
    second = await year(2024, -50)
    assert (second.json()["is_owed"], second.json()["reward"]["amount"]) == (True, 0)
    low = await year(2025, 1_000_000, rate_ppm=40_000)
    assert (low.status_code, codes(low)) == (409, ["REWARD_BELOW_FLOOR"])
    early = await year(2026, 1_000_000)
    assert set(codes(early)) == {"DAY_IN_FUTURE", "DAYS_OUT_OF_ORDER"}
    assert (await year(2025, 1_000_000)).json()["reward"]["amount"] == 50_000
