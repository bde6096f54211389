"""Judging a client's assertion: its key is looked up, and the assertion is spent, once."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from fastapi import Request
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.binding import proofs
from gateway.identity.actions import digest_of
from gateway.identity.queries import Asking
from gateway.tokens import assertions, rules
from gateway.tokens.protocol import LoadedClient
from gateway.tokens.tables import SpentAssertion
from shared.auth import InvalidToken

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - an address


def credentials_of(authorization: str | None, form: Mapping[str, str]) -> rules.Credentials:
    """Read who a client says it is: by a secret, or by an assertion and by nothing else.

    Raises `TokenError`.
    """
    if "client_assertion" not in form and "client_assertion_type" not in form:
        return rules.credentials_of(authorization, form)
    if authorization is not None or "client_secret" in form:
        raise rules.TWO_WAYS
    text = form.get("client_assertion", "")
    try:
        shown = assertions.shown(text)
    except InvalidToken:
        raise rules.UNKNOWN_CLIENT from None
    named = form.get("client_id", shown.client_id)
    if form.get("client_assertion_type") != assertions.TYPE or named != shown.client_id:
        raise rules.UNKNOWN_CLIENT
    known = rules.bounded(shown.client_id, rules.PRIVATE_KEY, rules.PRIVATE_KEY)
    return replace(known, secret=text, key_id=shown.key_id)


async def proven_client(
    request: Request, loaded: LoadedClient, program: Asking, credentials: rules.Credentials
) -> LoadedClient:
    """Tell whether a client with keys of its own has proven itself; without keys nothing changes.

    The assertion is spent in a transaction of its own: two requests with one of them at once are
    told apart by the row that both would write.
    """
    keys = program.keys
    if not keys:
        return loaded
    by_key = replace(loaded, by_key=True)
    public = keys.get(credentials.key_id)
    if credentials.method != rules.PRIVATE_KEY or public is None:
        return by_key
    try:
        proof = assertions.proven(
            credentials.secret,
            public,
            client_id=credentials.client_id,
            audience=request.app.state.settings.issuer,
            now=int(time.time()),
        )
    except InvalidToken:
        return by_key
    async with request.app.state.database.sessions.begin() as session:
        fresh = await spend(session, credentials.client_id, proof)
    return replace(by_key, proven=fresh)


async def bound_to(request: Request) -> str | None:
    """Give the key to which the asked token is to be bound, by its proof; None without one.

    A proof is spent in the database, like an assertion: a used one is refused by every process.
    Raises `TokenError`.
    """
    shown = request.headers.getlist("dpop")
    if not shown:
        return None
    if len(shown) > 1:
        raise rules.BAD_PROOF
    settings = request.app.state.settings
    secret = settings.key_secret.get_secret_value() if settings.dpop_nonce else None
    asked = proofs.Asked(
        request.method, request.headers.get("host", "").lower(), TOKEN_PATH, settings.public_origin
    )
    try:
        proof = proofs.proven(shown[0], asked, int(time.time()), key_secret=secret)
    except proofs.NonceWanted:
        raise rules.WANTS_NONCE from None
    except InvalidToken:
        raise rules.BAD_PROOF from None
    once = assertions.Proven(proof.jti, proof.over_at)
    async with request.app.state.database.sessions.begin() as session:
        if not await spend(session, f"dpop {proof.thumbprint}", once):
            raise rules.BAD_PROOF
    return proof.thumbprint


def nonce_headers(request: Request, error: rules.TokenError) -> Mapping[str, str]:
    """Give the nonce that a proof lacked."""
    if error is not rules.WANTS_NONCE:
        return {}
    secret = request.app.state.settings.key_secret.get_secret_value()
    return {"DPoP-Nonce": proofs.nonces(secret, int(time.time()))[0]}


async def spend(session: AsyncSession, client_id: str, proof: assertions.Proven) -> bool:
    """Keep that an assertion was used; tell whether this is its first use."""
    now = datetime.now(UTC)
    await session.execute(delete(SpentAssertion).where(col(SpentAssertion.expires_at) < now))
    statement = (
        insert(SpentAssertion)
        .values(
            assertion_sha256=digest_of(f"{client_id}\n{proof.jti}"),
            expires_at=datetime.fromtimestamp(proof.over_at, UTC),
        )
        .on_conflict_do_nothing()
        .returning(col(SpentAssertion.assertion_sha256))
    )
    return await session.scalar(statement) is not None
