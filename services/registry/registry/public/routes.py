"""The HTTP face for everyone: no token, cached for a short while."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.caching import cached, kept_by_all
from registry.centers.rules import ModelType, Stage
from registry.centers.tables import Center
from registry.programme.queries import policy_on
from registry.public import queries
from registry.public.rules import EVERYTHING
from registry.public.schemas import (
    CountOut,
    FieldCountOut,
    PublicCenterListOut,
    PublicCenterOut,
    PublicMemberOut,
    StatisticsOut,
)
from registry.reports.answers import target_progress
from shared.documents import csv_lines
from shared.http import Page, PageQuery, Reading, Router, Today, access, problems

CSV_COLUMNS: Final = (
    "code", "name", "model_type", "field_codes", "stage", "level", "listed_on",
    "listing_doc_no", "member_count", "members",
)  # fmt: skip

router = Router(prefix="/v1/public", tags=["public"])


def _shown(center: Center, members: list[queries.PublicMember]) -> PublicCenterOut:
    return PublicCenterOut(
        code=center.code or "",
        name=center.name,
        model_type=center.model_type.value,
        field_codes=center.field_codes,
        stage=center.stage.value,
        level=center.level.value,
        listed_on=center.listed_on,
        listing_doc_no=center.listing_doc_no,
        members=[PublicMemberOut.model_validate(member) for member in members],
    )


@router.get(
    "/centers",
    operation_id="registry_list_public_centers",
    openapi_extra=access(tenant=EVERYTHING, rules=("X11",)),
    dependencies=[Depends(cached)],
    responses=problems(),
)
async def list_public_centers(
    page: PageQuery,
    today: Today,
    session: Reading,
    stage: Annotated[Stage | None, Query(description="In this stage.")] = None,
    model_type: Annotated[ModelType | None, Query(description="Of this model.")] = None,
    field_code: Annotated[str | None, Query(max_length=64, description="Of this field.")] = None,
) -> Page[PublicCenterOut]:
    """List the listed centres."""
    asked = queries.CenterFilter(stage, model_type, field_code)
    rows, cursor = await queries.page_of_centers(session, asked, page)
    members = await queries.members_of(session, [row.id for row in rows], today)
    return Page(items=[_shown(row, members[row.id]) for row in rows], next_cursor=cursor)


@router.get(
    "/centers/{code}",
    operation_id="registry_read_public_center",
    openapi_extra=access(tenant=EVERYTHING, rules=("X11",)),
    responses=problems("NOT_FOUND"),
    dependencies=[Depends(cached)],
)
async def read_public_center(
    code: Annotated[str, Path(max_length=16, description="The centre's code.")],
    today: Today,
    session: Reading,
) -> PublicCenterOut:
    """Read a listed centre: name, field, model, members; no finances and no scores."""
    center = await queries.listed_center(session, code)
    members = await queries.members_of(session, [center.id], today)
    return _shown(center, members[center.id])


@router.get(
    "/statistics",
    operation_id="registry_read_statistics",
    openapi_extra=access(tenant=EVERYTHING, rules=("A014", "A017")),
    dependencies=[Depends(cached)],
    responses=problems(),
)
async def read_statistics(today: Today, session: Reading) -> StatisticsOut:
    """Read the programme's figures of today."""
    return await _statistics(session, today)


async def _statistics(session: AsyncSession, today: date) -> StatisticsOut:
    figures = await queries.figures(session, today)
    policy = await policy_on(session, today)
    return StatisticsOut(
        on=today,
        targets=await target_progress(session, policy, today),
        centers=figures.centers,
        members=figures.members,
        facts=figures.facts,
        by_stage=[CountOut(code=code, count=count) for code, count in figures.by_stage],
        by_model=[CountOut(code=code, count=count) for code, count in figures.by_model],
        by_field=[
            FieldCountOut(code=code, name_zh=name_zh, name_en=name_en, count=count)
            for code, name_zh, name_en, count in figures.by_field
        ],
        by_region=[CountOut(code=code, count=count) for code, count in figures.by_region],
    )


@router.get(
    "/downloads/centers.json",
    operation_id="registry_download_public_centers",
    openapi_extra=access(tenant=EVERYTHING, rules=("X11", "X15")),
    dependencies=[Depends(cached)],
    responses=problems(),
)
async def download_centers(today: Today, session: Reading) -> PublicCenterListOut:
    """Download every listed centre with its members of today."""
    return PublicCenterListOut(on=today, centers=await _everything(session, today))


@router.get(
    "/downloads/statistics.csv",
    operation_id="registry_download_statistics_csv",
    openapi_extra=access(tenant=EVERYTHING, rules=("A014", "X15")),
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The table."},
        **problems(),
    },
    response_class=Response,
)
async def download_statistics_csv(request: Request, today: Today, session: Reading) -> Response:
    """Download the programme's figures of today as a table (CSV, UTF-8): a figure a line."""
    told = await _statistics(session, today)
    rows = [
        *((name, None, getattr(told, name)) for name in ("centers", "members", "facts")),
        *(
            (name, one.code, one.count)
            for name in ("by_stage", "by_model", "by_field", "by_region")
            for one in getattr(told, name)
        ),
        *((f"target_{one.year}_{one.level}", one.state, one.built) for one in told.targets),
    ]
    return _table(request, "statistics", ("figure", "code", "count"), rows)


@router.get(
    "/downloads/centers.csv",
    operation_id="registry_download_public_centers_csv",
    openapi_extra=access(tenant=EVERYTHING, rules=("X11", "X15")),
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The table."},
        **problems(),
    },
    response_class=Response,
)
async def download_centers_csv(request: Request, today: Today, session: Reading) -> Response:
    """Download every listed centre as a table (CSV, UTF-8), lists joined by `;`."""
    rows = (
        [
            center.code,
            center.name,
            center.model_type,
            ";".join(center.field_codes),
            center.stage,
            center.level,
            center.listed_on,
            center.listing_doc_no,
            len(center.members),
            ";".join(member.name for member in center.members),
        ]
        for center in await _everything(session, today)
    )
    return _table(request, "centers", CSV_COLUMNS, rows)


def _table(
    request: Request, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Response:
    answer = Response(b"".join(csv_lines(columns, rows)), media_type="text/csv; charset=utf-8")
    answer.headers.update(kept_by_all(request))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


async def _everything(session: AsyncSession, today: date) -> list[PublicCenterOut]:
    rows = await queries.all_centers(session)
    members = await queries.members_of(session, [row.id for row in rows], today)
    return [_shown(row, members[row.id]) for row in rows]
