"""Story D15: a product is catalogued and bought first, its centre supported and made known."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.stack import World
from tests.journeys.leading import listed, to_day, today
from zhichuang.demo.applying import Draft, money
from zhichuang.demo.client import Caller, soon

REGISTRY = "/v1/registry"
PRODUCTS = f"{REGISTRY}/products"
PURCHASES = f"{REGISTRY}/first-purchases"
PUBLIC = "/v1/public"


@pytest.fixture(scope="module")
def centre(world: World) -> Draft:
    """Bring a centre of M01's to its listing, for its products and its support."""
    draft = world.complete(world.draft())
    listed(world, draft, ("m01", "m02", "m03", "m20", "m08"))
    return draft


def anyone(world: World, path: str, **params: Any) -> httpx.Response:
    return httpx.get(f"{world.url}{PUBLIC}{path}", params=params, timeout=60)


def told(problem: dict[str, Any]) -> tuple[int, str]:
    return problem["status"], problem["code"]


def call_of_the_year(world: World) -> dict[str, Any]:
    year = today(world).year
    open_calls = world.caller("handler").get(f"{REGISTRY}/product-calls")["items"]
    known = [call for call in open_calls if call["year"] == year]
    if known:
        return dict(known[0])
    body = {
        "year": year,
        "title": f"{year}年度创新产品推荐目录申报",
        "cut_off_on": f"{year}-12-31",
        "valid_until": f"{year + 1}-12-31",
    }
    return world.caller("handler").post(f"{REGISTRY}/product-calls", body)


def nomination(world: World, centre: Draft, **over: Any) -> dict[str, Any]:
    """Describe equipment of M02's, first sold this year, behind which an own invention stands."""
    year, maker = today(world).year, str(world.caller("m02").org_id)
    patent = {"number": "ZL202310000001.5", "granted_on": f"{year - 1}-05-11", "owner_id": maker}
    return {
        "call_id": call_of_the_year(world)["id"],
        "center_id": centre.center_id,
        "maker_org_id": maker,
        "kind": "first_set",
        "sector": "high_end_equipment",
        "name": f"晶圆缺陷检测机（示例）{world.number()}",
        "description": "国内首台",
        "patents": [patent],
        "equipment": {"first_in": "performance", "unit": "set"},
        "first_sale_on": f"{year}-01-01",
        **over,
    }


def catalogued(world: World, product: dict[str, Any]) -> dict[str, Any]:
    """Lead a nomination through review and notice into the catalogue."""
    path = f"{PRODUCTS}/{product['id']}"
    approver = world.caller("approver")
    world.caller("reviewer").post(f"{path}/reviews", {"result": "accept", "comment": "符合条件"})
    unnoticed = approver.refused("POST", f"{path}/catalogue")
    assert told(unnoticed)[0] == 409
    notice = world.caller("handler").post(f"{path}/notice")
    assert told(approver.refused("POST", f"{path}/catalogue")) == (409, "NOTICE_OPEN")
    to_day(world, date.fromisoformat(notice["closes_on"]) + timedelta(days=1))
    return approver.post(f"{path}/catalogue")


def purchase(world: World, product: dict[str, Any], **over: Any) -> dict[str, Any]:
    return {
        "contract_no": f"SHCX{today(world).year}-{world.number()}",
        "product_id": product["id"],
        "product_name": product["name"],
        "maker_name": product["maker_name"],
        "buyer_name": "上海市示例医院",
        "amount": money("1200000.00"),
        "signed_on": world.today(),
        **over,
    }


def software(year: int, **over: Any) -> dict[str, Any]:
    """Turn the nomination into one of software whose copyright is of a year."""
    part = {
        "main_version": "1.0", "bespoke": False, "in_house": False,
        "copyright_acquired_on": f"{year}-01-01", **over,
    }  # fmt: skip
    return {"kind": "first_version", "sector": "general", "equipment": None, "software": part}


@pytest.mark.refusing
@pytest.mark.requirement("A144")
def test_a_product_sold_long_ago_or_without_its_particulars_is_not_nominated(
    world: World, centre: Draft
) -> None:
    maker, year = world.caller("m02"), today(world).year
    for over, code in (
        ({"first_sale_on": f"{year - 1}-12-30"}, "CATALOG_NOT_FIRST_SALE"),
        ({"patents": []}, "INVENTION_PATENT_MISSING"),
        ({"kind": "first_batch"}, "PRODUCT_PARTICULARS"),
        ({"kind": "first_version"}, "PRODUCT_PARTICULARS"),
        # D15.2: software that is no first version, or made for one customer or for its maker.
        (software(year, main_version="2.3"), "SOFTWARE_NOT_FIRST_VERSION"),
        (software(year, bespoke=True), "SOFTWARE_NOT_FOR_MARKET"),
        (software(year, in_house=True), "SOFTWARE_NOT_FOR_MARKET"),
        (software(year - 3), "RIGHT_TOO_OLD"),
    ):
        body = nomination(world, centre, **over)
        problem = maker.refused("POST", PRODUCTS, body)
        assert problem["status"] == 422, problem
        assert code in {entry["code"] for entry in problem["errors"]}, over
    foreign = world.caller("m25").refused("POST", PRODUCTS, nomination(world, centre))
    assert told(foreign) == (404, "NOT_FOUND")
    first = nomination(world, centre, **software(year), patents=[])
    assert maker.post(PRODUCTS, first)["kind"] == "first_version"


@pytest.mark.requirement("A144", "A145")
def test_a_product_is_catalogued_shown_to_anyone_and_bought_first(
    world: World, centre: Draft
) -> None:
    maker, finance = world.caller("m02"), world.caller("finance")
    never_sold = maker.post(PRODUCTS, nomination(world, centre, first_sale_on=None))
    assert never_sold["state"] == "nominated"
    product = catalogued(world, maker.post(PRODUCTS, nomination(world, centre)))
    assert (product["state"], product["provisional"]) == ("catalogued", True)

    asked = {"kind": "first_set", "valid_on": product["valid_to"]}
    shown = anyone(world, "/products", **asked).json()["items"]
    assert product["name"] in {one["name"] for one in shown}
    after = date.fromisoformat(product["valid_to"]) + timedelta(days=1)
    later = anyone(world, "/products", kind="first_set", valid_on=after.isoformat())
    assert product["name"] not in later.text
    sheet = anyone(world, "/products/export")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert product["name"] in sheet.content.decode("utf-8-sig")
    assert product["name"] in anyone(world, "/products/export", format="json").text

    on_time = finance.post(PURCHASES, purchase(world, product))
    assert (on_time["late"], on_time["warnings"]) == (False, [])
    signed_on = world.today()
    to_day(world, today(world) + timedelta(days=14))
    late = finance.post(PURCHASES, purchase(world, product, signed_on=signed_on))
    assert late["late"] is True
    assert [one["code"] for one in late["warnings"]] == ["FIRST_PURCHASE_LATE"]
    public = anyone(world, "/first-purchases").json()["items"]
    assert {on_time["contract_no"], late["contract_no"]} <= {one["contract_no"] for one in public}

    for over, code in (
        ({"contract_no": "SH2026-01"}, "FIRST_PURCHASE_NO"),
        ({"product_name": product["name"].replace("（", "(")}, "FIRST_PURCHASE_MISMATCH"),
        ({"maker_name": "上海衡芯半导体装备有限公司"}, "FIRST_PURCHASE_MISMATCH"),
        ({"signed_on": f"{today(world).year - 1}-12-31"}, "CATALOG_NOT_VALID"),
    ):
        problem = finance.refused("POST", PURCHASES, purchase(world, product, **over))
        assert told(problem) == (422, code), over
    other = world.caller("science").refused("POST", PURCHASES, purchase(world, product))
    assert told(other) == (403, "FORBIDDEN_SCOPE")
    path = f"{PRODUCTS}/{product['id']}/removal"
    world.caller("approver").post(path, {"reason": "制造商停产"})
    gone = finance.refused("POST", PURCHASES, purchase(world, product))
    assert told(gone) == (422, "CATALOG_NOT_VALID")


@pytest.mark.refusing
@pytest.mark.requirement("A139", "A140", "A141")
def test_support_is_planned_for_one_centre_and_decided_by_another_person(
    world: World, centre: Draft
) -> None:
    handler, approver = world.caller("handler"), world.caller("approver2")
    plan = {
        "center_id": centre.center_id,
        "case_text": "检测装备首台套突破，建设期资金缺口较大",
        "precedent": "参照同类中心并作差异分析",
        "policy_mix": [
            {"kind": "fund", "purpose": "platform_building", "text": "公共技术平台建设"}
        ],
    }
    in_bulk = handler.refused("POST", f"{REGISTRY}/support-plan-batches", [plan] * 5)
    assert in_bulk["status"] == 405
    drafted = handler.post(f"{REGISTRY}/support-plans", plan)
    twice = handler.refused("POST", f"{REGISTRY}/support-plans", plan)
    assert told(twice) == (409, "ALREADY_EXISTS")
    path = f"{REGISTRY}/support-plans/{drafted['id']}"
    unproposed = approver.refused("POST", f"{path}/approve", {"doc_no": "示例7号"})
    assert told(unproposed) == (409, "STATE_CONFLICT")
    handler.post(f"{path}/propose")
    unduly = handler.refused("POST", f"{path}/approve", {"doc_no": "示例7号"})
    assert told(unduly) == (403, "FORBIDDEN_SCOPE")
    assert approver.post(f"{path}/approve", {"doc_no": "示例7号"})["state"] == "approved"

    measure = {
        "center_id": centre.center_id,
        "kind": "fund",
        "purpose": "platform_building",
        "title": "平台建设补助",
        "basis": "示例3号第五条",
        "amount": money("5000000.00"),
        "starts_on": world.today(),
        "ends_on": (today(world) + timedelta(days=365)).isoformat(),
    }
    candidate = {**measure, "center_id": world.draft().center_id}
    unlisted = handler.refused("POST", f"{REGISTRY}/support-measures", candidate)
    assert told(unlisted) == (409, "STATE_CONFLICT")
    made = handler.post(f"{REGISTRY}/support-measures", measure)
    seen = f"{REGISTRY}/support-measures/{made['id']}"
    assert centre.lead.refused("GET", seen)["status"] == 404
    approver.post(f"{seen}/approve")
    assert centre.lead.get(seen)["state"] == "approved"
    assert world.caller("m25").refused("GET", seen)["status"] == 404
    paid(world, centre, seen)


def paid(world: World, centre: Draft, measure: str) -> None:
    """Enter what was paid of a measure, and let another person confirm or reject it (A138)."""
    handler, approver = world.caller("handler"), world.caller("approver2")
    payments = f"{measure}/payments"
    first = {"amount": money("3000000.00"), "paid_on": world.today(), "voucher_no": "ZC-1"}
    entered = handler.post(payments, first)
    path = f"{REGISTRY}/support-payments/{entered['id']}"
    assert told(handler.refused("POST", f"{path}/confirm")) == (403, "FORBIDDEN_SCOPE")
    assert approver.post(f"{path}/confirm")["state"] == "paid"
    again = handler.refused("POST", payments, {**first, "amount": money("1000000.00")})
    assert told(again) == (409, "ALREADY_EXISTS")
    second = {**first, "voucher_no": "ZC-2"}
    beyond = handler.refused("POST", payments, second)
    assert told(beyond) == (422, "BUDGET_EXCEEDED")
    rest = handler.post(payments, {**second, "amount": money("2000000.00")})
    rejection = f"{REGISTRY}/support-payments/{rest['id']}/rejection"
    assert approver.post(rejection, {"reason": "凭证有误"})["state"] == "rejected"
    listed_to = {
        caller.name: caller.get(f"{REGISTRY}/support-payments", center_id=centre.center_id)["items"]
        for caller in (handler, centre.lead)
    }
    states = [[one["state"] for one in items] for items in listed_to.values()]
    assert states == [["rejected", "paid"], ["paid"]]
    assert world.caller("m25").get(f"{REGISTRY}/support-payments")["items"] == []


@pytest.mark.refusing
@pytest.mark.requirement("A062", "A022", "A160")
def test_a_member_s_successor_uses_what_the_members_share(world: World, centre: Draft) -> None:
    former, successor = world.entity(), world.entity()
    members = f"{REGISTRY}/centers/{centre.center_id}/members"
    invited = centre.lead.post(members, {"org_id": former["id"], "role": "member"})
    member, follower = (world.entity_caller(org["id"]) for org in (former, successor))
    member.post(f"{REGISTRY}/memberships/{invited['id']}/confirm")
    shared = centre.lead.post(
        f"{REGISTRY}/resources",
        {
            "center_id": centre.center_id, "resource_type": "instrument",
            "name": "晶圆缺陷检测机（示例）", "terms": "工作日预约",
            "fee_per_hour": money("800.00"),
        },
    )  # fmt: skip
    bookings = f"{REGISTRY}/resources/{shared['id']}/bookings"
    day = today(world) + timedelta(days=1)
    hours = {"starts_at": f"{day}T01:00:00Z", "ends_at": f"{day}T05:30:00Z"}
    assert follower.refused("POST", bookings, hours)["status"] == 404
    version = world.caller("handler").get(f"{REGISTRY}/organizations/{former['id']}")["version"]
    step = {
        "successor_id": successor["id"], "kind": "absorption", "effective_on": world.today(),
        "basis": "准予合并登记通知书",
    }  # fmt: skip
    org = f"{REGISTRY}/organizations/{former['id']}"
    world.caller("handler").post(f"{org}/succession", step, version=version)
    # The ledger and evaluation hear of it from the feed, each process within two seconds more.
    agreements = soon(
        lambda: follower.get("/v1/ip-ledger/agreements", center_id=centre.center_id)["items"], bool
    )
    assert [one["state"] for one in agreements] == ["in_force"]
    booked = follower.post(bookings, hours)
    assert booked["fee"]["amount"] == 360_000
    overlapping = member.refused("POST", bookings, {**hours, "ends_at": f"{day}T02:00:00Z"})
    assert told(overlapping)[0] == 409
    usage = f"{REGISTRY}/bookings/{booked['id']}/usage"
    assert told(centre.lead.refused("POST", usage, {"used_minutes": 240}))[0] == 409
    to_day(world, day + timedelta(days=1))
    used = centre.lead.post(usage, {"used_minutes": 240})
    assert (used["state"], used["fee"]["amount"]) == ("used", 320_000)
    fact = follower.get(f"{REGISTRY}/facts/{used['usage_fact_id']}")
    assert float(fact["payload"]["hours"]) == 4
    other = world.caller("m25")
    assert other.refused("GET", f"{REGISTRY}/facts/{used['usage_fact_id']}")["status"] == 404


def report(world: World, lead: Caller, centre: Draft) -> str:
    """Post an intelligence report of the centre's, which never leaves it."""
    made = lead.post(
        f"{REGISTRY}/facts",
        {
            "center_id": centre.center_id,
            "kind": "intelligence_report",
            "occurred_on": world.today(),
            "external_id": str(uuid4()),
            "payload": {
                "title": "海外键合设备专利动向（示例）",
                "confidentiality": "restricted",
                "summary": "三家厂商的布局集中于对准与退火。",
            },
            "evidence": [],
        },
    )
    return str(made["id"])


@pytest.mark.refusing
@pytest.mark.requirement("A152", "A156", "A157")
def test_a_typical_case_goes_public_by_another_s_word_and_is_gone_when_withdrawn(
    world: World, centre: Draft
) -> None:
    lead, approver = centre.lead, world.caller("approver")
    body: dict[str, Any] = {
        "center_id": centre.center_id,
        "occasion": "evaluation",
        "title": f"共性技术突破的做法（示例）{world.number()}",
        "body": "联合上下游单位攻克晶圆级键合工艺。",
        "channels": ["portal"],
        "typical_case": True,
    }
    items = f"{REGISTRY}/publicity-items"
    secret = {**body, "fact_ids": [report(world, lead, centre)]}
    confidential = lead.refused("POST", items, secret)
    assert told(confidential) == (422, "FACT_CONFIDENTIAL")
    item = lead.post(items, body)
    path, page = f"{items}/{item['id']}", f"/typical-cases/{item['id']}"
    assert told(lead.refused("POST", f"{path}/release")) == (403, "FORBIDDEN_SCOPE")
    assert anyone(world, page).status_code == 404
    approver.post(f"{path}/release")
    assert anyone(world, page).json()["title"] == body["title"]
    assert body["title"] in anyone(world, "/typical-cases").text
    lead.post(f"{path}/withdrawal", {"reason": "数据有误"})
    gone = anyone(world, page)
    assert told(gone.json()) == (410, "PUBLICITY_WITHDRAWN")
    assert body["title"] not in anyone(world, "/typical-cases").text
