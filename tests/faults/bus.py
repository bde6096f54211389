"""A real NATS server with JetStream beside the town, and what it was told."""

import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import nats

from shared.events.bridge import STREAM
from zhichuang.processes import HOST, free_ports, spawn, stop_all

SERVER = Path(sys.executable).with_name("nats-server")
PAGE = 500


class Bus:
    """The server's process; its stream is made by whoever tells it first."""

    def __init__(self) -> None:
        self._port = free_ports(1)[0]
        self.url = f"nats://{HOST}:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, home: Path) -> None:
        words = [str(SERVER), "-js", "-a", HOST, "-p", str(self._port), "-sd", str(home / "nats")]
        log = home / "logs" / "nats.log"
        self._process = spawn(words, {"LC_ALL": "C"}, home, log)

    def stop(self) -> None:
        if self._process is not None:
            stop_all([self._process])

    def told(self) -> dict[str, list[int]]:
        """Give the positions that it was told, in its own order, by the service they are of."""
        return asyncio.run(self._told())

    async def _told(self) -> dict[str, list[int]]:
        client = await nats.connect(self.url, allow_reconnect=False)
        positions: dict[str, list[int]] = defaultdict(list)
        try:
            stream = client.jetstream()
            left = (await stream.stream_info(STREAM)).state.messages
            reader = await stream.pull_subscribe("zhichuang.>", stream=STREAM)
            while left > 0:
                for message in await reader.fetch(min(left, PAGE), timeout=30):
                    event = json.loads(message.data)
                    positions[event["source"]].append(event["position"])
                    await message.ack()
                    left -= 1
        finally:
            await client.close()
        return positions
