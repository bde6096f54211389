"""Money followed from an asset, a contribution or an income, as one may see it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.contributions import queries as contributions
from ip_ledger.costs import queries
from ip_ledger.costs.queries import Origin
from ip_ledger.costs.rules import Spent
from ip_ledger.costs.tables import AssetCost
from ip_ledger.costs.trail_rules import Earned, Followed, costs_followed, income_followed
from shared.auth import Actor
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Trail:
    """Costs and incomes by source; `scope` are the sources asked about, None for all of them.

    `seen` are the sources that the actor may see by themselves: all, for who acts for the centre
    and for officials; its own, for anybody else.
    """

    center_id: UUID
    scope: Collection[UUID] | None
    rows: Mapping[UUID, AssetCost]
    costs: Sequence[Followed[Spent]]
    income: Sequence[Followed[Earned]]
    origins: Mapping[UUID, Origin]
    seen: Collection[UUID]


async def of_asset(
    session: AsyncSession, actor: Actor, asset_id: UUID, day: date, as_of: datetime | None
) -> Trail:
    """Follow the money of a right that the actor may see, else NOT_FOUND."""
    asset = await assets.visible_asset(session, actor, asset_id, day)
    return await _trail(session, actor, asset.center_id, {asset.id}, as_of, scope=None)


async def of_revenue(
    session: AsyncSession, actor: Actor, event_id: UUID, day: date, as_of: datetime | None
) -> Trail:
    """Follow an income back to the money that paid for its right by that day."""
    event = await queries.visible_event(session, actor, event_id, day)
    whole = await _trail(session, actor, event.center_id, {event.asset_id}, as_of, scope=None)
    before = [one for one in whole.costs if one.row.spent_on <= event.received_on]
    income = [one for one in whole.income if one.row.event_id == event.id]
    return Trail(whole.center_id, None, whole.rows, before, income, whole.origins, whole.seen)


async def of_contribution(
    session: AsyncSession, actor: Actor, contribution_id: UUID, as_of: datetime | None
) -> Trail:
    """Follow a contribution that the actor may see to what it paid for and what that earned."""
    contribution = await contributions.visible_contribution(session, actor, contribution_id)
    payments = (await contributions.payments_of(session, [contribution.id])).get(
        contribution.id, []
    )
    undone = await contributions.undone_payments(session, [contribution.id])
    gone = {key for key, one in undone.items() if as_of is None or one.undone_at <= as_of}
    known = [one for one in payments if as_of is None or one.recorded_at <= as_of]
    scope = {one.id for one in known} - gone
    asset_ids = await queries.assets_paid_by(session, scope)
    whole = await _trail(session, actor, contribution.center_id, asset_ids, as_of, scope=scope)
    return Trail(
        whole.center_id,
        scope,
        whole.rows,
        [one for one in whole.costs if one.within(scope)],
        [one for one in whole.income if one.within(scope)],
        whole.origins,
        whole.seen,
    )


async def _trail(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    asset_ids: Collection[UUID],
    as_of: datetime | None,
    *,
    scope: Collection[UUID] | None,
) -> Trail:
    rows, spent = await queries.costs_of(session, asset_ids, as_of)
    income = await queries.income_of(session, asset_ids, as_of)
    named = {source_id for cost in spent for source_id in cost.parts} | set(scope or ())
    origins = await queries.origins(session, named)
    center = found(await tenancy.center_of(session, center_id))
    sees_all = actor.is_official or actor.has("service") or tenancy.leads(center, actor)
    seen = {key for key, one in origins.items() if sees_all or one.org_id in actor.org_ids}
    return Trail(
        center_id,
        scope,
        {row.id: row for row in rows},
        costs_followed(spent),
        income_followed(spent, income),
        origins,
        seen,
    )
