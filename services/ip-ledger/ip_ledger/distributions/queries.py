"""What a run rests on, and who may see it: officials, the centre, and who is paid by it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Select, and_, exists, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.assets import queries as assets
from ip_ledger.assets.queries import Owned
from ip_ledger.distributions.plan_rules import Income, Inventor, OwnerType, owner_type
from ip_ledger.distributions.rules import RunKind, State
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
    legal_persons: frozenset[UUID]
    without_owners: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is not so: owners of assets from days on, and what is taken off income that is not.

    `shares` hold, by asset, the days from which owners are supposed, with their shares.
    """

    shares: Mapping[UUID, Sequence[tuple[date, tuple[tuple[UUID, int], ...]]]]
    deductions: Mapping[UUID, tuple[Deduction, ...]]

    def owned(self, events: Iterable[RevenueEvent]) -> dict[tuple[UUID, date], Owned]:
        """Give the supposed owners of events' assets on their days, where there are such."""
        found: dict[tuple[UUID, date], Owned] = {}
        for event in events:
            known = [
                one for one in self.shares.get(event.asset_id, ()) if one[0] <= event.received_on
            ]
            if known:
                first, shares = max(known)
                version = uuid5(event.asset_id, f"supposed from {first.isoformat()}")
                found[event.asset_id, event.received_on] = Owned(
                    version_id=version,
                    asset_id=event.asset_id,
                    center_id=event.center_id,
                    shares=shares,
                    origin_id=version,
                    number=0,
                    agreement_id=None,
                    valid_from=first,
                    valid_until=None,
                )
        return found


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return ~true()
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    payee = exists().where(
        col(DistributionLine.run_id) == col(DistributionRun.id),
        col(DistributionLine.payee_id).in_(actor.org_ids),
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


async def corrected_for_update(
    session: AsyncSession, run: DistributionRun
) -> DistributionRun | None:
    """Load and lock the run that a correcting one takes the place of."""
    if run.corrects_id is None:
        return None
    statement = select(DistributionRun).where(col(DistributionRun.id) == run.corrects_id)
    return await session.scalar(statement.with_for_update())


async def runs_by_id(session: AsyncSession, run_ids: Iterable[UUID]) -> list[DistributionRun]:
    """Give runs in the order in which they were drafted, whoever asks."""
    rows = await session.scalars(
        select(DistributionRun)
        .where(col(DistributionRun.id).in_(list(run_ids)))
        .order_by(col(DistributionRun.drafted_at), col(DistributionRun.id))
    )
    return list(rows)


async def events_of_runs(
    session: AsyncSession, run_ids: Iterable[UUID]
) -> list[tuple[UUID, RevenueEvent]]:
    """Give the income that runs share out, each with its run, in their order."""
    rows = await session.execute(
        rows_of(col(DistributionRunEvent.run_id), RevenueEvent)
        .join(RevenueEvent, col(DistributionRunEvent.event_id) == col(RevenueEvent.id))
        .where(col(DistributionRunEvent.run_id).in_(list(run_ids)))
        .order_by(col(DistributionRunEvent.run_id), col(DistributionRunEvent.place))
    )
    return [(run_id, event) for run_id, event in rows]


async def corrected_ids(session: AsyncSession, run_ids: Iterable[UUID]) -> set[UUID]:
    """Name those of the runs that a correcting run is on its way for, or done."""
    rows = await session.scalars(
        select(col(DistributionRun.corrects_id)).where(
            col(DistributionRun.corrects_id).in_(list(run_ids)),
            col(DistributionRun.state) != State.CANCELLED,
        )
    )
    return {row for row in rows if row is not None}


async def is_corrected(session: AsyncSession, run_id: UUID) -> bool:
    """Tell whether a correcting run is on its way, or done."""
    return run_id in await corrected_ids(session, [run_id])


def visible_runs(actor: Actor, **filters: object) -> Select[Any]:
    """Give the select of the runs that the actor may see."""
    statement = select(DistributionRun).where(_visible(actor))
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(DistributionRun, name) == value)
    return statement


def stood(on: date | None, as_of: datetime | None) -> ColumnElement[bool]:
    """Give the condition that a run was paid and not undone on a day, as known at an instant."""
    undoing = aliased(DistributionRun)

    def known(run: type[DistributionRun]) -> list[ColumnElement[bool]]:
        limits: list[ColumnElement[bool]] = [col(run.paid_at).is_not(None)]
        if on is not None:
            limits.append(col(run.paid_on) <= on)
        if as_of is not None:
            limits.append(col(run.paid_at) <= as_of)
        return limits

    undone = exists().where(col(undoing.reverses_id) == col(DistributionRun.id), *known(undoing))
    return and_(col(DistributionRun.kind) == RunKind.DISTRIBUTION, *known(DistributionRun), ~undone)


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


async def carries_of(
    session: AsyncSession, asset_ids: Iterable[UUID], *, locked: bool
) -> dict[tuple[UUID, UUID], ShareCarry]:
    """Load what rounding owes in these assets, by asset and party."""
    statement = (
        select(ShareCarry)
        .where(col(ShareCarry.scope_id).in_(set(asset_ids)))
        .order_by(col(ShareCarry.scope_id), col(ShareCarry.party_id))
    )
    rows = await session.scalars(statement.with_for_update() if locked else statement)
    return {(row.scope_id, row.party_id): row for row in rows}


async def carried_by(session: AsyncSession, run_id: UUID) -> dict[tuple[UUID, UUID], int]:
    """Give what a run changed of what rounding owes, by asset and party."""
    return carry_changes(await lines_of(session, [run_id]))


def carry_changes(lines: Iterable[DistributionLine]) -> dict[tuple[UUID, UUID], int]:
    """Add up what lines changed of what rounding owes, by asset and party."""
    changes: dict[tuple[UUID, UUID], int] = {}
    for line in lines:
        key = (line.asset_id, line.payee_id)
        changes[key] = changes.get(key, 0) + line.carry_change
    return changes


async def inputs(
    session: AsyncSession,
    events: Sequence[RevenueEvent],
    *,
    locked: bool = True,
    supposed: Supposed | None = None,
) -> Inputs:
    """Gather what the plan for these events rests on, as known now: by set, however many.

    What rounding owes is locked, unless nothing will be written. What is `supposed` takes the place
    of what is so.
    """
    owned = await assets.ownership_on_days(session, {(e.asset_id, e.received_on) for e in events})
    if supposed is not None:
        owned |= supposed.owned(events)
    orgs = await organizations_of(session, {owner for o in owned.values() for owner, _ in o.shares})
    terms = await agreements.in_force_on_days(
        session, events[0].center_id, {e.received_on for e in events}
    )
    makers = await rewards.makers_on(session, {(e.asset_id, e.received_on) for e in events})
    people = {
        place: tuple(Inventor(one.person_id, one.org_id, one.share_ppm) for one in rows)
        for place, rows in makers.items()
    }
    carries = await carries_of(session, {e.asset_id for e in events}, locked=locked)
    owed: dict[UUID, dict[UUID, Fraction]] = {}
    for (asset_id, party), row in carries.items():
        owed.setdefault(asset_id, {})[party] = Fraction(row.millionths, WHOLE_PPM)
    staying = await _staying(session, events, owned, owed, supposed)
    deductions = await revenue.deductions_of(session, [e.id for e in events])
    uscc = {org_id: org.uscc for org_id, org in orgs.items()}
    incomes = []
    for event in events:
        ownership = owned.get((event.asset_id, event.received_on))
        if ownership is None:
            continue
        signed = terms[event.received_on]
        order = _tie_order(ownership, signed.parties if signed else (), uscc)
        incomes.append(
            Income(
                event_id=event.id,
                asset_id=event.asset_id,
                kind=event.kind,
                gross_fen=event.gross_fen,
                deductions=supposed.deductions[event.id]
                if supposed is not None and event.id in supposed.deductions
                else tuple(
                    Deduction(d.kind, d.amount_fen, d.clause) for d in deductions.get(event.id, [])
                ),
                net_fen=event.net_fen,
                received_on=event.received_on,
                version_id=ownership.version_id,
                origin_id=ownership.origin_id,
                shares=ownership.shares,
                order=order,
                carry=owed.get(event.asset_id, {}),
                staying=staying.get((event.asset_id, event.received_on), frozenset()),
                inventors=people[event.asset_id, event.received_on],
                agreed_ppm=dict(signed.reward_rates) if signed else {},
            )
        )
    return Inputs(
        incomes=tuple(incomes),
        owner_types={i: owner_type(org.org_type, org.uscc) for i, org in orgs.items()},
        legal_persons=frozenset(
            i for i, org in orgs.items() if org.legal_person_kind not in {"consortium", "none"}
        ),
        without_owners=tuple(e.id for e in events if (e.asset_id, e.received_on) not in owned),
    )


async def _staying(
    session: AsyncSession,
    events: Sequence[RevenueEvent],
    owned: Mapping[tuple[UUID, date], Owned],
    owed: Mapping[UUID, Mapping[UUID, Fraction]],
    supposed: Supposed | None,
) -> dict[tuple[UUID, date], frozenset[UUID]]:
    """Name, by asset and day, who owns it on a later day, among others than the day's own owners.

    Nobody asks where all of an asset's income, and all that rounding owes, is of the day's owners:
    that is nearly always so.
    """
    concerned: dict[UUID, set[UUID]] = {key: set(owing) for key, owing in owed.items()}
    for (asset_id, _), one in owned.items():
        concerned.setdefault(asset_id, set()).update(owner for owner, _ in one.shares)
    wanted = {
        (event.asset_id, event.received_on)
        for event in events
        if (here := owned.get((event.asset_id, event.received_on))) is not None
        and not concerned[event.asset_id] <= {owner for owner, _ in here.shares}
    }
    if not wanted:
        return {}
    rows = await assets.owners_until(session, {asset_id for asset_id, _ in wanted})
    staying = {}
    for asset_id, day in wanted:
        what_if = () if supposed is None else supposed.shares.get(asset_id, ())
        later = {owner for first, shares in what_if if day < first for owner, _ in shares}
        # From the first supposed day on nobody owns it but those who are supposed to.
        if not any(first <= day for first, _ in what_if):
            later |= {o for o, before in rows.get(asset_id, ()) if before is None or day < before}
        staying[asset_id, day] = frozenset(later)
    return staying


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
