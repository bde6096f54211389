"""Technologies and projects abroad go through their stages in order, whoever tells of them."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.facts import rules
from registry.facts.rules import Entry, FactKind
from shared.rules import failed_codes
from tests.registry.facts.conftest import House

DAY = date(2027, 1, 1)
STAGES = ["reserved", "in_progress", "breakthrough", "transferred", "promoted"]
WALKS = st.lists(st.tuples(st.sampled_from(STAGES), st.integers(0, 20)), max_size=6)


def walk(*stages: str, kind: FactKind = FactKind.TECHNOLOGY_STAGE) -> list[str]:
    entries = [Entry(stage, DAY + timedelta(days=number)) for number, stage in enumerate(stages)]
    return failed_codes(rules.walk_checks(kind, entries))


@pytest.mark.requirement("A008")
def test_a_technology_goes_from_reserve_to_wide_use() -> None:
    assert walk(*STAGES) == walk(*STAGES[1:]) == walk(*STAGES[:3]) == []


@pytest.mark.requirement("A008")
@pytest.mark.refusing
@pytest.mark.parametrize("first", [None, *STAGES])
@pytest.mark.parametrize("second", STAGES)
def test_every_other_pair_of_stages_is_refused(first: str | None, second: str) -> None:
    before = [] if first is None else STAGES[: STAGES.index(first) + 1]
    allowed = second in rules.TECHNOLOGY_MOVES[first]
    assert walk(*before, second) == ([] if allowed else ["STATE_CONFLICT"])


@given(WALKS)
def test_what_passes_is_a_walk_without_gaps_in_the_order_of_days(
    told: list[tuple[str, int]],
) -> None:
    entries = [Entry(stage, DAY + timedelta(days=days)) for stage, days in told]
    if failed_codes(rules.walk_checks(FactKind.TECHNOLOGY_STAGE, entries)):
        return
    places = [STAGES.index(entry.state) for entry in sorted(entries, key=lambda one: one.day)]
    seen = sorted(places)
    assert len(set(seen)) == len(seen)
    assert not seen or (seen[0] <= 1 and seen == list(range(seen[0], seen[-1] + 1)))


@pytest.mark.requirement("A153")
@pytest.mark.refusing
def test_a_project_abroad_ends_once() -> None:
    progress = FactKind.INTERNATIONAL_PROGRESS
    assert walk("running", "running", "completed", kind=progress) == []
    assert walk("completed", "running", kind=progress) == ["STATE_CONFLICT"]
    assert walk("stopped", "completed", kind=progress) == ["STATE_CONFLICT"]


pytestmark = pytest.mark.anyio


def staged(house: House, key: str, stage: str, **over: Any) -> dict[str, Any]:
    payload = {
        "technology_ref": over.pop("ref", "T-1"),
        "technology": "晶圆级键合",
        "stage": stage,
        "field_code": "integrated_circuit",
        "technology_kind": "common_key",
    }
    return house.fact(kind="technology_stage", external_id=key, payload=payload, **over)


async def batch(house: House, rows: list[dict[str, Any]], key: str) -> list[Any]:
    async with house.caller(house.member) as caller:
        answer = await caller.post(
            "/v1/registry/fact-batches",
            content="\n".join(json.dumps(row) for row in rows).encode(),
            headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": key},
        )
    assert answer.status_code == 200, answer.text
    return [
        row["problem"]["code"] if row["problem"] else row["outcome"]
        for row in answer.json()["results"]
    ]


async def asked(house: House, path: str, **params: Any) -> Any:
    async with house.registry.client("handler") as official:
        answer = await official.get(f"/v1/registry/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.requirement("A008", "A015")
async def test_a_batch_walks_and_is_counted_by_field_and_year(house: House) -> None:
    rows = [
        staged(house, "1", "reserved", occurred_on="2026-11-01"),
        staged(house, "2", "in_progress", occurred_on="2026-12-01"),
        # Leaves out a stage: refused, and so is what would follow it; the walk goes on without.
        staged(house, "3", "transferred", occurred_on="2027-02-01"),
        staged(house, "4", "breakthrough"),
        staged(house, "4", "breakthrough"),
        staged(house, "5", "in_progress", ref="T-2"),
    ]
    told = await batch(house, rows, "a")
    assert told == ["created", "created", "STATE_CONFLICT", "created", "duplicate", "created"]
    # Sent again, what was there moves nothing; what was refused is refused again.
    late = staged(house, "6", "reserved", ref="T-2", occurred_on="2027-03-02")
    again = await batch(house, [*rows[:3], late], "b")
    assert again == ["duplicate", "duplicate", "STATE_CONFLICT", "STATE_CONFLICT"]

    shown = await asked(house, "technology-pipeline", center_id=house.center_id)
    assert {one["stage"]: one["count"] for one in shown["stages"]} == {
        "reserved": 0, "in_progress": 1, "breakthrough": 1, "transferred": 0, "promoted": 0,
    }  # fmt: skip
    of_2026 = [one["stage"] for one in shown["entered"] if one["year"] == 2026]
    assert sorted(of_2026) == ["in_progress", "reserved"]
    assert shown["mastered"] == [
        {"field_code": "integrated_circuit", "technology_kind": "common_key", "count": 1}
    ]
    assert await asked(house, "technology-pipeline") == shown
    async with house.caller(house.stranger) as stranger:
        theirs = (await stranger.get("/v1/registry/technology-pipeline")).json()
    assert (theirs["entered"], theirs["mastered"]) == ([], [])


@pytest.mark.requirement("A015")
@pytest.mark.refusing
async def test_what_is_of_no_known_field_or_kind_or_not_broken_through_is_not_mastered(
    house: House,
) -> None:
    rows = [
        staged(house, "1", "in_progress"),
        staged(house, "2", "breakthrough", ref="T-2"),
        staged(house, "3", "reserved", ref="T-3"),
    ]
    for row, over in zip(
        rows[1:], ({"field_code": "moon_dust"}, {"technology_kind": "magic"}), strict=True
    ):
        row["payload"] |= over
    assert await batch(house, rows, "a") == ["created", "CODE_UNKNOWN", "FIELD_INVALID"]
    shown = await asked(house, "technology-pipeline", center_id=house.center_id)
    assert shown["mastered"] == []
    assert sum(one["count"] for one in shown["stages"]) == 1


@pytest.mark.requirement("A008")
@pytest.mark.refusing
async def test_of_two_moves_at_once_one_wins_and_a_correction_keeps_the_walk(house: House) -> None:
    first = await house.post(house.member, "a", **staged(house, "1", "in_progress"))
    twins = await asyncio.gather(
        house.post(house.member, "b", **staged(house, "2", "breakthrough")),
        house.post(house.lead, "c", **staged(house, "3", "breakthrough")),
    )
    assert sorted(answer.status_code for answer in twins) == [201, 409]
    body = staged(house, "1", "in_progress", occurred_on="2027-05-01")
    correction = {name: body[name] for name in ("kind", "payload", "occurred_on")}
    async with house.caller(house.member) as caller:
        path = f"/v1/registry/facts/{first.json()['id']}/corrections"
        late = await caller.post(
            path, json={**correction, "reason": "x"}, headers={"Idempotency-Key": "d"}
        )
        early = await caller.post(
            path,
            json={**correction, "occurred_on": "2027-02-01", "reason": "x"},
            headers={"Idempotency-Key": "e"},
        )
    assert (late.status_code, late.json()["code"]) == (409, "STATE_CONFLICT")
    assert early.status_code == 201, early.text


@pytest.mark.requirement("A153")
async def test_a_project_abroad_is_followed_by_its_milestones(house: House) -> None:
    project = {
        "partner": "示例研究所",
        "country": "DE",
        "project_ref": "IP-1",
        "milestones": [
            {"code": "M1", "title": "样机", "due_on": "2027-04-30"},
            {"code": "M2", "title": "验收", "due_on": "2027-05-31"},
            {"code": "M3", "title": "推广", "due_on": "2027-06-01"},
        ],
    }

    def step(key: str, **payload: Any) -> dict[str, Any]:
        return house.fact(
            kind="international_progress",
            external_id=key,
            payload={"project_ref": "IP-1", "status": "running", **payload},
        )

    rows = [
        step("0"),
        house.fact(kind="international_project", external_id="P", payload=project),
        step("1", milestone="M1"),
        step("2", milestone="M9"),
        step("3", project_ref="IP-2"),
    ]
    assert await batch(house, rows, "a") == [
        "CODE_UNKNOWN", "created", "created", "CODE_UNKNOWN", "CODE_UNKNOWN",
    ]  # fmt: skip
    [shown] = (await asked(house, f"centers/{house.center_id}/international-projects"))["items"]
    assert (shown["status"], shown["partner"]) == ("running", "示例研究所")
    states = [(one["code"], one["reached_on"], one["overdue"]) for one in shown["milestones"]]
    assert states == [("M1", "2027-03-01", False), ("M2", None, True), ("M3", None, False)]


@pytest.mark.requirement("A153", "X07")
@pytest.mark.refusing
async def test_a_correction_keeps_the_milestones_that_progress_names(house: House) -> None:
    def plan(*codes: str, **over: Any) -> dict[str, Any]:
        due = [{"code": one, "title": one, "due_on": "2027-04-30"} for one in codes]
        return {"partner": "示例研究所", "country": "DE", "project_ref": "IP-1",
                "milestones": due, **over}  # fmt: skip

    first = await house.post(
        house.member, "p", kind="international_project", external_id="P", payload=plan("M1", "M2")
    )
    progress = {"project_ref": "IP-1", "status": "running", "milestone": "M1"}
    told = await house.post(
        house.member, "g", kind="international_progress", external_id="G", payload=progress
    )
    assert (first.status_code, told.status_code) == (201, 201), told.text

    async def corrected(fact_id: str, key: str, payload: dict[str, Any]) -> Any:
        body = {"kind": "international_project", "occurred_on": "2027-03-01", "payload": payload}
        async with house.caller(house.member) as caller:
            return await caller.post(
                f"/v1/registry/facts/{fact_id}/corrections",
                json={**body, "reason": "更正"},
                headers={"Idempotency-Key": key},
            )

    dropped = await corrected(first.json()["id"], "1", plan("M2"))
    renamed = await corrected(first.json()["id"], "2", plan("M1", project_ref="IP-2"))
    kept = await corrected(first.json()["id"], "3", plan("M1", "M3"))
    again = await corrected(kept.json()["id"], "4", plan())
    for refused in (dropped, renamed, again):
        assert (refused.status_code, refused.json()["code"]) == (409, "MILESTONE_NAMED")
    assert kept.status_code == 201, kept.text


@pytest.mark.requirement("A025", "A028", "A038")
async def test_projects_and_trainings_are_counted_by_what_they_are(house: House) -> None:
    def project(key: str, kind: str, **over: Any) -> dict[str, Any]:
        payload = {"title": key, "project_kind": kind, "source": "self", **over}
        return house.fact(kind="project", external_id=key, payload=payload, chain_stage="rd_supply")

    def training(key: str, times: int, code: str) -> dict[str, Any]:
        payload = {"person_times": times, "trainee_uscc": code}
        return house.fact(kind="training", external_id=key, payload=payload)

    rows = [
        project("1", "frontier", bottlenecks=["chokepoint"], trainee_refs=["P-1", "P-2"]),
        project("2", "frontier", bottlenecks=["chokepoint", "talent_gap"], trainee_refs=["P-3"]),
        project("3", "cross_industry", stage="pilot_scale"),
        project("4", "common_key", direction_id="019a0000-0000-7000-8000-000000000001"),
        training("5", 20, "91310115FAKE00021N"),
        training("6", 60, "91310113FAKE0011X5"),
        house.fact(kind="standard", external_id="7", payload={
            "level": "national", "part": "lead", "number": "GB/T 1", "domain": "testing"}),
        house.fact(kind="standard", external_id="8", payload={
            "level": "national", "part": "lead", "number": "GB/T 2"}),
    ]  # fmt: skip
    told = await batch(house, rows, "a")
    assert told == ["created"] * 3 + ["CODE_UNKNOWN"] + ["created"] * 4
    shown = await asked(house, f"centers/{house.center_id}/projects")
    assert [
        (one["project_kind"], one["stage"], one["count"], one["trainees"])
        for one in shown["projects"]
    ] == [("cross_industry", "pilot_scale", 1, 0), ("frontier", None, 2, 3)]
    assert {one["bottleneck"]: one["count"] for one in shown["bottlenecks"]} == {
        "chokepoint": 2, "talent_gap": 1,
    }  # fmt: skip
    trained = await asked(house, f"centers/{house.center_id}/trainings")
    figures = (trained["count"], trained["person_times"], trained["sme_share_ppm"])
    assert figures == (2, 80, 250_000)
    found = await asked(house, "facts", center_id=house.center_id, domain="testing")
    assert [one["payload"]["number"] for one in found["items"]] == ["GB/T 1"]
