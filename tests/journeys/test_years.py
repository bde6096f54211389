"""Stories D9 and D10: a year is judged, and what an unqualified one leads to, both ends.

One centre reports twelve days late and is scored, the other reports nothing; both are unqualified.
One mends what was found and returns to its pilot; the other fails its re-check and is delisted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.stack import World
from tests.journeys.leading import center_path, piloted, to_day, until
from zhichuang.demo.applying import Draft, upload
from zhichuang.demo.client import Caller, soon
from zhichuang.demo.story import EVALUATION

pytestmark = pytest.mark.xdist_group("stack")

PARTIES = ("m01", "m02", "m03", "m20", "m08")
# One of them approves besides, under the same person.
PANEL = ("ex02", "approver_expert", "ex05", "ex06", "ex07", "ex08", "ex09")
LEAVES = ("A4", "B6", "C5", "D4", "E3")
ACCOUNTS = {
    "rd_cost": {"amount": 34_000_000, "currency": "CNY"},
    "total_cost": {"amount": 100_000_000, "currency": "CNY"},
    "rd_staff": 46,
    "staff": 100,
    "income": {"amount": 98_000_000, "currency": "CNY"},
}
REPORT = {"accounts": ACCOUNTS, "narrative": {"summary": "全年推进情况见表"}}


def codes(problem: Mapping[str, Any]) -> set[str]:
    return {entry["code"] for entry in problem["errors"]}


@dataclass
class Judged:
    """A centre with its case of the year."""

    world: World
    draft: Draft
    case: str
    year: int

    @property
    def center(self) -> str:
        return center_path(self.draft)

    @property
    def lead(self) -> Caller:
        return self.draft.lead

    def on(self, month: int, day: int, years_after: int = 1) -> None:
        """Move the clock to a day of a year after the judged one."""
        to_day(self.world, date(self.year + years_after, month, day))

    def publish(self) -> dict[str, Any]:
        """Compute, review and publish, each by a person of his own."""
        self.world.caller("handler").post(f"{self.case}/compute")
        self.world.caller("reviewer").post(f"{self.case}/review", {"text": "逐项核对无误"})
        return self.world.caller("approver2").post(f"{self.case}/publish")


def opened(world: World, drafts: tuple[Draft, Draft], year: int) -> tuple[Judged, Judged]:
    """Plan the year's cycle with its refusals, open it, and find both centres' cases (D10.1)."""
    handler = world.caller("handler")
    scheme = handler.get(f"{EVALUATION}/schemes")["items"][0]
    weights = {"A": "28", "B": "32", "C": "15", "D": "15", "E": "11"}
    named = {"code": f"p{world.number()}", "name": "示例侧重", "weights": weights}
    off = handler.refused("POST", f"{EVALUATION}/weight-profiles", named)
    assert (off["status"], codes(off)) == (422, {"WEIGHTS_NOT_100"})
    body = {
        "kind": "annual_evaluation", "year": year, "scheme_id": scheme["id"],
        "weight_profile": "default", "due_on": f"{year + 1}-04-30",
    }  # fmt: skip
    cycle = handler.post(f"{EVALUATION}/cycles", body)
    path = f"{EVALUATION}/cycles/{cycle['id']}"
    due = {"due_on": f"{year + 1}-03-31"}
    moved = handler.patch(path, due, version=cycle["version"])
    told = handler.post(f"{path}/open", version=moved["version"])
    # D9.6, D10.1: what opened stays as it is, for all.
    late = handler.refused("PATCH", path, {"due_on": f"{year + 1}-05-31"}, version=told["version"])
    assert (late["status"], codes(late)) == (409, {"STATE_CONFLICT"})
    kept = handler.get(f"{EVALUATION}/schemes/{scheme['id']}")
    names = ("code", "title", "title_en", "note", "provisional", "parameters", "criteria")
    change = {name: kept[name] for name in names if name in kept} | {"title": "改动"}
    frozen = handler.refused(
        "PUT", f"{EVALUATION}/schemes/{scheme['id']}", change, version=kept["version"]
    )
    assert (frozen["status"], codes(frozen)) == (409, {"SCHEME_FROZEN"})
    # D9.5: who is not in it is named with the reason.
    excluded = {one["reason"] for one in handler.get(path)["excluded"]}
    assert "not_listed" in excluded
    cases = handler.get(f"{EVALUATION}/cases", cycle_id=cycle["id"], limit=500)["items"]
    by_center = {one["center_id"]: f"{EVALUATION}/cases/{one['id']}" for one in cases}
    first, second = (Judged(world, draft, by_center[draft.center_id], year) for draft in drafts)
    return first, second


def posted(judged: Judged, kind: str, payload: dict[str, Any], name: str) -> dict[str, Any]:
    """Post a fact of the judged year."""
    return judged.lead.post(
        "/v1/registry/facts",
        {
            "center_id": judged.draft.center_id, "kind": kind,
            "occurred_on": f"{judged.year}-06-15", "external_id": f"{name}-{uuid4()}",
            "payload": payload, "evidence": [],
        },
    )  # fmt: skip


def reported_late(judged: Judged) -> None:
    """D9.1 to D9.3: computed fields are nobody's to write; the first sending counts."""
    report = f"{judged.case}/report"
    typed = {**REPORT, "target_vs_actual": [{"code": "B4", "actual": "9"}]}
    refused = judged.lead.refused("PUT", report, typed)
    assert (refused["status"], refused["code"]) == (422, "FIELD_UNKNOWN")
    judged.lead.put(report, REPORT)
    judged.on(4, 12)
    sent = followed(judged).post(f"{report}/submit")
    assert (sent["late"], sent["lateness_days"]) == (True, 12)
    assert [one["code"] for one in sent["warnings"]] == ["REPORT_LATE"]
    judged.on(4, 20)
    handler = judged.world.caller("handler")
    assert (
        handler.post(f"{report}/returns", {"reasons": ["研发费用口径有误"]})["state"] == "returned"
    )
    judged.on(4, 25)
    assert judged.lead.post(f"{report}/submit")["lateness_days"] == 12


def followed(judged: Judged) -> Caller:
    """Let another company stand in the place of the centre's own, and give its account."""
    world, handler = judged.world, judged.world.caller("handler")
    org = f"/v1/registry/organizations/{judged.lead.get(judged.center)['legal_entity_id']}"
    successor = world.entity()
    caller = world.entity_caller(successor["id"])
    assert caller.refused("GET", judged.case)["status"] == 404
    step = {
        "successor_id": successor["id"], "kind": "absorption", "effective_on": world.today(),
        "basis": "准予合并登记通知书",
    }  # fmt: skip
    handler.post(f"{org}/succession", step, version=handler.get(org)["version"])
    cases = soon(lambda: caller.get(f"{EVALUATION}/cases")["items"], bool)
    assert [one["center_id"] for one in cases] == [judged.draft.center_id]
    return caller


def missed(judged: Judged) -> None:
    """D9.4: after the days of grace a report is taken from nobody."""
    judged.lead.put(f"{judged.case}/report", REPORT)
    judged.on(5, 1)
    refused = judged.lead.refused("POST", f"{judged.case}/report/submit")
    assert (refused["status"], refused["code"]) == (409, "REPORT_LOCKED")
    asked = {"reason": "不可抗力", "due_on": f"{judged.year + 1}-05-20"}
    alone = judged.world.caller("handler").refused(
        "POST", f"{judged.case}/report/reopenings", asked
    )
    assert alone["status"] == 403


def scored(judged: Judged) -> None:
    """D10.3 and D10.4: seven experts score alone; nobody else enters points."""
    world, handler = judged.world, judged.world.caller("handler")
    ids = {name: str(world.caller(name).get("/v1/me")["expert_id"]) for name in PANEL}
    seats = {
        "subject_type": "case", "subject_id": judged.case.rsplit("/", 1)[1],
        "expert_ids": list(ids.values()), "max_load": 100,
    }  # fmt: skip
    panel = handler.post(f"{EVALUATION}/panels", seats)
    sheets = {sheet["expert_id"]: sheet["id"] for sheet in panel["sheets"]}
    items = [{"indicator": leaf, "score": "70.00", "comment": "见材料"} for leaf in LEAVES]
    for name, expert_id in ids.items():
        path = f"{EVALUATION}/score-sheets/{sheets[expert_id]}"
        expert = world.caller(name)
        expert.post(f"{path}/declaration", {"conflict": False, "statement": "无利害关系"})
        if name == PANEL[0]:
            above = [{**items[0], "score": "100.01"}]
            assert expert.refused("PUT", f"{path}/items", {"items": above})["status"] == 422
            assert handler.refused("PUT", f"{path}/items", {"items": items})["status"] == 403
            expert.put(f"{path}/items", {"items": items[1:]})
            blank = expert.refused("POST", f"{path}/submit")
            assert (blank["status"], codes(blank)) == (422, {"SHEET_INCOMPLETE"})
        expert.put(f"{path}/items", {"items": items})
        expert.post(f"{path}/submit")


def published(judged: Judged) -> dict[str, Any]:
    """D10.5 and D10.6: computed twice to one hash; who scored or reviewed does not publish."""
    world, handler = judged.world, judged.world.caller("handler")
    first = handler.post(f"{judged.case}/compute")
    assert handler.post(f"{judged.case}/compute")["result_hash"] == first["result_hash"]
    world.caller("reviewer").post(f"{judged.case}/review", {"text": "逐项核对无误"})
    scorer = world.caller("approver_expert").refused("POST", f"{judged.case}/publish")
    assert (scorer["status"], scorer["code"]) == (403, "SOD_VIOLATION")
    assert world.caller("reviewer").refused("POST", f"{judged.case}/publish")["status"] == 403
    unseen = judged.lead.refused("GET", f"{judged.case}/result")
    assert unseen["status"] == 404
    result = world.caller("approver2").post(f"{judged.case}/publish")
    seen = judged.lead.get(f"{judged.case}/result")
    assert seen["result_hash"] == result["result_hash"]
    assert all("scores" not in leaf for leaf in seen["leaves"])
    return result


def objected(judged: Judged) -> None:
    """D10.7: a leaf that was objected to in time is read again, and version 1 is kept."""
    handler = judged.world.caller("handler")
    first = judged.lead.get(f"{judged.case}/result")
    file_id = upload(judged.lead, b"log of hours\n", "text/plain")["id"]
    leaf = {"code": "C4", "reason": "漏计一台共享设备的机时", "evidence": [file_id]}
    stranger = judged.world.caller("m05").refused(
        "POST", f"{judged.case}/objections", {"leaves": [leaf]}
    )
    assert stranger["status"] == 404
    filed = judged.lead.post(f"{judged.case}/objections", {"leaves": [leaf]})
    decision = f"{EVALUATION}/objections/{filed['id']}/decision"
    upheld = {"leaves": ["C4"], "reason": "机时记录属实"}
    assert judged.world.caller("approver2").refused("POST", decision, upheld)["status"] == 403
    handler.post(decision, upheld)
    second = judged.publish()
    assert second["version"] == 2
    before, after = (
        {leaf["code"]: leaf["raw"] for leaf in one["leaves"]} for one in (first, second)
    )
    assert {code for code in before if before[code] != after[code]} == {"C4"}
    kept = judged.lead.get(f"{judged.case}/result", version=1)
    assert kept["result_hash"] == first["result_hash"]


def mended(judged: Judged) -> None:
    """A finding and a plan in thirty days, a year, a re-check, and the way back."""
    world, handler = judged.world, judged.world.caller("handler")
    approver = world.caller("approver")
    [order] = judged.lead.get(f"{judged.center}/rectifications")["items"]
    days = date.fromisoformat(order["plan_due_on"]) - date.fromisoformat(order["ordered_on"])
    assert 30 <= days.days <= 40  # Thirty days, and to the next working day.
    assert int(order["due_on"][:4]) == int(order["ordered_on"][:4]) + 1
    matter = {
        "leaf": "B1", "matter": "全年没有委托研发合同",
        "due_on": f"{judged.year + 1}-12-31",
    }  # fmt: skip
    finding = handler.post(f"{judged.case}/findings", matter)
    path = f"{EVALUATION}/findings/{finding['id']}"
    recheck = f"{judged.center}/rectification/recheck"
    seen = {"passed": True, "visited_on": world.today(), "text": "整改到位"}
    unplanned = handler.refused("POST", recheck, seen)
    assert codes(unplanned) == {"STATE_CONFLICT", "FINDINGS_OPEN"}
    plan = {"text": "拓展委托研发，年内签订三项合同"}
    assert judged.lead.put(f"{judged.center}/rectification/plan", plan)["state"] == "planned"
    file_id = upload(judged.lead, b"three contracts\n", "text/plain")["id"]
    answer = {"words": "已签订三项合同", "evidence": [file_id]}
    assert judged.lead.post(f"{path}/answers", answer)["state"] == "answered"
    assert judged.lead.refused("POST", f"{path}/closure", {"words": "好"})["status"] == 403
    back = {"reason": "合同未盖章", "due_on": f"{judged.year + 2}-01-31"}
    assert handler.post(f"{path}/returns", back)["state"] == "open"
    judged.on(4, 20, years_after=2)
    seen["visited_on"] = world.today()
    refused = handler.refused("POST", recheck, seen)
    assert (refused["status"], codes(refused)) == (409, {"FINDINGS_OPEN"})
    assert refused["errors"][0]["params"]["findings"] == [f"{judged.year} B1 全年没有委托研发合同"]
    late = judged.lead.post(f"{path}/answers", answer)
    assert (late["state"], late["answered_late"]) == ("answered", True)
    assert handler.post(f"{path}/closure", {"words": "整改到位"})["state"] == "closed"
    early = approver.refused("POST", f"{judged.center}/stage-changes", step("pilot"))
    assert "RECHECK_MISSING" in codes(early)
    assert handler.post(recheck, seen)["state"] == "passed"
    lifted(judged)
    moved = approver.post(f"{judged.center}/stage-changes", step("pilot"))
    assert moved["stage"] == "pilot"
    assert (
        approver.refused("POST", f"{judged.center}/stage-changes", step("pilot"))["status"] == 409
    )


def step(to: str) -> dict[str, str]:
    return {"to": to, "reason": "按程序办理"}


def lifted(judged: Judged) -> None:
    """Let a reviewer say of every hold that what rests on the replaced version stands."""
    path = f"{judged.center}/holds"
    reviewer, approver = judged.world.caller("reviewer"), judged.world.caller("approver")
    for hold in reviewer.get(path)["items"]:
        if hold["lifted_at"] is None:
            held = approver.refused("POST", f"{judged.center}/stage-changes", step("pilot"))
            assert codes(held) == {"CENTER_ON_HOLD"}
            one = f"/v1/registry/center-holds/{hold['id']}"
            reviewer.post(f"{one}/examination", {"outcome": "stands", "text": "等次未变"})


def gone(judged: Judged) -> None:
    """A failed re-check delists, by another person, and nothing is written any more."""
    world, approver = judged.world, judged.world.caller("approver")
    judged.lead.put(f"{judged.center}/rectification/plan", {"text": "整改方案"})
    seen = {"passed": False, "visited_on": world.today(), "text": "未见改善"}
    assert world.caller("reviewer").post(
        f"{judged.center}/rectification/recheck", seen
    )["state"] == "failed"  # fmt: skip
    back = approver.refused("POST", f"{judged.center}/stage-changes", step("pilot"))
    assert "RECHECK_MISSING" in codes(back)
    again = world.caller("handler").refused(
        "POST", f"{judged.center}/rectification/recheck", {**seen, "passed": True}
    )
    assert again["status"] == 409
    member = judged.lead.refused("POST", f"{judged.center}/stage-changes", step("delisted"))
    assert member["status"] == 403
    moved = approver.post(f"{judged.center}/stage-changes", step("delisted"))
    assert moved["stage"] == "delisted"
    body = {"kind": "board", "term_from": world.today()}
    assert judged.lead.refused("POST", f"{judged.center}/bodies", body)["status"] == 409
    # With it every membership has ended, on its last day, and every vote.
    ends = {
        (row["state"], row["left_on"])
        for row in judged.lead.get(f"{judged.center}/members")["items"]
    }
    assert ends == {("left", world.today())}
    assert judged.lead.get(f"{judged.center}/votes/shareholders")["items"] == []


def voided(judged: Judged) -> None:
    """D10.8: a falsehood found later voids the result, by two people and not by who published."""
    world, handler = judged.world, judged.world.caller("handler")
    file_id = upload(handler, b"written confirmation\n", "text/plain")["id"]
    ground = {"ground": "forged_evidence", "reason": "机时记录系伪造", "evidence": [file_id]}
    proposed = handler.post(f"{judged.case}/voidings", ground)
    decision = f"{EVALUATION}/voidings/{proposed['id']}/decision"
    confirm = {"decision": "confirm", "reason": "证据充分"}
    own = world.caller("approver2").refused("POST", decision, confirm)
    assert (own["status"], own["code"]) == (403, "SOD_VIOLATION")
    assert world.caller("approver").post(decision, confirm)["state"] == "confirmed"
    void = judged.lead.get(f"{judged.case}/result")
    assert (void["version"], void["rating"], void["total"]) == (3, "unqualified", "0.00")
    until(judged.lead, judged.center, stage="rectifying")


@pytest.mark.refusing
@pytest.mark.requirement("A125", "A128", "X03")
def test_two_unqualified_years_lead_one_centre_back_and_the_other_out(world: World) -> None:
    drafts = (piloted(world, PARTIES), piloted(world, PARTIES))
    year = int(world.today()[:4]) + 1
    to_day(world, date(year, 12, 31))
    to_day(world, date(year + 1, 1, 10))
    late, absent = opened(world, drafts, year)
    hours = {"resource_id": "R-1", "hours": "1000", "shared_hours": "100"}
    posted(late, "resource_usage", hours, "frozen")
    reported_late(late)
    handler = world.caller("handler")
    snapshot = handler.post(f"{late.case}/snapshot")
    # D10.2: what is posted later is stored, and does not count.
    more = {"resource_id": "R-2", "hours": "1000", "shared_hours": "1000"}
    posted(late, "resource_usage", more, "later")
    assert handler.get(f"{late.case}/snapshot")["snapshot_hash"] == snapshot["snapshot_hash"]
    assert handler.refused("POST", f"{late.case}/snapshot")["status"] == 409
    scored(late)
    missed(absent)
    handler.post(f"{absent.case}/snapshot")

    result = published(late)
    assert result["rating"] == "unqualified"
    assert set(result["gates"]) == {"report_late"}
    assert set(absent.publish()["gates"]) == {"report_missing"}
    for one in (late, absent):
        until(one.lead, one.center, stage="rectifying")
    objected(late)
    mended(late)
    gone(absent)
    voided(late)
