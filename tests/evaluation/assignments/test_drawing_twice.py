"""Draws beside other draws and beside what happens meanwhile: limits and employers hold at the end.

And what is drawn for at all: cases that take a panel now, and persons, not entries of the pool.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from evaluation.assignments import rules
from evaluation.cycles.rules import CaseState
from evaluation.cycles.tables import EvaluationCase
from evaluation.experts.rules import Candidate, ExpertField, State
from evaluation.experts.tables import Expert
from evaluation.panels import actions as panel_actions
from evaluation.panels import queries as panel_queries
from evaluation.panels.rules import repeated_checks
from evaluation.panels.tables import Panel, PanelSeat
from shared.auth import Actor
from shared.rules import failed_codes
from tests.evaluation.assignments.problems import random_problem
from tests.evaluation.assignments.test_drawing_over_http import DRAWS, Drawing
from tests.evaluation.reviewing import FIVE, TODAY, USCC, codes_of
from tests.fixtures.service import event_types
from tests.fixtures.walks import Walks

ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))


@pytest.fixture
async def drawing(running: Callable[..., Any], walks: Walks) -> AsyncIterator[Drawing]:
    async with running("evaluation") as service:
        service.set_clock(TODAY)
        drawing = Drawing(service, walks)
        await drawing.begin()
        yield drawing


def entry(expert_id: UUID, person_id: UUID, *accounts: UUID) -> Candidate:
    return Candidate(expert_id, person_id, ExpertField.LEGAL, State.ACTIVE, accounts=accounts)


@pytest.mark.requirement("A120", "X03")
def test_a_person_is_one_entry_of_a_pool_with_one_limit() -> None:
    knowing, known, other = entry(TWO, TWO, ONE), entry(ONE, ONE), entry(THREE, THREE)
    pool = {one.expert_id: one for one in (known, knowing, other)}
    # The entry that knows of the other account stays: it has the ties of both.
    assert list(rules.one_entry_each(pool)) == [TWO, THREE]
    left = rules.one_entry_each(pool)
    assert rules.by_person(left, {ONE: (ONE, 2), TWO: (TWO, 1), THREE: (THREE, 1)}) == {
        TWO: 3,
        THREE: 1,
    }
    apart = {one.expert_id: one for one in (known, other)}
    assert list(rules.one_entry_each(apart)) == [ONE, THREE]


@pytest.mark.requirement("A120", "X03")
@pytest.mark.refusing
def test_nobody_takes_two_seats_of_a_panel_under_two_accounts() -> None:
    named = [("/expert_ids/0", entry(ONE, ONE)), ("/expert_ids/1", entry(TWO, TWO, ONE))]
    checks = repeated_checks(named)
    assert [check.passed for check in checks] == [True, False]
    assert checks[1].pointer == "/expert_ids/1"
    assert failed_codes(repeated_checks(named[:1], [entry(TWO, TWO, ONE)])) == ["EXPERT_REPEATED"]
    assert failed_codes(repeated_checks(named[:1], [entry(THREE, THREE)])) == []


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_room_that_was_taken_since_and_a_new_employer_break_a_draw() -> None:
    problem = random_problem(2, 20, 5, 2, 4, barred=0.0)
    first, second = problem.reviewers[0].id, problem.reviewers[1].id
    panels = {problem.needs[0].id: (first, second)}
    room = problem.reviewers[0].max_load
    of = {one.id: one for one in rules.with_less_room(problem, {}, {first: room}).reviewers}
    assert (of[first].max_load, of[second].max_load) == (0, problem.reviewers[1].max_load)
    # Who was drawn stays possible for a draw that changes as little as can be.
    kept = {one.id: one for one in rules.with_less_room(problem, panels, {first: 9}).reviewers}
    assert kept[first].max_load == 1
    whole = replace(problem, needs=(), fit=())
    assert failed_codes(rules.fresh_checks(whole, {})) == []
    together = rules.with_employers(problem, {first: ["X"], second: ["X"]})
    broken = rules.fresh_checks(together, panels)[0].params["broken"]
    assert f"organization {problem.needs[0].id} X" in broken


@pytest.mark.anyio
@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_two_draws_of_one_pool_keep_the_limits_of_both(drawing: Drawing) -> None:
    await drawing.seed()
    first = await drawing.draw(case_ids=drawing.case_ids[:1], max_load=1)
    second = await drawing.draw(case_ids=drawing.case_ids[1:2], max_load=1)
    paths = [f"{DRAWS}/{one['id']}/accept" for one in (first, second)]
    both = {
        seat["expert_id"]
        for one in (first, second)
        for panel in one["result"]["panels"].values()
        for seat in panel["seats"]
    }
    # Both count on the best experts, who have room for one of them.
    assert len(both) < 10

    answers = await asyncio.gather(*(drawing.ask("POST", path) for path in paths))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert codes_of(refused) == ["STALE_INPUT"]
    assert refused.json()["errors"][0]["params"]["broken"][0].startswith("load ")
    # Drawn again, it goes to those who have room.
    late = first if answers[0] is refused else second
    panel, told = next(iter(late["result"]["panels"].items()))
    early = second if late is first else first
    sitting = {
        seat["expert_id"] for panel in early["result"]["panels"].values() for seat in panel["seats"]
    }
    gone = [
        {"panel": panel, "expert_id": seat["expert_id"]}
        for seat in told["seats"]
        if seat["expert_id"] in sitting
    ]
    asked = await drawing.ask("POST", f"{DRAWS}/{late['id']}/recusals", {"seats": gone})
    again = await drawing.worked(asked.json()["id"])
    seated = {seat["expert_id"] for seat in again["result"]["panels"][panel]["seats"]}
    assert again["state"] == "drawn"
    assert not seated & sitting
    accepted = await drawing.ask("POST", f"{DRAWS}/{again['id']}/accept")
    assert accepted.status_code == 200, accepted.text


@pytest.mark.anyio
@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_colleagues_since_the_draw_do_not_sit_on_one_panel(drawing: Drawing) -> None:
    await drawing.seed()
    drawn = await drawing.draw()
    seats = drawn["result"]["panels"][drawing.case_ids[0]]["seats"]
    for seat in seats[:2]:
        moved = await drawing.ask(
            "POST", f"/v1/evaluation/experts/{seat['expert_id']}/employer",
            {"org_uscc": USCC["c02"], "from_on": "2026-01-05"},
        )  # fmt: skip
        assert moved.status_code == 200, moved.text
    refused = await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/accept")
    assert codes_of(refused) == ["STALE_INPUT"]
    assert (await drawing.ask("GET", "/v1/evaluation/panels")).json()["items"] == []


@pytest.mark.anyio
@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_only_cases_that_take_a_panel_now_are_drawn_for(drawing: Drawing) -> None:
    await drawing.seed()
    first, second, third = drawing.case_ids
    async with drawing.service.sessions.begin() as session:
        voided = await session.get_one(EvaluationCase, UUID(first))
        voided.state = CaseState.VOIDED
    named = {"cycle_id": drawing.cycle_id, "size": 5, "case_ids": [second, first]}
    refused = await drawing.ask("POST", DRAWS, named)
    assert codes_of(refused) == ["STATE_CONFLICT"]
    assert refused.json()["errors"][0]["pointer"] == "/case_ids/1"
    # All that wait: a case that nobody will score keeps the others from nothing.
    drawn = await drawing.draw()
    assert set(drawn["groups"]) == {second, third}
    assert (await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/accept")).status_code == 200
    again = {"cycle_id": drawing.cycle_id, "size": 5, "case_ids": [second]}
    assert codes_of(await drawing.ask("POST", DRAWS, again)) == ["STATE_CONFLICT"]
    nothing = {"cycle_id": drawing.cycle_id, "size": 5}
    assert (await drawing.ask("POST", DRAWS, nothing)).status_code == 404


@pytest.mark.anyio
@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_a_limit_of_nobody_in_the_pool_or_of_one_twice_is_refused(drawing: Drawing) -> None:
    await drawing.seed()
    known = str(drawing.expert_ids["ex02"])
    body = {"cycle_id": drawing.cycle_id, "size": 5}
    stray = {"expert_id": drawing.case_ids[0], "max_load": 1}
    loads = [{"expert_id": known, "max_load": 1}, stray]
    refused = await drawing.ask("POST", DRAWS, {**body, "loads": loads})
    assert refused.status_code == 404
    assert refused.json()["errors"][0]["pointer"] == "/loads/1"
    twice = [{"expert_id": known, "max_load": n} for n in (1, 2)]
    assert (await drawing.ask("POST", DRAWS, {**body, "loads": twice})).status_code == 422
    assert (await drawing.ask("GET", DRAWS)).json()["items"] == []


@pytest.mark.anyio
@pytest.mark.requirement("A120", "X03")
@pytest.mark.refusing
async def test_who_stands_twice_in_the_pool_is_drawn_once_and_seated_once(
    drawing: Drawing,
) -> None:
    async with drawing.service.sessions.begin() as session:
        twin = await session.get_one(Expert, drawing.expert_ids["ex08"])
        twin_person = twin.person_id
    path = f"/v1/evaluation/experts/{drawing.expert_ids['ex04']}/accounts"
    told = await drawing.ask("POST", path, {"person_id": str(twin_person)})
    assert told.status_code == 201, told.text
    # Two entries of one person, one technical and one of management.
    formed = await drawing.form(("ex02", "ex04", "ex05", "ex08", "ex09"))
    assert codes_of(formed) == ["EXPERT_REPEATED"]
    await drawing.seed()
    fixed = [{"case_id": drawing.case_ids[0], "expert_id": str(drawing.expert_ids["ex08"])}]
    body = {"cycle_id": drawing.cycle_id, "size": 5, "fixed": fixed}
    assert (await drawing.ask("POST", DRAWS, body)).status_code == 404
    drawn = await drawing.draw()
    pool = {
        seat["expert_id"] for one in drawn["result"]["panels"].values() for seat in one["seats"]
    }
    assert str(drawing.expert_ids["ex08"]) not in pool

    # Nor does he come in for somebody who left.
    sheets = await drawing.formed(FIVE)
    async with drawing.expert("ex07") as leaving:
        answer = {"accepted": False, "reason": "出国"}
        gone = await leaving.post(f"/v1/evaluation/seats/{sheets['ex07']}/answer", json=answer)
    assert gone.status_code == 201
    listed = (await drawing.ask("GET", "/v1/evaluation/panels")).json()["items"]
    seat = f"/v1/evaluation/panels/{listed[0]['id']}/seats"
    refilled = await drawing.ask("POST", seat, {"expert_id": str(drawing.expert_ids["ex08"])})
    assert codes_of(refilled) == ["EXPERT_REPEATED"]


@pytest.mark.anyio
@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_a_seat_that_is_left_goes_to_its_alternates_first(drawing: Drawing) -> None:
    """Moved up by rank, one after the other; somebody else only with a reason that is kept."""
    await drawing.seed()
    drawn = await drawing.draw(case_ids=drawing.case_ids[:1])
    told = drawn["result"]["panels"][drawing.case_ids[0]]["seats"]
    seat = next(one for one in told if len(one["alternates"]) == 2)
    first, second = seat["alternates"]
    assert (await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/accept")).status_code == 200
    panel = (await drawing.ask("GET", "/v1/evaluation/panels")).json()["items"][0]
    path = f"/v1/evaluation/panels/{panel['id']}/seats"

    nobody = await drawing.ask("POST", path, {})
    assert codes_of(nobody) == ["STATE_CONFLICT", "ALTERNATES_EXHAUSTED"], "no seat waits"

    async def leave(expert_id: str) -> dict[str, Any]:
        shown = (await drawing.ask("GET", f"/v1/evaluation/panels/{panel['id']}")).json()
        mine = next(one for one in shown["sheets"] if one["expert_id"] == expert_id)
        async with drawing.service.sessions.begin() as session:
            held = await session.get_one(PanelSeat, UUID(mine["id"]))
            locked = await panel_queries.panel_for_update(session, held.panel_id)
            clerk = Actor.system("test")
            now = drawing.service.app.state.clock.now()
            await panel_actions.vacate(session, clerk, locked, held, now)
        again = await drawing.ask("GET", f"/v1/evaluation/panels/{panel['id']}")
        return next(one for one in again.json()["sheets"] if one["id"] == mine["id"])

    left = await leave(seat["expert_id"])
    assert left["alternates"] == [first, second]

    # Somebody else of the field, with and without a reason.
    pool = (await drawing.ask("GET", "/v1/evaluation/experts?limit=100")).json()["items"]
    taken = {seat["expert_id"] for seat in told} | {first, second}
    barred = {one["expert_id"] for one in drawn["barred"] if one["case_id"] == panel["subject_id"]}
    other = next(
        one["id"] for one in pool
        if one["field"] == left["field"] and one["id"] not in taken | barred
    )  # fmt: skip
    passing = await drawing.ask("POST", path, {"expert_id": other})
    assert codes_of(passing) == ["ALTERNATE_PASSED_OVER"]
    assert passing.json()["errors"][0]["params"]["alternates"] == [first, second]
    late = await drawing.ask("POST", path, {"expert_id": second})
    assert late.json()["errors"][0]["params"]["alternates"] == [first]
    unsaid = await drawing.ask("POST", path, {"reason": "无人"})
    assert unsaid.status_code == 422

    # The first has retired meanwhile: the second moves up by himself.
    retired = await drawing.ask(
        "POST", f"/v1/evaluation/experts/{first}/retirement", {"reason": "离任"}
    )
    assert retired.status_code == 200, retired.text
    filled = await drawing.ask("POST", path, {})
    assert filled.status_code == 201, filled.text
    moved = filled.json()["sheets"][-1]
    assert (moved["expert_id"], moved["alternate_rank"]) == (second, 2)
    assert (moved["replaces_id"], moved["passed_over"]) == (left["id"], None)
    assert filled.json()["state"] == "formed"
    assert (await event_types(drawing.service.sessions))[-1] == "panel.refilled"

    # He leaves too: the first is back, and is passed over with a reason.
    back = await drawing.ask("POST", f"/v1/evaluation/experts/{first}/return")
    assert back.status_code == 200, back.text
    assert (await leave(second))["alternates"] == [first]
    named = await drawing.ask("POST", path, {"expert_id": other, "reason": "首位候补将长期出差"})
    assert named.status_code == 201, named.text
    chosen = named.json()["sheets"][-1]
    assert (chosen["passed_over"], chosen["alternate_rank"]) == ("首位候补将长期出差", None)


@pytest.mark.anyio
@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_a_refill_keeps_limits_and_separates_colleagues(drawing: Drawing) -> None:
    sheets = await drawing.formed(FIVE)
    async with drawing.expert("ex04") as leaving:
        answer = {"accepted": False, "reason": "出国"}
        await leaving.post(f"/v1/evaluation/seats/{sheets['ex04']}/answer", json=answer)
    panel = (await drawing.ask("GET", "/v1/evaluation/panels")).json()["items"][0]
    path = f"/v1/evaluation/panels/{panel['id']}/seats"
    for code in ("ex02", "ex11"):
        moved = await drawing.ask(
            "POST", f"/v1/evaluation/experts/{drawing.expert_ids[code]}/employer",
            {"org_uscc": USCC["c02"], "from_on": "2026-01-05"},
        )  # fmt: skip
        assert moved.status_code == 200, moved.text
    async with drawing.service.sessions.begin() as session:
        held = await session.get_one(Panel, UUID(panel["id"]))
        held.loads = {str(drawing.expert_ids["ex11"]): 0}
    named = {"expert_id": str(drawing.expert_ids["ex11"])}
    refused = await drawing.ask("POST", path, named)
    assert codes_of(refused) == ["PANEL_COLLEAGUES", "EXPERT_OVERLOADED"]
    assert refused.json()["errors"][1]["params"]["max"] == 0
    # A limit of his own lets the load pass, and not the employer.
    raised = await drawing.ask("POST", path, {**named, "max_load": 1})
    assert codes_of(raised) == ["PANEL_COLLEAGUES"]
