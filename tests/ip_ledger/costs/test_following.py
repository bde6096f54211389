"""Which money paid for what, and what came of it: contributions, costs, income, payouts."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import col, select

from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import Account, AccountBalance
from shared.directory import DirectoryCenter
from tests.ip_ledger.audit.books import Filled
from tests.ip_ledger.conftest import Ledger, codes, figures
from tests.ip_ledger.contributions.test_contributions import promise
from tests.ip_ledger.contributions.test_funding import funded
from tests.ip_ledger.revenue.test_income import asset_of, call, income

pytestmark = pytest.mark.anyio


async def paid_in(ledger: Ledger, org: str, fen: int, **over: Any) -> tuple[str, str]:
    """Let a member pay in; give the contribution and the payment."""
    body = {
        "org_id": str(ledger.org[org]), "committed": {"amount": fen},
        "schedule": [{"due_on": "2025-12-31", "amount": {"amount": fen}}], **over,
    }  # fmt: skip
    row = await call(ledger, org, "contributions", promise(ledger, **body))
    receiver = "m03" if over.get("held_in_trust") else "c03"
    paid = {"amount": {"amount": fen}, "paid_on": "2026-01-05"}
    shown = await call(ledger, receiver, f"contributions/{row['id']}/payments", paid)
    return row["id"], shown["payments"][0]["id"]


def cost(
    asset_id: str, fen: int, on: str = "2026-01-10", sources: dict[str, int] | None = None
) -> dict[str, Any]:
    return {
        "asset_id": asset_id, "kind": "research", "amount": {"amount": fen}, "spent_on": on,
        "description": "铺粉试验",
        "sources": [
            {"source_id": source_id, "amount": {"amount": part}}
            for source_id, part in (sources or {}).items()
        ],
    }  # fmt: skip


async def trail(
    ledger: Ledger, subject: str, subject_id: str, by: str = "c03", status: int = 200
) -> Any:
    async with ledger.member(by) as client:
        answer = await client.get(f"/v1/ip-ledger/money-trails/{subject}/{subject_id}")
    assert answer.status_code == status, answer.text
    return answer.json()


def amounts(rows: Any, *names: str) -> Any:
    return [tuple(row[name]["amount"] for name in names) for row in rows]


async def shared_out(ledger: Ledger, event_id: str, *owners: str) -> None:
    """Share an income out among its owners, and pay."""
    run = await call(
        ledger, "c03", "distribution-runs", {"revenue_event_ids": [event_id], "reward_rules": []}
    )
    path = f"distribution-runs/{run['id']}"
    for name in owners:
        body = {"plan_hash": run["plan_hash"]}
        run = await call(ledger, name, f"{path}/confirmations", body)
    await call(ledger, "c03", f"{path}/approve", None, 200, sub=str(uuid4()))
    await call(ledger, "c03", f"{path}/pay", None, 200)


async def books_hold(ledger: Ledger) -> dict[str, int]:
    """Give the balances by account, all of which sum to nothing."""
    async with ledger.sessions.reading() as session:
        assert await journal.wrong_balances(session) == []
        rows = await session.execute(
            select(col(Account.code), col(AccountBalance.balance_fen)).join(
                AccountBalance, col(AccountBalance.account_id) == col(Account.id)
            )
        )
        balances: dict[str, int] = {}
        for code, fen in rows:
            balances[code] = balances.get(code, 0) + fen
    assert sum(balances.values()) == 0
    return balances


@pytest.mark.requirement("A094")
async def test_money_is_followed_from_a_contribution_to_a_payout_and_back(ledger: Ledger) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    ours, payment = await paid_in(ledger, "m09", 100_000)
    grant = (await funded(ledger, amount={"amount": 600_000})).json()["id"]
    first = await call(
        ledger, "c03", "asset-costs", cost(asset_id, 90_000, sources={payment: 60_000})
    )
    await call(
        ledger, "c03", "asset-costs", cost(asset_id, 90_000, "2026-01-11", sources={grant: 90_000})
    )
    event = await call(
        ledger, "c03", "revenue-events",
        income(asset_id, gross={"amount": 100_000}, deductions=[], received_on="2026-01-11"),
    )  # fmt: skip
    await shared_out(ledger, event["id"], "m04", "m09", "c03")
    # 60 000 of 180 000 came from m09, 90 000 from the grant, 30 000 from nobody known.
    whole = await trail(ledger, "asset", asset_id)
    assert amounts(whole["sources"], "received", "spent", "earned") == [
        (100_000, 60_000, 33_333), (600_000, 90_000, 50_000),
    ]  # fmt: skip
    assert amounts(whole["costs"], "amount", "unattributed") == [(90_000, 30_000), (90_000, 0)]
    assert amounts(whole["income"], "net", "unattributed", "unpaid") == [(100_000, 16_667, 0)]
    assert sorted(one["amount"]["amount"] for one in whole["income"][0]["payees"]) == [
        25_000, 35_000, 40_000,
    ]  # fmt: skip
    sums = {name: one and one["amount"] for name, one in whole["sums"].items()}
    assert sums == {
        "spent": 180_000, "spent_unattributed": 30_000, "earned": 100_000,
        "earned_unattributed": 16_667, "paid": 100_000, "unpaid": 0, "unspent": None,
    }  # fmt: skip
    back = await trail(ledger, "revenue", event["id"])
    assert (back["costs"], back["income"]) == (whole["costs"], whole["income"])
    # The member follows its own money; what others paid is one sum to it.
    own = await trail(ledger, "contribution", ours, "m09")
    assert amounts(own["sources"], "received", "spent", "earned") == [(100_000, 60_000, 33_333)]
    assert amounts(own["costs"], "amount", "in_scope") == [(90_000, 60_000)]
    assert amounts(own["income"], "in_scope", "by_others", "unattributed") == [
        (33_333, 50_000, 16_667)
    ]
    assert own["sums"]["unspent"]["amount"] == 40_000
    seen = await trail(ledger, "asset", asset_id, "m09")
    assert [one["source_id"] for one in seen["sources"]] == [payment]
    assert (await trail(ledger, "asset", asset_id, "m04"))["sums"] == whole["sums"]
    for subject, subject_id in (("asset", asset_id), ("revenue", event["id"])):
        await trail(ledger, subject, subject_id, "m01", 404)
    await trail(ledger, "contribution", ours, "m08", 404)
    # Undone, the money is there again, and the income was the grant's alone.
    body = {"reason": "金额填写错误"}
    undone = await call(ledger, "c03", f"asset-costs/{first['id']}/undoing", body)
    assert undone["amount"]["amount"] == -90_000
    after = await trail(ledger, "asset", asset_id)
    assert amounts(after["sources"], "spent", "earned") == [(0, 0), (90_000, 100_000)]
    balances = await books_hold(ledger)
    assert balances["costs_of_rights"] == 90_000
    again = await call(ledger, "c03", f"asset-costs/{first['id']}/undoing", body, 409)
    assert again["code"] == "ALREADY_REVERSED"
    twice = await call(ledger, "c03", f"asset-costs/{undone['id']}/undoing", body, 409)
    assert "REVERSAL_OF_REVERSAL" in [one["code"] for one in twice["errors"]]


@pytest.mark.requirement("A094")
@pytest.mark.refusing
async def test_no_money_is_spent_twice_also_not_at_once(ledger: Ledger) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    _, payment = await paid_in(ledger, "m09", 100_000)

    async def spend(fen: int) -> httpx.Response:
        async with ledger.member("c03") as client:
            body = cost(asset_id, fen, sources={payment: fen})
            return await client.post("/v1/ip-ledger/asset-costs", json=body)

    over = await spend(100_001)
    assert (over.status_code, codes(over)) == (409, ["SOURCE_SPENT"])
    answers = await asyncio.gather(*(spend(60_000) for _ in range(2)))
    assert sorted(one.status_code for one in answers) == [201, 409]
    refused = next(one for one in answers if one.status_code == 409)
    assert figures(refused, "SOURCE_SPENT")["left_fen"] == 40_000
    assert (await spend(40_000)).status_code == 201
    await books_hold(ledger)


@pytest.mark.requirement("A094", "X04")
@pytest.mark.refusing
async def test_every_fault_of_a_cost_is_told_at_once(ledger: Ledger) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    _, payment = await paid_in(ledger, "m09", 100)
    body = cost(asset_id, 10, "2026-01-21", sources={payment: 200, str(uuid4()): 1})
    problem = await call(ledger, "c03", "asset-costs", body, 422)
    assert sorted(one["code"] for one in problem["errors"]) == [
        "COST_EXCEEDED", "DAY_IN_FUTURE", "SOURCE_SPENT", "SOURCE_UNKNOWN",
    ]  # fmt: skip
    early = cost(asset_id, 10, "2026-01-04", sources={payment: 1})
    problem = await call(ledger, "c03", "asset-costs", early, 422)
    assert problem["code"] == "SPENT_BEFORE_RECEIVED"
    await call(ledger, "m09", "asset-costs", cost(asset_id, 10), 403)
    await call(ledger, "m23", "asset-costs", cost(asset_id, 10), 404)
    for fen in (0, -1, 2**53, 1.5):
        await call(
            ledger, "c03", "asset-costs", cost(asset_id, 1) | {"amount": {"amount": fen}}, 422
        )
    same = cost(asset_id, 10) | {"external_id": "K-1"}
    await call(ledger, "c03", "asset-costs", same)
    problem = await call(ledger, "c03", "asset-costs", same, 409)
    assert problem["code"] == "EXTERNAL_ID_MISMATCH"


@pytest.mark.requirement("A053", "A094")
async def test_a_trustee_spends_and_hands_over_what_is_left_without_what_is_to_be_shared(
    ledger: Ledger,
) -> None:
    """What was earned in trust stays owed to the owners: only the fees become the centre's."""
    center = {"center_id": str(ledger.center["c08"])}
    asset = await ledger.registered("m03", **center, trustee_org=str(ledger.org["m03"]))
    owned = await ledger.owned(asset["id"], "m03", m03=1_000_000, consents=("m03",))
    assert owned.status_code == 201, owned.text
    _, payment = await paid_in(
        ledger, "m23", 100_000, **center, kind="membership_fee", held_in_trust=True
    )
    body = cost(asset["id"], 30_000, sources={payment: 30_000})
    spent = await call(ledger, "m03", "asset-costs", body)
    assert spent["trustee_org_id"] == str(ledger.org["m03"])
    earned = income(asset["id"], gross={"amount": 50_000}, deductions=[], held_in_trust=True)
    event = await call(ledger, "m03", "revenue-events", earned)
    whole = await trail(ledger, "asset", asset["id"], "m03")
    assert [one["held_in_trust"] for one in (*whole["costs"], *whole["income"])] == [True, True]
    async with ledger.sessions.begin() as session:
        row = await session.get(DirectoryCenter, ledger.center["c08"])
        assert row is not None
        row.legal_entity_id = ledger.org["m01"]
    released = await call(ledger, "m03", "trust-releases", center)
    assert released["amount"]["amount"] == 120_000
    balances = await books_hold(ledger)
    # 70 000 of fees are the centre's own now, 50 000 of income are owed to the owners still.
    assert balances["cash"] == 120_000
    assert balances["trust_cash"] == balances["held_in_trust"] == 0
    assert (balances["released_from_trust"], balances["income_to_share"]) == (-70_000, -50_000)
    assert event["net"]["amount"] == 50_000
    # The audit, which reads every row, agrees with what each was booked as.
    filled = Filled(ledger, "")
    await filled.step()
    async with ledger.service.app.state.database.engine.connect() as connection:
        assert (await filled.audited(connection)).differences == []
