"""What everyone reads of the catalogue and of first purchases."""

from enum import StrEnum
from typing import Annotated, Final

from fastapi import Depends, Query, Request, Response
from sqlmodel import col

from registry.caching import cached, kept_by_all
from registry.products import queries
from registry.products.rules import ProductKind
from registry.products.schemas import PublicFirstPurchaseOut, PublicProductOut
from registry.products.tables import FirstPurchase, Product
from shared.documents import csv_lines
from shared.events.recording import plain
from shared.http import Page, PageQuery, Reading, Router, access, paginate, problems
from shared.http.schemas import Day, Year

ALL: Final = "everyone sees the same: what is in the catalogue"
# More rows than a catalogue of many years has; a bound keeps the file from filling the memory.
MOST_ROWS: Final = 50_000
COLUMNS: Final = tuple(PublicProductOut.model_fields)

router = Router(prefix="/v1/public", tags=["public"])

KindQuery = Annotated[ProductKind | None, Query(description="Of this kind.")]
ValidQuery = Annotated[
    Day | None, Query(description="In the catalogue on that day; first and last day count.")
]


class FileFormat(StrEnum):
    """How the catalogue is downloaded."""

    CSV = "csv"
    JSON = "json"


@router.get(
    "/products",
    operation_id="registry_list_public_products",
    openapi_extra=access(tenant=ALL, rules=("A144",)),
    dependencies=[Depends(cached)],
    responses=problems(),
)
async def list_public_products(
    page: PageQuery,
    session: Reading,
    kind: KindQuery = None,
    valid_on: ValidQuery = None,
    year: Annotated[Year | None, Query(description="Of this year's catalogue.")] = None,
) -> Page[PublicProductOut]:
    """List the products of the catalogue by number."""
    rows, cursor = await paginate(
        session,
        queries.catalogue(kind, valid_on, year),
        page,
        keys=[col(Product.catalog_no), col(Product.id)],
        filters={"kind": kind, "valid_on": valid_on, "year": year},
    )
    codes = await queries.center_codes(session, {row.center_id for row in rows})
    items = [PublicProductOut.of(row, codes[row.center_id]) for row in rows]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/products/export",
    operation_id="registry_export_public_products",
    openapi_extra=access(tenant=ALL, rules=("A144",)),
    responses={
        200: {"content": {"text/csv": {}, "application/json": {}}},
        **problems(),
    },
    response_class=Response,
)
async def export_public_products(
    request: Request,
    session: Reading,
    file_format: Annotated[
        FileFormat, Query(alias="format", description="`csv` or `json`.")
    ] = FileFormat.CSV,
    kind: KindQuery = None,
    valid_on: ValidQuery = None,
) -> Response:
    """Download the catalogue as one file."""
    rows = await queries.whole_catalogue(session, kind, valid_on, MOST_ROWS)
    codes = await queries.center_codes(session, {row.center_id for row in rows})
    items = [PublicProductOut.of(row, codes[row.center_id]) for row in rows]
    if file_format is FileFormat.JSON:
        content = Page(items=items).model_dump_json().encode()
        media_type = "application/json"
    else:
        lines = ([plain(getattr(item, name)) for name in COLUMNS] for item in items)
        content = b"".join(csv_lines(COLUMNS, lines))
        media_type = "text/csv; charset=utf-8"
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="products.{file_format.value}"',
            **kept_by_all(request),
        },
    )


@router.get(
    "/first-purchases",
    operation_id="registry_list_public_first_purchases",
    openapi_extra=access(tenant=ALL, rules=("A145",)),
    dependencies=[Depends(cached)],
    responses=problems(),
)
async def list_public_first_purchases(
    page: PageQuery, session: Reading
) -> Page[PublicFirstPurchaseOut]:
    """List the first purchases that were entered, newest first."""
    rows, cursor = await paginate(
        session,
        queries.first_purchases(),
        page,
        keys=[col(FirstPurchase.recorded_at).desc(), col(FirstPurchase.id).desc()],
    )
    return Page(items=[PublicFirstPurchaseOut.of(row) for row in rows], next_cursor=cursor)
