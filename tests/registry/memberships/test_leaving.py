"""Leaving a centre and being put out of it: the term, what ends with it, and what is kept."""

from typing import Any

import pytest

from registry.applications.jobs import end_notices, mend_compositions
from tests.registry.applications.cases import Case, codes
from tests.registry.governance.steps import body_of, own, piloted, seat

pytestmark = pytest.mark.anyio


async def notice(case: Case, name: str, left_on: str) -> Any:
    path = f"/v1/registry/memberships/{case.memberships[name]}/exit-notices"
    return await case.call(case.member(name), "POST", path, {"left_on": left_on, "reason": "调整"})


async def owed(case: Case) -> list[dict[str, Any]]:
    items = (await own(case, "GET", "milestones")).json()["items"]
    return [item for item in items if item["kind"] == "composition"]


async def resolved(case: Case, body: str, matter: str, for_ppm: int) -> str:
    ballot = {
        "body_id": body, "matter": matter, "text": "决议", "resolved_on": "2026-03-10",
        "for_ppm": for_ppm,
    }  # fmt: skip
    answer = await own(case, "POST", "resolutions", ballot)
    assert answer.status_code == 201, answer.text
    resolution_id: str = answer.json()["id"]
    return resolution_id


@pytest.mark.requirement("A049", "A058", "A085")
@pytest.mark.refusing
async def test_with_the_last_day_seats_and_votes_end_and_a_time_to_cure_begins(case: Case) -> None:
    decision, _ = await piloted(case)
    leaver = str(case.orgs["M02"])
    held = await own(case, "POST", f"bodies/{decision}/seats", seat("industry", org_id=leaver))
    votes = [
        {"holder_org_id": str(case.orgs["M01"]), "share_ppm": 700_000, "basis": "capital_ratio"},
        {"holder_org_id": leaver, "share_ppm": 300_000, "basis": "capital_ratio"},
    ]
    assert (await own(case, "PUT", "votes/shareholders", {"votes": votes})).status_code == 200
    early = await notice(case, "M02", "2026-04-08")
    assert (early.status_code, codes(early)) == (422, ["NOTICE_TOO_SHORT"])
    assert early.json()["errors"][0]["params"]["earliest"] == "2026-04-09"
    assert (await notice(case, "M02", "2026-04-09")).json()["state"] == "leaving"
    assert codes(await notice(case, "M02", "2026-04-09")) == ["STATE_CONFLICT"]

    case.registry.set_clock("2026-04-09T15:00:00+00:00")
    assert await end_notices(case.registry.app) == 0
    assert await owed(case) == []
    case.registry.set_clock("2026-04-09T16:00:00+00:00")
    assert await end_notices(case.registry.app) == 1
    seats = (await own(case, "GET", f"bodies/{decision}/seats")).json()["items"]
    assert {one["id"]: one["until_on"] for one in seats}[held.json()["id"]] == "2026-04-09"
    left = (await own(case, "GET", "votes/shareholders")).json()["items"]
    assert [row["holder_org_id"] for row in left] == [str(case.orgs["M01"])]
    [duty] = await owed(case)
    assert (duty["state"], duty["due_on"]) == ("open", "2026-07-09")
    history = (await own(case, "GET", "history")).json()["items"]
    [broken] = [item for item in history if item["type"] == "center.composition_broken"]
    assert {found["code"] for found in broken["data"]["failed"]} == {
        "MODEL_COMPOSITION", "VOTES_NOT_100",
    }  # fmt: skip

    assert await mend_compositions(case.registry.app) == 0
    again = {"org_id": leaver, "role": "member", "chain_position": "upstream"}
    invited = await own(case, "POST", "members", again, "M01")
    assert invited.status_code == 201, invited.text
    case.memberships["M02"] = invited.json()["id"]
    assert (await case.confirm("M02")).status_code == 200
    assert await mend_compositions(case.registry.app) == 0
    votes[0]["share_ppm"] = 1_000_000
    assert (await own(case, "PUT", "votes/shareholders", {"votes": votes[:1]})).status_code == 200
    assert await mend_compositions(case.registry.app) == 1
    [cured] = await owed(case)
    assert cured["state"] == "met"


@pytest.mark.requirement("A049", "A078")
@pytest.mark.refusing
async def test_a_member_is_put_out_by_a_carried_resolution_after_its_term(case: Case) -> None:
    decision, _ = await piloted(case)
    path = f"members/{case.memberships['M20']}/expulsion"
    lost = await resolved(case, decision, "membership", 400_000)
    other = await resolved(case, decision, "strategy", 900_000)
    carried = await resolved(case, decision, "membership", 600_000)
    board = await resolved(case, await body_of(case, "board"), "membership", 900_000)
    order = {"left_on": "2026-04-09", "reason": "连续两年未履行出资承诺"}
    for resolution in (lost, other, board):
        refused = await own(case, "POST", path, {**order, "resolution_id": resolution})
        assert (refused.status_code, codes(refused)) == (409, ["RESOLUTION_MISSING"])
    short = {**order, "resolution_id": carried, "left_on": "2026-04-08"}
    assert codes(await own(case, "POST", path, short)) == ["NOTICE_TOO_SHORT"]
    stranger = await own(case, "POST", path, {**order, "resolution_id": carried}, "M02")
    assert (stranger.status_code, codes(stranger)) == (403, ["FORBIDDEN_SCOPE"])
    unknown = {**order, "resolution_id": case.memberships["M20"]}
    assert (await own(case, "POST", path, unknown)).status_code == 404

    ordered = await own(case, "POST", path, {**order, "resolution_id": carried})
    assert (ordered.status_code, ordered.json()["state"]) == (201, "leaving")
    seen = await case.call(
        case.member("M20"), "GET", f"/v1/registry/memberships/{case.memberships['M20']}"
    )
    assert seen.json()["exit_reason"] == order["reason"]
    case.registry.set_clock("2026-04-09T16:00:00+00:00")
    assert await end_notices(case.registry.app) == 1
    members = (await own(case, "GET", "members")).json()["items"]
    states = {row["org_id"]: row["state"] for row in members}
    assert states[str(case.orgs["M20"])] == "expelled"
    assert await owed(case) == []  # Four are left, and they make up the model.


@pytest.mark.requirement("X04", "A050")
@pytest.mark.refusing
async def test_who_left_reads_what_was_and_nothing_newer_and_still_owes(case: Case) -> None:
    await piloted(case)
    path = f"/v1/registry/memberships/{case.memberships['M08']}"
    promise = {
        "kind": "money", "description": "研发投入", "starts_on": "2026-03-10",
        "amount": {"amount": 5_000_00, "currency": "CNY"},
    }  # fmt: skip
    made = await case.call(case.member("M08"), "POST", f"{path}/commitments", promise)
    assert made.status_code == 201, made.text
    assert (await own(case, "GET", "history", who="M08")).status_code == 200
    stranger = await own(case, "GET", "history", who="M04")
    assert (stranger.status_code, codes(stranger)) == (403, ["FORBIDDEN_SCOPE"])
    await notice(case, "M08", "2026-04-09")
    case.registry.set_clock("2026-04-10T02:00:00+00:00")
    await end_notices(case.registry.app)
    await own(case, "PUT", "pilot-themes/operation_management", {"text": "轮值"})

    newest = (await own(case, "GET", "history")).json()["items"][0]
    assert newest["type"] == "theme.named"
    seen = (await own(case, "GET", "history", who="M08")).json()["items"]
    assert "center.stage_changed" in {item["type"] for item in seen}
    assert {item["recorded_at"][:10] for item in seen} <= {"2026-01-12", "2026-03-02", "2026-03-10"}
    kept = await case.call(case.member("M08"), "GET", f"{path}/commitments")
    assert [item["withdrawn_at"] for item in kept.json()["items"]] == [None]
    back = f"{path}/commitments/{made.json()['id']}/withdraw"
    refused = await case.call(case.member("M08"), "POST", back)
    assert (refused.status_code, codes(refused)) == (409, ["STATE_CONFLICT"])
