"""What an objection raises is asked of those concerned, who never learn who objected (X09)."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from registry.applications.tables import CasePerson
from tests.registry.applications.cases import Case, codes

pytestmark = pytest.mark.anyio
INQUIRIES = "/v1/registry/objection-inquiries"
QUESTION = {"question": "请说明核心技术一的权属来源。"}
ANSWER = {"text": "自主研发，证书见附件。"}


async def objected(case: Case) -> dict[str, Any]:
    await case.noticed()
    notices = await case.call(case.registry.client(), "GET", "/v1/public/notices")
    path = f"/v1/public/notices/{notices.json()['items'][0]['id']}/objections"
    body = {"grounds": "权属存在争议", "named_party": "某装备公司", "contact": "021-12345678"}
    receipt = await case.call(case.registry.client(), "POST", path, body)
    return {**receipt.json(), "path": f"{path}/{receipt.json()['id']}"}


async def asked(case: Case, objection: dict[str, Any]) -> str:
    path = f"/v1/registry/objections/{objection['id']}/inquiries"
    answer = await case.call(case.official("handler"), "POST", path, QUESTION)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def reply(case: Case, inquiry_id: str, name: str = "M01", **over: Any) -> Any:
    path = f"{INQUIRIES}/{inquiry_id}/reply"
    return await case.call(case.member(name), "POST", path, {**ANSWER, **over})


async def tasks(case: Case, who: Any) -> list[tuple[str, str | None]]:
    found = await case.call(who, "GET", "/v1/registry/tasks")
    return [(task["kind"], task["due_on"]) for task in found.json()["items"]]


@pytest.mark.requirement("X09", "X10")
async def test_those_concerned_answer_a_question_without_learning_who_objects(case: Case) -> None:
    objection = await objected(case)
    inquiry_id = await asked(case, objection)
    assert ("objection.reply", "2026-03-09") in await tasks(case, case.member("M01"))
    seen = await case.call(case.member("M01"), "GET", f"{INQUIRIES}?unanswered=true")
    assert [one["question"] for one in seen.json()["items"]] == [QUESTION["question"]]
    assert "某装备公司" not in seen.text
    assert "争议" not in seen.text
    answered = await reply(case, inquiry_id)
    assert (answered.status_code, answered.json()["answer"]) == (200, ANSWER["text"])
    read = await case.call(
        case.official("reviewer"), "GET", f"{INQUIRIES}?objection_id={objection['id']}"
    )
    assert read.json()["items"][0]["answered_by_org_id"] == str(case.orgs["M01"])
    assert ("objection.reply", "2026-03-09") not in await tasks(case, case.member("M01"))


@pytest.mark.requirement("X09")
async def test_who_objected_reads_by_the_receipt_what_became_of_it(case: Case) -> None:
    objection = await objected(case)
    before = await case.call(case.registry.client(), "GET", objection["path"])
    assert (before.json()["state"], before.json()["decision_reason"]) == ("open", None)
    assert before.headers["Cache-Control"] == "no-store"
    waiting = await tasks(case, case.official("reviewer"))
    assert ("objection.decide", "2026-03-09") in waiting
    assert "objection.decide" not in dict(await tasks(case, case.official("handler")))
    decision = f"/v1/registry/objections/{objection['id']}/decision"
    body = {"decision": "dismissed", "reason": "经核实，权属清晰。"}
    await case.call(case.official("reviewer"), "POST", decision, body)
    after = await case.call(case.registry.client(), "GET", objection["path"])
    assert (after.json()["state"], after.json()["decision_reason"]) == ("dismissed", body["reason"])
    assert "某装备公司" not in after.text
    other = objection["path"].replace(objection["notice_id"], str(uuid4()))
    strange = await case.call(case.registry.client(), "GET", other)
    assert strange.status_code == 404


@pytest.mark.requirement("X09", "X04")
@pytest.mark.refusing
async def test_nobody_else_answers_and_nothing_is_answered_twice_or_too_late(case: Case) -> None:
    objection = await objected(case)
    first, second = await asked(case, objection), await asked(case, objection)
    for name in ("M09", "M03"):  # A stranger, and a member who does not speak for the centre.
        assert (await reply(case, first, name)).status_code == 404, name
        seen = await case.call(case.member(name), "GET", INQUIRIES)
        assert seen.json()["items"] == [], name
    unknown = await reply(case, first, evidence=[str(uuid4())])
    assert (unknown.status_code, codes(unknown)) == (422, ["FILE_UNKNOWN"])
    twins = await asyncio.gather(reply(case, first), reply(case, first))
    assert sorted(one.status_code for one in twins) == [200, 409]
    decision = f"/v1/registry/objections/{objection['id']}/decision"
    body = {"decision": "dismissed", "reason": "经核实。"}
    await case.call(case.official("reviewer"), "POST", decision, body)
    late = await reply(case, second)
    assert (late.status_code, codes(late)) == (409, ["STATE_CONFLICT"])
    path = f"/v1/registry/objections/{objection['id']}/inquiries"
    ended = await case.call(case.official("handler"), "POST", path, QUESTION)
    assert (ended.status_code, codes(ended)) == (409, ["STATE_CONFLICT"])


DISMISSED = {"decision": "dismissed", "reason": "经核实，权属清晰。"}


async def decide(case: Case, objection: dict[str, Any], name: str, *duties: str) -> Any:
    path = f"/v1/registry/objections/{objection['id']}/decision"
    who = case.registry.client("official", *(duties or ("handler",)), sub=case.person(name))
    return await case.call(who, "POST", path, DISMISSED)


@pytest.mark.requirement("X03", "X09", "A122")
@pytest.mark.refusing
async def test_who_decided_an_objection_neither_approves_nor_rejects_the_case(case: Case) -> None:
    objection = await objected(case)
    assert (await decide(case, objection, "both", "handler", "approver")).status_code == 200
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    both = case.registry.client("official", "handler", "approver", sub=case.person("both"))
    assert "application.approve" not in dict(await tasks(case, both))
    for path, body in (
        ("approve", {"doc_no": "沪经信〔2026〕1号"}),
        ("reject", {"reason": "不宜"}),
    ):
        both = case.registry.client("official", "handler", "approver", sub=case.person("both"))
        refused = await case.call(both, "POST", f"{case.path}/{path}", body)
        assert (refused.status_code, codes(refused)) == (403, ["SOD_VIOLATION"]), path
        assert refused.json()["errors"][0]["params"]["held"] == ["objection_decider"]
    assert "application.approve" in dict(await tasks(case, case.official("approver")))
    assert (await case.approve()).status_code == 200


@pytest.mark.requirement("X03", "X09")
@pytest.mark.refusing
async def test_who_prepared_or_scored_a_case_decides_no_objection_to_it(case: Case) -> None:
    objection = await objected(case)
    async with case.registry.sessions.reading() as session:
        rows = (await session.scalars(select(CasePerson))).all()
    people = {(str(row.person_id), row.capacity.value) for row in rows}
    assert {"submitter", "handler", "scorer", "visitor"} <= {capacity for _, capacity in people}
    path = f"/v1/registry/objections/{objection['id']}/decision"
    for person, capacity in sorted(people):
        if capacity == "reviewer":
            continue
        who = case.registry.client("official", "reviewer", sub=person)
        refused = await case.call(who, "POST", path, DISMISSED)
        assert (refused.status_code, codes(refused)) == (403, ["SOD_VIOLATION"]), capacity
    # The reviewer, who did not handle it, may; and may not approve it, as before.
    assert (await case.call(case.official("reviewer"), "POST", path, DISMISSED)).status_code == 200


@pytest.mark.requirement("X09", "X04")
@pytest.mark.refusing
async def test_the_evidence_of_an_objection_is_there_and_ones_own(case: Case) -> None:
    objection = await objected(case)
    path = objection["path"].rpartition("/")[0]
    own, others = await case.upload("M04"), await case.upload("M01")
    body = {"grounds": "权属存在争议", "named_party": "某装备公司", "contact": "021-12345678"}

    async def file(who: Any, *files: str) -> Any:
        return await case.call(who, "POST", path, {**body, "evidence": list(files)})

    for who, files in (
        (case.registry.client(), [str(uuid4())]),
        (case.member("M04"), [own, others]),
    ):
        refused = await file(who, *files)
        assert (refused.status_code, codes(refused)) == (422, ["FILE_UNKNOWN"])
        assert refused.json()["errors"][0]["params"]["file_ids"] == files[-1:]
    assert (await file(case.member("M04"), own)).status_code == 201
