"""Attacks on panels and sheets: out of order, twice, and by those who may not."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fixtures.stack import World
from zhichuang.demo.client import Surprise

pytestmark = pytest.mark.xdist_group("stack")

PANELS = "/v1/evaluation/panels"
EXPERTS = ("ex02", "approver_expert", "ex05", "ex07", "ex09")


@pytest.fixture
def accepted(world: World) -> dict[str, Any]:
    """Ask for a panel of five over an application that was just accepted."""
    draft = world.complete(world.draft())
    draft.submit()
    world.caller("handler").post(f"{draft.path}/formal-checks", {"result": "accept", "items": []})
    ids = [world.caller(name).get("/v1/me")["expert_id"] for name in EXPERTS]
    subject = {"subject_type": "application", "subject_id": draft.body["id"]}
    # The other journeys of this stack leave seats of the same experts at work.
    return {**subject, "expert_ids": ids, "max_load": 100}


@pytest.mark.refusing
@pytest.mark.requirement("A121", "X08")
def test_one_panel_is_formed_and_its_sheets_are_their_experts_own(
    world: World, accepted: dict[str, Any]
) -> None:
    handler = world.caller("handler")

    def form(_: int) -> dict[str, Any] | None:
        try:
            return handler.post(PANELS, accepted)
        except Surprise:
            return None

    handler.get("/v1/me")
    with ThreadPoolExecutor(4) as pool:
        formed = [panel for panel in pool.map(form, range(4)) if panel is not None]
    assert len(formed) == 1
    sheet = f"/v1/evaluation/score-sheets/{formed[0]['sheets'][0]['id']}"
    assert world.caller("ex02").refused("GET", sheet)["code"] == "DECLARATION_MISSING"
    for stranger in ("ex04", "ex05", "m01"):
        assert world.caller(stranger).refused("GET", sheet)["status"] == 404, stranger
    world.caller("ex02").post(
        f"{sheet}/declaration", {"conflict": False, "statement": "与申报各方无利害关系"}
    )
    blank = world.caller("ex02").refused("POST", f"{sheet}/submit")
    assert (blank["status"], blank["code"]) == (422, "SHEET_INCOMPLETE")


@pytest.mark.refusing
@pytest.mark.requirement("X03")
def test_an_approver_who_scored_rejects_nothing(world: World, accepted: dict[str, Any]) -> None:
    panel = world.caller("handler").post(PANELS, accepted)
    expert = world.caller("approver_expert")
    expert_id = accepted["expert_ids"][1]
    sheet = next(s["id"] for s in panel["sheets"] if s["expert_id"] == expert_id)
    path = f"/v1/evaluation/score-sheets/{sheet}"
    expert.post(f"{path}/declaration", {"conflict": False, "statement": "与申报各方无利害关系"})
    names = ("technology", "economy", "industry", "management", "legal_ip")
    items = [{"indicator": name, "score": "70.00", "comment": "依据充分"} for name in names]
    expert.put(f"{path}/items", {"items": items})
    expert.post(f"{path}/submit")
    case = f"/v1/registry/applications/{accepted['subject_id']}"
    problem = expert.refused("POST", f"{case}/reject", {"reason": "不予通过"})
    assert (problem["status"], problem["code"]) == (403, "SOD_VIOLATION")
