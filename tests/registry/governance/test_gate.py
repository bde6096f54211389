"""From preparing to pilot over HTTP (story D7), and the plan's versions."""

from uuid import UUID

import pytest

from registry.governance.rules import PlanState
from registry.governance.tables import DevelopmentPlan
from shared.database import new_id
from tests.registry.applications.cases import PLAN, Case, codes
from tests.registry.governance.steps import body_of, own, seat, to_pilot

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A056", "A076", "A082")
@pytest.mark.refusing
async def test_a_listed_centre_becomes_a_pilot_when_everything_stands(case: Case) -> None:
    await case.listed()
    missing = await to_pilot(case)
    assert (missing.status_code, missing.json()["code"]) == (409, "GOV_BODY_COMPOSITION")
    assert codes(missing) == [
        "GOV_BODY_COMPOSITION", "GOV_BODY_COMPOSITION", "VOTES_NOT_100", "PLAN_NOT_APPROVED"
    ]  # fmt: skip
    assert (await to_pilot(case, "M04")).json()["code"] == "FORBIDDEN_SCOPE"

    decision = await body_of(
        case, "decision", seat("industry", org_id=str(case.orgs["M01"])),
        seat("industry", independent=True), seat("science", independent=True),
    )  # fmt: skip
    committee = await body_of(
        case, "technical_committee", seat("industry"), seat("science"),
        seat("government", appointing_agency="上海市示例委员会"),
    )  # fmt: skip
    tied = seat("science", independent=True, org_id=str(case.orgs["M03"]))
    refused = await own(case, "POST", f"bodies/{decision}/seats", tied)
    assert (refused.status_code, codes(refused)) == (422, ["INDEPENDENCE_BROKEN"])

    vote = {"holder_org_id": str(case.orgs["M01"]), "basis": "capital_ratio"}
    short = await own(
        case, "PUT", "votes/shareholders", {"votes": [{**vote, "share_ppm": 999_999}]}
    )
    assert (short.status_code, codes(short)) == (422, ["VOTES_NOT_100"])
    whole = {"votes": [{**vote, "share_ppm": 1_000_000}]}
    assert (await own(case, "PUT", "votes/shareholders", whole)).status_code == 200

    ballot = {"matter": "plan", "text": "通过发展规划", "resolved_on": "2026-03-10"}
    advisory = await own(
        case, "POST", "resolutions", {**ballot, "body_id": committee, "for_ppm": 1_000_000}
    )
    assert (advisory.status_code, codes(advisory)) == (422, ["GOV_BODY_COMPOSITION"])
    resolution = await own(
        case, "POST", "resolutions", {**ballot, "body_id": decision, "for_ppm": 650_000}
    )
    assert resolution.json()["passed"] is True
    plans = (await own(case, "GET", "plans")).json()["items"]
    adopted = await own(
        case, "POST", f"plans/{plans[0]['id']}/adoption",
        {"resolution_id": resolution.json()["id"]},
    )  # fmt: skip
    assert adopted.json()["state"] == "filed"

    case.agreement(risk_sharing=False)
    clause = await to_pilot(case)
    assert codes(clause) == ["IP_AGREEMENT_MISSING"]
    case.agreement()
    ready = await own(case, "GET", "readiness?to=pilot")
    assert ready.json()["ready"] is True, ready.text
    moved = await to_pilot(case)
    assert (moved.status_code, moved.json()["stage"]) == (200, "pilot"), moved.text


@pytest.mark.requirement("A082", "A083")
async def test_a_listing_files_the_plan_and_a_later_version_replaces_its_targets(
    case: Case,
) -> None:
    await case.listed()
    first = await own(case, "GET", "plan-targets?year=2027")
    assert (first.json()["plan_version"], first.json()["targets"][0]["value"]) == (1, "30")
    assert first.json()["filed_at"].startswith("2026-03-10")
    target = {"part": 2, "metric_code": "B1", "unit": "份", "year": 2027, "value": "32.5"}
    drafted = await own(case, "POST", "plans", {**PLAN, "targets": [target]})
    assert (drafted.json()["number"], drafted.json()["state"]) == (2, "draft")
    unfiled = await own(case, "POST", f"plans/{drafted.json()['id']}/file")
    assert (unfiled.status_code, codes(unfiled)) == (409, ["STATE_CONFLICT"])
    assert (await own(case, "GET", "plan-targets")).json()["plan_version"] == 1

    case.registry.set_clock("2026-06-01T02:00:00+00:00")
    body = await body_of(case, "decision")
    ballot = {
        "body_id": body, "matter": "plan", "text": "修订", "resolved_on": "2026-06-01",
        "for_ppm": 700_000,
    }  # fmt: skip
    resolution = await own(case, "POST", "resolutions", ballot)
    path = f"plans/{drafted.json()['id']}"
    await own(case, "POST", f"{path}/adoption", {"resolution_id": resolution.json()["id"]})
    filed = await own(case, "POST", f"{path}/file")
    assert filed.json()["state"] == "filed"
    now = await own(case, "GET", "plan-targets?year=2027")
    assert (now.json()["plan_version"], now.json()["targets"][0]["value"]) == (2, "32.5")
    then = await own(case, "GET", "plan-targets?as_of=2026-05-31T16:00:00Z")
    # A day means its end in Shanghai.
    end_of_day = await own(case, "GET", "plan-targets?as_of=2026-05-31")
    assert end_of_day.json() == then.json()
    assert then.json()["plan_version"] == 1


@pytest.mark.requirement("X06", "A082")
@pytest.mark.refusing
async def test_a_draft_that_somebody_else_wrote_meanwhile_is_not_overwritten(case: Case) -> None:
    await case.listed()
    first = await own(case, "POST", "plans", {**PLAN, "targets": []})
    tag = {"If-Match": first.headers["etag"]}
    second = await own(case, "POST", "plans", {**PLAN, "horizon_years": 7, "targets": []}, **tag)
    assert (second.status_code, second.json()["horizon_years"]) == (201, 7), second.text
    stale = await own(case, "POST", "plans", {**PLAN, "horizon_years": 9, "targets": []}, **tag)
    assert (stale.status_code, codes(stale)) == (412, ["VERSION_CONFLICT"])
    newest = (await own(case, "GET", "plans")).json()["items"][0]
    assert (newest["horizon_years"], newest["version"]) == (7, second.json()["version"])


@pytest.mark.requirement("A083", "A082")
@pytest.mark.refusing
async def test_a_version_that_lacks_parts_is_neither_adopted_nor_filed(case: Case) -> None:
    await case.listed()
    plan = {**PLAN, "targets": [], "parts": [1, 4]}
    drafted = await own(case, "POST", "plans", plan)
    assert (drafted.status_code, drafted.json()["state"]) == (201, "draft"), drafted.text
    ballot = {
        "body_id": await body_of(case, "decision"), "matter": "plan", "text": "修订",
        "resolved_on": "2026-03-10", "for_ppm": 700_000,
    }  # fmt: skip
    resolution = (await own(case, "POST", "resolutions", ballot)).json()
    path, carried = f"plans/{drafted.json()['id']}", {"resolution_id": resolution["id"]}
    partial = await own(case, "POST", f"{path}/adoption", carried)
    assert (partial.status_code, codes(partial)) == (409, ["PLAN_PART_MISSING"])
    assert partial.json()["errors"][0]["params"]["missing"] == [2, 3, 5]
    # What was adopted before the rule stays unfiled, too.
    async with case.registry.sessions.begin() as session:
        row = await session.get(DevelopmentPlan, UUID(drafted.json()["id"]))
        assert row is not None
        row.state = PlanState.APPROVED
    unfiled = await own(case, "POST", f"{path}/file")
    assert (unfiled.status_code, codes(unfiled)) == (409, ["PLAN_PART_MISSING"])


@pytest.mark.requirement("A085", "A078")
@pytest.mark.refusing
async def test_unknown_holders_files_and_votes_beyond_all_are_refused(case: Case) -> None:
    await case.listed()
    nobody, own_org = str(new_id()), str(case.orgs["M01"])
    half = {"share_ppm": 500_000, "basis": "charter"}
    for second in (nobody, own_org):
        votes = [{**half, "holder_org_id": own_org}, {**half, "holder_org_id": second}]
        refused = await own(case, "PUT", "votes/board", {"votes": votes})
        assert (refused.status_code, codes(refused)) == (422, ["FIELD_INVALID"])
    body = await body_of(case, "decision")
    strange = await own(case, "POST", f"bodies/{body}/seats", seat("industry", org_id=nobody))
    assert strange.status_code == 404
    ballot = {
        "body_id": body, "matter": "strategy", "text": "战略", "resolved_on": "2026-03-10",
        "for_ppm": 600_000,
    }  # fmt: skip
    beyond = await own(case, "POST", "resolutions", {**ballot, "against_ppm": 400_001})
    assert (beyond.status_code, codes(beyond)) == (422, ["VOTES_NOT_100"])
    unfiled = await own(case, "POST", "resolutions", {**ballot, "file_id": nobody})
    assert unfiled.status_code == 404
