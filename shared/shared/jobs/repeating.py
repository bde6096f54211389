"""Work that comes due: looked for again and again while a process lives."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

Look = Callable[[Any], Awaitable[object]]

log = structlog.get_logger(__name__)


def repeated(
    name: str, seconds: float, *looks: Look, idle_seconds: float | None = None
) -> Callable[[Any], Awaitable[None]]:
    """Make a background task that takes each look in turn, and all again after `seconds`.

    A look that fails is logged as `<name>.interrupted` by the kind of its error alone, since a
    message may hold somebody's data; the rest of the round waits for the next one. What is done
    twice or by two processes at once has to be harmless by itself. With `idle_seconds`, the next
    round waits for an event of this service, or for so long: what it looks for is asked for by one.
    """
    interrupted = f"{name}.interrupted"

    async def watch(app: Any) -> None:  # noqa: ANN401 - as much of the running app as looks need
        while True:
            before = app.state.sequencer.rounds if idle_seconds else 0
            try:
                for look in looks:
                    await look(app)
            except Exception as error:
                log.warning(interrupted, error=type(error).__name__)
            await asyncio.sleep(seconds)
            if idle_seconds and app.state.sequencer.watching:
                await app.state.sequencer.wait(idle_seconds - seconds, before)

    return watch
