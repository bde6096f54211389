"""Forming bodies, filling seats, setting votes, passing resolutions (A075-A080, A085)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.files.queries import file_for
from registry.governance import queries, rules
from registry.governance.rules import BodyKind, Matter, Organ, Seat, VoteBasis
from registry.governance.tables import BodySeat, GovernanceBody, Resolution, VotingRight
from registry.memberships.queries import joined_ids
from registry.organizations.queries import organization_found, organizations_of
from shared.auth import Actor
from shared.events import record
from shared.rules import require


@dataclass(frozen=True, slots=True)
class Vote:
    """A holder's votes in an organ."""

    holder_org_id: UUID
    share_ppm: int
    basis: VoteBasis


@dataclass(frozen=True, slots=True)
class Ballot:
    """How the votes on a matter fell, in ppm of all votes."""

    matter: Matter
    text: str
    resolved_on: date
    for_ppm: int
    against_ppm: int
    abstain_ppm: int
    file_id: UUID | None = None


async def form_body(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    kind: BodyKind,
    term_from: date,
    term_until: date | None,
) -> GovernanceBody:
    """Enter a body of a centre; its seats come one by one."""
    body = GovernanceBody(
        center_id=center_id, kind=kind, term_from=term_from, term_until=term_until
    )
    session.add(body)
    record(session, actor, "body.formed", body.id, center_id=center_id, kind=kind)
    return body


async def add_seat(
    session: AsyncSession,
    actor: Actor,
    body: GovernanceBody,
    person_id: UUID,
    seat: Seat,
    from_on: date,
    until_on: date | None,
) -> BodySeat:
    """Fill a seat; an independent person has no tie to a member (A076, A080).

    Raises `Refused`: NOT_FOUND, INDEPENDENCE_BROKEN or FIELD_MISSING.
    """
    if seat.org_id is not None:
        await organization_found(session, seat.org_id)
    member_ids = await joined_ids(session, body.center_id)
    require(rules.seat_checks(body.kind, seat, member_ids))
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
        body_kind=body.kind,
        holder_person_id=person_id,
    )
    return row


async def set_votes(
    session: AsyncSession, actor: Actor, center_id: UUID, organ: Organ, votes: Sequence[Vote]
) -> Sequence[VotingRight]:
    """Set the whole voting table of an organ at once, so that it always sums to all (A085).

    Raises `Refused`: VOTES_NOT_100 or FIELD_INVALID.
    """
    holders = [vote.holder_org_id for vote in votes]
    require(
        [
            *rules.vote_checks([vote.share_ppm for vote in votes]),
            *rules.holder_checks(holders, await organizations_of(session, holders)),
        ]
    )
    own = (col(VotingRight.center_id) == center_id, col(VotingRight.organ) == organ)
    await session.execute(delete(VotingRight).where(*own))
    session.add_all(
        VotingRight(
            center_id=center_id,
            organ=organ,
            holder_org_id=vote.holder_org_id,
            share_ppm=vote.share_ppm,
            basis=vote.basis,
        )
        for vote in votes
    )
    await session.flush()
    record(session, actor, "votes.set", center_id, center_id=center_id, organ=organ)
    return await queries.votes(session, center_id, organ)


async def resolve(
    session: AsyncSession, actor: Actor, body: GovernanceBody, ballot: Ballot
) -> Resolution:
    """Record a resolution with whether it passed (A078, A079).

    Raises `Refused`: GOV_BODY_COMPOSITION for a body that only advises, VOTES_NOT_100, NOT_FOUND.
    """
    votes = (ballot.for_ppm, ballot.against_ppm, ballot.abstain_ppm)
    require(rules.resolution_checks(body.kind, votes))
    if ballot.file_id is not None:
        await file_for(session, actor, ballot.file_id)
    resolution = Resolution(
        center_id=body.center_id,
        body_id=body.id,
        matter=ballot.matter,
        text=ballot.text,
        resolved_on=ballot.resolved_on,
        for_ppm=ballot.for_ppm,
        against_ppm=ballot.against_ppm,
        abstain_ppm=ballot.abstain_ppm,
        passed=rules.passes(ballot.matter, ballot.for_ppm),
        file_id=ballot.file_id,
    )
    session.add(resolution)
    record(
        session,
        actor,
        "resolution.recorded",
        resolution.id,
        center_id=body.center_id,
        matter=ballot.matter,
        passed=resolution.passed,
    )
    return resolution
