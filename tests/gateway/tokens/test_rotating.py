"""Signing keys change on schedule and by command, and no token dies of it."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.bootstrap import prepare
from gateway.settings import GatewaySettings
from gateway.tokens.keys import PUBLISH_BEFORE
from gateway.tokens.rotation import OVERLAP, is_due, rotate, rotate_once
from shared.auth import InvalidToken, KeysUnavailable, TokenVerifier
from tests.fixtures.service import ISSUER, Signer

pytestmark = [pytest.mark.anyio, pytest.mark.requirement("X01")]

Running = Callable[..., Any]
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "days", "due"),
    [
        (timedelta(days=90) - timedelta(seconds=1), 90, False),
        (timedelta(days=90), 90, True),
        (timedelta(days=900), 0, False),
    ],
)
def test_a_key_is_changed_on_its_last_day(age: timedelta, days: int, due: bool) -> None:
    assert is_due(NOW - age, NOW, days) is due


def test_without_a_key_there_is_nothing_to_change() -> None:
    assert not is_due(None, NOW, 90)


async def kid_of_new_token(caller: httpx.AsyncClient, admin: dict[str, Any]) -> tuple[str, str]:
    answer = await caller.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(admin["client_id"], admin["client_secret"]),
    )
    token: str = answer.json()["access_token"]
    return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"], token


async def test_a_rotation_publishes_first_signs_later_and_retires_last(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        monkeypatch.setenv("ZHICHUANG_DATABASE_URL", gateway.database.app_url)
        admin = (await prepare(GatewaySettings()))["admin"]
        gateway.app.state.keys.forget()
        first, token = await kid_of_new_token(caller, admin)
        # Two commands at once change it once.
        told = await asyncio.gather(*(rotate_once(GatewaySettings()) for _ in range(2)))
        assert sorted(one["state"] for one in told) == ["rotated", "under_way"]
        second = told[0]["key_id"]
        assert second == told[1]["key_id"] != first
        gateway.app.state.keys.forget()
        published = (await caller.get("/.well-known/jwks.json")).json()["keys"]
        assert {key["kid"] for key in published} == {first, second}
        # Not yet: some process may not know it.
        assert (await kid_of_new_token(caller, admin))[0] == first
        await aged(gateway, PUBLISH_BEFORE)
        assert (await kid_of_new_token(caller, admin))[0] == second
        assert (await verified(gateway, token))["sub"] == admin["sub"]
        await aged(gateway, OVERLAP)
        published = (await caller.get("/.well-known/jwks.json")).json()["keys"]
        assert [key["kid"] for key in published] == [second]
        # The next change takes the dead key away, private half and all.
        assert (await rotate_once(GatewaySettings()))["state"] == "rotated"
        async with gateway.sessions.reading() as session:
            kids = set(await session.scalars(text("SELECT kid FROM signing_key")))
        assert first not in kids
        assert second in kids


async def aged(gateway: Any, by: timedelta) -> None:
    """Make every key older."""
    async with gateway.sessions.begin() as session:
        await session.execute(
            text("UPDATE signing_key SET active_at = active_at - CAST(:by AS interval),"
                 " retires_at = retires_at - CAST(:by AS interval)"),
            {"by": by},
        )  # fmt: skip
    gateway.app.state.keys.forget()


async def verified(gateway: Any, token: str) -> dict[str, Any]:
    return dict(await TokenVerifier(ISSUER, gateway.app.state.keys.published).verify(token))


@pytest.mark.refusing
async def test_the_schedule_leaves_a_young_key_alone(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running("gateway") as gateway:
        monkeypatch.setenv("ZHICHUANG_DATABASE_URL", gateway.database.app_url)
        await prepare(GatewaySettings())
        now = datetime.now(UTC)
        for days, made in ((89, False), (91, True)):
            async with gateway.sessions.begin() as session:
                key = await rotate(
                    session, "a key secret of the tests", now + timedelta(days=days),
                    not_within_days=90,
                )  # fmt: skip
            assert (key is not None) is made


@pytest.mark.refusing
async def test_a_storm_of_unknown_key_ids_asks_for_the_keys_once() -> None:
    signer, stranger, fetches = Signer(), Signer(), []

    async def keys() -> dict[str, Any]:
        fetches.append(1)
        await asyncio.sleep(0.02)
        return signer.jwks

    verifier = TokenVerifier(ISSUER, keys)
    storm = [stranger.token("member").split(".") for _ in range(200)]
    heads = [
        base64.urlsafe_b64encode(
            json.dumps({"alg": "ES256", "typ": "at+jwt", "kid": f"k{place}"}).encode()
        ).decode().rstrip("=")
        for place in range(200)
    ]  # fmt: skip
    tokens = [f"{head}.{parts[1]}.{parts[2]}" for head, parts in zip(heads, storm, strict=True)]
    answers = await asyncio.gather(
        *(verifier.verify(token) for token in tokens),
        verifier.verify(signer.token("member")),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, InvalidToken) for answer in answers) == 200
    assert isinstance(answers[-1], dict)
    assert len(fetches) == 1


@pytest.mark.refusing
async def test_keys_that_cannot_be_fetched_are_not_asked_for_by_everybody_at_once() -> None:
    fetches: list[int] = []

    async def keys() -> dict[str, Any]:
        fetches.append(1)
        raise OSError

    verifier = TokenVerifier(ISSUER, keys)
    token = Signer().token("member")
    answers = await asyncio.gather(
        *(verifier.verify(token) for _ in range(50)), return_exceptions=True
    )
    assert all(isinstance(answer, KeysUnavailable) for answer in answers)
    assert len(fetches) == 1
