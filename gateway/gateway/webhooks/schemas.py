"""What goes over the wire about subscriptions and deliveries."""

from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from gateway.webhooks.rules import DeliveryState, DisabledBy, WebhookState
from shared.http.schemas import Body, Code, Int53, Out
from shared.services import FEEDS

WEBHOOK = "019b2f6e-0000-7000-8000-00000000000a"
CENTER = "019b2f6e-0000-7000-8000-000000000002"
EXAMPLE: Final[dict[str, JsonValue]] = {
    "url": "https://erp.example.cn/zhichuang",
    "types": ["center.listed"],
}

if TYPE_CHECKING:
    Feed = str
else:
    # The checker takes no list for the words of a literal; whoever reads the API sees them all.
    Feed = Literal[FEEDS]


class WebhookIn(Body):
    """A subscription to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE}]})

    url: str = Field(min_length=9, max_length=2000, description="An https address of yours.")
    types: list[Code] = Field(
        default_factory=list, max_length=50, description="Event types; none means every type."
    )
    center_id: UUID | None = Field(default=None, description="Events of this centre only.")


class WebhookPatch(Body):
    """What is to change of a subscription (JSON Merge Patch)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "active"}]})

    url: str | None = Field(
        default=None, min_length=9, max_length=2000, description="An https address of yours."
    )
    types: list[Code] | None = Field(
        default=None, max_length=50, description="Event types; none means every type."
    )
    center_id: UUID | None = Field(default=None, description="Null takes the centre away.")
    state: WebhookState | None = Field(default=None, description="Stop or start deliveries.")


class WebhookOut(Out):
    """A subscription, without its secret."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE,
                    "id": WEBHOOK,
                    "version": 1,
                    "center_id": CENTER,
                    "state": "disabled",
                    "disabled_by": "owner",
                    "failures": 0,
                    "created_at": "2026-01-05T01:00:00Z",
                    "before_until": "2026-01-06T01:00:00Z",
                }
            ]
        }
    )

    id: UUID = Field(description="Names the subscription.")
    version: int = Field(description="Counts its changes.")
    url: str = Field(description="Where deliveries go.")
    types: list[str] = Field(description="Which events; none means every type.")
    center_id: UUID | None = Field(description="The one centre, if it is limited to one.")
    state: WebhookState = Field(description="Whether deliveries go out.")
    disabled_by: DisabledBy | None = Field(description="Why they stopped.")
    failures: int = Field(description="Failed attempts in a row.")
    created_at: datetime = Field(description="When it was made.")
    before_until: datetime | None = Field(description="How long the last secret signs as well.")


class WebhookMadeOut(WebhookOut):
    """A subscription with its secret, which is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE,
                    "id": WEBHOOK,
                    "version": 1,
                    "center_id": CENTER,
                    "state": "disabled",
                    "disabled_by": "owner",
                    "failures": 0,
                    "created_at": "2026-01-05T01:00:00Z",
                    "before_until": "2026-01-06T01:00:00Z",
                    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                }
            ]
        }
    )

    secret: str = Field(description="Verifies signatures (Standard Webhooks); keep it safe.")


class ReplayIn(Body):
    """From where a feed is sent again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"service": "registry", "after": 120}]}
    )

    service: Feed = Field(description="Whose feed.")
    after: Int53 = Field(ge=0, description="The last position that is not sent again.")


class AttemptOut(Out):
    """One try of a delivery."""

    at: datetime = Field(description="When.")
    status: int | None = Field(description="The receiver's status; null without an answer.")
    milliseconds: int = Field(description="How long it took.")
    said: str = Field(description="The beginning of the answer, or why there was none.")


DELIVERY: Final[dict[str, JsonValue]] = {
    "id": "019b2f6e-0000-7000-8000-00000000000b",
    "event_id": "019b2f6e-0000-7000-8000-00000000000c",
    "service": "registry",
    "type": "center.listed",
    "position": 121,
    "center_id": CENTER,
    "state": "delivered",
    "attempts": 1,
    "next_at": "2026-03-10T01:30:00Z",
    "created_at": "2026-03-10T01:30:00Z",
    "settled_at": "2026-03-10T01:30:01Z",
}
TRY: Final[dict[str, JsonValue]] = {
    "at": "2026-03-10T01:30:01Z", "status": 204, "milliseconds": 18, "said": "",
}  # fmt: skip


class DeliveryOut(Out):
    """One event for one subscription."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**DELIVERY}]})

    id: UUID = Field(description="Names the delivery.")
    event_id: UUID = Field(description="The event's id, sent as `webhook-id`.")
    service: str = Field(description="Whose feed it is from.")
    type: str = Field(description="The event's type.")
    position: int = Field(
        description="Its position in that feed; a gap shows what was passed over."
    )
    center_id: UUID | None = Field(description="The centre whose order it keeps.")
    state: DeliveryState = Field(description="What became of it.")
    attempts: int = Field(description="How often it was tried.")
    next_at: datetime = Field(description="When it is tried next, or was to be tried last.")
    created_at: datetime = Field(description="When it began to wait.")
    settled_at: datetime | None = Field(description="When it was over.")


class DeliveryWholeOut(DeliveryOut):
    """A delivery with the bytes that are sent and every try."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**DELIVERY, "body": "{…}", "tries": [TRY]}]}
    )

    body: str = Field(description="The body that is sent, as text.")
    tries: list[AttemptOut] = Field(description="Every try, in order.")
