"""A process that hands over the letters that are due, as one worker of the gateway does."""

import asyncio
import sys
from types import SimpleNamespace

from gateway.notices.jobs import Notices
from gateway.settings import GatewaySettings
from shared.clock import Clock
from shared.database import Database


async def main() -> None:
    """Wait for a word on the standard input, then send what is due."""
    settings = GatewaySettings()
    clock = Clock()
    database = Database(settings.database_url, clock)
    state = SimpleNamespace(settings=settings, database=database, clock=clock)
    worker = Notices(SimpleNamespace(state=state))  # type: ignore[arg-type]  # what sending needs
    sys.stdin.readline()
    await worker.send()


if __name__ == "__main__":
    asyncio.run(main())
