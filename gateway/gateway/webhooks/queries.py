"""What is read of subscriptions and deliveries, and who may see which."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from gateway.webhooks.rules import LOOK_AFTER, DeliveryState, DisabledBy, WebhookState
from gateway.webhooks.tables import Attempt, Delivery, Webhook, WebhookCursor
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


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


async def active_ids(session: AsyncSession) -> list[UUID]:
    """Name the subscriptions whose deliveries go out."""
    statement = select(Webhook.id).where(col(Webhook.state) == WebhookState.ACTIVE)
    return list(await session.scalars(statement))


async def cursors_of(session: AsyncSession, webhook_id: UUID) -> dict[str, int]:
    """Tell how far a subscription has read each feed."""
    statement = select(WebhookCursor).where(col(WebhookCursor.webhook_id) == webhook_id)
    return {row.service: row.position for row in await session.scalars(statement)}


async def pending_count(session: AsyncSession, webhook_id: UUID) -> int:
    """Count what waits."""
    statement = (
        select(func.count())
        .select_from(Delivery)
        .where(col(Delivery.webhook_id) == webhook_id, col(Delivery.state) == DeliveryState.PENDING)
    )
    return await session.scalar(statement) or 0


async def pending_in_order(
    session: AsyncSession, webhook_id: UUID, now: datetime, limit: int
) -> Sequence[Delivery]:
    """Give what may go out now: nothing of a centre whose earlier event waits for its next try.

    Ordered by feed, centre and position, so that each lane is one run of rows.
    """
    waiting = (
        select(Delivery.service, Delivery.center_id)
        .where(
            col(Delivery.webhook_id) == webhook_id,
            col(Delivery.state) == DeliveryState.PENDING,
            col(Delivery.next_at) > now,
        )
        .subquery()
    )
    held_up = (
        select(waiting.c.service)
        .where(
            waiting.c.service == col(Delivery.service),
            waiting.c.center_id.is_not_distinct_from(col(Delivery.center_id)),
        )
        .exists()
    )
    statement = (
        select(Delivery)
        .where(
            col(Delivery.webhook_id) == webhook_id,
            col(Delivery.state) == DeliveryState.PENDING,
            col(Delivery.next_at) <= now,
            ~held_up,
        )
        .order_by(col(Delivery.service), col(Delivery.center_id), col(Delivery.position))
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def next_due(session: AsyncSession, webhook_id: UUID) -> datetime | None:
    """Tell when the next try is due, if something waits."""
    statement = select(func.min(Delivery.next_at)).where(
        col(Delivery.webhook_id) == webhook_id, col(Delivery.state) == DeliveryState.PENDING
    )
    due: datetime | None = await session.scalar(statement)
    return due


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
