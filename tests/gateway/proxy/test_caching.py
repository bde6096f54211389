"""What anyone may read is kept for a moment: by whom it may be shared, how long, and how much."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway import hearing
from gateway.proxy import caching, purging
from gateway.proxy.caching import Kept, Key, PublicCache, seconds_to_keep
from shared.client import Unavailable
from tests.gateway.running_door import RunningDoor, running_door

PUBLIC = [(b"cache-control", b"public, max-age=60"), (b"content-type", b"application/json"),
          (b"etag", b'"7"')]  # fmt: skip
PATH = "/v1/public/centers"


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def key(target: str = PATH, **over: Any) -> Key:
    told: dict[str, Any] = {
        "service": "registry", "target": target, "language": "zh", "accept": b"", "host": b"d",
        "epoch": None,
    } | over  # fmt: skip
    return Key(**told)


def kept(time: Time, body: bytes = b"x", headers: Any = None, status: int = 200) -> Kept:
    return Kept(status, PUBLIC if headers is None else headers, body, time.now)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (200, {b"cache-control": b"public, max-age=60"}, (60, 30)),
        (200, {b"cache-control": b"max-age=60, public, stale-while-revalidate=5"}, (60, 5)),
        (200, {b"cache-control": b"public,max-age=60", b"vary": b"Accept-Language"}, (60, 30)),
    ],
)
def test_what_its_service_calls_public_is_kept_as_long_as_it_says(
    status: int, headers: dict[bytes, bytes], seconds: tuple[int, int]
) -> None:
    assert seconds_to_keep(status, headers) == seconds


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {b"cache-control": b"max-age=60"}),
        (200, {b"cache-control": b"public"}),
        (200, {b"cache-control": b"public, max-age=0"}),
        (200, {b"cache-control": b"public, max-age=60, no-store"}),
        (200, {b"cache-control": b"private, max-age=60"}),
        (200, {b"cache-control": b"public, no-cache, max-age=60"}),
        (200, {b"cache-control": b"public, max-age=60", b"set-cookie": b"a=b"}),
        (200, {b"cache-control": b"public, max-age=60", b"vary": b"*"}),
        (200, {b"cache-control": b"public, max-age=60", b"vary": b"accept, x-tenant"}),
        *((status, {b"cache-control": b"public, max-age=60"}) for status in (301, 404, 500, 503)),
    ],
)
def test_errors_cookies_and_what_is_not_public_are_never_kept(
    status: int, headers: dict[bytes, bytes]
) -> None:
    assert seconds_to_keep(status, headers) is None


@pytest.mark.anyio
async def test_past_its_age_an_answer_still_goes_out_while_it_is_fetched_once_anew() -> None:
    time = Time()
    cache = PublicCache(100_000, time)
    fetched: list[bytes] = []

    async def fetch() -> Kept:
        fetched.append(b"%d" % len(fetched))
        await asyncio.sleep(0)
        return kept(time, fetched[-1])

    async def body() -> bytes:
        answer = await cache.answer(key(), fetch)
        assert answer is not None
        return answer.body

    assert [await body(), await body()] == [b"0", b"0"]
    time.now += 59.9
    assert await body() == b"0"
    time.now += 0.2
    assert {*await asyncio.gather(body(), body(), body())} == {b"0"}
    await asyncio.sleep(0.01)
    assert (await body(), len(fetched)) == (b"1", 2)
    # Long past its age, nobody gets it any more.
    time.now += 60 + 30
    assert (await body(), len(fetched)) == (b"2", 3)


@pytest.mark.anyio
async def test_a_crowd_waits_for_one_fetch_and_hears_of_its_failure() -> None:
    time = Time()
    cache = PublicCache(100_000, time)
    gate, count = asyncio.Event(), 0

    async def fetch() -> Kept:
        nonlocal count
        count += 1
        await gate.wait()
        if count == 1:
            raise Unavailable("registry")
        return kept(time)

    crowd = [asyncio.create_task(cache.answer(key(), fetch)) for _ in range(50)]
    await asyncio.sleep(0)
    # One who leaves takes nothing from the others.
    crowd[0].cancel()
    gate.set()
    told = await asyncio.gather(*crowd, return_exceptions=True)
    assert (count, {type(one) for one in told[1:]}) == (1, {Unavailable})
    assert (await cache.answer(key(), fetch), count, len(cache)) == (cache._entries[key()], 2, 1)


@pytest.mark.anyio
async def test_what_was_fetched_before_a_purge_is_not_kept_after_it() -> None:
    time = Time()
    cache = PublicCache(100_000, time)
    gate = asyncio.Event()

    async def slow() -> Kept:
        await gate.wait()
        return kept(time, b"old")

    async def quick() -> Kept:
        return kept(time, b"new")

    early = asyncio.create_task(cache.answer(key(), slow))
    await asyncio.sleep(0)
    cache.purge("registry")
    late = await cache.answer(key(), quick)
    gate.set()
    first = await early
    assert late is not None
    assert first is not None
    assert (first.body, late.body) == (b"old", b"new")
    again = await cache.answer(key(), slow)
    assert again is late
    cache.purge("evaluation")
    assert len(cache) == 1
    cache.purge("registry")
    assert (len(cache), cache.bytes) == (0, 0)


@pytest.mark.anyio
async def test_memory_is_bounded_and_the_longest_unasked_goes_first() -> None:
    time = Time()
    most = 10 * (caching.ENTRY_BYTES + 2_000)
    cache = PublicCache(most, time)

    async def fetch() -> Kept:
        return kept(time, b"x" * 1_000)

    for number in range(1_000):
        await cache.answer(key(f"{PATH}?n={number}"), fetch)
        await cache.answer(key(f"{PATH}?n=0"), fetch)
        assert cache.bytes <= most
    assert len(cache) == 10
    assert key(f"{PATH}?n=0") in cache._entries
    assert key(f"{PATH}?n=500") not in cache._entries

    async def huge() -> Kept:
        return kept(time, b"x" * most)

    assert await cache.answer(key("/v1/public/huge"), huge) is not None
    assert key("/v1/public/huge") not in cache._entries


@pytest.fixture
def door() -> Iterator[RunningDoor]:
    with running_door() as running:
        running.upstream.says["centers"] = (200, PUBLIC, b'{"items": []}')
        yield running


def test_readers_without_a_token_share_an_answer_by_language_and_query(door: RunningDoor) -> None:
    answers = [door.ask(PATH) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert {answer.body for answer in answers} == {b'{"items": []}'}
    assert len(door.upstream.requests) == 1
    assert answers[2].headers["age"] == "0"
    # Each answer is still its own request.
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    door.ask(PATH, headers={"Accept-Language": "en-GB"})
    door.ask(PATH, headers={"Accept-Language": "en-US,en;q=0.9"})
    door.ask(f"{PATH}?stage=pilot")
    door.ask(PATH, headers={"Accept": "text/csv"})
    assert len(door.upstream.requests) == 4
    sent = [dict(one["headers"])["accept-language"] for one in door.upstream.requests]
    assert sent == ["zh", "en", "zh", "zh"]


def test_a_reader_who_has_the_answer_is_told_so_from_the_door(door: RunningDoor) -> None:
    door.ask(PATH)
    for tag in ('"7"', 'W/"7"', '"1", "7"'):
        answer = door.ask(PATH, headers={"If-None-Match": tag})
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == '"7"'
    assert door.ask(PATH, headers={"If-None-Match": '"8"'}).status == 200
    assert len(door.upstream.requests) == 1


@pytest.mark.refusing
def test_what_comes_with_a_token_or_sets_a_cookie_is_never_shared(door: RunningDoor) -> None:
    token = door.signer.token("member")
    for _ in range(2):
        door.ask(PATH, headers={"Authorization": f"Bearer {token}"})
    assert len(door.upstream.requests) == 2
    door.upstream.says["centers"] = (200, [*PUBLIC, (b"set-cookie", b"a=b")], b"{}")
    for _ in range(2):
        assert door.ask(PATH).status == 200
    door.upstream.says["centers"] = (404, PUBLIC, b"{}")
    for _ in range(2):
        assert door.ask(PATH).status == 404
    assert len(door.upstream.requests) == 6
    door.upstream.says["centers"] = (200, PUBLIC, b"x" * (caching.MOST_ENTRY_BYTES + 1))
    assert len(door.ask(PATH).body) == caching.MOST_ENTRY_BYTES + 1


def test_a_crowd_costs_its_service_one_request(door: RunningDoor) -> None:
    door.upstream.seconds = 0.3
    begin = threading.Barrier(12)

    def ask(_: int) -> int:
        begin.wait()
        return door.ask(PATH).status

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(ask, range(12))) == [200] * 12
    assert len(door.upstream.requests) == 1


def test_who_changes_something_reads_it_back_changed(door: RunningDoor) -> None:
    door.ask(PATH)
    door.upstream.says["centers"] = (200, PUBLIC, b'{"items": [1]}')
    assert door.ask(PATH).body == b'{"items": []}'
    token = door.signer.token("handler")
    done = door.ask(
        "/v1/registry/anything", "POST", {"Authorization": f"Bearer {token}"}, body=b"{}"
    )
    assert done.status == 200
    assert door.ask(PATH).body == b'{"items": [1]}'


@pytest.mark.anyio
async def test_an_event_forgets_what_its_service_answered_and_so_does_a_lost_feed() -> None:
    time = Time()
    cache = PublicCache(100_000, time)

    async def fetch() -> Kept:
        return kept(time)

    # A fault that nobody foresaw is survived like a service that is away.
    told: list[Any] = [5, 5, 6, Unavailable("registry"), 9, ZeroDivisionError(), 9, 9]
    asked: list[tuple[Any, Any]] = []
    held: list[int] = []

    class Feed:
        async def get(self, service: str, path: str, params: Any, **_: Any) -> Any:
            del service, path
            # Whoever waits for news has acted on them by now.
            await asyncio.sleep(0.01)
            held.append(len(cache))
            await cache.answer(key(), fetch)
            asked.append((params["after"], params["wait"]))
            if not told:
                over.set()
                await asyncio.Event().wait()
            answer = told.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return {"last_position": answer, "items": []}

    feed: Any = Feed()
    over = asyncio.Event()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hearing, "RETRY_SECONDS", 0.0)
        follower = asyncio.create_task(
            purging._follow(hearing.Hearing(lambda: feed), cache, "registry")
        )
        await asyncio.wait_for(over.wait(), 5)
        follower.cancel()
    far, wait = hearing.FAR_AHEAD, hearing.WAIT_SECONDS
    assert asked == [
        (far, None),
        (5, wait),
        (5, wait),
        (6, wait),
        (far, None),
        (9, wait),
        (far, None),
        (9, wait),
        (9, wait),
    ]
    # Kept from before: only where nothing had happened.
    assert held == [0, 0, 1, 0, 0, 0, 0, 0, 1]
