"""Needs of industry reach a centre and nobody else; cases from elsewhere come from elsewhere."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from registry.outlook import rules
from registry.outlook.rules import Origin
from shared.database import new_id
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House, house

__all__ = ["house"]

DEMANDS = "/v1/registry/industry-demands"
CASES = "/v1/registry/outside-cases"
TODAY = date(2027, 6, 1)
HANDLER = new_id()
OWN, OTHER = new_id(), new_id()


@pytest.mark.requirement("A018")
@pytest.mark.parametrize("last_day", [None, TODAY, date(2027, 6, 2)])
def test_a_need_is_entered_until_its_last_day(last_day: date | None) -> None:
    assert failed_codes(rules.day_checks(last_day, TODAY)) == []


@pytest.mark.requirement("A018")
@pytest.mark.refusing
def test_a_need_that_is_over_is_not_entered() -> None:
    assert failed_codes(rules.day_checks(date(2027, 5, 31), TODAY)) == ["DEMAND_OVERDUE"]


@pytest.mark.requirement("A018")
@pytest.mark.parametrize(
    ("named", "own", "is_handler", "codes"),
    [
        (None, OWN, False, []),
        (OWN, OWN, False, []),
        (OTHER, OWN, False, ["FORBIDDEN_SCOPE"]),
        (OTHER, None, True, []),
        (None, None, True, ["FIELD_MISSING"]),
    ],
)
def test_a_need_is_ones_own_or_whose_a_handler_names(
    named: UUID | None, own: UUID | None, codes: list[str], *, is_handler: bool
) -> None:
    assert failed_codes(rules.proposer_checks(named, own, is_handler=is_handler)) == codes


@pytest.mark.requirement("A096")
@pytest.mark.parametrize(("withdrawn", "codes"), [(False, []), (True, ["STATE_CONFLICT"])])
def test_a_case_is_taken_back_once(codes: list[str], *, withdrawn: bool) -> None:
    assert failed_codes(rules.withdrawal_checks(withdrawn=withdrawn)) == codes


@pytest.mark.requirement("A096")
@pytest.mark.parametrize(
    ("origin", "place"), [(Origin.INTERNATIONAL, "DE"), (Origin.SISTER_PROVINCE, "33")]
)
def test_a_case_comes_from_another_country_or_province(origin: Origin, place: str) -> None:
    assert failed_codes(rules.case_checks(origin, place, TODAY, TODAY)) == []


@pytest.mark.requirement("A096")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("origin", "place"),
    [
        (Origin.INTERNATIONAL, "CN"),
        (Origin.INTERNATIONAL, "33"),
        (Origin.SISTER_PROVINCE, "31"),
        (Origin.SISTER_PROVINCE, "DE"),
    ],
)
def test_a_case_from_here_is_none(origin: Origin, place: str) -> None:
    checks = rules.case_checks(origin, place, date(2027, 6, 2), TODAY)
    assert failed_codes(checks) == ["CASE_NOT_FROM_ELSEWHERE", "DAY_IN_FUTURE"]


pytestmark = pytest.mark.anyio


def handler(house: House) -> httpx.AsyncClient:
    return house.registry.client("handler", sub=HANDLER)


async def enter(house: House, who: httpx.AsyncClient, **over: Any) -> httpx.Response:
    body = {
        "title": "键合设备验证", "need": "需要可开放的中试线。",
        "field_code": "integrated_circuit", "needed_by": "2027-12-31", **over,
    }  # fmt: skip
    async with who as caller:
        return await caller.post(DEMANDS, json=body)


async def step(who: httpx.AsyncClient, demand: str, name: str, **body: Any) -> httpx.Response:
    async with who as caller:
        return await caller.post(f"{DEMANDS}/{demand}/{name}", json=body)


async def seen(who: httpx.AsyncClient, **asked: Any) -> list[str]:
    async with who as caller:
        answer = await caller.get(DEMANDS, params=asked)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


@pytest.mark.requirement("A018")
async def test_a_need_finds_a_centre_that_answers_it(house: House) -> None:
    entered = await enter(house, house.caller(house.former))
    assert entered.status_code == 201, entered.text
    one = entered.json()["id"]
    async with handler(house) as official:
        tasks = (await official.get("/v1/registry/tasks")).json()["items"]
    assert [task["kind"] for task in tasks if task["subject_id"] == one] == [
        "industry_demand.match"
    ]
    matched = await step(handler(house), one, "match", center_id=str(house.center_id))
    assert (matched.json()["state"], matched.json()["center_id"]) == (
        "matched", str(house.center_id),
    )  # fmt: skip
    async with house.caller(house.lead) as lead:
        own = (await lead.get("/v1/registry/tasks")).json()["items"]
    assert [task["kind"] for task in own if task["subject_id"] == one] == ["industry_demand.settle"]
    back = await step(house.caller(house.lead), one, "release", reason="中试线排期已满")
    assert (back.json()["state"], back.json()["center_id"]) == ("open", None)
    await step(handler(house), one, "match", center_id=str(house.center_id))
    settled = await step(house.caller(house.lead), one, "settle", answer="已完成验证")
    assert (settled.json()["state"], settled.json()["answer"]) == ("settled", "已完成验证")
    async with house.caller(house.former) as proposer:
        shown = (await proposer.get(f"{DEMANDS}/{one}")).json()
    assert shown == settled.json()
    told = [name for name in await event_types(house.registry.sessions) if "demand" in name]
    assert [name.split(".")[1] for name in told] == [
        "entered", "matched", "released", "matched", "settled",
    ]  # fmt: skip


@pytest.mark.requirement("A018", "X04")
async def test_a_need_is_shown_to_its_proposer_its_centre_and_all_while_it_is_shared(
    house: House,
) -> None:
    secret = (await enter(house, house.caller(house.former))).json()["id"]
    shared = (await enter(house, house.caller(house.former), is_shared=True)).json()["id"]
    named = await enter(house, handler(house), org_id=str(house.member))
    of_member = named.json()["id"]
    assert await seen(house.caller(house.former)) == [shared, secret]
    assert await seen(house.caller(house.stranger)) == [shared]
    assert await seen(house.caller(house.member)) == [of_member, shared]
    assert await seen(handler(house), state="open") == [of_member, shared, secret]
    for demand in (secret, shared):
        await step(handler(house), demand, "match", center_id=str(house.center_id))
    assert await seen(house.caller(house.stranger)) == []
    assert await seen(house.caller(house.lead)) == [shared, secret]
    assert await seen(house.caller(house.lead), center_id=str(house.other_center_id)) == []


@pytest.mark.requirement("A018", "X04")
@pytest.mark.refusing
async def test_what_is_not_ones_own_is_not_touched(house: House) -> None:
    one = (await enter(house, house.caller(house.former))).json()["id"]
    for_another = await enter(house, house.caller(house.former), org_id=str(house.member))
    nobodys = await enter(house, handler(house))
    unknown = await enter(house, handler(house), org_id=str(new_id()))
    fieldless = await enter(house, house.caller(house.member), field_code="moon_dust")
    over = await enter(house, house.caller(house.member), needed_by="2027-05-31")
    told = [(a.status_code, a.json()["code"]) for a in (for_another, nobodys, fieldless, over)]
    assert told == [
        (403, "FORBIDDEN_SCOPE"), (422, "FIELD_MISSING"), (422, "FIELD_INACTIVE"),
        (422, "DEMAND_OVERDUE"),
    ]  # fmt: skip
    assert unknown.status_code == 404
    async with house.caller(house.stranger) as stranger:
        assert (await stranger.get(f"{DEMANDS}/{one}")).status_code == 404
    hidden = await step(house.caller(house.stranger), one, "withdrawal", reason="不是我的")
    itself = await step(house.caller(house.former), one, "match", center_id=str(house.center_id))
    early = await step(house.caller(house.former), one, "settle", answer="自己解决")
    asleep = await step(handler(house), one, "match", center_id=str(house.other_center_id))
    assert [a.status_code for a in (hidden, itself, early, asleep)] == [404, 403, 403, 409]
    assert early.json()["code"] == "FORBIDDEN_SCOPE"
    await step(handler(house), one, "match", center_id=str(house.center_id))
    taken = await step(house.caller(house.lead), one, "withdrawal", reason="不是我的")
    assert (taken.status_code, taken.json()["code"]) == (403, "FORBIDDEN_SCOPE")
    gone = await step(house.caller(house.former), one, "withdrawal", reason="另有办法")
    assert (gone.json()["state"], gone.json()["center_id"]) == ("withdrawn", None)
    again = await step(handler(house), one, "match", center_id=str(house.center_id))
    assert again.json()["errors"][0]["params"]["allowed"] == []


@pytest.mark.requirement("A018")
@pytest.mark.refusing
async def test_of_two_matches_at_once_one_wins(house: House) -> None:
    one = (await enter(house, house.caller(house.former))).json()["id"]
    answers = await asyncio.gather(
        *(step(handler(house), one, "match", center_id=str(house.center_id)) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


CASE = {
    "origin": "sister_province", "place": "33", "theme": "financing", "title": "共同基金",
    "practice": "省市企共建基金。", "lesson": "可设市级子基金。", "source": "公开报道",
    "observed_on": "2027-05-01",
}  # fmt: skip


@pytest.mark.requirement("A096")
async def test_cases_are_collected_read_by_all_and_taken_back(house: House) -> None:
    async with handler(house) as official:
        made = await official.post(CASES, json=CASE)
        abroad = await official.post(CASES, json={**CASE, "origin": "international", "place": "DE"})
        assert (made.status_code, abroad.status_code) == (201, 201), made.text
        path = f"{CASES}/{made.json()['id']}/withdrawal"
        assert (await official.post(path, json={"reason": "来源有误"})).status_code == 200
        all_of_them = (await official.get(CASES)).json()["items"]
    async with house.caller(house.member) as member:
        shown = (await member.get(CASES, params={"theme": "financing"})).json()["items"]
        none = (await member.get(CASES, params={"place": "33"})).json()["items"]
    assert [case["id"] for case in shown] == [abroad.json()["id"]]
    assert (none, len(all_of_them)) == ([], 2)


@pytest.mark.requirement("A096")
@pytest.mark.refusing
async def test_nobody_but_a_handler_collects_and_nothing_is_taken_back_twice(house: House) -> None:
    async with house.caller(house.member) as member:
        assert (await member.post(CASES, json=CASE)).status_code == 403
    async with handler(house) as official:
        here = await official.post(CASES, json={**CASE, "place": "31"})
        form = await official.post(CASES, json={**CASE, "place": "Zhejiang"})
        made = (await official.post(CASES, json=CASE)).json()
        path = f"{CASES}/{made['id']}/withdrawal"
        answers = [await official.post(path, json={"reason": "来源有误"}) for _ in range(2)]
    assert [here.json()["code"], form.json()["code"]] == [
        "CASE_NOT_FROM_ELSEWHERE", "FIELD_INVALID",
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 409]
