"""Panels drawn for a cycle over HTTP: seed, draw, proof, recusal, acceptance, answers."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from anyio import BrokenWorkerProcess
from sqlmodel import select

from evaluation.assignments import jobs, rules
from evaluation.assignments.drawing import worked
from evaluation.assignments.solver import solve
from evaluation.assignments.tables import PanelDraw
from evaluation.cycles import rules as cycles
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.experts.rules import ExpertField
from evaluation.experts.tables import Expert, ExpertSpecialty
from evaluation.schemes.tables import IndicatorScheme
from shared.database import new_id
from shared.directory import DirectoryCenter
from tests.evaluation.reviewing import FIELDS, TODAY, USCC, Reviewing, codes_of
from tests.fixtures.service import event_types
from tests.fixtures.walks import Walks

pytestmark = pytest.mark.anyio
DRAWS = "/v1/evaluation/assignments"
SEEDS = "/v1/evaluation/assignment-seeds"
CASES = 3


class Drawing(Reviewing):
    """A cycle of three centres, and fifteen experts more than the review has."""

    cycle_id: str
    case_ids: list[str]

    async def begin(self) -> None:
        await self.prepare()
        now = self.service.app.state.clock.now()
        async with self.service.sessions.begin() as session:
            scheme = (await session.scalars(select(IndicatorScheme))).one()
            cycle = EvaluationCycle(
                kind=cycles.CycleKind.ANNUAL_EVALUATION, year=2025, scheme_id=scheme.id,
                weight_profile="default", period_from=date(2025, 1, 1),
                period_until=date(2025, 12, 31), due_on=date(2026, 3, 31), grace_days=30,
                min_months_listed=12, state=cycles.CycleState.OPEN, created_at=now, opened_at=now,
            )  # fmt: skip
            session.add(cycle)
            centers = [self.center_id, *(new_id() for _ in range(CASES - 1))]
            session.add_all(
                DirectoryCenter(
                    id=center, name=f"中心{n}", stage="pilot", model_type="enterprise",
                    applicant_form="legal_entity", lead_sponsor_id=self.org_ids["m15"], position=1,
                )
                for n, center in enumerate(centers[1:])
            )  # fmt: skip
            await session.flush()
            cases = [
                EvaluationCase(
                    cycle_id=cycle.id, center_id=center, kind=cycles.CycleKind.ANNUAL_EVALUATION,
                    year=2025, scheme_id=scheme.id, profile="default",
                    weights={"A": "25", "B": "30", "C": "20", "D": "15", "E": "10"},
                    state=cycles.CaseState.SNAPSHOT_FROZEN, created_at=now,
                )
                for center in centers
            ]  # fmt: skip
            session.add_all(cases)
            pool = [
                Expert(
                    person_id=new_id(), field=ExpertField(FIELDS[n % 5]), title="教授",
                    org_uscc=USCC["c02"] if n < 2 else None, registered_at=now,
                )
                for n in range(15)
            ]  # fmt: skip
            session.add_all(pool)
            await session.flush()
            session.add_all(
                ExpertSpecialty(expert_id=one.id, field_code="new_materials", level=n % 3 + 1)
                for n, one in enumerate(pool)
                if n % 2
            )
            self.cycle_id = str(cycle.id)
            self.case_ids = [str(case.id) for case in cases]
        self.service.neighbours.answers["GET /v1/registry/centers"] = {
            "items": [{"id": str(one), "field_codes": ["new_materials"]} for one in centers]
        }

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        async with self.handler as handler:
            return await handler.request(method, path, json=body)

    async def seed(self) -> dict[str, Any]:
        answer = await self.ask("POST", SEEDS, {"cycle_id": self.cycle_id})
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def draw(self, **over: Any) -> dict[str, Any]:
        """Freeze a draw, let the worker solve it here, and give what it came to."""
        asked = await self.ask("POST", DRAWS, {"cycle_id": self.cycle_id, "size": 5, **over})
        assert asked.status_code == 202, asked.text
        assert asked.json()["state"] == "queued"
        return await self.worked(asked.json()["id"])

    async def worked(self, draw_id: str) -> dict[str, Any]:
        async def here(*asked: Any) -> dict[str, Any]:
            return worked(*asked)

        await jobs.draw_waiting(self.service.app, here)
        told: dict[str, Any] = (await self.ask("GET", f"{DRAWS}/{draw_id}")).json()
        return told


@pytest.fixture
async def drawing(running: Callable[..., Any], walks: Walks) -> AsyncIterator[Drawing]:
    async with running("evaluation") as service:
        service.set_clock(TODAY)
        drawing = Drawing(service, walks)
        await drawing.begin()
        yield drawing


@pytest.mark.requirement("A120", "X08")
async def test_panels_are_drawn_proven_and_made_by_the_handler(drawing: Drawing) -> None:
    committed = await drawing.seed()
    assert committed["seed"] is None
    drawn = await drawing.draw()

    assert (drawn["state"], drawn["optimal"]) == ("drawn", True)
    assert [step["proven"] for step in drawn["result"]["proof"]] == [True] * 4
    assert set(drawn["result"]["panels"]) == set(drawing.case_ids)
    assert all(price["price"] >= 0 for price in drawn["result"]["prices"])

    accepted = await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/accept")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    listed = (await drawing.ask("GET", "/v1/evaluation/panels")).json()["items"]
    seats = {one["subject_id"]: {s["expert_id"] for s in one["sheets"]} for one in listed}
    assert seats == {
        case: {seat["expert_id"] for seat in panel["seats"]}
        for case, panel in drawn["result"]["panels"].items()
    }
    assert (await event_types(drawing.service.sessions))[-1] == "draw.accepted"


@pytest.mark.requirement("A120")
async def test_anyone_can_repeat_the_draw_from_problem_and_seed(drawing: Drawing) -> None:
    committed = await drawing.seed()
    drawn = await drawing.draw()
    assert (drawn["seed"]["seed"], drawn["seed"]["opened_at"]) == (None, None)
    accepted = await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/accept")

    opened = accepted.json()["seed"]["seed"]
    problem = (await drawing.ask("GET", f"{DRAWS}/{drawn['id']}/problem")).content

    assert hashlib.sha256(opened.encode()).hexdigest() == committed["commitment"]
    assert hashlib.sha256(problem).hexdigest() == drawn["problem_hash"]
    again = solve(rules.problem_of(json.loads(problem)), opened, clock=time.monotonic)
    told = {
        case: tuple(sorted(seat["expert_id"] for seat in panel["seats"]))
        for case, panel in drawn["result"]["panels"].items()
    }
    assert again.panels == told


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_those_whom_the_law_bars_are_named_with_their_facts_and_not_drawn(
    drawing: Drawing,
) -> None:
    await drawing.seed()
    drawn = await drawing.draw()
    barred = {(one["case_id"], one["expert_id"]): one["conflicts"] for one in drawn["barred"]}
    first = drawing.case_ids[0]
    formerly = barred[first, str(drawing.expert_ids["ex01"])]
    assert [one["code"] for one in formerly] == ["COI_EMPLOYMENT_3Y"]
    assert formerly[0]["params"]["until_on"] == "2024-09-30"
    for case, panel in drawn["result"]["panels"].items():
        assert not {(case, seat["expert_id"]) for seat in panel["seats"]} & set(barred)


@pytest.mark.requirement("X03", "X08")
@pytest.mark.refusing
async def test_a_second_account_brings_its_duties_and_ties(drawing: Drawing) -> None:
    second = drawing.people["ex01"]  # Known to have worked at a member.
    path = f"/v1/evaluation/experts/{drawing.expert_ids['ex02']}/accounts"
    assert (await drawing.ask("POST", path, {"person_id": str(second)})).status_code == 201
    assert codes_of(await drawing.ask("POST", path, {"person_id": str(second)})) == [
        "ALREADY_EXISTS"
    ]
    await drawing.seed()
    drawn = await drawing.draw()
    # Whichever of his two entries stands for him in the pool, he is one person with all its ties.
    entries = {str(drawing.expert_ids[code]) for code in ("ex01", "ex02")}
    [found] = [
        one["conflicts"] for one in drawn["barred"]
        if one["case_id"] == drawing.case_ids[0] and one["expert_id"] in entries
    ]  # fmt: skip
    assert [one["code"] for one in found] == ["COI_EMPLOYMENT_3Y"]
    assert entries.isdisjoint(drawn["result"]["panels"][drawing.case_ids[0]])


@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_without_a_seed_or_with_an_even_size_nothing_is_frozen(drawing: Drawing) -> None:
    asked = await drawing.ask("POST", DRAWS, {"cycle_id": drawing.cycle_id, "size": 6})
    assert codes_of(asked) == ["PANEL_SIZE", "SEED_MISSING"]
    assert (await drawing.ask("GET", DRAWS)).json()["items"] == []
    await drawing.seed()
    again = await drawing.ask("POST", SEEDS, {"cycle_id": drawing.cycle_id})
    assert codes_of(again) == ["ALREADY_EXISTS"]
    unknown = {"cycle_id": drawing.cycle_id, "size": 5, "case_ids": [str(new_id())]}
    assert (await drawing.ask("POST", DRAWS, unknown)).status_code == 404
    stray = {"case_id": drawing.case_ids[0], "expert_id": str(new_id())}
    fixed = {"cycle_id": drawing.cycle_id, "size": 5, "fixed": [stray]}
    assert (await drawing.ask("POST", DRAWS, fixed)).status_code == 404


@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_what_cannot_be_drawn_says_why_and_makes_no_panels(drawing: Drawing) -> None:
    await drawing.seed()
    drawn = await drawing.draw(size=9, max_load=1)
    why = drawn["result"]["explanation"]
    assert (drawn["state"], drawn["optimal"], why["irreducible"]) == ("infeasible", False, True)
    assert why["proven"]
    assert sum(one["seats"] for one in why["missing_seats"]) == 27 - 26
    refused = await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/accept")
    assert codes_of(refused) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_a_draw_without_proof_is_not_accepted(drawing: Drawing) -> None:
    await drawing.seed()
    asked = await drawing.ask("POST", DRAWS, {"cycle_id": drawing.cycle_id, "size": 5})

    async def late(*asked: Any) -> dict[str, Any]:
        return {"answer": "unknown", "optimal": False, "unique": False, "proof": []}

    await jobs.draw_waiting(drawing.service.app, late)
    path = f"{DRAWS}/{asked.json()['id']}"
    assert (await drawing.ask("GET", path)).json()["state"] == "unproven"
    assert codes_of(await drawing.ask("POST", f"{path}/accept")) == ["DRAW_NOT_PROVEN"]


@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_a_draw_that_costs_its_worker_each_time_is_given_up(drawing: Drawing) -> None:
    """Killed in its process or with the whole service, it is tried three times and no more."""
    await drawing.seed()
    body = {"cycle_id": drawing.cycle_id, "size": 5}
    first = (await drawing.ask("POST", DRAWS, body)).json()["id"]
    later = (await drawing.ask("POST", DRAWS, body)).json()["id"]
    tried = []

    async def dying(problem: bytes, *asked: Any) -> dict[str, Any]:
        tried.append(problem)
        if len(tried) <= rules.MOST_ATTEMPTS:
            raise BrokenWorkerProcess
        return worked(problem, *asked)

    assert await jobs.draw_waiting(drawing.service.app, dying) == 1
    failed = (await drawing.ask("GET", f"{DRAWS}/{first}")).json()
    assert (failed["state"], failed["failure"], failed["attempts"]) == ("failed", "killed", 3)
    assert failed["finished_at"] is not None
    assert (await drawing.ask("GET", f"{DRAWS}/{later}")).json()["state"] == "drawn"
    refused = await drawing.ask("POST", f"{DRAWS}/{first}/accept")
    assert codes_of(refused) == ["STATE_CONFLICT"]
    assert "draw.failed" in await event_types(drawing.service.sessions)

    # The service itself dies with its worker: the claim is not given back.
    class Killed(BaseException):
        pass

    async def taken(*_: Any) -> dict[str, Any]:
        raise Killed

    third = (await drawing.ask("POST", DRAWS, body)).json()["id"]
    for hour in range(rules.MOST_ATTEMPTS):
        drawing.service.set_clock(f"2026-02-02T{3 + hour:02}:00:00+00:00")
        with pytest.raises(Killed):
            await jobs.draw_waiting(drawing.service.app, taken)
        assert (await drawing.ask("GET", f"{DRAWS}/{third}")).json()["attempts"] == hour + 1
    assert await jobs.draw_waiting(drawing.service.app, taken) == 0, "its last worker may come back"
    drawing.service.set_clock("2026-02-02T09:00:00+00:00")
    assert await jobs.draw_waiting(drawing.service.app, taken) == 0
    assert (await drawing.ask("GET", f"{DRAWS}/{third}")).json()["state"] == "failed"
    # Its cases are free: the other draw of them becomes panels.
    assert (await drawing.ask("POST", f"{DRAWS}/{later}/accept")).status_code == 200


@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_no_pool_freezes_under_a_seed_that_is_open(drawing: Drawing) -> None:
    """Each acceptance opens the seed of its draw, and commits to the next."""
    first = await drawing.seed()
    one = await drawing.draw(case_ids=drawing.case_ids[:1])
    early = await drawing.draw(case_ids=drawing.case_ids[1:2])
    accepted = await drawing.ask("POST", f"{DRAWS}/{one['id']}/accept")
    assert accepted.json()["seed"]["id"] == first["id"]
    standing = (await drawing.ask("GET", f"{SEEDS}?cycle_id={drawing.cycle_id}")).json()
    assert (standing["number"], standing["seed"]) == (2, None)
    assert standing["commitment"] != first["commitment"]
    again = await drawing.ask("POST", SEEDS, {"cycle_id": drawing.cycle_id})
    assert codes_of(again) == ["ALREADY_EXISTS"], "one stands at a time"

    # What is drawn from now on, anew or with few changes, is drawn with the next.
    late = await drawing.draw(case_ids=drawing.case_ids[2:])
    assert late["seed_id"] == standing["id"]
    panel, told = next(iter(early["result"]["panels"].items()))
    gone = {"seats": [{"panel": panel, "expert_id": told["seats"][0]["expert_id"]}]}
    changed = await drawing.ask("POST", f"{DRAWS}/{early['id']}/recusals", gone)
    assert changed.json()["seed_id"] == standing["id"]
    # What froze before the first was open stays drawn by it.
    assert (await drawing.ask("POST", f"{DRAWS}/{early['id']}/accept")).status_code == 200
    kept = (await drawing.ask("GET", f"{SEEDS}?cycle_id={drawing.cycle_id}")).json()
    assert (kept["number"], kept["seed"]) == (2, None)

    # A draw of before, whose pool froze when its seed was open already.
    async with drawing.service.sessions.begin() as session:
        row = await session.get_one(PanelDraw, UUID(late["id"]))
        row.seed_id = UUID(first["id"])
        row.created_at += timedelta(seconds=1)
    refused = await drawing.ask("POST", f"{DRAWS}/{late['id']}/accept")
    assert codes_of(refused) == ["SEED_OPEN"]


@pytest.mark.requirement("A120")
async def test_one_panel_for_a_group_and_fixed_choices(drawing: Drawing) -> None:
    await drawing.seed()
    case, expert = drawing.case_ids[0], str(drawing.expert_ids["ex07"])
    drawn = await drawing.draw(mode="group", fixed=[{"case_id": case, "expert_id": expert}])
    assert drawn["groups"] == {min(drawing.case_ids): sorted(drawing.case_ids)}
    panel = next(iter(drawn["result"]["panels"].values()))
    assert expert in {seat["expert_id"] for seat in panel["seats"]}
    accepted = await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/accept")
    assert accepted.status_code == 200
    listed = (await drawing.ask("GET", "/v1/evaluation/panels")).json()["items"]
    assert len({frozenset(s["expert_id"] for s in one["sheets"]) for one in listed}) == 1


@pytest.mark.requirement("A120")
async def test_a_recused_expert_is_drawn_anew_with_no_other_change(drawing: Drawing) -> None:
    await drawing.seed()
    drawn = await drawing.draw()
    panel, before = next(iter(drawn["result"]["panels"].items()))
    gone = before["seats"][0]["expert_id"]
    body = {"seats": [{"panel": panel, "expert_id": gone}]}
    asked = await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/recusals", body)
    again = await drawing.worked(asked.json()["id"])

    def seats(told: dict[str, Any]) -> set[tuple[str, str]]:
        return {
            (key, seat["expert_id"])
            for key, one in told["result"]["panels"].items()
            for seat in one["seats"]
        }

    assert seats(drawn) - seats(again) == {(panel, gone)}
    assert again["replaces_id"] == drawn["id"]
    stray = {"seats": [{"panel": panel, "expert_id": str(new_id())}]}
    assert (await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/recusals", stray)).status_code == 404


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_a_tie_found_since_the_pool_froze_stops_the_acceptance_whole(
    drawing: Drawing,
) -> None:
    await drawing.seed()
    drawn = await drawing.draw()
    seat = drawn["result"]["panels"][drawing.case_ids[0]]["seats"][0]
    tie = {"kind": "board", "org_uscc": USCC["m01"], "from_on": "2025-01-01"}
    path = f"/v1/evaluation/experts/{seat['expert_id']}/relations"
    assert (await drawing.ask("POST", path, tie)).status_code == 201
    refused = await drawing.ask("POST", f"{DRAWS}/{drawn['id']}/accept")
    assert codes_of(refused) == ["COI_BOARD"]
    assert (await drawing.ask("GET", "/v1/evaluation/panels")).json()["items"] == []


@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_two_acceptances_at_once_make_the_panels_once(drawing: Drawing) -> None:
    await drawing.seed()
    drawn = await drawing.draw()
    path = f"{DRAWS}/{drawn['id']}/accept"
    answers = await asyncio.gather(drawing.ask("POST", path), drawing.ask("POST", path))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    listed = (await drawing.ask("GET", "/v1/evaluation/panels")).json()["items"]
    assert len(listed) == CASES


@pytest.mark.requirement("A120")
async def test_the_worker_searches_in_a_process_of_its_own(drawing: Drawing) -> None:
    await drawing.seed()
    asked = await drawing.ask("POST", DRAWS, {"cycle_id": drawing.cycle_id, "size": 5})
    assert await jobs.draw_waiting(drawing.service.app) == 1
    told = (await drawing.ask("GET", f"{DRAWS}/{asked.json()['id']}")).json()
    assert told["optimal"]


# --- invitations ----------------------------------------------------------------------------


@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_an_expert_takes_his_seat_or_declines_it_with_a_reason(review: Reviewing) -> None:
    sheets = await review.formed()

    async def answer(code: str, sheet: str, body: dict[str, Any]) -> httpx.Response:
        async with review.expert(code) as client:
            return await client.post(f"/v1/evaluation/seats/{sheet}/answer", json=body)

    taken = await answer("ex02", sheets["ex02"], {"accepted": True})
    assert (taken.status_code, taken.json()["accepted"]) == (201, True)
    twice = await answer("ex02", sheets["ex02"], {"accepted": False, "reason": "改变主意"})
    assert codes_of(twice) == ["STATE_CONFLICT"]
    assert (await answer("ex04", sheets["ex02"], {"accepted": True})).status_code == 404
    assert (await answer("ex04", sheets["ex04"], {"accepted": False})).status_code == 422
    gone = await answer("ex04", sheets["ex04"], {"accepted": False, "reason": "出国"})
    assert gone.status_code == 201
    async with review.handler as handler:
        panel = (await handler.get("/v1/evaluation/panels")).json()["items"][0]
    assert (panel["state"], panel["vacant_fields"]) == ("incomplete", ["technical"])
    assert UUID(panel["id"])


@pytest.mark.requirement("A119", "A120")
async def test_who_is_away_is_neither_drawn_nor_an_alternate_and_the_reason_is_told(
    drawing: Drawing,
) -> None:
    await drawing.seed()
    free = await drawing.draw()
    seat = free["result"]["panels"][drawing.case_ids[0]]["seats"][0]
    chosen = seat["expert_id"]
    path = f"/v1/evaluation/experts/{chosen}/absences"
    told = await drawing.ask(
        "POST", path, {"kind": "leave", "from_on": "2026-02-20", "until_on": "2026-03-20"}
    )
    assert told.status_code == 201, told.text

    # What was drawn before is judged again as it is made into panels.
    accepted = await drawing.ask("POST", f"{DRAWS}/{free['id']}/accept")
    assert set(codes_of(accepted)) == {"EXPERT_AWAY"}
    drawn = await drawing.draw(until_on="2026-02-20")

    assert chosen not in json.dumps(drawn["result"]["panels"])
    reasons = [one for one in drawn["barred"] if one["expert_id"] == chosen]
    assert {one["case_id"] for one in reasons} == set(drawing.case_ids)
    away = [why for one in reasons for why in one["conflicts"] if why["code"] == "EXPERT_AWAY"]
    assert away[0]["params"]["from_on"] == "2026-02-20"
    assert drawn["until_on"] == "2026-02-20"
    # A day earlier he is still there.
    assert not [
        one
        for one in (await drawing.draw(until_on="2026-02-19"))["barred"]
        if one["expert_id"] == chosen
    ]


@pytest.mark.requirement("A119", "A120")
async def test_a_seat_is_not_drawn_again_for_who_is_away_by_now(drawing: Drawing) -> None:
    await drawing.seed()
    drawn = await drawing.draw()
    need = drawing.case_ids[0]
    seat = drawn["result"]["panels"][need]["seats"][0]
    recused = {"panel": need, "expert_id": seat["expert_id"]}
    path = f"{DRAWS}/{drawn['id']}/recusals"
    first = await drawing.ask("POST", path, {"seats": [recused]})
    before = await drawing.worked(first.json()["id"])
    seated = {one["expert_id"] for one in drawn["result"]["panels"][need]["seats"]}
    taken = {one["expert_id"] for one in before["result"]["panels"][need]["seats"]} - seated
    for one in taken:
        told = await drawing.ask(
            "POST", f"/v1/evaluation/experts/{one}/absences",
            {"kind": "leave", "from_on": "2026-02-02", "until_on": "2026-02-02"},
        )  # fmt: skip
        assert told.status_code == 201, told.text

    second = await drawing.ask("POST", path, {"seats": [recused]})
    after = await drawing.worked(second.json()["id"])

    chosen = {one["expert_id"] for one in after["result"]["panels"][need]["seats"]}
    assert after["state"] == "drawn"
    assert taken
    assert not chosen & taken
