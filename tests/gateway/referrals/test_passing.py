"""Tasks pass to an agency and come back: who may, in which order, until when, and who sees it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.referrals import rules
from gateway.referrals.rules import MOVES, ReferralEvent, ReferralState
from shared.calendar import WorkingDays
from shared.rules import failed_codes
from shared.services import SERVICES
from tests.fixtures.service import event_types

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
PATH = "/v1/referrals"
FRIDAY = date(2026, 3, 13)


@dataclass
class Desk:
    """An official and two agencies, each with a caller."""

    gateway: Any
    handler: httpx.AsyncClient
    agency: httpx.AsyncClient
    other: httpx.AsyncClient
    agency_id: str

    async def passed(self, **over: Any) -> httpx.Response:
        body = {
            "agency_id": self.agency_id, "subject_kind": "application", "subject_id": str(uuid4()),
            "request": "请核对发明专利是否有效。", "due_on": "2026-03-13",
        } | over  # fmt: skip
        return await self.handler.post(PATH, json=body)

    async def kinds(self, caller: httpx.AsyncClient) -> list[str]:
        items = (await caller.get("/v1/me/tasks")).json()["items"]
        return [task["kind"] for task in items]


@asynccontextmanager
async def desk(running: Running) -> AsyncIterator[Desk]:
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        gateway.set_clock("2026-03-09T01:00:00+00:00")
        ids = []
        for name in ("市知识产权局", "市财政局"):
            body = {"name": name, "person": {"name": name}, "roles": ["agency"]}
            made = await admin.post("/v1/identity/clients", json=body)
            assert made.status_code == 201, made.text
            ids.append(made.json()["sub"])
        for service in SERVICES:
            gateway.neighbours.answers[f"GET /v1/{service}/tasks"] = {"items": [], "missing": []}
        async with (
            gateway.client("handler") as handler,
            gateway.client("agency", sub=ids[0]) as agency,
            gateway.client("agency", sub=ids[1]) as other,
        ):
            yield Desk(gateway, handler, agency, other, ids[0])


@pytest.mark.requirement("A135")
async def test_a_task_goes_to_an_agency_comes_back_answered_and_is_closed(
    running: Running,
) -> None:
    async with desk(running) as at:
        agencies = (await at.handler.get(f"{PATH}/agencies")).json()["items"]
        assert {one["name"] for one in agencies} == {"市知识产权局", "市财政局"}
        answer = await at.passed()
        assert answer.status_code == 201, answer.text
        path = f"{PATH}/{answer.json()['id']}"
        tasks = (await at.agency.get("/v1/me/tasks")).json()["items"]
        assert [(task["kind"], task["due_on"]) for task in tasks] == [
            ("referral.accept", "2026-03-13")
        ]
        assert tasks[0]["href"] == f"{path}/accept"
        assert (await at.agency.post(f"{path}/accept")).json()["state"] == "accepted"
        assert await at.kinds(at.agency) == ["referral.answer"]
        body = {"answer": "agreed", "text": "均有效。", "doc_no": "沪知局〔2026〕8号"}
        at.gateway.set_clock("2026-03-16T01:00:00+00:00")
        done = await at.agency.post(f"{path}/answers", json=body)
        assert done.json()["state"] == "answered"
        assert await at.kinds(at.agency) == []
        assert await at.kinds(at.handler) == ["referral.close"]
        again = {"request": "请补充有效期。", "due_on": "2026-03-20"}
        asked = (await at.handler.post(f"{path}/ask-again", json=again)).json()
        assert (asked["state"], asked["round"], asked["due_on"]) == ("passed", 2, "2026-03-20")
        returned = await at.agency.post(f"{path}/return", json={"reason": "已告知全部信息"})
        assert returned.json()["state"] == "returned"
        assert (await at.handler.post(f"{path}/close")).json()["state"] == "closed"
        whole = (await at.agency.get(path)).json()
        said = [(one["round"], one["answer"], one["is_late"]) for one in whole["replies"]]
        assert said == [(1, "agreed", True), (2, None, False)]
        assert await at.kinds(at.handler) == []
        events = [name for name in await event_types(at.gateway.sessions) if "referral" in name]
        assert events == [
            f"referral.{step}"
            for step in ("passed", "accepted", "answered", "passed", "returned", "closed")
        ]


@pytest.mark.requirement("A135", "X04")
@pytest.mark.refusing
async def test_another_agency_and_others_see_and_do_nothing(running: Running) -> None:
    async with desk(running) as at:
        path = f"{PATH}/{(await at.passed()).json()['id']}"
        assert (await at.other.get(path)).status_code == 404
        assert (await at.other.post(f"{path}/accept")).status_code == 404
        assert (await at.other.get(PATH)).json()["items"] == []
        assert await at.kinds(at.other) == []
        assert len((await at.agency.get(PATH)).json()["items"]) == 1
        # An official does not answer for an agency, nor an agency close for the officials.
        assert (await at.handler.post(f"{path}/accept")).status_code == 403
        assert (await at.agency.post(f"{path}/close")).status_code == 403
        for capacity in ("member", "expert"):
            async with at.gateway.client(capacity) as caller:
                assert (await caller.get(path)).status_code == 403
                assert (await caller.get(PATH)).status_code == 403


@pytest.mark.requirement("A135", "X10")
@pytest.mark.refusing
async def test_tasks_pass_to_agencies_only_with_a_working_day_to_come(running: Running) -> None:
    async with desk(running) as at:
        body = {"name": "ERP", "org_id": str(uuid4()), "person": {"name": "周启明"}}
        async with at.gateway.client("admin") as admin:
            member = (await admin.post("/v1/identity/clients", json=body)).json()["sub"]
        refused = await at.passed(agency_id=member)
        assert (refused.status_code, refused.json()["code"]) == (409, "AGENCY_REQUIRED")
        assert (await at.passed(agency_id=str(uuid4()))).status_code == 404
        for day in ("2026-03-06", "2026-03-14"):
            refused = await at.passed(due_on=day)
            assert (refused.status_code, refused.json()["code"]) == (422, "FIELD_INVALID")
        assert (await at.handler.get(PATH)).json()["items"] == []


@pytest.mark.requirement("A135")
@pytest.mark.refusing
async def test_of_two_answers_at_once_one_stays(running: Running) -> None:
    async with desk(running) as at:
        path = f"{PATH}/{(await at.passed()).json()['id']}"
        await at.agency.post(f"{path}/accept")
        body = {"answer": "done", "text": "已办。"}
        both = await asyncio.gather(
            at.agency.post(f"{path}/answers", json=body),
            at.agency.post(f"{path}/answers", json=body),
        )
        assert sorted(answer.status_code for answer in both) == [200, 409]
        late = await at.handler.post(f"{path}/withdraw", json={"reason": "不再需要"})
        assert (late.status_code, late.json()["code"]) == (409, "STATE_CONFLICT")
        assert len((await at.agency.get(path)).json()["replies"]) == 1


@pytest.mark.parametrize("state", list(ReferralState))
@pytest.mark.parametrize("event", list(ReferralEvent))
def test_every_step_is_allowed_or_a_conflict(state: ReferralState, event: ReferralEvent) -> None:
    expected = [] if (state, event) in MOVES else ["STATE_CONFLICT"]
    assert failed_codes(rules.move_checks(state, event)) == expected


def test_every_state_but_the_last_leads_on() -> None:
    ends = {state for state in ReferralState if not any(of is state for of, _ in MOVES)}
    assert ends == {ReferralState.CLOSED, ReferralState.WITHDRAWN}


@pytest.mark.parametrize(
    ("due_on", "codes"),
    [
        (date(2026, 3, 9), []),
        (date(2026, 3, 8), ["FIELD_INVALID"]),
        (FRIDAY, []),
        (date(2026, 3, 14), ["FIELD_INVALID"]),
        # A make-up Saturday is worked.
        (date(2026, 5, 9), []),
    ],
)
def test_a_last_day_is_a_working_day_from_today_on(due_on: date, codes: list[str]) -> None:
    checks = rules.due_checks(due_on, date(2026, 3, 9), WorkingDays())
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A135")
@pytest.mark.parametrize(
    ("held", "codes"),
    [(["agency"], []), (["finance", "agency"], []), (["official"], ["AGENCY_REQUIRED"]),
     ([], ["AGENCY_REQUIRED"])],
)  # fmt: skip
def test_a_task_goes_to_an_agency(held: list[str], codes: list[str]) -> None:
    checks = rules.passing_checks(held, FRIDAY, FRIDAY, WorkingDays())
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A135", "X04")
@pytest.mark.refusing
async def test_a_service_is_told_who_is_an_agency_today_and_nobody_else_asks(
    running: Running,
) -> None:
    async with desk(running) as at, at.gateway.client("admin") as admin:
        member = {"name": "ERP", "org_id": str(uuid4()), "person": {"name": "周启明"}}
        made = (await admin.post("/v1/identity/clients", json=member)).json()["sub"]
        path = f"{PATH}/agencies/{at.agency_id}"
        async with at.gateway.client("service") as service:
            told = await service.get(path)
            assert (told.status_code, told.json()["name"]) == (200, "市知识产权局")
            for nobody in (made, uuid4()):
                assert (await service.get(f"{PATH}/agencies/{nobody}")).status_code == 404
            # It has the role from its first day on.
            at.gateway.set_clock("2026-03-08T15:59:59+00:00")
            assert (await service.get(path)).status_code == 404
        for caller in (at.handler, at.agency):
            assert (await caller.get(path)).status_code == 403
