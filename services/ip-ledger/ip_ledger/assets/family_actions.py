"""Saying from which right another one comes, and taking back what was said wrongly (A026)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import family_queries, family_rules, queries
from ip_ledger.assets.family_rules import FAMILY, KinshipKind
from ip_ledger.assets.tables import Asset, AssetKinship
from shared.auth import Actor
from shared.events import record
from shared.rules import Kind, found, require


async def join(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    parent_id: UUID,
    kind: KinshipKind,
    *,
    now: datetime,
    today: date,
) -> AssetKinship:
    """Say that a right comes from another one of its centre; their families become one.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, FAMILY_CYCLE, ALREADY_EXISTS, KINSHIP_INVALID,
    DAYS_OUT_OF_ORDER or KINSHIP_TERM_OVER.
    """
    child = await queries.visible_asset(session, actor, asset_id, today)
    # The centre's lock puts joinings in a row, so that no ring closes between two of them.
    await tenancy.lock_center(session, child.center_id)
    parent = await queries.visible_asset(session, actor, parent_id, today)
    centers = await tenancy.centers_for_writing(session, actor, [child.center_id], today)
    above = await family_queries.above(session, parent.id)
    known = await family_queries.standing(session, child.id, parent.id)
    days = [day for day in above.values() if day is not None]
    require(
        [
            FAMILY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=bool(centers)),
            *family_rules.kinship_checks(
                kind,
                family_queries.relative(child),
                family_queries.relative(parent),
                above_parent=above,
                earliest_on=min(days, default=None),
                is_known=known is not None,
            ),
        ]
    )
    row = AssetKinship(
        center_id=child.center_id,
        asset_id=child.id,
        parent_id=parent.id,
        kind=kind,
        recorded_by=actor.person_id,
        recorded_at=now,
    )
    session.add(row)
    await session.flush()
    family = await family_queries.joined_with(session, child.id)
    await family_queries.put_in_family(session, family, min(family))
    _tell(session, actor, row, "joined")
    return row


async def withdraw(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    kinship_id: UUID,
    reason: str,
    *,
    now: datetime,
    today: date,
) -> AssetKinship:
    """Take back a kinship that was recorded wrongly; a family that it held together falls apart.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    child = await queries.visible_asset(session, actor, asset_id, today)
    await tenancy.lock_center(session, child.center_id)
    centers = await tenancy.centers_for_writing(session, actor, [child.center_id], today)
    row = await family_queries.kinship_of(session, child.id, kinship_id)
    require(
        [
            FAMILY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=bool(centers)),
            *family_rules.withdrawal_checks(stands=row.withdrawn_at is None),
        ]
    )
    row.withdrawn_at, row.withdrawn_by, row.reason = now, actor.person_id, reason
    await session.flush()
    for asset_id in (row.asset_id, row.parent_id):
        family = await family_queries.joined_with(session, asset_id)
        alone = len(family) == 1
        await family_queries.put_in_family(session, family, None if alone else min(family))
    _tell(session, actor, row, "parted", reason=reason)
    return row


def _tell(
    session: AsyncSession, actor: Actor, row: AssetKinship, name: str, reason: str | None = None
) -> None:
    record(
        session, actor, f"family.{name}", row.id, center_id=row.center_id, reason=reason,
        asset_id=row.asset_id, parent_id=row.parent_id, kind=row.kind,
    )  # fmt: skip


async def family_of(
    session: AsyncSession, actor: Actor, asset_id: UUID, today: date
) -> tuple[Asset, list[Asset], list[AssetKinship]]:
    """Give a right, its family as the actor may see it, and the kinships within."""
    asset = found(await queries.visible_asset(session, actor, asset_id, today))
    members = list(await family_queries.members(session, actor, asset, today))
    ids = {one.id for one in members}
    kinships = await family_queries.kinships_among(session, ids)
    return asset, members, [one for one in kinships if one.parent_id in ids]
