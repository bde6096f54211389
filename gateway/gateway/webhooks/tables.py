"""Subscriptions, how far each has read, what waits, and what was tried. Real time throughout."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary
from sqlmodel import Field

from gateway.base import Base
from gateway.webhooks.rules import DeliveryState, DisabledBy, WebhookState
from shared.database import EnumText, InstantColumn, JsonColumn, new_id


class Webhook(Base, table=True):
    """A subscription: on whose behalf, to where, and of which events."""

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint(
            "(state = 'disabled') = (disabled_by IS NOT NULL)", name="disabled_says_why"
        ),
        Index("ix_webhook_client_id", "client_id"),
        Index("ix_webhook_org_id", "org_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    # The program that subscribed: what it may read is what is sent.
    client_id: str
    org_id: UUID | None = None
    created_by: UUID
    created_at: datetime = Field(sa_type=InstantColumn)
    url: str
    # Empty: every type.
    types: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    center_id: UUID | None = None
    state: WebhookState = Field(
        default=WebhookState.ACTIVE, sa_column=Column(EnumText(WebhookState), nullable=False)
    )
    disabled_by: DisabledBy | None = Field(
        default=None, sa_column=Column(EnumText(DisabledBy), nullable=True)
    )
    # Failed attempts in a row, over all events.
    failures: int = 0
    sealed_secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # The secret before the last rotation signs as well until then.
    sealed_before: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    before_until: datetime | None = Field(default=None, sa_type=InstantColumn)


class WebhookCursor(Base, table=True):
    """How far a subscription has read the feed of a service."""

    __tablename__ = "webhook_cursor"

    webhook_id: UUID = Field(primary_key=True, foreign_key="webhook.id", ondelete="CASCADE")
    service: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))


class Delivery(Base, table=True):
    """One event for one subscription, with the very bytes that are sent."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint(
            "(state = 'pending') = (settled_at IS NULL)", name="settled_once_it_is_over"
        ),
        Index(
            "uq_webhook_delivery_pending",
            "webhook_id",
            "service",
            "position",
            unique=True,
            postgresql_where="state = 'pending'",
        ),
        Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    webhook_id: UUID = Field(foreign_key="webhook.id", ondelete="CASCADE")
    # `gateway` for a test event.
    service: str
    event_id: UUID
    type: str
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    center_id: UUID | None = None
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: DeliveryState = Field(
        default=DeliveryState.PENDING, sa_column=Column(EnumText(DeliveryState), nullable=False)
    )
    attempts: int = 0
    next_at: datetime = Field(sa_type=InstantColumn)
    created_at: datetime = Field(sa_type=InstantColumn)
    settled_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class Attempt(Base, table=True):
    """One try of a delivery and what the receiver said."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        Index("ix_webhook_attempt_delivery_id", "delivery_id", "id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    delivery_id: UUID = Field(foreign_key="webhook_delivery.id", ondelete="CASCADE")
    at: datetime = Field(sa_type=InstantColumn)
    status: int | None = None
    milliseconds: int
    # The beginning of the answer, or what kept it from coming.
    said: str
