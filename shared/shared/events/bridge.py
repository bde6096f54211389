"""Events for a bus: each committed event goes to NATS JetStream, at least once, in its order.

Off unless `ZHICHUANG_NATS_URL` is set. One process of a service bridges, under an advisory lock,
and remembers in the database how far it has come, so that a restart goes on from there. An event
that is sent twice bears the same `Nats-Msg-Id`, and JetStream keeps it once. A message says that
something happened, where and by whom, and nothing of what was done: who may read that, the bus does
not know, and the feed does, which hides drafts even from officials.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from fastapi import FastAPI
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col, select

from shared.database.engine import Sessions
from shared.events.feed import event_out
from shared.events.tables import Event, EventPosition, FeedCursor

STREAM: Final = "ZHICHUANG"
SUBJECTS: Final = "zhichuang.>"
# JetStream looks so far back for an event that it has already.
TWICE_WITHIN: Final = timedelta(hours=1)
CURSOR: Final = "to-nats"
LOCK: Final = 0x7A63_4E41_5453_0001
PAGE: Final = 200
LOOK_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


async def bridge(app: FastAPI, service: str, events: type[Event] = Event) -> None:
    """Send what is numbered until cancelled; a lost server or database is taken up again.

    `events` is what events are read from.
    """
    while True:
        try:
            await _connected(app, service, events)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("bridge.interrupted", error=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


async def _connected(app: FastAPI, service: str, events: type[Event]) -> None:
    database = app.state.database
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        if not await _alone(connection):
            return
        client = Client()
        await client.connect(
            app.state.settings.nats_url.get_secret_value(), connect_timeout=5, allow_reconnect=False
        )
        try:
            stream = client.jetstream(timeout=ANSWER_SECONDS)
            await _ensure_stream(stream)
            while True:
                if not await send(database.sessions, stream, service, events):
                    await connection.execute(text("SELECT 1"))  # The lock went with it, if it died.
                    await app.state.sequencer.wait(LOOK_SECONDS)
        finally:
            await client.close()


async def _alone(connection: AsyncConnection) -> bool:
    taken = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK})
    return bool(taken)


async def _ensure_stream(stream: JetStreamContext) -> None:
    """Make the stream where there is none; an operator's own settings are left alone."""
    from nats.js.errors import NotFoundError

    try:
        await stream.stream_info(STREAM)
    except NotFoundError:
        window = TWICE_WITHIN.total_seconds()
        config = StreamConfig(name=STREAM, subjects=[SUBJECTS], duplicate_window=window)
        await stream.add_stream(config)


async def send(
    sessions: Sessions, stream: JetStreamContext, service: str, events: type[Event] = Event
) -> int:
    """Send the next events and remember how far; give how many.

    What was sent and not remembered, because the process died in between, is sent again.
    """
    async with sessions.begin() as session:
        rows = await _next(session, events)
        for event, position in rows:
            told = event_out(service, event, position, readable=False)
            await stream.publish(
                f"zhichuang.{service}.{event.type}",
                told.model_dump_json().encode(),
                headers={"Nats-Msg-Id": str(event.id), "Content-Type": "application/cloudevents"},
            )
        if rows:
            last = rows[-1][1]
            await session.execute(
                insert(FeedCursor)
                .values(source=CURSOR, position=last)
                .on_conflict_do_update(index_elements=["source"], set_={"position": last})
            )
    return len(rows)


async def _next(session: AsyncSession, events: type[Event]) -> Sequence[tuple[Event, int]]:
    cursor = await session.get(FeedCursor, CURSOR)
    statement = (
        select(events, EventPosition.position)
        .join(EventPosition, col(EventPosition.event_id) == col(events.id))
        .where(col(EventPosition.position) > (cursor.position if cursor else 0))
        .order_by(col(EventPosition.position))
        .limit(PAGE)
    )
    return [(event, position) for event, position in await session.execute(statement)]
