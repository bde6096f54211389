"""Calls and nominations: handed in by centres and makers, judged by officials."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from registry.notices.schemas import NoticeOut
from registry.products import actions, clients, queries
from registry.products.commands import NewCall
from registry.products.right_rules import Right
from registry.products.rules import ProductEvent, ProductKind, ProductState
from registry.products.schemas import (
    ProductCallIn,
    ProductCallOut,
    ProductIn,
    ProductOut,
    ProductReasonIn,
    ProductReviewIn,
)
from registry.products.tables import Product, ProductCall
from shared.http import (
    CurrentActor,
    IfMatch,
    Language,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
    warnings_of,
)

SEEN: Final = "own and own centres' products, and what is catalogued; officials see all"
OWN: Final = "own products, or as operator of the centre"
OFFICIALS: Final = "officials see all"
EVERYONE: Final = ("member", "expert", "official", "agency", "service")

calls = Router(prefix="/v1/registry/product-calls", tags=["products"])
products = Router(prefix="/v1/registry/products", tags=["products"])


@calls.post(
    "",
    status_code=201,
    operation_id="registry_open_product_call",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A144",)),
    responses=problems("DAYS_OUT_OF_ORDER", "ALREADY_EXISTS"),
)
async def open_call(
    body: ProductCallIn, actor: CurrentActor, today: Today, session: Transaction
) -> ProductCallOut:
    """Open a year's call for the catalogue."""
    new = NewCall(body.year, body.title, body.cut_off_on, body.valid_until)
    return ProductCallOut.model_validate(await actions.open_call(session, actor, new, today))


@calls.get(
    "",
    operation_id="registry_list_product_calls",
    openapi_extra=access(*EVERYONE, tenant="everyone sees the same", rules=("A144",)),
    responses=problems(),
)
async def list_calls(page: PageQuery, session: Reading) -> Page[ProductCallOut]:
    """List the calls for the catalogue, the newest year first."""
    rows, cursor = await paginate(
        session,
        queries.calls(),
        page,
        keys=[col(ProductCall.year).desc(), col(ProductCall.id).desc()],
    )
    return Page(items=[ProductCallOut.model_validate(row) for row in rows], next_cursor=cursor)


async def known_rights(body: ProductIn, services: Services) -> dict[str, Right]:
    """Ask the ip-ledger about the patents named, before the transaction opens."""
    return await clients.rights_of(services, (patent.number for patent in body.patents))


Rights = Annotated[dict[str, Right], Depends(known_rights)]


@products.post(
    "",
    status_code=201,
    operation_id="registry_nominate_product",
    openapi_extra=access("member", tenant=OWN, rules=("A144",)),
    responses=problems(
        "NOT_FOUND",
        "CATALOG_NOT_FIRST_SALE",
        "SOFTWARE_NOT_FIRST_VERSION",
        "SOFTWARE_NOT_FOR_MARKET",
        "MATERIAL_SPEC_MISSING",
        "INVENTION_PATENT_MISSING",
        "PATENT_NOT_IN_FORCE",
        "PATENT_DAY_DIFFERS",
        "PATENT_NOT_OWN",
        "UNAVAILABLE",
        "OWNER_NOT_IN_CENTER",
        "STATE_CONFLICT",
        "ALREADY_EXISTS",
        "DAY_IN_FUTURE",
        "DISHONEST_ORG",
        "ENTITY_NOT_LOCAL",
        "FILE_UNKNOWN",
        "NOT_AN_INVENTION",
        "PATENT_NO_CHECK_DIGIT",
        "PATENT_NO_FORMAT",
        "PRODUCT_PARTICULARS",
        "RIGHT_TOO_OLD",
    ),
)
async def nominate(
    body: ProductIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    rights: Rights,
    language: Language,
    response: Response,
    session: Transaction,
) -> ProductOut:
    """Nominate a product that is new on the market to a year's catalogue."""
    product, warnings = await actions.nominate(session, actor, body.nomination(rights), today, now)
    tagged(response, product.version)
    return ProductOut.of(product, warnings_of(warnings, language))


@products.get(
    "",
    operation_id="registry_list_products",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A144", "X04")),
    responses=problems(),
)
async def list_products(
    page: PageQuery,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="From this centre.")] = None,
    kind: Annotated[ProductKind | None, Query(description="Of this kind.")] = None,
    state: Annotated[ProductState | None, Query(description="In this state.")] = None,
) -> Page[ProductOut]:
    """List nominated and catalogued products, newest first."""
    rows, cursor = await paginate(
        session,
        queries.products(actor, today, center_id=center_id, kind=kind, state=state),
        page,
        keys=[col(Product.id).desc()],
        filters={"center_id": center_id, "kind": kind, "state": state},
    )
    return Page(items=[ProductOut.of(row) for row in rows], next_cursor=cursor)


@products.get(
    "/{product_id}",
    operation_id="registry_read_product",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A144", "X04")),
    responses=problems("NOT_FOUND"),
)
async def read_product(
    product_id: UUID, actor: CurrentActor, today: Today, response: Response, session: Reading
) -> ProductOut:
    """Read a product."""
    product = await queries.product_seen(session, actor, product_id, today)
    tagged(response, product.version)
    return ProductOut.of(product)


@products.put(
    "/{product_id}",
    operation_id="registry_correct_product",
    openapi_extra=access("member", tenant=OWN, rules=("A144", "X06")),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "CATALOG_NOT_FIRST_SALE",
        "STATE_CONFLICT",
        "DAY_IN_FUTURE",
        "DISHONEST_ORG",
        "ENTITY_NOT_LOCAL",
        "FILE_UNKNOWN",
        "INVENTION_PATENT_MISSING",
        "MATERIAL_SPEC_MISSING",
        "NOT_AN_INVENTION",
        "OWNER_NOT_IN_CENTER",
        "PATENT_DAY_DIFFERS",
        "PATENT_NOT_IN_FORCE",
        "PATENT_NOT_OWN",
        "PATENT_NO_CHECK_DIGIT",
        "PATENT_NO_FORMAT",
        "PRODUCT_PARTICULARS",
        "RIGHT_TOO_OLD",
        "SOFTWARE_NOT_FIRST_VERSION",
        "SOFTWARE_NOT_FOR_MARKET",
    ),
)
async def correct_product(
    product_id: UUID,
    body: ProductIn,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    rights: Rights,
    language: Language,
    response: Response,
    session: Transaction,
) -> ProductOut:
    """Hand a returned nomination in again; it is judged anew."""
    product, warnings = await actions.correct(
        session, actor, product_id, body.nomination(rights), version, today
    )
    tagged(response, product.version)
    return ProductOut.of(product, warnings_of(warnings, language))


@products.post(
    "/{product_id}/reviews",
    operation_id="registry_review_product",
    openapi_extra=access("reviewer", tenant=OFFICIALS, rules=("A144", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def review_product(
    product_id: UUID,
    body: ProductReviewIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> ProductOut:
    """Accept, return or reject a nomination, as the catalogue's editors."""
    return ProductOut.of(
        await actions.review(session, actor, product_id, body.result, body.comment, today)
    )


@products.post(
    "/{product_id}/notice",
    status_code=201,
    operation_id="registry_open_product_notice",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A144", "X09")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def open_product_notice(
    product_id: UUID, actor: CurrentActor, today: Today, now: Now, session: Transaction
) -> NoticeOut:
    """Open the public notice of a product that the editors accepted."""
    return NoticeOut.model_validate(
        await actions.open_notice(session, actor, product_id, today, now)
    )


@products.post(
    "/{product_id}/catalogue",
    operation_id="registry_catalogue_product",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A144", "X03", "X09")),
    responses=problems(
        "NOT_FOUND", "SOD_VIOLATION", "NOTICE_OPEN", "OBJECTION_PENDING", "STATE_CONFLICT"
    ),
)
async def catalogue_product(
    product_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> ProductOut:
    """Enter a product in the catalogue, once its notice is over and no objection waits."""
    return ProductOut.of(await actions.enter(session, actor, product_id, today))


@products.post(
    "/{product_id}/rejection",
    operation_id="registry_reject_product",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A144", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def reject_product(
    product_id: UUID,
    body: ProductReasonIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> ProductOut:
    """Reject a product during or after its notice."""
    return ProductOut.of(
        await actions.end(session, actor, product_id, ProductEvent.REJECT, body.reason, today)
    )


@products.post(
    "/{product_id}/withdrawal",
    operation_id="registry_withdraw_product",
    openapi_extra=access("member", tenant=OWN, rules=("A144",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def withdraw_product(
    product_id: UUID,
    body: ProductReasonIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> ProductOut:
    """Take a nomination back before its notice."""
    return ProductOut.of(
        await actions.end(session, actor, product_id, ProductEvent.WITHDRAW, body.reason, today)
    )


@products.post(
    "/{product_id}/removal",
    operation_id="registry_remove_product",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A144",)),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def remove_product(
    product_id: UUID,
    body: ProductReasonIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> ProductOut:
    """Remove a product from the catalogue; yesterday was its last day."""
    return ProductOut.of(
        await actions.end(session, actor, product_id, ProductEvent.REMOVE, body.reason, today)
    )
