"""The sandbox's clock: forward only, and in every process before the answer."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
CLOCK = "/v1/sandbox/clock"
TELL = "PUT /internal/clock"


def move_this_process(gateway: Any) -> Callable[[httpx.Request], httpx.Response]:
    """Answer for all processes, and do what the gateway's own would do when it is told."""

    def told(request: httpx.Request) -> httpx.Response:
        if request.url.port == 8000:
            import json

            gateway.set_clock(json.loads(request.content)["now"])
        return httpx.Response(200, json={})

    return told


@pytest.mark.requirement("X10")
async def test_every_process_is_told_and_the_gateway_last(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        gateway.set_clock("2026-01-05T01:00:00+00:00")
        gateway.neighbours.answers[TELL] = move_this_process(gateway)
        answer = await admin.put(CLOCK, json={"now": "2026-03-02T01:00:00Z"})
        assert answer.status_code == 200
        assert answer.json()["now"].startswith("2026-03-02T01:00:0")
        assert gateway.neighbours.asked == [TELL] * 4
        shown = datetime.fromisoformat((await admin.get(CLOCK)).json()["now"])
        assert shown.isoformat().startswith("2026-03-02T01:00:0")


@pytest.mark.refusing
@pytest.mark.requirement("X10")
async def test_the_clock_never_goes_back(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        gateway.set_clock("2026-03-02T01:00:00+00:00")
        answer = await admin.put(CLOCK, json={"now": "2026-03-02T00:59:59Z"})
        assert (answer.status_code, answer.json()["code"]) == (409, "CLOCK_BACKWARDS")
        assert gateway.neighbours.asked == []


@pytest.mark.refusing
async def test_a_process_that_does_not_answer_is_503_and_the_gateway_waits(
    running: Running,
) -> None:
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        gateway.set_clock("2026-01-05T01:00:00+00:00")
        gateway.neighbours.answers[TELL] = httpx.Response(500)
        answer = await admin.put(CLOCK, json={"now": "2026-03-02T01:00:00Z"})
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
        assert gateway.app.state.clock.now().isoformat().startswith("2026-01-05")


@pytest.mark.refusing
async def test_only_an_admin_moves_it(running: Running) -> None:
    async with running("gateway") as gateway:
        for capacity in ("member", "handler", "approver", "service"):
            async with gateway.client(capacity) as caller:
                answer = await caller.put(CLOCK, json={"now": "2030-01-01T00:00:00Z"})
                assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN_SCOPE")


@pytest.mark.refusing
async def test_an_instant_has_a_zone(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        for now in ("2026-03-02", "2026-03-02T01:00:00", 1, None, "soon"):
            assert (await admin.put(CLOCK, json={"now": now})).status_code == 422


@pytest.mark.refusing
async def test_outside_a_sandbox_the_route_does_not_exist() -> None:
    from gateway.app import assembled
    from gateway.settings import GatewaySettings

    app = assembled(GatewaySettings(sandbox=False, database_url="postgresql+asyncpg://nowhere/x"))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as caller:
        answer = await caller.put(CLOCK, json={"now": "2026-03-02T01:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert "x-sandbox-clock" not in answer.headers
