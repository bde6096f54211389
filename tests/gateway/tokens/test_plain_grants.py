"""The short way to a token gives what the route gives, and hands on what is not plainly good."""

import asyncio
import base64
from collections.abc import Callable, Collection
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.identity import asking, queries
from gateway.identity.asking import Programs
from gateway.identity.queries import Asking
from tests.gateway.tokens.test_issuing import FORM, SECRETS, prepared, verified

pytestmark = pytest.mark.anyio

__all__ = ["prepared"]  # A fixture by its name.
Running = Callable[..., Any]
ASKED = b"grant_type=client_credentials"
OWN = {"x-request-id", "traceparent", "x-sandbox-clock", "ratelimit", "content-length"}


class Counting:
    """The application inside, which counts what reaches it."""

    def __init__(self, app: Any) -> None:
        self._app, self.asked = app, 0

    async def __call__(self, *call: Any) -> None:
        self.asked += 1
        await self._app(*call)


def basic(client_id: str, secret: str) -> dict[str, str]:
    both = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {both}"}


async def both_ways(
    gateway: Any, headers: dict[str, str], body: bytes, query: str = ""
) -> tuple[httpx.Response, httpx.Response, int]:
    """Ask the door, and the application inside; tell how often the door asked the application."""
    own = gateway.asgi._own
    route, own.app = own.app, Counting(own.app)
    try:
        async with gateway.client() as caller:
            given = await caller.post(
                f"/oauth/token{query}", content=body, headers={"Content-Type": FORM, **headers}
            )
        transport = httpx.ASGITransport(app=route)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as inside:
            alone = await inside.post(
                f"/oauth/token{query}", content=body, headers={"Content-Type": FORM, **headers}
            )
        return given, alone, own.app.asked
    finally:
        own.app = route


@pytest.mark.requirement("X01")
async def test_a_plain_grant_is_the_route_s_without_the_route(
    running: Running, prepared: Any
) -> None:
    async with running("gateway") as gateway:
        admin = (await prepared(gateway))["admin"]
        named, secret = admin["client_id"], admin["client_secret"]
        posted = f"{ASKED.decode()}&client_id={named}&client_secret={secret}".encode()
        plain: list[tuple[dict[str, str], bytes]] = [
            (basic(named, secret), ASKED),
            (basic("registry", SECRETS["registry"]), ASKED),
            ({**basic(named, secret), "Content-Type": f"{FORM}; charset=utf-8"}, ASKED),
            (basic(named, secret), ASKED + b"&scope="),
            ({}, posted),
        ]
        for headers, body in plain:
            given, alone, asked = await both_ways(gateway, headers, body)
            assert (given.status_code, asked) == (200, 0), given.text
            said, told = given.json(), alone.json()
            async with gateway.client() as caller:
                ours = await verified(caller, said.pop("access_token"))
                theirs = await verified(caller, told.pop("access_token"))
            assert said == told
            moving = {"jti", "iat", "nbf", "exp"}
            assert {k: v for k, v in ours.items() if k not in moving} == {
                k: v for k, v in theirs.items() if k not in moving
            }
            assert ours["jti"] != theirs["jti"]
            kept = {k: v for k, v in alone.headers.items() if k not in OWN}
            assert kept.items() <= given.headers.items()


@pytest.mark.requirement("X01")
@pytest.mark.refusing
async def test_whatever_is_not_plainly_good_is_the_route_s_to_answer(
    running: Running, prepared: Any
) -> None:
    async with running("gateway") as gateway, gateway.client("admin") as caller:
        admin = (await prepared(gateway))["admin"]
        body = {"name": "ERP", "org_id": str(uuid4()), "person": {"name": "周启明"}}
        ended = (await caller.post("/v1/identity/clients", json=body)).json()
        await caller.delete(f"/v1/identity/clients/{ended['client_id']}")
        named, secret = admin["client_id"], admin["client_secret"]
        good = basic(named, secret)
        refused: list[tuple[dict[str, str], bytes, str]] = [
            (basic(named, secret[:-1]), ASKED, ""),
            (basic("nobody", secret), ASKED, ""),
            (basic(named, ""), ASKED, ""),
            (basic(ended["client_id"], ended["client_secret"]), ASKED, ""),
            ({"Authorization": "Basic ===="}, ASKED, ""),
            ({"Authorization": "Bearer " + secret}, ASKED, ""),
            ({}, ASKED, ""),
            (good, b"", ""),
            (good, ASKED + b"&grant_type=client_credentials", ""),
            (good, ASKED + b"&scope=all", ""),
            (good, ASKED + b"&client_secret=" + secret.encode(), ""),
            (good, ASKED + b"&client_id=registry", ""),
            (good, b"grant_type=password", ""),
            (good, b"grant_type=refresh_token&refresh_token=x", ""),
            (good, b"grant_type=urn:ietf:params:oauth:grant-type:token-exchange", ""),
            (good, ASKED + b"&client_assertion=x.y.z", ""),
            (good, ASKED + b"&a=" + b"b" * 9_000, ""),
            (good, "grant_type=客户".encode(), ""),
            ({**good, "Content-Type": "application/json"}, b"{}", ""),
            ({**good, "DPoP": "x.y.z"}, ASKED, ""),
        ]
        for headers, sent, query in refused:
            given, alone, asked = await both_ways(gateway, headers, sent, query)
            assert asked == 1, (headers, sent)
            assert (given.status_code, given.content) == (alone.status_code, alone.content)
            assert given.status_code >= 400, (headers, sent, given.text)


async def test_a_token_given_past_the_framework_is_in_the_trail(
    running: Running, prepared: Any
) -> None:
    async with running("gateway") as gateway:
        admin = (await prepared(gateway))["admin"]
        headers = basic(admin["client_id"], admin["client_secret"])
        given, _, asked = await both_ways(gateway, headers, ASKED)
        assert (given.status_code, asked) == (200, 0)
        await gateway.asgi.trail.flush()
        async with gateway.client("official", "auditor") as auditor:
            items = (await auditor.get("/v1/identity/door-records")).json()["items"]
        told = [(one["kind"], one["client_id"], one["person_id"]) for one in items]
        assert ("token.given", admin["client_id"], admin["sub"]) in told


PROGRAMS = {
    name: Asking(uuid4(), name, b"", uuid4(), None, None, (), frozenset(), {}) for name in "abc"
}


class Clock:
    def today(self) -> date:
        return date(2026, 3, 10)


async def test_programs_that_ask_at_once_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[set[str]] = []

    async def read(_sessions: Any, ids: Collection[str], _day: date) -> dict[str, Any]:
        reads.append(set(ids))
        await asyncio.sleep(0.01)
        return {one: PROGRAMS[one] for one in ids if one != "nobody"}

    monkeypatch.setattr(queries, "asking_programs", read)
    monkeypatch.setattr(asking, "MOST", 3)
    programs = Programs(None, Clock())  # type: ignore[arg-type]  # nothing is read of it here
    first = asyncio.create_task(programs.of("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(programs.of(name)) for name in ("a", "b", "b", "nobody")]
    await asyncio.sleep(0)
    left = asyncio.create_task(programs.of("c"))
    await asyncio.sleep(0)
    left.cancel()
    assert await first == PROGRAMS["a"]
    assert await asyncio.gather(*others) == [PROGRAMS["a"], PROGRAMS["b"], PROGRAMS["b"], None]
    # Whoever came while the first was read is in the next, as many as fit.
    assert reads == [{"a"}, {"a", "b"}, {"nobody", "c"}]


@pytest.mark.refusing
async def test_a_reading_that_fails_fails_for_all_in_it_and_for_nobody_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Any] = [OSError("away"), PROGRAMS]

    async def read(*_: Any) -> dict[str, Any]:
        answer = answers.pop(0)
        await asyncio.sleep(0)
        if isinstance(answer, OSError):
            raise answer
        return dict(answer)

    monkeypatch.setattr(queries, "asking_programs", read)
    programs = Programs(None, Clock())  # type: ignore[arg-type]  # nothing is read of it here
    asked = await asyncio.gather(programs.of("a"), programs.of("b"), return_exceptions=True)
    assert [type(one) for one in asked] == [OSError, OSError]
    assert await programs.of("a") == PROGRAMS["a"]


@pytest.mark.requirement("X01")
@pytest.mark.refusing
async def test_without_its_database_the_door_says_so_in_its_own_form(
    running: Running, prepared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> dict[str, Any]:
        raise ConnectionRefusedError

    async with running("gateway") as gateway:
        admin = (await prepared(gateway))["admin"]
        good = basic(admin["client_id"], admin["client_secret"])
        monkeypatch.setattr(queries, "asking_programs", away)
        given, _, asked = await both_ways(gateway, good, ASKED)
    assert (given.status_code, given.json()["code"], asked) == (503, "UNAVAILABLE", 1)
