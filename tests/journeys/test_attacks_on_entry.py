"""Attacks on an application and its facts: what must not be let through, and what must be told."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.stack import World
from zhichuang.demo.applying import Draft

pytestmark = pytest.mark.xdist_group("stack")

REASON = "本中心承接既有平台并重组股权，" * 5


def codes(problem: dict[str, Any]) -> set[str]:
    return {entry["code"] for entry in problem["errors"]}


def old_and_excused(world: World) -> Draft:
    draft = world.complete(world.draft(entity=world.entity(registered_on="2019-01-01")))
    file_id = draft.read()["materials"][0]["file_id"]
    draft.lead.post(
        f"{draft.path}/exceptions", {"rule": "A051", "reason": REASON, "file_id": file_id}
    )
    return draft


def read(world: World, path: str, tag: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {world.caller('m01')._fresh()}"}
    if tag is not None:
        headers["If-None-Match"] = tag
    return httpx.get(f"{world.url}{path}", headers=headers, timeout=60)


@pytest.mark.requirement("X06")
def test_a_reader_is_told_when_only_a_part_of_an_application_changed(world: World) -> None:
    draft = world.draft()
    tag = read(world, draft.path).headers["ETag"]
    assert read(world, draft.path, tag).status_code == 304
    draft.technologies()
    changed = read(world, draft.path, tag)
    assert changed.status_code == 200
    assert len(changed.json()["core_technologies"]) == 2
    headers = {
        "Authorization": f"Bearer {draft.lead._fresh()}",
        "If-Match": changed.headers["ETag"],
    }
    kept = httpx.patch(
        f"{world.url}{draft.path}", json={"name": "以读到的标签改名"}, headers=headers, timeout=60
    )
    assert kept.status_code == 200


@pytest.mark.refusing
@pytest.mark.requirement("A051")
def test_an_exception_excuses_the_legal_person_that_it_was_asked_for_alone(world: World) -> None:
    draft = old_and_excused(world)
    other = world.entity(registered_on="2001-01-01")
    body = {"legal_entity_id": other["id"]}
    draft.lead.patch(draft.path, body, version=draft.read()["version"])
    problem = draft.lead.refused("POST", f"{draft.path}/submit")
    assert "ENTITY_AGE_EXCEEDED" in codes(problem)


@pytest.mark.refusing
@pytest.mark.requirement("A051", "A117")
def test_a_denied_exception_names_the_limit_and_a_withdrawn_case_has_none_to_decide(
    world: World,
) -> None:
    draft = old_and_excused(world)
    draft.submit()
    decision = f"{draft.path}/exceptions/{draft.read()['exceptions'][0]['id']}/decision"
    reviewer, handler = world.caller("reviewer"), world.caller("handler")
    reviewer.post(decision, {"decision": "denied", "reason": "理由不充分"})
    problem = handler.refused(
        "POST", f"{draft.path}/formal-checks", {"result": "accept", "items": []}
    )
    aged = next(entry for entry in problem["errors"] if entry["code"] == "ENTITY_AGE_EXCEEDED")
    assert aged["params"]["limit"] in aged["detail"]
    waiting = old_and_excused(world)
    waiting.submit()
    decision = f"{waiting.path}/exceptions/{waiting.read()['exceptions'][0]['id']}/decision"
    waiting.lead.post(f"{waiting.path}/withdraw")
    late = reviewer.refused("POST", decision, {"decision": "granted", "reason": "同意"})
    assert (late["status"], late["code"]) == (409, "STATE_CONFLICT")


@pytest.mark.refusing
@pytest.mark.requirement("A052", "A051")
def test_a_consortium_smuggles_no_legal_person_past_the_rules(world: World) -> None:
    old = world.entity(registered_on="2001-01-01")
    body = {
        "name": "上海示例联合体",
        "model_type": "enterprise",
        "field_codes": ["integrated_circuit"],
        "applicant_form": "consortium",
        "common_problem": "行业共性问题",
        "lead_sponsor_id": world.caller("m01").org_id,
    }
    for more in ({"legal_entity_id": old["id"]}, {"entity_due_on": world.today()}):
        problem = world.caller("m01").refused("POST", "/v1/registry/applications", {**body, **more})
        assert (problem["status"], problem["code"]) == (422, "FIELD_INVALID")
        assert problem["errors"][0]["pointer"] == f"/{next(iter(more))}"


@pytest.mark.refusing
@pytest.mark.requirement("A105", "A159")
def test_one_legal_person_stands_behind_one_centre_until_its_application_ends(world: World) -> None:
    entity = world.entity()
    first = world.complete(world.draft(entity=entity))
    second = world.complete(world.draft(entity=entity))
    first.submit()
    problem = second.lead.refused("POST", f"{second.path}/submit")
    assert (problem["status"], problem["code"]) == (409, "ENTITY_TAKEN")
    world.caller("approver").post(f"{first.path}/reject", {"reason": "条件不成熟"})
    assert second.submit()["receipt_no"]


@pytest.mark.refusing
@pytest.mark.requirement("X03")
def test_who_submitted_decides_nothing_with_another_client_of_his(world: World) -> None:
    draft = world.complete(world.draft())
    draft.submit()
    made = world.caller("admin").post(
        "/v1/identity/clients",
        {
            "name": f"second-hat-{world.number()}",
            "person": {"id": draft.lead.sub},
            "roles": ["official"],
            "duties": ["handler", "reviewer", "approver"],
        },
    )
    world.credentials[made["client_id"]] = made
    hat = world.caller(made["client_id"])
    for step, body in (
        ("formal-checks", {"result": "accept", "items": []}),
        ("further-rounds", {"reason": "再给一轮"}),
        ("reject", {"reason": "不予通过"}),
    ):
        problem = hat.refused("POST", f"{draft.path}/{step}", body)
        assert (problem["status"], problem["code"]) == (403, "SOD_VIOLATION"), step


@pytest.mark.refusing
@pytest.mark.parametrize("as_of", ["9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z", "soon"])
def test_a_day_at_the_end_of_the_calendar_is_refused(as_of: str, world: World) -> None:
    problem = world.caller("m01").refused("GET", f"/v1/registry/facts?as_of={as_of}")
    assert (problem["status"], problem["code"]) == (422, "FIELD_INVALID")


@pytest.mark.refusing
@pytest.mark.requirement("X05")
@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        ("名\n中\n".encode("gbk"), "text/csv", 400),
        (b"payload,payload.person_times\n1,2\n", "text/csv", 422),
        (b"kind,kind\n1,2\n", "text/csv", 422),
        (b'{"rows": [], "mode": "atomic"}', "application/json", 422),
    ],
    ids=["gbk", "path and field", "column twice", "field beside rows"],
)
def test_what_is_no_batch_is_refused_as_a_whole(
    content: bytes, media_type: str, status: int, world: World
) -> None:
    headers = {
        "Authorization": f"Bearer {world.caller('m01')._fresh()}",
        "Idempotency-Key": str(uuid4()),
        "Content-Type": media_type,
    }
    answer = httpx.post(
        f"{world.url}/v1/registry/fact-batches", content=content, headers=headers, timeout=60
    )
    assert answer.status_code == status
    assert answer.json()["code"]
