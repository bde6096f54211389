"""The time came: feeds are read for each subscription, and what waits goes out.

One gateway process does it, the one that holds the lock. Each subscription has a task of its own,
so that a receiver that hangs holds up nobody else; inside it each centre has a lane of its own, so
that what is tried again holds up its own centre only. The feeds are read with a token of the
subscriber: what it may not read is never sent.
"""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import FastAPI

from gateway.identity import queries as identities
from gateway.tokens.issuing import access_token, for_job, subject_of
from gateway.webhooks import actions, queries, rules
from gateway.webhooks.rules import DisabledBy, WebhookState
from gateway.webhooks.sending import Sender
from gateway.webhooks.tables import Delivery, Webhook
from shared.client import Unavailable
from shared.database import new_id
from shared.jobs import alone, repeated

LOCK: Final = 0x7A63_5748_4B00_0001
RETRY_SECONDS: Final = 1.0
WATCH_SECONDS: Final = 20
PAUSE_SECONDS: Final = 0.05
LOOK_SECONDS: Final = 2.0
PAGE: Final = 200
# Rows of one look, and lanes that go out at once for one subscription.
BATCH: Final = 100
LANES: Final = 8
# A subscription reads no further while so much waits for it.
MOST_WAITING: Final = 1000

log = structlog.get_logger(__name__)


async def deliver_alone(app: FastAPI) -> None:
    """Deliver until it fails, as the only process that does."""
    async with alone(app.state.database, LOCK) as mine:
        if mine:
            await Deliveries(app).run()


deliver: Final = repeated("webhooks", RETRY_SECONDS, deliver_alone)


class Deliveries:
    """Everything that goes out, while this process is the one that sends."""

    def __init__(self, app: FastAPI) -> None:
        """Bind to the gateway's own state."""
        self._app = app
        settings = app.state.settings
        self._schedule: Sequence[int] = settings.webhook_schedule
        self._most_failures: int = settings.webhook_failures
        self._key_secret = settings.key_secret.get_secret_value()
        self._sessions = app.state.database.sessions
        self._sender = Sender(settings.webhook_networks)
        self._news = dict.fromkeys(rules.SERVICES, 0)
        self._wake = asyncio.Condition()
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Watch the feeds and keep one task for each active subscription."""
        try:
            async with asyncio.TaskGroup() as group:
                for service in rules.SERVICES:
                    group.create_task(self._watch(service))
                group.create_task(self._keep_tasks(group))
        finally:
            await self._sender.close()

    async def _watch(self, service: str) -> None:
        """Wake everybody when a feed grows."""
        while True:
            try:
                answer = await self._app.state.services.get(
                    service,
                    f"/v1/{service}/events",
                    {"after": self._news[service], "wait": WATCH_SECONDS, "limit": 500},
                    timeout=WATCH_SECONDS + 10,
                )
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            newest = int(answer["last_position"]) if answer else 0
            if newest > self._news[service]:
                self._news[service] = newest
                async with self._wake:
                    self._wake.notify_all()
            else:
                # A feed that does not hold on must not be asked without end.
                await asyncio.sleep(PAUSE_SECONDS)

    async def _keep_tasks(self, group: asyncio.TaskGroup) -> None:
        while True:
            async with self._sessions.reading() as session:
                active = set(await queries.active_ids(session))
            for webhook_id in active - self._tasks.keys():
                self._tasks[webhook_id] = group.create_task(self._serve(webhook_id))
            for webhook_id in [one for one, task in self._tasks.items() if task.done()]:
                del self._tasks[webhook_id]
            await asyncio.sleep(LOOK_SECONDS)

    async def _serve(self, webhook_id: UUID) -> None:
        """Serve one subscription until it stops; its own failures end no other's."""
        while True:
            try:
                if not await self._once(webhook_id):
                    return
            except asyncio.CancelledError:
                raise
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("webhook.failed", webhook_id=str(webhook_id))
                await asyncio.sleep(RETRY_SECONDS)

    async def _once(self, webhook_id: UUID) -> bool:
        """Read what is new and send what is due; False once the subscription has stopped."""
        async with self._sessions.reading() as session:
            webhook = await session.get(Webhook, webhook_id)
            waiting = await queries.pending_count(session, webhook_id)
        if webhook is None or webhook.state is not WebhookState.ACTIVE:
            return False
        read = 0
        if waiting < MOST_WAITING:
            read = await self._read(webhook)
        sent = await self._send(webhook)
        if not read and not sent:
            await self._rest(webhook_id)
        return True

    async def _read(self, webhook: Webhook) -> int:
        token = await self._token(webhook)
        if token is None:
            async with self._sessions.begin() as session:
                await actions.disable(session, webhook.id, DisabledBy.CLIENT_ENDED)
            return 0
        async with self._sessions.reading() as session:
            cursors = await queries.cursors_of(session, webhook.id)
        return sum([
            await self._read_feed(webhook, service, cursors.get(service, 0), token)
            for service in rules.SERVICES
            if self._news[service] > cursors.get(service, 0)
        ])  # fmt: skip

    async def _read_feed(self, webhook: Webhook, service: str, after: int, token: str) -> int:
        answer = await self._app.state.services.get(
            service,
            f"/v1/{service}/events",
            {"after": after, "types": ",".join(webhook.types) or None, "limit": PAGE},
            headers={"Authorization": f"Bearer {token}"},
        )
        items = answer["items"] if answer else []
        # A caller sees the end of the feed only with a page that is not full.
        last = items[-1]["position"] if len(items) == PAGE else answer["last_position"]
        now = datetime.now(UTC)
        rows = [
            _row(webhook.id, service, item, now)
            for item in items
            if webhook.center_id is None or item["data"].get("center_id") == str(webhook.center_id)
        ]
        async with self._sessions.begin() as session:
            await actions.take_in(session, webhook.id, service, rows, last)
        return len(items)

    async def _token(self, webhook: Webhook) -> str | None:
        state = self._app.state
        async with self._sessions.reading() as session:
            identity = await identities.identity_by_client_id(
                session, webhook.client_id, state.clock.today()
            )
        if identity is None:
            return None
        subject = for_job(subject_of(identity), "webhooks")
        return access_token(subject, await state.keys.signer(), state.settings)

    async def _send(self, webhook: Webhook) -> int:
        now = datetime.now(UTC)
        async with self._sessions.reading() as session:
            due = await queries.pending_in_order(session, webhook.id, now, BATCH)
        lanes = [
            list(lane) for _, lane in groupby(due, key=lambda one: (one.service, one.center_id))
        ]
        secrets = actions.secrets_of(webhook, self._key_secret, now) if lanes else []
        limit = asyncio.Semaphore(LANES)
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(self._lane(webhook, lane, secrets, limit))
        return len(due)

    async def _lane(
        self,
        webhook: Webhook,
        lane: Sequence[Delivery],
        secrets: Sequence[bytes],
        limit: asyncio.Semaphore,
    ) -> None:
        """Send a centre's events in order, and stop at the first that was not taken."""
        tried = []
        async with limit:
            for delivery in lane:
                outcome = await self._sender.send(webhook.url, delivery, secrets)
                tried.append((delivery, outcome))
                if not rules.is_delivered(outcome.status):
                    break
        jitter = random.randint(-1_000_000, 1_000_000)  # noqa: S311 - spreads retries, no secret
        async with self._sessions.begin() as session:
            failures = await actions.settle(session, webhook.id, tried, self._schedule, jitter)
            if rules.ends_subscription(tried[-1][1].status):
                await actions.disable(session, webhook.id, DisabledBy.GONE)
            elif failures >= self._most_failures:
                await actions.disable(session, webhook.id, DisabledBy.FAILURES)

    async def _rest(self, webhook_id: UUID) -> None:
        """Wait for news, or for the next try that is due."""
        async with self._sessions.reading() as session:
            due = await queries.next_due(session, webhook_id)
        seconds = LOOK_SECONDS
        if due is not None:
            seconds = min(seconds, max(0.05, (due - datetime.now(UTC)).total_seconds()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._wake:
                await self._wake.wait()


def _row(webhook_id: UUID, service: str, item: dict[str, Any], now: datetime) -> dict[str, Any]:
    center = item["data"].get("center_id")
    return {
        "id": new_id(),
        "webhook_id": webhook_id,
        "service": service,
        "event_id": UUID(item["id"]),
        "type": item["type"],
        "position": item["position"],
        "center_id": None if center is None else UUID(center),
        "body": rules.canonical_body(item),
        "state": rules.DeliveryState.PENDING,
        "attempts": 0,
        "next_at": now,
        "created_at": now,
    }
