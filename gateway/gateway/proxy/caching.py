"""What anyone may read is kept for a moment, so that a crowd costs what one reader does.

Kept are whole 200 answers to GETs without a token, which their service calls public. One request
fetches, whoever else asks meanwhile waits for its answer. Past its age an answer still goes out for
a while, and is fetched anew beside that. What happens in a service forgets what it had answered.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Counter

from gateway.proxy import compressing

Headers = list[tuple[bytes, bytes]]

# Larger answers are streamed to each reader for himself.
MOST_ENTRY_BYTES: Final = 1_048_576
# What an entry costs besides its body: keys, fields, the places in the tables.
ENTRY_BYTES: Final = 2_048
MAX_AGE: Final = re.compile(rb"(?:^|[,\s])(?:s-maxage|max-age)=(\d{1,9})")
STALE: Final = re.compile(rb"stale-while-revalidate=(\d{1,9})")
# How long an answer goes out past its age where its service says nothing of it.
STALE_SECONDS: Final = 30
# What the key covers: an answer that differs by anything else is not kept.
COVERED: Final = frozenset({b"accept", b"accept-language", b"accept-encoding", b"origin", b"host"})
VARY: Final = (b"vary", b"accept, accept-language")

FOUND: Final = Counter(
    "gateway_public_cache_total", "Public reads, by how they were answered.", ("how",)
)
_FRESH, _STALE, _SHARED, _MISSED = (
    FOUND.labels(how) for how in ("fresh", "stale", "shared", "missed")
)


@dataclass(frozen=True, slots=True)
class Key:
    """Everything that an answer may depend on."""

    service: str
    target: str
    language: str
    accept: bytes
    host: bytes
    # Of the sandbox's clock: an answer from before a move is another one.
    epoch: Hashable


@dataclass(slots=True)
class Kept:
    """A whole answer; `fresh_until` and `stale_until` are instants of a steady clock."""

    status: int
    headers: Headers
    body: bytes
    fetched_at: float
    fresh_until: float = 0.0
    stale_until: float = 0.0
    _squeezed: bytes | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Count what the entry costs at most: its body twice, plain and compressed."""
        return ENTRY_BYTES + 2 * len(self.body)

    def squeezed(self) -> bytes:
        """Give the compressed body, made at the first wish for it."""
        if self._squeezed is None:
            self._squeezed = compressing.squeezed(self.body)
        return self._squeezed


Fetch = Callable[[], Awaitable[Kept | None]]


class PublicCache:
    """Keeps answers up to a number of bytes; the ones not asked for longest go first."""

    def __init__(self, most_bytes: int, now: Callable[[], float] = time.monotonic) -> None:
        """Zero bytes keep nothing."""
        self._most = most_bytes
        self._now = now
        self._entries: OrderedDict[Key, Kept] = OrderedDict()
        self._bytes = 0
        self._flights: dict[Key, asyncio.Task[Kept | None]] = {}
        # Grows with each purge: what was fetched before one is not kept after it.
        self._turns: dict[str, int] = {}

    @property
    def is_on(self) -> bool:
        """Tell whether anything is kept at all."""
        return self._most > 0

    def __len__(self) -> int:
        """Count the answers that are kept."""
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """Count what they cost."""
        return self._bytes

    def age_of(self, kept: Kept) -> int:
        """Give for how many whole seconds an answer has been kept."""
        return max(0, int(self._now() - kept.fetched_at))

    async def answer(self, key: Key, fetch: Fetch) -> Kept | None:
        """Give a kept answer, or fetch it once for all who ask; None where nothing can be kept.

        Whatever the fetch raises reaches everybody who waited for it.
        """
        kept, now = self._entries.get(key), self._now()
        if kept is not None and now < kept.fresh_until:
            self._entries.move_to_end(key)
            _FRESH.inc()
            return kept
        if kept is not None and now < kept.stale_until:
            _STALE.inc()
            self._begin(key, fetch)
            return kept
        (_SHARED if key in self._flights else _MISSED).inc()
        # A reader who leaves takes nothing from those who wait with him.
        return await asyncio.shield(self._begin(key, fetch))

    def purge(self, service: str) -> None:
        """Forget what a service answered; what is being fetched is handed out and not kept."""
        self._turns[service] = self._turns.get(service, 0) + 1
        for key in [key for key in self._entries if key.service == service]:
            self._drop(key)
        for key in [key for key in self._flights if key.service == service]:
            # Who asks from now on starts a fetch of his own.
            del self._flights[key]

    def _begin(self, key: Key, fetch: Fetch) -> asyncio.Task[Kept | None]:
        flight = self._flights.get(key)
        if flight is None:
            turn = self._turns.get(key.service, 0)
            flight = asyncio.create_task(self._fly(key, fetch, turn))
            # An error that nobody waits for any more is nobody's.
            flight.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._flights[key] = flight
        return flight

    async def _fly(self, key: Key, fetch: Fetch, turn: int) -> Kept | None:
        try:
            kept = await fetch()
            if kept is not None and turn == self._turns.get(key.service, 0):
                self._keep(key, kept)
            return kept
        finally:
            if self._flights.get(key) is asyncio.current_task():
                del self._flights[key]

    def _keep(self, key: Key, kept: Kept) -> None:
        seconds = seconds_to_keep(kept.status, dict(kept.headers))
        if key in self._entries:
            self._drop(key)
        if seconds is None or kept.size > self._most:
            return
        fresh, stale = seconds
        kept.fresh_until = kept.fetched_at + fresh
        kept.stale_until = kept.fresh_until + stale
        self._entries[key] = kept
        self._bytes += kept.size
        while self._bytes > self._most:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Key) -> None:
        self._bytes -= self._entries.pop(key).size


def seconds_to_keep(status: int, headers: Mapping[bytes, bytes]) -> tuple[int, int] | None:
    """Tell for how long an answer is fresh, and may go out after that; None: not to be kept.

    Errors, answers with cookies, and whatever is not called public in so many words are not.
    """
    control = headers.get(b"cache-control", b"").lower()
    words = {part.strip() for part in control.split(b",")}
    age = MAX_AGE.search(control)
    varied = {part.strip().lower() for part in headers.get(b"vary", b"").split(b",")} - {b""}
    fit = (
        status == 200
        and b"public" in words
        and words.isdisjoint({b"no-store", b"private", b"no-cache"})
        and b"set-cookie" not in headers
        and varied <= COVERED
    )
    if not fit or age is None or int(age[1]) == 0:
        return None
    stale = STALE.search(control)
    return int(age[1]), STALE_SECONDS if stale is None else int(stale[1])


def is_unchanged(kept: Kept, asked: bytes) -> bool:
    """Tell whether a reader has this answer already (`If-None-Match`, compared weakly)."""
    tag = dict(kept.headers).get(b"etag", b"").removeprefix(b"W/")
    known = {part.strip().removeprefix(b"W/") for part in asked.split(b",")}
    return bool(tag) and (tag in known or b"*" in known)
