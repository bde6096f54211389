"""The HTTP face of memberships."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from registry.centers.queries import center_seen
from registry.memberships import actions, queries
from registry.memberships.schemas import (
    CommitmentIn,
    CommitmentOut,
    ExitNoticeIn,
    InvitationIn,
    MembershipDetailOut,
    MembershipOut,
)
from registry.memberships.tables import MemberCommitment, Membership
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import Earning

PARTIES = "the invited organization and the one that invited it"

router = Router(prefix="/v1/registry/memberships", tags=["memberships"])
of_centers = Router(prefix="/v1/registry/centers/{center_id}/members", tags=["memberships"])
ROUTERS = (router, of_centers)
SEEN = "listed centres by everyone; a candidate by those concerned, by officials once submitted"
COMMITMENT_FIELDS = {
    "id", "membership_id", "kind", "description", "people", "starts_on", "ends_on",
    "committed_at", "withdrawn_at",
}  # fmt: skip
SIGNED_IN = ("member", "expert", "official", "agency", "service")


@router.get(
    "",
    operation_id="registry_list_memberships",
    openapi_extra=access("member", "service", tenant=PARTIES, rules=("X04",)),
)
async def list_memberships(
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Only those of one centre.")] = None,
) -> Page[MembershipOut]:
    """List the memberships and invitations of one's own organization, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.memberships(actor, center_id),
        page,
        keys=[col(Membership.invited_at).desc(), col(Membership.id).desc()],
        filters={"center_id": center_id},
    )
    items = [MembershipOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{membership_id}",
    operation_id="registry_get_membership",
    openapi_extra=access("member", "service", tenant=PARTIES, rules=("X04",)),
    responses=problems("NOT_FOUND"),
)
async def get_membership(
    membership_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> MembershipDetailOut:
    """Read a membership."""
    membership = await queries.membership_seen(session, actor, membership_id)
    tagged(response, membership.version)
    return MembershipDetailOut.model_validate(membership)


@router.post(
    "/{membership_id}/confirm",
    operation_id="registry_confirm_membership",
    openapi_extra=access("member", tenant="the invited organization", rules=("A049",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT", "DISHONEST_ORG"),
)
async def confirm(
    membership_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> MembershipOut:
    """Confirm an invitation; only the invited organization's own account can."""
    membership = await actions.confirm(session, actor, membership_id, today)
    tagged(response, membership.version)
    return MembershipOut.model_validate(membership)


@router.post(
    "/{membership_id}/decline",
    operation_id="registry_decline_membership",
    openapi_extra=access("member", tenant="the invited organization", rules=("A049",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def decline(membership_id: UUID, actor: CurrentActor, session: Transaction) -> MembershipOut:
    """Decline an invitation."""
    return MembershipOut.model_validate(await actions.decline(session, actor, membership_id))


@router.post(
    "/{membership_id}/withdraw",
    operation_id="registry_withdraw_invitation",
    openapi_extra=access("member", tenant="the inviting organization", rules=("A049",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def withdraw(membership_id: UUID, actor: CurrentActor, session: Transaction) -> MembershipOut:
    """Take an invitation back that is not yet confirmed."""
    return MembershipOut.model_validate(await actions.withdraw(session, actor, membership_id))


@router.post(
    "/{membership_id}/exit-notices",
    operation_id="registry_give_exit_notice",
    openapi_extra=access("member", tenant="the member itself", rules=("A049",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "NOTICE_TOO_SHORT", "STATE_CONFLICT"),
)
async def give_notice(
    membership_id: UUID,
    body: ExitNoticeIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> MembershipOut:
    """Give notice of leaving; the last day named still counts."""
    membership = await actions.give_notice(
        session, actor, membership_id, left_on=body.left_on, reason=body.reason, today=today
    )
    return MembershipOut.model_validate(membership)


@of_centers.get(
    "",
    operation_id="registry_list_center_members",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("X04",)),
    responses=problems("NOT_FOUND"),
)
async def list_members(
    center_id: UUID, actor: CurrentActor, page: PageQuery, session: Reading
) -> Page[MembershipOut]:
    """List a centre's memberships with their days, ended ones included."""
    center = await center_seen(session, actor, center_id)
    rows, next_cursor = await paginate(
        session,
        queries.center_members(center.id),
        page,
        keys=[col(Membership.invited_at), col(Membership.id)],
        filters={},
    )
    items = [MembershipOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@of_centers.post(
    "",
    status_code=201,
    operation_id="registry_invite_center_member",
    openapi_extra=access(
        "member", tenant="the lead sponsor or legal entity", rules=("A049", "X17")
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "DISHONEST_ORG", "STATE_CONFLICT"),
)
async def invite_member(
    center_id: UUID,
    body: InvitationIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> MembershipOut:
    """Invite an organization to a listed centre; its membership begins when it confirms.

    A centre holds up to 500 members and invitations at a time.
    """
    membership = await actions.invite_to_listed(
        session,
        actor,
        center_id,
        org_id=body.org_id,
        role=body.role,
        chain_position=body.chain_position,
        today=today,
        now=now,
    )
    return MembershipOut.model_validate(membership)


@router.post(
    "/{membership_id}/commitments",
    status_code=201,
    operation_id="registry_commit_to_membership",
    openapi_extra=access("member", tenant="the member itself", rules=("A050",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "DAYS_REVERSED", "STATE_CONFLICT", "CURRENCY_NOT_CNY"
    ),
)
async def commit_to(
    membership_id: UUID, body: CommitmentIn, actor: CurrentActor, now: Now, session: Transaction
) -> CommitmentOut:
    """State a resource, people or money that one's own organization brings in."""
    promise = actions.Promise(
        kind=body.kind,
        description=body.description,
        amount_fen=None if body.amount is None else body.amount.amount,
        people=body.people,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    return _commitment(await actions.commit_to(session, actor, membership_id, promise, now))


@router.get(
    "/{membership_id}/commitments",
    operation_id="registry_list_membership_commitments",
    openapi_extra=access("member", "service", tenant=PARTIES, rules=("A050", "X04")),
    responses=problems("NOT_FOUND"),
)
async def list_own_commitments(
    membership_id: UUID, actor: CurrentActor, page: PageQuery, session: Reading
) -> Page[CommitmentOut]:
    """List what a membership of one's own organization has committed, oldest first."""
    membership = await queries.membership_seen(session, actor, membership_id)
    return await _commitments(session, page, membership.id)


@router.post(
    "/{membership_id}/commitments/{commitment_id}/withdraw",
    operation_id="registry_withdraw_membership_commitment",
    openapi_extra=access("member", tenant="the member itself", rules=("A050",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def take_back(
    membership_id: UUID, commitment_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> CommitmentOut:
    """Take a commitment back, as long as the membership has not begun."""
    return _commitment(await actions.take_back(session, actor, membership_id, commitment_id, now))


@of_centers.get(
    "/{membership_id}/commitments",
    operation_id="registry_list_center_commitments",
    openapi_extra=access("member", "official", tenant=SEEN, rules=("A050", "X04")),
    responses=problems("NOT_FOUND"),
)
async def list_center_commitments(
    center_id: UUID,
    membership_id: UUID,
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
) -> Page[CommitmentOut]:
    """List what a member of the centre has committed; only those concerned and officials see it."""
    await queries.center_concerning(session, actor, center_id)
    membership = await queries.membership_of_center(session, center_id, membership_id)
    return await _commitments(session, page, membership.id)


async def _commitments(
    session: Reading, page: PageQuery, membership_id: UUID
) -> Page[CommitmentOut]:
    rows, next_cursor = await paginate(
        session, queries.commitments(membership_id), page, keys=[col(MemberCommitment.id)]
    )
    return Page(items=[_commitment(row) for row in rows], next_cursor=next_cursor)


def _commitment(row: MemberCommitment) -> CommitmentOut:
    amount = None if row.amount_fen is None else Earning(amount=row.amount_fen, currency="CNY")
    return CommitmentOut(amount=amount, **row.model_dump(include=COMMITMENT_FIELDS))
