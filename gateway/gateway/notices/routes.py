"""The HTTP face of one's own notices."""

import base64
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from sqlmodel import col

from gateway.notices import actions, queries
from gateway.notices.actions import House, Wish
from gateway.notices.rules import ChannelKind
from gateway.notices.schemas import (
    NoticeChannelIn,
    NoticeChannelOut,
    NoticeChannelSetOut,
    NoticeCodeIn,
    ToldNoticeOut,
)
from gateway.notices.tables import Notice, NoticeChannel
from gateway.webhooks.rules import Targets
from shared.auth import DUTIES, ROLES
from shared.http import (
    CurrentActor,
    CurrentWork,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)

router: Final = Router(prefix="/v1/me", tags=["notices"])
OWN: Final = access(*sorted((ROLES | DUTIES) - {"service"}), tenant="oneself", rules=("A135",))


def house_of(request: Request) -> House:
    """Say what the settings allow."""
    settings = request.app.state.settings
    offered = {ChannelKind.WEBHOOK, *([ChannelKind.SMTP] if settings.smtp_host else [])}
    own = [str(request.base_url), *settings.own_origins]
    targets = Targets(settings.sandbox, settings.webhook_networks, own)
    return House(settings.key_secret.get_secret_value(), offered, targets)


HouseRules = Annotated[House, Depends(house_of)]


@router.put(
    "/notice-channel",
    operation_id="notices_set_channel",
    openapi_extra=OWN,
    responses=problems("URL_REFUSED", "ADDRESS_PRIVATE", "CHANNEL_NOT_OFFERED", "CODES_TOO_MANY"),
)
async def set_channel(
    body: NoticeChannelIn,
    actor: CurrentActor,
    house: HouseRules,
    work: CurrentWork,
    session: Transaction,
    response: Response,
) -> NoticeChannelSetOut:
    """Say where one wants to hear what waits; a code goes there and has to come back first."""
    # A kept answer would hold address and secret in clear.
    work.scope = None
    wish = Wish(body.kind, body.address, body.language, body.pace, body.muted)
    channel, secret = await actions.set_channel(session, actor, wish, house)
    response.headers["Cache-Control"] = "no-store"
    shown = None if secret is None else "whsec_" + base64.b64encode(secret).decode()
    return NoticeChannelSetOut(**_shown(channel, house), secret=shown)


@router.get(
    "/notice-channel",
    operation_id="notices_get_channel",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND"),
)
async def get_channel(
    actor: CurrentActor, house: HouseRules, session: Reading, response: Response
) -> NoticeChannelOut:
    """Show where one hears what waits."""
    channel = await queries.own_channel(session, actor)
    response.headers["Cache-Control"] = "no-store"
    return NoticeChannelOut.model_validate(_shown(channel, house))


@router.delete(
    "/notice-channel",
    status_code=204,
    operation_id="notices_end_channel",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND"),
)
async def end_channel(actor: CurrentActor, session: Transaction) -> None:
    """Hear nothing any more; the address and every letter are forgotten with it."""
    await actions.end_channel(session, actor)


async def counted_guess(request: Request, actor: CurrentActor) -> None:
    """Count the guess in a transaction of its own, since a refusal takes back its own only."""
    async with request.app.state.database.sessions.begin() as session:
        await actions.count_guess(session, actor)


@router.post(
    "/notice-channel/confirm",
    operation_id="notices_confirm_channel",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "CODE_WRONG"),
)
async def confirm_channel(
    body: NoticeCodeIn,
    actor: CurrentActor,
    _counted: Annotated[None, Depends(counted_guess)],
    house: HouseRules,
    work: CurrentWork,
    session: Transaction,
    response: Response,
) -> NoticeChannelOut:
    """Give back the code of the first letter; after five wrong ones it is void."""
    work.scope = None
    channel = await actions.confirm(session, actor, body.code, house.key_secret)
    response.headers["Cache-Control"] = "no-store"
    return NoticeChannelOut.model_validate(_shown(channel, house))


@router.get(
    "/notices", operation_id="notices_list_notices", openapi_extra=OWN, responses=problems()
)
async def list_notices(
    actor: CurrentActor, session: Reading, page: PageQuery
) -> Page[ToldNoticeOut]:
    """List what one was told, and what is about to be told, newest first."""
    rows, next_cursor = await paginate(
        session, queries.notices_of(actor), page, keys=[col(Notice.id).desc()]
    )
    ids = {row.letter_id for row in rows if row.letter_id is not None}
    letters = await queries.letters_by_id(session, ids)
    items = []
    for row in rows:
        letter = letters.get(row.letter_id)
        shown = ToldNoticeOut.model_validate(row)
        if letter is not None:
            settled = {"letter_state": letter.state, "sent_at": letter.settled_at}
            shown = shown.model_copy(update=settled)
        items.append(shown)
    return Page(items=items, next_cursor=next_cursor)


def _shown(channel: NoticeChannel, house: House) -> dict[str, object]:
    kept = channel.model_dump(include=set(NoticeChannelOut.model_fields))
    return kept | {"address": actions.address_of(channel, house.key_secret)}
