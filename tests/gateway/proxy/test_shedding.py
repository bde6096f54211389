"""Some are turned away before everybody waits: by standing queues only, evenly, not for long."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.proxy import shedding
from gateway.proxy.shedding import FEW, RETRY_SECONDS, WINDOW_TICKS, Shedder
from tests.gateway.running_door import running_door

MOST = 0.25


def after(*lateness: float) -> Shedder:
    shedder = Shedder(MOST)
    for late in lateness:
        shedder.observe(late)
    return shedder


def turned_away(shedder: Shedder, path: str = "/v1/registry/centers") -> int:
    return sum(shedder.turns_away(path) for _ in range(1_000))


@pytest.mark.parametrize(
    "lateness",
    [
        [],
        [0.0] * 50,
        [MOST] * 50,
        # A burst has a good moment in every window.
        ([0.9] * (WINDOW_TICKS - 1) + [0.01]) * 5,
        # A machine that stood still for a while has no queue.
        [30.0] * 50,
        # Too short to be a queue that stands.
        [0.9] * (WINDOW_TICKS - 1),
    ],
)
def test_bursts_and_pauses_turn_nobody_away(lateness: list[float]) -> None:
    assert turned_away(after(*lateness)) == 0


@pytest.mark.refusing
@pytest.mark.parametrize(("ticks", "share"), [(0, 100), (4, 500), (30, 900)])
def test_the_longer_a_queue_stands_the_more_are_turned_away(ticks: int, share: int) -> None:
    shedder = after(*[MOST + 0.01] * (WINDOW_TICKS + ticks))
    assert turned_away(shedder) == share


def test_once_the_queue_is_gone_everybody_is_let_in_again() -> None:
    shedder = after(*[0.5] * 40, *[0.0] * 18)
    assert turned_away(shedder) == 0


def test_health_is_answered_always_and_zero_turns_nobody_away() -> None:
    shedder = after(*[0.5] * 60)
    for path in ("/healthz", "/readyz", "/metrics"):
        assert turned_away(shedder, path) == 0


@pytest.mark.anyio
async def test_among_few_nobody_looks_and_many_are_looked_after_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shedding, "TICK_SECONDS", 0.001)
    monkeypatch.setattr(shedding, "REST_SECONDS", 60.0)
    looks: list[float] = []
    shedder = Shedder(MOST)
    monkeypatch.setattr(shedder, "observe", looks.append)
    watching = asyncio.create_task(shedder.watch())
    try:
        await _until(lambda: len(looks) == WINDOW_TICKS)
        await asyncio.sleep(0.05)
        assert len(looks) == WINDOW_TICKS
        for _ in range(FEW):
            shedder.turns_away("/v1/registry/centers")
        await _until(lambda: len(looks) > WINDOW_TICKS)
    finally:
        watching.cancel()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)


@pytest.mark.refusing
def test_who_is_turned_away_is_told_when_to_come_back() -> None:
    with running_door(shed_after_seconds=0) as door:
        assert door.ask("/v1/registry/centers").status == 200
        door.door._shedder.percent = 90
        answers = [door.ask("/v1/registry/centers") for _ in range(10)]
        refused = [answer for answer in answers if answer.status == 503]
        assert len(refused) == 9
        assert {one.json()["code"] for one in refused} == {"OVERLOADED"}
        assert {one.headers["retry-after"] for one in refused} == {str(RETRY_SECONDS)}
        assert door.ask("/readyz").status == 404  # The tests' own application has none.
