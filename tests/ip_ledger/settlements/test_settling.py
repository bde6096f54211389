"""Two members settle what they used of each other's: recorded, netted, confirmed, booked, paid."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select, update

from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import Account, AccountBalance
from ip_ledger.log.tables import LogRecord
from ip_ledger.settlements.tables import SharedUse
from tests.ip_ledger.conftest import Ledger, codes

pytestmark = pytest.mark.anyio

JANUARY = {"from_on": "2026-01-01", "until_on": "2026-01-20"}


def rate(ledger: Ledger, provider: str, element: str, unit: str, fen: int, per: int) -> Any:
    return {
        "provider_org_id": str(ledger.org[provider]), "element": element, "unit": unit,
        "price": {"amount": fen, "currency": "CNY"}, "per": per,
    }  # fmt: skip


async def agreed(ledger: Ledger) -> dict[str, Any]:
    rates = [
        rate(ledger, "m04", "equipment", "minute", 50_000, 60),
        rate(ledger, "m09", "data", "gigabyte", 333, 1),
        rate(ledger, "m09", "ip", "time", 10_000, 1),
    ]
    return await ledger.signed("m04", "m09", "c03", use_rates=rates)


async def used(ledger: Ledger, by: str = "m04", **over: Any) -> httpx.Response:
    body = {
        "center_id": str(ledger.center["c03"]),
        "provider_org_id": str(ledger.org["m04"]),
        "user_org_id": str(ledger.org["m09"]),
        "element": "equipment",
        "unit": "minute",
        "quantity": 255,
        "used_on": "2026-01-20",
        "external_id": str(uuid4()),
        "evidence": [str(ledger.text_file_id)],
        **over,
    }
    async with ledger.member(by) as client:
        return await client.post("/v1/ip-ledger/shared-uses", json=body)


def data(ledger: Ledger, gigabytes: int) -> dict[str, Any]:
    return {
        "provider_org_id": str(ledger.org["m09"]), "user_org_id": str(ledger.org["m04"]),
        "element": "data", "unit": "gigabyte", "quantity": gigabytes,
    }  # fmt: skip


async def proposed(ledger: Ledger, by: str = "m04", **over: Any) -> httpx.Response:
    body = {
        "center_id": str(ledger.center["c03"]),
        "one_org_id": str(ledger.org["m04"]),
        "other_org_id": str(ledger.org["m09"]),
        **JANUARY,
        **over,
    }
    async with ledger.member(by) as client:
        return await client.post("/v1/ip-ledger/use-settlements", json=body)


async def said(
    ledger: Ledger, by: str, settlement: Any, step: str, body: Any, version: int = 0, **claims: Any
) -> httpx.Response:
    path = f"/v1/ip-ledger/use-settlements/{settlement['id']}/{step}"
    headers = {"If-Match": f'"{version}"'} if version else {}
    async with ledger.member(by, **claims) as client:
        return await client.post(path, json=body, headers=headers)


async def confirmed(
    ledger: Ledger, by: str, settlement: Any, sha256: str | None = None, **claims: Any
) -> httpx.Response:
    body = {"statement_sha256": sha256 or settlement["statement_sha256"]}
    return await said(ledger, by, settlement, "confirmations", body, **claims)


async def balances(ledger: Ledger) -> dict[str, int]:
    async with ledger.sessions.reading() as session:
        assert await journal.wrong_balances(session) == []
        rows = await session.execute(
            select(Account.code, AccountBalance.balance_fen).join(
                AccountBalance, col(AccountBalance.account_id) == col(Account.id)
            )
        )
        return dict(rows.all())


@pytest.mark.requirement("A063")
async def test_what_is_left_between_two_members_is_confirmed_by_both_booked_and_paid(
    ledger: Ledger,
) -> None:
    agreement = await agreed(ledger)
    machine = await used(ledger)
    assert machine.status_code == 201, machine.text
    assert machine.json()["amount"] == {"amount": 212_500, "currency": "CNY"}
    assert machine.json()["agreement_id"] == agreement["id"]
    assert (await used(ledger, by="m09", **data(ledger, 7))).json()["amount"]["amount"] == 2_331

    answer = await proposed(ledger)
    assert answer.status_code == 201, answer.text
    settlement = answer.json()
    assert settlement["net"]["amount"] == 210_169
    assert settlement["payer_id"] == str(ledger.org["m09"])
    assert len(settlement["uses"]) == 2
    half = await confirmed(ledger, "m04", settlement)
    assert (half.json()["state"], half.json()["entry_id"]) == ("proposed", None)
    assert await balances(ledger) == {}
    whole = (await confirmed(ledger, "m09", settlement)).json()
    assert (whole["state"], whole["owed_on"]) == ("owed", "2026-01-20")
    assert await balances(ledger) == {"use_due": 210_169, "use_payable": -210_169}
    async with ledger.sessions.reading() as session:
        kinds = await session.scalars(select(LogRecord.kind).order_by(col(LogRecord.seq)))
        assert [k for k in kinds if "use" in k] == ["shared_use", "shared_use", "use_settlement"]

    paid = await said(ledger, "m04", whole, "payment", {"paid_on": "2026-01-20"}, whole["version"])
    assert (paid.status_code, paid.json()["state"]) == (201, "settled"), paid.text
    assert await balances(ledger) == {"use_due": 0, "use_payable": 0}


@pytest.mark.requirement("A063")
async def test_members_that_are_even_owe_nothing_and_an_undone_use_counts_below_zero(
    ledger: Ledger,
) -> None:
    await agreed(ledger)
    use = (await used(ledger, by="m09", **data(ledger, 3))).json()
    async with ledger.member("m09") as provider:
        path = f"/v1/ip-ledger/shared-uses/{use['id']}/undo"
        undone = await provider.post(path, json={"reason": "重复登记"})
        assert undone.status_code == 201, undone.text
        assert undone.json()["amount"]["amount"] == -999
        again = await provider.post(path, json={"reason": "x"})
        assert (again.status_code, codes(again)) == (409, ["ALREADY_REVERSED"])
        path = f"/v1/ip-ledger/shared-uses/{undone.json()['id']}/undo"
        more = await provider.post(path, json={"reason": "x"})
        assert (more.status_code, codes(more)) == (409, ["REVERSAL_OF_REVERSAL"])
    settlement = (await proposed(ledger)).json()
    assert (settlement["net"]["amount"], settlement["payer_id"]) == (0, None)
    await confirmed(ledger, "m09", settlement)
    even = (await confirmed(ledger, "m04", settlement)).json()
    assert (even["state"], even["entry_id"]) == ("settled", None)
    assert await balances(ledger) == {}


@pytest.mark.requirement("A063")
async def test_a_use_rests_on_the_registrys_log_or_on_a_license(ledger: Ledger) -> None:
    await agreed(ledger)
    fact_id, resource_id = uuid4(), uuid4()
    fact = {
        "kind": "resource_usage", "center_id": str(ledger.center["c03"]),
        "occurred_on": "2026-01-20", "superseded_by_id": None,
        "payload": {
            "resource_id": str(resource_id), "hours": "4.25", "shared_hours": "4.25",
            "user_uscc": "91310112FAKE00099B",
        },
    }  # fmt: skip
    answers = ledger.service.neighbours.answers
    answers[f"GET /v1/registry/facts/{fact_id}"] = fact
    answers[f"GET /v1/registry/resources/{resource_id}"] = {"org_id": str(ledger.org["m04"])}
    rests: dict[str, Any] = {"usage_fact_id": str(fact_id), "evidence": []}
    other = await used(ledger, **rests, quantity=256)
    assert (other.status_code, codes(other)) == (422, ["USE_MISMATCH"])
    booked = await used(ledger, **rests)
    assert booked.status_code == 201, booked.text
    twice = await used(ledger, **rests)
    assert (twice.status_code, codes(twice)) == (409, ["ALREADY_EXISTS"])
    answers[f"GET /v1/registry/facts/{fact_id}"] = fact | {"superseded_by_id": str(uuid4())}
    corrected = await used(ledger, **rests)
    assert (corrected.status_code, codes(corrected)) == (409, ["SOURCE_SUPERSEDED"])

    asset = await ledger.registered()
    await ledger.owned(asset["id"], m04=500_000, m09=500_000)
    async with ledger.member("m09") as licensor:
        granted = await licensor.post("/v1/ip-ledger/licenses", json={
            "asset_id": asset["id"], "licensee_id": str(ledger.org["m04"]), "type": "ordinary",
            "territory": "中国", "effective_on": "2026-01-20",
        })  # fmt: skip
    assert granted.status_code == 201, granted.text
    ip = data(ledger, 2) | {"element": "ip", "unit": "time"}
    licensed = await used(ledger, by="m09", **ip, license_id=granted.json()["id"])
    assert (licensed.status_code, licensed.json()["amount"]["amount"]) == (201, 20_000)
    turned = {"provider_org_id": ip["user_org_id"], "user_org_id": ip["provider_org_id"]}
    wrong = await used(ledger, **ip | turned, license_id=granted.json()["id"])
    assert {"USE_MISMATCH", "USE_RATE_MISSING"} == set(codes(wrong))


@pytest.mark.requirement("A063", "X04")
@pytest.mark.refusing
async def test_nobody_else_sees_settles_or_speaks_for_a_side(ledger: Ledger) -> None:
    await agreed(ledger)
    mine = await used(ledger, by="m09")
    assert (mine.status_code, codes(mine)) == (403, ["FORBIDDEN_SCOPE"])
    stranger = await used(ledger, by="m01")
    assert stranger.status_code == 404
    use = (await used(ledger)).json()
    third = await proposed(ledger, by="m08")
    assert (third.status_code, codes(third)) == (403, ["FORBIDDEN_SCOPE"])
    settlement = (await proposed(ledger)).json()
    for path in (f"shared-uses/{use['id']}", f"use-settlements/{settlement['id']}"):
        for name, status in (("m04", 200), ("m09", 200), ("c03", 200), ("m08", 404), ("m01", 404)):
            async with ledger.member(name) as reader:
                answer = await reader.get(f"/v1/ip-ledger/{path}")
                listed = await reader.get(f"/v1/ip-ledger/{path.partition('/')[0]}")
            assert answer.status_code == status, (name, path)
            assert bool(listed.json()["items"]) == (status == 200), (name, path)
    assert (await confirmed(ledger, "m08", settlement)).status_code == 404
    centre = await confirmed(ledger, "c03", settlement)
    assert (centre.status_code, codes(centre)) == (403, ["FORBIDDEN_SCOPE"])
    changed = await confirmed(ledger, "m04", settlement, "0" * 64)
    assert (changed.status_code, codes(changed)) == (409, ["STALE_INPUT"])
    assert (await confirmed(ledger, "m04", settlement, sub=str(use["id"]))).status_code == 201
    both = await confirmed(ledger, "m09", settlement, sub=str(use["id"]))
    assert (both.status_code, codes(both)) == (403, ["SOD_VIOLATION"])
    twice = await confirmed(ledger, "m04", settlement)
    assert (twice.status_code, codes(twice)) == (409, ["ALREADY_CONFIRMED"])
    owed = (await confirmed(ledger, "m09", settlement)).json()
    body = {"paid_on": "2026-01-20"}
    payer = await said(ledger, "m09", owed, "payment", body, owed["version"])
    assert (payer.status_code, codes(payer)) == (403, ["FORBIDDEN_SCOPE"])
    stale = await said(ledger, "m04", owed, "payment", body, 1)
    assert (stale.status_code, codes(stale)) == (412, ["VERSION_CONFLICT"])
    late = await said(ledger, "m09", owed, "objections", {"reason": "x"}, owed["version"])
    assert (late.status_code, codes(late)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A063", "X04")
@pytest.mark.refusing
async def test_a_use_has_no_price_without_an_agreement_and_none_of_another_day(
    ledger: Ledger,
) -> None:
    none = await used(ledger)
    assert (none.status_code, codes(none)) == (409, ["IP_AGREEMENT_MISSING"])
    await agreed(ledger)
    before = await used(ledger, used_on="2026-01-19")
    assert (before.status_code, codes(before)) == (409, ["IP_AGREEMENT_MISSING"])
    free = await used(ledger, element="talent", unit="day")
    assert (free.status_code, codes(free)) == (409, ["USE_RATE_MISSING"])
    for quantity in (0, -1, 1.5, "2", 10**9 + 1):
        assert (await used(ledger, quantity=quantity)).status_code == 422, quantity
    nothing = await proposed(ledger)
    assert (nothing.status_code, codes(nothing)) == (409, ["NOTHING_TO_SETTLE"])


@pytest.mark.requirement("A063")
@pytest.mark.refusing
async def test_a_statement_that_is_turned_down_frees_its_uses_and_two_at_once_make_one(
    ledger: Ledger,
) -> None:
    await agreed(ledger)
    await used(ledger)
    answers = await asyncio.gather(proposed(ledger), proposed(ledger, by="m09"))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert codes(lost) == ["NOTHING_TO_SETTLE"]
    first = next(answer for answer in answers if answer.status_code == 201).json()
    no = await said(ledger, "m09", first, "objections", {"reason": "机时不符"}, first["version"])
    assert (no.status_code, no.json()["state"]) == (201, "contested"), no.text
    dead = await confirmed(ledger, "m04", first)
    assert (dead.status_code, codes(dead)) == (409, ["STATE_CONFLICT"])
    second = (await proposed(ledger)).json()
    assert second["statement_sha256"] == first["statement_sha256"]
    sides = await asyncio.gather(
        *(confirmed(ledger, name, second) for name in ("m04", "m09", "m04", "m09"))
    )
    assert sorted(one.status_code for one in sides) == [201, 201, 409, 409]
    assert await balances(ledger) == {"use_due": 212_500, "use_payable": -212_500}
    with pytest.raises(DBAPIError):
        async with ledger.sessions.begin() as session:
            await session.execute(update(SharedUse).values(amount_fen=1))
