"""A use that is logged is told by a fact, once, and both say the same ever after."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from registry.centers.rules import Stage
from registry.centers.tables import Center
from registry.resources import jobs, rules
from registry.resources.rules import BookingState
from registry.resources.tables import ResourceBooking
from shared.rules import failed_codes
from tests.registry.facts.conftest import House
from tests.registry.resources.test_sharing import book, shared

BOOKINGS = "/v1/registry/bookings"


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [(1, "0.02"), (30, "0.50"), (50, "0.83"), (60, "1.00"), (100, "1.67"), (9, "0.15")],
)
def test_hours_are_the_nearest_hundredth(minutes: int, hours: str) -> None:
    assert rules.hours_of(minutes) == hours


@pytest.mark.parametrize("state", list(BookingState))
def test_only_a_use_that_was_logged_is_corrected(state: BookingState) -> None:
    expected = [] if state is BookingState.USED else ["STATE_CONFLICT"]
    assert failed_codes(rules.use_correction_checks(state, owns=True)) == expected
    assert "FORBIDDEN_SCOPE" in failed_codes(rules.use_correction_checks(state, owns=False))


pytestmark = pytest.mark.anyio


async def booked(house: House, by: Any) -> str:
    made = await shared(house)
    answer = await book(house, by, made)
    assert answer.status_code == 201, answer.text
    house.registry.set_clock("2027-06-02T04:00:00+00:00")
    return f"{BOOKINGS}/{answer.json()['id']}"


async def usage_facts(house: House) -> list[dict[str, Any]]:
    async with house.registry.client("service") as service:
        answer = await service.get(
            "/v1/registry/facts",
            params={"center_id": str(house.center_id), "kind": "resource_usage"},
        )
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.requirement("A062")
async def test_a_logged_use_is_a_fact_of_the_centre(house: House) -> None:
    place = await booked(house, house.lead)
    async with house.caller(house.member) as owner:
        used = (await owner.post(f"{place}/usage", json={"used_minutes": 100})).json()
        sums = await owner.get("/v1/registry/facts", params={"kind": "resource_usage"})
    [fact] = await usage_facts(house)
    assert used["usage_fact_id"] == fact["id"] == sums.json()["items"][0]["id"]
    assert fact["payload"] == {
        "resource_id": used["resource_id"],
        "hours": "1.67",
        "shared_hours": "1.67",
        "user_uscc": "91310115FAKE00013U",
    }
    assert (fact["occurred_on"], fact["submitted_by_org_id"]) == ("2027-06-02", str(house.member))
    assert fact["external_id"] == f"booking:{used['id']}"
    assert fact["derived"]["is_member"] is True


@pytest.mark.requirement("A062")
@pytest.mark.refusing
async def test_a_use_does_not_reach_into_the_next_booking_nor_beyond_now(house: House) -> None:
    made = await shared(house)
    one = (await book(house, house.lead, made)).json()
    await book(house, house.entity, made, starts_at=one["ends_at"], ends_at="2027-06-02T04:00:00Z")
    house.registry.set_clock("2027-06-02T05:00:00+00:00")
    place = f"/v1/registry/bookings/{one['id']}"
    async with house.caller(house.member) as owner:
        long = await owner.post(f"{place}/usage", json={"used_minutes": 151})
        used = await owner.post(f"{place}/usage", json={"used_minutes": 150})
        more = await owner.post(
            f"{place}/usage/corrections",
            json={"used_minutes": 151, "reason": "复核"},
            headers={"If-Match": f'"{used.json()["version"]}"'},
        )
    for refused in (long, more):
        assert (refused.status_code, refused.json()["code"]) == (422, "USE_TOO_LONG")
        assert refused.json()["errors"][0]["params"]["max_minutes"] == 150
    assert used.status_code == 200
    assert len(await usage_facts(house)) == 1


@pytest.mark.requirement("A062")
async def test_ones_own_use_is_shared_with_nobody(house: House) -> None:
    place = await booked(house, house.member)
    async with house.caller(house.member) as owner:
        await owner.post(f"{place}/usage", json={"used_minutes": 90})
    [fact] = await usage_facts(house)
    assert (fact["payload"]["hours"], fact["payload"]["shared_hours"]) == ("1.50", "0")


@pytest.mark.requirement("A062", "X07")
async def test_a_wrong_use_is_corrected_and_both_facts_are_kept(house: House) -> None:
    place = await booked(house, house.lead)
    body = {"used_minutes": 60, "reason": "设备日志复核"}
    async with house.caller(house.member) as owner:
        used = (await owner.post(f"{place}/usage", json={"used_minutes": 100})).json()
        stale = await owner.post(
            f"{place}/usage/corrections", json=body, headers={"If-Match": '"1"'}
        )
        right = await owner.post(
            f"{place}/usage/corrections", json=body, headers={"If-Match": f'"{used["version"]}"'}
        )
        again = await owner.post(
            f"{place}/usage/corrections",
            json={**body, "used_minutes": 61},
            headers={"If-Match": f'"{right.json()["version"]}"'},
        )
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_CONFLICT")
    assert (right.status_code, right.json()["fee"]["amount"]) == (200, 80_000)
    first, second, third = await usage_facts(house)
    assert [fact["superseded_by_id"] for fact in (first, second, third)] == [
        second["id"], third["id"], None,
    ]  # fmt: skip
    assert [one["payload"]["hours"] for one in (first, second, third)] == ["1.67", "1.00", "1.02"]
    assert third["reason"] == "设备日志复核"
    assert again.json()["usage_fact_id"] == third["id"]


@pytest.mark.requirement("A062", "X05")
@pytest.mark.refusing
async def test_two_at_once_tell_one_use(house: House) -> None:
    place = await booked(house, house.lead)

    async def log(minutes: int) -> Any:
        async with house.caller(house.member) as owner:
            return await owner.post(f"{place}/usage", json={"used_minutes": minutes})

    answers = await asyncio.gather(log(10), log(20))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await usage_facts(house)) == 1


@pytest.mark.requirement("A062", "X07")
@pytest.mark.refusing
async def test_a_fact_of_a_booking_is_neither_made_nor_corrected_by_hand(house: House) -> None:
    place = await booked(house, house.lead)
    payload = {"resource_id": "R-1", "hours": 1, "shared_hours": 1}
    made_up = await house.post(
        house.member, "m", kind="resource_usage", external_id="booking:1", payload=payload
    )
    async with house.caller(house.member) as owner:
        used = (await owner.post(f"{place}/usage", json={"used_minutes": 100})).json()
        by_hand = await owner.post(
            f"/v1/registry/facts/{used['usage_fact_id']}/corrections",
            json={
                "kind": "resource_usage",
                "occurred_on": "2027-06-02",
                "payload": payload,
                "reason": "手工更正",
            },
            headers={"Idempotency-Key": "h"},
        )
        stranger = await owner.get(f"/v1/registry/facts/{used['usage_fact_id']}")
    assert (made_up.status_code, made_up.json()["code"]) == (422, "REFERENCE_RESERVED")
    assert (by_hand.status_code, by_hand.json()["code"]) == (409, "FACT_OF_BOOKING")
    assert stranger.json()["superseded_by_id"] is None


@pytest.mark.requirement("A062")
@pytest.mark.refusing
async def test_a_stranger_finds_no_use_to_correct(house: House) -> None:
    place = await booked(house, house.entity)
    async with house.caller(house.member) as owner:
        await owner.post(f"{place}/usage", json={"used_minutes": 100})
    body, seen = {"used_minutes": 1, "reason": "x"}, {"If-Match": '"2"'}
    async with house.caller(house.stranger) as stranger:
        hidden = await stranger.post(f"{place}/usage/corrections", json=body, headers=seen)
    assert hidden.status_code == 404
    assert len(await usage_facts(house)) == 1


async def used_before(house: House, by: Any, minutes: int = 100) -> str:
    """Log a use as it was logged before uses made facts."""
    place = await booked(house, by)
    values = {"state": BookingState.USED, "used_minutes": minutes, "fee_fen": 0}
    booking_id = place.rpartition("/")[2]
    async with house.registry.sessions.begin() as session:
        statement = update(ResourceBooking).where(col(ResourceBooking.id) == booking_id)
        await session.execute(statement.values(values))
    return place


@pytest.mark.requirement("A062")
async def test_uses_logged_before_facts_were_made_are_told_once(house: House) -> None:
    place = await used_before(house, house.lead)
    for chunks in (1, 0):
        assert await jobs.tell_uses(house.registry.app) == chunks
    [fact] = await usage_facts(house)
    async with house.caller(house.member) as owner:
        booking = (await owner.get(BOOKINGS)).json()["items"][0]
    assert booking["usage_fact_id"] == fact["id"]
    assert (fact["payload"]["hours"], fact["payload"]["shared_hours"]) == ("1.67", "1.67")
    assert (fact["occurred_on"], fact["submitted_by_org_id"]) == ("2027-06-02", str(house.member))
    body, seen = {"used_minutes": 60, "reason": "复核"}, {"If-Match": f'"{booking["version"]}"'}
    async with house.caller(house.member) as owner:
        right = await owner.post(f"{place}/usage/corrections", json=body, headers=seen)
    assert right.status_code == 200
    assert len(await usage_facts(house)) == 2


@pytest.mark.requirement("A062")
@pytest.mark.refusing
async def test_a_use_that_its_owner_told_by_hand_is_not_told_again(house: House) -> None:
    await used_before(house, house.lead)
    async with house.caller(house.member) as owner:
        booking = (await owner.get(BOOKINGS)).json()["items"][0]
    told = {
        "resource_id": booking["resource_id"], "hours": 2, "shared_hours": 2,
        "user_uscc": "91310115FAKE00013U",
    }  # fmt: skip
    by_hand = {"kind": "resource_usage", "occurred_on": "2027-06-02", "payload": told}
    assert (await house.post(house.member, "h", **by_hand)).status_code == 201
    assert await jobs.tell_uses(house.registry.app) == 0
    assert len(await usage_facts(house)) == 1


@pytest.mark.requirement("A062")
@pytest.mark.refusing
async def test_a_suspended_centre_takes_no_facts_from_the_clerk(house: House) -> None:
    await used_before(house, house.lead)
    async with house.registry.sessions.begin() as session:
        statement = update(Center).where(col(Center.id) == house.center_id)
        await session.execute(statement.values(stage=Stage.SUSPENDED))
    assert await jobs.tell_uses(house.registry.app) == 0
    assert await usage_facts(house) == []
