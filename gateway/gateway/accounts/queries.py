"""What is read of accounts, and who may see which."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.accounts.rules import login_of
from gateway.accounts.tables import Account, SignInSession
from gateway.identity.tables import RoleGrant
from shared.auth import Actor
from shared.rules import found


def visible_accounts(actor: Actor) -> Select[Account]:
    """List accounts: an admin sees all, a member's person those of its own people alone (X04).

    Whoever acts, or ever acted, for somebody else as well is not theirs to invite again: with a
    password of their choosing they would act for that other one.
    """
    statement = select(Account)
    if actor.has("admin"):
        return statement
    held = exists().where(col(RoleGrant.person_id) == col(Account.person_id))
    own = held.where(col(RoleGrant.org_id).is_not(None), col(RoleGrant.org_id) == actor.org_id)
    foreign = held.where(col(RoleGrant.org_id).is_distinct_from(actor.org_id))
    return statement.where(own, ~foreign)


async def account_for_update(session: AsyncSession, actor: Actor, account_id: UUID) -> Account:
    """Load and lock an account that the actor may see."""
    statement = visible_accounts(actor).where(col(Account.id) == account_id)
    return found(await session.scalar(statement.with_for_update(of=Account)))


async def account_by_login(session: AsyncSession, login: str) -> Account | None:
    """Lock the open account of a login, so that attempts at once are counted one by one."""
    statement = select(Account).where(col(Account.login) == login, col(Account.closed_at).is_(None))
    return await session.scalar(statement.with_for_update())


async def account_by_invitation(
    session: AsyncSession, digest: bytes, now: datetime
) -> Account | None:
    """Lock the open account whose invitation this is, while it lasts."""
    statement = select(Account).where(
        col(Account.invitation_sha256) == digest,
        col(Account.invited_until) > now,
        col(Account.closed_at).is_(None),
    )
    return await session.scalar(statement.with_for_update())


async def account_of_person(session: AsyncSession, person_id: UUID) -> Account | None:
    """Find the open account of a person."""
    statement = select(Account).where(
        col(Account.person_id) == person_id, col(Account.closed_at).is_(None)
    )
    return await session.scalar(statement)


async def waiting_account(
    session: AsyncSession, actor: Actor, person_id: UUID, login: str
) -> Account | None:
    """Find the account that this caller opened just so, while its invitation waits."""
    statement = visible_accounts(actor).where(
        col(Account.person_id) == person_id,
        col(Account.login) == login_of(login),
        col(Account.created_by) == actor.person_id,
        col(Account.invitation_sha256).is_not(None),
    )
    return await session.scalar(statement)


async def signed_in(session: AsyncSession, digest: bytes, now: datetime) -> UUID | None:
    """Tell who is signed in in a browser, by the digest of its cookie."""
    statement = (
        select(col(SignInSession.person_id))
        .join(Account, col(Account.person_id) == col(SignInSession.person_id))
        .where(
            col(SignInSession.cookie_sha256) == digest,
            col(SignInSession.expires_at) > now,
            col(Account.closed_at).is_(None),
        )
    )
    return await session.scalar(statement)


async def account_locked(session: AsyncSession, account_id: UUID) -> None:
    """Lock an account, so that what is counted of it stays counted."""
    await session.execute(
        select(col(Account.id)).where(col(Account.id) == account_id).with_for_update()
    )
