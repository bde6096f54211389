"""Collecting the services' documents, and keeping the last good one of each."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from gateway.openapi import rules
from gateway.proxy.upstream import Unreachable, Upstreams
from shared.http.problem import problems
from shared.services import GATEWAY

MAX_BYTES: Final = 16 * 1024 * 1024
# A service that is only starting is asked again soon, but not by every reader.
RETRY_SECONDS: Final = 1.0
PATH: Final = "/openapi.json"
ACCEPT: Final = ((b"accept", b"application/json"),)
# No service says of itself that it was too late.
AT_THE_DOOR: Final = {"504": problems("ANSWER_TIMEOUT")[504]}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """A document as it is sent."""

    body: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Published:
    """The merged document, and how it is sent."""

    document: rules.Document
    sent: Sent


def sent(document: rules.Document) -> Sent:
    """Write a document, with the tag that only changes with it."""
    body = rules.encoded(document)
    return Sent(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _published(documents: Mapping[str, rules.Document]) -> Published:
    document = rules.merged(documents)
    return Published(document, sent(document))


class Collector:
    """Asks the services for their documents now and then; a service that is down keeps its last."""

    def __init__(
        self,
        upstreams: Upstreams,
        own: Callable[[], rules.Document],
        refresh_seconds: float,
    ) -> None:
        """Start with nothing; the gateway's `own` document is made when somebody asks for it."""
        self._upstreams = upstreams
        self._refresh_seconds = refresh_seconds
        self._own = own
        self._documents: dict[str, rules.Document] = {}
        self._published: Published | None = None
        self._again_at = float("-inf")
        self._collecting = asyncio.Lock()

    async def published(self) -> Published | None:
        """Give the merged document; None when there is none that could be published."""
        if time.monotonic() >= self._again_at:
            async with self._collecting:
                if time.monotonic() >= self._again_at:
                    await self._collect()
        return self._published

    async def document(self) -> rules.Document:
        """Give the merged document to those who show it; an empty one when there is none."""
        published = await self.published()
        return published.document if published else {}

    async def _collect(self) -> None:
        if GATEWAY not in self._documents:
            self._documents[GATEWAY] = self._own()
        names = list(self._upstreams.addresses)
        found = await asyncio.gather(*(self._document(name) for name in names))
        for name, document in zip(names, found, strict=True):
            if document is not None:
                self._documents[name] = document
        try:
            # Nobody else waits while some megabytes are put together.
            self._published = await asyncio.to_thread(_published, self._documents)
        except rules.Conflict as conflict:
            # The last good document stays; the form test of the house fails on this.
            log.error("openapi.conflict", conflict=str(conflict))  # noqa: TRY400 - no trace needed
        complete = all(document is not None for document in found)
        self._again_at = time.monotonic() + (self._refresh_seconds if complete else RETRY_SECONDS)

    async def _document(self, name: str) -> rules.Document | None:
        try:
            response = await self._upstreams.ask(name, "GET", PATH, ACCEPT)
            try:
                body = await response.whole(MAX_BYTES)
            finally:
                response.end()
            known = response.status == 200 and body is not None
            document = json.loads(body or b"") if known else None
        except (Unreachable, ValueError) as error:
            log.warning("openapi.unavailable", upstream=name, error=type(error).__name__)
            return None
        return rules.answering(document, AT_THE_DOOR) if isinstance(document, dict) else None
