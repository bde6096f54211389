"""A request has one instant: its day is the day of that instant."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from shared.clock import Clock
from shared.http import Now, Today

pytestmark = pytest.mark.anyio


class Leaping(Clock):
    """A clock on which a day passes with every reading."""

    def now(self) -> datetime:
        self.offset += timedelta(days=1)
        return datetime(2026, 6, 8, 15, 59, 59, tzinfo=UTC) + self.offset


@pytest.mark.requirement("X10")
async def test_the_day_of_a_request_is_the_day_of_its_instant() -> None:
    app = FastAPI()
    app.state.clock = Leaping()

    @app.get("/")
    async def told(today: Today, now: Now) -> list[str]:
        return [today.isoformat(), now.date().isoformat()]

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as caller:
        today, day_of_now = (await caller.get("/")).json()
    assert today == day_of_now
