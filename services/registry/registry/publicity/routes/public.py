"""Typical cases and awards, for everyone."""

from typing import Final
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlmodel import col

from registry.caching import cached, kept_by_all
from registry.publicity import queries
from registry.publicity.rules import ItemState
from registry.publicity.schemas import PublicAwardOut, TypicalCaseOut
from registry.publicity.tables import Award, PublicityItem
from shared.documents.feeds import ATOM, MEDIA_TYPE, NEWEST, PUBLISHER, Entry, Feed, atom
from shared.http import Failure, Page, PageQuery, Reading, Router, access, paginate, problems

CASES_TITLE: Final = "制造业创新中心典型案例"
ALL: Final = "everyone sees the same: what is released or published"

router = Router(prefix="/v1/public", tags=["public"])


def _shown(row: PublicityItem, center: tuple[str, str]) -> TypicalCaseOut:
    return TypicalCaseOut(center_code=center[0], center_name=center[1], **row.model_dump())


@router.get(
    "/typical-cases",
    operation_id="registry_list_typical_cases",
    openapi_extra=access(tenant=ALL, rules=("A157",)),
    dependencies=[Depends(cached)],
    responses=problems(),
)
async def list_typical_cases(page: PageQuery, session: Reading) -> Page[TypicalCaseOut]:
    """List typical cases, the newest release first."""
    rows, cursor = await paginate(
        session,
        queries.cases(),
        page,
        keys=[col(PublicityItem.released_at).desc(), col(PublicityItem.id).desc()],
    )
    centers = await queries.centers_named(session, {row.center_id for row in rows})
    return Page(items=[_shown(row, centers[row.center_id]) for row in rows], next_cursor=cursor)


@router.get(
    "/typical-cases/feed",
    operation_id="registry_follow_typical_cases",
    openapi_extra=access(tenant=ALL, rules=("A157",)),
    responses={**ATOM, **problems()},
    response_class=Response,
)
async def follow_typical_cases(request: Request, session: Reading) -> Response:
    """Follow the typical cases with any feed reader: the newest releases as Atom."""
    rows = await queries.newest_cases(session, NEWEST)
    centers = await queries.centers_named(session, {row.center_id for row in rows})
    entries = [
        Entry(
            row.id,
            row.title,
            row.released_at or row.written_at,
            f"/v1/public/typical-cases/{row.id}",
            row.body,
            centers[row.center_id][1],
        )
        for row in rows
    ]
    feed = Feed(CASES_TITLE, "/v1/public/typical-cases/feed", PUBLISHER, entries)
    return Response(atom(feed), media_type=MEDIA_TYPE, headers=kept_by_all(request))


@router.get(
    "/typical-cases/{case_id}",
    operation_id="registry_read_typical_case",
    openapi_extra=access(tenant=ALL, rules=("A156", "A157")),
    dependencies=[Depends(cached)],
    responses=problems("NOT_FOUND", "PUBLICITY_WITHDRAWN"),
)
async def read_typical_case(case_id: UUID, session: Reading) -> TypicalCaseOut:
    """Read a typical case; of one that was withdrawn, why."""
    row = await queries.case_once_public(session, case_id)
    if row.state is ItemState.WITHDRAWN:
        raise Failure("PUBLICITY_WITHDRAWN", reason=row.reason or "")
    centers = await queries.centers_named(session, [row.center_id])
    return _shown(row, centers[row.center_id])


@router.get(
    "/awards",
    operation_id="registry_list_public_awards",
    openapi_extra=access(tenant=ALL, rules=("A151",)),
    dependencies=[Depends(cached)],
    responses=problems(),
)
async def list_public_awards(page: PageQuery, session: Reading) -> Page[PublicAwardOut]:
    """List published awards, newest first."""
    rows, cursor = await paginate(
        session,
        queries.awards(None),
        page,
        keys=[col(Award.published_on).desc(), col(Award.id).desc()],
    )
    centers = await queries.centers_named(session, {row.center_id for row in rows})
    items = [
        PublicAwardOut(center_code=centers[row.center_id][0], **row.model_dump()) for row in rows
    ]
    return Page(items=items, next_cursor=cursor)
