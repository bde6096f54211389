"""Sharing things and booking them: one's own, for times that nobody else has."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.programme.queries import policy_on
from registry.resources import rules
from registry.resources.rules import BookingEvent, BookingState, ResourceType
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House

RESOURCES = "/v1/registry/resources"
NOW = datetime(2027, 6, 1, 2, tzinfo=UTC)
TIME = {"starts_at": "2027-06-02T01:00:00Z", "ends_at": "2027-06-02T03:30:00Z"}


@given(st.integers(0, 10**9), st.integers(1, 100_000))
def test_a_fee_is_the_nearest_fen(rate: int, minutes: int) -> None:
    fee = rules.fee_fen(rate, minutes, own=False)
    assert abs(fee * 60 - rate * minutes) <= 30
    assert rules.fee_fen(rate, minutes, own=True) == 0
    assert rules.fee_fen(None, minutes, own=False) == 0


@pytest.mark.refusing
@pytest.mark.parametrize(
    "state", [state for state in BookingState if state is not BookingState.BOOKED]
)
@pytest.mark.parametrize("event", list(BookingEvent))
def test_a_booking_that_is_over_moves_no_more(state: BookingState, event: BookingEvent) -> None:
    assert (state, event) not in rules.MOVES


pytestmark = pytest.mark.anyio


def thing(house: House, **over: Any) -> dict[str, Any]:
    return {
        "center_id": str(house.center_id),
        "resource_type": "instrument",
        "name": "晶圆缺陷检测机（示例）",
        "scope": "members",
        "terms": "工作日预约",
        "fee_per_hour": {"amount": 80_000, "currency": "CNY"},
        **over,
    }


async def shared(house: House, **over: Any) -> dict[str, Any]:
    async with house.caller(house.member) as owner:
        answer = await owner.post(RESOURCES, json=thing(house, **over))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def book(house: House, org: Any, resource: Any, **over: Any) -> Any:
    async with house.caller(org) as user:
        return await user.post(f"{RESOURCES}/{resource['id']}/bookings", json={**TIME, **over})


@pytest.mark.requirement("A062")
async def test_the_longest_booking_is_the_policys(house: House) -> None:
    async with house.registry.sessions.reading() as session:
        policy = await policy_on(session, NOW.date())
    for length, codes in ((31, []), (32, ["BOOKING_TOO_LONG"])):
        checks = rules.booking_checks(
            policy,
            bookable=True,
            owner_belongs=True,
            user_belongs=True,
            starts_at=NOW,
            ends_at=NOW + timedelta(days=length),
            now=NOW,
        )
        assert failed_codes(checks) == codes


@pytest.mark.requirement("A022")
@pytest.mark.parametrize("kind", list(ResourceType))
async def test_a_member_shares_resources_of_ten_types(house: House, kind: ResourceType) -> None:
    made = await shared(house, resource_type=kind.value, name=f"资源 {kind.value}")
    async with house.caller(house.lead) as lead:
        [listed] = (await lead.get(RESOURCES, params={"resource_type": kind.value})).json()["items"]
        table = (await lead.get("/v1/registry/code-tables/resource-types")).json()
    assert listed == made
    assert (made["org_id"], made["terms"]) == (str(house.member), "工作日预约")
    assert kind.value in str(table)
    assert len(ResourceType) == 10


@pytest.mark.requirement("A022")
@pytest.mark.refusing
async def test_strangers_share_nothing_and_members_only_their_own(house: House) -> None:
    answers = {}
    for name, org, over in (
        ("stranger", house.stranger, {}),
        ("former", house.former, {}),
        ("anothers", house.member, {"org_id": str(house.lead)}),
        ("nobodys", house.lead, {"org_id": str(house.stranger)}),
        ("eleventh", house.member, {"resource_type": "weather"}),
    ):
        async with house.caller(org) as caller:
            answer = await caller.post(RESOURCES, json=thing(house, **over))
        answers[name] = (answer.status_code, answer.json()["code"])
    assert answers == {
        "stranger": (404, "NOT_FOUND"),
        "former": (404, "NOT_FOUND"),
        "anothers": (404, "NOT_FOUND"),
        "nobodys": (422, "OWNER_NOT_IN_CENTER"),
        "eleventh": (422, "FIELD_INVALID"),
    }


@pytest.mark.requirement("A062", "X04")
@pytest.mark.refusing
async def test_what_is_for_members_does_not_exist_for_others(house: House) -> None:
    made = await shared(house)
    async with house.caller(house.stranger) as stranger:
        read = await stranger.get(f"{RESOURCES}/{made['id']}")
        busy = await stranger.get(f"{RESOURCES}/{made['id']}/busy")
        changed = await stranger.patch(
            f"{RESOURCES}/{made['id']}", json={"is_open": False}, headers={"If-Match": '"1"'}
        )
        listed = (await stranger.get(RESOURCES)).json()["items"]
    booked = await book(house, house.stranger, made)
    assert [one.status_code for one in (read, busy, changed, booked)] == [404] * 4
    assert listed == []


@pytest.mark.requirement("A062")
async def test_members_book_and_use_each_others_equipment_and_the_use_is_logged(
    house: House,
) -> None:
    made = await shared(house)
    booked = await book(house, house.lead, made, purpose="样片检测")
    house.registry.set_clock("2027-06-02T04:00:00+00:00")
    async with house.caller(house.member) as owner:
        used = await owner.post(
            f"/v1/registry/bookings/{booked.json()['id']}/usage", json={"used_minutes": 100}
        )
        log = (await owner.get("/v1/registry/bookings", params={"resource_id": made["id"]})).json()
        twice = await owner.post(
            f"/v1/registry/bookings/{booked.json()['id']}/usage", json={"used_minutes": 1}
        )
    assert (booked.status_code, booked.json()["fee"]["amount"]) == (201, 200_000)
    assert (used.status_code, used.json()["state"]) == (200, "used")
    assert used.json()["fee"] == {"amount": 133_333, "currency": "CNY"}
    assert log["items"] == [used.json()]
    assert (twice.status_code, twice.json()["code"]) == (409, "STATE_CONFLICT")
    assert {"booking.made", "booking.used"} <= set(await event_types(house.registry.sessions))


@pytest.mark.requirement("A062")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "status", "code"),
    [
        ({"starts_at": "2027-06-01T01:59:59Z"}, 422, "TIME_PASSED"),
        ({"ends_at": "2027-06-02T01:00:00Z"}, 422, "DAYS_OUT_OF_ORDER"),
        ({"ends_at": "2027-07-04T01:00:00Z"}, 422, "BOOKING_TOO_LONG"),
        ({"ends_at": "9999-01-01T00:00:00Z"}, 422, "FIELD_INVALID"),
    ],
)
async def test_a_time_that_cannot_be_booked_is_refused(
    house: House, over: dict[str, str], status: int, code: str
) -> None:
    answer = await book(house, house.lead, await shared(house), **over)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.requirement("A062")
@pytest.mark.refusing
async def test_no_time_is_booked_twice_even_by_twins(house: House) -> None:
    made = await shared(house)
    answers = await asyncio.gather(
        *(book(house, org, made) for org in (house.lead, house.member, house.entity))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "BOOKING_OVERLAP"
    beside = {"starts_at": TIME["ends_at"], "ends_at": "2027-06-02T04:00:00Z"}
    within = {"starts_at": "2027-06-02T02:00:00Z", "ends_at": "2027-06-02T02:30:00Z"}
    assert (await book(house, house.lead, made, **within)).status_code == 409
    assert (await book(house, house.lead, made, **beside)).status_code == 201
    async with house.caller(house.lead) as lead:
        busy = (await lead.get(f"{RESOURCES}/{made['id']}/busy")).json()["items"]
    assert [one["ends_at"] for one in busy] == [TIME["ends_at"], "2027-06-02T04:00:00Z"]


@pytest.mark.requirement("A062")
async def test_a_cancelled_time_is_free_again(house: House) -> None:
    made = await shared(house)
    booking = (await book(house, house.lead, made)).json()
    place = f"/v1/registry/bookings/{booking['id']}"
    async with house.caller(house.lead) as lead:
        early = await lead.post(f"{place}/usage", json={"used_minutes": 10})
        cancelled = await lead.post(f"{place}/cancellation", json={"reason": "试验延期"})
        twice = await lead.post(f"{place}/cancellation", json={"reason": "again"})
    async with house.caller(house.stranger) as stranger:
        hidden = await stranger.post(f"{place}/cancellation", json={"reason": "mine"})
    assert early.status_code == 409
    assert (cancelled.status_code, cancelled.json()["fee"]["amount"]) == (200, 0)
    assert (twice.status_code, hidden.status_code) == (409, 404)
    assert (await book(house, house.entity, made)).status_code == 201


@pytest.mark.requirement("A062", "X06")
@pytest.mark.refusing
async def test_what_is_closed_is_not_booked_and_a_stale_change_is_refused(house: House) -> None:
    made = await shared(house)
    async with house.caller(house.member) as owner:
        closed = await owner.patch(
            f"{RESOURCES}/{made['id']}", json={"is_open": False}, headers={"If-Match": '"1"'}
        )
        stale = await owner.patch(
            f"{RESOURCES}/{made['id']}", json={"is_open": True}, headers={"If-Match": '"1"'}
        )
    booked = await book(house, house.lead, made)
    assert (closed.status_code, closed.json()["is_open"], stale.status_code) == (200, False, 412)
    assert (booked.status_code, booked.json()["code"]) == (409, "STATE_CONFLICT")


@pytest.mark.requirement("A072", "A136")
async def test_anyone_searches_what_is_shared_with_everyone_across_centres(house: House) -> None:
    await shared(house, scope="public", name="开放显微镜", description="纳米级")
    await shared(house, name="内部设备")
    async with house.registry.client() as anyone:
        found = await anyone.get("/v1/public/resources", params={"text": "显微"})
        by_words = (await anyone.get("/v1/public/resources", params={"text": "纳米"})).json()
        all_open = (await anyone.get("/v1/public/resources")).json()["items"]
        none = (await anyone.get("/v1/public/resources", params={"resource_type": "data"})).json()
        unknown = await anyone.get("/v1/public/resources", params={"center": "C02"})
    async with house.caller(house.stranger) as stranger:
        seen = (await stranger.get(RESOURCES, params={"text": "显微镜"})).json()["items"]
    assert [one["center_code"] for one in found.json()["items"]] == ["C01"]
    assert found.headers["Cache-Control"] == "public, max-age=60"
    assert "fee_per_hour" not in found.json()["items"][0]
    assert by_words["items"] == all_open == found.json()["items"]
    assert (none["items"], unknown.status_code, len(seen)) == ([], 404, 1)
    booked = await book(house, house.stranger, seen[0])
    assert booked.status_code == 201


@pytest.mark.requirement("A072", "A136")
@pytest.mark.refusing
async def test_nobody_without_a_token_books_or_sees_what_is_for_members(house: House) -> None:
    made = await shared(house)
    async with house.registry.client() as anyone:
        listed = (await anyone.get("/v1/public/resources")).json()["items"]
        booked = await anyone.post(f"{RESOURCES}/{made['id']}/bookings", json=TIME)
        searched = await anyone.get(RESOURCES)
        wrong = await anyone.get("/v1/public/resources", params={"resource_type": "weather"})
    assert listed == []
    assert [one.status_code for one in (booked, searched, wrong)] == [401, 401, 422]
