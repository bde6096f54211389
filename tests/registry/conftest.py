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
