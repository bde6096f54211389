"""Publicity items: proposed by centres or handlers, released by somebody else."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from registry.publicity import actions, queries
from registry.publicity.commands import NewItem
from registry.publicity.rules import ItemEvent, ItemState
from registry.publicity.schemas import PublicityItemIn, PublicityOut, PublicityReasonIn
from registry.publicity.tables import PublicityItem
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)

SEEN: Final = "own centres', and what is public; officials see all"
OWN: Final = "centres for which one speaks; handlers act for any"
OFFICIALS: Final = "officials see all"
EVERYONE: Final = ("member", "expert", "official", "agency", "service")

router = Router(prefix="/v1/registry/publicity-items", tags=["publicity"])


@router.post(
    "",
    status_code=201,
    operation_id="registry_propose_publicity",
    openapi_extra=access("member", "handler", tenant=OWN, rules=("A152", "A156")),
    responses=problems("NOT_FOUND", "FACT_UNKNOWN", "FACT_CONFIDENTIAL", "STATE_CONFLICT"),
)
async def propose_item(
    body: PublicityItemIn, actor: CurrentActor, now: Now, session: Transaction
) -> PublicityOut:
    """Propose what is to be said in public of a centre; nobody reads it before it is released."""
    new = NewItem(**{name: getattr(body, name) for name in NewItem.__slots__})
    return PublicityOut.model_validate(await actions.propose_item(session, actor, new, now))


@router.get(
    "",
    operation_id="registry_list_publicity",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A156", "X04")),
    responses=problems(),
)
async def list_items(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Of this centre.")] = None,
    state: Annotated[ItemState | None, Query(description="In this state.")] = None,
) -> Page[PublicityOut]:
    """List publicity items, newest first."""
    rows, cursor = await paginate(
        session,
        queries.items(actor, center_id=center_id, state=state),
        page,
        keys=[col(PublicityItem.id).desc()],
        filters={"center_id": center_id, "state": state},
    )
    return Page(items=[PublicityOut.model_validate(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{item_id}",
    operation_id="registry_read_publicity",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A156", "X04")),
    responses=problems("NOT_FOUND"),
)
async def read_item(item_id: UUID, actor: CurrentActor, session: Reading) -> PublicityOut:
    """Read a publicity item."""
    return PublicityOut.model_validate(await queries.item_seen(session, actor, item_id))


@router.post(
    "/{item_id}/release",
    operation_id="registry_release_publicity",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A156", "A157", "X03")),
    responses=problems(
        "NOT_FOUND", "SOD_VIOLATION", "FACT_CONFIDENTIAL", "STATE_CONFLICT", "FACT_UNKNOWN"
    ),
)
async def release_item(
    item_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> PublicityOut:
    """Release an item that somebody else wrote."""
    return PublicityOut.model_validate(
        await actions.decide_item(session, actor, item_id, ItemEvent.RELEASE, now)
    )


@router.post(
    "/{item_id}/rejection",
    operation_id="registry_reject_publicity",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A156", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def reject_item(
    item_id: UUID, body: PublicityReasonIn, actor: CurrentActor, now: Now, session: Transaction
) -> PublicityOut:
    """Reject a proposed item."""
    return PublicityOut.model_validate(
        await actions.decide_item(
            session, actor, item_id, ItemEvent.REJECT, now, reason=body.reason
        )
    )


@router.post(
    "/{item_id}/withdrawal",
    operation_id="registry_withdraw_publicity",
    openapi_extra=access("member", "handler", "approver", tenant=OWN, rules=("A156",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def withdraw_item(
    item_id: UUID, body: PublicityReasonIn, actor: CurrentActor, now: Now, session: Transaction
) -> PublicityOut:
    """Withdraw an item; whoever asks for it afterwards is told why."""
    return PublicityOut.model_validate(
        await actions.decide_item(
            session, actor, item_id, ItemEvent.WITHDRAW, now, reason=body.reason
        )
    )
