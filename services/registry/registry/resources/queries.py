"""What is read of resources and services, and who may see what.

Whoever belongs to a centre sees what it shares; what is shared with everyone, anyone signed in
sees as long as it is open and the centre stands. Officials and services see all (X04).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, exists, false, func, or_, true
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.queries import spoken_for_by
from registry.centers.rules import ACTIVE, ENDED, Stage
from registry.centers.tables import Center
from registry.directory.queries import centers_of
from registry.facts.queries import periods_of
from registry.facts.rules import BOOKED, FactKind, Period
from registry.facts.tables import Fact
from registry.memberships.queries import members_on
from registry.memberships.tables import Membership
from registry.organizations.queries import (
    standing_for,
    successor_ids,
    valid_qualification_ids,
)
from registry.organizations.rules import search_pattern
from registry.organizations.tables import Organization
from registry.resources.rules import BookingState, ResourceType, ServiceCode, SharingScope
from registry.resources.tables import ResourceBooking, ServiceOffering, SharedResource
from shared.auth import Actor
from shared.calendar import SHANGHAI
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Place:
    """A centre as it stands to an organization that shares something at it."""

    stage: Stage
    operates: bool
    org_ids: frozenset[UUID]


def standing_centers() -> SelectOfScalar[UUID]:
    """Select the listed centres that neither are suspended nor have ended."""
    return select(Center.id).where(
        col(Center.listed_on).is_not(None), col(Center.stage).in_(ACTIVE)
    )


async def place_of(session: AsyncSession, actor: Actor, center_id: UUID, today: date) -> Place:
    """Tell what a centre is to the actor's organization, and who belongs to it today."""
    statement = select(Center, spoken_for_by(actor.org_ids)).where(col(Center.id) == center_id)
    row = found((await session.execute(statement)).first())
    center, operates = row[0], bool(row[1])
    owners = (center.lead_sponsor_id, center.legal_entity_id, center.trustee_org_id)
    members = await members_on(session, center_id, today)
    own = frozenset({*members, *(owner for owner in owners if owner is not None)})
    return Place(center.stage, operates, own | await successor_ids(session, own))


def _shared_with_all() -> ColumnElement[bool]:
    return and_(
        col(SharedResource.scope) == SharingScope.PUBLIC,
        col(SharedResource.is_open),
        col(SharedResource.center_id).in_(standing_centers()),
    )


def visible_to(actor: Actor, today: date) -> ColumnElement[bool]:
    """Give the condition under which the actor may see a resource (X04)."""
    if actor.has("official", "service"):
        return true()
    return or_(
        _shared_with_all(),
        col(SharedResource.org_id).in_(actor.org_ids),
        col(SharedResource.center_id).in_(centers_of(actor.org_ids, today)),
    )


def narrowed(
    statement: SelectOfScalar[SharedResource],
    center_id: UUID | None = None,
    resource_type: ResourceType | None = None,
    text: str | None = None,
) -> SelectOfScalar[SharedResource]:
    """Narrow a select of resources to what is asked; a text is part of name or description."""
    if center_id is not None:
        statement = statement.where(col(SharedResource.center_id) == center_id)
    if resource_type is not None:
        statement = statement.where(col(SharedResource.resource_type) == resource_type)
    if text is not None:
        statement = statement.where(_contains(col(SharedResource.search_key), text))
    return statement


def _contains(key: Any, text: str) -> ColumnElement[bool]:  # noqa: ANN401 - a column of text
    pattern = search_pattern(text)
    contained: ColumnElement[bool] = false() if pattern is None else key.like(pattern)
    return contained


def resources(actor: Actor, today: date) -> SelectOfScalar[SharedResource]:
    """Select the resources that the actor may see."""
    return select(SharedResource).where(visible_to(actor, today))


def public_resources() -> SelectOfScalar[SharedResource]:
    """Select what is shared with everyone, by centres that stand (A072)."""
    return select(SharedResource).where(_shared_with_all())


async def resource_seen(
    session: AsyncSession, actor: Actor, resource_id: UUID, today: date
) -> SharedResource:
    """Give a resource that the actor may see; NOT_FOUND otherwise."""
    statement = resources(actor, today).where(col(SharedResource.id) == resource_id)
    return found(await session.scalar(statement))


async def resource_for_update(
    session: AsyncSession, actor: Actor, resource_id: UUID, today: date
) -> SharedResource:
    """Load and lock a resource that the actor may see."""
    statement = resources(actor, today).where(col(SharedResource.id) == resource_id)
    return found(await session.scalar(statement.with_for_update()))


async def resource_found(session: AsyncSession, resource_id: UUID) -> SharedResource:
    """Give a resource that something hangs on."""
    return found(await session.get(SharedResource, resource_id))


def bookings(actor: Actor, resource_id: UUID | None = None) -> SelectOfScalar[ResourceBooking]:
    """Select bookings: one's own organization's, of what it shares or operates; officials all."""
    statement = select(ResourceBooking)
    if not actor.has("official", "service"):
        owned = select(SharedResource.id).where(
            or_(
                col(SharedResource.org_id).in_(actor.org_ids),
                col(SharedResource.center_id).in_(
                    select(Center.id).where(spoken_for_by(actor.org_ids))
                ),
            )
        )
        statement = statement.where(
            or_(
                col(ResourceBooking.user_org_id).in_(actor.org_ids),
                col(ResourceBooking.resource_id).in_(owned),
            )
        )
    if resource_id is not None:
        statement = statement.where(col(ResourceBooking.resource_id) == resource_id)
    return statement


async def booking_for_update(
    session: AsyncSession, actor: Actor, booking_id: UUID
) -> ResourceBooking:
    """Load and lock a booking that concerns the actor's organization."""
    statement = bookings(actor).where(col(ResourceBooking.id) == booking_id)
    return found(await session.scalar(statement.with_for_update()))


async def next_start(session: AsyncSession, booking: ResourceBooking) -> datetime | None:
    """Tell when the thing was booked next after a booking's end, if it was."""
    statement = select(func.min(col(ResourceBooking.starts_at))).where(
        col(ResourceBooking.resource_id) == booking.resource_id,
        col(ResourceBooking.starts_at) >= booking.ends_at,
        col(ResourceBooking.state) != BookingState.CANCELLED,
    )
    found_at: datetime | None = await session.scalar(statement)
    return found_at


async def untold_uses(
    session: AsyncSession, after: UUID | None, limit: int
) -> list[tuple[ResourceBooking, SharedResource]]:
    """Lock the uses that no fact tells, in the order of ids, with their resources.

    Left out are those of centres that are suspended, and what a fact tells that was posted by
    hand: of the same thing, by the same user, on the same day.
    """
    day = func.date(func.timezone(SHANGHAI.key, col(ResourceBooking.starts_at)))
    by_hand = exists(
        select(Fact.id)
        .join(Organization, col(Organization.id) == col(ResourceBooking.user_org_id))
        .where(
            col(Fact.center_id) == col(SharedResource.center_id),
            col(Fact.kind) == FactKind.RESOURCE_USAGE,
            col(Fact.occurred_on) == day,
            col(Fact.payload)["resource_id"].astext == cast(col(SharedResource.id), Text),
            col(Fact.payload)["user_uscc"].astext == col(Organization.uscc),
            ~col(Fact.external_id).startswith(BOOKED),
        )
    )
    statement = (
        sa_select(ResourceBooking, SharedResource)
        .join(SharedResource, col(SharedResource.id) == col(ResourceBooking.resource_id))
        .join(Center, col(Center.id) == col(SharedResource.center_id))
        .where(
            col(ResourceBooking.state) == BookingState.USED,
            col(ResourceBooking.usage_fact_id).is_(None),
            col(Center.stage) != Stage.SUSPENDED,
            ~by_hand,
        )
        .order_by(col(ResourceBooking.id))
        .limit(limit)
        .with_for_update(of=ResourceBooking, skip_locked=True)
    )
    if after is not None:
        statement = statement.where(col(ResourceBooking.id) > after)
    return [(booking, resource) for booking, resource in (await session.execute(statement)).all()]


@dataclass(frozen=True, slots=True)
class Belonging:
    """Who runs each centre, and for which days organizations belonged to it."""

    operators: Mapping[UUID, UUID]
    periods: Mapping[tuple[UUID, UUID], tuple[Period, ...]]


async def belonging(
    session: AsyncSession, center_ids: Collection[UUID], org_ids: Collection[UUID]
) -> Belonging:
    """Tell who runs centres, and when organizations belonged to them.

    Who runs a centre belongs to it always; who stands in a member's place, as that member did.
    """
    owners = (Center.legal_entity_id, Center.trustee_org_id, Center.lead_sponsor_id)
    columns: list[Any] = [col(Center.id), *owners]
    statement = sa_select(*columns).where(col(Center.id).in_(center_ids))
    operators: dict[UUID, UUID] = {}
    periods = dict(await periods_of(session, center_ids, org_ids))
    for center_id, *named in (await session.execute(statement)).all():
        known = [org_id for org_id in named if org_id is not None]
        operators[center_id] = known[0]
        periods |= {(center_id, org_id): (Period(None, None),) for org_id in known}
    return Belonging(operators, periods)


def _belongs(center_id: Any, org_id: Any, today: date) -> ColumnElement[bool]:  # noqa: ANN401 - columns
    """Give the condition that an organization belongs to a centre, which stands."""
    member = exists(
        select(Membership.id).where(
            col(Membership.center_id) == center_id,
            or_(
                col(Membership.org_id) == org_id,
                standing_for(col(Membership.org_id)) == org_id,
            ),
            col(Membership.joined_on) <= today,
            or_(col(Membership.left_on).is_(None), col(Membership.left_on) >= today),
        )
    )
    owners = (Center.lead_sponsor_id, Center.legal_entity_id, Center.trustee_org_id)
    runs = exists(
        select(Center.id).where(
            col(Center.id) == center_id,
            or_(
                *(col(owner) == org_id for owner in owners),
                *(standing_for(col(owner)) == org_id for owner in owners),
            ),
        )
    )
    stands = center_id.in_(select(Center.id).where(col(Center.stage).not_in(ENDED)))
    return and_(stands, or_(runs, member))


def _owner_belongs(row: type[SharedResource | ServiceOffering], today: date) -> ColumnElement[bool]:
    """Give the condition that the owner of what is shared belongs to its centre, which stands."""
    return _belongs(col(row.center_id), col(row.org_id), today)


def _user_left(today: date) -> ColumnElement[bool]:
    """Give the condition that a member has left which booked what members share among themselves.

    Who never was a member booked it while it was shared with everyone, and keeps what it booked.
    """
    center_id, user_id = col(SharedResource.center_id), col(ResourceBooking.user_org_id)
    was_member = exists(
        select(Membership.id).where(
            col(Membership.center_id) == center_id,
            or_(
                col(Membership.org_id) == user_id,
                standing_for(col(Membership.org_id)) == user_id,
            ),
            col(Membership.left_on) < today,
        )
    )
    return and_(
        col(SharedResource.scope) == SharingScope.MEMBERS,
        was_member,
        ~_belongs(center_id, user_id, today),
    )


async def resources_left(
    session: AsyncSession, today: date, limit: int
) -> Sequence[SharedResource]:
    """Lock what is open at a centre that has ended, or that its owner does not belong to (C2)."""
    statement = (
        select(SharedResource)
        .where(col(SharedResource.is_open), ~_owner_belongs(SharedResource, today))
        .order_by(col(SharedResource.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def offerings_left(
    session: AsyncSession, today: date, limit: int
) -> Sequence[ServiceOffering]:
    """Lock what is offered at a centre that has ended, or that its provider does not belong to."""
    statement = (
        select(ServiceOffering)
        .where(col(ServiceOffering.is_open), ~_owner_belongs(ServiceOffering, today))
        .order_by(col(ServiceOffering.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def bookings_left(
    session: AsyncSession, today: date, now: datetime, limit: int
) -> list[tuple[ResourceBooking, SharedResource, bool]]:
    """Lock the bookings to come of what nobody of a standing centre shares with the user any more.

    Tells of each whether its owner still shares it, so that its user is who left.
    """
    shared_still = _owner_belongs(SharedResource, today)
    statement = (
        sa_select(ResourceBooking, SharedResource, shared_still)
        .join(SharedResource, col(SharedResource.id) == col(ResourceBooking.resource_id))
        .where(
            col(ResourceBooking.state) == BookingState.BOOKED,
            col(ResourceBooking.starts_at) > now,
            or_(~shared_still, _user_left(today)),
        )
        .order_by(col(ResourceBooking.id))
        .limit(limit)
        .with_for_update(of=ResourceBooking, skip_locked=True)
    )
    rows = (await session.execute(statement)).all()
    return [(booking, resource, bool(shared)) for booking, resource, shared in rows]


def busy(resource_id: UUID, first: datetime, last: datetime) -> SelectOfScalar[ResourceBooking]:
    """Select the bookings that take a resource in a time."""
    return select(ResourceBooking).where(
        col(ResourceBooking.resource_id) == resource_id,
        col(ResourceBooking.state) != BookingState.CANCELLED,
        col(ResourceBooking.starts_at) < last,
        col(ResourceBooking.ends_at) > first,
    )


def shown(today: date) -> ColumnElement[bool]:
    """Give the condition under which everyone sees an offering (A070).

    It is open, its centre stands, and the paper that it rests on holds: the last day counts.
    """
    return and_(
        col(ServiceOffering.is_open),
        col(ServiceOffering.center_id).in_(standing_centers()),
        or_(
            col(ServiceOffering.qualification_id).is_(None),
            col(ServiceOffering.qualification_id).in_(valid_qualification_ids(today)),
        ),
    )


def offerings(actor: Actor, today: date) -> SelectOfScalar[ServiceOffering]:
    """Select the offerings that the actor may see: hidden ones only at its own centres."""
    statement = select(ServiceOffering)
    if actor.has("official", "service"):
        return statement
    return statement.where(
        or_(
            shown(today),
            col(ServiceOffering.org_id).in_(actor.org_ids),
            col(ServiceOffering.center_id).in_(centers_of(actor.org_ids, today)),
        )
    )


def public_offerings(today: date) -> SelectOfScalar[ServiceOffering]:
    """Select what everyone may ask for (A040, A072)."""
    return select(ServiceOffering).where(shown(today))


def narrowed_offerings(
    statement: SelectOfScalar[ServiceOffering],
    center_id: UUID | None = None,
    code: ServiceCode | None = None,
    text: str | None = None,
) -> SelectOfScalar[ServiceOffering]:
    """Narrow a select of offerings to what is asked."""
    if center_id is not None:
        statement = statement.where(col(ServiceOffering.center_id) == center_id)
    if code is not None:
        statement = statement.where(col(ServiceOffering.code) == code)
    if text is not None:
        statement = statement.where(_contains(col(ServiceOffering.search_key), text))
    return statement


async def offering_seen(
    session: AsyncSession, actor: Actor, offering_id: UUID, today: date
) -> ServiceOffering:
    """Give an offering that the actor may see; NOT_FOUND otherwise."""
    statement = offerings(actor, today).where(col(ServiceOffering.id) == offering_id)
    return found(await session.scalar(statement))


async def offering_for_update(
    session: AsyncSession, actor: Actor, offering_id: UUID, today: date
) -> ServiceOffering:
    """Load and lock an offering that the actor may see."""
    statement = offerings(actor, today).where(col(ServiceOffering.id) == offering_id)
    return found(await session.scalar(statement.with_for_update()))


async def shown_ids(
    session: AsyncSession, offering_ids: Collection[UUID], today: date
) -> frozenset[UUID]:
    """Tell which offerings everyone sees on a day."""
    statement = select(ServiceOffering.id).where(
        col(ServiceOffering.id).in_(offering_ids), shown(today)
    )
    return frozenset((await session.scalars(statement)).all())


async def center_codes(
    session: AsyncSession, center_ids: Collection[UUID]
) -> dict[UUID, tuple[str, str]]:
    """Give code and name of listed centres."""
    statement = select(Center.id, Center.code, Center.name).where(col(Center.id).in_(center_ids))
    return {row[0]: (row[1] or "", row[2]) for row in (await session.execute(statement)).all()}


async def public_center_id(session: AsyncSession, code: str) -> UUID:
    """Give the id of a centre by its public code; NOT_FOUND where it does not stand."""
    statement = standing_centers().where(col(Center.code) == code)
    return found(await session.scalar(statement))
