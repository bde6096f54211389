"""What is said in public is approved first, never confidential, and can be taken back."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import col, update

from registry.centers.rules import Stage
from registry.centers.tables import Center
from registry.facts.rules import FactKind
from registry.facts.tables import Fact
from registry.publicity import rules
from registry.publicity.rules import AwardEvent, AwardState, ItemEvent, ItemState
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House, house

__all__ = ["house"]

ITEMS = "/v1/registry/publicity-items"
AWARDS = "/v1/registry/awards"
CASES = "/v1/public/typical-cases"
FEED = f"{CASES}/feed"
APPROVER = uuid4()


@pytest.mark.requirement("A152", "A156")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("kind", "payload", "secret"),
    [
        ("service", {}, False),
        ("service", {"confidentiality": "public"}, False),
        ("service", {"confidentiality": "confidential"}, True),
        ("intelligence_report", {"confidentiality": "public"}, True),
    ],
)
def test_what_is_confidential_never_leaves(
    kind: str, payload: dict[str, Any], secret: bool
) -> None:
    assert rules.is_confidential(kind, payload) is secret
    one = uuid4()
    checks = rules.link_checks([one], [one], [one] if secret else [])
    assert failed_codes(checks) == (["FACT_CONFIDENTIAL"] if secret else [])


@pytest.mark.requirement("A151", "A156")
@pytest.mark.refusing
def test_what_has_ended_moves_no_more() -> None:
    for item in (ItemState.REJECTED, ItemState.WITHDRAWN):
        for event in ItemEvent:
            assert failed_codes(rules.item_move_checks(item, event)) == ["STATE_CONFLICT"]
    for award in (AwardState.PUBLISHED, AwardState.REJECTED):
        for step in AwardEvent:
            assert failed_codes(rules.award_move_checks(award, step)) == ["STATE_CONFLICT"]
    assert failed_codes(rules.award_move_checks(AwardState.NOMINATED, AwardEvent.APPROVE))


pytestmark = pytest.mark.anyio


def approver(house: House, person: UUID = APPROVER) -> httpx.AsyncClient:
    return house.registry.client("official", "approver", sub=person)


async def propose(house: House, org: UUID, **over: Any) -> httpx.Response:
    body = {
        "center_id": str(house.center_id),
        "occasion": "evaluation",
        "title": "共性技术突破的做法（示例）",
        "body": "联合上下游单位攻克晶圆级键合工艺。",
        "channels": ["portal", "press"],
        "typical_case": True,
        **over,
    }
    async with house.caller(org) as caller:
        return await caller.post(ITEMS, json=body)


async def fact(house: House, center_id: UUID, payload: dict[str, Any]) -> str:
    row = Fact(
        center_id=center_id,
        kind=FactKind.SERVICE,
        occurred_on=date(2027, 3, 1),
        recorded_at=datetime(2027, 3, 2, tzinfo=UTC),
        external_id=str(uuid4()),
        submitted_by_org_id=house.lead,
        submitted_by_person_id=house.lead,
        payload=payload,
        content_sha256="0" * 64,
        evidence=[],
    )
    async with house.registry.sessions.begin() as session:
        session.add(row)
    return str(row.id)


@pytest.mark.requirement("A156", "A157")
async def test_a_typical_case_is_public_once_released_and_gone_once_withdrawn(
    house: House,
) -> None:
    linked = await fact(house, house.center_id, {})
    made = await propose(house, house.lead, fact_ids=[linked])
    assert made.status_code == 201, made.text
    item = made.json()
    assert (item["stage"], item["occasion"], item["state"]) == ("pilot", "evaluation", "proposed")
    async with house.registry.client() as anyone:
        before = (await anyone.get(CASES)).json()["items"]
        hidden = await anyone.get(f"{CASES}/{item['id']}")
        async with approver(house) as official:
            await official.post(f"{ITEMS}/{item['id']}/release")
        [shown] = (await anyone.get(CASES)).json()["items"]
        feed = await anyone.get(FEED)
        again = await anyone.get(FEED, headers={"If-None-Match": feed.headers["etag"]})
        assert feed.headers["content-type"].startswith("application/atom+xml")
        assert feed.headers["cache-control"].startswith("public, max-age=")
        assert (item["title"] in feed.text, again.status_code) == (True, 304)
        async with house.caller(house.lead) as lead:
            path = f"{ITEMS}/{item['id']}/withdrawal"
            assert (await lead.post(path, json={"reason": "数据有误"})).is_success
        gone = await anyone.get(f"{CASES}/{item['id']}")
        after = (await anyone.get(CASES)).json()["items"]
        assert item["title"] not in (await anyone.get(FEED)).text
    assert (before, hidden.status_code, after) == ([], 404, [])
    async with house.caller(house.lead) as lead:
        twice = await lead.post(f"{ITEMS}/{item['id']}/withdrawal", json={"reason": "再次"})
    async with approver(house) as official:
        anew = await official.post(f"{ITEMS}/{item['id']}/release")
    for refused in (twice, anew):
        assert (refused.status_code, refused.json()["code"]) == (409, "STATE_CONFLICT")
    assert (shown["center_code"], shown["channels"]) == ("C01", ["portal", "press"])
    assert (gone.status_code, gone.json()["code"]) == (410, "PUBLICITY_WITHDRAWN")
    assert "数据有误" in gone.json()["detail"]


@pytest.mark.requirement("A157")
@pytest.mark.refusing
async def test_what_is_not_released_is_in_no_feed_and_an_unknown_channel_is_refused(
    house: House,
) -> None:
    item = (await propose(house, house.lead)).json()
    unknown = await propose(house, house.lead, channels=["rumour"])
    async with house.registry.client() as anyone:
        feed = await anyone.get(FEED)
        hidden = await anyone.get(f"{CASES}/{item['id']}")
    assert unknown.status_code == 422
    assert item["title"] not in feed.text
    assert (feed.status_code, hidden.status_code, hidden.json()["code"]) == (200, 404, "NOT_FOUND")


@pytest.mark.requirement("A152", "A156")
@pytest.mark.refusing
async def test_a_confidential_or_foreign_fact_is_not_linked(house: House) -> None:
    secret = await fact(house, house.center_id, {"confidentiality": "confidential"})
    foreign = await fact(house, house.other_center_id, {})
    for linked, code in ((secret, "FACT_CONFIDENTIAL"), (foreign, "FACT_UNKNOWN")):
        answer = await propose(house, house.lead, fact_ids=[linked])
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "publicity.proposed" not in await event_types(house.registry.sessions)


@pytest.mark.requirement("A156", "X03", "X04")
@pytest.mark.refusing
async def test_nobody_releases_his_own_words_and_strangers_write_none(house: House) -> None:
    strange = await propose(house, house.stranger)
    suspended = await propose(house, house.stranger, center_id=str(house.other_center_id))
    item = (await propose(house, house.lead)).json()
    async with approver(house, house.lead) as same:
        own = await same.post(f"{ITEMS}/{item['id']}/release")
    async with house.caller(house.stranger) as stranger:
        hidden = await stranger.get(f"{ITEMS}/{item['id']}")
        back = await stranger.post(f"{ITEMS}/{item['id']}/withdrawal", json={"reason": "x"})
    assert (strange.status_code, suspended.status_code) == (404, 409)
    assert (own.status_code, own.json()["code"]) == (403, "SOD_VIOLATION")
    assert (hidden.status_code, back.status_code) == (404, 404)


@pytest.mark.requirement("A156")
@pytest.mark.refusing
async def test_two_who_decide_at_once_decide_once(house: House) -> None:
    item = (await propose(house, house.lead)).json()

    async def decide(name: str) -> int:
        body = {"reason": "不宜公开"} if name == "rejection" else None
        async with approver(house) as official:
            return (await official.post(f"{ITEMS}/{item['id']}/{name}", json=body)).status_code

    assert sorted(await asyncio.gather(decide("release"), decide("rejection"))) == [200, 409]


@pytest.mark.requirement("A151")
async def test_an_award_is_nominated_reviewed_approved_and_published(house: House) -> None:
    body = {
        "center_id": str(house.center_id),
        "award_reason": "major_achievement",
        "title": "键合工艺突破",
        "achievement": "填补国内空白",
        "person_ref": "P-0017",
    }
    async with house.caller(house.lead) as lead:
        award = (await lead.post(AWARDS, json=body)).json()
    path = f"{AWARDS}/{award['id']}"
    async with house.registry.client("official", "reviewer", sub=uuid4()) as official:
        assert (await official.post(f"{path}/review")).is_success
    approval = {"doc_no": "示例2号"}
    async with house.registry.client("official", "handler", sub=uuid4()) as handler:
        async with approver(house) as official:
            assert (await official.post(f"{path}/approve", json=approval)).is_success
        tasks = (await handler.get("/v1/registry/tasks")).json()["items"]
        published = await handler.post(f"{path}/publish")
    async with house.registry.client() as anyone:
        [shown] = (await anyone.get("/v1/public/awards")).json()["items"]
    assert "award.publish" in {task["kind"] for task in tasks}
    assert (published.json()["published_on"], shown["doc_no"]) == ("2027-06-01", "示例2号")
    assert "person_ref" not in shown


@pytest.mark.requirement("A151", "X03")
@pytest.mark.refusing
async def test_no_award_skips_a_step_nor_is_one_person_s(house: House) -> None:
    body = {
        "center_id": str(house.center_id),
        "award_reason": "outstanding_contribution",
        "title": "贡献奖",
        "achievement": "长期贡献",
        "org_id": str(house.member),
    }
    async with house.caller(house.lead) as lead:
        unclear = await lead.post(AWARDS, json={**body, "person_ref": "P-1"})
        award = (await lead.post(AWARDS, json=body)).json()
    path, approval = f"{AWARDS}/{award['id']}", {"doc_no": "示例3号"}
    both = house.registry.client("official", "reviewer", "approver", "handler", sub=uuid4())
    async with both as same:
        unreviewed = await same.post(f"{path}/approve", json=approval)
        assert (await same.post(f"{path}/review")).is_success
        alone = await same.post(f"{path}/approve", json=approval)
        unapproved = await same.post(f"{path}/publish")
    assert (unclear.status_code, unclear.json()["code"]) == (422, "LAUREATE_UNCLEAR")
    assert (alone.status_code, alone.json()["code"]) == (403, "SOD_VIOLATION")
    assert (unreviewed.status_code, unapproved.status_code) == (409, 409)


@pytest.mark.requirement("A151", "A156", "A102")
@pytest.mark.refusing
async def test_nothing_is_said_in_praise_of_a_centre_that_is_suspended_by_now(
    house: House,
) -> None:
    item = (await propose(house, house.lead)).json()
    body = {
        "center_id": str(house.center_id), "award_reason": "major_achievement",
        "title": "键合工艺突破", "achievement": "填补国内空白", "person_ref": "P-0017",
    }  # fmt: skip
    async with house.caller(house.lead) as lead:
        award = (await lead.post(AWARDS, json=body)).json()
    async with house.registry.client("official", "reviewer", sub=uuid4()) as official:
        assert (await official.post(f"{AWARDS}/{award['id']}/review")).is_success

    async def moved_to(stage: Stage) -> None:
        async with house.registry.sessions.begin() as session:
            center = update(Center).where(col(Center.id) == house.center_id)
            await session.execute(center.values(stage=stage))

    async def decided() -> list[int]:
        async with approver(house) as official:
            answers = [
                await official.post(f"{ITEMS}/{item['id']}/release"),
                await official.post(f"{AWARDS}/{award['id']}/approve", json={"doc_no": "示例2号"}),
            ]
        return [answer.status_code for answer in answers]

    await moved_to(Stage.SUSPENDED)
    assert await decided() == [409, 409]
    await moved_to(Stage.PILOT)
    assert await decided() == [200, 200]
    # What was approved becomes public, whatever came later (X11).
    await moved_to(Stage.SUSPENDED)
    async with house.registry.client("official", "handler", sub=uuid4()) as handler:
        assert (await handler.post(f"{AWARDS}/{award['id']}/publish")).is_success
