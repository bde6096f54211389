"""Public reads through the cache."""

import asyncio
import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import Final

from gateway.proxy import compressing, rules
from gateway.proxy.caching import MOST_ENTRY_BYTES, VARY, Kept, Key, PublicCache, is_unchanged
from gateway.proxy.passage import Passage
from gateway.proxy.upstream import Unreachable, Upstreams
from shared.http.problem import language_of

PREFIX: Final = "/v1/public/"
LONGEST_ACCEPT: Final = 256
# What asks for a part of an answer, or for one only if it changed: such a request is not shared.
OF_ITS_OWN: Final = frozenset({b"authorization", b"range", b"if-range", b"if-modified-since"})
READ_SECONDS: Final = 30.0


class PublicReads:
    """Answers what anyone may read from the cache, and fetches what is not there."""

    def __init__(
        self, cache: PublicCache, upstreams: Upstreams, epoch: Callable[[], Hashable]
    ) -> None:
        """Take where answers are kept; `epoch` names what the sandbox's clock was moved by."""
        self.cache = cache
        self._upstreams = upstreams
        self._epoch = epoch

    def takes(self, passage: Passage) -> bool:
        """Tell whether a request is a plain public read without a token."""
        if passage.scope["method"] != "GET" or not passage.path.startswith(PREFIX):
            return False
        fields = passage.fields
        return (
            self.cache.is_on
            and OF_ITS_OWN.isdisjoint(fields)
            and b"content-length" not in fields
            and b"transfer-encoding" not in fields
            and len(fields.get(b"accept", b"")) <= LONGEST_ACCEPT
        )

    async def answer(self, passage: Passage) -> bool:
        """Answer from the cache; tell whether that was possible. Raises `Unreachable`."""
        fields = passage.fields
        query: bytes = passage.scope["query_string"]
        key = Key(
            service=passage.service,
            target=f"{passage.path}?{query.decode('ascii')}" if query else passage.path,
            language=language_of(fields.get(b"accept-language", b"").decode("latin-1")),
            accept=fields.get(b"accept", b""),
            host=fields[b"host"],
            epoch=self._epoch(),
        )
        trace = (passage.trace.request_id, passage.trace.traceparent)
        kept = await self.cache.answer(key, partial(self._fetch, key, trace))
        if kept is None:
            return False
        await self._hand_out(passage, kept, fields.get(b"if-none-match"))
        return True

    async def _fetch(self, key: Key, trace: tuple[str, str]) -> Kept | None:
        """Ask the service with what the key covers and nothing else of the reader's."""
        headers = [
            (b"accept-language", key.language.encode()),
            (b"x-request-id", trace[0].encode()),
            (b"traceparent", trace[1].encode()),
            (b"x-forwarded-host", key.host),
        ]
        if key.accept:
            headers.append((b"accept", key.accept))
        response = await self._upstreams.ask(key.service, "GET", key.target, headers)
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await response.whole(MOST_ENTRY_BYTES)
        except TimeoutError as error:
            raise Unreachable(key.service) from error
        finally:
            response.end()
        if body is None:
            return None
        fields = [
            field for field in rules.passing_out(response.headers) if field[0] != b"content-length"
        ]
        return Kept(response.status, fields, body, time.monotonic())

    async def _hand_out(self, passage: Passage, kept: Kept, asked: bytes | None) -> None:
        headers = [*kept.headers, VARY]
        status, body = kept.status, kept.body
        if status == 200:
            headers.append((b"age", str(self.cache.age_of(kept)).encode()))
            if asked is not None and is_unchanged(kept, asked):
                status, body = 304, b""
        length = (b"content-length", str(len(body)).encode())
        if body and compressing.is_fit(passage.path, status, dict([*headers, length])):
            headers.append(compressing.VARY)
            if passage.gzip:
                body = kept.squeezed()
                headers = compressing.rewritten(headers)
                length = (b"content-length", str(len(body)).encode())
        if status not in (204, 304):
            headers.append(length)
        await passage.whole(status, headers, body)
