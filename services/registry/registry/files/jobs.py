"""The time came: what is left of uploads that a killed process could not forget is taken away."""

from typing import Any, Final, Protocol

import anyio

from shared.files import store_of
from shared.jobs import repeated

LOOK_SECONDS: Final = 3_600.0
# No upload lasts so long: requests have time-outs, and those are of real time.
KEPT_SECONDS: Final = 86_400.0


class Process(Protocol):
    """The running app, of which the job needs its settings."""

    state: Any


async def sweep(app: Process) -> int:
    """Take away what broke off more than a day ago; give how many files."""
    store = store_of(app.state.settings)
    return await anyio.to_thread.run_sync(store.sweep, KEPT_SECONDS)


BACKGROUND: Final = (repeated("files", LOOK_SECONDS, sweep),)
