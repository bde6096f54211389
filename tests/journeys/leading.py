"""Leads a filled application through review, agreement and notice to its listing."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from tests.fixtures.stack import World
from zhichuang.demo.applying import Draft, material_file, upload
from zhichuang.demo.client import Caller, soon
from zhichuang.demo.story import EVALUATION, LEDGER, PANEL

ITEMS = ("technology", "economy", "industry", "management", "legal_ip")
# What the first party takes for its machines, and the second one for its data.
USE_RATES: tuple[tuple[int, dict[str, Any]], ...] = (
    (50_000, {"element": "equipment", "unit": "minute", "per": 60}),
    (333, {"element": "data", "unit": "gigabyte", "per": 1}),
)
CLAUSES = ("joint_development", "complementarity", "result_sharing", "risk_sharing")


def to_day(world: World, day: date, hour: str = "02:00:00") -> None:
    """Move the clock to a morning, or leave it when it is later already."""
    world.clock_at_least(f"{day.isoformat()}T{hour}Z")


def today(world: World) -> date:
    return date.fromisoformat(world.today())


def reviewed(world: World, draft: Draft) -> None:
    """Let the handler accept, seven experts score, and two of them visit."""
    handler = world.caller("handler")
    handler.post(f"{draft.path}/formal-checks", {"result": "accept", "items": []})
    ids = {name: str(world.caller(name).get("/v1/me")["expert_id"]) for name in PANEL}
    body = {"subject_type": "application", "subject_id": draft.body["id"]}
    panel = handler.post(
        f"{EVALUATION}/panels", {**body, "expert_ids": list(ids.values()), "max_load": 100}
    )
    sheets = {sheet["expert_id"]: sheet["id"] for sheet in panel["sheets"]}
    scores = [{"indicator": item, "score": "82.00", "comment": "依据充分"} for item in ITEMS]
    for name, expert_id in ids.items():
        path = f"{EVALUATION}/score-sheets/{sheets[expert_id]}"
        expert = world.caller(name)
        expert.post(f"{path}/declaration", {"conflict": False, "statement": "无利害关系"})
        expert.put(f"{path}/items", {"items": scores})
        expert.post(f"{path}/submit")
    until(handler, draft.path, state="site_visit")
    visit = handler.post(
        f"{EVALUATION}/site-visits",
        {
            **body,
            "visited_on": world.today(),
            "expert_ids": [ids["ex05"], ids["ex07"]],
            "report_file_id": material_file(handler, "现场考察报告"),
        },
    )
    for name in ("ex05", "ex07"):
        world.caller(name).post(f"{EVALUATION}/site-visits/{visit['id']}/signatures", {})
    until(handler, draft.path, state="commission_review")


def agreement(
    world: World, draft: Draft, parties: tuple[str, ...], *clauses: str
) -> dict[str, Any]:
    """Write an agreement with the named clauses, all four when none is named."""
    ticked = clauses or CLAUSES
    text = upload(draft.lead, f"协议 {world.number()}\n".encode(), "text/plain")
    share = 1_000_000 // len(parties)
    split: list[dict[str, Any]] = [
        {"org_id": str(world.caller(name).org_id), "ppm": share} for name in parties
    ]
    split[0]["ppm"] += 1_000_000 - share * len(parties)
    return {
        "center_id": draft.center_id,
        "text_file_id": text["id"],
        "parties": [{"org_id": part["org_id"]} for part in split],
        "clauses": {name: {"ticked": True, "evidence": "第三条"} for name in ticked},
        "benefit_shares": split,
        "risk_shares": split,
        "use_rates": [
            {"provider_org_id": part["org_id"], "price": {"amount": fen}, **rate}
            for part, (fen, rate) in zip(split, USE_RATES, strict=False)
        ],
        "rounding": "largest_remainder",
        "exit_method": "event_dated",
        "effective_on": world.today(),
    }


def agreed(world: World, draft: Draft, parties: tuple[str, ...]) -> None:
    """Propose an agreement with all four clauses, and let every party sign its text."""
    made = draft.lead.post(f"{LEDGER}/agreements", agreement(world, draft, parties))
    for name in parties:
        world.caller(name).post(
            f"{LEDGER}/agreements/{made['id']}/signatures", {"text_sha256": made["text_sha256"]}
        )


def listed(world: World, draft: Draft, parties: tuple[str, ...]) -> dict[str, Any]:
    """Lead a filled draft to its listing, and give the centre."""
    draft.submit()
    reviewed(world, draft)
    agreed(world, draft, parties)
    return concluded(world, draft)


def concluded(world: World, draft: Draft) -> dict[str, Any]:
    """Lead a reviewed case with its agreement through notice and approval to its listing."""
    world.caller("reviewer").post(f"{draft.path}/recommendation", {"text": "建议列入"})
    notice = world.caller("handler").post(f"{draft.path}/notice", {})
    to_day(world, date.fromisoformat(notice["closes_on"]) + timedelta(days=1))
    body = {"doc_no": f"沪经信技〔示例〕{world.number()}号"}
    world.caller("approver").post(f"{draft.path}/approve", body)
    return until(world.caller("approver"), center_path(draft), stage="preparing")


def center_path(draft: Draft) -> str:
    return f"/v1/registry/centers/{draft.center_id}"


def until(caller: Caller, path: str, **wanted: Any) -> dict[str, Any]:
    """Read until every named field is as wanted."""
    return soon(
        lambda: caller.get(path),
        lambda body: all(body.get(name) == value for name, value in wanted.items()),
    )


def piloted(world: World, parties: tuple[str, ...]) -> Draft:
    """Lead a new centre of M01's with its legal person to its listing, and into its pilot."""
    year = int(world.today()[:4])
    draft = world.complete(world.draft(entity=world.entity(registered_on=f"{year - 1}-01-15")))
    listed(world, draft, parties)
    governed(world, draft)
    step = {"to": "pilot", "reason": "条件齐备，转入试点"}
    assert draft.lead.post(f"{center_path(draft)}/stage-changes", step)["stage"] == "pilot"
    return draft


def governed(world: World, draft: Draft) -> None:
    """Give a listed centre the bodies, votes and adopted plan that a pilot has."""
    center, lead, day = center_path(draft), draft.lead, world.today()

    def body(kind: str, *seats: dict[str, Any]) -> str:
        formed = lead.post(f"{center}/bodies", {"kind": kind, "term_from": day})
        for one in seats:
            seat = {"person_id": str(uuid4()), "from_on": day, **one}
            lead.post(f"{center}/bodies/{formed['id']}/seats", seat)
        return str(formed["id"])

    decision = body(
        "decision",
        {"sector": "industry", "org_id": str(lead.org_id)},
        {"sector": "industry", "independent": True},
        {"sector": "science", "independent": True},
    )
    body(
        "technical_committee",
        {"sector": "industry"},
        {"sector": "science"},
        {"sector": "government", "appointing_agency": "示例委员会"},
    )
    whole = {
        "holder_org_id": str(lead.org_id), "basis": "capital_ratio", "share_ppm": 1_000_000,
    }  # fmt: skip
    lead.put(f"{center}/votes/shareholders", {"votes": [whole]})
    ballot = {
        "body_id": decision, "matter": "plan", "text": "通过发展规划", "resolved_on": day,
        "for_ppm": 650_000,
    }  # fmt: skip
    resolution = lead.post(f"{center}/resolutions", ballot)
    plan = lead.get(f"{center}/plans")["items"][0]
    adopted = {"resolution_id": resolution["id"]}
    lead.post(f"{center}/plans/{plan['id']}/adoption", adopted)
