"""A product on its way to the catalogue, and the purchases that follow."""

import asyncio
import csv
import io
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.service import event_types
from tests.registry.conftest import policy_from
from tests.registry.products.conftest import PRODUCTS, PUBLIC, PURCHASES, Market

pytestmark = pytest.mark.anyio


async def buy(market: Market, product: dict[str, Any], key: str, **over: Any) -> Any:
    body = {
        "contract_no": "SHCX2026-001",
        "product_id": product["id"],
        "product_name": product["name"],
        "maker_name": product["maker_name"],
        "buyer_name": "上海市示例医院",
        "amount": {"amount": 120_000_000, "currency": "CNY"},
        "signed_on": "2026-11-06",
        **over,
    }
    async with market.agency() as finance:
        return await finance.post(PURCHASES, json=body, headers={"Idempotency-Key": key})


@pytest.mark.requirement("A144", "X09")
async def test_a_product_is_nominated_reviewed_shown_and_catalogued(market: Market) -> None:
    product = await market.catalogued()
    assert (product["state"], product["year"], product["catalog_no"]) == (
        "catalogued",
        2026,
        "2026-0001",
    )
    assert (product["valid_from"], product["valid_to"]) == ("2026-06-09", "2026-12-31")
    assert (product["provisional"], bool(product["rule_source"])) == (True, True)
    async with market.house.registry.client() as anyone:
        for day, found in (
            ("2026-06-08", 0),
            ("2026-06-09", 1),
            ("2026-12-31", 1),
            ("2027-01-01", 0),
        ):
            answer = await anyone.get(
                f"{PUBLIC}/products", params={"kind": "first_set", "valid_on": day}
            )
            assert len(answer.json()["items"]) == found, day
        other = await anyone.get(f"{PUBLIC}/products", params={"kind": "first_batch"})
        shown = (await anyone.get(f"{PUBLIC}/products")).json()["items"]
        export = await anyone.get(f"{PUBLIC}/products/export")
        as_json = await anyone.get(f"{PUBLIC}/products/export", params={"format": "json"})
    assert other.json()["items"] == []
    assert as_json.json()["items"] == shown
    assert set(shown[0]) & {"patents", "evidence", "description"} == set()
    [row] = csv.DictReader(io.StringIO(export.content.decode("utf-8-sig")))
    assert (row["catalog_no"], row["name"]) == ("2026-0001", product["name"])
    events = await event_types(market.house.registry.sessions)
    assert [name for name in events if name.startswith("product.")] == [
        "product.nominated",
        "product.reviewed",
        "product.noticed",
        "product.catalogued",
    ]


@pytest.mark.requirement("A144")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"first_sale_on": "2025-06-29"}, "CATALOG_NOT_FIRST_SALE"),
        ({"patents": []}, "INVENTION_PATENT_MISSING"),
        ({"equipment": None}, "PRODUCT_PARTICULARS"),
        ({"evidence": ["019a0000-0000-7000-8000-000000000001"]}, "FILE_UNKNOWN"),
        ({"kind": "first_lie"}, "FIELD_INVALID"),
    ],
)
async def test_a_product_that_is_not_new_is_not_nominated(
    market: Market, over: dict[str, Any], code: str
) -> None:
    answer = await market.nominate(**over)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "product.nominated" not in await event_types(market.house.registry.sessions)


@pytest.mark.requirement("A144")
async def test_an_older_product_is_catalogued_but_not_bought_first(market: Market) -> None:
    old = await market.catalogued(first_sale_on="2025-06-29", first_purchase=False)
    market.house.registry.set_clock("2026-11-09T02:00:00+00:00")
    refused = await buy(market, old, "old")
    assert (refused.status_code, refused.json()["code"]) == (422, "CATALOG_NOT_FIRST_SALE")


@pytest.mark.requirement("A144", "X04")
@pytest.mark.refusing
async def test_strangers_nominate_nothing_and_see_no_nomination(market: Market) -> None:
    made = (await market.nominate()).json()
    house = market.house
    org = house.stranger
    async with house.caller(org) as caller:
        read = await caller.get(f"{PRODUCTS}/{made['id']}")
        listed = (await caller.get(PRODUCTS)).json()["items"]
        own = market.body(name="别的产品", maker_org_id=str(org))
        posted = await caller.post(PRODUCTS, json=own)
        back = await caller.post(f"{PRODUCTS}/{made['id']}/withdrawal", json={"reason": "x"})
    assert (read.status_code, posted.status_code, back.status_code) == (404, 404, 404)
    assert listed == []
    async with market.agency() as agency:
        assert (await agency.get(f"{PRODUCTS}/{made['id']}")).status_code == 404
    async with house.caller(house.lead) as lead:
        assert (await lead.get(f"{PRODUCTS}/{made['id']}")).status_code == 200


@pytest.mark.requirement("A144")
@pytest.mark.refusing
async def test_a_call_ends_with_its_cut_off_day_and_a_year_has_one(market: Market) -> None:
    market.house.registry.set_clock("2026-06-30T15:59:00+00:00")
    assert (await market.nominate()).status_code == 201
    again = await market.nominate()
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_EXISTS")
    market.house.registry.set_clock("2026-06-30T16:00:00+00:00")
    late = await market.nominate(name="晚到的产品")
    assert (late.status_code, late.json()["code"]) == (409, "STATE_CONFLICT")
    call = {
        "year": 2026,
        "title": "又一次",
        "cut_off_on": "2026-09-30",
        "valid_until": "2027-09-30",
    }
    async with market.official("handler") as handler:
        twice = await handler.post("/v1/registry/product-calls", json=call)
        other_year = {**call, "year": 2027}
        crooked = await handler.post("/v1/registry/product-calls", json=other_year)
    assert (twice.status_code, twice.json()["code"]) == (409, "ALREADY_EXISTS")
    assert (crooked.status_code, crooked.json()["code"]) == (422, "DAYS_OUT_OF_ORDER")


@pytest.mark.requirement("A144", "X06")
async def test_a_returned_nomination_is_corrected_and_judged_anew(market: Market) -> None:
    made = (await market.nominate()).json()
    back = {"result": "return", "comment": "请补充检测报告"}
    returned = await market.step(made["id"], "reviews", "reviewer", back)
    assert returned.json()["state"] == "returned"
    async with market.house.caller(market.house.member) as maker:
        [task] = (await maker.get("/v1/registry/tasks")).json()["items"]
        path = f"{PRODUCTS}/{made['id']}"
        tag = (await maker.get(path)).headers["etag"]
        stale = await maker.put(path, json=market.body(), headers={"If-Match": '"1"'})
        bad = await maker.put(path, json=market.body(patents=[]), headers={"If-Match": tag})
        good = await maker.put(path, json=market.body(name="改名"), headers={"If-Match": tag})
    assert task["kind"] == "product.correct"
    assert (stale.status_code, bad.status_code, good.status_code) == (412, 422, 200)
    assert (good.json()["state"], good.json()["name"]) == ("nominated", "改名")


@pytest.mark.requirement("A144", "X03")
@pytest.mark.refusing
async def test_one_person_does_not_do_everything(market: Market) -> None:
    made = (await market.nominate()).json()
    accepted = {"result": "accept", "comment": "符合"}
    await market.step(made["id"], "reviews", "reviewer", accepted)
    await market.step(made["id"], "notice", "handler")
    market.house.registry.set_clock("2026-06-09T02:00:00+00:00")
    for duty in ("reviewer", "handler"):
        person = market.people[duty]
        async with market.house.registry.client("official", "approver", sub=person) as same:
            answer = await same.post(f"{PRODUCTS}/{made['id']}/catalogue")
        assert (answer.status_code, answer.json()["code"]) == (403, "SOD_VIOLATION")
    async with market.house.registry.client(
        "member", "official", "reviewer", org_id=market.house.member, sub=market.house.member
    ) as nominator:
        own = await nominator.post(f"{PRODUCTS}/{made['id']}/reviews", json=accepted)
    assert own.json()["code"] == "SOD_VIOLATION"


@pytest.mark.requirement("A144", "X09")
@pytest.mark.refusing
async def test_no_product_is_catalogued_before_its_notice_is_over(market: Market) -> None:
    product = await market.noticed()
    market.house.registry.set_clock("2026-06-08T15:59:00+00:00")
    early = await market.step(product["id"], "catalogue", "approver")
    assert (early.status_code, early.json()["code"]) == (409, "NOTICE_OPEN")
    async with market.house.registry.client() as anyone:
        objected = await anyone.post(
            f"{PUBLIC}/notices/{product['notice']['id']}/objections",
            json={"named_party": "某公司", "contact": "x@example.com", "grounds": "并非首台"},
        )
    assert objected.status_code == 201
    market.house.registry.set_clock("2026-06-09T02:00:00+00:00")
    pending = await market.step(product["id"], "catalogue", "approver")
    assert (pending.status_code, pending.json()["code"]) == (409, "OBJECTION_PENDING")
    rejected = await market.step(product["id"], "rejection", "approver", {"reason": "异议成立"})
    assert rejected.json()["state"] == "rejected"
    async with market.house.registry.client() as anyone:
        notices = (await anyone.get(f"{PUBLIC}/notices")).json()["items"]
    assert [(one["subject_type"], one["state"]) for one in notices] == [("product", "withdrawn")]


@pytest.mark.requirement("X09", "X10")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("opens", "days_within", "last_day", "next_day"),
    [
        # Its fifth working day is a Sunday that is worked, and the Saturday before it counts not.
        ("2026-09-14", ["2026-09-19"], "2026-09-20", "2026-09-21"),
        # Over the National Day, with a Saturday that is worked after it.
        ("2026-09-30", ["2026-10-01", "2026-10-10"], "2026-10-13", "2026-10-14"),
    ],
)
async def test_an_objection_is_taken_up_to_the_last_second_of_the_last_working_day(
    market: Market,
    monkeypatch: pytest.MonkeyPatch,
    opens: str,
    days_within: list[str],
    last_day: str,
    next_day: str,
) -> None:
    registry = market.house.registry
    made = (await market.nominate()).json()
    await market.step(made["id"], "reviews", "reviewer", {"result": "accept", "comment": "符合"})
    registry.set_clock(f"{opens}T02:00:00+00:00")
    notice = (await market.step(made["id"], "notice", "handler")).json()
    assert (notice["opens_on"], notice["closes_on"]) == (opens, last_day)
    path = f"{PUBLIC}/notices/{notice['id']}/objections"

    async def object_at(instant: str, **over: str) -> tuple[int, str]:
        # The clock stands still: a slow machine does not carry a request past its second.
        at = datetime.fromisoformat(instant)
        monkeypatch.setattr(registry.app.state.clock, "now", lambda: at)
        body = {"named_party": "某公司", "contact": "x@example.com", "grounds": "并非首台"}
        async with registry.client() as anyone:
            answer = await anyone.post(path, json=body | over)
        return answer.status_code, answer.json().get("code", "")

    for day in days_within:
        assert await object_at(f"{day}T02:00:00+00:00") == (201, "")
    end = f"{last_day}T15:59:59"
    assert await object_at(f"{end}+00:00") == (201, "")
    assert await object_at(f"{end}.999999+00:00") == (201, "")
    nameless = await object_at(f"{end}+00:00", named_party="热心市民")
    assert nameless == (422, "OBJECTION_ANONYMOUS")
    early = await market.step(made["id"], "catalogue", "approver")
    assert (early.status_code, early.json()["code"]) == (409, "NOTICE_OPEN")
    assert await object_at(f"{last_day}T16:00:00+00:00") == (409, "STATE_CONFLICT")
    over = await market.step(made["id"], "catalogue", "approver")
    assert (over.status_code, over.json()["code"]) == (409, "OBJECTION_PENDING")
    async with registry.client() as anyone:
        for day, found in ((last_day, 1), (next_day, 0)):
            listed = await anyone.get(f"{PUBLIC}/notices", params={"open_on": day})
            assert len(listed.json()["items"]) == found, day


@pytest.mark.requirement("A144", "X03", "X09")
@pytest.mark.refusing
async def test_who_opened_a_notice_or_decided_its_objection_decides_no_product(
    market: Market,
) -> None:
    product = await market.noticed()
    async with market.house.registry.client() as anyone:
        objected = await anyone.post(
            f"{PUBLIC}/notices/{product['notice']['id']}/objections",
            json={"named_party": "某公司", "contact": "x@example.com", "grounds": "并非首台"},
        )
    decider = str(uuid4())
    path = f"/v1/registry/objections/{objected.json()['id']}/decision"
    async with market.house.registry.client("official", "reviewer", sub=decider) as other:
        decided = await other.post(path, json={"decision": "dismissed", "reason": "确为首台"})
    assert decided.status_code == 200, decided.text
    market.house.registry.set_clock("2026-06-09T02:00:00+00:00")
    for person in (decider, market.people["handler"]):
        for step in ("catalogue", "rejection"):
            async with market.house.registry.client("official", "approver", sub=person) as same:
                answer = await same.post(
                    f"{PRODUCTS}/{product['id']}/{step}", json={"reason": "不宜"}
                )
            assert (answer.status_code, answer.json()["code"]) == (403, "SOD_VIOLATION")
    assert (await market.step(product["id"], "catalogue", "approver")).status_code == 200


@pytest.mark.requirement("A144")
@pytest.mark.refusing
async def test_two_who_catalogue_at_once_enter_it_once(market: Market) -> None:
    product = await market.noticed()
    market.house.registry.set_clock("2026-06-09T02:00:00+00:00")
    answers = await asyncio.gather(
        *(market.step(product["id"], "catalogue", "approver") for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    events = await event_types(market.house.registry.sessions)
    assert events.count("product.catalogued") == 1


@pytest.mark.requirement("A145")
async def test_a_first_purchase_is_entered_published_and_marked_when_late(market: Market) -> None:
    product = await market.catalogued()
    market.house.registry.set_clock("2026-11-10T02:00:00+00:00")
    on_time = (await buy(market, product, "one")).json()
    market.house.registry.set_clock("2026-11-11T02:00:00+00:00")
    late = (await buy(market, product, "two", contract_no="SHCX2026-002")).json()
    assert (on_time["late"], on_time["due_on"], on_time["warnings"]) == (False, "2026-11-10", [])
    assert (late["late"], [one["code"] for one in late["warnings"]]) == (
        True,
        ["FIRST_PURCHASE_LATE"],
    )
    async with market.house.registry.client() as anyone:
        public = (await anyone.get(f"{PUBLIC}/first-purchases")).json()["items"]
    assert [one["contract_no"] for one in public] == ["SHCX2026-002", "SHCX2026-001"]


@pytest.mark.requirement("A001", "A145")
async def test_a_contract_is_judged_by_the_policy_of_the_day_of_its_signing(
    market: Market,
) -> None:
    product = await market.catalogued()
    later = {"A145": {"record_working_days": 1, "number_prefix": "SG"}}
    await policy_from(market.house.registry, "2026-11-09", later)
    market.house.registry.set_clock("2026-11-10T15:59:59+00:00")
    before = await buy(market, product, "a", signed_on="2026-11-08")
    assert (before.status_code, before.json()["due_on"], before.json()["late"]) == (
        201, "2026-11-10", False,
    )  # fmt: skip
    old_number = await buy(market, product, "b", signed_on="2026-11-09")
    assert (old_number.status_code, old_number.json()["code"]) == (422, "FIRST_PURCHASE_NO")
    assert old_number.json()["errors"][0]["policy_version"] == "next"
    since = {"signed_on": "2026-11-09", "contract_no": "SG2026-001"}
    assert (await buy(market, product, "c", **since)).json()["late"] is False
    market.house.registry.set_clock("2026-11-10T16:00:00+00:00")
    late = (await buy(market, product, "d", **since | {"contract_no": "SG2026-002"})).json()
    assert (late["due_on"], late["late"]) == ("2026-11-10", True)
    # A day that no policy speaks of is refused for being so.
    for day, code in (("2015-12-31", "CATALOG_NOT_VALID"), ("2026-11-12", "DAY_IN_FUTURE")):
        answer = await buy(market, product, day, signed_on=day, contract_no="SG2026-003")
        assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.requirement("A145")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"contract_no": "SH2026-01"}, "FIRST_PURCHASE_NO"),
        ({"product_name": "晶圆缺陷检测机(示例)"}, "FIRST_PURCHASE_MISMATCH"),
        ({"maker_name": "别的公司"}, "FIRST_PURCHASE_MISMATCH"),
        ({"signed_on": "2026-06-08"}, "CATALOG_NOT_VALID"),
        ({"amount": {"amount": 0, "currency": "CNY"}}, "FIELD_INVALID"),
    ],
)
async def test_what_does_not_match_the_list_is_not_entered(
    market: Market, over: dict[str, Any], code: str
) -> None:
    product = await market.catalogued()
    market.house.registry.set_clock("2026-11-09T02:00:00+00:00")
    blank = await buy(market, product, "blank", product_name=product["name"] + " ")
    answer = await buy(market, product, "key", **over)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert blank.json()["code"] == "FIRST_PURCHASE_MISMATCH"
    async with market.agency() as agency:
        assert (await agency.get(PURCHASES)).json()["items"] == []


@pytest.mark.requirement("A145")
@pytest.mark.refusing
async def test_another_agency_than_finance_enters_and_withdraws_nothing(market: Market) -> None:
    product = await market.catalogued()
    market.house.registry.set_clock("2026-11-09T02:00:00+00:00")
    entered = await buy(market, product, "one")
    assert entered.status_code == 201, entered.text
    path = f"{PURCHASES}/{entered.json()['id']}/withdrawal"
    async with market.house.registry.client("agency", org_id=uuid4()) as science:
        refused = [
            await science.post(PURCHASES, json={}, headers={"Idempotency-Key": "other"}),
            await science.post(path, json={"reason": "不是我录的"}),
        ]
        seen = (await science.get(PURCHASES)).json()["items"]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (403, "FORBIDDEN_SCOPE")
    ] * 2
    assert [one["contract_no"] for one in seen] == ["SHCX2026-001"]


@pytest.mark.requirement("A145")
@pytest.mark.refusing
async def test_one_number_is_entered_once_and_again_after_a_withdrawal(market: Market) -> None:
    product = await market.catalogued()
    market.house.registry.set_clock("2026-11-09T02:00:00+00:00")
    answers = await asyncio.gather(*(buy(market, product, key) for key in ("a", "b")))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [entered] = [answer.json() for answer in answers if answer.status_code == 201]
    path = f"{PURCHASES}/{entered['id']}/withdrawal"
    async with market.house.registry.client("agency", "finance") as another:
        foreign = await another.post(path, json={"reason": "不是我录的"})
    async with market.agency() as finance:
        taken_back = await finance.post(path, json={"reason": "金额录入有误"})
    assert foreign.status_code == 403
    assert taken_back.json()["reason"] == "金额录入有误"
    assert (await buy(market, product, "c")).status_code == 201
    async with market.house.registry.client() as anyone:
        assert len((await anyone.get(f"{PUBLIC}/first-purchases")).json()["items"]) == 1


@pytest.mark.requirement("A144", "A145")
async def test_a_removed_product_keeps_the_days_it_held(market: Market) -> None:
    product = await market.catalogued()
    market.house.registry.set_clock("2026-11-09T02:00:00+00:00")
    removed = await market.step(product["id"], "removal", "approver", {"reason": "已停产"})
    assert (removed.json()["state"], removed.json()["valid_to"]) == ("removed", "2026-11-08")
    assert (await buy(market, product, "x")).status_code == 201
    after = await buy(market, product, "y", contract_no="SHCX2026-9", signed_on="2026-11-09")
    assert after.json()["code"] == "CATALOG_NOT_VALID"
    async with market.house.registry.client() as anyone:
        now = (await anyone.get(f"{PUBLIC}/products")).json()["items"]
        then = await anyone.get(f"{PUBLIC}/products", params={"valid_on": "2026-11-08"})
    assert (now, len(then.json()["items"])) == ([], 1)


@pytest.mark.requirement("A144")
async def test_each_step_waits_for_its_duty(market: Market) -> None:
    async def kinds(duty: str) -> list[str]:
        async with market.official(duty) as official:
            items = (await official.get("/v1/registry/tasks")).json()["items"]
        return [item["kind"] for item in items if item["kind"].startswith("product.")]

    made = (await market.nominate()).json()
    assert await kinds("reviewer") == ["product.review"]
    await market.step(made["id"], "reviews", "reviewer", {"result": "accept", "comment": "符合"})
    assert await kinds("handler") == ["product.notice"]
    await market.step(made["id"], "notice", "handler")
    assert await kinds("approver") == []
    market.house.registry.set_clock("2026-06-09T02:00:00+00:00")
    assert await kinds("approver") == ["product.catalogue"]
