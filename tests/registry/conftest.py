"""A running registry on a database of the test's own."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.fixtures.service import RunningService


@pytest.fixture
async def registry(running: Callable[..., Any]) -> AsyncIterator[RunningService]:
    async with running("registry") as service:
        service.set_clock("2026-01-12T02:00:00+00:00")
        yield service


async def policy_from(
    registry: RunningService, first_day: str, changes: dict[str, dict[str, Any]]
) -> None:
    """Let a changed policy follow the one of 2016 from a day on."""
    path = "/v1/registry/policy-versions"
    body = {
        "version": "next",
        "based_on": "2016",
        "title_zh": "修订方案",
        "title_en": "Revised plan",
        "effective_from": first_day,
        "reason": "参数调整",
        "changes": changes,
    }
    async with registry.client("handler") as handler, registry.client("approver") as approver:
        draft = (await handler.post(path, json=body)).json()
        await handler.post(f"{path}/{draft['id']}/propose")
        answer = await approver.post(f"{path}/{draft['id']}/approve")
    assert answer.json()["state"] == "in_force", answer.text
