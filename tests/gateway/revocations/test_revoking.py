"""Tokens that end early: by their owner, with their program, and everywhere."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.revocations.actions import revoke
from shared.auth import InvalidToken, TokenVerifier
from shared.auth.following import follow
from shared.auth.revocations import TYPE, Revocations
from tests.fixtures.service import ISSUER
from tests.gateway.tokens.test_issuing import prepared, token_of

pytestmark = pytest.mark.anyio

__all__ = ["prepared"]  # A fixture by its name.
Running = Callable[..., Any]
Prepared = Callable[[Any], Any]


async def two_programs(gateway: Any, prepared: Prepared) -> dict[str, Any]:
    """Let an administrator register two programs; the gateway believes its own keys again."""
    made: dict[str, Any] = await prepared(gateway)
    gateway.app.state.verifier = TokenVerifier(ISSUER, gateway.app.state.keys.published)
    async with gateway.client() as caller:
        token = (await token_of(caller, made["admin"])).json()["access_token"]
        caller.headers["Authorization"] = f"Bearer {token}"
        for name in ("m01", "m02"):
            body = {"name": name, "org_id": str(uuid4()), "person": {"name": "周启明"}}
            answer = await caller.post("/v1/identity/clients", json=body)
            assert answer.status_code == 201
            made[name] = answer.json()
    return made


async def asked(caller: httpx.AsyncClient, path: str, credential: Any, token: str) -> Any:
    auth = (credential["client_id"], credential["client_secret"])
    return await caller.post(f"/oauth/{path}", data={"token": token}, auth=auth)


async def follower(caller: httpx.AsyncClient) -> TokenVerifier:
    """Give a verifier that has heard the gateway's list once, as a service has."""

    async def keys() -> dict[str, Any]:
        published: dict[str, Any] = (await caller.get("/.well-known/jwks.json")).json()
        return published

    verifier = TokenVerifier(ISSUER, keys)
    text = (await caller.get("/.well-known/revocations")).json()["list"]
    verifier.revocations.take(await verifier.statement(text, TYPE))
    return verifier


@pytest.mark.requirement("X01")
@pytest.mark.refusing
async def test_a_revoked_token_is_refused_by_every_service_and_another_one_is_not(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway:
        made = await two_programs(gateway, prepared)
        caller = gateway.client()
        first = (await token_of(caller, made["m01"])).json()["access_token"]
        second = (await token_of(caller, made["m01"])).json()["access_token"]
        answer = await asked(caller, "revoke", made["m01"], first)
        assert (answer.status_code, answer.json()) == (200, {})
        await asyncio.sleep(1.1)  # The list is signed at most once a second.
        verifier = await follower(caller)
        with pytest.raises(InvalidToken):
            await verifier.verify(first)
        assert await verifier.verify(second)


@pytest.mark.requirement("X01")
@pytest.mark.refusing
async def test_who_knows_the_list_is_held_until_another_gateway_revokes_something(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway:
        made = await two_programs(gateway, prepared)
        caller = gateway.client()
        token = (await token_of(caller, made["m01"])).json()["access_token"]
        listing = gateway.app.state.revocation_list
        # Nothing is read again by itself: whoever is held is told by the database, or not at all.
        running_tasks = [
            asyncio.create_task(listing.keep(3600)),
            asyncio.create_task(gateway.app.state.sequencer.run()),
        ]
        verifier = await follower(caller)
        assert await verifier.verify(token)
        known = (await caller.get("/.well-known/revocations")).json()["version"]
        waiting = asyncio.create_task(
            caller.get("/.well-known/revocations", params={"version": known, "wait": 20})
        )
        await asyncio.sleep(0.3)
        assert not waiting.done()
        async with gateway.sessions.begin() as session:
            await revoke(session, "client", made["m01"]["client_id"])
        answer = (await asyncio.wait_for(waiting, 5)).json()
        assert answer["version"] != known
        verifier.revocations.take(await verifier.statement(answer["list"], TYPE))
        with pytest.raises(InvalidToken):
            await verifier.verify(token)
        for task in running_tasks:
            task.cancel()


async def test_who_knows_an_older_list_or_comes_when_many_are_held_is_answered_at_once(
    running: Running, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running("gateway") as gateway:
        await prepared(gateway)
        listing = gateway.app.state.revocation_list
        _, known = await listing.signed()
        assert (await asyncio.wait_for(listing.signed("0" * 16, 20), 5))[1] == known
        monkeypatch.setattr("gateway.revocations.listing.MOST_HELD", 0)
        assert (await asyncio.wait_for(listing.signed(known, 20), 5))[1] == known
        monkeypatch.undo()
        assert (await asyncio.wait_for(listing.signed(known, 0.1), 5))[1] == known
        held = asyncio.create_task(listing.signed(known, 20))
        await asyncio.sleep(0.05)
        assert not held.done()
        listing.stop()
        assert (await asyncio.wait_for(held, 5))[1] == known


@pytest.mark.refusing
async def test_nobody_ends_or_reads_the_token_of_another_client(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway:
        made = await two_programs(gateway, prepared)
        caller = gateway.client()
        token = (await token_of(caller, made["m01"])).json()["access_token"]
        refused = await asked(caller, "revoke", made["m02"], token)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        hidden = await asked(caller, "introspect", made["m02"], token)
        assert hidden.json() == {"active": False}
        own = (await asked(caller, "introspect", made["m01"], token)).json()
        assert own["active"] is True
        assert own["client_id"] == made["m01"]["client_id"]
        wrong = {**made["m01"], "client_secret": "x" * 43}
        assert (await asked(caller, "introspect", wrong, token)).status_code == 401
        assert (await asked(caller, "revoke", wrong, token)).status_code == 401


async def test_whatever_is_no_token_has_ended_already(running: Running, prepared: Prepared) -> None:
    async with running("gateway") as gateway:
        made = await two_programs(gateway, prepared)
        caller = gateway.client()
        for nonsense in ("", "x.y.z", "é"):
            assert (await asked(caller, "revoke", made["m01"], nonsense)).status_code == 200
            told = await asked(caller, "introspect", made["m01"], nonsense)
            assert told.json() == {"active": False}
        auth = (made["m01"]["client_id"], made["m01"]["client_secret"])
        unnamed = await caller.post("/oauth/revoke", data={"a": "b"}, auth=auth)
        assert (unnamed.status_code, unnamed.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("X01", "X02")
@pytest.mark.refusing
async def test_the_tokens_of_a_deactivated_program_end_with_it(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway:
        made = await two_programs(gateway, prepared)
        caller = gateway.client()
        token = (await token_of(caller, made["m01"])).json()["access_token"]
        admin = gateway.client()
        client_id = made["m01"]["client_id"]
        admin.headers["Authorization"] = (
            f"Bearer {(await token_of(caller, made['admin'])).json()['access_token']}"
        )
        answer = await admin.delete(f"/v1/identity/clients/{client_id}")
        assert answer.status_code == 204
        await asyncio.sleep(1.1)
        with pytest.raises(InvalidToken):
            await (await follower(caller)).verify(token)
        assert (await token_of(caller, made["m01"])).status_code == 401


@pytest.mark.refusing
async def test_a_token_is_no_list_and_a_list_is_no_token(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway:
        made = await two_programs(gateway, prepared)
        caller = gateway.client()
        verifier = await follower(caller)
        token = (await token_of(caller, made["m01"])).json()["access_token"]
        text = (await caller.get("/.well-known/revocations")).json()["list"]
        with pytest.raises(InvalidToken):
            await verifier.statement(token, TYPE)
        with pytest.raises(InvalidToken):
            await verifier.verify(text)
        with pytest.raises(InvalidToken):
            await verifier.statement(text[:-4] + "AAAA", TYPE)


def claims(**over: Any) -> dict[str, Any]:
    return {"jti": "t1", "client_id": "c1", "sub": "p1", "iat": 1000, **over}


def listed(iat: int = 2000, **over: Any) -> dict[str, Any]:
    return {"iat": iat, "tokens": [], "clients": {}, "people": {}, **over}


@pytest.mark.parametrize(
    ("listing", "struck"),
    [
        (listed(), False),
        (listed(tokens=["t1"]), True),
        (listed(clients={"c1": 999}), False),
        (listed(clients={"c1": 1000}), True),
        (listed(people={"p1": 999}), False),
        (listed(people={"p1": 1000}), True),
        (listed(people={"p2": 5000}), False),
    ],
)
def test_a_token_is_struck_up_to_the_second_of_its_end(
    listing: dict[str, Any], struck: bool
) -> None:
    revocations = Revocations(lambda: 0.0)
    revocations.take(listing)
    assert revocations.strikes(claims()) is struck


def test_an_older_list_does_not_bring_a_token_back() -> None:
    revocations = Revocations(lambda: 0.0)
    revocations.take(listed(iat=2000, tokens=["t1"]))
    revocations.take(listed(iat=1999))
    assert revocations.strikes(claims())


def test_a_list_is_stale_after_thirty_seconds_and_only_where_it_is_followed() -> None:
    now = [0.0]
    revocations = Revocations(lambda: now[0])
    now[0] = 1e6
    assert not revocations.stale
    revocations.follow()
    now[0] += 30
    assert not revocations.stale
    now[0] += 0.5
    assert revocations.stale
    revocations.take(listed())
    assert not revocations.stale


@pytest.mark.requirement("X01")
@pytest.mark.refusing
async def test_officials_write_nothing_while_the_list_is_stale(running: Running) -> None:
    async with running("registry") as registry:
        registry.app.state.verifier.revocations.follow()
        registry.app.state.verifier.revocations._heard_at -= 31
        official = registry.client("handler")
        refused = await official.post("/v1/registry/organizations", json={})
        assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
        assert (await official.get("/v1/registry/events")).status_code == 200
        member = registry.client("member", org_id="00000000-0000-7000-8000-000000000001")
        assert (await member.post("/v1/registry/organizations", json={})).status_code == 422


async def test_following_names_what_it_knows_and_rests_where_nobody_holds_it(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway:
        await prepared(gateway)
        gateway.app.state.verifier = TokenVerifier(ISSUER, gateway.app.state.keys.published)
        listing = gateway.app.state.revocation_list
        asked: list[tuple[str, int]] = []

        async def fetch(version: str, hold: int) -> tuple[str, str]:
            asked.append((version, hold))
            signed: tuple[str, str] = await listing.signed()
            return signed

        verifier = gateway.app.state.verifier
        task = asyncio.create_task(follow(verifier, fetch, 0.4))
        await asyncio.sleep(1.0)
        task.cancel()
        # At once with the version that was heard, then no sooner than after the pause.
        assert [version for version, _ in asked[:2]] == ["", (await listing.signed())[1]]
        assert 3 <= len(asked) <= 4
        assert not verifier.revocations.stale


async def test_following_goes_on_after_a_failure() -> None:
    asked, again = 0, asyncio.Event()

    async def fetch(_version: str, _hold: int) -> tuple[str, str]:
        nonlocal asked
        asked += 1
        if asked == 3:
            again.set()
        raise OSError("away")

    async def keys() -> dict[str, Any]:
        return {"keys": []}

    task = asyncio.create_task(follow(TokenVerifier(ISSUER, keys), fetch, 0.01))
    await asyncio.wait_for(again.wait(), 5)
    assert (asked >= 3, task.done()) == (True, False)
    task.cancel()
