"""One process that serves an application: uvicorn, as every process of the house has it.

python -m shared.http.serving registry --host 127.0.0.1 --port 8001 --http httptools
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from types import FrameType
from typing import Final

from uvicorn import Config, Server

# Longer than a neighbour's pool keeps an idle connection: none closes under a request.
KEEP_ALIVE_SECONDS: Final = 75
GRACEFUL_SECONDS: Final = 3
# What uvicorn counts ten times a second: at each tenth it writes the date of answers anew.
SECOND: Final = 10
# What uvicorn's own command ends with when an application does not start.
STARTUP_FAILURE: Final = 3


class PatientServer(Server):
    """A server that waits to be asked to end, instead of looking ten times a second.

    Those looks were two thirds of how often a process that is asked nothing woke.
    """

    def __init__(self, config: Config) -> None:
        """Take what uvicorn takes."""
        super().__init__(config)
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Wait until asked to end, and let the date of answers go on meanwhile."""
        self._loop = asyncio.get_running_loop()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + SECOND) % (86_400 * SECOND)
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._asked.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Hear that the process is asked to end."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked.set)


def main() -> None:
    """Serve until asked to end."""
    parser = argparse.ArgumentParser(prog="python -m shared.http.serving", description=__doc__)
    parser.add_argument("package")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--http", default="httptools")
    parser.add_argument("--log-config")
    chosen = parser.parse_args()
    config = Config(
        f"{chosen.package}.app:create_app",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        loop="uvloop",
        http=chosen.http,
        ws="none",
        lifespan="on",
        # The gateway is the only neighbour, and no header of a caller says who he is.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        log_config=chosen.log_config,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    server = PatientServer(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


if __name__ == "__main__":
    main()
