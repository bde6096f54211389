"""Registering front ends, giving codes and tokens, and ending what was given."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import actions as accounts
from gateway.grants import queries, rules
from gateway.grants.tables import AuthorizationCode, FrontEnd, GrantFamily, RefreshToken
from gateway.identity.actions import digest_of
from gateway.revocations.actions import revoke
from shared.auth import Actor
from shared.auth.tokens import LEEWAY_SECONDS, MAX_LIFE_SECONDS
from shared.database import new_id
from shared.events.recording import record
from shared.rules import require


@dataclass(frozen=True, slots=True)
class Given:
    """What a grant gives besides the access token: its id, and the next refresh token."""

    access_jti: str
    refresh_token: str


async def register_front_end(
    session: AsyncSession, actor: Actor, name: str, redirect_uris: list[str]
) -> FrontEnd:
    """Register a program in which people sign in.

    Raises `Refused`: REDIRECT_URI_REFUSED.
    """
    require(rules.redirect_checks(redirect_uris))
    row_id = new_id()
    front_end = FrontEnd(
        id=row_id,
        client_id=str(row_id),
        name=name,
        redirect_uris=redirect_uris,
        created_by=actor.person_id,
        created_at=datetime.now(UTC),
    )
    session.add(front_end)
    record(session, actor, "front_end.registered", front_end.id, redirect_uris=redirect_uris)
    return front_end


async def deactivate_front_end(session: AsyncSession, actor: Actor, client_id: str) -> None:
    """End a front end and everything that it was given; ending it twice changes nothing.

    Raises `Refused`: NOT_FOUND.
    """
    front_end = await queries.front_end_for_update(session, client_id)
    if front_end.deactivated_at is None:
        front_end.deactivated_at = datetime.now(UTC)
        await revoke(session, "client", client_id)
        for family in await queries.open_families(session, client_id=client_id):
            await end_family(session, actor, family, "front_end_deactivated")
        record(session, actor, "front_end.deactivated", front_end.id)


async def give_code(
    session: AsyncSession, asked: rules.Asked, person_id: UUID, org_id: UUID | None, now: datetime
) -> str:
    """Give the code that the browser carries back to the front end."""
    family = GrantFamily(
        client_id=asked.client_id, person_id=person_id, org_id=org_id, began_at=now
    )
    session.add(family)
    await session.flush()
    code = secrets.token_urlsafe(32)
    session.add(
        AuthorizationCode(
            code_sha256=digest_of(code),
            family_id=family.id,
            redirect_uri=asked.redirect_uri,
            code_challenge=asked.code_challenge,
            issued_at=now,
            expires_at=now + rules.CODE_LIFE,
        )
    )
    record(session, acting(family), "grant.given", family.id, org_id=org_id)
    return code


def give_tokens(session: AsyncSession, family: GrantFamily, now: datetime) -> Given:
    """Give the next refresh token of a family, beside an access token of this id."""
    given = Given(new_id().hex, secrets.token_urlsafe(32))
    latest = family.began_at + rules.FAMILY_LIFE
    session.add(
        RefreshToken(
            token_sha256=digest_of(given.refresh_token),
            family_id=family.id,
            access_jti=given.access_jti,
            issued_at=now,
            expires_at=min(now + rules.REFRESH_IDLE, latest),
        )
    )
    return given


async def end_family(session: AsyncSession, actor: Actor, family: GrantFamily, reason: str) -> None:
    """End a family: no refresh any more, and its access tokens are revoked."""
    if family.ended_at is not None:
        return
    now = datetime.now(UTC)
    family.ended_at, family.reason = now, reason
    oldest = now - timedelta(seconds=MAX_LIFE_SECONDS + LEEWAY_SECONDS)
    for jti in await queries.living_access_tokens(session, family.id, oldest):
        await revoke(session, "token", jti)
    record(session, actor, "grant.ended", family.id, reason=reason, for_person_id=family.person_id)


async def end_everything(session: AsyncSession, actor: Actor, person_id: UUID, reason: str) -> None:
    """End every session, refresh token and access token of a person, everywhere."""
    await accounts.end_sessions(session, person_id)
    for family in await queries.open_families(session, person_id=person_id):
        await end_family(session, actor, family, reason)
    # Also what programs hold that speak for him: they ask again, and get what he may then.
    await revoke(session, "person", str(person_id))


def acting(family: GrantFamily) -> Actor:
    """Give the person of a family as an actor, before a token says what he may."""
    return Actor(
        person_id=family.person_id,
        client_id=family.client_id,
        capacities=frozenset(),
        org_id=family.org_id,
    )
