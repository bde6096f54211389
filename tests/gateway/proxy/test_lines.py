"""Connections to a service, against a server that says exactly the bytes of a case."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.proxy.lines import (
    Address,
    Bounds,
    Broken,
    Crowded,
    Line,
    Lines,
    NotConnected,
    address_of,
)
from gateway.proxy.upstream import Unreachable, Upstreams
from gateway.settings import GatewaySettings

pytestmark = pytest.mark.anyio
BOUNDS = Bounds(most=2, connect=1, wait=0.05, look=0.025, idle=5)
PATIENCE = 0.2
HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
ASKED = b"GET / HTTP/1.1\r\nhost: s\r\n\r\n"

Says = Callable[[asyncio.StreamWriter, int], None]


class Service:
    """Says its piece to each question; `ends` closes the connection behind it."""

    def __init__(self, said: bytes, *, ends: bool) -> None:
        self.said, self.ends = said, ends
        self.connections = 0
        self.heard = b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while question := await reader.readuntil(b"\r\n\r\n"):
                self.heard += question
                writer.write(self.said)
                await writer.drain()
                if self.ends:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


@asynccontextmanager
async def talking(
    said: bytes, *, ends: bool = False, bounds: Bounds = BOUNDS
) -> AsyncIterator[tuple[Lines, Address, Service]]:
    service = Service(said, ends=ends)
    server = await asyncio.start_server(service, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    lines = Lines(bounds)
    try:
        yield lines, address_of(f"http://127.0.0.1:{port}"), service
    finally:
        lines.close()
        server.close()


async def whole(line: Line) -> bytes:
    await line.head()
    body = b""
    while not line.over:
        body += await line.chunk()
    return body


@pytest.mark.parametrize(
    ("said", "status", "body", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", 200, b"hi", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b"", True),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            200, b"hi", True,
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        (b"HTTP/1.1 304 Not Modified\r\netag: x\r\ncontent-length: 9\r\n\r\n", 304, b"", True),
        # What only says that the answer is still to come is passed over.
        (HINTS + b"HTTP/1.1 201 x\r\ncontent-length: 2\r\n\r\nhi", 201, b"hi", True),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi", 200, b"hi", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi", 200, b"hi", False),
        # More than the answer: what else this connection says is not believed.
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhiHTTP/1.1 200 O", 200, b"hi", False),
    ],
)  # fmt: skip
async def test_an_answer_is_read_to_its_end_and_its_line_kept_only_where_it_may_be(
    said: bytes, status: int, body: bytes, kept: bool
) -> None:
    async with talking(said) as (lines, address, service):
        for _ in range(2):
            line = await lines.line(address)
            line.ask(ASKED, PATIENCE, is_head=False)
            assert (await whole(line), line.status) == (body, status)
            lines.give_back(line)
            assert lines.busy == 0
            await asyncio.sleep(0.01)
        assert service.connections == (1 if kept else 2)


async def test_an_answer_to_head_ends_with_its_head_whatever_it_announces() -> None:
    said = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n"
    for more, connections in ((b"", 1), (b"a body all the same", 2)):
        async with talking(said + more) as (lines, address, service):
            for _ in range(2):
                line = await lines.line(address)
                line.ask(ASKED, PATIENCE, is_head=True)
                assert await whole(line) == b""
                lines.give_back(line)
            assert service.connections == connections


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async with talking(b"HTTP/1.1 200 OK\r\n\r\nall of it", ends=True) as (lines, address, _):
        line = await lines.line(address)
        line.ask(ASKED, PATIENCE, is_head=False)
        assert await whole(line) == b"all of it"
        lines.give_back(line)


@pytest.mark.refusing
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 70_000,
        b"HTTP/1.1 200 OK\r\nx: a\x00b\r\n\r\n",
    ],
)
async def test_what_is_no_whole_answer_is_not_taken_for_one(said: bytes) -> None:
    async with talking(said, ends=True) as (lines, address, _):
        line = await lines.line(address)
        line.ask(ASKED, PATIENCE, is_head=False)
        with pytest.raises(Broken):
            await whole(line)
        lines.give_back(line)
        assert lines.busy == 0


@pytest.mark.refusing
async def test_a_service_that_stays_silent_is_given_up_by_the_one_look_at_all_lines() -> None:
    async with talking(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf") as (lines, address, _):
        line = await lines.line(address)
        line.ask(ASKED, PATIENCE, is_head=False)
        await line.head()
        assert await line.chunk() == b"half"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.chunk(), 2)
        lines.give_back(line)


@pytest.mark.refusing
async def test_one_question_too_many_waits_and_is_told_that_it_is_crowded() -> None:
    async with talking(b"HTTP/1.1 204 x\r\n\r\n") as (lines, address, _):
        first, _ = await lines.line(address), await lines.line(address)
        with pytest.raises(Crowded):
            await lines.line(address)
        waiting = asyncio.create_task(lines.line(address))
        await asyncio.sleep(0)
        lines.give_back(first)
        assert (await waiting).lost is False


@pytest.mark.refusing
async def test_an_address_that_refuses_is_told_apart_from_one_that_does_not_answer() -> None:
    async with talking(b"") as (lines, address, _):
        nobody = address_of(f"http://{address.url.host}:1")
        with pytest.raises(NotConnected) as refused:
            await lines.line(nobody)
        assert refused.value.slow is False
        assert lines.busy == 0


async def test_a_large_answer_waits_for_its_reader() -> None:
    size = 8_000_000
    said = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size
    async with talking(said) as (lines, address, _):
        line = await lines.line(address)
        line.ask(ASKED, PATIENCE, is_head=False)
        await line.head()
        await asyncio.sleep(0.3)
        # Longer than the bound of silence: nobody waits for the service meanwhile.
        held = len(line.taken())
        assert held < 1_000_000
        assert held + len(await whole(line)) == size
        lines.give_back(line)


@pytest.mark.parametrize(("method", "asked"), [("GET", 2), ("HEAD", 2), ("POST", 1), ("PUT", 1)])
async def test_only_what_may_happen_twice_is_asked_again_of_a_service_that_hangs_up(
    method: str, asked: int
) -> None:
    async with talking(b"", ends=True) as (_, address, service):
        settings = GatewaySettings(registry_url=str(address.url), upstream_check_seconds=0)
        async with Upstreams(settings, ["registry"]) as upstreams:
            with pytest.raises(Unreachable):
                await upstreams.ask("registry", method, "/v1/registry/centers", ())
        assert service.heard.count(b"\r\n\r\n") == asked
