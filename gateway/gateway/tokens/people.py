"""Tokens for people: what a front end gets for a code or a refresh token.

Code, family and refresh tokens are locked before Authlib judges, and what follows is written in
the same transaction; so the second of two uses sees the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import State

from gateway.accounts import queries as accounts
from gateway.grants import actions, queries
from gateway.grants.protocol import LoadedFrontEnd, LoadedGrant
from gateway.grants.rules import Use, use_of
from gateway.grants.stepping import lacks_factor
from gateway.grants.tables import AuthorizationCode, FrontEnd, GrantFamily, RefreshToken
from gateway.identity import queries as identities
from gateway.identity.actions import digest_of
from gateway.tokens import rules
from gateway.tokens.issuing import access_token, subject_for
from gateway.tokens.keys import NoKey
from gateway.tokens.protocol import TokenServer, Verdict
from shared.http import Failure

log = structlog.get_logger(__name__)

LONGEST_SECRET: Final = 128


@dataclass(frozen=True, slots=True)
class _Presented:
    """A code or refresh token as it was found, and its family."""

    row: AuthorizationCode | RefreshToken
    family: GrantFamily
    use: Use


async def judged_grant(
    request: Request, client_id: str, form: Mapping[str, str], thumbprint: str | None = None
) -> Verdict:
    """Judge a front end's code or refresh token, and give what comes next.

    A family that began with a proof of a key goes on with that key only (RFC 9449, section 5).
    """
    state = request.app.state
    now = datetime.now(UTC)
    try:
        signer = await state.keys.signer()
    except NoKey:
        raise Failure("UNAVAILABLE", {"Retry-After": "2"}, service="gateway") from None
    async with state.database.sessions.begin() as session:
        front_end = await queries.front_end(session, client_id)
        presented = await _presented(session, form, now)
        if presented is not None and presented.use is Use.REUSED:
            # Somebody holds a copy: nobody can tell which of the two is the thief.
            log.warning("grant.reused", family=str(presented.family.id))
            owner = actions.acting(presented.family)
            await actions.end_family(session, owner, presented.family, "reused")
        if presented is not None and not _same_key(presented, thumbprint):
            # Uses nothing up: whoever holds the key goes on.
            raise rules.BAD_PROOF
        subject = await _subject(session, presented, state)

        def make_token() -> dict[str, Any]:
            if presented is None or subject is None:
                return {}
            given = actions.give_tokens(session, presented.family, now)
            presented.row.used_at = presented.row.used_at or now
            if isinstance(presented.row, AuthorizationCode):
                presented.family.dpop_thumbprint = thumbprint
            request.state.door_person = str(presented.family.person_id)
            return {
                "access_token": access_token(
                    replace(subject, thumbprint=thumbprint),
                    signer,
                    state.settings,
                    given.access_jti,
                ),
                "token_type": "Bearer" if thumbprint is None else "DPoP",
                "expires_in": state.settings.token_seconds,
                "refresh_token": given.refresh_token,
            }

        loaded = _grant(presented) if subject is not None else None
        server = TokenServer(_front_end(front_end, client_id), make_token, given=loaded)
        verdict = server.judge(form, {})
    if verdict.status == 401 or verdict.body.get("error") == "invalid_client":
        raise rules.UNKNOWN_CLIENT
    return verdict


def _same_key(presented: _Presented, thumbprint: str | None) -> bool:
    """Tell whether a use that would count comes with its family's key; reuse ends it anyway."""
    bound = presented.family.dpop_thumbprint
    return presented.use not in {Use.FRESH, Use.TWIN} or bound in {None, thumbprint}


async def struck_family(request: Request) -> bool:
    """End the family of a front end's refresh token; tell whether this was such a request."""
    form = rules.form_of(request.headers.get("content-type", ""), await request.body())
    by_secret = not {"client_secret", "client_assertion"}.isdisjoint(form)
    by_secret = by_secret or request.headers.get("authorization") is not None
    if by_secret or not {"client_id", "token"} <= form.keys():
        return False
    client_id = rules.front_end_of(None, form)
    async with request.app.state.database.sessions.begin() as session:
        if await queries.front_end(session, client_id) is None:
            raise rules.UNKNOWN_CLIENT
        found = await queries.refresh_for_update(session, digest_of(form["token"]))
        # Another front end's token, or none, is answered the same (RFC 7009, section 2.2).
        if found is not None and found[1].client_id == client_id:
            await actions.end_family(session, actions.acting(found[1]), found[1], "revoked")
    return True


async def _presented(
    session: AsyncSession, form: Mapping[str, str], now: datetime
) -> _Presented | None:
    by_code = form["grant_type"] == rules.AUTHORIZATION_CODE
    text = form.get("code" if by_code else "refresh_token", "")
    if not text or len(text) > LONGEST_SECRET:
        return None
    find = queries.code_for_update if by_code else queries.refresh_for_update
    found = await find(session, digest_of(text))
    if found is None or found[1].client_id != form["client_id"]:
        return None
    row, family = found
    use = use_of(row.used_at, row.expires_at, family.ended_at, now)
    if by_code and row.used_at is not None:
        use = Use.REUSED
    return _Presented(row, family, use)


async def _subject(
    session: AsyncSession, presented: _Presented | None, state: State
) -> rules.Subject | None:
    """Tell as what the person of a family may act now: grants and accounts end between uses."""
    if presented is None or presented.use not in {Use.FRESH, Use.TWIN}:
        return None
    family = presented.family
    if await accounts.account_of_person(session, family.person_id) is None:
        return None
    # Who became an official meanwhile signs in again, with a second factor.
    if await lacks_factor(session, state, family.person_id):
        return None
    for held in await identities.standings_of(session, family.person_id, state.clock.today()):
        if held.org_id == family.org_id:
            return subject_for(family.person_id, family.client_id, family.org_id, held)
    return None


def _grant(presented: _Presented | None) -> LoadedGrant | None:
    if presented is None:
        return None
    row, client_id = presented.row, presented.family.client_id
    if isinstance(row, AuthorizationCode):
        return LoadedGrant(client_id, row.redirect_uri, row.code_challenge)
    return LoadedGrant(client_id)


def _front_end(found: FrontEnd | None, client_id: str) -> LoadedFrontEnd:
    if found is None:
        return LoadedFrontEnd(client_id, (), exists=False)
    return LoadedFrontEnd(client_id, tuple(found.redirect_uris))
