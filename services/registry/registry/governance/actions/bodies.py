"""Forming bodies and filling seats (A075-A080)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.files.queries import file_for
from registry.governance import queries, rules
from registry.governance.rules import BodyKind, Seat
from registry.governance.tables import BodySeat, GovernanceBody
from registry.memberships.queries import joined_ids
from registry.organizations.queries import organization_found
from shared.auth import Actor
from shared.events import record
from shared.rules import require


@dataclass(frozen=True, slots=True)
class BodyTerms:
    """A body with its term, its rules of procedure and its quorum (A075)."""

    kind: BodyKind
    term_from: date
    term_until: date | None = None
    rules_file_id: UUID | None = None
    quorum_ppm: int | None = None


async def form_body(
    session: AsyncSession, actor: Actor, center_id: UUID, terms: BodyTerms
) -> GovernanceBody:
    """Enter a body of a centre; its seats come one by one. The newest of a kind is in office.

    Raises `Refused`: NOT_FOUND or DAYS_REVERSED.
    """
    require(rules.term_checks(terms.term_from, terms.term_until))
    if terms.rules_file_id is not None:
        await file_for(session, actor, terms.rules_file_id)
    body = GovernanceBody(
        center_id=center_id,
        kind=terms.kind,
        term_from=terms.term_from,
        term_until=terms.term_until,
        rules_file_id=terms.rules_file_id,
        quorum_ppm=terms.quorum_ppm,
    )
    session.add(body)
    record(
        session,
        actor,
        "body.formed",
        body.id,
        center_id=center_id,
        after={"kind": terms.kind, "term_from": terms.term_from, "term_until": terms.term_until},
        kind=terms.kind,
        term_from=terms.term_from,
        term_until=terms.term_until,
        quorum_ppm=terms.quorum_ppm,
    )
    return body


async def add_seat(
    session: AsyncSession,
    actor: Actor,
    body: GovernanceBody,
    person_id: UUID,
    seat: Seat,
    *,
    from_on: date,
    until_on: date | None,
    today: date,
) -> BodySeat:
    """Fill a seat; an independent person has no tie to a member (A076, A080).

    Raises `Refused`: NOT_FOUND, INDEPENDENCE_BROKEN, DAYS_REVERSED, FIELD_MISSING, or
    ALREADY_EXISTS for who has a seat of this body already.
    """
    if seat.org_id is not None:
        await organization_found(session, seat.org_id)
    member_ids = await joined_ids(session, body.center_id)
    ties = await queries.ties_of(session, person_id, today)
    taken = await queries.is_seated(session, body.id, person_id, from_on, until_on)
    require(
        [
            *rules.seat_checks(body.kind, seat, member_ids, ties),
            *rules.seat_days_checks(from_on, until_on),
            *rules.seat_taken_checks(taken=taken),
        ]
    )
    row = BodySeat(
        body_id=body.id,
        person_id=person_id,
        org_id=seat.org_id,
        sector=seat.sector,
        independent=seat.independent,
        appointing_agency=seat.appointing_agency,
        from_on=from_on,
        until_on=until_on,
    )
    session.add(row)
    record(
        session,
        actor,
        "seat.filled",
        row.id,
        center_id=body.center_id,
        body_id=body.id,
        body_kind=body.kind,
        holder_person_id=person_id,
        sector=seat.sector,
        independent=seat.independent,
    )
    return row


async def end_seat(
    session: AsyncSession,
    actor: Actor,
    body: GovernanceBody,
    seat_id: UUID,
    until_on: date,
    reason: str,
) -> BodySeat:
    """End a seat after its last day, included.

    Raises `Refused`: NOT_FOUND, DAYS_REVERSED, or ALREADY_EXISTS for a seat that would be drawn out
    into the next one of the same person.
    """
    row = await queries.seat_for_update(session, body.id, seat_id)
    taken = await queries.is_seated(
        session, body.id, row.person_id, row.from_on, until_on, but=row.id
    )
    require(
        [
            *rules.seat_days_checks(row.from_on, until_on),
            *rules.seat_taken_checks(taken=taken),
        ]
    )
    before = {"until_on": row.until_on}
    row.until_on = until_on
    row.end_reason = reason
    record(
        session,
        actor,
        "seat.ended",
        row.id,
        center_id=body.center_id,
        reason=reason,
        before=before,
        after={"until_on": until_on},
        body_id=body.id,
        body_kind=body.kind,
        until_on=until_on,
    )
    return row
