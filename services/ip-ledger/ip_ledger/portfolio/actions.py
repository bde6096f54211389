"""Declaring and licensing what was brought in, planning what is to be filed, reporting events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.contracts import queries as contracts
from ip_ledger.portfolio import queries, rules
from ip_ledger.portfolio.rules import InLicense, Place, ProtectionKind
from ip_ledger.portfolio.tables import (
    AssetBranch,
    BackgroundRight,
    LayoutLine,
    LayoutPlan,
    ProtectionEvent,
)
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.http import version_checks
from shared.rules import Kind, Rule, found, require

TENANCY = Rule("X04", "delivery")


async def declare(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    scope: str,
    restrictions: str | None,
    today: date,
) -> BackgroundRight:
    """Declare a right that the actor's organization brought into the centre (A088).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, NOT_BACKGROUND or ALREADY_EXISTS.
    """
    asset = await assets.asset_for_update(session, actor, asset_id, today)
    owned = await assets.ownership_on(session, asset.id, today)
    owners = () if owned is None else tuple(owner for owner, _ in owned.shares)
    org_id = tenancy.speaking_as(actor, owners) or tenancy.own_organization(actor)
    require(
        rules.declaration_checks(
            is_background=asset.is_background, declaring_id=org_id, owners=owners
        )
    )
    clock: Clock = session.info["clock"]
    row = BackgroundRight(
        center_id=asset.center_id,
        asset_id=asset.id,
        org_id=org_id,
        scope=scope,
        restrictions=restrictions,
        declared_by=actor.person_id,
        declared_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "background_right.declared", row.id, center_id=row.center_id,
        asset_id=row.asset_id, org_id=org_id,
    )  # fmt: skip
    return row


async def license_in(
    session: AsyncSession,
    actor: Actor,
    right_id: UUID,
    license_id: UUID,
    *,
    version: int,
    today: date,
) -> BackgroundRight:
    """Name the license by which the centre uses a declared right (A088).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, LICENSE_MISMATCH or
    STATE_CONFLICT.
    """
    row = await queries.right_for_update(session, actor, right_id, today)
    license_ = await contracts.visible_license(session, actor, license_id, today)
    center = found(await tenancy.center_of(session, row.center_id))
    concerned = row.org_id in actor.org_ids or tenancy.leads(center, actor)
    require(
        [
            rules.BACKGROUND.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=concerned),
            *version_checks(row.version, version),
            *rules.in_license_checks(
                InLicense(
                    license_.asset_id,
                    license_.licensor_id,
                    license_.licensee_org_id,
                    license_.state,
                ),
                row.asset_id,
                row.org_id,
                tenancy.operator_id(center),
            ),
        ]
    )
    before = row.model_dump()
    row.license_id = license_.id
    row.version += 1
    record(
        session, actor, "background_right.licensed", row.id, center_id=row.center_id,
        before=before, after=row.model_dump(), license_id=license_.id,
    )  # fmt: skip
    return row


async def plan_layout(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    year: int,
    lines: Mapping[Place, int] | list[tuple[Place, int]],
    *,
    version: int,
    today: date,
) -> LayoutPlan:
    """Write the next version of a year's plan of rights (A026); the first follows version 0.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or PLAN_LINE_REPEATED.
    """
    wanted = list(lines.items()) if isinstance(lines, Mapping) else lines
    center = await tenancy.writable_center_for_update(session, actor, center_id, today)
    former = await queries.latest_plan(session, center.id, year)
    known = 0 if former is None else former.version
    require(
        [
            TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=tenancy.leads(center, actor)),
            *version_checks(known, version),
            *rules.layout_checks([place for place, _ in wanted]),
        ]
    )
    clock: Clock = session.info["clock"]
    plan = LayoutPlan(
        center_id=center.id,
        year=year,
        version=known + 1,
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(plan)
    await session.flush()
    session.add_all(
        LayoutLine(
            plan_id=plan.id,
            place=at,
            branch=found(place.branch),
            jurisdiction=place.jurisdiction,
            kind=place.kind,
            planned=count,
        )
        for at, (place, count) in enumerate(wanted)
    )
    await session.flush()
    record(
        session, actor, "layout.planned", plan.id, center_id=center.id, year=year,
        version=plan.version,
    )  # fmt: skip
    return plan


async def place_asset(
    session: AsyncSession, actor: Actor, asset_id: UUID, branch: str, today: date
) -> AssetBranch:
    """Say to which branch of the technology an asset belongs (A026).

    Raises `Refused`: NOT_FOUND or FORBIDDEN_SCOPE.
    """
    asset = await assets.asset_for_update(session, actor, asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    leads = tenancy.leads(center, actor)
    require([TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads)])
    clock: Clock = session.info["clock"]
    row = await queries.branch_for_update(session, asset.id)
    before = None if row is None else row.model_dump()
    if row is None:
        row = AssetBranch(
            asset_id=asset.id, branch=branch, placed_by=actor.person_id, placed_at=clock.now()
        )
        session.add(row)
    row.branch, row.placed_by, row.placed_at = branch, actor.person_id, clock.now()
    record(
        session, actor, "layout.asset_placed", asset.id, center_id=asset.center_id,
        before=before, after=row.model_dump(), branch=branch,
    )  # fmt: skip
    return row


@dataclass(frozen=True, slots=True)
class NewProtection:
    """What happened to a right."""

    asset_id: UUID
    kind: ProtectionKind
    occurred_on: date
    until_on: date | None
    counterparty: str
    outcome: str | None
    amount_fen: int | None
    evidence: tuple[UUID, ...]


async def report_protection(
    session: AsyncSession, actor: Actor, one: NewProtection, today: date
) -> ProtectionEvent:
    """Write down what protects or uses a right (A043).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, BEFORE_ASSET, DAY_IN_FUTURE, DAYS_REVERSED or
    PROTECTION_INCOMPLETE.
    """
    asset = await assets.visible_asset(session, actor, one.asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    owned = await assets.ownership_on(session, asset.id, today)
    owners = () if owned is None else tuple(owner for owner, _ in owned.shares)
    require(
        [
            *rules.concern_checks(
                is_concerned=not actor.org_ids.isdisjoint(owners)
                or tenancy.leads(center, actor)
            ),
            *rules.protection_checks(
                one.kind, one.occurred_on, one.until_on, one.amount_fen,
                first_on=asset.dates.first_on, today=today,
            ),
        ]
    )  # fmt: skip
    clock: Clock = session.info["clock"]
    row = ProtectionEvent(
        center_id=asset.center_id,
        asset_id=asset.id,
        kind=one.kind,
        occurred_on=one.occurred_on,
        until_on=one.until_on,
        counterparty=one.counterparty,
        outcome=one.outcome,
        amount_fen=one.amount_fen,
        evidence_ids=list(one.evidence),
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "protection.reported", row.id, center_id=row.center_id,
        asset_id=row.asset_id, kind=row.kind,
    )  # fmt: skip
    return row
