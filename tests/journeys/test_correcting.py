"""Story D4: a case is returned, mended, returned once too often, rejected, and applied for anew."""

from datetime import timedelta
from typing import Any

import pytest

from tests.fixtures.stack import World
from tests.journeys.leading import today
from tests.journeys.test_models import founded
from zhichuang.demo.applying import Draft, material_file
from zhichuang.demo.client import Caller

PLATFORM = ("m18", "m22", "m24")
EXPIRED = [{"code": "qualification_expired", "comment": "CNAS证书已过有效期"}]


def codes(problem: dict[str, Any]) -> set[str]:
    return {entry["code"] for entry in problem["errors"]}


def check(handler: Caller, draft: Draft, result: str, *items: dict[str, str]) -> dict[str, Any]:
    return handler.post(f"{draft.path}/formal-checks", {"result": result, "items": list(items)})


def mended(draft: Draft, round_no: int) -> None:
    """Hand in another commitment letter, and submit the next round."""
    draft.material("commitment_letter", material_file(draft.lead, f"承诺书第{round_no}稿"))
    draft.submit()
    assert draft.read()["round"] == round_no


@pytest.mark.refusing
@pytest.mark.requirement("A117", "A118")
def test_a_case_is_mended_in_rounds_and_a_further_one_needs_a_reviewers_word(world: World) -> None:
    draft = founded(world, "m17", "platform", PLATFORM)
    handler, reviewer = world.caller("handler"), world.caller("reviewer")
    receipt = draft.submit()["receipt_no"]
    pointless = handler.refused(
        "POST", f"{draft.path}/formal-checks", {"result": "return", "items": []}
    )
    assert (pointless["status"], pointless["code"]) == (422, "MATERIAL_MISSING")

    assert check(handler, draft, "return", *EXPIRED)["state"] == "returned"
    ready = draft.lead.get(f"{draft.path}/readiness")
    assert ready["due_on"] > world.today()
    mended(draft, 2)
    changed = draft.lead.get(f"{draft.path}/snapshots/2/changes")["changes"]
    parts = {one["pointer"].split("/")[1] for one in changed}
    assert "materials" in parts
    assert not parts & {"members", "plan", "sponsor_profiles", "core_technologies"}, changed
    hidden = world.caller("m25").refused("GET", f"{draft.path}/snapshots/2/changes")
    assert hidden["status"] == 404

    check(handler, draft, "return", *EXPIRED)
    mended(draft, 3)
    third = handler.refused(
        "POST", f"{draft.path}/formal-checks", {"result": "return", "items": EXPIRED}
    )
    assert (third["status"], codes(third)) == (409, {"ROUNDS_EXHAUSTED"})
    assert draft.read()["state"] == "submitted"
    grant = f"{draft.path}/further-rounds"
    unasked = handler.refused("POST", grant, {"reason": "检测机构换证需要时间"})
    assert (unasked["status"], unasked["code"]) == (403, "FORBIDDEN_SCOPE")
    assert reviewer.refused("POST", grant, {"reason": ""})["status"] == 422
    reviewer.post(grant, {"reason": "检测机构换证需要时间，补正确有必要"})
    check(handler, draft, "return", *EXPIRED)
    mended(draft, 4)
    assert check(handler, draft, "accept")["state"] == "accepted"
    assert draft.read()["receipt_no"] == receipt
    rounds = [one["round"] for one in draft.lead.get(f"{draft.path}/snapshots")["items"]]
    assert sorted(rounds) == [1, 2, 3, 4]


@pytest.mark.refusing
@pytest.mark.requirement("A122", "A159", "X03")
def test_a_rejected_case_is_closed_with_its_reason_and_applied_for_anew(world: World) -> None:
    entity = world.entity()
    draft = world.complete(world.draft(entity=entity))
    draft.submit()
    approver = world.caller("approver")
    assert approver.refused("POST", f"{draft.path}/reject", {"reason": ""})["status"] == 422
    duty = world.caller("handler").refused("POST", f"{draft.path}/reject", {"reason": "不具备"})
    assert (duty["status"], duty["code"]) == (403, "FORBIDDEN_SCOPE")
    rejected = approver.post(f"{draft.path}/reject", {"reason": "目标与现有中心重复，依据不足"})
    assert rejected["state"] == "rejected"
    again = draft.lead.refused("POST", f"{draft.path}/submit", version=rejected["version"])
    assert (again["status"], again["code"]) == (409, "STATE_CONFLICT")
    twice = approver.refused("POST", f"{draft.path}/reject", {"reason": "重复操作"})
    assert (twice["status"], twice["code"]) == (409, "STATE_CONFLICT")

    anew = world.complete(world.draft(entity=entity))
    assert anew.submit()["receipt_no"] != draft.read()["receipt_no"]
    assert anew.body["center_id"] != draft.body["center_id"]
    assert draft.read()["state"] == "rejected"


@pytest.mark.refusing
@pytest.mark.requirement("X17", "A049")
def test_an_organization_on_record_for_dishonesty_is_not_invited_until_it_is_lifted(
    world: World,
) -> None:
    barred = world.entity(name=f"上海失信示例有限公司 {world.number()}")
    records = f"/v1/registry/organizations/{barred['id']}/dishonesty-records"
    day = today(world)
    made = world.caller("handler").post(
        records,
        {
            "from_on": day.isoformat(), "until_on": (day + timedelta(days=300)).isoformat(),
            "authority": "市场监督管理局", "basis": "列入严重违法失信名单决定书",
        },
    )  # fmt: skip
    draft = world.draft()
    body = {"org_id": barred["id"], "role": "member"}
    problem = draft.lead.refused("POST", f"{draft.path}/members", body)
    assert (problem["status"], problem["code"]) == (422, "DISHONEST_ORG")
    assert barred["id"] not in {one["org_id"] for one in draft.read()["members"]}
    lifting = {"lifted_on": day.isoformat(), "reason": "信用修复"}
    world.caller("handler").post(f"{records}/{made['id']}/lifting", lifting)
    assert draft.invite(barred["id"])["state"] == "invited"
