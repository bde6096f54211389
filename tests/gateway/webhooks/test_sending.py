"""One delivery over the network: only to where it may go, and never longer than it may take."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.webhooks.rules import Network
from gateway.webhooks.sending import Sender

pytestmark = pytest.mark.anyio
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
PRIVATE = "the target leads to an address that is not public"
SECRET = b"s" * 24
EVERY = "0.0.0.0"  # noqa: S104 - of this machine, where nobody else listens
MEGABYTE = b"x" * 1_000_000


@dataclass(frozen=True)
class Message:
    id: UUID = field(default_factory=uuid4)
    event_id: UUID = field(default_factory=uuid4)
    body: bytes = b'{"type":"center.listed"}'


@dataclass
class Server:
    """Answers by path, and counts."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    sent: int = 0
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                self.asked.append(path)
                await reader.readexactly(len(Message().body))
                await self._answer(path, writer)
        writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/redirect":
            writer.write(b"HTTP/1.1 307 x\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n")
        elif path == "/hang":
            await asyncio.sleep(30)
        elif path == "/drip":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        elif path == "/huge":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            for _ in range(100):
                writer.write(MEGABYTE)
                await writer.drain()
                self.sent += 1
        elif path == "/nonsense":
            writer.write(b"\x00\x01 not HTTP\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x00\xffok")
        await writer.drain()


@asynccontextmanager
async def sending(
    allowed: list[Network] = LOOPBACK, seconds: float = 5.0, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[Sender, Server]]:
    server, sender = Server(), Sender(allowed, seconds)
    listening = await asyncio.start_server(server.serve, host, 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield sender, server
    finally:
        await sender.close()
        listening.close()


async def told(sender: Sender, url: str) -> tuple[int | None, str]:
    outcome = await sender.send(url, Message(), [SECRET])
    return outcome.status, outcome.said


async def test_an_answer_is_told_as_text_and_the_connection_is_used_again() -> None:
    async with sending() as (sender, server):
        url = f"http://127.0.0.1:{server.port}/ok"
        assert [await told(sender, url) for _ in range(2)] == [(200, "\ufffd\ufffdok")] * 2
        assert (server.asked, server.connections) == (["/ok", "/ok"], 1)


@pytest.mark.refusing
async def test_a_redirect_is_an_answer_and_is_followed_nowhere() -> None:
    async with sending() as (sender, server):
        assert (await told(sender, f"http://127.0.0.1:{server.port}/redirect"))[0] == 307
        assert server.asked == ["/redirect"]


@pytest.mark.refusing
@pytest.mark.parametrize("path", ["/hang", "/drip"])
async def test_a_target_that_hangs_or_drips_has_its_time_and_no_more(path: str) -> None:
    async with sending(seconds=0.3) as (sender, server):
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await told(sender, f"http://127.0.0.1:{server.port}{path}")
        assert answer == (None, "no answer in time")
        assert loop.time() - began < 3


@pytest.mark.refusing
async def test_of_a_hundred_megabytes_only_the_beginning_is_read() -> None:
    async with sending() as (sender, server):
        status, said = await told(sender, f"http://127.0.0.1:{server.port}/huge")
        assert (status, said) == (200, "x" * 1024)
        await asyncio.sleep(0.1)
        assert server.sent < 20


@pytest.mark.refusing
async def test_what_is_no_answer_of_http_is_a_failed_try() -> None:
    async with sending() as (sender, server):
        status, said = await told(sender, f"http://127.0.0.1:{server.port}/nonsense")
        assert (status, said) == (None, "ClientResponseError")
        nobody = await told(sender, "http://127.0.0.1:1/")
        assert nobody == (None, "ConnectionRefusedError")


# Written in every way in which an address of this machine or its network can be written.
TRICKY = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "127.000.000.001", "0", EVERY, "00", "localhost", "LOCALHOST", "localhost.",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:0a00:1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1]", "[fd00::1]",
    "[ff02::1]", "10.0.0.1", "10.1", "167772161", "172.16.5.4", "172.31.255.255", "192.168.0.1",
    "192.168.257", "169.254.169.254", "2852039166", "100.64.0.1", "198.18.0.1", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "192.0.0.8", "[fec0::1]", "[::127.0.0.1]",
]  # fmt: skip


@pytest.mark.refusing
async def test_forty_ways_to_write_a_private_address_lead_nowhere() -> None:
    assert len(TRICKY) >= 40
    async with sending(allowed=[]) as (sender, server):
        for host in TRICKY:
            status, said = await told(sender, f"http://{host}:{server.port}/ok")
            # Some are no address for this system's resolver: then they lead nowhere either.
            assert status is None, host
            assert said in {PRIVATE, "gaierror", "InvalidUrlClientError"}, (host, said)
        assert server.asked == []


async def lookups(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names lead somewhere else each time they are asked for; give what was asked."""
    asked: list[str] = []
    left = list(answers)

    async def lookup(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
    return asked


@pytest.mark.refusing
async def test_a_name_that_is_rebound_is_judged_by_the_address_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    public = [ipaddress.ip_network("127.0.0.2/32")]  # Stands for an address that is public.
    async with sending(allowed=public, host=EVERY) as (sender, server):
        asked = await lookups(monkeypatch, ["127.0.0.2"], ["127.0.0.1"])
        url = f"http://rebound.example:{server.port}"
        assert (await told(sender, f"{url}/ok"))[0] == 200
        # One lookup for one connection: nothing is looked up again after it was judged.
        assert asked == ["rebound.example"]
        await told(sender, f"{url}/nonsense")  # Ends the connection that was kept.
        assert await told(sender, f"{url}/ok") == (None, PRIVATE)
        assert server.asked == ["/ok", "/nonsense"]


@pytest.mark.refusing
async def test_one_private_address_among_public_ones_is_a_trap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    public = [ipaddress.ip_network("127.0.0.2/32")]
    async with sending(allowed=public, host=EVERY) as (sender, server):
        await lookups(monkeypatch, ["127.0.0.2", "10.0.0.1"])
        trap = await told(sender, f"http://both.example:{server.port}/ok")
        assert trap == (None, PRIVATE)
        assert server.asked == []
