"""What is read of a centre's bodies, seats, ties and votes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    func,
    literal,
    or_,
    union,
)
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.queries import spoken_for_by
from registry.centers.rules import ENDED
from registry.centers.tables import Center
from registry.governance.rules import (
    BodyKind,
    Resolved,
    Seat,
    Tie,
    TieKind,
    member_class,
)
from registry.governance.tables import (
    BodySeat,
    GovernanceBody,
    PersonTie,
    Resolution,
    SeatFinding,
)
from registry.memberships.rules import JOINED, MembershipRole
from registry.memberships.tables import Membership
from registry.organizations.rules import OrgType
from registry.organizations.tables import Organization
from shared.auth import Actor
from shared.rules import found


async def bodies(session: AsyncSession, center_id: UUID) -> Sequence[GovernanceBody]:
    """Give the bodies of a centre."""
    statement = (
        select(GovernanceBody)
        .where(col(GovernanceBody.center_id) == center_id)
        .order_by(col(GovernanceBody.id))
    )
    return (await session.scalars(statement)).all()


async def body_of(session: AsyncSession, center_id: UUID, body_id: UUID) -> GovernanceBody:
    """Give a body of a centre."""
    statement = select(GovernanceBody).where(
        col(GovernanceBody.id) == body_id, col(GovernanceBody.center_id) == center_id
    )
    return found(await session.scalar(statement))


async def body_seats(session: AsyncSession, body_id: UUID) -> Sequence[BodySeat]:
    """Give the seats of a body, oldest first."""
    statement = select(BodySeat).where(col(BodySeat.body_id) == body_id).order_by(col(BodySeat.id))
    return (await session.scalars(statement)).all()


def held_on(day: date) -> ColumnElement[bool]:
    """Select the seats that are held on a day, both end days included."""
    return and_(
        col(BodySeat.from_on) <= day,
        or_(col(BodySeat.until_on).is_(None), col(BodySeat.until_on) >= day),
    )


def _in_office(center_id: UUID, day: date) -> Select[Any]:
    """Select the body of each kind whose term a day falls into; the one formed last."""
    return (
        sa_select(col(GovernanceBody.id))
        .ext(distinct_on(col(GovernanceBody.kind)))
        .where(
            col(GovernanceBody.center_id) == center_id,
            col(GovernanceBody.term_from) <= day,
            or_(col(GovernanceBody.term_until).is_(None), col(GovernanceBody.term_until) >= day),
        )
        .order_by(col(GovernanceBody.kind), col(GovernanceBody.id).desc())
    )


async def bodies_in_office(
    session: AsyncSession, center_id: UUID, day: date
) -> Mapping[BodyKind, GovernanceBody]:
    """Give the body of each kind that is in office on a day."""
    statement = select(GovernanceBody).where(col(GovernanceBody.id).in_(_in_office(center_id, day)))
    return {body.kind: body for body in (await session.scalars(statement)).all()}


async def seats_on(
    session: AsyncSession, center_id: UUID, day: date
) -> Mapping[BodyKind, Sequence[Seat]]:
    """Give the seats held on a day in the body of each kind in office; both end days count."""
    statement = (
        select(GovernanceBody, BodySeat)
        .join(BodySeat, col(BodySeat.body_id) == col(GovernanceBody.id))
        .where(col(GovernanceBody.id).in_(_in_office(center_id, day)), held_on(day))
    )
    found_seats: dict[BodyKind, list[Seat]] = {kind: [] for kind in BodyKind}
    for body, row in (await session.execute(statement)).all():
        found_seats[body.kind].append(
            Seat(
                row.sector,
                row.org_id,
                row.independent,
                row.appointing_agency,
                flagged=row.flagged_on is not None,
            )
        )
    return found_seats


async def is_in_office(session: AsyncSession, body: GovernanceBody, day: date) -> bool:
    """Tell whether a body was the one of its kind in office on a day."""
    return (await bodies_in_office(session, body.center_id, day)).get(body.kind) is body


async def is_seated(
    session: AsyncSession,
    body_id: UUID,
    person_id: UUID,
    first: date,
    last: date | None,
    *,
    but: UUID | None = None,
) -> bool:
    """Tell whether a person holds a seat of a body on one of some days, both ends included.

    A seat that is named counts as none.
    """
    statement = select(BodySeat.id).where(
        col(BodySeat.body_id) == body_id,
        col(BodySeat.person_id) == person_id,
        or_(col(BodySeat.until_on).is_(None), col(BodySeat.until_on) >= first),
    )
    if last is not None:
        statement = statement.where(col(BodySeat.from_on) <= last)
    if but is not None:
        statement = statement.where(col(BodySeat.id) != but)
    return await session.scalar(statement.limit(1)) is not None


async def seat_for_update(session: AsyncSession, body_id: UUID, seat_id: UUID) -> BodySeat:
    """Load and lock a seat of a body."""
    statement = select(BodySeat).where(
        col(BodySeat.id) == seat_id, col(BodySeat.body_id) == body_id
    )
    return found(await session.scalar(statement.with_for_update()))


def _ties_on(day: date) -> CompoundSelect[Any]:
    """Select every tie of a person to an organization on a day: stated ones, and seats (A076)."""
    stated: Any = sa_select(
        col(PersonTie.person_id).label("person_id"),
        col(PersonTie.org_id).label("org_id"),
        col(PersonTie.kind).label("kind"),
    ).where(
        col(PersonTie.from_on) <= day,
        or_(col(PersonTie.until_on).is_(None), col(PersonTie.until_on) >= day),
    )
    # Who sits somewhere for an organization works for it.
    seated: Any = sa_select(
        col(BodySeat.person_id).label("person_id"),
        col(BodySeat.org_id).label("org_id"),
        literal(TieKind.SEAT.value, String).label("kind"),
    ).where(col(BodySeat.org_id).is_not(None), held_on(day))
    return union(stated, seated)


async def ties_of(session: AsyncSession, person_id: UUID, day: date) -> list[Tie]:
    """Give the ties of a person on a day (A076)."""
    ties = _ties_on(day).subquery()
    statement = sa_select(ties.c.org_id, ties.c.kind).where(ties.c.person_id == person_id)
    rows = (await session.execute(statement)).all()
    return [Tie(org_id, TieKind(kind)) for org_id, kind in rows]


@dataclass(frozen=True, slots=True)
class BrokenSeat:
    """An independent seat whose holder has a tie to a current member of the centre."""

    seat_id: UUID
    center_id: UUID
    person_id: UUID
    org_id: UUID
    kind: TieKind


async def broken_seats(session: AsyncSession, day: date) -> set[BrokenSeat]:
    """Find the independent seats, of all centres, whose holders are so no more (A076)."""
    ties = _ties_on(day).subquery()
    statement = (
        sa_select(
            col(BodySeat.id),
            col(GovernanceBody.center_id),
            col(BodySeat.person_id),
            ties.c.org_id,
            ties.c.kind,
        )
        .join(GovernanceBody, col(GovernanceBody.id) == col(BodySeat.body_id))
        .join(Center, col(Center.id) == col(GovernanceBody.center_id))
        .join(ties, ties.c.person_id == col(BodySeat.person_id))
        .join(
            Membership,
            and_(
                col(Membership.center_id) == col(GovernanceBody.center_id),
                col(Membership.org_id) == ties.c.org_id,
                col(Membership.state).in_(JOINED),
            ),
        )
        .where(col(BodySeat.independent), held_on(day), col(Center.stage).not_in(ENDED))
    )
    rows = (await session.execute(statement)).all()
    return {
        BrokenSeat(seat, center, person, org, TieKind(kind))
        for seat, center, person, org, kind in rows
    }


async def seats_flagged_wrongly(session: AsyncSession) -> Sequence[BodySeat]:
    """Lock and give the seats whose flag does not follow from what is found of them."""
    found_of = sa_select(col(SeatFinding.seat_id)).where(col(SeatFinding.cleared_on).is_(None))
    unmarked = and_(col(BodySeat.id).in_(found_of), col(BodySeat.flagged_on).is_(None))
    marked = and_(col(BodySeat.id).not_in(found_of), col(BodySeat.flagged_on).is_not(None))
    statement = select(BodySeat).where(or_(unmarked, marked)).order_by(col(BodySeat.id))
    return (await session.scalars(statement.with_for_update())).all()


async def open_findings(session: AsyncSession) -> Sequence[SeatFinding]:
    """Lock and give the findings that have not been cleared."""
    statement = select(SeatFinding).where(col(SeatFinding.cleared_on).is_(None))
    return (await session.scalars(statement.with_for_update())).all()


def findings(
    actor: Actor, center_id: UUID | None = None, *, is_open: bool | None = None
) -> SelectOfScalar[SeatFinding]:
    """Select what was found of independent seats: officials all, members of their centres (X04)."""
    statement = select(SeatFinding)
    if center_id is not None:
        statement = statement.where(col(SeatFinding.center_id) == center_id)
    if is_open is not None:
        cleared = col(SeatFinding.cleared_on)
        statement = statement.where(cleared.is_(None) if is_open else cleared.is_not(None))
    if actor.has("official", "service"):
        return statement
    own = sa_select(col(Center.id)).where(spoken_for_by(actor.org_ids))
    return statement.where(col(SeatFinding.center_id).in_(own))


def ties(
    actor: Actor, person_id: UUID | None = None, org_id: UUID | None = None
) -> SelectOfScalar[PersonTie]:
    """Select stated ties: officials all, an organization those to itself (X04, X12)."""
    statement = select(PersonTie)
    if person_id is not None:
        statement = statement.where(col(PersonTie.person_id) == person_id)
    if org_id is not None:
        statement = statement.where(col(PersonTie.org_id) == org_id)
    if actor.has("official", "service"):
        return statement
    return statement.where(col(PersonTie.org_id).in_(actor.org_ids))


async def tie_for_update(session: AsyncSession, actor: Actor, tie_id: UUID) -> PersonTie:
    """Load and lock a tie that the actor may see."""
    statement = ties(actor).where(col(PersonTie.id) == tie_id).with_for_update()
    return found(await session.scalar(statement))


async def member_classes(session: AsyncSession, center_id: UUID) -> dict[UUID, str]:
    """Give the class of each current member of a centre (A077)."""
    statement = (
        sa_select(col(Organization.id), col(Organization.org_type))
        .join(Membership, col(Membership.org_id) == col(Organization.id))
        .where(col(Membership.center_id) == center_id, col(Membership.state).in_(JOINED))
    )
    rows = (await session.execute(statement)).all()
    return {org_id: member_class(OrgType(org_type)) for org_id, org_type in rows}


async def seats_held_for_update(
    session: AsyncSession, center_id: UUID, org_id: UUID, last: date
) -> Sequence[BodySeat]:
    """Lock the seats that people of an organization hold for it beyond a day."""
    bodies_of = select(GovernanceBody.id).where(col(GovernanceBody.center_id) == center_id)
    statement = (
        select(BodySeat)
        .where(
            col(BodySeat.body_id).in_(bodies_of),
            col(BodySeat.org_id) == org_id,
            col(BodySeat.independent).is_(False),
            or_(col(BodySeat.until_on).is_(None), col(BodySeat.until_on) > last),
        )
        .order_by(col(BodySeat.id))
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def seats_of_center_for_update(
    session: AsyncSession, center_id: UUID, last: date
) -> Sequence[BodySeat]:
    """Lock every seat of a centre's bodies that is held beyond a day, independent ones too."""
    bodies_of = select(GovernanceBody.id).where(col(GovernanceBody.center_id) == center_id)
    statement = (
        select(BodySeat)
        .where(
            col(BodySeat.body_id).in_(bodies_of),
            or_(col(BodySeat.until_on).is_(None), col(BodySeat.until_on) > last),
        )
        .order_by(col(BodySeat.id))
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def resolution_of(session: AsyncSession, center_id: UUID, resolution_id: UUID) -> Resolution:
    """Give a resolution of a centre."""
    statement = select(Resolution).where(
        col(Resolution.id) == resolution_id, col(Resolution.center_id) == center_id
    )
    return found(await session.scalar(statement))


async def resolved(session: AsyncSession, resolution: Resolution) -> Resolved:
    """Give a resolution as what rests upon it sees it."""
    body = found(await session.get(GovernanceBody, resolution.body_id))
    return Resolved(body.kind, resolution.matter, resolution.passed, resolution.resolved_on)


async def resolutions(session: AsyncSession, center_id: UUID) -> Sequence[Resolution]:
    """Give what a centre's bodies resolved, newest first."""
    statement = (
        select(Resolution)
        .where(col(Resolution.center_id) == center_id)
        .order_by(col(Resolution.resolved_on).desc(), col(Resolution.id).desc())
        .limit(500)
    )
    return (await session.scalars(statement)).all()


async def alliance_members(session: AsyncSession, center_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count the members of each centre's wider network (A134)."""
    statement = (
        sa_select(col(Membership.center_id), func.count())
        .where(
            col(Membership.center_id).in_(center_ids),
            col(Membership.role) == MembershipRole.ALLIANCE,
            col(Membership.state).in_(JOINED),
        )
        .group_by(col(Membership.center_id))
    )
    return dict((await session.execute(statement)).all())
