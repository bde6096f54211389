"""Giving accounts, taking invitations, signing in and out."""

import base64
import hmac
import secrets
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.accounts import queries, rules
from gateway.accounts.tables import Account, SignInSession
from gateway.identity import queries as identities
from gateway.identity.actions import digest_of
from shared.auth import Actor
from shared.events.recording import record
from shared.rules import require


def invitation_of(key_secret: str, account: Account) -> str:
    """Derive an account's invitation, as a program's secret is: the database cannot tell it."""
    words = b"invitation\n" + account.id.bytes + account.invitation_number.to_bytes(4, "big")
    digest = hmac.digest(key_secret.encode(), words, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def enrolment_code_of(key_secret: str, account: Account) -> str:
    """Derive the code with which an official connects his first second factor."""
    words = b"enrolment\n" + account.id.bytes + account.enrolment_number.to_bytes(4, "big")
    digest = hmac.digest(key_secret.encode(), words, "sha256")
    return base64.b32encode(digest[: rules.ENROLMENT_BYTES]).decode()


async def open_account(
    session: AsyncSession,
    actor: Actor,
    person_id: UUID,
    login: str,
    key_secret: str,
    *,
    by_claim: bool = False,
) -> Account:
    """Give a person an account; whoever holds its invitation sets the password.

    `by_claim` says that a handler has confirmed a claim, and may therefore open it.

    Raises `Refused`: NOT_FOUND or LOGIN_TAKEN.
    """
    await identities.person_for_update(session, person_id)
    held = await identities.orgs_of_person(session, person_id)
    require(rules.person_checks(held, actor.org_id, by_admin=by_claim or actor.has("admin")))
    account = Account(
        person_id=person_id,
        login=rules.login_of(login),
        created_by=actor.person_id,
        created_at=datetime.now(UTC),
    )
    _invite(account, key_secret)
    session.add(account)
    await session.flush()
    record(session, actor, "account.opened", account.id, for_person_id=person_id)
    return account


async def invite_again(
    session: AsyncSession, actor: Actor, account_id: UUID, key_secret: str
) -> Account:
    """Make a new invitation; the one before and the password end with it, sessions elsewhere.

    Raises `Refused`: NOT_FOUND or ACCOUNT_CLOSED.
    """
    account = await queries.account_for_update(session, actor, account_id)
    require(rules.open_checks(account.closed_at))
    account.invitation_number += 1
    account.enrolment_number += 1
    account.password_hash = None
    account.failures, account.resting_until = 0, None
    _invite(account, key_secret)
    record(session, actor, "account.invited", account.id, for_person_id=account.person_id)
    return account


async def let_enrol(session: AsyncSession, actor: Actor, account_id: UUID) -> Account:
    """Make a new code for the first second factor; the one before ends with it.

    Who knows an official's password before its owner does can do nothing with it alone.

    Raises `Refused`: NOT_FOUND or ACCOUNT_CLOSED.
    """
    account = await queries.account_for_update(session, actor, account_id)
    require(rules.open_checks(account.closed_at))
    account.enrolment_number += 1
    account.enrolment_until = datetime.now(UTC) + rules.ENROLMENT_LIFE
    record(session, actor, "account.may_enrol", account.id, for_person_id=account.person_id)
    return account


async def close_account(session: AsyncSession, actor: Actor, account_id: UUID) -> Account:
    """End an account for good; closing it twice changes nothing.

    Raises `Refused`: NOT_FOUND.
    """
    account = await queries.account_for_update(session, actor, account_id)
    if account.closed_at is None:
        await closed(session, actor, account)
    return account


async def closed(session: AsyncSession, actor: Actor, account: Account) -> None:
    """End an open account, whoever may do so."""
    account.closed_at = datetime.now(UTC)
    account.password_hash = None
    account.invitation_sha256 = account.invited_until = account.enrolment_until = None
    # The login may name the person, and is free again.
    account.login = f"closed:{account.id}"
    record(session, actor, "account.closed", account.id, for_person_id=account.person_id)


async def end_sessions(session: AsyncSession, person_id: UUID) -> None:
    """Sign a person out of every browser."""
    await session.execute(delete(SignInSession).where(col(SignInSession.person_id) == person_id))


async def take_invitation(session: AsyncSession, account: Account, password_hash: str) -> None:
    """Set the password of an account whose invitation was shown; it is used up with it."""
    account.password_hash = password_hash
    account.invitation_sha256 = account.invited_until = None
    account.failures, account.resting_until = 0, None
    record(session, oneself(account.person_id), "account.password_set", account.id)


async def count_attempt(session: AsyncSession, account: Account, now: datetime) -> bool:
    """Count an attempt before it is looked at; tell whether it is to be looked at at all.

    Counted first and forgiven afterwards: many attempts at once cannot slip through together.
    """
    if not rules.may_try(account.resting_until, now):
        return False
    account.failures += 1
    rest = rules.rest_after(account.failures)
    account.resting_until = now + rest if rest else None
    if rest:
        record(session, oneself(account.person_id), "account.rested", account.id)
    return True


async def sign_in(session: AsyncSession, person_id: UUID, now: datetime) -> str:
    """Begin a session in a browser; give the value of its cookie, which is kept nowhere."""
    await session.execute(delete(SignInSession).where(col(SignInSession.expires_at) <= now))
    account = await queries.account_of_person(session, person_id)
    if account is not None:
        account.failures, account.resting_until = 0, None
    cookie = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            cookie_sha256=digest_of(cookie),
            person_id=person_id,
            created_at=now,
            expires_at=now + rules.SESSION_LIFE,
        )
    )
    record(session, oneself(person_id), "account.signed_in", person_id)
    return cookie


async def sign_out(session: AsyncSession, cookie: str) -> None:
    """End the session of one browser."""
    await session.execute(
        delete(SignInSession).where(col(SignInSession.cookie_sha256) == digest_of(cookie))
    )


def _invite(account: Account, key_secret: str) -> None:
    account.enrolment_until = datetime.now(UTC) + rules.ENROLMENT_LIFE
    account.invitation_sha256 = digest_of(invitation_of(key_secret, account))
    account.invited_until = datetime.now(UTC) + rules.INVITATION_LIFE


def oneself(person_id: UUID) -> Actor:
    """Give a person as the actor of what he does before he holds any token."""
    return Actor(person_id=person_id, client_id="sign-in", capacities=frozenset())
