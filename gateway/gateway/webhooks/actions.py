"""Subscribing, and what becomes of each delivery. The worker is the caller of the second part."""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway import sealing
from gateway.webhooks import queries, rules
from gateway.webhooks.rules import DeliveryState, DisabledBy, WebhookState
from gateway.webhooks.tables import Attempt, Delivery, Webhook, WebhookCursor
from shared.auth import Actor
from shared.database import new_id
from shared.events.recording import record
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
    """What the settings allow: plain http, addresses that are not public, and the seal's key."""

    key_secret: str
    plain_allowed: bool
    allowed: Sequence[rules.Network]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a receiver said to one try: a status, or None when there was no answer."""

    delivery_id: UUID
    at: datetime
    status: int | None
    milliseconds: int
    said: str


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

    Raises `Refused`: URL_REFUSED, ADDRESS_PRIVATE, FIELD_INVALID or STATE_CONFLICT.
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


async def send_test(session: AsyncSession, webhook: Webhook, body: bytes) -> Delivery:
    """Let a test event wait like any other; it belongs to no feed."""
    now = datetime.now(UTC)
    delivery = Delivery(
        webhook_id=webhook.id,
        service="gateway",
        event_id=new_id(),
        type=TEST_TYPE,
        # Unique among what waits: the microsecond of asking.
        position=int(now.timestamp() * 1_000_000),
        body=body,
        next_at=now,
        created_at=now,
    )
    session.add(delivery)
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


async def take_in(
    session: AsyncSession, webhook_id: UUID, service: str, rows: Sequence[dict[str, Any]], last: int
) -> None:
    """Let what was read wait for delivery, and remember how far was read, in one transaction."""
    if rows:
        await session.execute(insert(Delivery).on_conflict_do_nothing(), list(rows))
    await _put_cursor(session, webhook_id, service, last)


async def _put_cursor(session: AsyncSession, webhook_id: UUID, service: str, position: int) -> None:
    await session.execute(
        insert(WebhookCursor)
        .values(webhook_id=webhook_id, service=service, position=position)
        .on_conflict_do_update(
            index_elements=["webhook_id", "service"], set_={"position": position}
        )
    )


async def settle(
    session: AsyncSession,
    webhook_id: UUID,
    lane: Sequence[tuple[Delivery, Outcome]],
    schedule: Sequence[int],
    jitter_ppm: int,
) -> int:
    """Write down what became of a lane's tries; give the failures in a row before and after it.

    A delivery whose last try failed is dead, and what comes after it in its centre goes on.
    """
    session.add_all(
        Attempt(
            delivery_id=outcome.delivery_id,
            at=outcome.at,
            status=outcome.status,
            milliseconds=outcome.milliseconds,
            said=outcome.said,
        )
        for _, outcome in lane
    )
    for delivery, outcome in lane:
        await session.execute(
            update(Delivery)
            .where(col(Delivery.id) == delivery.id, col(Delivery.state) == DeliveryState.PENDING)
            .values(_settled(delivery, outcome, schedule, jitter_ppm))
        )
    return await _count_failures(session, webhook_id, [outcome for _, outcome in lane])


def _settled(
    delivery: Delivery, outcome: Outcome, schedule: Sequence[int], jitter_ppm: int
) -> dict[str, Any]:
    attempts = delivery.attempts + 1
    if rules.is_delivered(outcome.status):
        return {
            "attempts": attempts, "state": DeliveryState.DELIVERED, "settled_at": outcome.at,
        }  # fmt: skip
    wait = rules.seconds_until_retry(attempts, schedule, jitter_ppm)
    if wait is None:
        return {"attempts": attempts, "state": DeliveryState.DEAD, "settled_at": outcome.at}
    return {"attempts": attempts, "next_at": outcome.at + timedelta(seconds=wait)}


async def _count_failures(
    session: AsyncSession, webhook_id: UUID, outcomes: Sequence[Outcome]
) -> int:
    in_a_row = 0
    fresh = False
    for outcome in outcomes:
        delivered = rules.is_delivered(outcome.status)
        fresh, in_a_row = fresh or delivered, 0 if delivered else in_a_row + 1
    counted = in_a_row if fresh else col(Webhook.failures) + in_a_row
    changed = update(Webhook).where(col(Webhook.id) == webhook_id).values(failures=counted)
    return int(await session.scalar(changed.returning(col(Webhook.failures))) or 0)


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
    return rules.subscription_checks(
        wish.url,
        wish.types,
        held=held,
        plain_allowed=house.plain_allowed,
        allowed=house.allowed,
    )


def _told(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "types": webhook.types,
        "center_id": webhook.center_id,
        "state": webhook.state,
    }


def _shown(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()
