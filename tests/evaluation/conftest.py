"""What the evaluation service's tests share."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.evaluation.reviewing import TODAY, Reviewing


@pytest.fixture
async def review(running: Callable[..., Any]) -> AsyncIterator[Reviewing]:
    """An application that is accepted and waits for its panel, and a pool of experts."""
    async with running("evaluation") as service:
        service.set_clock(TODAY)
        reviewing = Reviewing(service)
        await reviewing.prepare()
        yield reviewing
