"""A result that rests on a falsehood is void: by two people, and with all that rests on it."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select

from evaluation.voidings import actions, rules
from shared.auth import Actor
from shared.database import new_id
from shared.events.tables import Event
from shared.rules import failed_codes
from tests.evaluation.assessments.test_assessing import published_year
from tests.evaluation.results import vector
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import codes_of
from tests.fixtures.service import event_types, until_waiting_on_lock

ASSESSMENTS = "/v1/evaluation/assessments"
VOIDINGS = "/v1/evaluation/voidings"
BODY = {
    "ground": "forged_evidence",
    "reason": "技术合同系伪造，已由登记机构书面确认",
    "evidence": [str(new_id())],
}
CONFIRMED_AT = datetime(2028, 1, 12, 2, tzinfo=UTC)
CONFIRM = {"decision": "confirm", "reason": "证据充分"}


@pytest.mark.requirement("X14")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(rules.State))
@pytest.mark.parametrize("event", list(rules.Event))
def test_a_voiding_is_decided_once(state: rules.State, event: rules.Event) -> None:
    expected = [] if state is rules.State.PROPOSED else ["STATE_CONFLICT"]
    assert failed_codes(rules.decision_checks(state, event)) == expected


@pytest.mark.requirement("X14", "X03")
@pytest.mark.refusing
def test_who_proposed_does_not_decide() -> None:
    one, other = new_id(), new_id()
    assert failed_codes(rules.two_people_checks(one, one)) == ["SOD_VIOLATION"]
    assert failed_codes(rules.two_people_checks(one, other)) == []


@pytest.mark.requirement("X03")
@pytest.mark.refusing
def test_who_published_does_not_judge_that_act_of_his() -> None:
    one, other = new_id(), new_id()
    assert failed_codes(rules.own_act_checks({one}, one)) == ["SOD_VIOLATION"]
    assert failed_codes(rules.own_act_checks({one}, other)) == []


@pytest.mark.requirement("X14")
def test_the_version_that_stands_is_voided_and_keeps_what_its_leaves_measured() -> None:
    one, other = new_id(), new_id()
    assert failed_codes(rules.ground_checks(one, one)) == []
    assert failed_codes(rules.ground_checks(other, one)) == ["STALE_INPUT"]
    kept = {
        "leaves": [{"code": "B1", "points": "7.00"}], "total": "88.00", "gates": ["late"],
        "rounding": "0.01", "rating": "good", "near_boundary": True, "hinges_on_sheet": True,
    }  # fmt: skip
    void = rules.voided(kept, "9f", rules.Ground.FALSE_ACCOUNTS)
    assert void == {
        "leaves": kept["leaves"], "total": "0.00", "rounding": "0.00", "rating": "unqualified",
        "gates": ["late", "report_falsified"], "near_boundary": False, "hinges_on_sheet": False,
        "voids": {"result_hash": "9f", "ground": "false_accounts"},
    }  # fmt: skip
    assert rules.hash_of(void) != rules.hash_of(kept)


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    await unplanned.published()
    return unplanned


async def another(year: JudgedYear, path: str, **over: Any) -> httpx.Response:
    """Decide as an approver who did not publish."""
    async with year.service.client("approver", sub=new_id()) as approver:
        return await approver.post(path, json=CONFIRM | over)


@pytest.mark.anyio
@pytest.mark.requirement("X14", "A131")
async def test_a_falsified_year_is_unqualified_and_reopens_its_assessment(
    year: JudgedYear,
) -> None:
    for past, total in [(2025, "71.20"), (2026, "78.50")]:
        await published_year(year, past, total)
    body = {"center_id": str(year.center_id), "last_year": 2027}
    assessed = (await year.as_("handler", "POST", ASSESSMENTS, body)).json()
    path = f"{ASSESSMENTS}/{assessed['id']}"
    assert (await year.as_("reviewer", "POST", f"{path}/review")).status_code == 200
    assert (await year.as_("approver", "POST", f"{path}/publish")).status_code == 200

    proposed = await year.as_("handler", "POST", "/voidings", BODY)
    assert proposed.status_code == 201, proposed.text
    # What is only suspected changes nothing.
    assert (await year.own("GET", "/result")).json()["total"] == "82.98"
    decision = f"{VOIDINGS}/{proposed.json()['id']}/decision"
    decided = await another(year, decision)
    assert (decided.status_code, decided.json()["state"]) == (200, "confirmed"), decided.text

    void = (await year.own("GET", "/result")).json()
    assert (void["version"], void["total"], void["rating"]) == (2, "0.00", "unqualified")
    assert void["gates"] == ["report_falsified"]
    assert (await year.own("GET", "/result?version=1")).json()["total"] == "82.98"
    # It was decided and not computed, so there is nothing to compute again.
    again = await year.as_("auditor", "GET", "/result/recomputation")
    assert (again.status_code, again.json()["code"]) == (409, "RESULT_VOID")
    async with year.service.client() as public:
        shown = (await public.get("/v1/public/ratings?year=2027")).json()["items"]
    assert [(one["version"], one["rating"]) for one in shown] == [(2, "unqualified")]
    assert [one["result_hash"] for one in shown] == [void["result_hash"]]
    old = (await year.own("GET", path)).json()
    assert (old["state"], old["total"]) == ("reopened", assessed["total"])
    types = await event_types(year.service.sessions)
    assert types[-3:] == ["evaluation.published", "result.voided", "assessment.reopened"]
    # The reopened one makes room for another, which counts the void year as nothing.
    anew = await year.as_("handler", "POST", ASSESSMENTS, body)
    assert (anew.status_code, anew.json()["total"]) == (201, "49.90"), anew.text
    second = f"{ASSESSMENTS}/{anew.json()['id']}"
    assert (await year.as_("reviewer", "POST", f"{second}/review")).status_code == 200
    assert (await year.as_("approver", "POST", f"{second}/publish")).status_code == 200
    async with year.service.sessions.reading() as session:
        told = select(Event.data).where(col(Event.type) == "assessment.published")
        versions = [
            data["version"] for data in await session.scalars(told.order_by(col(Event.seq)))
        ]
    assert versions == [1, 2]


@pytest.mark.anyio
@pytest.mark.requirement("X14", "X03")
@pytest.mark.refusing
async def test_a_voiding_needs_a_falsehood_and_a_second_uninvolved_person(
    year: JudgedYear,
) -> None:
    honest = {**BODY, "ground": "exploratory_failure"}
    assert (await year.as_("handler", "POST", "/voidings", honest)).status_code == 422
    bare = {**BODY, "evidence": []}
    assert (await year.as_("handler", "POST", "/voidings", bare)).status_code == 422
    strange = {**BODY, "evidence": [str(new_id()), year.strange_file()]}
    refused = await year.as_("handler", "POST", "/voidings", strange)
    assert (refused.status_code, codes_of(refused)) == (422, ["FILE_UNKNOWN"])
    assert refused.json()["errors"][0]["pointer"] == "/evidence/1"
    proposed = await year.as_("handler", "POST", "/voidings", BODY)
    twice = await year.as_("handler", "POST", "/voidings", BODY)
    assert (twice.status_code, codes_of(twice)) == (409, ["STATE_CONFLICT"])
    decision = f"{VOIDINGS}/{proposed.json()['id']}/decision"
    for person in ("handler", "reviewer", "approver"):
        async with year.service.client("approver", sub=year.officials[person]) as involved:
            answer = await involved.post(decision, json=CONFIRM)
        assert answer.status_code == 403
        assert set(codes_of(answer)) == {"SOD_VIOLATION"}
    # Who published drops no doubt about it either, and no list asks him to.
    for answered in ("confirm", "drop"):
        own = await year.as_("approver", "POST", decision, {**CONFIRM, "decision": answered})
        assert (own.status_code, codes_of(own)) == (403, ["SOD_VIOLATION"])
    waiting = (await year.as_("approver", "GET", "/v1/evaluation/tasks")).json()["items"]
    assert [one for one in waiting if one["kind"] == "voiding.decide"] == []
    dropped = await another(year, decision, decision="drop")
    assert (dropped.status_code, dropped.json()["state"]) == (200, "dropped")
    assert (await year.own("GET", "/result")).json()["total"] == "82.98"


@pytest.mark.anyio
@pytest.mark.requirement("X14", "A126")
@pytest.mark.refusing
async def test_a_proposal_that_a_new_version_overtook_makes_room_for_another(
    year: JudgedYear,
) -> None:
    proposed = await year.as_("handler", "POST", "/voidings", BODY)
    decision = f"{VOIDINGS}/{proposed.json()['id']}/decision"
    body = {"leaves": [{"code": "C4", "reason": "漏计机时", "evidence": [str(new_id())]}]}
    objected = await year.own("POST", "/objections", body)
    upheld = f"/v1/evaluation/objections/{objected.json()['id']}/decision"
    year.facts["registry"].append(
        vector.fact(990, "resource_usage", hours=1_000_000, shared_hours=1_000_000)
    )
    answer = await year.as_("handler", "POST", upheld, {"leaves": ["C4"], "reason": "属实"})
    assert answer.status_code == 200, answer.text
    for duty, step in [("handler", "compute"), ("reviewer", "review"), ("approver", "publish")]:
        assert (await year.as_(duty, "POST", f"/{step}")).status_code == 200
    # It speaks of the first version, so that it cannot void the second, and it is not in the way.
    stale = await another(year, decision)
    assert (stale.status_code, codes_of(stale)) == (409, ["STALE_INPUT"])
    dropped = await another(year, decision, decision="drop")
    assert (dropped.status_code, dropped.json()["state"]) == (200, "dropped"), dropped.text
    anew = await year.as_("handler", "POST", "/voidings", BODY)
    assert anew.status_code == 201, anew.text
    confirmed = await another(year, f"{VOIDINGS}/{anew.json()['id']}/decision")
    assert confirmed.status_code == 200, confirmed.text
    void = (await year.own("GET", "/result")).json()
    assert (void["version"], void["rating"]) == (3, "unqualified")


@pytest.mark.anyio
@pytest.mark.requirement("X14", "A131")
@pytest.mark.refusing
async def test_an_assessment_drafted_while_a_year_is_voided_rests_on_the_void_one(
    year: JudgedYear,
) -> None:
    """Without its lock the draft would rest on a result that is gone, and stand in the way."""
    for past, total in [(2025, "71.20"), (2026, "78.50")]:
        await published_year(year, past, total)
    proposed = (await year.as_("handler", "POST", "/voidings", BODY)).json()
    approver = Actor.system("approver")
    body = {"center_id": str(year.center_id), "last_year": 2027}
    sessions = year.service.sessions
    async with sessions.begin() as session:
        await actions.decide(
            session, approver, UUID(proposed["id"]), rules.Event.CONFIRM, "证据充分", CONFIRMED_AT
        )
        drafting = asyncio.create_task(year.as_("handler", "POST", ASSESSMENTS, body))
        await until_waiting_on_lock(sessions, drafting)
    drafted = await drafting
    assert (drafted.status_code, drafted.json()["total"]) == (201, "49.90"), drafted.text
    reviewed = await year.as_("reviewer", "POST", f"{ASSESSMENTS}/{drafted.json()['id']}/review")
    assert reviewed.status_code == 200, reviewed.text
