"""The OAuth endpoints. They speak OAuth's own errors, so the house's route class is not theirs."""

import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from gateway.identity import queries as identities
from gateway.identity.queries import Identity
from gateway.identity.rules import split
from gateway.settings import GatewaySettings
from gateway.tokens import rules
from gateway.tokens.keys import KeyRing, NoKey, Signer
from gateway.tokens.protocol import NO_SECRET, LoadedClient, TokenServer, Verdict
from gateway.tokens.rules import TokenError
from gateway.tokens.schemas import (
    JwksOut,
    OAuthErrorOut,
    ServerMetadataOut,
    TokenForm,
    TokenOut,
)
from shared.auth import AUDIENCE
from shared.database import new_id
from shared.http import Failure, Router, access, problems

log = structlog.get_logger(__name__)

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="zhichuang", charset="UTF-8"'}
PUBLIC: Final = access(tenant="none")

router = APIRouter(tags=["tokens"], redirect_slashes=False)
well_known = Router(prefix="/.well-known", tags=["tokens"])
ROUTERS: Final = (router, well_known)


@router.post(
    "/oauth/token",
    operation_id="oauth_token",
    response_model=TokenOut,
    responses={
        400: {"model": OAuthErrorOut, "description": "The request is not one for a token."},
        401: {"model": OAuthErrorOut, "description": "The client is not who it says."},
    },
    openapi_extra={
        **PUBLIC,
        "requestBody": {
            "required": True,
            "content": {
                rules.FORM: {"schema": {"$ref": "#/components/schemas/TokenForm"}},
            },
        },
    },
)
async def token(request: Request) -> JSONResponse:
    """Give an access token for client credentials, sent as HTTP Basic or in the form."""
    try:
        form = rules.form_of(request.headers.get("content-type", ""), await request.body())
        rules.request_checks(form)
        credentials = rules.credentials_of(request.headers.get("authorization"), form)
        verdict = await _judged(request, form, credentials)
    except TokenError as error:
        return _refused(error)
    if verdict.status == 401 or verdict.body.get("error") == "invalid_client":
        log.warning("token.refused", client_id=credentials.client_id)
        return _refused(rules.UNKNOWN_CLIENT)
    return JSONResponse(verdict.body, verdict.status, NO_STORE)


def _refused(error: TokenError) -> JSONResponse:
    headers = NO_STORE | (CHALLENGE if error.status == 401 else {})
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, error.status, headers)


async def _judged(
    request: Request, form: Mapping[str, str], credentials: rules.Credentials
) -> Verdict:
    state = request.app.state
    today = state.clock.today()
    async with state.database.sessions.reading() as session:
        identity = await identities.identity_by_client_id(session, credentials.client_id, today)
    signer = await _signer(state.keys)

    def make_token() -> dict[str, Any]:
        # The grant has agreed, so that the client exists.
        return _token(identity, signer, state.settings) if identity is not None else {}

    loaded = LoadedClient(
        credentials.client_id,
        identity.client.secret_sha256 if identity is not None else NO_SECRET,
        exists=identity is not None,
    )
    headers = {"Authorization": request.headers.get("authorization", "")}
    return TokenServer(loaded, make_token).judge(form, headers)


async def _signer(keys: KeyRing) -> Signer:
    try:
        return await keys.signer()
    except NoKey:
        raise Failure("UNAVAILABLE", {"Retry-After": "2"}, service="gateway") from None


def _token(identity: Identity, signer: Signer, settings: GatewaySettings) -> dict[str, Any]:
    roles, duties = split(identity.capacities)
    subject = rules.Subject(
        person_id=str(identity.client.person_id),
        client_id=identity.client.client_id,
        roles=roles,
        duties=duties,
        org_id=_text(identity.client.org_id),
        expert_id=_text(identity.expert_id) if "expert" in roles else None,
    )
    claims = rules.claims_for(
        subject,
        issuer=settings.issuer,
        audience=AUDIENCE,
        token_id=new_id().hex,
        now=int(time.time()),
        seconds=settings.token_seconds,
    )
    return {
        "access_token": signer.sign(claims),
        "token_type": "Bearer",
        "expires_in": settings.token_seconds,
    }


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


@well_known.get("/jwks.json", operation_id="oauth_keys", openapi_extra=PUBLIC, responses=problems())
async def keys(request: Request) -> JwksOut:
    """Publish the keys that verify tokens."""
    return JwksOut.model_validate(await request.app.state.keys.published())


@well_known.get(
    "/oauth-authorization-server",
    operation_id="oauth_server_metadata",
    openapi_extra=PUBLIC,
    responses=problems(),
)
async def server_metadata(request: Request) -> ServerMetadataOut:
    """Describe this authorization server."""
    base = str(request.base_url).rstrip("/")
    return ServerMetadataOut.model_validate(rules.metadata(request.app.state.settings.issuer, base))


def own_document(document: dict[str, Any]) -> dict[str, Any]:
    """Add the form's schema, which the framework does not see, since it is read by hand."""
    document["components"]["schemas"]["TokenForm"] = TokenForm.model_json_schema()
    return document
