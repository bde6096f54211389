"""Setting the votes of an organ, and counting what a body resolved (A078, A085).

A resolution is weighed by the table in force on its day, as it is known when the resolution is
recorded; a table that is set afterwards changes no verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_by_id
from registry.files.queries import file_for
from registry.governance import queries, rules
from registry.governance.rules import Choice, Matter, Organ, Tally, VoteBasis
from registry.governance.tables import GovernanceBody, Resolution, VotingRight, VotingTable
from registry.organizations.queries import organization_found, organizations_of
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record
from shared.rules import found, require

# How a table names the holder of a line, and that it votes for a share of the legal person.
ORG: Final = "holder_org_id"
PERSON: Final = "holder_person_id"
SHAREHOLDER: Final = "as_shareholder"
# The last day counts; who left has no vote from the next one on.
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Vote:
    """A holder's votes in an organ: an organization's or, for its shares, a person's."""

    share_ppm: int
    basis: VoteBasis
    holder_org_id: UUID | None = None
    holder_person_id: UUID | None = None
    as_shareholder: bool = False

    @property
    def holder_id(self) -> UUID:
        """Give who holds them; the body of the request names exactly one."""
        holder_id = self.holder_org_id or self.holder_person_id
        if holder_id is None:
            msg = "votes without a holder"
            raise ValueError(msg)
        return holder_id


@dataclass(frozen=True, slots=True)
class Holding:
    """A whole voting table: whose votes, and from which day on."""

    votes: Sequence[Vote]
    in_force_on: date
    reason: str | None = None


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


@dataclass(frozen=True, slots=True)
class _Weights:
    """Who votes in a body on a day, with which weight, and by which table where there is one.

    `entitled` may hold votes of a table: members of the day, and shareholders whom it names.
    """

    of: Mapping[UUID, int]
    entitled: set[UUID]
    table: VotingTable | None = None


async def set_votes(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    organ: Organ,
    holding: Holding,
    now: datetime,
) -> VotingTable:
    """Set the whole voting table of an organ from a day on, so that it always sums to all (A085).

    The caller holds the centre's lock. The table that holds already is not set again. Raises
    `Refused`: NOT_FOUND, VOTES_NOT_100, FIELD_INVALID, VOTER_NOT_MEMBER,
    CONSORTIUM_NOT_REGISTERED, DAY_IN_FUTURE or FIELD_MISSING.
    """
    holders = [vote.holder_id for vote in holding.votes]
    people = {vote.holder_person_id for vote in holding.votes if vote.holder_person_id is not None}
    shareholders = {vote.holder_id for vote in holding.votes if vote.as_shareholder}
    registered = set(await organizations_of(session, set(holders) - people))
    member_ids = await queries.organ_members(session, center_id, organ, holding.in_force_on)
    company = await _company(session, center_id) if shareholders else None
    require(
        [
            *rules.vote_checks([vote.share_ppm for vote in holding.votes]),
            *rules.holder_checks(holders, registered | people),
            *rules.holding_checks(registered - shareholders, member_ids, "/votes"),
            *rules.shareholder_checks(organ, shareholders, company, holding.in_force_on),
            *rules.since_checks(holding.in_force_on, day_of(now), holding.reason),
        ]
    )
    known = await queries.voting_table_on(session, center_id, organ, holding.in_force_on)
    lines = _lines(holding.votes)
    if known is not None and (known.in_force_on, known.holders) == (holding.in_force_on, lines):
        return known
    table = await _enter(session, center_id, organ, lines, holding, now)
    after = _shares(table)
    record(
        session,
        actor,
        "votes.set",
        center_id,
        center_id=center_id,
        reason=holding.reason,
        before={} if known is None else _shares(known),
        after=after,
        organ=organ,
        votes=after,
        in_force_on=holding.in_force_on,
        voting_table_id=table.id,
    )
    return table


async def _company(session: AsyncSession, center_id: UUID) -> rules.Company | None:
    entity_id = found(await center_by_id(session, center_id)).legal_entity_id
    if entity_id is None:
        return None
    entity = await organization_found(session, entity_id)
    return rules.Company(entity.id, entity.registered_on)


async def end_votes(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    held: Sequence[VotingRight],
    last_on: date,
    reason: str,
) -> None:
    """End votes after a day; the table that is left holds from the next one, or today if sooner."""
    clock = session.info["clock"]
    now: datetime = clock.now()
    gone: dict[UUID, dict[str, Any]] = {}
    people = {row.holder_person_id for row in held}
    for row in held:
        gone.setdefault(row.holder_id, {})[row.organ.value] = row.share_ppm
    for organ in sorted({row.organ for row in held}):
        kept = await queries.votes(session, center_id, organ)
        ended = {row.id for row in held}
        left = [
            Vote(
                row.share_ppm,
                row.basis,
                row.holder_org_id,
                row.holder_person_id,
                row.as_shareholder,
            )
            for row in kept
            if row.id not in ended
        ]
        standing = await queries.voting_table_on(session, center_id, organ, day_of(now))
        since = min(last_on + ONE_DAY, day_of(now))
        if standing is not None:
            since = max(since, standing.in_force_on)
        holding = Holding(left, since, reason)
        await _enter(session, center_id, organ, _lines(left), holding, now)
    for holder_id, votes in gone.items():
        record(
            session,
            actor,
            "votes.ended",
            center_id,
            center_id=center_id,
            before=votes,
            after={},
            holder_org_id=None if holder_id in people else holder_id,
            holder_person_id=holder_id if holder_id in people else None,
            votes=votes,
        )


async def _enter(
    session: AsyncSession,
    center_id: UUID,
    organ: Organ,
    lines: list[dict[str, Any]],
    holding: Holding,
    now: datetime,
) -> VotingTable:
    """Add a table, and let the rights of today follow from the one that holds today."""
    table = VotingTable(
        center_id=center_id,
        organ=organ,
        in_force_on=holding.in_force_on,
        holders=lines,
        reason=holding.reason,
        set_at=now,
    )
    session.add(table)
    await session.flush()
    today = await queries.voting_table_on(session, center_id, organ, day_of(now))
    if today is table:
        await _follow(session, table)
    return table


async def _follow(session: AsyncSession, table: VotingTable) -> None:
    kept = await queries.votes(session, table.center_id, table.organ)
    standing = {row.holder_id: row for row in kept}
    for line in table.holders:
        holder_id, basis = UUID(_holder(line)), VoteBasis(line["basis"])
        as_shareholder = line.get(SHAREHOLDER, False)
        row = standing.pop(holder_id, None)
        if row is not None:
            row.share_ppm, row.basis = line["share_ppm"], basis
            row.as_shareholder = as_shareholder
            continue
        session.add(
            VotingRight(
                center_id=table.center_id,
                organ=table.organ,
                holder_org_id=holder_id if ORG in line else None,
                holder_person_id=None if ORG in line else holder_id,
                share_ppm=line["share_ppm"],
                basis=basis,
                as_shareholder=as_shareholder,
            )
        )
    for row in standing.values():
        await session.delete(row)
    await session.flush()


def _lines(votes: Sequence[Vote]) -> list[dict[str, Any]]:
    """Write votes as a table keeps them, in one order, so that equal tables are equal.

    A member's line has the members that lines had before there were others.
    """
    return [
        {
            PERSON if vote.holder_org_id is None else ORG: str(vote.holder_id),
            "share_ppm": vote.share_ppm,
            "basis": vote.basis.value,
            **({SHAREHOLDER: True} if vote.as_shareholder else {}),
        }
        for vote in sorted(votes, key=lambda vote: str(vote.holder_id))
    ]


def _holder(line: Mapping[str, Any]) -> str:
    holder_id: str = line[ORG] if ORG in line else line[PERSON]
    return holder_id


def _shares(table: VotingTable) -> dict[str, int]:
    return {_holder(line): line["share_ppm"] for line in table.holders}


async def resolve(
    session: AsyncSession, actor: Actor, body: GovernanceBody, ballot: Ballot, today: date
) -> Resolution:
    """Record a resolution; whether it passed is counted by quorum and majority (A078, A079).

    It is weighed by the table of its own day; without one shareholders cannot vote, and directors
    have one vote each. Raises `Refused`: GOV_BODY_COMPOSITION for a body that only advises,
    VOTES_NOT_100, VOTER_UNKNOWN, VOTER_NOT_MEMBER, FIELD_INVALID, DAY_IN_FUTURE,
    BODY_NOT_IN_OFFICE or NOT_FOUND.
    """
    in_office = await queries.is_in_office(session, body, ballot.resolved_on)
    weights = await _weights(session, body, ballot.resolved_on)
    by_table = None if weights.table is None else weights.of
    voters = [voter for voter, _ in ballot.voters]
    stated = (ballot.for_ppm, ballot.against_ppm, ballot.abstain_ppm)
    require(
        [
            *rules.resolution_checks(body.kind, stated),
            *rules.held_checks(ballot.resolved_on, today),
            *rules.office_checks(in_office=in_office, pointer="/resolved_on"),
            *rules.ballot_checks(voters, weights.of),
            *rules.holding_checks(set(voters) & set(by_table or ()), weights.entitled, "/ballots"),
            *rules.weighing_checks(body.kind, by_table, weights.entitled),
        ]
    )
    if ballot.file_id is not None:
        await file_for(session, actor, ballot.file_id)
    policy = await policy_on(session, ballot.resolved_on)
    quorum = body.quorum_ppm or policy.value("A078", "quorum_ppm")
    tally = Tally(*stated, total=rules.WHOLE_PPM)
    if ballot.voters:
        tally = rules.counted(dict(ballot.voters), weights.of)
    shares = _shares_ppm(tally)
    if ballot.voters:
        require(rules.stated_checks(stated, shares))
    elif by_table is not None:
        require(rules.attainable_checks(stated, by_table.values()))
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
            {"voter_id": str(voter), "choice": choice.value, "weight": weights.of[voter]}
            for voter, choice in ballot.voters
        ],
        voting_table_id=None if weights.table is None else weights.table.id,
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


async def _weights(session: AsyncSession, body: GovernanceBody, day: date) -> _Weights:
    """Give who votes in a body on a day: by the table of its organ, or seat by seat without one."""
    organ = rules.VOTING_ORGAN.get(body.kind)
    if organ is None:
        return _Weights(await queries.voters_on(session, body.id, day), set())
    member_ids = await queries.organ_members(session, body.center_id, organ, day)
    table = await queries.voting_table_on(session, body.center_id, organ, day)
    if table is None or not table.holders:
        return _Weights(await queries.voters_on(session, body.id, day), member_ids)
    shares = {UUID(holder): share for holder, share in _shares(table).items()}
    named = {UUID(_holder(line)) for line in table.holders if line.get(SHAREHOLDER)}
    return _Weights(shares, member_ids | named, table)
