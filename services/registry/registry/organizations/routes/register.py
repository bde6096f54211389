"""Organizations: entered, found, read, corrected, and entered by the thousand."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.organizations import actions, queries, rules
from registry.organizations.actions import NewOrganization
from registry.organizations.routes.common import (
    EVERYONE,
    OPEN,
    organization_shown,
    organizations,
    organizations_shown,
)
from registry.organizations.rules import OrgType
from registry.organizations.schemas import (
    MatchCandidateOut,
    MatchOut,
    NameText,
    OrganizationIn,
    OrganizationOut,
    OrganizationPatch,
    RegionPrefix,
    UsccText,
)
from registry.organizations.tables import Organization
from shared.auth import Actor
from shared.codes import uscc as codes
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
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
from shared.http.batch_body import examples_of, rows_body
from shared.http.batches import BatchKind, BatchOptions, BatchOut, Before, Row, RowResult, run_batch
from shared.http.times import AsOf, On
from shared.rules import found

MOST_MATCHES: Final = 10

ROWS_BODY: Final = rows_body(["OrganizationIn"], examples_of(OrganizationIn))

batches = Router(prefix="/v1/registry/organization-batches", tags=["organizations"])


def _new(body: OrganizationIn) -> NewOrganization:
    return NewOrganization(body.uscc, body.model_dump(exclude={"uscc"}))


async def register_rows(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[OrganizationIn]]
) -> list[RowResult]:
    """Enter the rows of a batch by the same rules as a single entry."""
    values = [Row(row.index, _new(row.value)) for row in rows]
    return await actions.register_many(session, actor, values, session.info["clock"].today())


async def foretell_rows(
    session: AsyncSession, _: Actor, rows: Sequence[Row[OrganizationIn]], before: Before
) -> list[RowResult]:
    """Tell what entering the rows of a batch would answer, after those that were foretold."""
    values = [Row(row.index, _new(row.value)) for row in rows]
    return await actions.foretell_many(session, values, session.info["clock"].today(), before)


BATCH: Final = BatchKind(
    "organization-batches",
    TypeAdapter(OrganizationIn),
    register_rows,
    "/v1/registry/jobs",
    foretell=foretell_rows,
)


@organizations.post(
    "",
    status_code=201,
    operation_id="registry_register_organization",
    openapi_extra=access("member", "handler", tenant=OPEN, rules=("A046", "A051", "A105")),
    responses=problems(
        "FORBIDDEN_SCOPE",
        "USCC_FORMAT",
        "USCC_CHECK_DIGIT",
        "ALREADY_EXISTS",
        "CODE_UNKNOWN",
        "DAY_IN_FUTURE",
        "OWNERSHIP_CYCLE",
    ),
)
async def register_organization(
    body: OrganizationIn,
    actor: CurrentActor,
    today: Today,
    response: Response,
    session: Transaction,
) -> OrganizationOut:
    """Enter an organization: a member the legal person that it founds, a handler any."""
    organization = await actions.register(session, actor, _new(body), today)
    tagged(response, organization.version)
    return await organization_shown(session, organization)


@organizations.get(
    "",
    operation_id="registry_list_organizations",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A046",)),
    responses=problems(),
)
async def list_organizations(
    page: PageQuery,
    session: Reading,
    uscc: Annotated[
        UsccText | None, Query(description="Who bears this code, or stands there today.")
    ] = None,
    name: Annotated[
        NameText | None,
        Query(
            description="A name, a part of one, or one with a wrong letter; closest first, "
            "of at most the 500 closest names."
        ),
    ] = None,
    org_type: Annotated[OrgType | None, Query(description="Of this kind.")] = None,
    region_code: Annotated[
        RegionPrefix | None, Query(description="Registered there: a region or its beginning.")
    ] = None,
    parent_uscc: Annotated[UsccText | None, Query(description="Held by this one.")] = None,
) -> Page[OrganizationOut]:
    """List organizations in the order in which they were entered, or by a name, closest first."""
    statement: Any = queries.organizations(uscc, org_type, region_code, parent_uscc)
    keys: Sequence[Any] = [col(Organization.id)]
    if name is not None:
        narrowed = any(asked is not None for asked in (uscc, org_type, region_code, parent_uscc))
        few = narrowed and await queries.is_few(session, statement)
        statement, keys = queries.found_by_name(name, statement, few=few)
    rows, cursor = await paginate(
        session,
        statement,
        page,
        keys=keys,
        filters={
            "uscc": uscc,
            "name": name,
            "org_type": org_type,
            "region_code": region_code,
            "parent_uscc": parent_uscc,
        },
    )
    return Page(items=await organizations_shown(session, rows), next_cursor=cursor)


@organizations.get(
    "/match",
    operation_id="registry_match_organization",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A105",)),
    responses=problems(),
)
async def match_organization(
    name: Annotated[NameText, Query(description="The name as it was written.")],
    session: Reading,
    uscc: Annotated[UsccText | None, Query(description="The code beside it, if any.")] = None,
    region_code: Annotated[
        RegionPrefix | None, Query(description="Where it is said to be registered.")
    ] = None,
) -> MatchOut:
    """Tell which organizations a written name may mean, how surely and why, and which one it is."""
    code = None if uscc is None else codes.normalized(uscc)
    names = await queries.names_like(session, name, code)
    candidates, chosen = rules.matched(name, code, region_code, names)
    shown = candidates[:MOST_MATCHES]
    rows = await queries.organizations_of(session, [one.org_id for one in shown])
    return MatchOut(
        chosen=chosen,
        candidates=[
            MatchCandidateOut(
                organization_id=one.org_id,
                uscc=rows[one.org_id].uscc,
                name=rows[one.org_id].name,
                legal_person_kind=rows[one.org_id].legal_person_kind,
                score=rules.percent(one.score_ppm),
                reasons=list(one.reasons),
            )
            for one in shown
        ],
    )


@organizations.get(
    "/{organization_id}",
    operation_id="registry_read_organization",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def read_organization(
    organization_id: UUID,
    response: Response,
    today: Today,
    as_of: AsOf,
    session: Reading,
    on: On = None,
) -> OrganizationOut:
    """Read an organization; one that was followed answers with who stands there today.

    With `on` or `as_of`: what held of this very entry that day, as was known then.
    """
    if on is not None or as_of is not None:
        return await _as_it_was(session, organization_id, on or today, as_of)
    organization = await queries.survivor_found(session, organization_id)
    tagged(response, organization.version)
    if organization.id != organization_id:
        response.headers["Content-Location"] = f"{organizations.prefix}/{organization.id}"
    return await organization_shown(session, organization)


async def _as_it_was(
    session: AsyncSession,
    organization_id: UUID,
    on: date,
    as_of: datetime | None,
) -> OrganizationOut:
    organization = await queries.organization_found(session, organization_id)
    entries = rules.known(await queries.entries_of(session, organization_id), as_of)
    held = found(rules.values_on(entries, on) or None)
    bars = await queries.bars_of(session, organization_id)
    return OrganizationOut.model_validate(
        {
            "id": organization.id,
            "version": entries[-1].version,
            **held,
            "dishonesty_until": rules.barred_until([bar for bar in bars if bar.bars(on)], on),
            "successor_id": organization.successor_id,
        }
    )


@organizations.patch(
    "/{organization_id}",
    operation_id="registry_correct_organization",
    openapi_extra=access("handler", tenant="officials", rules=("X06", "X17")),
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "OWNERSHIP_CYCLE",
        "CODE_UNKNOWN",
        "DAYS_OUT_OF_ORDER",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
        "STATE_CONFLICT",
        "USCC_CHECK_DIGIT",
        "USCC_FORMAT",
    ),
)
async def correct_organization(
    organization_id: UUID,
    body: OrganizationPatch,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    response: Response,
    session: Transaction,
) -> OrganizationOut:
    """Say that other values hold from today on (JSON Merge Patch); what held before is kept."""
    changes = body.model_dump(exclude_unset=True)
    organization = await actions.correct(session, actor, organization_id, changes, version, today)
    tagged(response, organization.version)
    return await organization_shown(session, organization)


@batches.post(
    "",
    operation_id="registry_register_organizations",
    openapi_extra={
        **access(
            "handler", tenant="officials", key_required=True, streamed=True, rules=("X05", "A051")
        ),
        "requestBody": ROWS_BODY,
    },
    responses=problems(
        "IDEMPOTENCY_KEY_REQUIRED", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE", "ROWS_TOO_MANY"
    ),
    response_model=BatchOut,
)
async def register_organizations(
    request: Request,
    actor: CurrentActor,
    options: Annotated[BatchOptions, Depends()],
    work: CurrentWork,
) -> Response:
    """Enter many organizations as JSON, NDJSON or CSV; each row has its own verdict."""
    return await run_batch(request, BATCH, actor, work, options)
