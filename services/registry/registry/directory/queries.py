"""Entries for the other services' copies, and which centres an organization belongs to."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.base import Base
from registry.centers.queries import spoken_for_by
from registry.centers.tables import Center
from registry.entities.queries import agreed_by
from registry.memberships.rules import State
from registry.memberships.tables import Membership
from registry.organizations import queries as organizations
from shared.auth import Actor, OrgIds
from shared.calendar import day_of, end_of_day
from shared.clock import Clock
from shared.database.resources import Audience, belongs_to, tables_of
from shared.events.paging import FeedScope
from shared.events.resources import PART
from shared.events.tables import Event, EventPosition

# Who was invited and never confirmed has never been a member.
MEMBERS: Final = (State.CONFIRMED, State.ACTIVE, State.LEAVING, State.LEFT, State.EXPELLED)
# What an agency's system may follow without being part of a centre (X16).
AGENCY_EVENTS: Final = frozenset(
    {
        "center.listed",
        "notice.opened",
        "notice.closed",
        "product.catalogued",
        "product.removed",
        "first_purchase.recorded",
        "first_purchase.withdrawn",
    }
)

FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
# What every caller may read of a resource by its own address anyway.
PUBLIC: Final = frozenset({"public_notice"})


def centers_of(org_ids: OrgIds, today: date) -> Any:  # noqa: ANN401 - a subselect
    """Select the ids of the centres to which one of these organizations belongs on a day."""
    as_member = select(Membership.center_id).where(
        col(Membership.org_id).in_(org_ids),
        col(Membership.state).in_(MEMBERS),
        or_(col(Membership.joined_on).is_(None), col(Membership.joined_on) <= today),
        or_(col(Membership.left_on).is_(None), col(Membership.left_on) >= today),
    )
    return select(Center.id).where(or_(col(Center.id).in_(as_member), spoken_for_by(org_ids)))


async def center_ids_of(
    session: AsyncSession, org_ids: Collection[UUID], today: date
) -> frozenset[UUID]:
    """Give the ids of the centres to which one of these organizations belongs on a day."""
    return frozenset((await session.scalars(centers_of(org_ids, today))).all())


async def acting_for(session: AsyncSession, org_id: UUID) -> frozenset[UUID]:
    """Name the organizations for which one acts: itself, and those in whose place it stands."""
    return await organizations.predecessor_ids(session, org_id) | {org_id}


async def leads(session: AsyncSession, org_id: UUID, lead_org_id: UUID) -> bool:
    """Tell whether an organization agreed to carry a centre that another one leads.

    Being named is not enough: a draft may name anybody.
    """
    org_ids = await acting_for(session, org_id)
    statement = select(Center.id).where(
        col(Center.lead_sponsor_id).in_(await acting_for(session, lead_org_id)),
        col(Center.legal_entity_id).in_(org_ids),
        col(Center.id).in_(agreed_by(org_ids)),
    )
    return await session.scalar(statement.limit(1)) is not None


async def organization_entry(session: AsyncSession, org_id: UUID) -> dict[str, Any]:
    """Give an organization's entry; NOT_FOUND when there is none."""
    return organizations.directory_entry(await organizations.organization_found(session, org_id))


async def position_of(session: AsyncSession, event_type: str, subject_id: UUID) -> int:
    """Give the feed position of the newest announcement of an entry, 0 before there is one.

    The entry may be newer than its position: then the announcement that follows brings the same.
    """
    statement = (
        select(func.max(EventPosition.position))
        .join(Event, col(Event.id) == col(EventPosition.event_id))
        .where(col(Event.subject_id) == subject_id, col(Event.type) == event_type)
    )
    return await session.scalar(statement) or 0


async def feed_scope(session: AsyncSession, actor: Actor) -> FeedScope:
    """Tell which events a caller may follow."""
    [scope] = await feed_scopes(session, [actor])
    return scope


async def feed_scopes(session: AsyncSession, actors: Sequence[Actor]) -> list[FeedScope]:
    """Tell which events each may follow: services and officials all, members their centres'.

    Who has left a centre reads what was recorded there up to its last day, and nothing newer (X04).
    Two statements answer for all of them.
    """
    members = [actor for actor in actors if not actor.has("service", "official")]
    org_ids = frozenset[UUID]().union(*(actor.org_ids for actor in members))
    clock: Clock = session.info["clock"]
    places = await _places_of(session, org_ids, day_of(clock.now()))
    return [_scope_of(actor, places) for actor in actors]


@dataclass(slots=True)
class _Places:
    """Where organizations have a part, each by itself: today, until a day, and as who runs it."""

    belongs: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    left: dict[UUID, list[tuple[UUID, date]]] = field(default_factory=lambda: defaultdict(list))
    runs: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))


async def _places_of(session: AsyncSession, org_ids: Collection[UUID], today: date) -> _Places:
    places = _Places()
    if not org_ids:
        return places
    parts = sa_select(
        col(Membership.org_id),
        col(Membership.center_id),
        col(Membership.joined_on),
        col(Membership.left_on),
    ).where(col(Membership.org_id).in_(org_ids), col(Membership.state).in_(MEMBERS))
    for org_id, center_id, joined, left in (await session.execute(parts)).all():
        if left is not None and left < today:
            places.left[org_id].append((center_id, left))
        elif joined is None or joined <= today:
            places.belongs[org_id].add(center_id)
    run = sa_select(
        col(Center.id),
        col(Center.lead_sponsor_id),
        col(Center.legal_entity_id),
        col(Center.trustee_org_id),
    ).where(spoken_for_by(org_ids))
    for center_id, *runners in (await session.execute(run)).all():
        for runner in runners:
            if runner is not None:
                places.runs[runner].add(center_id)
    return places


def _scope_of(actor: Actor, places: _Places) -> FeedScope:
    if actor.has("service"):
        return FeedScope(everything=True, metadata=Base.metadata)
    if actor.has("official"):
        return FeedScope(
            everything=True, in_full=_disclosed, readable=_disclosed, metadata=Base.metadata
        )
    none = frozenset[UUID]()
    operated = none.union(*(places.runs.get(one, none) for one in actor.org_ids))
    centers = operated.union(*(places.belongs.get(one, none) for one in actor.org_ids))
    last: dict[UUID, date] = {}
    for org_id in actor.org_ids:
        for center_id, day in places.left.get(org_id, ()):
            last[center_id] = max(day, last.get(center_id, day))
    members = centers | last.keys()
    seen = {Audience.MEMBERS: members, Audience.OPERATORS: operated, Audience.OFFICIALS: none}
    types: Collection[str] = AGENCY_EVENTS if actor.has("agency") else ()

    async def in_full(session: AsyncSession, events: Sequence[Event]) -> frozenset[UUID]:
        del session
        audiences = _audiences()
        return frozenset(
            event.id
            for event in events
            if (kind := event.data[PART]["kind"]) in PUBLIC
            or event.center_id in seen[audiences[kind]]
        )

    return FeedScope(
        center_ids=centers,
        former={center_id: end_of_day(day) for center_id, day in last.items()},
        types=frozenset(types),
        in_full=in_full,
        metadata=Base.metadata,
    )


async def _disclosed(session: AsyncSession, events: Sequence[Event]) -> frozenset[UUID]:
    """Name the events that officials read in full: of a centre, those since it was submitted.

    What an applicant wrote before that is its own draft (X04); what is listed without one is none.
    """
    centers = {event.id: _center_of(event) for event in events}
    statement = select(Center.id, Center.disclosed_at).where(
        col(Center.id).in_(set(centers.values()) - {None}),
        or_(col(Center.disclosed_at).is_not(None), col(Center.listed_on).is_not(None)),
    )
    since = {row[0]: row[1] or FIRST for row in (await session.execute(statement)).all()}
    return frozenset(
        event.id
        for event in events
        if (
            _is_nobodys(event)
            if (center_id := centers[event.id]) is None
            else center_id in since and event.recorded_at >= since[center_id]
        )
    )


def _is_nobodys(event: Event) -> bool:
    """Tell whether what no centre is named for hangs on none: it says so, or never does."""
    part = event.data.get(PART)
    if part is None:
        return True
    return "center_id" in part.get("state", {}) or part["kind"] not in _of_centers()


@cache
def _audiences() -> Mapping[str, Audience]:
    return {declared.kind: declared.audience for declared, _ in tables_of(Base.metadata)}


@cache
def _of_centers() -> frozenset[str]:
    tables = tables_of(Base.metadata)
    return frozenset(one.kind for one, table in tables if belongs_to(table, "center"))


def _center_of(event: Event) -> UUID | None:
    if event.center_id is not None:
        return event.center_id
    part = event.data.get(PART, {})
    if part.get("kind") == "center" or event.type.startswith("center."):
        return event.subject_id
    named = part.get("state", {}).get("center_id") or event.data.get("center_id")
    return None if named is None else UUID(named)
