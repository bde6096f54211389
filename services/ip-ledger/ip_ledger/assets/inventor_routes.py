"""Who made an asset, and changes of that, over HTTP."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.assets import inventor_actions as actions
from ip_ledger.assets import inventor_queries as queries
from ip_ledger.assets import person_actions
from ip_ledger.assets import queries as assets_of
from ip_ledger.assets.inventor_rules import Notice, Proposed
from ip_ledger.assets.inventor_schemas import (
    InventorAnswerIn,
    InventorAnswerOut,
    InventorAssetOut,
    InventorChangeIn,
    InventorChangeOut,
    InventorListOut,
    InventorNameIn,
    InventorPersonOut,
)
from ip_ledger.assets.rules import InventorShare
from ip_ledger.assets.schemas import InventorOut
from ip_ledger.assets.tables import InventorChange, InventorPerson, InventorVersion
from ip_ledger.times import AsOf
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    IfMatch,
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
    tagged,
)

assets = Router(prefix="/v1/ip-ledger/assets", tags=["assets"])
router = Router(prefix="/v1/ip-ledger/inventor-changes", tags=["assets"])

people = Router(prefix="/v1/ip-ledger/inventors", tags=["assets"])

READERS: Final = ("member", "official", "service")
UNIT: Final = "the organization that employs the person"
SEERS: Final = "organizations of the centre, owners past and present, and officials"


@assets.post(
    "/{asset_id}/inventor-changes",
    operation_id="ip_ledger_change_inventors",
    status_code=201,
    openapi_extra=access(
        "member", tenant="owners, and those who act for the centre", rules=("A033", "A043", "A084")
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "PRECONDITION_REQUIRED",
        "SHARES_NOT_100", "SHARES_PRECISION", "INVENTOR_REPEATED", "FIELD_INVALID",
        "FIELD_MISSING", "BEFORE_ASSET", "DAY_IN_FUTURE", "DAYS_OUT_OF_ORDER",
        "CORRECTION_NOT_NEEDED", "STALE_INPUT", "FILE_UNKNOWN",
    ),
    dependencies=[Depends(evidence_of(InventorChangeIn))],
)  # fmt: skip
async def change_inventors(
    asset_id: UUID,
    body: InventorChangeIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> InventorChangeOut:
    """Say who made an asset, otherwise than it is recorded; every owner has to consent."""
    change = await actions.propose(
        session, actor, asset_id, _proposed(body), version=version, now=now, today=today
    )
    return await _answer(session, response, change)


@assets.get(
    "/{asset_id}/inventors",
    operation_id="ip_ledger_get_inventors",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get_inventors(
    asset_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    on: Annotated[date | None, Query(description="A day; today when absent.")] = None,
    as_of: AsOf = None,
) -> InventorListOut:
    """Tell who made an asset, for income of a day, as known at an instant or now."""
    asset = await assets_of.visible_asset(session, actor, asset_id, today)
    row = await queries.version_on(session, asset.id, on or today, as_of)
    if row is None:
        return InventorListOut(
            asset_id=asset.id, version_id=None, number=0, cause=None, change_id=None,
            valid_from=None, valid_until=None, known_from=None, known_until=None, inventors=[],
        )  # fmt: skip
    return _list(row, await queries.named_parts(session, row.id))


@router.get(
    "",
    operation_id="ip_ledger_list_inventor_changes",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_changes(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    asset_id: Annotated[UUID | None, Query(description="Of one asset.")] = None,
) -> Page[InventorChangeOut]:
    """List changes of inventors that wait or waited, the newest first."""
    rows, cursor = await paginate(
        session,
        queries.visible_changes(actor, today, asset_id),
        page,
        keys=[col(InventorChange.id).desc()],
        filters={"asset_id": asset_id},
    )
    return Page(items=await _shown(session, rows), next_cursor=cursor)


@router.get(
    "/{change_id}",
    operation_id="ip_ledger_get_inventor_change",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get(
    change_id: UUID, actor: CurrentActor, today: Today, session: Reading, response: Response
) -> InventorChangeOut:
    """Show a change of inventors with what the owners said."""
    row = await queries.visible_change(session, actor, change_id, today)
    return await _answer(session, response, row)


@router.post(
    "/{change_id}/answers",
    operation_id="ip_ledger_answer_inventor_change",
    status_code=201,
    openapi_extra=access(
        "member", "approver", rules=("A084", "X03"),
        tenant="owners, each by its own account; an approver, where a dispute was decided",
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "STATE_CONFLICT", "ALREADY_SIGNED",
        "STALE_INPUT",
    ),
)  # fmt: skip
async def answer(
    change_id: UUID,
    body: InventorAnswerIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
    response: Response,
) -> InventorChangeOut:
    """Say for one's own organization what one thinks of it; the last consent makes it."""
    row = await actions.answer(session, actor, change_id, body.answer, now=now, today=today)
    return await _answer(session, response, row)


@router.post(
    "/{change_id}/withdraw",
    operation_id="ip_ledger_withdraw_inventor_change",
    openapi_extra=access("member", tenant="who proposed it"),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def withdraw(
    change_id: UUID,
    actor: CurrentActor,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> InventorChangeOut:
    """Take back a change of inventors that waits."""
    row = await actions.withdraw(session, actor, change_id, version=version, today=today)
    return await _answer(session, response, row)


@people.get(
    "/{person_id}",
    operation_id="ip_ledger_get_inventor",
    openapi_extra=access("member", "official", tenant=UNIT, rules=("X12",)),
    responses=problems("NOT_FOUND"),
)
async def get_person(person_id: UUID, actor: CurrentActor, session: Reading) -> InventorPersonOut:
    """Show what is kept of a person who made assets."""
    return await _person(session, await queries.person_seen(session, actor, person_id))


@people.put(
    "/{person_id}/name",
    operation_id="ip_ledger_name_inventor",
    openapi_extra=access("member", tenant=UNIT, rules=("X12",)),
    responses=problems("NOT_FOUND"),
)
async def name_person(
    person_id: UUID, body: InventorNameIn, actor: CurrentActor, session: Transaction
) -> InventorPersonOut:
    """Correct the name of one's own inventor, or erase it; every record and proof stays."""
    return await _person(session, await person_actions.name(session, actor, person_id, body.name))


async def _person(session: AsyncSession, row: InventorPerson) -> InventorPersonOut:
    made = await queries.assets_of_person(session, row.id)
    return InventorPersonOut(
        person_id=row.id,
        name=row.name,
        assets=[InventorAssetOut(asset_id=asset_id, share_ppm=ppm) for asset_id, ppm in made],
    )


def _proposed(body: InventorChangeIn) -> Proposed:
    return Proposed(
        cause=body.cause,
        valid_from=body.valid_from,
        inventors=tuple(
            InventorShare(one.org_id, one.share_ppm, one.person_id, one.name, one.is_head_of_unit)
            for one in body.inventors
        ),
        reason=body.reason,
        evidence=tuple(body.evidence),
        notice=None if body.notice is None else Notice(body.notice.number, body.notice.approved_on),
    )


async def _answer(
    session: AsyncSession, response: Response, row: InventorChange
) -> InventorChangeOut:
    await session.flush()
    tagged(response, row.version)
    return (await _shown(session, [row]))[0]


async def _shown(session: AsyncSession, rows: Sequence[InventorChange]) -> list[InventorChangeOut]:
    answers = await queries.answers_of(session, [row.id for row in rows])
    people = {UUID(one["person_id"]) for row in rows for one in row.inventors}
    names = await queries.names_of(session, people)
    return [
        InventorChangeOut.model_validate(
            {
                **row.model_dump(),
                "evidence": row.evidence_ids,
                "inventors": [
                    {**one, "name": names.get(UUID(one["person_id"]))} for one in row.inventors
                ],
                "answers": [InventorAnswerOut.model_validate(one) for one in answers[row.id]],
            }
        )
        for row in rows
    ]


def _list(row: InventorVersion, people: Sequence[queries.Named]) -> InventorListOut:
    before = row.valid_before
    return InventorListOut(
        asset_id=row.asset_id,
        version_id=row.id,
        number=row.number,
        cause=row.cause,
        change_id=row.change_id,
        valid_from=None if row.valid_from == date.min else row.valid_from,
        valid_until=None if before is None else before - timedelta(days=1),
        known_from=row.known_from,
        known_until=row.known_before,
        inventors=[
            InventorOut.model_validate({**one.model_dump(), "name": name}) for one, name in people
        ],
    )


ROUTERS: Final = (assets, router, people)
