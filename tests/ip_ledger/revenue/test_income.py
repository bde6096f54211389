"""From a license to shared income through the ledger's own doors (vectors C7-3 and C7-4)."""

from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import AccountBalance
from tests.ip_ledger.conftest import Ledger
from zhichuang import verify

pytestmark = pytest.mark.anyio

OWNERS = ("m04", "m09", "c03")
GROSS = {"amount": 120_000_000, "currency": "CNY"}
DEDUCTIONS = [
    {"kind": "tax", "amount": {"amount": 6_792_453}},
    {"kind": "maintenance", "amount": {"amount": 3_000_000}},
    {"kind": "direct", "amount": {"amount": 2_000_000}},
]


async def call(
    ledger: Ledger, name: str, path: str, body: Any = None, status: int = 201, **claims: Any
) -> Any:
    async with ledger.member(name, **claims) as client:
        answer = await client.post(
            f"/v1/ip-ledger/{path}", json=body, headers={"Idempotency-Key": str(uuid4())}
        )
    assert answer.status_code == status, answer.text
    return answer.json()


async def asset_of(ledger: Ledger, *, m04: int, m09: int, c03: int) -> str:
    asset_id: str = (await ledger.registered())["id"]
    answer = await ledger.owned(asset_id, consents=OWNERS, m04=m04, m09=m09, c03=c03)
    assert answer.status_code == 201, answer.text
    return asset_id


def income(asset_id: str, **changes: Any) -> Any:
    return {
        "asset_id": asset_id, "kind": "license", "gross": GROSS, "deductions": DEDUCTIONS,
        "received_on": "2026-01-20",
    } | changes  # fmt: skip


@pytest.mark.requirement("A033", "A084", "A086")
async def test_a_licenses_income_goes_all_the_way_to_proved_lines(ledger: Ledger) -> None:
    await ledger.signed(*OWNERS)
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    license_body = {
        "asset_id": asset_id, "licensor_id": str(ledger.org["m09"]), "type": "ordinary",
        "licensee_org_id": str(ledger.org["m08"]), "territory": "CN", "effective_on": "2026-02-10",
    }  # fmt: skip
    licensed = await call(ledger, "m09", "licenses", license_body)
    event = await call(ledger, "c03", "revenue-events", income(asset_id, source_id=licensed["id"]))
    assert event["net"]["amount"] == 108_207_547
    rule = {"owner_id": str(ledger.org["m04"]), "rate_ppm": 700_000, "basis": "rule"}
    run = await call(
        ledger,
        "c03",
        "distribution-runs",
        {"revenue_event_ids": [event["id"]], "reward_rules": [rule]},
    )
    amounts = [line["amount"]["amount"] for line in run["lines"]]
    assert amounts == [43_283_019, 37_872_641, 27_051_887]
    path = f"distribution-runs/{run['id']}"
    for name in OWNERS:
        await call(ledger, name, f"{path}/confirmations", {"plan_hash": run["plan_hash"]})
    second = {"sub": uuid4()}
    await call(ledger, "c03", f"{path}/approve", status=200, **second)
    await call(ledger, "c03", f"{path}/pay", status=200, **second)
    await ledger.service.number()
    async with ledger.member("m04") as owner:
        key = (await owner.get("/v1/ip-ledger/log/key")).text
        receipt = await owner.get(f"/v1/ip-ledger/receipts/{run['lines'][0]['id']}")
        owned = await owner.get(f"/v1/ip-ledger/receipts/{run['lines'][0]['ownership_version_id']}")
    assert verify.verified(receipt.content, key).opened["amount"]["amount"] == 43_283_019
    assert verify.verified(owned.content, key).record["kind"] == "ownership_version"


@pytest.mark.requirement("A086")
async def test_ties_go_by_the_signed_agreement(ledger: Ledger) -> None:
    await ledger.signed("c03", "m09", "m04")
    asset_id = await asset_of(ledger, m04=333_333, m09=333_333, c03=333_334)
    body = income(asset_id, gross={"amount": 10_001}, deductions=[])
    event = await call(ledger, "c03", "revenue-events", body)
    run = await call(ledger, "c03", "distribution-runs", {"revenue_event_ids": [event["id"]]})
    paid = {line["payee_id"]: line["amount"]["amount"] for line in run["lines"]}
    assert [paid[str(ledger.org[name])] for name in ("c03", "m09", "m04")] == [3_334, 3_334, 3_333]


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_ownership_that_changed_meanwhile_makes_the_plan_stale(ledger: Ledger) -> None:
    await ledger.signed(*OWNERS)
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    event = await call(ledger, "c03", "revenue-events", income(asset_id))
    run = await call(ledger, "c03", "distribution-runs", {"revenue_event_ids": [event["id"]]})
    changed = await ledger.owned(
        asset_id, version=2, consents=OWNERS, valid_from="2026-01-20", cause="assignment",
        m04=500_000, m09=250_000, c03=250_000,
    )  # fmt: skip
    assert changed.status_code == 201, changed.text
    path = f"distribution-runs/{run['id']}/confirmations"
    problem = await call(ledger, "m04", path, {"plan_hash": run["plan_hash"]}, 409)
    assert problem["code"] == "STALE_INPUT"
    await call(ledger, "c03", f"distribution-runs/{run['id']}/cancel", status=200)
    again = await call(ledger, "c03", "distribution-runs", {"revenue_event_ids": [event["id"]]})
    assert again["lines"][0]["ppm"] == 500_000


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_income_of_a_day_without_owners_is_not_shared(ledger: Ledger) -> None:
    asset_id = (await ledger.registered())["id"]
    event = await call(ledger, "c03", "revenue-events", income(asset_id))
    problem = await call(
        ledger, "c03", "distribution-runs", {"revenue_event_ids": [event["id"]]}, 409
    )
    assert problem["code"] == "OWNERSHIP_MISSING"


@pytest.mark.requirement("A033", "X04")
@pytest.mark.refusing
async def test_income_needs_its_asset_its_centre_and_a_real_source(ledger: Ledger) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    unknown = await call(
        ledger, "c03", "revenue-events", income(asset_id, source_id=str(uuid4())), 422
    )
    assert unknown["code"] == "SOURCE_UNKNOWN"
    member = await call(ledger, "m09", "revenue-events", income(asset_id), 403)
    assert member["code"] == "FORBIDDEN_SCOPE"
    await call(ledger, "m23", "revenue-events", income(asset_id), 404)
    floats = income(asset_id, gross={"amount": 12.345})
    await call(ledger, "c03", "revenue-events", floats, 422)
    kinds = income(asset_id, deductions=[{"kind": "management", "amount": {"amount": 1}}])
    await call(ledger, "c03", "revenue-events", kinds, 422)


@pytest.mark.requirement("A033")
@pytest.mark.refusing
async def test_what_is_shared_is_counted_in_renminbi_and_another_currency_refused_by_its_rule(
    ledger: Ledger,
) -> None:
    dollars = {"amount": 100, "currency": "USD"}
    center = str(ledger.center["c03"])
    bodies: dict[str, dict[str, Any]] = {
        "revenue-events": income(str(uuid4()), gross=dollars),
        "contributions": {
            "center_id": center, "kind": "equity", "committed": dollars,
            "agreed_on": "2026-01-10",
        },
        "loss-events": {
            "center_id": center, "amount": dollars, "occurred_on": "2026-01-20", "reason": "失败",
        },
        "funding-records": {
            "center_id": center, "source": "government", "instrument": "grant",
            "amount": dollars, "received_on": "2026-01-10",
        },
    }  # fmt: skip
    for path, body in bodies.items():
        problem = await call(ledger, "c03", path, body, 422)
        told = [(one["code"], one["rule"], one["clause"]) for one in problem["errors"]]
        assert told == [("CURRENCY_NOT_CNY", "A033", "会计法12")], path
    nested = income(str(uuid4()), deductions=[{"kind": "tax", "amount": dollars}])
    problem = await call(ledger, "c03", "revenue-events", nested, 422)
    assert problem["errors"][0]["pointer"] == "/deductions/0/amount/currency"
    for bad in (1, None, ["CNY"]):
        body = income(str(uuid4()), gross={"amount": 100, "currency": bad})
        problem = await call(ledger, "c03", "revenue-events", body, 422)
        assert problem["code"] == "FIELD_INVALID", bad


@pytest.mark.requirement("X07", "A033")
async def test_an_income_recorded_wrongly_is_undone_by_another_person_and_shared_by_nobody(
    ledger: Ledger,
) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    event = await call(ledger, "c03", "revenue-events", income(asset_id))
    path, body = f"revenue-events/{event['id']}/undoing", {"reason": "金额填写错误"}
    other: dict[str, Any] = {"sub": str(uuid4())}
    same = await call(ledger, "c03", path, body, 403)
    assert same["code"] == "SOD_VIOLATION"
    await call(ledger, "m09", path, body, 403, **other)
    ahead = await call(ledger, "c03", path, {**body, "effective_on": "2026-01-21"}, 422, **other)
    assert ahead["code"] == "DAY_IN_FUTURE"
    before = await call(ledger, "c03", path, {**body, "effective_on": "2026-01-19"}, 422, **other)
    assert before["code"] == "REVERSAL_BEFORE_ORIGINAL"
    draft = {"revenue_event_ids": [event["id"]]}
    run = await call(ledger, "c03", "distribution-runs", draft)
    taken = await call(ledger, "c03", path, body, 409, **other)
    assert taken["code"] == "REVENUE_DISTRIBUTED"
    await call(ledger, "c03", f"distribution-runs/{run['id']}/cancel", None, 200)
    undone = await call(ledger, "c03", path, body, **other)
    assert (undone["state"], undone["undone_reason"]) == ("undone", "金额填写错误")
    again = await call(ledger, "c03", path, body, 409, **other)
    assert again["code"] == "ALREADY_REVERSED"
    gone = await call(ledger, "c03", "distribution-runs", draft, 409)
    assert gone["code"] == "REVENUE_UNDONE"
    async with ledger.sessions.reading() as session:
        assert await journal.wrong_balances(session) == []
        balances = await session.scalars(select(col(AccountBalance.balance_fen)))
        assert set(balances) == {0}


@pytest.mark.requirement("A033", "A086")
@pytest.mark.refusing
async def test_every_fault_of_a_run_and_of_an_income_is_told_at_once(ledger: Ledger) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    early = income(asset_id, received_on="2023-11-01", gross={"amount": 1}, source_id=str(uuid4()))
    problem = await call(ledger, "c03", "revenue-events", early, 422)
    told = {one["code"] for one in problem["errors"]}
    assert told == {"BEFORE_ASSET", "NET_NEGATIVE", "SOURCE_UNKNOWN"}
    event = await call(ledger, "c03", "revenue-events", income(asset_id))
    rules = [
        {"owner_id": str(ledger.org[name]), "rate_ppm": 450_000} for name in ("m04", "m04", "m08")
    ]
    draft = {"revenue_event_ids": [event["id"]] * 2, "reward_rules": rules}
    problem = await call(ledger, "c03", "distribution-runs", draft, 422)
    assert {one["code"] for one in problem["errors"]} == {
        "PARTY_REPEATED", "REWARD_OWNER_UNKNOWN", "REVENUE_DISTRIBUTED", "REWARD_BELOW_FLOOR",
    }  # fmt: skip
