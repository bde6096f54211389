"""The HTTP face of subscriptions."""

import json
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlmodel import col

from gateway.identity import queries as identities
from gateway.webhooks import actions, queries
from gateway.webhooks.actions import House, Wish
from gateway.webhooks.rules import DeliveryState, Targets, WebhookState
from gateway.webhooks.schemas import (
    AttemptOut,
    DeliveryOut,
    DeliveryWholeOut,
    ReplayIn,
    WebhookIn,
    WebhookMadeOut,
    WebhookOut,
    WebhookPatch,
)
from gateway.webhooks.tables import Delivery, Webhook
from shared.database import new_id
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    check_version,
    paginate,
    problems,
    tagged,
)
from shared.services import FEEDS

SUBSCRIBERS: Final = ("member", "agency", "official")
TENANT: Final = "subscriptions of the caller's organization; events that the caller may read"

router = Router(prefix="/v1/webhooks", tags=["webhooks"])


async def feed_ends(actor: CurrentActor, services: Services) -> dict[str, int]:
    """Ask, before any transaction, where each service's feed stands."""
    del actor  # Judged before anything is asked.
    ends = {}
    for service in FEEDS:
        answer = await services.get(service, f"/v1/{service}/events", {"limit": 0})
        ends[service] = int(answer["last_position"]) if answer else 0
    return ends


def house_of(request: Request) -> House:
    """Say what the settings allow."""
    settings = request.app.state.settings
    own = [str(request.base_url), *settings.own_origins]
    targets = Targets(settings.sandbox, settings.webhook_networks, own)
    return House(settings.key_secret.get_secret_value(), targets)


FeedEnds = Annotated[dict[str, int], Depends(feed_ends)]
HouseRules = Annotated[House, Depends(house_of)]


@router.post(
    "",
    status_code=201,
    operation_id="webhooks_create_webhook",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT, rules=("X16", "X04")),
    responses=problems("URL_REFUSED", "ADDRESS_PRIVATE", "SUBSCRIPTIONS_TOO_MANY"),
)
async def create(
    body: WebhookIn,
    actor: CurrentActor,
    ends: FeedEnds,
    house: HouseRules,
    work: CurrentWork,
    session: Transaction,
    response: Response,
) -> WebhookMadeOut:
    """Subscribe to what happens from now on; the secret is in this answer and nowhere else."""
    # The kept answer would hold the secret in clear: a repeated request makes another one.
    work.scope = None
    wish = Wish(body.url, body.types, body.center_id)
    webhook, secret = await actions.subscribe(session, actor, wish, house, ends)
    response.headers["Cache-Control"] = "no-store"
    tagged(response, webhook.version)
    return _made(webhook, secret)


@router.get(
    "",
    operation_id="webhooks_list_webhooks",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT),
    responses=problems(),
)
async def list_webhooks(actor: CurrentActor, session: Reading, page: PageQuery) -> Page[WebhookOut]:
    """List the caller's subscriptions, newest first."""
    keys = [col(Webhook.created_at).desc(), col(Webhook.id).desc()]
    rows, next_cursor = await paginate(session, queries.webhooks_of(actor), page, keys=keys)
    return Page(items=[WebhookOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/{webhook_id}",
    operation_id="webhooks_get_webhook",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT),
    responses=problems("NOT_FOUND"),
)
async def get_webhook(
    webhook_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> WebhookOut:
    """Show a subscription."""
    webhook = await queries.webhook_of(session, actor, webhook_id)
    tagged(response, webhook.version)
    return WebhookOut.model_validate(webhook)


@router.patch(
    "/{webhook_id}",
    operation_id="webhooks_change_webhook",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT, rules=("X16", "X06")),
    responses=problems(
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "URL_REFUSED",
        "STATE_CONFLICT",
        "ADDRESS_PRIVATE",
        "SUBSCRIPTIONS_TOO_MANY",
    ),
)
async def change_webhook(
    webhook_id: UUID,
    body: WebhookPatch,
    actor: CurrentActor,
    version: IfMatch,
    house: HouseRules,
    today: Today,
    session: Transaction,
    response: Response,
) -> WebhookOut:
    """Change target, types or centre; stop deliveries, or start them again after a failure."""
    webhook = await queries.webhook_for_update(session, actor, webhook_id)
    check_version(webhook.version, version)
    sent = body.model_fields_set
    wish = Wish(
        body.url or webhook.url,
        webhook.types if body.types is None else body.types,
        body.center_id if "center_id" in sent else webhook.center_id,
    )
    state = body.state or webhook.state
    identity = await identities.identity_by_client_id(session, webhook.client_id, today)
    await actions.change(
        session,
        actor,
        webhook,
        wish,
        house,
        active=state is WebhookState.ACTIVE,
        client_lives=identity is not None,
    )
    tagged(response, webhook.version)
    return WebhookOut.model_validate(webhook)


@router.delete(
    "/{webhook_id}",
    status_code=204,
    operation_id="webhooks_delete_webhook",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT),
    responses=problems("NOT_FOUND"),
)
async def delete_webhook(webhook_id: UUID, actor: CurrentActor, session: Transaction) -> None:
    """End a subscription; what waits for it is dropped."""
    webhook = await queries.webhook_for_update(session, actor, webhook_id)
    await actions.remove(session, actor, webhook)


@router.post(
    "/{webhook_id}/secret",
    operation_id="webhooks_rotate_secret",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT),
    responses=problems("NOT_FOUND"),
)
async def rotate_secret(
    webhook_id: UUID,
    actor: CurrentActor,
    house: HouseRules,
    work: CurrentWork,
    session: Transaction,
    response: Response,
) -> WebhookMadeOut:
    """Give a new secret; deliveries are signed with the old one as well for 24 hours."""
    work.scope = None  # As when it was made.
    webhook = await queries.webhook_for_update(session, actor, webhook_id)
    secret = await actions.rotate(session, actor, webhook, house.key_secret)
    response.headers["Cache-Control"] = "no-store"
    return _made(webhook, secret)


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    operation_id="webhooks_send_test",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT),
    responses=problems("NOT_FOUND"),
)
async def send_test(webhook_id: UUID, actor: CurrentActor, session: Transaction) -> DeliveryOut:
    """Send a test event, signed and logged like any other."""
    webhook = await queries.webhook_for_update(session, actor, webhook_id)
    event_id = new_id()
    body = _test_body(webhook, event_id)
    delivery = await actions.send_test(session, webhook, event_id, body)
    return DeliveryOut.model_validate(delivery)


@router.post(
    "/{webhook_id}/replays",
    status_code=202,
    operation_id="webhooks_replay",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT, rules=("X16",)),
    responses=problems("NOT_FOUND"),
)
async def replay(
    webhook_id: UUID, body: ReplayIn, actor: CurrentActor, ends: FeedEnds, session: Transaction
) -> WebhookOut:
    """Send a feed again from a position; every event keeps its id."""
    webhook = await queries.webhook_for_update(session, actor, webhook_id)
    await actions.replay(session, actor, webhook, body.service, body.after, ends[body.service])
    return WebhookOut.model_validate(webhook)


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="webhooks_list_deliveries",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT),
    responses=problems("NOT_FOUND"),
)
async def list_deliveries(
    webhook_id: UUID,
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    state: Annotated[DeliveryState | None, Query(description="Only these.")] = None,
) -> Page[DeliveryOut]:
    """List deliveries, newest first."""
    webhook = await queries.webhook_of(session, actor, webhook_id)
    rows, next_cursor = await paginate(
        session,
        queries.deliveries_of(webhook, state),
        page,
        keys=[col(Delivery.id).desc()],
        filters={"state": state},
    )
    return Page(items=[DeliveryOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/{webhook_id}/deliveries/{delivery_id}",
    operation_id="webhooks_get_delivery",
    openapi_extra=access(*SUBSCRIBERS, tenant=TENANT),
    responses=problems("NOT_FOUND"),
)
async def get_delivery(
    webhook_id: UUID, delivery_id: UUID, actor: CurrentActor, session: Reading
) -> DeliveryWholeOut:
    """Show a delivery with its body and every try."""
    webhook = await queries.webhook_of(session, actor, webhook_id)
    delivery = await queries.delivery_of(session, webhook, delivery_id)
    tries = await queries.attempts_of(session, delivery.id)
    return DeliveryWholeOut(
        **DeliveryOut.model_validate(delivery).model_dump(),
        body=delivery.body.decode(),
        tries=[AttemptOut.model_validate(attempt) for attempt in tries],
    )


def _made(webhook: Webhook, secret: str) -> WebhookMadeOut:
    return WebhookMadeOut(**WebhookOut.model_validate(webhook).model_dump(), secret=secret)


def _test_body(webhook: Webhook, event_id: UUID) -> bytes:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    event = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": "/v1/webhooks",
        "type": actions.TEST_TYPE,
        "subject": str(webhook.id),
        "time": now,
        "data": {},
    }
    return json.dumps(event, separators=(",", ":")).encode()
