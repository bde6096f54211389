"""Story D7: what a listed centre must have before it becomes a pilot (A075 to A086)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.stack import World
from tests.journeys.leading import (
    CLAUSES,
    agreed,
    agreement,
    center_path,
    concluded,
    reviewed,
    to_day,
    today,
)
from zhichuang.demo.client import Caller, soon
from zhichuang.demo.story import LEDGER

PARTIES = ("m01", "m02", "m03", "m20", "m08")


def codes(problem: dict[str, Any]) -> set[str]:
    return {entry["code"] for entry in problem["errors"]}


def missing(problem: dict[str, Any], code: str) -> list[Any]:
    told = [entry["params"]["missing"] for entry in problem["errors"] if entry["code"] == code]
    return [name for names in told for name in names]


def pilot(center: str, caller: Caller) -> dict[str, Any]:
    body = {"to": "pilot", "reason": "条件齐备，转入试点"}
    return caller.refused("POST", f"{center}/stage-changes", body)


@pytest.mark.refusing
@pytest.mark.requirement("A075", "A076", "A080")
def test_a_centre_is_governed_before_it_becomes_a_pilot(world: World) -> None:
    draft = world.complete(world.draft())
    draft.submit()
    reviewed(world, draft)
    # D7.7: an agreement that leaves a clause out is none, and the clause is named.
    three = agreement(world, draft, PARTIES, *CLAUSES[:3])
    bare = world.caller("m01").refused("POST", f"{LEDGER}/agreements", three)
    assert (bare["status"], bare["code"]) == (422, "CLAUSE_MISSING")
    assert bare["errors"][0]["params"]["missing"] == ["risk_sharing"]
    none = world.caller("reviewer").refused(
        "POST", f"{draft.path}/recommendation", {"text": "建议列入"}
    )
    assert (none["status"], codes(none)) == (409, {"IP_AGREEMENT_MISSING"})
    agreed(world, draft, PARTIES)
    concluded(world, draft)
    center, lead = center_path(draft), world.caller("m01")
    day = world.today()

    def body(kind: str, **terms: Any) -> str:
        formed = lead.post(f"{center}/bodies", {"kind": kind, "term_from": day, **terms})
        return f"{center}/bodies/{formed['id']}"

    def seat(sector: str, **over: Any) -> dict[str, Any]:
        return {"person_id": str(uuid4()), "sector": sector, "from_on": day, **over}

    decision = body("decision")
    for name in ("m01", "m01", "m02", "m03", "m20"):
        lead.post(f"{decision}/seats", seat("industry", org_id=str(world.caller(name).org_id)))
    first = pilot(center, lead)
    assert first["status"] == 409
    assert {"independent_industry", "independent_science"} <= set(
        missing(first, "GOV_BODY_COMPOSITION")
    )

    employed = str(uuid4())
    world.caller("m03").post(
        "/v1/registry/person-ties",
        {
            "person_id": employed, "org_id": str(world.caller("m03").org_id),
            "kind": "employment", "from_on": day,
        },
    )  # fmt: skip
    tied = lead.refused(
        "POST", f"{decision}/seats", seat("science", independent=True, person_id=employed)
    )
    assert (tied["status"], tied["code"]) == (422, "INDEPENDENCE_BROKEN")
    scientist = str(uuid4())
    lead.post(f"{decision}/seats", seat("science", independent=True, person_id=scientist))
    lead.post(f"{decision}/seats", seat("industry", independent=True))

    committee = body("technical_committee")
    lead.post(f"{committee}/seats", seat("science"))
    lead.post(f"{committee}/seats", seat("industry"))
    assert missing(pilot(center, lead), "GOV_BODY_COMPOSITION") == ["committee_government"]
    nameless = lead.refused("POST", f"{committee}/seats", seat("government"))
    assert nameless["status"] == 422
    lead.post(f"{committee}/seats", seat("government", appointing_agency="示例委员会"))

    held = [("m01", 600_000), ("m02", 300_000), ("m03", 99_999)]

    def table(shares: list[tuple[str, int]]) -> dict[str, Any]:
        votes = [
            {"holder_org_id": str(world.caller(name).org_id), "share_ppm": ppm,
             "basis": "capital_ratio"}
            for name, ppm in shares
        ]  # fmt: skip
        return {"votes": votes}

    short = lead.refused("PUT", f"{center}/votes/shareholders", table(held))
    assert (short["status"], short["code"]) == (422, "VOTES_NOT_100")
    lead.put(f"{center}/votes/shareholders", table([*held[:2], ("m03", 100_000)]))

    def resolve(where: str, matter: str, for_ppm: int) -> dict[str, Any]:
        return {
            "body_id": where.rsplit("/", 1)[1], "matter": matter, "text": "决议",
            "resolved_on": day, "for_ppm": for_ppm,
        }  # fmt: skip

    capital = lead.post(f"{center}/resolutions", resolve(decision, "capital_change", 650_000))
    assert capital["passed"] is False
    advice = lead.refused(
        "POST", f"{center}/resolutions", resolve(committee, "investment", 900_000)
    )
    assert (advice["status"], advice["code"]) == (422, "GOV_BODY_COMPOSITION")

    assert codes(pilot(center, lead)) == {"PLAN_NOT_APPROVED"}

    def adopted(years: int, *parts: int) -> tuple[str, dict[str, str]]:
        """Draft a version of the plan and let the decision body carry it."""
        texts = [{"part": part, "text": f"第{part}部分：目标、路径、责任单位"} for part in parts]
        draft = lead.post(
            f"{center}/plans", {"horizon_years": years, "parts": texts, "targets": []}
        )
        version = f"{center}/plans/{draft['id']}"
        unfiled = lead.refused("POST", f"{version}/file")
        assert (unfiled["status"], unfiled["code"]) == (409, "STATE_CONFLICT")
        lost = lead.post(f"{center}/resolutions", resolve(decision, "plan", 400_000))
        by_none = lead.refused("POST", f"{version}/adoption", {"resolution_id": lost["id"]})
        assert (by_none["status"], by_none["code"]) == (409, "PLAN_NOT_APPROVED")
        carried = lead.post(f"{center}/resolutions", resolve(decision, "plan", 650_000))
        return version, {"resolution_id": carried["id"]}

    # D7.6: a plan without its part on funds is neither adopted nor filed, and carries no pilot.
    version, carried = adopted(5, 1, 2, 4, 5)
    partial = lead.refused("POST", f"{version}/adoption", carried)
    assert (partial["status"], codes(partial)) == (409, {"PLAN_PART_MISSING"})
    assert missing(partial, "PLAN_PART_MISSING") == [3]
    assert codes(pilot(center, lead)) == {"PLAN_NOT_APPROVED"}
    version, carried = adopted(3, 1, 2, 3, 4, 5)
    lead.post(f"{version}/adoption", carried)
    assert lead.post(f"{version}/file")["state"] == "filed"
    ready = lead.get(f"{center}/readiness", to="pilot")
    warned = [
        check["params"]["years"]
        for check in ready["checks"]
        if check["code"] == "HORIZON_OUT_OF_RANGE" and not check["passed"]
    ]
    assert warned == [3]
    assert ready["ready"] is True
    moved = lead.post(f"{center}/stage-changes", {"to": "pilot", "reason": "条件齐备"})
    assert moved["stage"] == "pilot"

    # Later the independent scientist joins a member: the night finds it.
    lead.post(
        "/v1/registry/person-ties",
        {
            "person_id": scientist, "org_id": str(lead.org_id), "kind": "employment",
            "from_on": day,
        },
    )  # fmt: skip
    to_day(world, today(world) + timedelta(days=1))
    path = "/v1/registry/governance-findings"
    found = soon(
        lambda: lead.get(path, center_id=draft.center_id, is_open="true")["items"],
        lambda items: bool(items),
    )
    assert [finding["person_id"] for finding in found] == [scientist]
    seats = lead.get(f"{decision}/seats")["items"]
    assert [one["person_id"] for one in seats if one["flagged_on"]] == [scientist]
