"""Who may register programs, for whom: the rules, and the same over HTTP."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import select

from gateway.identity import rules
from gateway.identity.rules import ClientRole, Duty, Grant, Request
from gateway.identity.tables import Client
from shared.http.tables import KeptAnswer
from shared.rules import failed_codes
from tests.fixtures.service import event_types

pytestmark = pytest.mark.anyio

OWN, FOREIGN = uuid4(), uuid4()
CLIENTS = "/v1/identity/clients"
Running = Callable[..., Any]


def asked(
    org: UUID | None = OWN,
    roles: frozenset[ClientRole] = frozenset({ClientRole.MEMBER}),
    duties: frozenset[Duty] = frozenset(),
    *,
    has_expert: bool = False,
) -> Request:
    return Request(org, roles, duties, has_expert)


def checked(request: Request, *, by_admin: bool = False, leads: bool = False) -> list[str]:
    return failed_codes(
        rules.registration_checks(request, by_admin=by_admin, own_org=OWN, leads=leads)
    )


@pytest.mark.requirement("X04")
def test_a_member_registers_programs_of_its_own_organization() -> None:
    assert checked(asked()) == []


@pytest.mark.requirement("X02", "A145")
def test_an_agency_may_be_charged_with_finance() -> None:
    finance = asked(None, frozenset({ClientRole.AGENCY}), frozenset({Duty.FINANCE}))
    assert checked(finance, by_admin=True) == []


@pytest.mark.refusing
@pytest.mark.requirement("X02", "A145")
@pytest.mark.parametrize(
    ("role", "duties"),
    [
        (ClientRole.OFFICIAL, frozenset({Duty.FINANCE})),
        (ClientRole.AGENCY, frozenset({Duty.HANDLER})),
        (ClientRole.AGENCY, frozenset({Duty.FINANCE, Duty.APPROVER})),
        (ClientRole.MEMBER, frozenset({Duty.FINANCE})),
    ],
)
def test_a_duty_of_another_role_is_refused(role: ClientRole, duties: frozenset[Duty]) -> None:
    assert checked(asked(OWN, frozenset({role}), duties), by_admin=True) == ["FIELD_INVALID"]


@pytest.mark.requirement("X04")
def test_a_lead_registers_operators_of_its_centre_s_legal_entity() -> None:
    assert checked(asked(FOREIGN), leads=True) == []


@pytest.mark.refusing
@pytest.mark.requirement("X02")
def test_two_people_are_not_one_expert() -> None:
    one, other = uuid4(), uuid4()
    assert failed_codes(rules.expert_checks(one, other)) == ["FIELD_INVALID"]
    assert failed_codes(rules.expert_checks(one, None)) == ["FIELD_INVALID"]
    assert failed_codes(rules.expert_checks(one, one) + rules.expert_checks(None, None)) == []


@pytest.mark.refusing
@pytest.mark.requirement("X04")
def test_a_member_registers_nothing_for_another_organization() -> None:
    assert checked(asked(FOREIGN)) == ["FORBIDDEN_SCOPE"]


@pytest.mark.refusing
@pytest.mark.requirement("X02")
@pytest.mark.parametrize(
    "request_",
    [
        asked(roles=frozenset({ClientRole.MEMBER, ClientRole.EXPERT}), has_expert=True),
        asked(roles=frozenset({ClientRole.OFFICIAL}), duties=frozenset({Duty.ADMIN})),
        asked(roles=frozenset({ClientRole.AGENCY})),
        asked(has_expert=True),
    ],
)
def test_a_member_gives_no_other_capacity_than_its_own(request_: Request) -> None:
    assert checked(request_) == ["FORBIDDEN_SCOPE"]


@pytest.mark.requirement("X02")
def test_an_admin_registers_any_capacity() -> None:
    both = asked(
        None,
        frozenset({ClientRole.OFFICIAL, ClientRole.EXPERT}),
        frozenset({Duty.APPROVER}),
        has_expert=True,
    )
    assert checked(both, by_admin=True) == []


@pytest.mark.refusing
@pytest.mark.requirement("X02")
def test_capacities_have_to_fit_together() -> None:
    assert checked(asked(None, frozenset({ClientRole.MEMBER})), by_admin=True) == ["FIELD_MISSING"]
    assert checked(asked(None, frozenset({ClientRole.EXPERT})), by_admin=True) == ["FIELD_MISSING"]
    duty = asked(OWN, frozenset({ClientRole.MEMBER}), frozenset({Duty.HANDLER}))
    assert checked(duty, by_admin=True) == ["FIELD_INVALID"]


@pytest.mark.refusing
@pytest.mark.parametrize("held", [set(), {None}, {OWN, None}, {FOREIGN}, {OWN, FOREIGN}])
def test_a_member_cannot_name_a_person_of_others(held: set[UUID | None]) -> None:
    assert failed_codes(rules.person_checks(held, {OWN})) == ["NOT_FOUND"]


def test_a_member_can_name_its_own_person() -> None:
    assert failed_codes(rules.person_checks({OWN}, {OWN})) == []


@pytest.mark.requirement("X02")
@pytest.mark.parametrize(
    ("day", "held"),
    [("2026-03-01", False), ("2026-03-02", True), ("2026-03-09", True), ("2026-03-10", False)],
)
def test_a_grant_holds_from_its_first_to_its_last_day(day: str, held: bool) -> None:
    from datetime import date

    grant = Grant("handler", date(2026, 3, 2), date(2026, 3, 9))
    assert rules.capacities_on([grant], date.fromisoformat(day)) == ({"handler"} if held else set())


def new_client(**over: Any) -> dict[str, Any]:
    return {"name": "ERP", "org_id": str(OWN), "person": {"name": "周启明"}, **over}


@pytest.mark.requirement("X02", "X04")
async def test_a_registered_program_is_listed_for_its_organization_only(running: Running) -> None:
    async with running("gateway") as gateway:
        async with gateway.client("member", org_id=OWN) as member:
            made = await member.post(CLIENTS, json=new_client())
            assert made.status_code == 201, made.text
            assert made.json()["org_id"] == str(OWN)
            assert len(made.json()["client_secret"]) == 43
            listed = (await member.get(CLIENTS)).json()["items"]
        assert [(one["name"], one["person_name"], one["roles"]) for one in listed] == [
            ("ERP", "周启明", ["member"])
        ]
        assert "client_secret" not in listed[0]
        async with gateway.client("member", org_id=FOREIGN) as stranger:
            assert (await stranger.get(CLIENTS)).json()["items"] == []
        async with gateway.client("admin") as admin:
            assert len((await admin.get(CLIENTS)).json()["items"]) == 1


@pytest.mark.requirement("X05")
async def test_a_repeated_key_shows_the_same_secret_and_keeps_it_nowhere(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("member", org_id=OWN) as member:
        key = {"Idempotency-Key": "one"}
        first = await member.post(CLIENTS, json=new_client(), headers=key)
        again = await member.post(CLIENTS, json=new_client(), headers=key)
        assert again.json() == first.json()
        assert again.headers["idempotent-replayed"] == "true"
        assert len((await member.get(CLIENTS)).json()["items"]) == 1
        async with gateway.sessions.reading() as session:
            assert (await session.scalars(select(KeptAnswer))).all() == []
            stored = (await session.scalars(select(Client))).one()
        assert first.json()["client_secret"].encode() not in stored.secret_sha256


@pytest.mark.refusing
@pytest.mark.requirement("X05")
async def test_a_repeated_key_with_another_body_is_a_mismatch(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("member", org_id=OWN) as member:
        key = {"Idempotency-Key": "one"}
        await member.post(CLIENTS, json=new_client(), headers=key)
        other = await member.post(CLIENTS, json=new_client(name="MES"), headers=key)
        assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_MISMATCH")


@pytest.mark.requirement("X04")
async def test_the_registry_is_asked_whether_an_organization_leads_the_centre(
    running: Running,
) -> None:
    async with running("gateway") as gateway, gateway.client("member", org_id=OWN) as member:
        path = f"/v1/registry/directory/organizations/{FOREIGN}/led-by/{OWN}"
        gateway.neighbours.answers[f"GET {path}"] = {"led": True}
        made = await member.post(CLIENTS, json=new_client(org_id=str(FOREIGN)))
        assert (made.status_code, made.json()["org_id"]) == (201, str(FOREIGN))
        assert await event_types(gateway.sessions) == ["client.registered"]


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_an_organization_that_leads_nothing_is_refused(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("member", org_id=OWN) as member:
        for answer in ({"led": False}, None):
            path = f"/v1/registry/directory/organizations/{FOREIGN}/led-by/{OWN}"
            gateway.neighbours.answers[f"GET {path}"] = answer
            made = await member.post(CLIENTS, json=new_client(org_id=str(FOREIGN)))
            assert (made.status_code, made.json()["code"]) == (403, "FORBIDDEN_SCOPE")
        assert await event_types(gateway.sessions) == []


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_a_member_cannot_make_a_program_that_speaks_for_an_official(running: Running) -> None:
    async with running("gateway") as gateway:
        async with gateway.client("admin") as admin:
            body = new_client(org_id=None, roles=["official"], duties=["approver"])
            official = (await admin.post(CLIENTS, json=body)).json()
        async with gateway.client("member", org_id=OWN) as member:
            for person in (official["sub"], str(uuid4())):
                made = await member.post(CLIENTS, json=new_client(person={"id": person}))
                assert (made.status_code, made.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.requirement("X02")
async def test_one_person_holds_duties_and_a_place_among_the_experts(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        person = (await admin.post("/v1/identity/people", json={"name": "程慎言"})).json()
        body = new_client(
            org_id=None,
            person={"id": person["id"]},
            roles=["official", "expert"],
            duties=["approver"],
            expert_id=str(uuid4()),
        )
        assert (await admin.post(CLIENTS, json=body)).json()["sub"] == person["id"]
        [listed] = (await admin.get(CLIENTS)).json()["items"]
        assert (listed["roles"], listed["duties"]) == (["expert", "official"], ["approver"])
        assert listed["expert_id"] == body["expert_id"]


MISFITS: list[dict[str, Any]] = [
    new_client(person={}),
    new_client(person={"name": "a", "id": str(OWN)}),
    new_client(person={"name": ""}),
    new_client(roles=[]),
    new_client(roles=["service"]),
    new_client(roles=["Member"]),
    new_client(client_id="mine"),
    new_client(client_secret="mine"),
    new_client(name="x" * 201),
    {"org_id": str(OWN)},
]


@pytest.mark.refusing
async def test_a_body_that_does_not_fit_is_422(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        for body in MISFITS:
            answer = await admin.post(CLIENTS, json=body)
            assert answer.status_code == 422, body
            assert answer.headers["content-type"] == "application/problem+json"
        assert await event_types(gateway.sessions) == []


@pytest.mark.refusing
@pytest.mark.requirement("X02")
async def test_nobody_else_registers_programs(running: Running) -> None:
    async with running("gateway") as gateway:
        for capacity in ("expert", "agency", "handler", "auditor", "service"):
            async with gateway.client(capacity) as caller:
                answer = await caller.post(CLIENTS, json=new_client())
                assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN_SCOPE")


@pytest.mark.refusing
async def test_without_a_token_there_is_nothing_to_see(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client() as nobody:
        for method, path in (("POST", CLIENTS), ("GET", CLIENTS), ("GET", "/v1/me")):
            assert (await nobody.request(method, path)).status_code == 401


@pytest.mark.requirement("X04")
async def test_an_ended_program_of_another_organization_is_not_there(running: Running) -> None:
    async with running("gateway") as gateway:
        async with gateway.client("member", org_id=OWN) as member:
            made = (await member.post(CLIENTS, json=new_client())).json()
            path = f"{CLIENTS}/{made['client_id']}"
            async with gateway.client("member", org_id=FOREIGN) as stranger:
                assert (await stranger.delete(path)).status_code == 404
            for _ in range(2):
                assert (await member.delete(path)).status_code == 204
            [listed] = (await member.get(CLIENTS)).json()["items"]
            assert listed["deactivated_at"] is not None
        assert await event_types(gateway.sessions) == ["client.registered", "client.deactivated"]


async def test_me_tells_name_capacities_and_centres(running: Running) -> None:
    async with running("gateway") as gateway:
        async with gateway.client("member", org_id=OWN) as member:
            made = (await member.post(CLIENTS, json=new_client())).json()
        center = str(uuid4())
        path = f"/v1/registry/directory/organizations/{OWN}/centers"
        gateway.neighbours.answers[f"GET {path}"] = {"center_ids": [center]}
        async with gateway.client("member", org_id=OWN, sub=made["sub"]) as caller:
            assert (await caller.get("/v1/me")).json() == {
                "sub": made["sub"], "name": "周启明", "roles": ["member"], "duties": [],
                "org_id": str(OWN), "center_ids": [center], "expert_id": None,
            }  # fmt: skip


@pytest.mark.refusing
@pytest.mark.requirement("X05")
async def test_twenty_twins_of_one_request_make_one_program(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("member", org_id=OWN) as member:
        key = {"Idempotency-Key": "twins"}

        async def post() -> httpx.Response:
            answer: httpx.Response = await member.post(CLIENTS, json=new_client(), headers=key)
            return answer

        answers = await asyncio.gather(*(post() for _ in range(20)))
        made = {one.json()["client_secret"] for one in answers if one.status_code == 201}
        refused = {one.json()["code"] for one in answers if one.status_code != 201}
        assert len(made) == 1
        assert refused <= {"IDEMPOTENCY_IN_PROGRESS"}
        assert len((await member.get(CLIENTS)).json()["items"]) == 1
        assert await event_types(gateway.sessions) == ["client.registered"]


async def test_a_long_list_is_read_page_by_page(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("member", org_id=OWN) as member:
        for number in range(3):
            await member.post(CLIENTS, json=new_client(name=f"program {number}"))
        first = (await member.get(f"{CLIENTS}?limit=2")).json()
        rest = (await member.get(f"{CLIENTS}?limit=2&cursor={first['next_cursor']}")).json()
        names = [one["name"] for one in first["items"] + rest["items"]]
        assert names == ["program 2", "program 1", "program 0"]
        assert rest["next_cursor"] is None


@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    ("living", "on_curve", "taken", "codes"),
    [
        (0, True, False, []),
        (2, True, False, []),
        (3, True, False, ["KEYS_TOO_MANY"]),
        (4, True, False, ["KEYS_TOO_MANY"]),
        (0, False, False, ["KEY_REFUSED"]),
        (0, True, True, ["KEY_TAKEN"]),
    ],
)
def test_a_program_has_three_keys_at_most_each_of_its_own(
    living: int, codes: list[str], *, on_curve: bool, taken: bool
) -> None:
    assert failed_codes(rules.key_checks(living, on_curve=on_curve, taken=taken)) == codes


@pytest.mark.requirement("X01")
@pytest.mark.parametrize(("living", "codes"), [(1, ["LAST_KEY"]), (2, []), (3, [])])
def test_a_program_keeps_a_key(living: int, codes: list[str]) -> None:
    assert failed_codes(rules.last_key_checks(living)) == codes


def test_an_ended_program_stays_so_and_a_token_bears_roles_apart_from_duties() -> None:
    assert failed_codes(rules.active_checks(None)) == []
    assert failed_codes(rules.active_checks(datetime(2026, 3, 1, tzinfo=UTC))) == ["CLIENT_ENDED"]
    held = ["reviewer", "official", "handler", "member", "official"]
    assert rules.split(held) == (["member", "official"], ["handler", "reviewer"])
