"""Leaving a candidate centre before its listing: at once, with what follows for the case."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from registry.applications import actions
from shared.auth import Actor
from tests.fixtures.service import event_types, until_waiting_on_lock
from tests.registry.applications.cases import Case, codes

pytestmark = pytest.mark.anyio


async def step_back(case: Case, name: str, by: str | None = None) -> Any:
    path = f"/v1/registry/memberships/{case.memberships[name]}/step-back"
    return await case.call(case.member(by or name), "POST", path, {"reason": "企业战略调整"})


def failed(view: dict[str, Any]) -> set[str]:
    return {
        check["code"]
        for check in view["checks"]
        if not check["passed"] and check["severity"] == "error"
    }


@pytest.mark.requirement("A049")
async def test_who_steps_back_from_a_draft_is_out_at_once_and_may_be_invited_anew(
    case: Case,
) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    gone = await step_back(case, "M02")
    assert gone.status_code == 200, gone.text
    told = gone.json()
    assert (told["state"], told["joined_on"], told["left_on"]) == ("withdrawn", None, "2026-01-12")
    assert (told["exit_reason"], gone.headers["etag"]) == ("企业战略调整", f'"{told["version"]}"')
    assert "membership.stepped_back" in await event_types(case.registry.sessions)
    # Who is no longer of the case reads its own membership, and nothing of the draft.
    path = f"/v1/registry/memberships/{case.memberships['M02']}"
    assert (await case.call(case.member("M02"), "GET", path)).status_code == 200
    assert (await case.call(case.member("M02"), "GET", case.path)).status_code == 404
    assert (await case.call(case.member("M01"), "GET", path)).json()["exit_reason"]
    assert (await case.invite("M02")).status_code == 201
    assert (await case.confirm("M02")).status_code == 200


@pytest.mark.requirement("A049", "X04")
@pytest.mark.refusing
async def test_nobody_steps_back_for_another_or_twice_or_after_the_listing(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    lead = await step_back(case, "M02", "M01")
    assert (lead.status_code, codes(lead)) == (403, ["FORBIDDEN_SCOPE"])
    assert (await step_back(case, "M02", "M04")).status_code == 404
    assert (await step_back(case, "M02")).status_code == 200
    again = await step_back(case, "M02")
    assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])
    await case.invite("M02")
    early = await step_back(case, "M02")  # An invitation is declined.
    assert (early.status_code, codes(early)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A049")
@pytest.mark.refusing
async def test_after_the_listing_notice_is_given_instead(case: Case) -> None:
    await case.listed()
    late = await step_back(case, "M02")
    assert (late.status_code, codes(late)) == (409, ["STATE_CONFLICT"])
    own = f"/v1/registry/centers/{case.center_id}/members"
    members = (await case.call(case.member("M02"), "GET", own)).json()["items"]
    assert {row["state"] for row in members} == {"active"}


@pytest.mark.requirement("A049", "A117")
@pytest.mark.refusing
async def test_a_submission_whose_members_went_is_not_accepted_but_returned(case: Case) -> None:
    await case.submitted()
    for name in ("M02", "M03"):
        assert (await step_back(case, name)).status_code == 200
    ready = await case.readiness()
    assert (ready["next_step"], failed(ready)) == ("formal_check", {"MODEL_COMPOSITION"})
    refused = await case.accept()
    assert (refused.status_code, codes(refused)) == (422, ["MODEL_COMPOSITION"])
    point = {"code": "members", "comment": "成员单位不足"}
    returned = await case.step(
        case.official("handler"), "POST", "formal-checks", {"result": "return", "items": [point]}
    )
    assert returned.status_code == 201, returned.text
    await case.join("M02", "M04")
    assert (await case.submit()).status_code == 200
    assert (await case.accept()).status_code == 201


@pytest.mark.requirement("A049", "A118", "A122")
@pytest.mark.refusing
async def test_a_case_under_notice_is_held_and_one_that_fell_apart_is_only_rejected(
    case: Case,
) -> None:
    await case.noticed()
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    assert (await step_back(case, "M20")).status_code == 200
    assert codes(await case.approve()) == ["CASE_ON_HOLD"]
    [hold] = (await case.call(case.official("auditor"), "GET", case.path)).json()["holds"]
    assert (hold["cause"], hold["source_id"]) == ("member_stepped_back", case.memberships["M20"])
    lifted = await case.step(
        case.official("reviewer"), "POST", f"holds/{hold['id']}/lift",
        {"reason": "其余成员仍符合要求"},
    )  # fmt: skip
    assert lifted.status_code == 200, lifted.text
    for name in ("M03", "M02"):
        assert (await step_back(case, name)).status_code == 200
    ready = await case.readiness()
    assert (ready["next_step"], ready["who_acts"]) == ("reject", "approver")
    assert failed(ready) == {"MODEL_COMPOSITION", "CASE_ON_HOLD"}
    refused = await case.approve()
    assert set(codes(refused)) == {"MODEL_COMPOSITION", "CASE_ON_HOLD"}
    over = await case.step(case.official("approver"), "POST", "reject", {"reason": "成员退出"})
    assert over.status_code == 200, over.text


@pytest.mark.requirement("A049")
@pytest.mark.refusing
async def test_a_listing_waits_for_who_steps_back_and_is_then_held(case: Case) -> None:
    await case.noticed()
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    sessions, clock = case.registry.sessions, case.registry.app.state.clock
    actor = Actor(case.person("M20"), "test", frozenset({"member"}), case.orgs["M20"])
    membership_id = UUID(case.memberships["M20"])
    async with sessions.begin() as first:
        await actions.step_back(first, actor, membership_id, "退出", clock.now())
        listing = asyncio.create_task(case.approve())
        await until_waiting_on_lock(sessions, listing)
    assert codes(await listing) == ["CASE_ON_HOLD"]
    assert await case.state() == "public_notice"


@pytest.mark.requirement("A049")
@pytest.mark.refusing
async def test_of_two_who_step_back_at_once_one_does(case: Case) -> None:
    await case.draft()
    await case.join("M02")
    answers = await asyncio.gather(step_back(case, "M02"), step_back(case, "M02"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    names = await event_types(case.registry.sessions)
    assert names.count("membership.stepped_back") == 1
