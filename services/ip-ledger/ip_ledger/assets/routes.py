"""Assets and their ownership over HTTP."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.assets import actions, inventor_queries, ownership_actions, queries, rules
from ip_ledger.assets.ownership_actions import Change
from ip_ledger.assets.proposal_rules import Registration
from ip_ledger.assets.rules import AssetKind, Dates, Disclosure, InventorShare
from ip_ledger.assets.schemas import (
    AssetIn,
    AssetOut,
    AssetStateIn,
    ConsentStatementIn,
    OwnershipIn,
    OwnershipOut,
)
from ip_ledger.assets.tables import Asset, OwnershipProposal, OwnershipVersion
from ip_ledger.times import AsOf
from shared.auth import Actor
from shared.directory import ensure_center, ensure_organizations
from shared.http import (
    CurrentActor,
    CurrentWork,
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
from shared.http.batch_body import examples_of, rows_body
from shared.http.batches import (
    BatchKind,
    BatchOptions,
    BatchOut,
    Before,
    Outcome,
    Row,
    RowResult,
    run_batch,
)
from shared.rules import found

router = Router(prefix="/v1/ip-ledger/assets", tags=["assets"])
batches = Router(prefix="/v1/ip-ledger/asset-batches", tags=["assets"])

READERS: Final = ("member", "official", "service")
WRITERS: Final = "organizations that take part in the centre"
OWNERS: Final = "organizations of the centre, owners past and present, and officials"
REFUSALS: Final = (
    "NOT_FOUND",
    "PATENT_NO_FORMAT",
    "PATENT_NO_CHECK_DIGIT",
    "NUMBER_FORMAT",
    "SHARES_NOT_100",
    "SHARES_PRECISION",
    "INVENTOR_REPEATED",
    "ALREADY_EXISTS",
    "EXTERNAL_ID_MISMATCH",
    "CONSORTIUM_NOT_REGISTERED",
)


class History(StrEnum):
    """Which versions of ownership are asked for."""

    KNOWN = "known"
    ALL = "all"


async def center_known(body: AssetIn, work: CurrentWork, services: Services) -> None:
    """Fetch the centre, where the copy has not got it, before any transaction is open."""
    await work.replay()
    await ensure_center(services, work.sessions, body.center_id)


async def owners_known(body: OwnershipIn, work: CurrentWork, services: Services) -> frozenset[UUID]:
    """Fetch the owners that the copy has not got; name those that there are."""
    await work.replay()
    owners = {share.owner_id for share in body.shares}
    return frozenset(await ensure_organizations(services, work.sessions, owners))


@router.post(
    "",
    operation_id="ip_ledger_register_asset",
    status_code=201,
    openapi_extra=access("member", tenant=WRITERS, rules=("A053", "A084", "A109")),
    responses=problems(*REFUSALS),
    dependencies=[Depends(center_known)],
)
async def register(
    body: AssetIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    language: Language,
    session: Transaction,
    response: Response,
) -> AssetOut:
    """Enter an asset; its owners follow by `…/ownership`."""
    reported = await actions.register(session, actor, disclosure_of(body), now=now, today=today)
    asset = found(reported.asset)
    response.status_code = 201 if reported.is_new else 200
    answer = (await _documents(session, [asset]))[0]
    answer["warnings"] = warnings_of(reported.warnings, language)
    tagged(response, asset.version)
    return AssetOut.model_validate(answer)


async def record_assets(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[AssetIn]]
) -> list[RowResult]:
    """Enter the assets of a batch."""
    clock = session.info["clock"]
    disclosures = [disclosure_of(row.value) for row in rows]
    verdicts = await actions.register_many(
        session, actor, disclosures, now=clock.now(), today=clock.today()
    )
    return [_row_result(row.index, one) for row, one in zip(rows, verdicts, strict=True)]


async def foretell_assets(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[AssetIn]], before: Before
) -> list[RowResult]:
    """Tell what entering the assets of a batch would answer, after those that were foretold."""
    clock = session.info["clock"]
    disclosures = [disclosure_of(row.value) for row in rows]
    verdicts = await actions.foretell_many(
        session, actor, disclosures, before, now=clock.now(), today=clock.today()
    )
    return [_row_result(row.index, one) for row, one in zip(rows, verdicts, strict=True)]


def _row_result(index: int, verdict: actions.Reported) -> RowResult:
    if verdict.asset is None:
        return RowResult(index, Outcome.FAILED, checks=verdict.checks)
    outcome = Outcome.CREATED if verdict.is_new else Outcome.DUPLICATE
    return RowResult(index, outcome, verdict.asset.id, warnings=verdict.warnings)


ASSETS: Final = BatchKind(
    "asset", TypeAdapter(AssetIn), record_assets, jobs_path="/v1/ip-ledger/jobs",
    foretell=foretell_assets,
)  # fmt: skip


@batches.post(
    "",
    operation_id="ip_ledger_register_assets",
    openapi_extra={
        **access("member", tenant=WRITERS, key_required=True, streamed=True),
        "requestBody": rows_body(["AssetIn"], examples_of(AssetIn)),
    },
    responses=problems(
        "IDEMPOTENCY_KEY_REQUIRED", "UNSUPPORTED_MEDIA_TYPE", "BODY_UNREADABLE", "ROWS_TOO_MANY"
    ),
    response_model=BatchOut,
)
async def register_batch(
    request: Request,
    actor: CurrentActor,
    work: CurrentWork,
    options: Annotated[BatchOptions, Depends()],
) -> Response:
    """Enter many assets, each with a verdict of its own."""
    return await run_batch(request, ASSETS, actor, work, options)


@router.get(
    "",
    operation_id="ip_ledger_list_assets",
    openapi_extra=access(*READERS, tenant=OWNERS),
    responses=problems(),
)
async def list_assets(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    kind: Annotated[AssetKind | None, Query(description="Of one kind.")] = None,
    family_id: Annotated[UUID | None, Query(description="Of one family.")] = None,
    number: Annotated[
        str | None, Query(max_length=64, description="With this number, as it is stored.")
    ] = None,
) -> Page[AssetOut]:
    """List the assets that one may see, the newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.visible_assets(
            actor, today, center_id=center_id, kind=kind, family_id=family_id, number=number
        ),
        page,
        keys=[col(Asset.id).desc()],
        filters={
            "center_id": center_id,
            "kind": kind,
            "family_id": family_id,
            "number": number,
        },
    )
    items = [AssetOut.model_validate(one) for one in await _documents(session, rows)]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{asset_id}",
    operation_id="ip_ledger_get_asset",
    openapi_extra=access(*READERS, tenant=OWNERS),
    responses=problems("NOT_FOUND"),
)
async def get(
    asset_id: UUID, actor: CurrentActor, today: Today, session: Reading, response: Response
) -> AssetOut:
    """Show an asset with its inventors."""
    asset = await queries.visible_asset(session, actor, asset_id, today)
    tagged(response, asset.version)
    return AssetOut.model_validate((await _documents(session, [asset]))[0])


@router.post(
    "/{asset_id}/state-changes",
    operation_id="ip_ledger_change_asset_state",
    openapi_extra=access("member", tenant=WRITERS),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "STATE_CONFLICT",
        "CONSENT_MISSING",
        "DAYS_OUT_OF_ORDER",
        "FILING_OPPOSED",
        "NUMBER_FORMAT",
        "PATENT_KIND_MISMATCH",
        "PATENT_NO_CHECK_DIGIT",
        "PATENT_NO_FORMAT",
    ),
)
async def change_state(
    asset_id: UUID,
    body: AssetStateIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> AssetOut:
    """Record what happened to a right: published, granted, abandoned and so on."""
    asset = await actions.change_state(
        session,
        actor,
        asset_id,
        body.event,
        body.occurred_on,
        number=body.number,
        cause=body.cause,
        version=version,
        now=now,
        today=today,
    )
    tagged(response, asset.version)
    return AssetOut.model_validate((await _documents(session, [asset]))[0])


@router.post(
    "/{asset_id}/ownership",
    operation_id="ip_ledger_change_ownership",
    status_code=201,
    openapi_extra=access(
        "member", tenant="owners, and those who act for the centre", rules=("A084", "A086", "X06")
    ),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "PRECONDITION_REQUIRED",
        "SHARES_NOT_100",
        "SHARES_PRECISION",
        "CONSENT_MISSING",
        "CONSORTIUM_NOT_REGISTERED",
        "BEFORE_ASSET",
        "DAY_IN_FUTURE",
        "PARTY_REPEATED",
        "PARTY_UNKNOWN",
    ),
)
async def change_ownership(
    asset_id: UUID,
    body: OwnershipIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    version: IfMatch,
    known_orgs: Annotated[frozenset[UUID], Depends(owners_known)],
    session: Transaction,
    response: Response,
) -> OwnershipOut:
    """Record who owns the asset from a day on; what was known before stays readable."""
    written = await ownership_actions.change_ownership(
        session,
        actor,
        asset_id,
        _change_of(body),
        version=version,
        known_orgs=known_orgs,
        now=now,
        today=today,
    )
    asset = found(await queries.asset(session, asset_id))
    tagged(response, asset.version)
    if isinstance(written, OwnershipProposal):
        return OwnershipOut.model_validate(_proposed_document(asset, written))
    return OwnershipOut.model_validate(_ownership_document(asset, written))


@router.get(
    "/{asset_id}/ownership",
    operation_id="ip_ledger_get_ownership",
    openapi_extra=access(*READERS, tenant=OWNERS),
    responses=problems("NOT_FOUND"),
)
async def get_ownership(
    asset_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    response: Response,
    on: Annotated[date | None, Query(description="A day; today when absent.")] = None,
    as_of: AsOf = None,
) -> OwnershipOut:
    """Tell who owned the asset on a day, as known at an instant or now."""
    asset = await queries.visible_asset(session, actor, asset_id, today)
    version = found(await queries.version_on(session, asset_id, on or today, as_of))
    if as_of is None and on is None:
        # Only the present answer is what an If-Match of a change refers to.
        tagged(response, asset.version)
    return OwnershipOut.model_validate(_ownership_document(asset, version))


@router.get(
    "/{asset_id}/ownership-versions",
    operation_id="ip_ledger_list_ownership_versions",
    openapi_extra=access(*READERS, tenant=OWNERS),
    responses=problems("NOT_FOUND"),
)
async def list_versions(
    asset_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    as_of: AsOf = None,
    history: Annotated[
        History, Query(description="`known` as asked for, or `all` versions that ever were.")
    ] = History.KNOWN,
) -> Page[OwnershipOut]:
    """List an asset's versions in the order of recording: as known then or now, or all of them."""
    asset = await queries.visible_asset(session, actor, asset_id, today)
    rows, next_cursor = await paginate(
        session,
        queries.versions_known(asset_id, as_of, everything=history is History.ALL),
        page,
        keys=[col(OwnershipVersion.number)],
        filters={"as_of": as_of, "history": history},
    )
    items = [
        OwnershipOut.model_validate(_ownership_document(asset, version))
        for version in await queries.with_lines(session, rows)
    ]
    return Page(items=items, next_cursor=next_cursor)


def disclosure_of(body: AssetIn) -> Disclosure:
    """Turn a body into the values that rules judge."""
    return Disclosure(
        center_id=body.center_id,
        kind=body.kind,
        title=body.title,
        number=body.number,
        jurisdiction=body.jurisdiction,
        dates=Dates(body.filed_on, body.granted_on, body.registered_on),
        is_background=body.background,
        trustee_org_id=body.trustee_org,
        completing_org_id=body.completing_org_id,
        inventors=tuple(
            InventorShare(one.org_id, one.share_ppm, one.person_id, one.name, one.is_head_of_unit)
            for one in body.inventors
        ),
        external_id=body.external_id,
        is_unfiled=body.unfiled,
    )


def _change_of(body: OwnershipIn) -> Change:
    return Change(
        valid_from=body.valid_from,
        cause=body.cause,
        shares=tuple((share.owner_id, share.ppm) for share in body.shares),
        consents=tuple(
            one.org_id if isinstance(one, ConsentStatementIn) else one for one in body.consents
        ),
        awaits_consents=body.awaits_consents,
        registration=None
        if body.registered_on is None
        else Registration(body.registered_on, body.registration_no or ""),
    )


async def _documents(session: AsyncSession, assets: Sequence[Asset]) -> list[dict[str, Any]]:
    inventors = await inventor_queries.inventors_with_names(session, [asset.id for asset in assets])
    return [
        {
            **asset.model_dump(),
            "background": asset.is_background,
            "trustee_org": asset.trustee_org_id,
            "term_law": rules.TERMS[asset.kind].law if asset.kind in rules.TERMS else None,
            "inventors": [{**one.model_dump(), "name": name} for one, name in inventors[asset.id]],
        }
        for asset in assets
    ]


def _ownership_document(asset: Asset, version: queries.Version) -> dict[str, Any]:
    row = version.row
    return {
        **row.model_dump(exclude={"valid_during", "known_during"}),
        "state": "known" if row.known_before is None else "superseded",
        "version": asset.version,
        "valid_from": row.valid_from,
        "valid_until": queries.until_of(row),
        "known_from": row.known_from,
        "known_until": row.known_before,
        "shares": [{"owner_id": line.owner_id, "ppm": line.ppm} for line in version.lines],
    }


def _proposed_document(asset: Asset, proposal: OwnershipProposal) -> dict[str, Any]:
    """Show a change that waits in the form of what it will be."""
    return {
        **proposal.model_dump(include={"id", "asset_id", "cause", "valid_from", "shares"}),
        "number": 0,
        "origin_id": proposal.id,
        "state": proposal.state.value,
        "version": asset.version,
        "valid_until": None,
        "known_from": proposal.proposed_at,
        "known_until": None,
        "decided_by": "consent",
        "agreement_id": None,
        "consents": [],
        "recorded_by_org_id": proposal.proposed_by_org_id,
    }


ROUTERS: Final = (router, batches)
