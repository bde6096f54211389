"""Subscribing, and what becomes of each delivery. The worker is the caller of the second part."""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway import sealing
from gateway.webhooks import queries, rules
from gateway.webhooks.rules import DeliveryState, DisabledBy, WebhookState
from gateway.webhooks.tables import Delivery, Webhook, WebhookCursor
from shared.auth import Actor
from shared.database import new_id
from shared.events.recording import record
from shared.events.sequencing import tell_everywhere
from shared.rules import Check, require

SECRET_BYTES: Final = 24
OVERLAP: Final = timedelta(hours=24)
TEST_TYPE: Final = "webhook.test"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants to hear, and where."""

    url: str
    types: Sequence[str]
    center_id: UUID | None


@dataclass(frozen=True, slots=True)
class House:
    """Where deliveries may go, and the seal's key."""

    key_secret: str
    targets: rules.Targets


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a receiver said to one try: a status, or None when there was no answer."""

    delivery_id: UUID
    at: datetime
    status: int | None
    milliseconds: int
    said: str

    @property
    def delivered(self) -> bool:
        """Tell whether the receiver has the event."""
        return rules.is_delivered(self.status)

    @property
    def ends(self) -> bool:
        """Tell whether the receiver wants nothing any more."""
        return rules.ends_subscription(self.status)


@dataclass(frozen=True, slots=True)
class Tried:
    """A try, and what becomes of its delivery; `next_at` where it is tried again."""

    webhook_id: UUID
    outcome: Outcome
    state: DeliveryState
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a subscription read of a feed: events to deliver, from where on, and how far.

    An event that several take is the same object for each of them.
    """

    webhook_id: UUID
    events: Sequence[Mapping[str, Any]]
    after: int
    last: int


# Each body is sent once, however many take it. The join is full because that is always hashed:
# arrays have no length for the planner. No event is here that nobody takes.
TAKEN: Final = text("""
    INSERT INTO webhook_delivery (
        id, webhook_id, service, event_id, type, position, center_id, body,
        state, attempts, next_at, created_at
    )
    SELECT row.id, row.webhook_id, :service, event.id, event.type, event.position, event.center_id,
           event.body, 'pending', 0, event.at, event.at
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:webhooks AS uuid[]), CAST(:ordinals AS bigint[])
    ) AS row (id, webhook_id, ordinal)
    FULL JOIN unnest(
        CAST(:event_ids AS uuid[]), CAST(:types AS text[]), CAST(:positions AS bigint[]),
        CAST(:center_ids AS uuid[]), CAST(:bodies AS bytea[]), CAST(:ats AS timestamptz[])
    ) WITH ORDINALITY AS event (id, type, position, center_id, body, at, ordinal) USING (ordinal)
    ON CONFLICT DO NOTHING
""")
# A subscription that was put back meanwhile, for a replay, is not where it was read from.
READ_ON: Final = text("""
    INSERT INTO webhook_cursor AS read (webhook_id, service, position)
    SELECT row.webhook_id, :service, row.last
    FROM unnest(CAST(:webhooks AS uuid[]), CAST(:afters AS bigint[]), CAST(:lasts AS bigint[]))
        AS row (webhook_id, after, last)
    ON CONFLICT (webhook_id, service) DO UPDATE SET position = excluded.position
    WHERE read.position = ANY (
        SELECT row.after
        FROM unnest(CAST(:webhooks AS uuid[]), CAST(:afters AS bigint[])) AS row (webhook_id, after)
        WHERE row.webhook_id = read.webhook_id
    )
""")
TRIED: Final = text("""
    WITH row AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:attempts AS uuid[]), CAST(:ats AS timestamptz[]),
            CAST(:statuses AS integer[]), CAST(:milliseconds AS integer[]), CAST(:saids AS text[]),
            CAST(:states AS text[]), CAST(:nexts AS timestamptz[])
        ) AS row (id, attempt_id, at, status, milliseconds, said, state, next_at)
    ), written AS (
        INSERT INTO webhook_attempt (id, delivery_id, at, status, milliseconds, said)
        SELECT attempt_id, id, at, status, milliseconds, said FROM row
    )
    UPDATE webhook_delivery AS d
    SET attempts = d.attempts + 1, state = row.state, next_at = coalesce(row.next_at, d.next_at),
        settled_at = CASE WHEN row.state = 'pending' THEN NULL ELSE row.at END
    FROM row WHERE d.id = row.id AND d.state = 'pending'
""")
FAILED: Final = text("""
    UPDATE webhook AS w
    SET failures = CASE WHEN row.fresh THEN 0 ELSE w.failures END + row.failures
    FROM unnest(CAST(:webhooks AS uuid[]), CAST(:fresh AS boolean[]), CAST(:failures AS integer[]))
        AS row (id, fresh, failures)
    WHERE w.id = row.id AND (row.failures > 0 OR w.failures > 0)
    RETURNING w.id, w.failures
""")


async def subscribe(
    session: AsyncSession, actor: Actor, wish: Wish, house: House, ends: Mapping[str, int]
) -> tuple[Webhook, str]:
    """Subscribe from now on (`ends`: where each feed stands); the secret is told once (X16).

    Raises `Refused`: URL_REFUSED, ADDRESS_PRIVATE, FIELD_INVALID or SUBSCRIPTIONS_TOO_MANY.
    """
    held = await queries.held_by(session, actor)
    require(_wish_checks(wish, house, held))
    webhook_id, secret = new_id(), os.urandom(SECRET_BYTES)
    webhook = Webhook(
        id=webhook_id,
        client_id=actor.client_id,
        org_id=actor.org_id,
        created_by=actor.person_id,
        created_at=datetime.now(UTC),
        url=wish.url,
        types=sorted(set(wish.types)),
        center_id=wish.center_id,
        sealed_secret=sealing.seal(house.key_secret, webhook_id.hex, secret),
    )
    session.add(webhook)
    await session.flush()
    session.add_all(
        WebhookCursor(webhook_id=webhook_id, service=service, position=position)
        for service, position in ends.items()
    )
    record(session, actor, "webhook.created", webhook_id, types=webhook.types)
    return webhook, _shown(secret)


async def change(
    session: AsyncSession,
    actor: Actor,
    webhook: Webhook,
    wish: Wish,
    house: House,
    *,
    active: bool,
    client_lives: bool,
) -> Webhook:
    """Send elsewhere, other types, stop or start again; what waits goes to the new target.

    Raises `Refused`: URL_REFUSED, ADDRESS_PRIVATE, FIELD_INVALID, SUBSCRIPTIONS_TOO_MANY or
    STATE_CONFLICT.
    """
    checks = _wish_checks(wish, house, held=0)
    if active:
        checks += rules.resume_checks(webhook.state, client_lives=client_lives)
    require(checks)
    before = _told(webhook)
    webhook.url, webhook.types = wish.url, sorted(set(wish.types))
    webhook.center_id = wish.center_id
    webhook.version += 1
    if active and webhook.state is WebhookState.DISABLED:
        webhook.state, webhook.disabled_by, webhook.failures = WebhookState.ACTIVE, None, 0
    elif not active and webhook.state is WebhookState.ACTIVE:
        webhook.state, webhook.disabled_by = WebhookState.DISABLED, DisabledBy.OWNER
    record(session, actor, "webhook.changed", webhook.id, before=before, after=_told(webhook))
    return webhook


async def remove(session: AsyncSession, actor: Actor, webhook: Webhook) -> None:
    """End a subscription with everything that waits for it."""
    record(session, actor, "webhook.removed", webhook.id, before=_told(webhook))
    await session.delete(webhook)


async def rotate(session: AsyncSession, actor: Actor, webhook: Webhook, key_secret: str) -> str:
    """Give a new secret; the one before signs as well for another 24 hours."""
    secret = os.urandom(SECRET_BYTES)
    webhook.sealed_before, webhook.before_until = webhook.sealed_secret, datetime.now(UTC) + OVERLAP
    webhook.sealed_secret = sealing.seal(key_secret, webhook.id.hex, secret)
    webhook.version += 1
    record(session, actor, "webhook.secret_rotated", webhook.id)
    return _shown(secret)


async def send_test(
    session: AsyncSession, webhook: Webhook, event_id: UUID, body: bytes
) -> Delivery:
    """Let a test event wait like any other; it belongs to no feed."""
    now = datetime.now(UTC)
    delivery = Delivery(
        webhook_id=webhook.id,
        service="gateway",
        event_id=event_id,
        type=TEST_TYPE,
        # Unique among what waits: the microsecond of asking.
        position=int(now.timestamp() * 1_000_000),
        body=body,
        next_at=now,
        created_at=now,
    )
    session.add(delivery)
    await tell_everywhere(session)
    return delivery


async def replay(
    session: AsyncSession, actor: Actor, webhook: Webhook, service: str, after: int, newest: int
) -> None:
    """Read a feed again from a position; events keep their ids, so that a receiver knows them.

    Raises `Refused`: FIELD_INVALID.
    """
    require(rules.replay_checks(after, newest))
    await _put_cursor(session, webhook.id, service, after)
    record(session, actor, "webhook.replayed", webhook.id, service=service, after=after)


async def take_in(session: AsyncSession, service: str, taken: Sequence[Taken]) -> None:
    """Let what was read wait for delivery, and remember how far was read, in one transaction.

    A subscription that was removed meanwhile takes nothing, and one that was put back stays there.
    """
    living = await queries.living_for_share(session, {one.webhook_id for one in taken})
    kept = [one for one in taken if one.webhook_id in living]
    if not kept:
        return
    if any(one.events for one in kept):
        await session.execute(TAKEN, _deliveries(service, kept))
    values = {
        "service": service,
        "webhooks": [one.webhook_id for one in kept],
        "afters": [one.after for one in kept],
        "lasts": [one.last for one in kept],
    }
    await session.execute(READ_ON, values)


def _deliveries(service: str, taken: Sequence[Taken]) -> dict[str, Any]:
    """Give the values of `TAKEN`: each event once, and who takes which."""
    places: dict[int, int] = {}
    events: list[Mapping[str, Any]] = []
    pairs = []
    for one in taken:
        for event in one.events:
            if id(event) not in places:
                events.append(event)
                places[id(event)] = len(events)
            pairs.append((new_id(), one.webhook_id, places[id(event)]))
    values: dict[str, Any] = {
        f"{name}s": [event[name] for event in events]
        for name in ("event_id", "type", "position", "center_id", "at")
    }
    ids, webhooks, ordinals = (list(column) for column in zip(*pairs, strict=True))
    values["bodies"] = [event["body"] for event in events]
    return values | {"service": service, "ids": ids, "webhooks": webhooks, "ordinals": ordinals}


async def _put_cursor(session: AsyncSession, webhook_id: UUID, service: str, position: int) -> None:
    await session.execute(
        insert(WebhookCursor)
        .values(webhook_id=webhook_id, service=service, position=position)
        .on_conflict_do_update(
            index_elements=["webhook_id", "service"], set_={"position": position}
        )
    )


def tried(
    webhook_id: UUID, attempts: int, outcome: Outcome, schedule: Sequence[int], jitter_ppm: int
) -> Tried:
    """Tell what becomes of a delivery after a try, `attempts` of which went before it.

    A delivery whose last try failed is dead, and what comes after it in its centre goes on.
    """
    if outcome.delivered:
        return Tried(webhook_id, outcome, DeliveryState.DELIVERED)
    wait = rules.seconds_until_retry(attempts + 1, schedule, jitter_ppm)
    if wait is None:
        return Tried(webhook_id, outcome, DeliveryState.DEAD)
    return Tried(webhook_id, outcome, DeliveryState.PENDING, outcome.at + timedelta(seconds=wait))


async def settle(session: AsyncSession, every: Sequence[Tried], most_failures: int) -> None:
    """Write down what became of tries, in their order, and stop subscriptions that only fail.

    What belongs to a subscription that was removed meanwhile is dropped.
    """
    living = await queries.living_for_share(session, {one.webhook_id for one in every})
    kept = [one for one in every if one.webhook_id in living]
    if not kept:
        return
    values = {
        "ids": [one.outcome.delivery_id for one in kept],
        "attempts": [new_id() for _ in kept],
        "ats": [one.outcome.at for one in kept],
        "statuses": [one.outcome.status for one in kept],
        "milliseconds": [one.outcome.milliseconds for one in kept],
        "saids": [one.outcome.said for one in kept],
        "states": [one.state.value for one in kept],
        "nexts": [one.next_at for one in kept],
    }
    await session.execute(TRIED, values)
    failures = await _count_failures(session, kept)
    for webhook_id in living:
        if any(one.webhook_id == webhook_id and one.outcome.ends for one in kept):
            await disable(session, webhook_id, DisabledBy.GONE)
        elif failures.get(webhook_id, 0) >= most_failures:
            await disable(session, webhook_id, DisabledBy.FAILURES)


async def _count_failures(session: AsyncSession, every: Sequence[Tried]) -> dict[UUID, int]:
    """Count failures in a row on, and give those that changed."""
    counts: dict[UUID, tuple[bool, int]] = {}
    for one in every:
        fresh, in_a_row = counts.get(one.webhook_id, (False, 0))
        delivered = one.outcome.delivered
        counts[one.webhook_id] = fresh or delivered, 0 if delivered else in_a_row + 1
    values = {
        "webhooks": list(counts),
        "fresh": [fresh for fresh, _ in counts.values()],
        "failures": [in_a_row for _, in_a_row in counts.values()],
    }
    return {row[0]: row[1] for row in (await session.execute(FAILED, values)).all()}


async def disable(session: AsyncSession, webhook_id: UUID, reason: DisabledBy) -> None:
    """Stop deliveries by ourselves; what waits stays, and goes out when they start again."""
    stopped = await session.scalar(
        update(Webhook)
        .where(col(Webhook.id) == webhook_id, col(Webhook.state) == WebhookState.ACTIVE)
        .values(state=WebhookState.DISABLED, disabled_by=reason, version=col(Webhook.version) + 1)
        .returning(col(Webhook.id))
    )
    if stopped is not None:
        record(
            session,
            Actor.system("webhooks"),
            "webhook.disabled",
            webhook_id,
            disabled_by=reason,
            before={"state": WebhookState.ACTIVE},
            after={"state": WebhookState.DISABLED},
        )


def secrets_of(webhook: Webhook, key_secret: str, now: datetime) -> list[bytes]:
    """Open the secrets that sign now: the present one, and the one before it for a day."""
    found = [sealing.unseal(key_secret, webhook.id.hex, webhook.sealed_secret)]
    if webhook.sealed_before and webhook.before_until and now < webhook.before_until:
        found.append(sealing.unseal(key_secret, webhook.id.hex, webhook.sealed_before))
    return found


def _wish_checks(wish: Wish, house: House, held: int) -> list[Check]:
    return rules.subscription_checks(wish.url, wish.types, held=held, targets=house.targets)


def _told(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "types": webhook.types,
        "center_id": webhook.center_id,
        "state": webhook.state,
    }


def _shown(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()
