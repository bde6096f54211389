"""Whose rows are whose: which centres an actor may read and write (X04, X05).

Centres and members come from the local copy of the registry's directory. An organization belongs
to a centre as lead sponsor, as the centre's own legal entity, as its trustee while there is no
entity, or as a member on the day. Whoever stands in an organization's place acts for it here, too:
`Actor.org_ids` holds them all, and `Actor.org_for` says as which of them an owner is met.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.auth import Actor
from shared.directory import (
    ENDED,
    EVER_TOOK_PART,
    TAKING_PART,
    DirectoryCenter,
    DirectoryMembership,
    ended_on,
)
from shared.rules import Kind, Refused, Rule, found

ORGANIZATION: Final = Rule("X04", "delivery")


def own_organization(actor: Actor) -> UUID:
    """Give the actor's organization; one who belongs to none may not act for one (403)."""
    if actor.org_id is None:
        raise Refused([ORGANIZATION.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=False)])
    return actor.org_id


def speaking_as(
    actor: Actor, owners: Iterable[UUID | None], spoken: Iterable[UUID] = ()
) -> UUID | None:
    """Give as which of the owners the actor speaks: first as its own, then in another's place.

    Where each owner speaks once, one that has not spoken yet comes before those that have.
    """
    known = {owner for owner in owners if owner is not None}
    waiting = (known - {*spoken}) & actor.org_ids
    return actor.org_for(*sorted(waiting or known))


def operator_id(center: DirectoryCenter) -> UUID | None:
    """Give the organization that acts for the centre: its legal entity, else its trustee (A053)."""
    return center.legal_entity_id or center.trustee_org_id


def is_operator(center: DirectoryCenter, actor: Actor) -> bool:
    """Tell whether the actor's organization acts for the centre itself."""
    return operator_id(center) in actor.org_ids


def leads(center: DirectoryCenter, actor: Actor) -> bool:
    """Tell whether the actor may act for all: the lead sponsor or the centre's operator."""
    return is_operator(center, actor) or center.lead_sponsor_id in actor.org_ids


def _own(org_ids: Collection[UUID]) -> ColumnElement[bool]:
    return or_(col(DirectoryCenter.lead_sponsor_id).in_(org_ids), operated_by(org_ids))


def operated_by(org_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Give the condition on `DirectoryCenter` that one of these is its entity, else its trustee."""
    return or_(
        col(DirectoryCenter.legal_entity_id).in_(org_ids),
        and_(
            col(DirectoryCenter.legal_entity_id).is_(None),
            col(DirectoryCenter.trustee_org_id).in_(org_ids),
        ),
    )


def _member_on(org_ids: Collection[UUID], day: date) -> ColumnElement[bool]:
    row = DirectoryMembership
    return exists().where(
        col(row.center_id) == col(DirectoryCenter.id),
        col(row.org_id).in_(org_ids),
        col(row.state).in_(EVER_TOOK_PART),
        or_(col(row.joined_on).is_(None), col(row.joined_on) <= day),
        # `left_on` is the last day of membership.
        or_(
            col(row.left_on) >= day,
            and_(col(row.left_on).is_(None), col(row.state).in_(TAKING_PART)),
            # Who was there at the end of a centre is there for its settlement (C2).
            and_(
                col(DirectoryCenter.stage).in_(ENDED),
                col(row.left_on) == ended_on(col(DirectoryCenter.id)).scalar_subquery(),
            ),
        ),
    )


def belongs(actor: Actor, day: date) -> ColumnElement[bool]:
    """Give the condition on `DirectoryCenter` that the actor's organization takes part that day."""
    if not actor.org_ids:
        return ~true()
    return or_(_own(actor.org_ids), _member_on(actor.org_ids, day))


def may_read(actor: Actor, day: date) -> ColumnElement[bool]:
    """Give the condition on `DirectoryCenter` that its shared rows are the actor's to read."""
    if actor.is_official or actor.has("service"):
        return true()
    return belongs(actor, day)


async def writable_center(
    session: AsyncSession, actor: Actor, center_id: UUID, day: date
) -> DirectoryCenter:
    """Give a centre for which the actor's organization may write on that day, else NOT_FOUND."""
    statement = select(DirectoryCenter).where(
        col(DirectoryCenter.id) == center_id, belongs(actor, day)
    )
    return found(await session.scalar(statement))


async def lock_center(session: AsyncSession, center_id: UUID) -> None:
    """Make changes that concern a whole centre wait for one another, until the commit."""
    statement = select(col(DirectoryCenter.id)).where(col(DirectoryCenter.id) == center_id)
    await session.execute(statement.with_for_update())


async def writable_center_for_update(
    session: AsyncSession, actor: Actor, center_id: UUID, day: date
) -> DirectoryCenter:
    """Give a centre as `writable_center` does, with its lock."""
    await lock_center(session, center_id)
    return await writable_center(session, actor, center_id, day)


async def readable_center(
    session: AsyncSession, actor: Actor, center_id: UUID, day: date
) -> DirectoryCenter:
    """Give a centre whose shared rows the actor may read on that day, else NOT_FOUND."""
    statement = select(DirectoryCenter).where(
        col(DirectoryCenter.id) == center_id, may_read(actor, day)
    )
    return found(await session.scalar(statement))


async def center_of(session: AsyncSession, center_id: UUID) -> DirectoryCenter | None:
    """Give a centre whoever asks, for rules that need its legal entity."""
    return await session.get(DirectoryCenter, center_id)


async def centers_for_writing(
    session: AsyncSession, actor: Actor, center_ids: Iterable[UUID], day: date
) -> dict[UUID, DirectoryCenter]:
    """Give those of the centres for which the actor's organization may write on that day."""
    rows = await session.scalars(
        select(DirectoryCenter).where(
            col(DirectoryCenter.id).in_(set(center_ids)), belongs(actor, day)
        )
    )
    return {row.id: row for row in rows}


async def taking_part(
    session: AsyncSession, centers: Iterable[DirectoryCenter]
) -> dict[UUID, frozenset[UUID]]:
    """Name each centre's organizations now: members, lead sponsor, legal entity, trustee."""
    own = {
        center.id: {center.lead_sponsor_id, center.legal_entity_id, center.trustee_org_id}
        for center in centers
    }
    members = await session.execute(
        select(col(DirectoryMembership.center_id), col(DirectoryMembership.org_id)).where(
            col(DirectoryMembership.center_id).in_(own),
            col(DirectoryMembership.state).in_(TAKING_PART),
        )
    )
    for center_id, org_id in members:
        own[center_id].add(org_id)
    return {key: frozenset(org for org in orgs if org is not None) for key, orgs in own.items()}


def acts_for(org_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Give the condition on `DirectoryCenter` that one of these acts for it: see `leads`."""
    return _own(org_ids)


async def centers_by_id(
    session: AsyncSession, center_ids: Iterable[UUID]
) -> dict[UUID, DirectoryCenter]:
    """Give centres whoever asks, for what is shown of their rows."""
    rows = await session.scalars(
        select(DirectoryCenter).where(col(DirectoryCenter.id).in_(set(center_ids)))
    )
    return {row.id: row for row in rows}
