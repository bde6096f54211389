"""The feed of a service, read for every subscription that is behind.

All who stand at the same place share one reading: the service is asked once, with a token of each
subscriber's own, and says who sees which event and how much of it. What a subscriber may not read
is never sent to it, since the service has judged its token as if it had asked by itself.
"""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import FastAPI

from gateway.identity import queries as identities
from gateway.tokens.issuing import access_token, for_job, subject_of
from gateway.webhooks import actions, queries, rules
from gateway.webhooks.actions import Taken
from gateway.webhooks.lanes import Lanes
from gateway.webhooks.queries import Behind
from gateway.webhooks.rules import DisabledBy
from shared.client import Unavailable, Unexpected

RETRY_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 0.4
# Whoever was put back is told of at once (`look`); this is for what nobody told.
LOOK_SECONDS: Final = 10.0
PAGE: Final = 200
# Readings of one feed at the same time, how many share one, and how long a token is used.
READINGS: Final = 8
READERS: Final = 200
TOKEN_SECONDS: Final = 60.0
# A subscription reads no further while so much waits for it.
MOST_WAITING: Final = 1000

log = structlog.get_logger(__name__)


class Tokens:
    """Tokens under which the feeds are read, each the subscriber's own and used for a minute."""

    def __init__(self, app: FastAPI) -> None:
        """Bind to the gateway's own state."""
        self._state = app.state
        self._held: dict[str, tuple[str, float]] = {}

    async def of(self, client_id: str) -> str | None:
        """Give a token of a program; None once the program has ended."""
        token, until = self._held.get(client_id, ("", 0.0))
        if time.monotonic() < until:
            return token
        state = self._state
        async with state.database.sessions.reading() as session:
            identity = await identities.identity_by_client_id(
                session, client_id, state.clock.today()
            )
        if identity is None:
            self.forget(client_id)
            return None
        subject = for_job(subject_of(identity), "webhooks")
        token = access_token(subject, await state.keys.signer(), state.settings)
        self._held[client_id] = token, time.monotonic() + TOKEN_SECONDS
        return token

    def forget(self, client_id: str) -> None:
        """Make another one the next time: a service did not take it, or its program has ended."""
        self._held.pop(client_id, None)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One question to the feed, and the subscriptions that ask it, each with a token."""

    after: int
    behind: Sequence[tuple[Behind, str]]


class Feed:
    """One service's feed, and how far its readers are."""

    def __init__(self, app: FastAPI, service: str, tokens: Tokens, lanes: Lanes) -> None:
        """Bind to the gateway's own state, and to what is told when something waits."""
        self._services = app.state.services
        self._hearing = app.state.hearing
        self._sessions = app.state.database.sessions
        self._service = service
        self._tokens = tokens
        self._lanes = lanes
        self._newest = 0
        self._news = asyncio.Event()
        self._limit = asyncio.Semaphore(READINGS)

    async def watch(self) -> None:
        """Wake the readers when the feed grows."""
        async with self._hearing.listening(self._service) as heard:
            while True:
                seen = heard.changes
                if heard.newest is not None and heard.newest > self._newest:
                    self._newest = heard.newest
                    self.look()
                await heard.changed(seen)

    def look(self) -> None:
        """Let somebody look who is behind: the feed has grown, or a subscription was changed."""
        self._news.set()

    async def run(self) -> None:
        """Read whenever there is news, and look from time to time who was put back."""
        while True:
            self._news.clear()
            began = time.monotonic()
            try:
                more = await self._read_all()
            except Unavailable:
                more = False
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("webhook.reading_failed", service=self._service)
                more = False
                await asyncio.sleep(RETRY_SECONDS)
            # At most a third of the time is spent reading: what comes meanwhile is read together.
            spent = time.monotonic() - began
            await asyncio.sleep(min(max(PAUSE_SECONDS, 2 * spent), LONGEST_PAUSE_SECONDS))
            if not more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._news.wait()

    async def _read_all(self) -> bool:
        """Read on for everybody who is behind; tell whether somebody still is."""
        behind = await queries.behind(self._sessions, self._service, self._newest, MOST_WAITING)
        if not behind:
            return False
        readings = _shared(await self._with_tokens(behind))
        found = await asyncio.gather(*(self._read(reading) for reading in readings))
        taken = [one for each in found for one in each]
        async with self._sessions.begin() as session:
            await actions.take_in(session, self._service, taken)
        self._lanes.ripen(one.webhook_id for one in taken if one.events)
        return any(one.last < self._newest for one in taken)

    async def _with_tokens(self, behind: Sequence[Behind]) -> list[tuple[Behind, str]]:
        """Give each its program's token, and stop those whose program is no more."""
        tokens = {
            client_id: await self._tokens.of(client_id)
            for client_id in {one.client_id for one in behind}
        }
        if ended := [one for one in behind if tokens[one.client_id] is None]:
            async with self._sessions.begin() as session:
                for one in ended:
                    await actions.disable(session, one.webhook_id, DisabledBy.CLIENT_ENDED)
        return [(one, token) for one in behind if (token := tokens[one.client_id]) is not None]

    async def _read(self, reading: _Reading) -> list[Taken]:
        """Read one page for those who share it; nothing for those whose token is not taken."""
        async with self._limit:
            try:
                answer = await self._services.question(
                    self._service,
                    f"/v1/{self._service}/events/readings",
                    {
                        "after": reading.after,
                        "limit": PAGE,
                        "readers": [
                            {"token": token, "types": one.types} for one, token in reading.behind
                        ],
                    },
                )
            except Unexpected as error:
                log.warning("webhook.not_read", service=self._service, status=error.status)
                return []
        now = datetime.now(UTC)
        events = [_event(self._service, item, now) for item in answer["items"]]
        taken = []
        for (one, _), told in zip(reading.behind, answer["readers"], strict=True):
            if told["refused"]:
                # Only this subscriber is not answered: the others' events go out.
                log.warning("webhook.reader_refused", service=self._service)
                self._tokens.forget(one.client_id)
                continue
            own = [event for place in told["items"] if _concerns(one, event := events[place])]
            taken.append(Taken(one.webhook_id, own, reading.after, answer["last_position"]))
        return taken


def _shared(behind: Sequence[tuple[Behind, str]]) -> list[_Reading]:
    """Put those together who stand at the same place, as many as one question may name."""
    groups: dict[int, list[tuple[Behind, str]]] = defaultdict(list)
    for each in behind:
        groups[each[0].after].append(each)
    return [
        _Reading(after, part)
        for after, group in groups.items()
        for part in (group[at : at + READERS] for at in range(0, len(group), READERS))
    ]


def _concerns(one: Behind, event: Mapping[str, Any]) -> bool:
    return one.center_id is None or event["center_id"] == one.center_id


def _event(service: str, item: dict[str, Any], now: datetime) -> dict[str, Any]:
    center = item["data"].get("center_id")
    return {
        "service": service,
        "event_id": UUID(item["id"]),
        "type": item["type"],
        "position": item["position"],
        "center_id": None if center is None else UUID(center),
        "body": rules.canonical_body(item),
        "at": now,
    }
