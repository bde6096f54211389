"""The time came: what is left of uploads that a killed process could not forget is taken away."""

import asyncio
from typing import Any, Final, Protocol

import anyio
import structlog

from shared.files import store_of

LOOK_SECONDS: Final = 3_600.0
# No upload lasts so long: requests have time-outs, and those are of real time.
KEPT_SECONDS: Final = 86_400.0


class Process(Protocol):
    """The running app, of which the job needs its settings."""

    state: Any


log = structlog.get_logger(__name__)


async def sweep(app: Process) -> int:
    """Take away what broke off more than a day ago; give how many files."""
    store = store_of(app.state.settings)
    return await anyio.to_thread.run_sync(store.sweep, KEPT_SECONDS)


async def watch(app: Process) -> None:
    """Look every hour."""
    while True:
        try:
            await sweep(app)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("files.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


BACKGROUND: Final = (watch,)
