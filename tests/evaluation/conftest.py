"""What the evaluation service's tests share."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import TODAY, Reviewing
from tests.fixtures.walks import Walks


@pytest.fixture
async def review(running: Callable[..., Any], walks: Walks) -> AsyncIterator[Reviewing]:
    """An application that is accepted and waits for its panel, and a pool of experts."""
    async with running("evaluation") as service:
        service.set_clock(TODAY)
        reviewing = Reviewing(service, walks)
        await reviewing.prepare()
        yield reviewing


@pytest.fixture
async def unplanned(running: Callable[..., Any], walks: Walks) -> AsyncIterator[JudgedYear]:
    """A listed centre with a year behind it, and experts; no cycle has been planned."""
    async with running("evaluation") as service:
        year = JudgedYear(service, walks)
        await year.prepare()
        yield year


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    """The same; a folder or file that begins further on has a `year` of its own."""
    return unplanned
