"""What happens to organizations and parks."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.organizations import queries, rules
from registry.organizations.schemas import OrganizationIn, ParkIn
from registry.organizations.tables import Organization, Park
from shared.auth import Actor
from shared.codes import uscc
from shared.events import EventRow, record, record_many
from shared.http.batches import Outcome, Row, RowResult
from shared.http.dependencies import version_checks
from shared.rules import Check, require


async def register(
    session: AsyncSession, actor: Actor, entry: OrganizationIn, today: date
) -> Organization:
    """Enter an organization: an official any, a member the legal person that it founds (A051).

    Raises `Refused`: USCC_FORMAT, USCC_CHECK_DIGIT, CODE_UNKNOWN, DAY_IN_FUTURE, ALREADY_EXISTS.
    """
    existing = await queries.organization_by_uscc(session, entry.uscc)
    require(_checks(entry, today, None if existing is None else existing.id))
    organization = _new(actor, entry)
    session.add(organization)
    # The row goes first, so that a twin's code is refused before anything is announced.
    await session.flush()
    record(session, actor, "organization.registered", organization.id, uscc=organization.uscc)
    announce(session, actor, organization)
    return organization


async def register_many(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[OrganizationIn]], today: date
) -> list[RowResult]:
    """Enter a set of organizations: each row judged as if it came alone.

    A code that has an entry of the same content is a duplicate; another content is refused.
    """
    codes = [uscc.normalized(row.value.uscc) for row in rows]
    existing = await queries.organizations_by_uscc(session, codes)
    results: list[RowResult] = []
    entered: dict[str, Organization] = {}
    for row, code in zip(rows, codes, strict=True):
        kept = entered.get(code) or existing.get(code)
        if kept is not None and _same(kept, row.value):
            results.append(RowResult(row.index, Outcome.DUPLICATE, id=kept.id))
            continue
        failed = _faults(row.value, today, None if kept is None else kept.id)
        if failed:
            results.append(RowResult(row.index, Outcome.FAILED, checks=failed))
            continue
        entered[code] = _new(actor, row.value)
        results.append(RowResult(row.index, Outcome.CREATED, id=entered[code].id))
    await _enter(session, actor, list(entered.values()))
    return results


async def correct(
    session: AsyncSession, actor: Actor, org_id: UUID, changes: dict[str, Any], version: int
) -> Organization:
    """Correct an entry; only fields that were sent change."""
    organization = await queries.organization_for_update(session, org_id)
    region_code = changes.get("region_code", organization.region_code)
    require(
        [
            *version_checks(organization.version, version),
            *rules.region_checks(region_code),
            *rules.parent_checks(changes.get("parent_uscc")),
        ]
    )
    before = organization.model_dump()
    organization.sqlmodel_update(changes)
    organization.version += 1
    record(
        session,
        actor,
        "organization.corrected",
        organization.id,
        before=before,
        after=organization.model_dump(),
        fields=sorted(changes),
    )
    announce(session, actor, organization)
    return organization


async def enter_park(session: AsyncSession, actor: Actor, entry: ParkIn) -> Park:
    """Enter a park: its developer does, or an official (A068)."""
    developer = await queries.organization_found(session, entry.developer_org_id)
    require(
        [
            *rules.park_checks(
                developer.org_type, developer.id, actor.org_id, official=actor.has("handler")
            ),
            *rules.region_checks(entry.region_code),
        ]
    )
    park = Park(
        cluster_output_fen=entry.cluster_output.amount,
        **entry.model_dump(exclude={"cluster_output"}),
    )
    session.add(park)
    await session.flush()
    record(session, actor, "park.entered", park.id, developer_org_id=developer.id)
    return park


def announce(session: AsyncSession, actor: Actor, organization: Organization) -> None:
    """Tell the other services what to keep of an organization."""
    record(
        session,
        actor,
        "directory.organization",
        organization.id,
        entry=queries.directory_entry(organization),
    )


def _checks(entry: OrganizationIn, today: date, existing_id: UUID | None) -> list[Check]:
    return [
        *rules.entry_checks(entry.uscc, entry.region_code, entry.registered_on, today),
        *rules.parent_checks(entry.parent_uscc),
        *rules.unique_checks(existing_id),
    ]


def _faults(entry: OrganizationIn, today: date, existing_id: UUID | None) -> tuple[Check, ...]:
    return tuple(check for check in _checks(entry, today, existing_id) if check.refuses)


def _new(actor: Actor, entry: OrganizationIn) -> Organization:
    return Organization(
        uscc=uscc.normalized(entry.uscc),
        registered_by_org_id=None if actor.is_official else actor.org_id,
        **entry.model_dump(exclude={"uscc"}),
    )


def _same(kept: Organization, entry: OrganizationIn) -> bool:
    sent = entry.model_dump(exclude={"uscc"})
    return all(getattr(kept, name) == value for name, value in sent.items())


async def _enter(
    session: AsyncSession, actor: Actor, organizations: Sequence[Organization]
) -> None:
    session.add_all(organizations)
    await session.flush()
    registered = [EventRow(row.id, None, {"uscc": row.uscc}) for row in organizations]
    await record_many(session, actor, "organization.registered", registered)
    entries = [
        EventRow(row.id, None, {"entry": queries.directory_entry(row)}) for row in organizations
    ]
    await record_many(session, actor, "directory.organization", entries)
