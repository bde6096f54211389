"""What is shared at a centre closes with its owner's membership, and with the centre (C2)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from registry.centers.rules import Stage
from registry.centers.tables import Center
from registry.facts.rules import Period
from registry.memberships.rules import State
from registry.memberships.tables import Membership
from registry.resources import jobs, rules
from tests.fixtures.service import event_types
from tests.registry.applications.cases import codes
from tests.registry.facts.conftest import House
from tests.registry.resources.test_sharing import RESOURCES, book, shared, thing
from tests.registry.resources.test_telling_uses import BOOKINGS, booked, usage_facts, used_before

OWNER, OPERATOR = UUID(int=1), UUID(int=2)
LAST, TODAY = date(2027, 6, 2), date(2027, 9, 1)
DAY = timedelta(days=1)


@pytest.mark.requirement("A062")
@pytest.mark.parametrize(
    ("periods", "day", "name"),
    [
        ([(None, LAST)], LAST - DAY, OWNER),
        ([(None, LAST)], LAST, OWNER),
        ([(None, LAST)], LAST + DAY, OPERATOR),
        ([(LAST, None)], LAST - DAY, OWNER),  # It belongs to the centre today.
        ([(LAST, LAST + DAY)], LAST - DAY, OPERATOR),
        ([(None, LAST - DAY), (LAST + DAY, LAST + DAY)], LAST, OPERATOR),
        ([(None, LAST - DAY), (TODAY, None)], LAST, OWNER),
        ([], LAST, OPERATOR),
    ],
)
def test_a_use_is_told_in_its_owners_name_or_else_in_the_centres(
    periods: list[tuple[date | None, date | None]], day: date, name: UUID
) -> None:
    days = [Period(*period) for period in periods]
    assert rules.teller(OWNER, OPERATOR, days, day, TODAY) == name


@pytest.mark.parametrize(
    ("ends_at", "day"),
    [
        (datetime(2027, 6, 2, 15, 59, tzinfo=UTC), date(2027, 6, 2)),
        (datetime(2027, 6, 2, 16, 0, tzinfo=UTC), date(2027, 6, 2)),
        (datetime(2027, 6, 2, 16, 1, tzinfo=UTC), date(2027, 6, 3)),
    ],
)
def test_midnight_ends_the_day_before(ends_at: datetime, day: date) -> None:
    assert rules.last_day(ends_at) == day


pytestmark = pytest.mark.anyio


async def leaves(house: House, last: date, state: State = State.LEFT) -> None:
    async with house.registry.sessions.begin() as session:
        own = update(Membership).where(col(Membership.org_id) == house.member)
        await session.execute(own.values(state=state, left_on=last))


async def stands(house: House, stage: Stage) -> None:
    async with house.registry.sessions.begin() as session:
        own = update(Center).where(col(Center.id) == house.center_id)
        await session.execute(own.values(stage=stage))


async def seen(house: House, path: str) -> Any:
    async with house.registry.client("service") as service:
        return (await service.get(path)).json()


async def booked_of(house: House) -> list[dict[str, Any]]:
    async with house.caller(house.member) as owner:
        items: list[dict[str, Any]] = (await owner.get(BOOKINGS)).json()["items"]
    return items


@pytest.mark.requirement("A022", "A062")
async def test_what_a_member_shared_closes_when_it_has_left_and_bookings_are_cancelled(
    house: House,
) -> None:
    made = await shared(house)
    async with house.caller(house.lead) as lead:
        kept = (await lead.post(RESOURCES, json={
            "center_id": str(house.center_id), "resource_type": "data", "name": "工艺数据",
            "scope": "members", "terms": "申请",
        })).json()  # fmt: skip
    booking = (await book(house, house.lead, made)).json()
    await leaves(house, date(2027, 6, 1))
    assert await jobs.close_left(house.registry.app) == 0  # Its last day is still its own.
    house.registry.set_clock("2027-06-01T16:00:00+00:00")
    assert await jobs.close_left(house.registry.app) == 2
    assert (await seen(house, f"{RESOURCES}/{made['id']}"))["is_open"] is False
    assert (await seen(house, f"{RESOURCES}/{kept['id']}"))["is_open"] is True
    [gone] = await booked_of(house)
    assert (gone["id"], gone["state"], gone["fee"]["amount"]) == (booking["id"], "cancelled", 0)
    names = await event_types(house.registry.sessions)
    assert (names.count("resource.changed"), names.count("booking.cancelled")) == (1, 1)
    assert await jobs.close_left(house.registry.app) == 0


@pytest.mark.requirement("A022", "A040")
async def test_what_is_shared_and_offered_closes_with_its_centre(house: House) -> None:
    made = await shared(house)
    async with house.caller(house.member) as owner:
        offered = await owner.post(
            "/v1/registry/offerings",
            json={
                "center_id": str(house.center_id), "code": "training", "title": "洁净室培训",
            },
        )  # fmt: skip
    assert offered.status_code == 201, offered.text
    await stands(house, Stage.SUSPENDED)
    assert await jobs.close_left(house.registry.app) == 0
    await stands(house, Stage.DISSOLVED)
    assert await jobs.close_left(house.registry.app) == 2
    assert (await seen(house, f"{RESOURCES}/{made['id']}"))["is_open"] is False
    assert (await seen(house, f"/v1/registry/offerings/{offered.json()['id']}"))["is_open"] is False


@pytest.mark.requirement("A062", "A049")
@pytest.mark.refusing
async def test_what_members_share_is_booked_to_the_users_last_day_and_no_longer(
    house: House,
) -> None:
    async with house.caller(house.lead) as lead:
        inner = (await lead.post(RESOURCES, json={**thing(house), "scope": "members"})).json()
        outer = (await lead.post(RESOURCES, json={**thing(house), "scope": "public"})).json()
    early = await book(house, house.member, inner)
    assert early.status_code == 201, early.text
    await leaves(house, date(2027, 6, 2), State.LEAVING)
    tail = {"starts_at": "2027-06-02T15:00:00Z", "ends_at": "2027-06-02T16:00:00Z"}
    over = {**tail, "ends_at": "2027-06-02T16:00:01Z"}
    late = await book(house, house.member, inner, **over)
    assert (late.status_code, codes(late)) == (422, ["USER_NOT_IN_CENTER"])
    assert (await book(house, house.member, inner, **tail)).status_code == 201
    assert (await book(house, house.member, outer, **over)).status_code == 201


@pytest.mark.requirement("A062", "A049")
async def test_what_a_member_booked_among_members_is_cancelled_when_it_has_left(
    house: House,
) -> None:
    async with house.caller(house.lead) as lead:
        inner = (await lead.post(RESOURCES, json={**thing(house), "scope": "members"})).json()
        outer = (await lead.post(RESOURCES, json={**thing(house), "scope": "public"})).json()
    for one, org in ((inner, house.member), (outer, house.member)):
        assert (await book(house, org, one)).status_code == 201
    await leaves(house, date(2027, 6, 1))
    house.registry.set_clock("2027-06-01T16:00:00+00:00")
    assert await jobs.close_left(house.registry.app) == 1
    kept = {row["resource_id"]: (row["state"], row["reason"]) for row in await booked_of(house)}
    assert kept == {
        inner["id"]: ("cancelled", "user no longer in the centre"),
        outer["id"]: ("booked", None),
    }
    assert await jobs.close_left(house.registry.app) == 0


@pytest.mark.requirement("A062")
@pytest.mark.refusing
async def test_nothing_is_booked_beyond_its_owners_last_day(house: House) -> None:
    made = await shared(house)
    await leaves(house, date(2027, 6, 2), State.LEAVING)
    late = await book(
        house, house.lead, made,
        starts_at="2027-06-02T15:00:00Z", ends_at="2027-06-02T16:00:01Z",
    )  # fmt: skip
    assert (late.status_code, late.json()["code"]) == (422, "OWNER_NOT_IN_CENTER")
    assert late.json()["errors"][0]["pointer"] == "/ends_at"
    on_it = await book(
        house, house.lead, made,
        starts_at="2027-06-02T15:00:00Z", ends_at="2027-06-02T16:00:00Z",
    )  # fmt: skip
    assert on_it.status_code == 201, on_it.text


@pytest.mark.requirement("A062")
async def test_a_use_after_its_owners_last_day_is_told_in_the_centres_name(house: House) -> None:
    place = await used_before(house, house.lead)
    await leaves(house, date(2027, 6, 1))
    for chunks in (1, 0):
        assert await jobs.tell_uses(house.registry.app) == chunks
    [fact] = await usage_facts(house)
    assert (fact["occurred_on"], fact["submitted_by_org_id"]) == ("2027-06-02", str(house.entity))
    [used] = await booked_of(house)
    assert used["usage_fact_id"] == fact["id"]
    async with house.caller(house.member) as owner:
        right = await owner.post(
            f"{place}/usage/corrections",
            json={"used_minutes": 60, "reason": "复核"},
            headers={"If-Match": f'"{used["version"]}"'},
        )
    assert right.status_code == 200, right.text
    told = await usage_facts(house)
    assert [one["payload"]["hours"] for one in told] == ["1.67", "1.00"]
    assert {one["submitted_by_org_id"] for one in told} == {str(house.entity)}


@pytest.mark.requirement("A062")
async def test_who_left_still_logs_a_use_and_the_centre_tells_it(house: House) -> None:
    place = await booked(house, house.lead)
    await leaves(house, date(2027, 6, 1))
    async with house.caller(house.member) as owner:
        used = await owner.post(f"{place}/usage", json={"used_minutes": 60})
    assert used.status_code == 200, used.text
    [fact] = await usage_facts(house)
    assert fact["submitted_by_org_id"] == str(house.entity)


@pytest.mark.requirement("A062", "X04")
@pytest.mark.refusing
async def test_who_left_posts_no_such_fact_by_hand(house: House) -> None:
    await booked(house, house.lead)
    await leaves(house, date(2027, 6, 1))
    payload = {"resource_id": "R-1", "hours": 1, "shared_hours": 1}
    by_hand = await house.post(
        house.member, "h", kind="resource_usage", occurred_on="2027-06-02", payload=payload
    )
    assert by_hand.status_code == 404
    assert await usage_facts(house) == []


@pytest.mark.requirement("A062")
@pytest.mark.parametrize("end", [Stage.DISSOLVED, Stage.DELISTED])
async def test_what_was_used_before_the_end_of_its_centre_is_still_logged_and_told(
    house: House, end: Stage
) -> None:
    place = await booked(house, house.lead)  # It began at 01:00; the centre ends while it runs.
    await stands(house, end)
    await leaves(house, date(2027, 6, 2))
    house.registry.set_clock("2027-06-03T02:00:00+00:00")
    assert await jobs.close_left(house.registry.app) == 1  # What is shared; no booking is lost.
    async with house.caller(house.member) as owner:
        used = await owner.post(f"{place}/usage", json={"used_minutes": 60})
        assert (used.status_code, used.json()["fee"]["amount"]) == (200, 80_000), used.text
        right = await owner.post(
            f"{place}/usage/corrections",
            json={"used_minutes": 30, "reason": "复核"},
            headers={"If-Match": f'"{used.json()["version"]}"'},
        )
    assert right.status_code == 200, right.text
    told = await usage_facts(house)
    assert [one["payload"]["hours"] for one in told] == ["1.00", "0.50"]
    assert {(one["occurred_on"], one["submitted_by_org_id"]) for one in told} == {
        ("2027-06-02", str(house.member))
    }


@pytest.mark.requirement("A062")
@pytest.mark.refusing
async def test_a_centre_that_has_ended_takes_what_was_booked_there_and_no_other_fact(
    house: House,
) -> None:
    await used_before(house, house.lead)
    await stands(house, Stage.DISSOLVED)
    by_hand = await house.post(house.member, "h", occurred_on="2027-06-01")
    assert (by_hand.status_code, by_hand.json()["code"]) == (409, "STATE_CONFLICT")
    for chunks in (1, 0):
        assert await jobs.tell_uses(house.registry.app) == chunks
    assert len(await usage_facts(house)) == 1
