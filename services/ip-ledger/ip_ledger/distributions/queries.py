"""What a run rests on, and who may see it: officials, the centre, and who is paid by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.assets import queries as assets
from ip_ledger.assets.queries import Owned
from ip_ledger.distributions.plan_rules import Income, Inventor, OwnerType, owner_type
from ip_ledger.distributions.tables import (
    DistributionConfirmation,
    DistributionLine,
    DistributionReward,
    DistributionRun,
    DistributionRunEvent,
    ShareCarry,
)
from ip_ledger.revenue import queries as revenue
from ip_ledger.revenue.rules import Deduction
from ip_ledger.revenue.tables import RevenueEvent
from ip_ledger.rewards import queries as rewards
from shared.auth import Actor
from shared.directory import DirectoryCenter, organizations_of
from shared.money import WHOLE_PPM
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a plan is computed from; `without_owners` are events that nobody shares."""

    incomes: tuple[Income, ...]
    owner_types: dict[UUID, OwnerType]
    agreed_ppm: dict[UUID, int]
    legal_persons: frozenset[UUID]
    without_owners: tuple[UUID, ...]


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return ~true()
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_id))
    payee = exists().where(
        col(DistributionLine.run_id) == col(DistributionRun.id),
        col(DistributionLine.payee_id) == actor.org_id,
    )
    return or_(col(DistributionRun.center_id).in_(own), payee)


async def visible_run(session: AsyncSession, actor: Actor, run_id: UUID) -> DistributionRun:
    """Give a run that the actor may see, else NOT_FOUND."""
    statement = select(DistributionRun).where(col(DistributionRun.id) == run_id, _visible(actor))
    return found(await session.scalar(statement))


async def run_for_update(session: AsyncSession, actor: Actor, run_id: UUID) -> DistributionRun:
    """Load and lock a run that the actor may see, else NOT_FOUND."""
    statement = select(DistributionRun).where(col(DistributionRun.id) == run_id, _visible(actor))
    return found(await session.scalar(statement.with_for_update()))


def visible_runs(actor: Actor, **filters: Any) -> Select[Any]:  # noqa: ANN401 - column values
    """Give the select of the runs that the actor may see."""
    statement = select(DistributionRun).where(_visible(actor))
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(DistributionRun, name) == value)
    return statement


async def lines_of(session: AsyncSession, run_ids: Iterable[UUID]) -> list[DistributionLine]:
    """Give the lines of runs, in their order."""
    rows = await session.scalars(
        select(DistributionLine)
        .where(col(DistributionLine.run_id).in_(list(run_ids)))
        .order_by(col(DistributionLine.run_id), col(DistributionLine.place))
    )
    return list(rows)


async def rewards_of(session: AsyncSession, run_ids: Iterable[UUID]) -> list[DistributionReward]:
    """Give the rewards of runs, in their order."""
    rows = await session.scalars(
        select(DistributionReward)
        .where(col(DistributionReward.run_id).in_(list(run_ids)))
        .order_by(col(DistributionReward.run_id), col(DistributionReward.place))
    )
    return list(rows)


async def confirmations_of(
    session: AsyncSession, run_ids: Iterable[UUID]
) -> list[DistributionConfirmation]:
    """Give who confirmed runs, in the order of confirming."""
    rows = await session.scalars(
        select(DistributionConfirmation)
        .where(col(DistributionConfirmation.run_id).in_(list(run_ids)))
        .order_by(col(DistributionConfirmation.confirmed_at))
    )
    return list(rows)


async def events_of_run(session: AsyncSession, run_id: UUID) -> list[RevenueEvent]:
    """Give the income that a run shares out, in its order."""
    rows = await session.scalars(
        select(RevenueEvent)
        .join(DistributionRunEvent, col(DistributionRunEvent.event_id) == col(RevenueEvent.id))
        .where(col(DistributionRunEvent.run_id) == run_id)
        .order_by(col(DistributionRunEvent.place))
    )
    return list(rows)


async def event_ids_of(session: AsyncSession, run_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Give the ids of the income that runs share out."""
    rows = await session.execute(
        rows_of(col(DistributionRunEvent.run_id), col(DistributionRunEvent.event_id))
        .where(col(DistributionRunEvent.run_id).in_(list(run_ids)))
        .order_by(col(DistributionRunEvent.run_id), col(DistributionRunEvent.place))
    )
    grouped: dict[UUID, list[UUID]] = {}
    for run_id, event_id in rows:
        grouped.setdefault(run_id, []).append(event_id)
    return grouped


async def run_events(session: AsyncSession, run_id: UUID) -> list[DistributionRunEvent]:
    """Give the rows that tie income to a run."""
    rows = await session.scalars(
        select(DistributionRunEvent).where(col(DistributionRunEvent.run_id) == run_id)
    )
    return list(rows)


async def standing_elsewhere(
    session: AsyncSession, event_ids: Sequence[UUID], run_id: UUID | None = None
) -> set[UUID]:
    """Name the events that another standing run shares out."""
    statement = select(col(DistributionRunEvent.event_id)).where(
        col(DistributionRunEvent.event_id).in_(event_ids), col(DistributionRunEvent.standing)
    )
    if run_id is not None:
        statement = statement.where(col(DistributionRunEvent.run_id) != run_id)
    return set(await session.scalars(statement))


async def carries_for_update(
    session: AsyncSession, asset_ids: Iterable[UUID]
) -> dict[tuple[UUID, UUID], ShareCarry]:
    """Load and lock what rounding owes in these assets, by asset and party."""
    rows = await session.scalars(
        select(ShareCarry)
        .where(col(ShareCarry.scope_id).in_(set(asset_ids)))
        .order_by(col(ShareCarry.scope_id), col(ShareCarry.party_id))
        .with_for_update()
    )
    return {(row.scope_id, row.party_id): row for row in rows}


async def inputs(session: AsyncSession, events: Sequence[RevenueEvent]) -> Inputs:
    """Gather what the plan for these events rests on, as known now: by set, however many."""
    owned = await assets.ownership_on_days(session, {(e.asset_id, e.received_on) for e in events})
    orgs = await organizations_of(session, {owner for o in owned.values() for owner, _ in o.shares})
    terms = await agreements.in_force_on_days(
        session, events[0].center_id, {e.received_on for e in events}
    )
    makers = await rewards.makers_of(session, {e.asset_id for e in events})
    people = {
        asset_id: tuple(Inventor(one.person_id, one.org_id, one.share_ppm) for one in rows)
        for asset_id, rows in makers.items()
    }
    carries = await carries_for_update(session, {e.asset_id for e in events})
    deductions = await revenue.deductions_of(session, [e.id for e in events])
    uscc = {org_id: org.uscc for org_id, org in orgs.items()}
    incomes = []
    for event in events:
        ownership = owned.get((event.asset_id, event.received_on))
        if ownership is None:
            continue
        signed = terms[event.received_on]
        order = _tie_order(ownership, signed.parties if signed else (), uscc)
        carry = {
            owner: Fraction(row.millionths, WHOLE_PPM)
            for owner in order
            if (row := carries.get((event.asset_id, owner))) is not None
        }
        incomes.append(
            Income(
                event_id=event.id,
                asset_id=event.asset_id,
                kind=event.kind,
                gross_fen=event.gross_fen,
                deductions=tuple(
                    Deduction(d.kind, d.amount_fen, d.clause) for d in deductions.get(event.id, [])
                ),
                net_fen=event.net_fen,
                received_on=event.received_on,
                version_id=ownership.version_id,
                origin_id=ownership.origin_id,
                shares=ownership.shares,
                order=order,
                carry=carry,
                inventors=people.get(event.asset_id, ()),
            )
        )
    latest = terms[max(e.received_on for e in events)]
    return Inputs(
        incomes=tuple(incomes),
        owner_types={i: owner_type(org.org_type, org.uscc) for i, org in orgs.items()},
        agreed_ppm=dict(latest.reward_rates) if latest else {},
        legal_persons=frozenset(
            i for i, org in orgs.items() if org.legal_person_kind not in {"consortium", "none"}
        ),
        without_owners=tuple(e.id for e in events if (e.asset_id, e.received_on) not in owned),
    )


def _tie_order(
    ownership: Owned, signed_order: Sequence[UUID], uscc: dict[UUID, str]
) -> tuple[UUID, ...]:
    """Order owners by their place in the signed agreement, then by USCC (C7-4)."""
    places = {party: place for place, party in enumerate(signed_order)}
    last = len(places)
    return tuple(
        sorted(
            (owner for owner, _ in ownership.shares),
            key=lambda owner: (places.get(owner, last), uscc.get(owner, ""), str(owner)),
        )
    )
