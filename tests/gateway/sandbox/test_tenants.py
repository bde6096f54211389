"""Test tenants: an organization, two people, a draft, and credentials that are shown once."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.sandbox import rules
from gateway.sandbox.rules import Held, next_wipe, tenant_checks
from shared.auth import TokenVerifier
from shared.codes.uscc import uscc_checks
from shared.rules import failed_codes
from tests.fixtures.service import ISSUER
from tests.gateway.tokens.test_issuing import prepared, token_of, verified

pytestmark = pytest.mark.anyio

__all__ = ["prepared"]  # A fixture by its name.
Running = Callable[..., Any]
PATH = "/v1/sandbox/tenants"
ORGANIZATIONS, APPLICATIONS = "POST /v1/registry/organizations", "POST /v1/registry/applications"


class Registry:
    """What the registry would make, and who asked for it."""

    def __init__(self, gateway: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._verifier = TokenVerifier(ISSUER, gateway.app.state.keys.published)
        gateway.neighbours.answers[ORGANIZATIONS] = self.organization
        gateway.neighbours.answers[APPLICATIONS] = self.application

    def organization(self, request: httpx.Request) -> httpx.Response:
        self._keep(request)
        return httpx.Response(201, json={"id": str(uuid4())})

    def application(self, request: httpx.Request) -> httpx.Response:
        self._keep(request)
        return httpx.Response(201, json={"id": str(uuid4()), "center_id": str(uuid4())})

    def _keep(self, request: httpx.Request) -> None:
        self.asked.append((request.headers["authorization"], json.loads(request.content)))

    async def claims(self) -> list[dict[str, Any]]:
        return [
            dict(await self._verifier.verify(token.removeprefix("Bearer ")))
            for token, _ in self.asked
        ]


@pytest.mark.requirement("X16", "X04")
async def test_a_tenant_has_an_organization_a_draft_and_two_people_who_can_sign_in(
    running: Running, prepared: Any
) -> None:
    async with running("gateway") as gateway, gateway.client("member", org_id=uuid4()) as caller:
        await prepared(gateway)
        registry = Registry(gateway)
        answer = await caller.post(PATH)
        assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
        tenant = answer.json()
        (_, organization), (_, application) = registry.asked
        assert failed_codes(uscc_checks(organization["uscc"])) == []
        assert organization["uscc"][8:12] == "FAKE"
        assert application["lead_sponsor_id"] == tenant["org_id"]
        # The organization is entered by the sandbox, the draft by the tenant itself.
        entered, drafted = await registry.claims()
        assert (entered["duties"], entered["org_id"]) == (["handler"], None)
        assert (drafted["roles"], drafted["org_id"]) == (["member"], tenant["org_id"])
        subjects = set()
        for program in tenant["programs"]:
            token = (await token_of(caller, program)).json()["access_token"]
            claims = await verified(caller, token)
            assert (claims["org_id"], claims["roles"]) == (tenant["org_id"], ["member"])
            subjects.add(claims["sub"])
        assert len(subjects) == 2
        (listed,) = (await caller.get(PATH)).json()["items"]
        assert "programs" not in listed
        assert listed["org_id"] == tenant["org_id"]


@pytest.mark.requirement("X16", "X04")
@pytest.mark.refusing
async def test_who_asks_too_often_is_refused_before_anything_is_made_and_sees_only_his_own(
    running: Running, prepared: Any
) -> None:
    async with running("gateway") as gateway:
        await prepared(gateway)
        registry = Registry(gateway)
        async with gateway.client("member", org_id=uuid4(), client_id="a") as caller:
            key = {"Idempotency-Key": str(uuid4())}
            # Asked again with the same key, another one is made: no answer with secrets is kept.
            made = [await caller.post(PATH, headers=key) for _ in range(2)]
            assert len({one.json()["org_id"] for one in made}) == 2
            answers = await asyncio.gather(*(caller.post(PATH) for _ in range(5)))
            assert sorted(one.status_code for one in answers) == [201, 201, 201, 409, 409]
            before = len(registry.asked)
            refused = await caller.post(PATH)
            assert (refused.status_code, refused.json()["code"]) == (409, "TENANTS_TOO_MANY")
            assert len(registry.asked) == before
        async with gateway.client("member", org_id=uuid4(), client_id="b") as other:
            assert (await other.get(PATH)).json()["items"] == []
            assert (await other.post(PATH)).status_code == 201
        async with gateway.client() as nobody:
            assert (await nobody.post(PATH)).status_code == 401


@pytest.mark.refusing
async def test_without_the_registry_nobody_gets_credentials(
    running: Running, prepared: Any
) -> None:
    async with running("gateway") as gateway, gateway.client("agency") as caller:
        await prepared(gateway)
        registry = Registry(gateway)
        gateway.neighbours.answers[APPLICATIONS] = httpx.Response(500)
        assert (await caller.post(PATH)).status_code == 503
        assert len(registry.asked) == 1
        assert (await caller.get(PATH)).json()["items"] == []


@pytest.mark.requirement("X16")
@pytest.mark.refusing
async def test_outside_the_sandbox_there_is_no_such_route(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway import configuring
    from gateway.app import assembled

    async with running("gateway") as gateway:
        monkeypatch.setenv("ZHICHUANG_SANDBOX", "0")
        door: Any = assembled(configuring.load())
        paths = {getattr(route, "path", "") for route in door._own.fastapi.routes}
        assert "/v1/webhooks" in paths
        assert not [path for path in paths if path.startswith("/v1/sandbox")]
        assert gateway is not None


def test_the_fifth_tenant_of_a_program_and_the_five_hundredth_of_all_are_the_last() -> None:
    assert failed_codes(tenant_checks(Held(4, 499))) == []
    assert failed_codes(tenant_checks(Held(5, 5))) == ["TENANTS_TOO_MANY"]
    assert failed_codes(tenant_checks(Held(0, 500))) == ["TENANTS_TOO_MANY"]


@pytest.mark.parametrize("number", [0, 1, 31, 12_345, rules.MOST_CODES - 1])
def test_every_fictional_code_is_well_formed(number: int) -> None:
    assert failed_codes(uscc_checks(rules.fictional_uscc(number))) == []


@pytest.mark.parametrize(
    ("hour", "now", "wiped"),
    [
        ("03:00", "2026-11-28T18:59:59+00:00", "2026-11-28T19:00:00+00:00"),
        ("03:00", "2026-11-28T19:00:00+00:00", "2026-11-29T19:00:00+00:00"),
        ("23:59", "2026-11-28T00:00:00+00:00", "2026-11-28T15:59:00+00:00"),
        ("", "2026-11-28T00:00:00+00:00", None),
        ("25:00", "2026-11-28T00:00:00+00:00", None),
    ],
)
def test_the_next_wipe_is_at_its_hour_in_shanghai(hour: str, now: str, wiped: str | None) -> None:
    found = next_wipe(hour, datetime.fromisoformat(now).astimezone(UTC))
    assert found == (None if wiped is None else datetime.fromisoformat(wiped))
