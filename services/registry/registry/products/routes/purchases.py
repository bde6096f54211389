"""First purchases, as officials and the finance agency's system enter them (C4)."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from registry.products import actions, queries
from registry.products.commands import Purchase
from registry.products.rules import Contract
from registry.products.schemas import FirstPurchaseIn, FirstPurchaseOut, ProductReasonIn
from registry.products.tables import FirstPurchase
from shared.http import (
    CurrentActor,
    Language,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    warnings_of,
)

SEEN: Final = "everyone sees entered contracts; withdrawn ones are officials' and their makers'"
EVERYONE: Final = ("member", "official", "agency", "service")

router = Router(prefix="/v1/registry/first-purchases", tags=["products"])


@router.post(
    "",
    status_code=201,
    operation_id="registry_enter_first_purchase",
    openapi_extra=access(
        "handler", "finance", tenant="any product of the catalogue", rules=("A145",),
        key_required=True,
    ),
    responses=problems(
        "NOT_FOUND",
        "FIRST_PURCHASE_NO",
        "FIRST_PURCHASE_MISMATCH",
        "CATALOG_NOT_FIRST_SALE",
        "CATALOG_NOT_VALID",
        "ALREADY_EXISTS", "DAY_IN_FUTURE", "CURRENCY_NOT_CNY"),
)  # fmt: skip
async def enter_first_purchase(
    body: FirstPurchaseIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    language: Language,
    session: Transaction,
) -> FirstPurchaseOut:
    """Enter a first-purchase contract, which makes it public; one entered late is marked."""
    contract = Contract(body.contract_no, body.product_name, body.maker_name, body.signed_on)
    new = Purchase(body.product_id, contract, body.buyer_name, body.amount.amount)
    purchase, warnings = await actions.enter_purchase(session, actor, new, today, now)
    shown = FirstPurchaseOut.of(purchase)
    return shown.model_copy(update={"warnings": warnings_of(warnings, language)})


@router.get(
    "",
    operation_id="registry_list_first_purchases",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A145",)),
    responses=problems(),
)
async def list_first_purchases(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    product_id: Annotated[UUID | None, Query(description="Of this product.")] = None,
    late: Annotated[bool | None, Query(description="Entered late, or in time.")] = None,
) -> Page[FirstPurchaseOut]:
    """List first purchases, newest first."""
    rows, cursor = await paginate(
        session,
        queries.first_purchases(actor, product_id=product_id, late=late),
        page,
        keys=[col(FirstPurchase.recorded_at).desc(), col(FirstPurchase.id).desc()],
        filters={"product_id": product_id, "late": late},
    )
    return Page(items=[FirstPurchaseOut.of(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{purchase_id}",
    operation_id="registry_read_first_purchase",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A145",)),
    responses=problems("NOT_FOUND"),
)
async def read_first_purchase(
    purchase_id: UUID, actor: CurrentActor, session: Reading
) -> FirstPurchaseOut:
    """Read a first purchase."""
    return FirstPurchaseOut.of(await queries.first_purchase_seen(session, actor, purchase_id))


@router.post(
    "/{purchase_id}/withdrawal",
    operation_id="registry_withdraw_first_purchase",
    openapi_extra=access(
        "handler", "finance", tenant="contracts that one entered; handlers any", rules=("A145",)
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def withdraw_first_purchase(
    purchase_id: UUID,
    body: ProductReasonIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> FirstPurchaseOut:
    """Take back a contract that was entered by mistake; its number is free again."""
    return FirstPurchaseOut.of(
        await actions.withdraw_purchase(session, actor, purchase_id, body.reason, now)
    )
