"""Confirming over HTTP and at the same moment; days of membership."""

import asyncio
from datetime import date
from uuid import UUID

import pytest

from registry.applications.jobs import end_notices
from registry.memberships import actions
from registry.memberships.queries import members_on
from shared.auth import Actor
from shared.rules import Refused
from tests.fixtures.service import event_types, until_waiting_on_lock
from tests.registry.applications.cases import Case, codes

pytestmark = pytest.mark.anyio

TODAY = date(2026, 1, 12)


def member_of(org_id: UUID) -> Actor:
    return Actor(UUID(int=1), "test", frozenset({"member"}), org_id)


@pytest.mark.requirement("A049")
@pytest.mark.refusing
async def test_a_second_confirmation_waits_and_is_refused(case: Case) -> None:
    await case.draft()
    await case.invite("M02")
    membership_id, actor = UUID(case.memberships["M02"]), member_of(case.orgs["M02"])
    sessions = case.registry.sessions

    async def confirm() -> None:
        async with sessions.begin() as session:
            await actions.confirm(session, actor, membership_id, TODAY)

    async with sessions.begin() as first:
        await actions.confirm(first, actor, membership_id, TODAY)
        second = asyncio.create_task(confirm())
        await until_waiting_on_lock(sessions, second)

    with pytest.raises(Refused, match="STATE_CONFLICT"):
        await second
    names = await event_types(sessions)
    assert names.count("membership.confirmed") == 2  # The lead's own place, and this one.


@pytest.mark.requirement("A049")
@pytest.mark.refusing
async def test_two_invitations_at_once_leave_one(case: Case) -> None:
    await case.draft()
    answers = await asyncio.gather(*(case.invite("M02") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused = [answer for answer in answers if answer.status_code == 409]
    assert {code for answer in refused for code in codes(answer)} == {"STATE_CONFLICT"}


async def test_an_invitation_is_declined_or_taken_back_and_made_again(case: Case) -> None:
    await case.draft()
    await case.invite("M02")
    path = f"/v1/registry/memberships/{case.memberships['M02']}"
    assert (await case.call(case.member("M02"), "POST", f"{path}/withdraw")).status_code == 403
    declined = await case.call(case.member("M02"), "POST", f"{path}/decline")
    assert declined.json()["state"] == "declined"
    assert (await case.invite("M02")).status_code == 201
    path = f"/v1/registry/memberships/{case.memberships['M02']}"
    withdrawn = await case.call(case.member("M01"), "POST", f"{path}/withdraw")
    assert withdrawn.json()["state"] == "withdrawn"


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_an_invitation_is_seen_by_its_two_sides_only(case: Case) -> None:
    await case.draft()
    await case.invite("M02")
    path = f"/v1/registry/memberships/{case.memberships['M02']}"
    statuses = [
        (await case.call(case.member(name), "GET", path)).status_code
        for name in ("M01", "M02", "M04")
    ]
    assert statuses == [200, 200, 404]
    listed = await case.call(case.member("M04"), "GET", "/v1/registry/memberships")
    assert listed.json()["items"] == []


async def test_a_membership_runs_from_the_listing_to_its_last_day(case: Case) -> None:
    await case.listed()
    center_id, leaver = UUID(case.center_id), case.orgs["M02"]
    path = f"/v1/registry/memberships/{case.memberships['M02']}/exit-notices"
    answer = await case.call(case.member("M02"), "POST", path, {"left_on": "2026-06-30"})
    assert (answer.json()["state"], answer.json()["joined_on"]) == ("leaving", "2026-03-10")

    case.registry.set_clock("2026-06-30T15:00:00+00:00")
    assert await end_notices(case.registry.app) == 0
    case.registry.set_clock("2026-06-30T16:00:00+00:00")
    assert await end_notices(case.registry.app) == 1
    async with case.registry.sessions.reading() as session:
        days = [date(2026, 3, 9), date(2026, 3, 10), date(2026, 6, 30), date(2026, 7, 1)]
        was_in = [leaver in await members_on(session, center_id, day) for day in days]
    assert was_in == [False, True, True, False]


async def test_who_is_invited_to_a_listed_centre_begins_by_confirming(case: Case) -> None:
    await case.listed()
    path = f"/v1/registry/centers/{case.center_id}/members"
    stranger = await case.call(
        case.member("M04"), "POST", path, {"org_id": str(case.orgs["M09"]), "role": "member"}
    )
    assert (stranger.status_code, codes(stranger)) == (403, ["FORBIDDEN_SCOPE"])
    invited = await case.call(
        case.member("M01"), "POST", path, {"org_id": str(case.orgs["M09"]), "role": "member"}
    )
    case.memberships["M09"] = invited.json()["id"]
    confirmed = await case.confirm("M09")
    assert (confirmed.json()["state"], confirmed.json()["joined_on"]) == ("active", "2026-03-10")
