"""The time came: feeds are read for the subscriptions, and what waits goes out.

One gateway process does it, the one that holds the lock. Whatever can be done for all subscriptions
together is one statement: taking in what was read, handing out what is due, writing down what came
of it. What can hang is apart: each subscription has connections of its own, and each centre inside
it a lane of its own, so that what is tried again holds up its own centre only.
"""

import asyncio
from typing import Final

from fastapi import FastAPI

from gateway.webhooks.lanes import Lanes
from gateway.webhooks.reading import LOOK_SECONDS as READ_SECONDS
from gateway.webhooks.reading import Feed, Tokens
from gateway.webhooks.sending import Sender
from gateway.webhooks.settling import Settling
from shared.jobs import alone, repeated, while_held
from shared.services import FEEDS

LOCK: Final = 0x7A63_5748_4B00_0001
RETRY_SECONDS: Final = 1.0
# After a change of somebody's subscription, the next ones are looked at together.
PAUSE_SECONDS: Final = 0.2
# How often everybody is looked at where nobody tells what is recorded here.
LOOK_SECONDS: Final = 2.0


async def deliver_alone(app: FastAPI) -> None:
    """Deliver until it fails, as the only process that does."""
    async with alone(app.state.database, LOCK) as mine:
        if mine:
            await while_held(mine, Deliveries(app).run())


deliver: Final = repeated("webhooks", RETRY_SECONDS, deliver_alone)


class Deliveries:
    """Everything that goes out, while this process is the one that sends."""

    def __init__(self, app: FastAPI) -> None:
        """Bind to the gateway's own state."""
        settings, sessions = app.state.settings, app.state.database.sessions
        self._sequencer = app.state.sequencer
        self._sender = Sender(settings.webhook_networks)
        self._settling = Settling(sessions, settings.webhook_schedule, settings.webhook_failures)
        key_secret = settings.key_secret.get_secret_value()
        self._lanes = Lanes(sessions, self._sender, self._settling, key_secret)
        tokens = Tokens(app)
        self._feeds = [Feed(app, service, tokens, self._lanes) for service in FEEDS]

    async def run(self) -> None:
        """Watch and read the feeds, send, and settle, side by side."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._settling.run())
                group.create_task(self._lanes.run(group))
                group.create_task(self._hear())
                for feed in self._feeds:
                    group.create_task(feed.watch())
                    group.create_task(feed.run())
        finally:
            await self._sender.close()

    async def _hear(self) -> None:
        """Look at everybody when something was recorded here: a subscription may be another one."""
        while True:
            before = self._sequencer.rounds
            following = self._sequencer.watching
            told = await self._sequencer.wait(READ_SECONDS if following else LOOK_SECONDS, before)
            if told or not following:
                for feed in self._feeds:
                    feed.look()
                self._lanes.look()
                await asyncio.sleep(PAUSE_SECONDS)
