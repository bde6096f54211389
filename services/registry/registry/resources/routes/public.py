"""What everyone finds of what centres share and offer: what is open."""

from typing import Annotated, Final

from fastapi import Depends, Query
from sqlmodel import col

from registry.caching import cached
from registry.resources import queries
from registry.resources.routes.sharing import CodeQuery, TextQuery, TypeQuery
from registry.resources.schemas import PublicResourceOut, PublicServiceOut
from registry.resources.tables import ServiceOffering, SharedResource
from shared.http import Page, PageQuery, Reading, Router, Today, access, paginate, problems

ALL: Final = "everyone sees the same: what is open"

router = Router(prefix="/v1/public", tags=["public"])

CenterCodeQuery = Annotated[
    str | None, Query(max_length=16, description="Of this centre, by its code.")
]


@router.get(
    "/resources",
    operation_id="registry_list_public_resources",
    openapi_extra=access(tenant=ALL, rules=("A072", "A136")),
    dependencies=[Depends(cached)],
    responses=problems("NOT_FOUND"),
)
async def list_public_resources(
    page: PageQuery,
    session: Reading,
    resource_type: TypeQuery = None,
    text: TextQuery = None,
    center: CenterCodeQuery = None,
) -> Page[PublicResourceOut]:
    """Search the resources that are shared with everyone."""
    center_id = None if center is None else await queries.public_center_id(session, center)
    rows, cursor = await paginate(
        session,
        queries.narrowed(queries.public_resources(), center_id, resource_type, text),
        page,
        keys=[col(SharedResource.id)],
        filters={"resource_type": resource_type, "text": text, "center": center},
    )
    centers = await queries.center_codes(session, {row.center_id for row in rows})
    items = [
        PublicResourceOut(
            center_code=centers[row.center_id][0],
            center_name=centers[row.center_id][1],
            resource_type=row.resource_type,
            name=row.name,
            description=row.description,
            terms=row.terms,
        )
        for row in rows
    ]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/services",
    operation_id="registry_list_public_services",
    openapi_extra=access(tenant=ALL, rules=("A040", "A070", "A072")),
    dependencies=[Depends(cached)],
    responses=problems("NOT_FOUND"),
)
async def list_public_services(
    page: PageQuery,
    today: Today,
    session: Reading,
    code: CodeQuery = None,
    text: TextQuery = None,
    center: CenterCodeQuery = None,
) -> Page[PublicServiceOut]:
    """Search the services that centres offer; one whose paper has expired is not among them."""
    center_id = None if center is None else await queries.public_center_id(session, center)
    rows, cursor = await paginate(
        session,
        queries.narrowed_offerings(queries.public_offerings(today), center_id, code, text),
        page,
        keys=[col(ServiceOffering.id)],
        filters={"code": code, "text": text, "center": center},
    )
    centers = await queries.center_codes(session, {row.center_id for row in rows})
    items = [
        PublicServiceOut(
            center_code=centers[row.center_id][0],
            center_name=centers[row.center_id][1],
            code=row.code,
            title=row.title,
            description=row.description,
            price_note=row.price_note,
        )
        for row in rows
    ]
    return Page(items=items, next_cursor=cursor)
