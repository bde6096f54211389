"""What a request costs at the door, and what rude clients cost the others.

`python -m tests.benchmarks.rude [SECONDS]` takes about ten turns of so many seconds (4), prints a
table, and ends with status 1 where a promise is broken: the others' p99 at most doubles, and the
door's memory grows by no more than a bound.
"""

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.benchmarks.measuring import TICKS
from tests.fixtures.service import Signer
from tests.gateway.running_door import free_port

HOST: Final = "127.0.0.1"
IDLE: Final = 1_000
DRIPPING: Final = 500
FLOODING: Final = 16
LIMIT: Final = 600
GOOD: Final = 8
# Each good caller asks so often; what the machine does at its limit says nothing about others.
PAUSE: Final = 0.02
# A loaded machine's own noise: below this, a doubling is none.
FLOOR_MS: Final = 25.0
MOST_GROWTH: Final = 100 * 2**20
# All the rude ones of a turn arrive within this.
ARRIVING: Final = 4.0
CENTERS: Final = "/v1/registry/centers"


@dataclass
class Turn:
    """What the good callers saw in one turn."""

    name: str
    milliseconds: list[float] = field(default_factory=list)
    errors: int = 0
    memory: int = 0

    def at(self, part: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


@dataclass
class Bench:
    """A door, its service, and a token for whoever behaves."""

    port: int
    pid: int
    token: str

    def head(self, path: str, *, token: bool = True, gzip: bool = False) -> bytes:
        lines = [f"GET {path} HTTP/1.1", "Host: d"]
        lines += [f"Authorization: Bearer {self.token}"] if token else []
        lines += ["Accept-Encoding: gzip"] if gzip else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def memory(self) -> int:
        pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * resource.getpagesize()

    def cpu(self) -> float:
        told = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        fields = told.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.port)


@contextlib.contextmanager
def running(limit: int) -> Iterator[Bench]:
    """Start a service and a door that lets an address ask so often a minute, as processes."""
    port, behind = free_port(), free_port()
    signer = Signer()
    environment = dict(os.environ) | {
        "ZHICHUANG_REGISTRY_URL": f"http://{HOST}:{behind}",
        "ZHICHUANG_LIMIT_ADDRESS": str(limit),
        "ZHICHUANG_LIMIT_CLIENT": "0",
        "ZHICHUANG_LIMIT_PERSON": "0",
        "BENCH_JWKS": json.dumps(signer.jwks),
    }
    common = [sys.executable, "-m", "uvicorn", "--factory", "--host", HOST, "--loop", "uvloop",
              "--no-access-log", "--log-level", "warning", "--ws", "none",
              "--timeout-keep-alive", "75"]  # fmt: skip
    made = [
        [*common, "--port", str(behind), "--http", "httptools",
         "tests.benchmarks.bare_door:service"],
        [*common, "--port", str(port), "--http", "gateway.proxy.wire:DoorProtocol",
         "tests.benchmarks.bare_door:door"],
    ]  # fmt: skip
    processes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for command in made
    ]
    try:
        yield Bench(port, processes[1].pid, signer.token("member"))
    finally:
        for process in processes:
            process.terminate()
            process.wait()


async def read(reader: asyncio.StreamReader) -> int:
    """Read one whole answer; give its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"content-length" in fields:
        await reader.readexactly(int(fields[b"content-length"]))
    else:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return int(head.split(b" ", 2)[1])


async def good(bench: Bench, turn: Turn, until: float) -> None:
    """Ask now and then, as an ordinary program does, and note how long it took."""
    reader, writer = await bench.open()
    while time.monotonic() < until:
        began = time.perf_counter()
        writer.write(bench.head(CENTERS))
        status = await read(reader)
        turn.milliseconds.append((time.perf_counter() - began) * 1e3)
        turn.errors += status != 200
        await asyncio.sleep(PAUSE)
    writer.close()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


Rude = Callable[[Bench], Awaitable[None]]


async def idle(bench: Bench) -> None:
    """Ask once, then hold the connection and say nothing."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await bench.open()
            writer.write(bench.head(CENTERS))
            await read(reader)
            await reader.read()
        await asyncio.sleep(1)


async def dripping(bench: Bench) -> None:
    """Send a head or a body byte by byte, one a second, over and over."""
    whole = bench.head(CENTERS)
    body = f"POST {CENTERS} HTTP/1.1\r\nHost: d\r\nContent-Length: 900\r\n\r\n".encode()
    for turn in range(1_000_000):
        with contextlib.suppress(OSError):
            _, writer = await bench.open()
            if turn % 2:
                writer.write(body)
            for place in range(len(whole)):
                writer.write(whole[place : place + 1])
                await writer.drain()
                await asyncio.sleep(1)
                if writer.is_closing():
                    break
            writer.close()


async def flooding(bench: Bench) -> None:
    """Ask as fast as answers come, without a token and far above the limit."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await bench.open()
            while True:
                writer.write(bench.head(CENTERS, token=False))
                await read(reader)


async def guessing(bench: Bench) -> None:
    """Show one made-up token after the other, as fast as answers come."""
    number = 0
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await bench.open()
            while True:
                number += 1
                forged = bench.token[:-12] + f"{number:012d}"
                writer.write(bench.head(CENTERS).replace(bench.token.encode(), forged.encode()))
                await read(reader)


async def reconnecting(bench: Bench) -> None:
    """Ask without a token, each time over a connection of its own."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await bench.open()
            writer.write(bench.head(CENTERS, token=False))
            await read(reader)
            writer.close()


async def above_limit(bench: Bench) -> None:
    """Ask without a token until that is too much for this address."""
    reader, writer = await bench.open()
    status = 0
    while status != 429:
        writer.write(bench.head(CENTERS, token=False))
        status = await read(reader)
    writer.close()


@contextlib.asynccontextmanager
async def beside(bench: Bench, rude: Rude | None, count: int) -> AsyncIterator[None]:
    tasks: list[asyncio.Future[None]] = []
    try:
        # Let them all arrive first, one after the other: what is measured is their presence.
        for _ in range(count):
            if rude is None:
                break
            tasks.append(asyncio.ensure_future(rude(bench)))
            await asyncio.sleep(ARRIVING / count)
        await asyncio.sleep(1 if tasks else 0)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def turn(bench: Bench, name: str, rude: Rude | None, count: int, seconds: float) -> Turn:
    """Measure the good callers, beside so many rude ones."""
    made = Turn(name)
    async with beside(bench, rude, count):
        until = time.monotonic() + seconds
        await asyncio.gather(*(good(bench, made, until) for _ in range(GOOD)))
        made.memory = bench.memory()
    return made


async def cost(bench: Bench, request: bytes, seconds: float) -> tuple[float, float]:
    """Give the door's CPU for one request, in microseconds, and the requests a second."""
    count = 0
    until = time.monotonic() + seconds

    async def ask() -> None:
        nonlocal count
        reader, writer = await bench.open()
        while time.monotonic() < until:
            writer.write(request)
            await read(reader)
            count += 1
        writer.close()

    before = bench.cpu()
    await asyncio.gather(*(ask() for _ in range(GOOD)))
    return (bench.cpu() - before) * 1e6 / max(1, count), count / seconds


async def costs(bench: Bench, seconds: float) -> None:
    """Print what kinds of requests cost."""
    kinds = {
        "to a service, with a token": bench.head(CENTERS),
        "the same, 50 kB": bench.head(f"{CENTERS}/long"),
        "the same, 50 kB in gzip": bench.head(f"{CENTERS}/long", gzip=True),
        "public with a token: asked": bench.head("/v1/public/centers"),
        "public: kept": bench.head("/v1/public/centers", token=False),
        "public: kept, 50 kB in gzip": bench.head("/v1/public/long", token=False, gzip=True),
    }
    say(f"{'request':<34}{'µs of CPU':>12}{'per second':>12}")
    for name, request in kinds.items():
        spent, rate = await cost(bench, request, seconds)
        say(f"{name:<34}{spent:>12.0f}{rate:>12.0f}")


async def listening(bench: Bench) -> None:
    """Wait until the door answers, and is warm."""
    for _ in range(1_200):
        with contextlib.suppress(OSError):
            _, writer = await bench.open()
            writer.close()
            break
        await asyncio.sleep(0.05)
    await turn(bench, "warm", None, 0, 1.0)


async def costing(bench: Bench, seconds: float) -> None:
    await listening(bench)
    await costs(bench, seconds)


async def measured(bench: Bench, seconds: float) -> bool:
    """Print what the others saw; tell whether every promise was kept."""
    await listening(bench)
    kinds: list[tuple[str, Rude, int]] = [
        (f"beside {IDLE} idle", idle, IDLE),
        (f"beside {DRIPPING} dripping", dripping, DRIPPING),
        (f"beside {FLOODING} flooding", flooding, FLOODING),
        (f"beside {FLOODING} guessing", guessing, FLOODING),
        (f"beside {FLOODING} reconnecting", reconnecting, FLOODING),
    ]
    say(f"{'others':<34}{'p50 ms':>10}{'p99 ms':>10}{'errors':>8}{'MiB':>8}")
    kept, least = True, bench.memory()
    for name, rude, count in kinds:
        # Right before each: what else the machine does changes from minute to minute.
        alone = await turn(bench, "alone", None, 0, seconds)
        if rude not in (idle, dripping):
            # What is promised is what a flood above the limit costs.
            await above_limit(bench)
        one = await turn(bench, name, rude, count, seconds)
        for shown in (alone, one):
            say(
                f"{shown.name:<34}{shown.at(0.5):>10.1f}{shown.at(0.99):>10.1f}{shown.errors:>8}"
                f"{shown.memory / 2**20:>8.0f}"
            )
        slow = one.at(0.99) > max(2 * alone.at(0.99), FLOOR_MS)
        kept = kept and not slow and not one.errors and one.memory - least <= MOST_GROWTH
    return kept


def main() -> None:
    """Measure, within some two minutes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8_192, hard), hard))
    del soft
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    with running(10_000_000) as bench:
        asyncio.run(asyncio.wait_for(costing(bench, seconds), 120))
    with running(LIMIT) as bench:
        kept = asyncio.run(asyncio.wait_for(measured(bench, seconds), 120))
    sys.exit(0 if kept else "✗ rude clients cost the others more than was promised")


if __name__ == "__main__":
    main()
