"""What happens to memberships."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_by_id, center_seen_for_update
from registry.centers.rules import active_checks, scope_checks, writable_checks
from registry.memberships import queries, rules
from registry.memberships.rules import CommitmentKind, Event, MembershipRole, State
from registry.memberships.tables import MemberCommitment, Membership
from registry.organizations.queries import organization_found
from registry.organizations.rules import ChainPosition
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.events import record
from shared.rules import Check, found, require


@dataclass(frozen=True, slots=True)
class Promise:
    """What a member commits, in its words; `amount_fen` and `people` by kind."""

    kind: CommitmentKind
    description: str
    amount_fen: int | None
    people: int | None
    starts_on: date
    ends_on: date | None


async def announce(session: AsyncSession, actor: Actor, center_id: UUID) -> None:
    """Tell the other services what to keep of a centre, after it or its memberships changed.

    The whole entry goes out, so that a copy needs no history to be right.
    """
    await session.flush()
    entry = await queries.center_entry(session, center_id)
    record(session, actor, "directory.center", center_id, center_id=center_id, entry=entry)


async def place_lead(
    session: AsyncSession, actor: Actor, center_id: UUID, org_id: UUID, now: datetime
) -> Membership:
    """Give the lead sponsor its place in its own candidate centre; it needs no invitation."""
    organization = await organization_found(session, org_id)
    membership = Membership(
        center_id=center_id,
        org_id=org_id,
        inviter_id=org_id,
        role=MembershipRole.LEAD,
        chain_position=organization.chain_position,
        state=State.CONFIRMED,
        invited_at=now,
    )
    session.add(membership)
    await session.flush()
    record(
        session, actor, "membership.confirmed", membership.id, center_id=center_id, org_id=org_id
    )
    return membership


async def invite(
    session: AsyncSession,
    actor: Actor,
    *,
    center_id: UUID,
    inviter_id: UUID,
    org_id: UUID,
    role: MembershipRole,
    chain_position: ChainPosition | None,
    now: datetime,
    today: date,
    to_listed: bool = False,
) -> Membership:
    """Invite an organization to a locked centre; the caller has checked who may invite (A049).

    Raises `Refused`: NOT_FOUND, DISHONEST_ORG (X17) or STATE_CONFLICT.
    """
    organization = await organization_found(session, org_id)
    already = await queries.is_open(session, center_id, org_id)
    require(
        [
            *rules.invitation_checks(
                await policy_on(session, today),
                org_id,
                organization.dishonesty_until,
                today,
                role=role,
                already_open=already,
            ),
            *rules.room_checks(
                *await queries.invitations_made(session, center_id), to_listed=to_listed
            ),
        ]
    )
    membership = Membership(
        center_id=center_id,
        org_id=org_id,
        inviter_id=inviter_id,
        role=role,
        chain_position=chain_position or organization.chain_position,
        invited_at=now,
        to_listed=to_listed,
    )
    session.add(membership)
    await session.flush()
    record(session, actor, "membership.invited", membership.id, center_id=center_id, org_id=org_id)
    return membership


async def invite_to_listed(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    *,
    org_id: UUID,
    role: MembershipRole,
    chain_position: ChainPosition | None,
    today: date,
    now: datetime,
) -> Membership:
    """Invite an organization to a listed centre, as its lead sponsor or legal entity (A049).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DISHONEST_ORG or STATE_CONFLICT.
    """
    center = await center_seen_for_update(session, actor, center_id)
    inviters = [center.lead_sponsor_id, center.legal_entity_id]
    require(
        [
            *scope_checks(actor.org_for(*inviters), inviters),
            *active_checks(center.stage),
        ]
    )
    return await invite(
        session,
        actor,
        center_id=center.id,
        inviter_id=center.lead_sponsor_id,
        org_id=org_id,
        role=role,
        chain_position=chain_position,
        now=now,
        today=today,
        to_listed=True,
    )


async def confirm(
    session: AsyncSession, actor: Actor, membership_id: UUID, today: date
) -> Membership:
    """Accept an invitation on behalf of the invited organization (A049).

    In a centre that is listed already the membership begins today; one that is suspended or has
    ended takes nobody in. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DISHONEST_ORG (X17) or
    STATE_CONFLICT.
    """
    # The lock makes check and change one step: a second confirmation waits, then is refused.
    membership = await queries.membership_for_update(session, actor, membership_id)
    organization = await organization_found(session, membership.org_id)
    require(
        [
            *rules.confirmation_checks(
                membership.state, membership.org_id, actor.org_for(membership.org_id)
            ),
            # A record may have come in since the invitation, and the centre may stand still.
            rules.honesty_check(
                await policy_on(session, today),
                membership.org_id,
                organization.dishonesty_until,
                today,
                as_sponsor=membership.role in rules.SPONSORS,
            ),
            *await _writable(session, membership),
        ]
    )
    _move(session, actor, membership, Event.CONFIRM, "membership.confirmed")
    if membership.to_listed:
        membership.joined_on = today
        _move(session, actor, membership, Event.ACTIVATE, "membership.activated")
    await announce(session, actor, membership.center_id)
    return membership


async def decline(session: AsyncSession, actor: Actor, membership_id: UUID) -> Membership:
    """Decline an invitation on behalf of the invited organization (A049).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    membership = await queries.membership_for_update(session, actor, membership_id)
    require(
        rules.confirmation_checks(
            membership.state, membership.org_id, actor.org_for(membership.org_id), Event.DECLINE
        )
    )
    _move(session, actor, membership, Event.DECLINE, "membership.declined")
    return membership


async def withdraw(session: AsyncSession, actor: Actor, membership_id: UUID) -> Membership:
    """Take an invitation back on behalf of the inviter.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    membership = await queries.membership_for_update(session, actor, membership_id)
    require(
        rules.withdrawal_checks(
            membership.state,
            membership.role,
            membership.inviter_id,
            actor.org_for(membership.inviter_id),
        )
    )
    _move(session, actor, membership, Event.WITHDRAW, "membership.withdrawn")
    return membership


async def activate_all(
    session: AsyncSession, actor: Actor, center_id: UUID, joined_on: date
) -> None:
    """Begin the membership of everyone who has confirmed, on the day of listing, included."""
    for membership in await queries.open_memberships(session, center_id):
        if (membership.state, Event.ACTIVATE) in rules.MOVES:
            membership.joined_on = joined_on
            _move(session, actor, membership, Event.ACTIVATE, "membership.activated")


# What is told of a membership that ends with its centre, by how it does.
ENDS: Final[Mapping[Event, str]] = {
    Event.RELEASE: "membership.withdrawn",
    Event.LEAVE: "membership.left",
    Event.EXPEL: "membership.expelled",
    Event.END_WITH_CENTER: "membership.left",
}


async def close_all(
    session: AsyncSession, actor: Actor, center_id: UUID, last_on: date, reason: str
) -> None:
    """End every membership of a centre that has ended; `last_on` is its last day, included (C2).

    Ownership, licenses and what is owed stay what they are. The caller announces the centre.
    """
    for membership in await queries.open_memberships_for_update(session, center_id):
        event, left_on = rules.end_with_center(
            membership.state,
            membership.left_on,
            last_on,
            expelled=membership.expulsion_resolution_id is not None,
        )
        membership.left_on = left_on
        membership.exit_reason = membership.exit_reason or reason
        _move(session, actor, membership, event, ENDS[event])


async def step_back(
    session: AsyncSession, actor: Actor, membership_id: UUID, reason: str, today: date
) -> Membership:
    """Leave a candidate centre before its listing, on behalf of who had confirmed (A049).

    The caller holds the centre's lock, which a listing takes, too. Raises `Refused`: NOT_FOUND,
    FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    membership = await queries.membership_for_update(session, actor, membership_id)
    require(
        rules.stepping_back_checks(
            membership.state,
            membership.role,
            membership.org_id,
            actor.org_for(membership.org_id),
        )
    )
    membership.left_on = today
    membership.exit_reason = reason
    _move(session, actor, membership, Event.STEP_BACK, "membership.stepped_back")
    await announce(session, actor, membership.center_id)
    return membership


async def give_notice(
    session: AsyncSession,
    actor: Actor,
    membership_id: UUID,
    *,
    left_on: date,
    reason: str | None,
    today: date,
) -> Membership:
    """Announce that a member leaves; `left_on` is its last day, included.

    Shares, licenses and what is owed survive the exit. Raises `Refused`: NOT_FOUND,
    FORBIDDEN_SCOPE, NOTICE_TOO_SHORT or STATE_CONFLICT.
    """
    membership = await queries.membership_for_update(session, actor, membership_id)
    require(
        rules.notice_checks(
            await policy_on(session, today),
            membership.state,
            membership.role,
            org_id=membership.org_id,
            acting_id=actor.org_for(membership.org_id),
            last_day=left_on,
            today=today,
        )
    )
    membership.left_on = left_on
    membership.notice_on = today
    membership.exit_reason = reason
    _move(session, actor, membership, Event.GIVE_NOTICE, "membership.leaving")
    await announce(session, actor, membership.center_id)
    return membership


@dataclass(frozen=True, slots=True)
class Expulsion:
    """What the centre resolved of a member, with the last day, included."""

    resolution_id: UUID
    resolved: bool
    left_on: date
    reason: str


async def expel(
    session: AsyncSession, actor: Actor, membership: Membership, expulsion: Expulsion, today: date
) -> Membership:
    """Put a member out after its term, upon a resolution; the caller has checked who may.

    Who has given notice already goes on the earlier of both days. Raises `Refused`:
    NOTICE_TOO_SHORT, RESOLUTION_MISSING or STATE_CONFLICT.
    """
    require(
        rules.expulsion_checks(
            await policy_on(session, today),
            membership.state,
            membership.role,
            resolved=expulsion.resolved,
            last_day=expulsion.left_on,
            today=today,
        )
    )
    membership.left_on = min(expulsion.left_on, membership.left_on or expulsion.left_on)
    membership.notice_on = membership.notice_on or today
    membership.exit_reason = expulsion.reason
    membership.expulsion_resolution_id = expulsion.resolution_id
    _move(session, actor, membership, Event.ORDER_EXPULSION, "membership.expulsion_ordered")
    await announce(session, actor, membership.center_id)
    return membership


async def end_notices(
    session: AsyncSession, actor: Actor, center_ids: Collection[UUID], today: date
) -> Sequence[Membership]:
    """End the memberships of locked centres whose last day is over, and tell which they were."""
    ended = await queries.leaving_before(session, center_ids, today)
    for membership in ended:
        if membership.expulsion_resolution_id is None:
            _move(session, actor, membership, Event.LEAVE, "membership.left")
        else:
            _move(session, actor, membership, Event.EXPEL, "membership.expelled")
    for center_id in sorted({membership.center_id for membership in ended}):
        await announce(session, actor, center_id)
    return ended


async def commit_to(
    session: AsyncSession,
    actor: Actor,
    membership_id: UUID,
    promise: Promise,
    now: datetime,
) -> MemberCommitment:
    """Commit a resource, people or money on behalf of one's own organization (A050).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, FIELD_INVALID, DAYS_REVERSED or STATE_CONFLICT.
    """
    membership = await queries.membership_for_update(session, actor, membership_id)
    checks = rules.commitment_checks(
        promise.kind,
        state=membership.state,
        org_id=membership.org_id,
        acting_id=actor.org_for(membership.org_id),
        held=await queries.commitments_held(session, membership_id),
        amount_fen=promise.amount_fen,
        people=promise.people,
        starts_on=promise.starts_on,
        ends_on=promise.ends_on,
    )
    require([*checks, *await _writable(session, membership)])
    commitment = MemberCommitment(
        membership_id=membership_id,
        committed_by=actor.person_id,
        committed_at=now,
        **asdict(promise),
    )
    session.add(commitment)
    record(
        session,
        actor,
        "commitment.made",
        commitment.id,
        center_id=membership.center_id,
        after=asdict(promise),
        membership_id=membership_id,
        kind=promise.kind,
    )
    return commitment


async def take_back(
    session: AsyncSession,
    actor: Actor,
    membership_id: UUID,
    commitment_id: UUID,
    now: datetime,
) -> MemberCommitment:
    """Take a commitment back before the membership begins (A050).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    membership = await queries.membership_for_update(session, actor, membership_id)
    commitment = await queries.commitment_for_update(session, membership_id, commitment_id)
    require(
        rules.commitment_change_checks(
            org_id=membership.org_id,
            acting_id=actor.org_for(membership.org_id),
            withdrawn=commitment.withdrawn_at is not None,
            state=membership.state,
        )
    )
    commitment.withdrawn_at = now
    record(
        session,
        actor,
        "commitment.withdrawn",
        commitment.id,
        center_id=membership.center_id,
        before={"withdrawn": False},
        after={"withdrawn": True},
        membership_id=membership_id,
    )
    return commitment


async def _writable(session: AsyncSession, membership: Membership) -> list[Check]:
    center = found(await center_by_id(session, membership.center_id))
    return writable_checks(center.stage)


def _move(
    session: AsyncSession, actor: Actor, membership: Membership, event: Event, name: str
) -> None:
    before = membership.state
    membership.state = rules.MOVES[before, event]
    membership.version += 1
    record(
        session,
        actor,
        name,
        membership.id,
        center_id=membership.center_id,
        before=before,
        after=membership.state,
        org_id=membership.org_id,
        joined_on=membership.joined_on,
        left_on=membership.left_on,
    )
