"""What is due goes out: each centre of each subscription in a lane of its own."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from uuid import UUID

import structlog

from gateway.webhooks import actions, queries
from gateway.webhooks.queries import Due
from gateway.webhooks.sending import Sender
from gateway.webhooks.settling import Settling
from gateway.webhooks.tables import Webhook
from shared.database import Sessions

RETRY_SECONDS: Final = 1.0
# What became due within this time is handed out together.
GATHER_SECONDS: Final = 0.02
# What comes to wait is told of at once, and so is a retry; this is for what nobody told.
LOOK_SECONDS: Final = 10.0
# Rows of one subscription that are handed out at once, and its lanes that are under way.
BATCH: Final = 100
LANES: Final = 8
# A lane is given up after this time, and taken up again as the subscription stands by then.
LANE_SECONDS: Final = 2.0

Lane = tuple[str, UUID | None]

log = structlog.get_logger(__name__)


class Lanes:
    """Hands out what is due, and sends each lane's rows in turn."""

    def __init__(
        self, sessions: Sessions, sender: Sender, settling: Settling, key_secret: str
    ) -> None:
        """Bind to the database, to what sends, and to what writes down what came of it."""
        self._sessions = sessions
        self._sender = sender
        self._settling = settling
        self._key_secret = key_secret
        self._busy: dict[UUID, set[Lane]] = defaultdict(set)
        # A receiver that does not answer holds one connection, not one for each of its centres.
        self._narrow: set[UUID] = set()
        self._ripe: set[UUID] = set()
        self._wake = asyncio.Event()
        self._look_at = 0.0

    def look(self) -> None:
        """Look at everybody: a subscription was changed, or something waits that no feed gave."""
        self._look_at = 0.0
        self._wake.set()

    def ripen(self, webhook_ids: Iterable[UUID]) -> None:
        """Look at these subscriptions again: something may be due."""
        self._ripe.update(webhook_ids)
        if self._ripe:
            self._wake.set()

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Hand out whenever something is due, and look at everybody from time to time."""
        while True:
            everybody = time.monotonic() >= self._look_at
            if everybody:
                self._look_at = time.monotonic() + LOOK_SECONDS
            try:
                await self._hand_out(group, everybody=everybody)
            except Exception:
                log.exception("webhook.not_handed_out")
                self._look_at = 0.0
                await asyncio.sleep(RETRY_SECONDS)
            await self._until_due()

    async def _until_due(self) -> None:
        """Wait until something is ripe, a retry is due, or it is time to look at everybody."""
        await asyncio.sleep(min(GATHER_SECONDS, LOOK_SECONDS))
        retry_at = self._settling.next_retry()
        until = self._look_at if retry_at is None else min(self._look_at, retry_at)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                await self._wake.wait()
        self._wake.clear()
        self.ripen(self._settling.due_retries())

    async def _hand_out(self, group: asyncio.TaskGroup, *, everybody: bool) -> None:
        ripe, self._ripe = self._ripe, set()
        full = [one for one, lanes in self._busy.items() if len(lanes) >= self._most(one)]
        if not everybody and not ripe - set(full):
            return
        if not ripe and not await queries.any_pending(self._sessions):
            # As on most looks at everybody.
            return
        now = datetime.now(UTC)
        async with self._sessions.reading() as session:
            due = await queries.due_in_order(
                session, now, BATCH,
                among=None if everybody else ripe, without=full, busy=lanes_of(self._busy),
            )  # fmt: skip
            webhooks = await queries.webhooks_by_id(session, {row.webhook_id for row in due})
        for webhook_id, rows in groupby(due, key=lambda row: row.webhook_id):
            self._start(group, webhooks[webhook_id], list(rows), now)

    def _start(
        self, group: asyncio.TaskGroup, webhook: Webhook, rows: Sequence[Due], now: datetime
    ) -> None:
        """Start as many lanes as the subscription has left; the others come with the next look."""
        secrets = actions.secrets_of(webhook, self._key_secret, now)
        self._narrow.discard(webhook.id)
        if webhook.failures:
            self._narrow.add(webhook.id)
        busy = self._busy[webhook.id]
        for lane, due in groupby(rows, key=lambda row: (row.service, row.center_id)):
            if len(busy) >= self._most(webhook.id):
                return
            busy.add(lane)
            group.create_task(self._run_lane(webhook, lane, list(due), secrets))

    def _most(self, webhook_id: UUID) -> int:
        return 1 if webhook_id in self._narrow else LANES

    async def _run_lane(
        self, webhook: Webhook, lane: Lane, rows: Sequence[Due], secrets: Sequence[bytes]
    ) -> None:
        """Send a centre's events in order, and stop at the first that was not taken."""
        try:
            await self._send(webhook, rows, secrets)
        except Exception:
            # What was sent and could not be written down goes out again.
            log.exception("webhook.not_settled", webhook_id=str(webhook.id))
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._busy[webhook.id].discard(lane)
            if not self._busy[webhook.id]:
                del self._busy[webhook.id]
            self.ripen([webhook.id])

    async def _send(self, webhook: Webhook, rows: Sequence[Due], secrets: Sequence[bytes]) -> None:
        until = time.monotonic() + LANE_SECONDS
        settled = None
        for row in rows:
            outcome = await self._sender.send(webhook.url, row, secrets)
            settled = self._settling.put(webhook.id, row.attempts, outcome)
            if not outcome.delivered or time.monotonic() > until:
                break
        if settled is not None:
            # Written in the order in which they were put: with the last one, all are.
            await settled


def lanes_of(busy: Mapping[UUID, set[Lane]]) -> list[tuple[UUID, str, UUID | None]]:
    """Lay out the lanes that are under way."""
    return [(webhook_id, *lane) for webhook_id, lanes in busy.items() for lane in lanes]
