"""What is read of subscriptions and deliveries, and who may see which."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from gateway.webhooks.rules import LOOK_AFTER, DeliveryState, DisabledBy, WebhookState
from gateway.webhooks.tables import Attempt, Delivery, Webhook
from shared.auth import Actor
from shared.database import Sessions
from shared.rules import found
from shared.tasks import MOST_TASKS, Task

BEHIND: Final = text("""
    SELECT w.id, w.client_id, w.types, w.center_id, coalesce(c.position, 0)
    FROM webhook AS w
    LEFT JOIN webhook_cursor AS c ON c.webhook_id = w.id AND c.service = :service
    WHERE w.state = 'active' AND coalesce(c.position, 0) < :newest
      AND (
          SELECT count(*) FROM (
              SELECT FROM webhook_delivery AS d
              WHERE d.webhook_id = w.id AND d.state = 'pending' LIMIT :most
          ) AS waiting
      ) < :most
""")
# The whole of a subscription's lanes is looked at once: its latest next try tells whether a lane
# is held up. The bodies are fetched for what goes out only.
DUE: Final = text("""
    SELECT d.id, d.webhook_id, d.service, d.event_id, d.center_id, d.position, d.attempts, d.body
    FROM webhook AS w
    CROSS JOIN LATERAL (
        SELECT lane.id
        FROM (
            SELECT p.id, p.service, p.center_id, p.position,
                   max(p.next_at) OVER (PARTITION BY p.service, p.center_id) AS tried_at
            FROM webhook_delivery AS p
            WHERE p.webhook_id = w.id AND p.state = 'pending'
        ) AS lane
        WHERE lane.tried_at <= :now
          AND NOT EXISTS (
              SELECT FROM unnest(
                  CAST(:webhooks AS uuid[]), CAST(:services AS text[]), CAST(:centers AS uuid[])
              ) AS busy (webhook_id, service, center_id)
              WHERE busy.webhook_id = w.id AND busy.service = lane.service
                AND busy.center_id IS NOT DISTINCT FROM lane.center_id
          )
        ORDER BY lane.service, lane.center_id, lane.position
        LIMIT :most
    ) AS next
    JOIN webhook_delivery AS d ON d.id = next.id
    WHERE w.state = 'active' AND w.id <> ALL (CAST(:without AS uuid[]))
      AND (CAST(:among AS uuid[]) IS NULL OR w.id = ANY (CAST(:among AS uuid[])))
    ORDER BY d.webhook_id, d.service, d.center_id, d.position
""")


ANY_PENDING: Final = text("SELECT 1 FROM webhook_delivery WHERE state = 'pending' LIMIT 1")


class Behind(NamedTuple):
    """A subscription that has not read a feed to its end."""

    webhook_id: UUID
    client_id: str
    types: list[str]
    center_id: UUID | None
    after: int


class Due(NamedTuple):
    """A delivery that may go out now."""

    id: UUID
    webhook_id: UUID
    service: str
    event_id: UUID
    center_id: UUID | None
    position: int
    attempts: int
    body: bytes


def owned(actor: Actor) -> ColumnElement[bool]:
    """Tell whose subscription it is: the organization's, or the program's where there is none."""
    if actor.org_id is None:
        return and_(col(Webhook.org_id).is_(None), col(Webhook.client_id) == actor.client_id)
    return col(Webhook.org_id) == actor.org_id


def webhooks_of(actor: Actor) -> SelectOfScalar[Webhook]:
    """List the caller's subscriptions (X04)."""
    return select(Webhook).where(owned(actor))


async def webhook_of(session: AsyncSession, actor: Actor, webhook_id: UUID) -> Webhook:
    """Load a subscription of the caller's (X04)."""
    statement = webhooks_of(actor).where(col(Webhook.id) == webhook_id)
    return found(await session.scalar(statement))


async def webhook_for_update(session: AsyncSession, actor: Actor, webhook_id: UUID) -> Webhook:
    """Load and lock a subscription of the caller's (X04)."""
    statement = webhooks_of(actor).where(col(Webhook.id) == webhook_id)
    return found(await session.scalar(statement.with_for_update()))


async def held_by(session: AsyncSession, actor: Actor) -> int:
    """Count the caller's subscriptions."""
    statement = select(func.count()).select_from(Webhook).where(owned(actor))
    return await session.scalar(statement) or 0


def deliveries_of(webhook: Webhook, state: DeliveryState | None) -> SelectOfScalar[Delivery]:
    """List the deliveries of a subscription."""
    statement = select(Delivery).where(col(Delivery.webhook_id) == webhook.id)
    return statement if state is None else statement.where(col(Delivery.state) == state)


async def delivery_of(session: AsyncSession, webhook: Webhook, delivery_id: UUID) -> Delivery:
    """Load one delivery of a subscription."""
    statement = deliveries_of(webhook, None).where(col(Delivery.id) == delivery_id)
    return found(await session.scalar(statement))


async def attempts_of(session: AsyncSession, delivery_id: UUID) -> list[Attempt]:
    """Give every try of a delivery in its order."""
    statement = (
        select(Attempt).where(col(Attempt.delivery_id) == delivery_id).order_by(col(Attempt.id))
    )
    return list(await session.scalars(statement))


async def behind(sessions: Sessions, service: str, newest: int, most_waiting: int) -> list[Behind]:
    """Name the active subscriptions that have not read a feed to its end and can take more."""
    found = await sessions.at_once(BEHIND, service=service, newest=newest, most=most_waiting)
    return [Behind._make(row) for row in found]


async def any_pending(sessions: Sessions) -> bool:
    """Tell whether anything waits to be sent at all, now or later."""
    return bool(await sessions.at_once(ANY_PENDING))


async def living_for_share(session: AsyncSession, webhook_ids: Collection[UUID]) -> frozenset[UUID]:
    """Name those that are still there, and keep them until the end of the transaction."""
    statement = (
        select(Webhook.id)
        .where(col(Webhook.id).in_(webhook_ids))
        .order_by(col(Webhook.id))
        .with_for_update(read=True, key_share=True)
    )
    return frozenset(await session.scalars(statement))


async def webhooks_by_id(
    session: AsyncSession, webhook_ids: Collection[UUID]
) -> dict[UUID, Webhook]:
    """Load subscriptions."""
    found = await session.scalars(select(Webhook).where(col(Webhook.id).in_(webhook_ids)))
    return {webhook.id: webhook for webhook in found}


async def due_in_order(
    session: AsyncSession,
    now: datetime,
    limit: int,
    *,
    among: Collection[UUID] | None,
    without: Collection[UUID],
    busy: Collection[tuple[UUID, str, UUID | None]],
) -> list[Due]:
    """Give what may go out now: nothing of a centre whose earlier event waits for its next try.

    Of active subscriptions, `limit` rows each; of `among` only, unless it is None, and of none
    `without`; nothing of the `busy` lanes. By subscription, feed, centre and position, so that
    each lane is one run of rows.
    """
    values = {
        "now": now,
        "most": limit,
        "among": None if among is None else list(among),
        "without": list(without),
        "webhooks": [lane[0] for lane in busy],
        "services": [lane[1] for lane in busy],
        "centers": [lane[2] for lane in busy],
    }
    return [Due(*row) for row in (await session.execute(DUE, values)).all()]


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the caller's subscriptions that stopped by themselves."""
    del today  # They have no last day.
    stopped = or_(
        col(Webhook.disabled_by) == DisabledBy.FAILURES, col(Webhook.disabled_by) == DisabledBy.GONE
    )
    statement = select(Webhook.id).where(owned(actor), stopped).limit(MOST_TASKS)
    return [Task(LOOK_AFTER, webhook_id) for webhook_id in await session.scalars(statement)]


async def due_deliveries(session: AsyncSession, now: datetime) -> tuple[int, datetime | None]:
    """Count what is due of active subscriptions, and tell since when the oldest is."""
    statement = (
        select(func.count(), func.min(col(Delivery.next_at)))
        .select_from(Delivery)
        .join(Webhook, col(Webhook.id) == col(Delivery.webhook_id))
        .where(
            col(Delivery.state) == DeliveryState.PENDING,
            col(Webhook.state) == WebhookState.ACTIVE,
            col(Delivery.next_at) <= now,
        )
    )
    count, due_at = (await session.execute(statement)).one()
    return count, due_at
