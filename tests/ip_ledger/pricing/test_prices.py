"""How prices were found: what a public institute that negotiated owes its staff."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ip_ledger.pricing import rules
from ip_ledger.pricing.rules import Finding, PriceMethod, Publicity
from shared.rules import failed_codes
from tests.ip_ledger.conftest import TODAY, Ledger, codes
from tests.ip_ledger.contributions.test_contributions import posted, promise

PATH = "/v1/ip-ledger/price-findings"
TOLD = Publicity(TODAY, uuid4())
DAY = timedelta(days=1)


@pytest.mark.requirement("X04")
def test_the_seller_itself_says_how_its_price_was_found() -> None:
    seller = uuid4()
    assert failed_codes(rules.seller_checks(seller, seller)) == []
    for other in (uuid4(), None):
        assert failed_codes(rules.seller_checks(seller, other)) == ["FORBIDDEN_SCOPE"]


@pytest.mark.parametrize(
    ("method", "institute", "venue", "told", "expected"),
    [
        (PriceMethod.NEGOTIATED, True, None, TOLD, []),
        (PriceMethod.NEGOTIATED, True, None, None, ["PRICE_PUBLICITY_MISSING"]),
        (PriceMethod.NEGOTIATED, False, None, None, []),
        (PriceMethod.LISTED, True, "上海技术交易所", None, []),
        (PriceMethod.LISTED, True, None, None, ["PRICE_VENUE_MISSING"]),
        (PriceMethod.AUCTION, False, None, None, ["PRICE_VENUE_MISSING"]),
        (PriceMethod.NEGOTIATED, True, None, Publicity(TODAY + DAY, uuid4()), ["DAY_IN_FUTURE"]),
    ],
)
@pytest.mark.requirement("A030")
def test_each_way_of_finding_a_price_has_its_proof(
    method: PriceMethod,
    institute: bool,
    venue: str | None,
    told: Publicity | None,
    expected: list[str],
) -> None:
    checks = rules.finding_checks(
        Finding(method, 100, TODAY, venue, told),
        is_public_institute=institute, agreed_fen=None, today=TODAY,
    )  # fmt: skip
    assert failed_codes(checks) == expected


@pytest.mark.parametrize(("price", "expected"), [(99, 1), (100, 0), (101, 1)])
def test_a_price_is_the_contracts_own(price: int, expected: int) -> None:
    finding = Finding(PriceMethod.NEGOTIATED, price, date(2026, 1, 1))
    checks = rules.finding_checks(finding, is_public_institute=False, agreed_fen=100, today=TODAY)
    assert failed_codes(checks) == ["PRICE_MISMATCH"] * expected


async def granted(ledger: Ledger, by: str) -> str:
    asset = await ledger.registered()
    owners = ("m04", "m09", "c03")
    await ledger.owned(asset["id"], m04=400_000, m09=350_000, c03=250_000, consents=owners)
    body = {
        "asset_id": asset["id"], "licensor_id": str(ledger.org[by]),
        "licensee_org_id": str(ledger.org["m08"]), "type": "ordinary", "territory": "CN",
        "effective_on": "2026-02-10",
    }  # fmt: skip
    async with ledger.member(by) as client:
        answer = await client.post("/v1/ip-ledger/licenses", json=body)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def explained(ledger: Ledger, by: str, deal_id: str, **over: Any) -> httpx.Response:
    body = {
        "deal": "license", "deal_id": deal_id, "method": "negotiated",
        "price": {"amount": 120_000_000}, "found_on": "2026-01-15", **over,
    }  # fmt: skip
    async with ledger.member(by) as client:
        return await client.post(PATH, json=body)


@pytest.mark.anyio
@pytest.mark.requirement("A030")
async def test_a_public_institute_shows_that_it_told_its_staff(ledger: Ledger) -> None:
    deal_id = await granted(ledger, "m04")
    missing = f"{PATH}/missing?center_id={ledger.center['c03']}"
    async with ledger.member("m09") as member:
        assert [d["deal_id"] for d in (await member.get(missing)).json()["items"]] == [deal_id]
    told = {"published_on": "2026-01-16", "file_id": str(uuid4())}
    answer = await explained(ledger, "m04", deal_id, publicity=told)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["is_public_institute"], shown["published_on"]) == (True, "2026-01-16")
    async with ledger.member("m09") as member:
        assert (await member.get(missing)).json()["items"] == []
        # What it fetched is the seller's and the centre's to know.
        assert (await member.get(PATH)).json()["items"] == []
    async with ledger.member("c03") as centre:
        assert [d["deal_id"] for d in (await centre.get(PATH)).json()["items"]] == [deal_id]
    again = await explained(ledger, "m04", deal_id, publicity=told)
    assert (again.status_code, codes(again)) == (409, ["ALREADY_EXISTS"])


@pytest.mark.anyio
@pytest.mark.requirement("A030")
@pytest.mark.refusing
async def test_without_a_word_to_its_staff_no_institute_negotiates(ledger: Ledger) -> None:
    deal_id = await granted(ledger, "m04")
    answer = await explained(ledger, "m04", deal_id)
    assert (answer.status_code, codes(answer)) == (422, ["PRICE_PUBLICITY_MISSING"])
    answer = await explained(ledger, "m04", deal_id, method="auction")
    assert (answer.status_code, codes(answer)) == (422, ["PRICE_VENUE_MISSING"])
    answer = await explained(ledger, "m09", deal_id, method="auction", venue="拍卖行")
    assert (answer.status_code, codes(answer)) == (403, ["FORBIDDEN_SCOPE"])
    assert (await explained(ledger, "m01", deal_id)).status_code == 404


@pytest.mark.parametrize(
    ("told_on", "late"),
    [(date(2026, 2, 9), False), (date(2026, 2, 10), False), (date(2026, 2, 11), True)],
)
def test_staff_are_told_of_a_price_by_the_day_of_the_deal(told_on: date, late: bool) -> None:
    assert rules.told_late(date(2026, 2, 10), told_on) == late
    assert not rules.told_late(None, told_on)
    assert not rules.told_late(date(2026, 2, 10), None)


@pytest.mark.anyio
@pytest.mark.requirement("A030")
async def test_a_result_put_in_as_equity_has_its_price_explained_too(ledger: Ledger) -> None:
    """转化法18: 作价投资 is priced like a transfer or a license."""
    thing = promise(
        ledger, org_id=str(ledger.org["m04"]), is_cash=False, schedule=[], agreed_on="2026-01-12",
        valuation={"file_id": str(uuid4()), "amount": {"amount": 500_000}},
    )  # fmt: skip
    put_in = await posted(ledger.member("m04"), "contributions", thing)
    assert put_in.status_code == 201, put_in.text
    deal: dict[str, Any] = {"deal": "contribution", "price": {"amount": 500_000}}
    deal_id = put_in.json()["id"]
    async with ledger.member("m04") as member:
        missing = await member.get(f"{PATH}/missing?center_id={ledger.center['c03']}")
    assert [(one["deal"], one["deal_id"]) for one in missing.json()["items"]] == [
        ("contribution", deal_id)
    ]
    silent = await explained(ledger, "m04", deal_id, **deal)
    assert codes(silent) == ["PRICE_PUBLICITY_MISSING"]
    told = {"published_on": "2026-01-13", "file_id": str(uuid4())}
    answer = await explained(ledger, "m04", deal_id, **deal, publicity=told)
    assert (answer.status_code, answer.json()["published_late"]) == (201, True), answer.text
    money = await posted(ledger.member("m09"), "contributions", promise(ledger))
    plain = await explained(ledger, "m09", money.json()["id"], **deal)
    assert (plain.status_code, codes(plain)) == (422, ["FIELD_INVALID"])


@pytest.mark.anyio
@pytest.mark.requirement("A030")
async def test_a_company_negotiates_without_that_word(ledger: Ledger) -> None:
    answer = await explained(ledger, "m09", await granted(ledger, "m09"))
    assert (answer.status_code, answer.json().get("is_public_institute")) == (201, False)


@pytest.mark.anyio
@pytest.mark.requirement("A030")
async def test_a_price_that_nobody_explained_is_its_sellers_task_and_nobody_elses(
    ledger: Ledger,
) -> None:
    deal_id = await granted(ledger, "m04")
    thing = promise(
        ledger, is_cash=False,
        valuation={"file_id": str(uuid4()), "amount": {"amount": 500_000}},
    )  # fmt: skip
    put_in = (await posted(ledger.member("m09"), "contributions", thing)).json()["id"]
    money = await posted(ledger.member("m09"), "contributions", promise(ledger))
    assert money.status_code == 201, money.text

    async def asked(name: str) -> list[tuple[str, str, str]]:
        async with ledger.member(name) as client:
            items = (await client.get("/v1/ip-ledger/tasks")).json()["items"]
        return [
            (one["rule"], one["subject_id"], one["href"])
            for one in items if one["kind"] == "explain_price"
        ]  # fmt: skip

    assert await asked("m04") == [("A030", deal_id, PATH)]
    assert await asked("m09") == [("A030", put_in, PATH)]
    assert await asked("c03") == await asked("m08") == await asked("m01") == []
    told = {"published_on": "2026-01-16", "file_id": str(uuid4())}
    assert (await explained(ledger, "m04", deal_id, publicity=told)).status_code == 201
    assert await asked("m04") == []
    price = {"deal": "contribution", "price": {"amount": 500_000}}
    assert (await explained(ledger, "m09", put_in, **price)).status_code == 201
    assert await asked("m09") == []
