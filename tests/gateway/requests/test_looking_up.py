"""Callers look up their own requests, for thirty days, and nobody else's."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from gateway.requests import rules
from gateway.requests.jobs import RequestLog
from tests.fixtures.service import RunningService

pytestmark = pytest.mark.anyio
ASKED = ("POST", "/v1/registry/facts", "registry")
NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)


@pytest.fixture
async def gateway(running: Callable[..., Any]) -> AsyncIterator[RunningService]:
    async with running("gateway") as service:
        yield service


async def test_a_caller_finds_its_own_requests_and_no_others(gateway: RunningService) -> None:
    mine, other = str(uuid4()), str(uuid4())
    log = RequestLog(gateway.sessions)
    for number in range(3):
        log.add({"client_id": "erp", "sub": mine}, f"r{number}", ASKED, 201 + number, 0.0124)
    log.add({"client_id": "erp", "sub": other}, "r9", ASKED, 201, 0.5)
    log.add({"client_id": "else", "sub": mine}, "r8", ASKED, 201, 0.5)
    assert await log.write() == 5
    assert await log.write() == 0
    async with gateway.client("member", client_id="erp", sub=mine) as caller:
        items = (await caller.get("/v1/me/requests")).json()["items"]
        one = (await caller.get("/v1/me/requests", params={"request_id": "r1"})).json()["items"]
        none = (await caller.get("/v1/me/requests", params={"request_id": "r9"})).json()["items"]
        created = (await caller.get("/v1/me/requests", params={"status": 201})).json()["items"]
    assert [item["request_id"] for item in items] == ["r2", "r1", "r0"]
    assert one[0]["path"] == "/v1/registry/facts"
    assert (one[0]["method"], one[0]["service"], one[0]["milliseconds"]) == ("POST", "registry", 12)
    assert none == []
    assert [item["request_id"] for item in created] == ["r0"]


@pytest.mark.refusing
async def test_nobody_looks_up_without_a_token(gateway: RunningService) -> None:
    async with gateway.client() as nobody:
        assert (await nobody.get("/v1/me/requests")).status_code == 401


async def test_what_is_older_than_thirty_days_is_forgotten(gateway: RunningService) -> None:
    mine = str(uuid4())
    log = RequestLog(gateway.sessions)
    for number in range(2):
        log.add({"client_id": "erp", "sub": mine}, f"r{number}", ASKED, 200, 0.1)
    await log.write()
    async with gateway.sessions.begin() as session:
        await session.execute(
            text("UPDATE request_seen SET at = :at WHERE request_id = 'r0'"),
            {"at": datetime.now(UTC) - rules.KEPT - timedelta(seconds=1)},
        )
    async with gateway.client("member", client_id="erp", sub=mine) as caller:
        items = (await caller.get("/v1/me/requests")).json()["items"]
    assert [item["request_id"] for item in items] == ["r1"]
    await log.forget()
    async with gateway.sessions.reading() as session:
        left = list(await session.scalars(text("SELECT request_id FROM request_seen")))
    assert left == ["r1"]


async def test_a_log_that_cannot_write_keeps_its_notes_up_to_a_bound(
    gateway: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_WAITING", 3)
    log = RequestLog(gateway.sessions)
    for number in range(5):
        log.add({"client_id": "erp", "sub": str(uuid4())}, f"r{number}", ASKED, 200, 0.1)
    assert log.dropped == 2
    monkeypatch.setattr(log, "_sessions", None)
    with pytest.raises(AttributeError):
        await log.write()
    monkeypatch.setattr(log, "_sessions", gateway.sessions)
    assert await log.write() == 3


@pytest.mark.parametrize(("days", "kept"), [(29, True), (30, True), (31, False)])
def test_thirty_days_are_kept_to_the_instant(days: int, *, kept: bool) -> None:
    assert (NOW - timedelta(days=days) >= rules.oldest_kept(NOW)) is kept
