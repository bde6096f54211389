"""A centre's bodies with their seats, its voting tables and its resolutions."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from registry.governance import actions, queries
from registry.governance.actions import Ballot, BodyTerms, Holding, Vote
from registry.governance.routes.common import (
    EDIT_CODES,
    OWN,
    PREFIX,
    TAGS,
    center_to_read,
    own_center,
)
from registry.governance.rules import Organ, Seat
from registry.governance.schemas import (
    BodyIn,
    BodyListOut,
    BodyOut,
    ResolutionIn,
    ResolutionListOut,
    ResolutionOut,
    SeatEndIn,
    SeatIn,
    SeatListOut,
    SeatOut,
    VoteOut,
    VotingTableIn,
    VotingTableOut,
)
from registry.governance.tables import VotingTable
from registry.memberships.schemas import ExpulsionIn, MembershipOut
from shared.http import CurrentActor, Now, Reading, Router, Today, Transaction, access, problems
from shared.http.times import AsOf, On

router = Router(prefix=PREFIX, tags=TAGS)

OrganPath = Annotated[Organ, Path(description="Shareholders' meeting or board.")]


@router.post(
    "/bodies",
    status_code=201,
    operation_id="registry_form_body",
    openapi_extra=access("member", tenant=OWN, rules=("A075", "A079")),
    responses=problems(*EDIT_CODES, "DAYS_REVERSED", "SHARES_PRECISION"),
)
async def form_body(
    center_id: UUID, body: BodyIn, actor: CurrentActor, session: Transaction
) -> BodyOut:
    """Enter a body of the centre with its term."""
    center = await own_center(session, actor, center_id)
    terms = BodyTerms(
        body.kind, body.term_from, body.term_until, body.rules_file_id, body.quorum_ppm
    )
    formed = await actions.form_body(session, actor, center.id, terms)
    return BodyOut.model_validate(formed)


@router.get(
    "/bodies",
    operation_id="registry_list_bodies",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A075",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def list_bodies(center_id: UUID, actor: CurrentActor, session: Reading) -> BodyListOut:
    """List the bodies of a centre."""
    center = await center_to_read(session, actor, center_id)
    rows = await queries.bodies(session, center.id)
    return BodyListOut(items=[BodyOut.model_validate(row) for row in rows])


@router.post(
    "/bodies/{body_id}/seats",
    status_code=201,
    operation_id="registry_fill_seat",
    openapi_extra=access("member", tenant=OWN, rules=("A076", "A080")),
    responses=problems(*EDIT_CODES, "ALREADY_EXISTS", "INDEPENDENCE_BROKEN", "DAYS_REVERSED"),
)
async def fill_seat(
    center_id: UUID,
    body_id: UUID,
    body: SeatIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> SeatOut:
    """Fill a seat; an independent person has no tie to a member."""
    center = await own_center(session, actor, center_id)
    governing = await queries.body_of(session, center.id, body_id)
    seat = await actions.add_seat(
        session,
        actor,
        governing,
        body.person_id,
        Seat(body.sector, body.org_id, body.independent, body.appointing_agency),
        from_on=body.from_on,
        until_on=body.until_on,
        today=today,
    )
    return SeatOut.model_validate(seat)


@router.get(
    "/bodies/{body_id}/seats",
    operation_id="registry_list_seats",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A076", "A080")),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def list_seats(
    center_id: UUID, body_id: UUID, actor: CurrentActor, session: Reading
) -> SeatListOut:
    """List the seats of a body, ended and flagged ones included."""
    center = await center_to_read(session, actor, center_id)
    governing = await queries.body_of(session, center.id, body_id)
    rows = await queries.body_seats(session, governing.id)
    return SeatListOut(items=[SeatOut.model_validate(row) for row in rows])


@router.post(
    "/bodies/{body_id}/seats/{seat_id}/end",
    operation_id="registry_end_seat",
    openapi_extra=access("member", tenant=OWN, rules=("A076", "A080")),
    responses=problems(*EDIT_CODES, "ALREADY_EXISTS", "DAYS_REVERSED"),
)
async def end_seat(
    center_id: UUID,
    body_id: UUID,
    seat_id: UUID,
    body: SeatEndIn,
    actor: CurrentActor,
    session: Transaction,
) -> SeatOut:
    """End a seat after its last day; its history stays."""
    center = await own_center(session, actor, center_id)
    governing = await queries.body_of(session, center.id, body_id)
    seat = await actions.end_seat(session, actor, governing, seat_id, body.until_on, body.reason)
    return SeatOut.model_validate(seat)


@router.get(
    "/votes/{organ}",
    operation_id="registry_read_votes",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A085",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def read_votes(
    center_id: UUID,
    organ: OrganPath,
    actor: CurrentActor,
    today: Today,
    as_of: AsOf,
    session: Reading,
    on: On = None,
) -> VotingTableOut:
    """Read the voting table of an organ; empty until it is set.

    With `on` and `as_of`: the table in force on that day, as it was known then.
    """
    center = await center_to_read(session, actor, center_id)
    table = await queries.voting_table_on(session, center.id, organ, on or today, as_of)
    return _table_out(table)


def _table_out(table: VotingTable | None) -> VotingTableOut:
    if table is None:
        return VotingTableOut(items=[])
    return VotingTableOut(
        voting_table_id=table.id,
        in_force_on=table.in_force_on,
        set_at=table.set_at,
        reason=table.reason,
        items=[
            VoteOut.model_validate({"organ": table.organ, "holder_org_id": None, **line})
            for line in table.holders
        ],
    )


@router.put(
    "/votes/{organ}",
    operation_id="registry_set_votes",
    openapi_extra=access("member", tenant=OWN, rules=("A085",)),
    responses=problems(
        *EDIT_CODES,
        "VOTES_NOT_100",
        "SHARES_PRECISION",
        "VOTER_NOT_MEMBER",
        "CONSORTIUM_NOT_REGISTERED",
        "DAY_IN_FUTURE",
    ),
)
async def set_votes(
    center_id: UUID,
    organ: OrganPath,
    body: VotingTableIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> VotingTableOut:
    """Set the whole voting table of an organ from a day on; it sums to all votes.

    Members hold votes, and in the meeting of the centre's legal person its shareholders, members
    or not. What was resolved stays as it was counted.
    """
    center = await own_center(session, actor, center_id)
    votes = [
        Vote(
            vote.share_ppm,
            vote.basis,
            vote.holder_org_id,
            vote.holder_person_id,
            vote.as_shareholder,
        )
        for vote in body.votes
    ]
    holding = Holding(votes, body.in_force_on or today, body.reason)
    table = await actions.set_votes(session, actor, center.id, organ, holding, now)
    return _table_out(table)


@router.post(
    "/resolutions",
    status_code=201,
    operation_id="registry_record_resolution",
    openapi_extra=access("member", tenant=OWN, rules=("A078", "A079")),
    responses=problems(
        *EDIT_CODES,
        "BODY_NOT_IN_OFFICE",
        "GOV_BODY_COMPOSITION",
        "VOTES_NOT_100",
        "VOTER_UNKNOWN",
        "VOTER_NOT_MEMBER",
        "DAY_IN_FUTURE",
    ),
)
async def record_resolution(
    center_id: UUID,
    body: ResolutionIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> ResolutionOut:
    """Record a resolution; whether it passed is counted from quorum and votes.

    Shareholders and board vote by the table in force on its day, as far as members hold it.
    """
    center = await own_center(session, actor, center_id)
    governing = await queries.body_of(session, center.id, body.body_id)
    ballot = Ballot(
        matter=body.matter,
        text=body.text,
        resolved_on=body.resolved_on,
        for_ppm=body.for_ppm,
        against_ppm=body.against_ppm,
        abstain_ppm=body.abstain_ppm,
        file_id=body.file_id,
        voters=[(vote.voter_id, vote.choice) for vote in body.ballots],
    )
    resolved = await actions.resolve(session, actor, governing, ballot, today)
    return ResolutionOut.model_validate(resolved)


@router.get(
    "/resolutions",
    operation_id="registry_list_resolutions",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A078",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def list_resolutions(
    center_id: UUID, actor: CurrentActor, session: Reading
) -> ResolutionListOut:
    """List what the centre's bodies resolved, newest first."""
    center = await center_to_read(session, actor, center_id)
    rows = await queries.resolutions(session, center.id)
    return ResolutionListOut(items=[ResolutionOut.model_validate(row) for row in rows])


@router.post(
    "/members/{membership_id}/expulsion",
    status_code=201,
    operation_id="registry_expel_member",
    openapi_extra=access("member", tenant=OWN, rules=("A049", "A078")),
    responses=problems(*EDIT_CODES, "NOTICE_TOO_SHORT", "RESOLUTION_MISSING"),
)
async def expel_member(
    center_id: UUID,
    membership_id: UUID,
    body: ExpulsionIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> MembershipOut:
    """Put a member out after its term, upon a resolution on `membership` that was carried."""
    center = await own_center(session, actor, center_id)
    row = await actions.expel_member(
        session,
        actor,
        center.id,
        membership_id,
        resolution_id=body.resolution_id,
        left_on=body.left_on,
        reason=body.reason,
        today=today,
    )
    return MembershipOut.model_validate(row)
