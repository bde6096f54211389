"""Forming bodies, filling seats, setting votes, passing resolutions (A075-A080, A085)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.files.queries import file_for
from registry.governance import queries, rules
from registry.governance.rules import BodyKind, Choice, Matter, Organ, Seat, Tally, VoteBasis
from registry.governance.tables import BodySeat, GovernanceBody, Resolution, VotingRight
from registry.memberships.queries import joined_ids
from registry.organizations.queries import organization_found, organizations_of
from registry.programme.queries import policy_on
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
class BodyTerms:
    """A body with its term, its rules of procedure and its quorum (A075)."""

    kind: BodyKind
    term_from: date
    term_until: date | None = None
    rules_file_id: UUID | None = None
    quorum_ppm: int | None = None


@dataclass(frozen=True, slots=True)
class Ballot:
    """How the votes on a matter fell: in ppm of all votes, or voter by voter.

    A voter is a seat of the body, or a holder of votes where the body votes by its table.
    """

    matter: Matter
    text: str
    resolved_on: date
    for_ppm: int = 0
    against_ppm: int = 0
    abstain_ppm: int = 0
    file_id: UUID | None = None
    voters: Sequence[tuple[UUID, Choice]] = ()


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
    kept = await queries.votes(session, center_id, organ)
    before, standing = _table_of(kept), {row.holder_org_id: row for row in kept}
    for vote in votes:
        row = standing.pop(vote.holder_org_id, None)
        if row is not None:
            row.share_ppm, row.basis = vote.share_ppm, vote.basis
            continue
        session.add(
            VotingRight(
                center_id=center_id,
                organ=organ,
                holder_org_id=vote.holder_org_id,
                share_ppm=vote.share_ppm,
                basis=vote.basis,
            )
        )
    for row in standing.values():
        await session.delete(row)
    await session.flush()
    rows = await queries.votes(session, center_id, organ)
    after = _table_of(rows)
    record(
        session,
        actor,
        "votes.set",
        center_id,
        center_id=center_id,
        before=before,
        after=after,
        organ=organ,
        votes=after,
    )
    return rows


def _table_of(rows: Sequence[VotingRight]) -> dict[str, int]:
    return {str(row.holder_org_id): row.share_ppm for row in rows}


async def resolve(
    session: AsyncSession, actor: Actor, body: GovernanceBody, ballot: Ballot, today: date
) -> Resolution:
    """Record a resolution; whether it passed is counted by quorum and majority (A078, A079).

    Raises `Refused`: GOV_BODY_COMPOSITION for a body that only advises, VOTES_NOT_100,
    VOTER_UNKNOWN, DAY_IN_FUTURE, BODY_NOT_IN_OFFICE or NOT_FOUND.
    """
    in_office = await queries.is_in_office(session, body, ballot.resolved_on)
    weights = await _weights(session, body, ballot.resolved_on)
    voters = [voter for voter, _ in ballot.voters]
    stated = (ballot.for_ppm, ballot.against_ppm, ballot.abstain_ppm)
    require(
        [
            *rules.resolution_checks(body.kind, stated),
            *rules.held_checks(ballot.resolved_on, today),
            *rules.office_checks(in_office=in_office, pointer="/resolved_on"),
            *rules.ballot_checks(voters, weights),
        ]
    )
    if ballot.file_id is not None:
        await file_for(session, actor, ballot.file_id)
    policy = await policy_on(session, ballot.resolved_on)
    quorum = body.quorum_ppm or policy.value("A078", "quorum_ppm")
    tally = Tally(*stated, total=rules.WHOLE_PPM)
    if ballot.voters:
        tally = rules.counted(dict(ballot.voters), weights)
    shares = _shares_ppm(tally)
    resolution = Resolution(
        center_id=body.center_id,
        body_id=body.id,
        matter=ballot.matter,
        text=ballot.text,
        resolved_on=ballot.resolved_on,
        for_ppm=shares[0],
        against_ppm=shares[1],
        abstain_ppm=shares[2],
        quorum_ppm=quorum,
        quorum_met=rules.has_quorum(tally, quorum),
        passed=rules.carried(policy, ballot.matter, tally, quorum),
        file_id=ballot.file_id,
        ballots=[
            {"voter_id": str(voter), "choice": choice.value, "weight": weights[voter]}
            for voter, choice in ballot.voters
        ],
    )
    session.add(resolution)
    record(
        session,
        actor,
        "resolution.recorded",
        resolution.id,
        center_id=body.center_id,
        body_id=body.id,
        matter=ballot.matter,
        quorum_met=resolution.quorum_met,
        passed=resolution.passed,
    )
    return resolution


def _shares_ppm(tally: Tally) -> tuple[int, int, int]:
    """Show votes as shares of all, cut to whole ppm; the verdict is counted from the votes."""
    whole = tally.total or 1
    votes = (tally.in_favour, tally.against, tally.abstained)
    in_favour, against, abstained = (part * rules.WHOLE_PPM // whole for part in votes)
    return in_favour, against, abstained


async def _weights(session: AsyncSession, body: GovernanceBody, day: date) -> Mapping[UUID, int]:
    """Give who votes in a body: by the table of its organ where there is one, else seat by seat."""
    organ = rules.VOTING_ORGAN.get(body.kind)
    table = [] if organ is None else await queries.votes(session, body.center_id, organ)
    if table:
        return {row.holder_org_id: row.share_ppm for row in table}
    return await queries.voters_on(session, body.id, day)
