"""Duties of officials take two people; lending takes a second one too, ending takes one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from gateway.bootstrap_admin import NotNow, make
from gateway.duties import rules
from gateway.duties.rules import GrantEvent, GrantState, Proposal
from gateway.identity.rules import Duty, two_person_checks
from gateway.settings import GatewaySettings
from shared.rules import failed_codes

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
PATH = "/v1/identity/duty-grants"
TODAY = date(2026, 3, 2)
PROPOSER, PERSON, SECOND = uuid4(), uuid4(), uuid4()


def proposal(**over: Any) -> Proposal:
    base: dict[str, Any] = {
        "person_id": PERSON, "duties": frozenset({Duty.REVIEWER}), "first_on": TODAY,
        "until_on": None, "lent": False,
    }  # fmt: skip
    return Proposal(**base | over)


def refused(asked: Proposal, held: set[str], person_holds: set[str] | None = None) -> list[str]:
    return failed_codes(
        rules.proposal_checks(
            asked, proposer=PROPOSER, held_by_proposer=held,
            held_by_person=person_holds if person_holds is not None else {"official"}, today=TODAY,
        )
    )  # fmt: skip


WEEK = TODAY + timedelta(days=7)
LENT: dict[str, Any] = {"lent": True, "until_on": WEEK}


@pytest.mark.parametrize(
    ("asked", "held", "codes"),
    [
        (proposal(), {"official", "admin"}, []),
        (proposal(), {"official", "reviewer"}, ["FORBIDDEN_SCOPE"]),
        (proposal(**LENT), {"official", "reviewer"}, []),
        (proposal(**LENT), {"official", "handler"}, ["FORBIDDEN_SCOPE"]),
        (proposal(**LENT, duties=frozenset({Duty.ADMIN})), {"admin"}, ["FORBIDDEN_SCOPE"]),
        (proposal(person_id=PROPOSER), {"admin"}, ["SOD_VIOLATION"]),
        (proposal(first_on=TODAY - timedelta(days=1)), {"admin"}, ["FIELD_INVALID"]),
        (proposal(until_on=TODAY), {"admin"}, []),
        (proposal(until_on=TODAY - timedelta(days=1)), {"admin"}, ["FIELD_INVALID"]),
        (proposal(lent=True), {"reviewer"}, ["FIELD_MISSING"]),
    ],
)
def test_who_may_propose_what(asked: Proposal, held: set[str], codes: list[str]) -> None:
    assert refused(asked, held) == codes


@pytest.mark.refusing
def test_duties_are_lent_to_officials_and_held_once() -> None:
    assert refused(proposal(**LENT), {"reviewer"}, set()) == ["OFFICIAL_REQUIRED"]
    assert refused(proposal(), {"admin"}, {"official", "reviewer"}) == ["DUTY_HELD"]


@pytest.mark.parametrize(
    ("deciding", "allowed"), [(PROPOSER, False), (PERSON, False), (SECOND, True)]
)
def test_a_third_person_decides(deciding: UUID, allowed: bool) -> None:
    checks = rules.decision_checks(
        GrantState.PROPOSED, GrantEvent.CONFIRM, proposer=PROPOSER, person=PERSON, deciding=deciding
    )
    assert (not failed_codes(checks)) is allowed


@pytest.mark.parametrize("state", list(GrantState))
@pytest.mark.parametrize("event", list(GrantEvent))
def test_each_step_follows_its_state(state: GrantState, event: GrantEvent) -> None:
    proposed = state is GrantState.PROPOSED
    confirmed = state is GrantState.CONFIRMED and event is GrantEvent.END
    assert ((state, event) in rules.MOVES) is (proposed or confirmed)


@pytest.mark.parametrize(
    ("asked", "held", "two_people", "codes"),
    [
        ({"official", "handler"}, set(), True, ["TWO_PEOPLE_NEEDED"]),
        ({"official"}, set(), True, ["TWO_PEOPLE_NEEDED"]),
        ({"official"}, {"official"}, True, []),
        ({"official", "handler"}, {"official"}, True, ["TWO_PEOPLE_NEEDED"]),
        ({"agency"}, set(), True, []),
        ({"official", "handler"}, set(), False, []),
    ],
)
def test_outside_a_sandbox_one_admin_alone_makes_no_official(
    asked: set[str], held: set[str], two_people: bool, codes: list[str]
) -> None:
    assert failed_codes(two_person_checks(asked, held, two_people=two_people)) == codes


@dataclass
class Office:
    gateway: Any
    first: httpx.AsyncClient
    second: httpx.AsyncClient
    person_id: str
    today: str = field(default="")

    async def proposed(self, by: httpx.AsyncClient, **over: Any) -> httpx.Response:
        body = {
            "person_id": self.person_id, "duties": ["reviewer"], "first_on": self.today,
            "reason": "岗位需要",
        } | over  # fmt: skip
        return await by.post(PATH, json=body)

    async def held(self) -> set[str]:
        async with self.gateway.sessions.reading() as session:
            found = await session.scalars(
                text("SELECT capacity FROM role_grant WHERE person_id = :person"
                     " AND granted_on <= :day AND coalesce(granted_until, :day) >= :day"),
                {"person": UUID(self.person_id), "day": date.fromisoformat(self.today)},
            )  # fmt: skip
            return set(found)


@pytest.fixture
async def office(running: Running) -> Any:
    async with (
        running("gateway") as gateway,
        gateway.client("admin") as first,
        gateway.client("admin") as second,
    ):
        made = (await first.post("/v1/identity/people", json={"name": "郑复核"})).json()
        today = gateway.app.state.clock.today().isoformat()
        yield Office(gateway, first, second, made["id"], today)


@pytest.mark.requirement("A099", "X03")
async def test_a_duty_holds_once_a_second_admin_agreed_and_ends_at_once(office: Office) -> None:
    made = await office.proposed(office.first)
    assert made.status_code == 201, made.text
    path = f"{PATH}/{made.json()['id']}"
    assert await office.held() == set()
    [waiting] = (await office.second.get("/v1/me/tasks")).json()["items"]
    assert (waiting["kind"], waiting["subject_id"]) == ("duty_grant.proposed", made.json()["id"])
    assert (await office.first.get("/v1/me/tasks")).json()["items"] == []
    agreed = await office.second.post(f"{path}/confirm")
    assert (agreed.status_code, agreed.json()["state"]) == (200, "confirmed")
    assert await office.held() == {"official", "reviewer"}
    again = await office.proposed(office.first)
    assert again.json()["code"] == "DUTY_HELD"
    ended = await office.first.post(f"{path}/end", json={"reason": "调离"})
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")
    assert await office.held() == set()
    async with office.gateway.sessions.reading() as session:
        revoked = await session.scalar(
            text("SELECT count(*) FROM revocation WHERE kind = 'person' AND value = :person"),
            {"person": office.person_id},
        )
    assert revoked == 1


@pytest.mark.refusing
@pytest.mark.requirement("A099", "X03")
async def test_nobody_agrees_to_what_he_proposed_or_gains(office: Office) -> None:
    made = (await office.proposed(office.first)).json()
    path = f"{PATH}/{made['id']}"
    own = await office.first.post(f"{path}/confirm")
    assert (own.status_code, own.json()["code"]) == (403, "SOD_VIOLATION")
    async with office.gateway.client("admin", sub=office.person_id) as gains:
        assert (await gains.post(f"{path}/confirm")).json()["code"] == "SOD_VIOLATION"
        assert (await office.proposed(gains)).json()["code"] == "SOD_VIOLATION"
    async with office.gateway.client("handler") as other:
        assert (await other.post(f"{path}/confirm")).status_code == 403
        assert (await other.post(f"{path}/end", json={"reason": "x"})).status_code == 404
        assert (await other.get(PATH)).json()["items"] == []
    assert await office.held() == set()


@pytest.mark.refusing
@pytest.mark.requirement("X03")
async def test_the_database_itself_asks_for_two_people(office: Office) -> None:
    made = (await office.proposed(office.first)).json()
    with pytest.raises(Exception, match="two_people"):
        async with office.gateway.sessions.begin() as session:
            await session.execute(
                text("UPDATE duty_grant SET decided_by = proposed_by WHERE id = :id"),
                {"id": UUID(made["id"])},
            )


@pytest.mark.refusing
@pytest.mark.requirement("X03")
async def test_two_decisions_at_once_are_one(office: Office) -> None:
    made = (await office.proposed(office.first)).json()
    async with office.gateway.client("admin") as third:
        both = await asyncio.gather(
            office.second.post(f"{PATH}/{made['id']}/confirm"),
            third.post(f"{PATH}/{made['id']}/refuse", json={"reason": "不同意"}),
        )
    assert sorted(answer.status_code for answer in both) == [200, 409]


@pytest.mark.requirement("A099", "X02")
async def test_an_official_lends_his_duty_for_some_days(office: Office) -> None:
    await office.second.post(
        f"{PATH}/{(await office.proposed(office.first, duties=['handler'])).json()['id']}/confirm"
    )
    until = (date.fromisoformat(office.today) + timedelta(days=3)).isoformat()
    async with office.gateway.client("reviewer") as lender:
        lent = await office.proposed(lender, lent=True, until_on=until)
        assert lent.status_code == 201, lent.text
        assert (await lender.post(f"{PATH}/{lent.json()['id']}/confirm")).status_code == 403
        assert (await office.second.post(f"{PATH}/{lent.json()['id']}/confirm")).status_code == 200
        assert await office.held() == {"official", "handler", "reviewer"}
        foreign = await office.proposed(lender, lent=True, until_on=until, duties=["approver"])
        assert foreign.json()["code"] == "FORBIDDEN_SCOPE"
        ended = await lender.post(f"{PATH}/{lent.json()['id']}/end", json={"reason": "返岗"})
        assert ended.status_code == 200
    assert await office.held() == {"official", "handler"}


async def test_the_first_two_admins_are_made_once_and_outside_a_sandbox(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [("吴一", "wu.yi"), ("郑二", "zheng.er")]
    async with running("gateway") as gateway:
        monkeypatch.setenv("ZHICHUANG_DATABASE_URL", gateway.database.app_url)
        with pytest.raises(NotNow):
            await make(GatewaySettings(sandbox=True), people)
        settings = GatewaySettings(sandbox=False)
        assert settings.duties_by_two
        both = await asyncio.gather(
            make(settings, people), make(settings, people), return_exceptions=True
        )
        [made] = [one for one in both if isinstance(one, dict)]
        assert [type(one) for one in both if not isinstance(one, dict)] == [NotNow]
        assert set(made) == {"wu.yi", "zheng.er"}
        for told in made.values():
            assert told["invitation"].startswith("/oauth/invitation?code=")
            assert len(told["enrolment_code"]) == 19
        async with gateway.sessions.reading() as session:
            admins = await session.scalar(
                text("SELECT count(DISTINCT person_id) FROM role_grant WHERE capacity = 'admin'")
            )
    assert admins == 2
