"""Stating people's ties, and the nightly check of independent seats (A076)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.governance import queries, rules
from registry.governance.queries import BrokenSeat
from registry.governance.rules import TieKind
from registry.governance.tables import GovernanceNight, PersonTie, SeatFinding
from registry.organizations.queries import organization_found
from shared.auth import Actor
from shared.events import EventRow, record, record_many
from shared.rules import require


@dataclass(frozen=True, slots=True)
class TieContent:
    """What is said of a person: to whom it is tied, how, and from when until when."""

    person_id: UUID
    org_id: UUID
    kind: TieKind
    from_on: date
    until_on: date | None = None
    note: str | None = None


async def state_tie(
    session: AsyncSession, actor: Actor, content: TieContent, now: datetime
) -> PersonTie:
    """State a person's tie: an organization its own people's, an official anybody's (A076).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or DAYS_REVERSED.
    """
    await organization_found(session, content.org_id)
    official = actor.has("handler", "reviewer")
    require(
        [
            *rules.tie_scope_checks(
                content.org_id, actor.org_for(content.org_id), is_official=official
            ),
            *rules.tie_days_checks(content.from_on, content.until_on),
        ]
    )
    tie = PersonTie(
        person_id=content.person_id,
        org_id=content.org_id,
        kind=content.kind,
        from_on=content.from_on,
        until_on=content.until_on,
        note=content.note,
        stated_by=actor.person_id,
        stated_by_org_id=actor.org_id,
        at=now,
    )
    session.add(tie)
    record(
        session, actor, "tie.stated", tie.id,
        tied_person_id=tie.person_id, org_id=tie.org_id, kind=tie.kind,
    )  # fmt: skip
    return tie


async def end_tie(session: AsyncSession, actor: Actor, tie_id: UUID, until_on: date) -> PersonTie:
    """End a tie after its last day, included; its history stays.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or DAYS_REVERSED.
    """
    tie = await queries.tie_for_update(session, actor, tie_id)
    official = actor.has("handler", "reviewer")
    require(
        [
            *rules.tie_scope_checks(tie.org_id, actor.org_for(tie.org_id), is_official=official),
            *rules.tie_days_checks(tie.from_on, until_on),
        ]
    )
    before = {"until_on": tie.until_on}
    tie.until_on = until_on
    tie.version += 1
    record(
        session, actor, "tie.ended", tie.id, before=before, after={"until_on": until_on},
        tied_person_id=tie.person_id, org_id=tie.org_id, until_on=until_on,
    )  # fmt: skip
    return tie


async def check_night(session: AsyncSession, actor: Actor, today: date, now: datetime) -> bool:
    """Check every independent seat once a day; tell whether this call was the day's (A076)."""
    mine = insert_or(GovernanceNight).values(day=today, at=now).on_conflict_do_nothing()
    night = await session.scalar(mine.returning(col(GovernanceNight.day)))
    if night is None:
        return False
    await check_seats(session, actor, today)
    return True


async def check_seats(session: AsyncSession, actor: Actor, today: date) -> None:
    """Flag the independent seats whose holders have a tie by now, and clear those without one."""
    broken = await queries.broken_seats(session, today)
    known = {
        BrokenSeat(row.seat_id, row.center_id, row.person_id, row.org_id, row.kind): row
        for row in await queries.open_findings(session)
    }
    fresh = sorted(broken - known.keys(), key=lambda seat: (str(seat.seat_id), str(seat.org_id)))
    cleared_seats = [seat for seat in known if seat not in broken]
    session.add_all(SeatFinding(**_row(seat), found_on=today) for seat in fresh)
    for seat in cleared_seats:
        known[seat].cleared_on = today
    await session.flush()
    await _flag(session, today)
    await record_many(session, actor, "seat.flagged", [_event(seat) for seat in fresh])
    await record_many(session, actor, "seat.cleared", [_event(seat) for seat in cleared_seats])


async def _flag(session: AsyncSession, today: date) -> None:
    """Let each seat's flag follow its open findings."""
    for seat in await queries.seats_flagged_wrongly(session):
        seat.flagged_on = today if seat.flagged_on is None else None


def _row(seat: BrokenSeat) -> dict[str, Any]:
    return {
        "seat_id": seat.seat_id,
        "center_id": seat.center_id,
        "person_id": seat.person_id,
        "org_id": seat.org_id,
        "kind": seat.kind,
    }


def _event(seat: BrokenSeat) -> EventRow:
    said = {"holder_person_id": seat.person_id, "org_id": seat.org_id, "kind": seat.kind}
    return EventRow(seat.seat_id, seat.center_id, {**said, "code": "INDEPENDENCE_BROKEN"})
