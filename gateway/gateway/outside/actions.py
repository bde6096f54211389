"""Linking an account to an outside identity, and what that one's word is good for."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import actions as accounts
from gateway.accounts import queries as account_queries
from gateway.accounts.tables import Account
from gateway.claims import actions as claims
from gateway.outside import queries, rules
from gateway.outside.rules import Said
from gateway.outside.tables import OutsideIdentity
from shared.auth import Actor
from shared.events.recording import record
from shared.rules import found, require

# The one who confirms by the issuer's word, in the place of a handler.
TRUSTED = Actor.system("outside sign-in")


def digest_of(issuer: str, subject: str) -> bytes:
    """Give what is kept of a subject: another issuer may call somebody else the same."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).digest()


async def link(session: AsyncSession, person_id: UUID, digest: bytes, now: datetime) -> None:
    """Let a person sign in there from now on; doing it twice changes nothing.

    Raises `Refused`: OUTSIDE_LINKED.
    """
    known = await queries.identity_of(session, person_id)
    if known is not None and known.subject_sha256 == digest:
        return
    linked_to = await queries.person_of(session, digest)
    require(rules.link_checks(linked_to, person_id, has_link=known is not None))
    made = OutsideIdentity(subject_sha256=digest, person_id=person_id, linked_at=now)
    session.add(made)
    await session.flush()
    record(session, accounts.oneself(person_id), "account.outside_linked", made.id)


async def unlink(session: AsyncSession, actor: Actor) -> None:
    """End one's own link. Raises `Refused`: NOT_FOUND."""
    known = found(await queries.identity_of(session, actor.person_id))
    record(session, actor, "account.outside_unlinked", known.id, before={"linked": True})
    await session.delete(known)


async def take_invitation(
    session: AsyncSession, invitation: bytes, digest: bytes, now: datetime
) -> Account:
    """Use an invitation up by a link instead of a password.

    Raises `Refused`: NOT_FOUND or OUTSIDE_LINKED.
    """
    account = found(await account_queries.account_by_invitation(session, invitation, now))
    await link(session, account.person_id, digest, now)
    account.invitation_sha256 = account.invited_until = None
    account.failures, account.resting_until = 0, None
    return account


async def claim(
    session: AsyncSession, said: Said, org_id: UUID | None, digest: bytes, proof: str,
    key_secret: str, now: datetime,
) -> Account:  # fmt: skip
    """Let whoever the issuer vouches for act for that legal person, as its first account (A160).

    The ID token is kept as the claim's proof. Raises `Refused`: OUTSIDE_NO_ENTITY, USCC_FORMAT,
    USCC_CHECK_DIGIT, CLAIMS_TOO_MANY, ORG_NOT_REGISTERED, ORG_HAS_ACCOUNT or OUTSIDE_LINKED.
    """
    require(rules.claim_checks(said))
    login = f"outside-{secrets.token_hex(8)}"
    shown = claims.Claim(said.uscc, said.name, login, "application/jwt", proof.encode())
    made, _ = await claims.claim_by_word(session, TRUSTED, shown)
    await claims.confirm(session, TRUSTED, made.id, org_id, key_secret)
    account: Account = found(await session.get(Account, made.account_id))
    await link(session, account.person_id, digest, now)
    account.invitation_sha256 = account.invited_until = None
    return account
