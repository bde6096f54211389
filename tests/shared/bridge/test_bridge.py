"""Events on a real NATS server with JetStream: each once, in order, also after a crash."""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from shared.events.bridge import STREAM, _ensure_stream, send
from shared.events.resources import PART
from tests.fixtures.service import RunningService
from zhichuang.postgres import PostgreSQL
from zhichuang.processes import free_ports

pytestmark = pytest.mark.anyio

SERVER = Path(sys.executable).with_name("nats-server")
FILLED = """
WITH made AS (
    INSERT INTO event (id, type, subject_id, data, recorded_at)
    SELECT uuidv7(), 'test.made', uuidv7(), '{"of": "草案", "PART": {"state": {"name": "王"}}}',
           '2026-01-05Z' FROM generate_series(1, 250) RETURNING id)
INSERT INTO event_pending (event_id) SELECT id FROM made""".replace("PART", PART)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    port = free_ports(1)[0]
    words = [str(SERVER), "-js", "-a", "127.0.0.1", "-p", str(port), "-sd", str(tmp_path)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"nats://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[JetStreamContext]:
    deadline = time.monotonic() + 20
    while True:
        try:
            client = await nats.connect(url, allow_reconnect=False, connect_timeout=1)
            break
        except Exception:
            assert time.monotonic() < deadline
    yield client.jetstream()
    await client.close()


async def kept(stream: JetStreamContext) -> list[dict[str, Any]]:
    count = (await stream.stream_info(STREAM)).state.messages
    if not count:
        return []
    reader = await stream.pull_subscribe("zhichuang.>", stream=STREAM)
    messages = await reader.fetch(count, timeout=10)
    return [json.loads(message.data) for message in messages]


async def all_sent(service: RunningService, stream: JetStreamContext) -> int:
    count = 0
    while sent := await send(service.sessions, stream, "registry"):
        count += sent
    return count


async def test_every_event_is_sent_once_and_in_order_and_a_crash_sends_none_twice(
    server: str, running: Callable[..., Any], postgres_server: PostgreSQL
) -> None:
    async with running("registry") as registry, connected(server) as stream:
        await _ensure_stream(stream)
        await _ensure_stream(stream)
        postgres_server.execute(FILLED, database=registry.database.name)
        numbered = await registry.number()
        assert await all_sent(registry, stream) == numbered >= 250
        events = await kept(stream)
        assert [event["position"] for event in events] == list(range(1, numbered + 1))
        made = [event for event in events if event["type"] == "test.made"]
        assert (made[0]["specversion"], made[0]["source"]) == ("1.0", "/v1/registry")
        # Only that it happened, where and by whom: who may read more, the bus does not know.
        assert "王" not in json.dumps(events, ensure_ascii=False)
        assert {name for event in events for name in event["data"]} <= {"person_id", "center_id"}
        # The process died after it had sent and before it had remembered.
        async with registry.sessions.begin() as session:
            await session.execute(text("UPDATE feed_cursor SET position = 0"))
        assert await all_sent(registry, stream) == numbered
        assert [event["id"] for event in await kept(stream)] == [event["id"] for event in events]


async def test_what_cannot_be_sent_waits_and_is_not_remembered(
    server: str, running: Callable[..., Any], postgres_server: PostgreSQL
) -> None:
    async with running("registry") as registry, connected(server) as stream:
        await _ensure_stream(stream)
        postgres_server.execute(FILLED, database=registry.database.name)
        numbered = await registry.number()
        await stream.delete_stream(STREAM)
        with pytest.raises(Exception, match=r"no response|NoStreamResponse|no responders"):
            await send(registry.sessions, stream, "registry")
        await _ensure_stream(stream)
        assert await all_sent(registry, stream) == numbered
