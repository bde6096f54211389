"""The OAuth endpoints. They speak OAuth's own errors, so the house's route class is not theirs."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from gateway.identity.networks import allows
from gateway.identity.queries import Asking
from gateway.revocations import actions as revoking
from gateway.tokens import rules
from gateway.tokens.issuing import access_token, subject_acting, subject_asking
from gateway.tokens.keys import KeyRing, NoKey, Signer
from gateway.tokens.people import judged_grant, struck_family
from gateway.tokens.protocol import NO_SECRET, LoadedClient, LoadedToken, TokenServer, Verdict
from gateway.tokens.proving import bound_to, credentials_of, nonce_headers, proven_client
from gateway.tokens.rules import TokenError
from gateway.tokens.schemas import (
    EndedOut,
    IntrospectionOut,
    JwksOut,
    OAuthErrorOut,
    ServerMetadataOut,
    TokenForm,
    TokenOut,
    TokenQuestionForm,
)
from shared.auth import InvalidToken, KeysUnavailable
from shared.http import Failure, Router, access, problems

log = structlog.get_logger(__name__)

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="zhichuang", charset="UTF-8"'}
PUBLIC: Final = access(tenant="none")

OAUTH_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": OAuthErrorOut, "description": "The request is not one of the RFC's."},
    401: {"model": OAuthErrorOut, "description": "The client is not who it says."},
}


def _form(schema: str) -> dict[str, Any]:
    content = {rules.FORM: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {**PUBLIC, "requestBody": {"required": True, "content": content}}


router = APIRouter(tags=["tokens"], redirect_slashes=False)
well_known = Router(prefix="/.well-known", tags=["tokens"])
ROUTERS: Final = (router, well_known)


@router.post(
    "/oauth/token",
    operation_id="oauth_token",
    response_model=TokenOut,
    responses=OAUTH_ERRORS,
    openapi_extra=_form("TokenForm"),
)
async def token(request: Request) -> JSONResponse:
    """Give an access token: to a program for its secret, to a front end for what was granted."""
    try:
        form = rules.form_of(request.headers.get("content-type", ""), await request.body())
        rules.request_checks(form)
        thumbprint = await bound_to(request)
        if form["grant_type"] not in rules.OF_PROGRAMS:
            client_id = rules.front_end_of(request.headers.get("authorization"), form)
            request.state.door_client = client_id
            return _answered(await judged_grant(request, client_id, form, thumbprint))
        credentials = credentials_of(request.headers.get("authorization"), form)
        request.state.door_client = credentials.client_id
        verdict = await _judged(request, form, credentials, thumbprint)
    except TokenError as error:
        return _refused(error, nonce_headers(request, error))
    if verdict.status == 401 or verdict.body.get("error") == "invalid_client":
        log.warning("token.refused", client_id=credentials.client_id)
        return _refused(rules.UNKNOWN_CLIENT)
    return JSONResponse(verdict.body, verdict.status, NO_STORE)


@router.post(
    "/oauth/revoke",
    operation_id="oauth_revoke",
    response_model=EndedOut,
    responses=OAUTH_ERRORS,
    openapi_extra=_form("TokenQuestionForm"),
)
async def revoke(request: Request) -> JSONResponse:
    """End one of the client's own tokens early; it is refused everywhere within five seconds.

    A front end ends a refresh token with its whole family, and needs no secret for it.
    """
    try:
        if await struck_family(request):
            return _answered(Verdict(200, {}))
        server, verdict, client_id = await _asked(request, "revocation")
    except TokenError as error:
        return _refused(error)
    if server.struck is not None:
        jti = str(server.struck.claims["jti"])
        async with request.app.state.database.sessions.begin() as session:
            await revoking.revoke(session, "token", jti)
        log.info("token.revoked", client_id=client_id)
    return _answered(verdict)


@router.post(
    "/oauth/introspect",
    operation_id="oauth_introspect",
    response_model=IntrospectionOut,
    responses=OAUTH_ERRORS,
    openapi_extra=_form("TokenQuestionForm"),
)
async def introspect(request: Request) -> JSONResponse:
    """Tell what one of the client's own tokens says, or that it does not live."""
    try:
        _, verdict, _ = await _asked(request, "introspection")
    except TokenError as error:
        return _refused(error)
    return _answered(verdict)


async def _asked(request: Request, endpoint: str) -> tuple[TokenServer, Verdict, str]:
    """Judge a question about a token; raise `TokenError`."""
    form = rules.form_of(request.headers.get("content-type", ""), await request.body())
    authorization = request.headers.get("authorization")
    credentials = credentials_of(authorization, form)
    program, loaded = await _client(request, credentials)
    server = TokenServer(loaded, dict, await _living(request, form.get("token", "")))
    headers = {"Authorization": authorization or ""}
    verdict = server.judge_token(endpoint, _named(form, credentials), headers)
    if verdict.status == 401 or verdict.body.get("error") == "invalid_client":
        log.warning("token.refused", client_id=credentials.client_id)
        raise rules.UNKNOWN_CLIENT
    _require_near(request, program)
    return server, verdict, credentials.client_id


def _answered(verdict: Verdict) -> JSONResponse:
    return JSONResponse(verdict.body, verdict.status, NO_STORE)


async def _living(request: Request, text: str) -> LoadedToken | None:
    try:
        return LoadedToken(await request.app.state.verifier.verify(text))
    except InvalidToken:
        return None
    except KeysUnavailable:
        raise Failure("UNAVAILABLE", {"Retry-After": "2"}, service="gateway") from None


def _refused(error: TokenError, more: Mapping[str, str] | None = None) -> JSONResponse:
    # One object stands for each kind of refusal: it would keep the frames of every one there was.
    error.with_traceback(None)
    headers = NO_STORE | (CHALLENGE if error.status == 401 else {}) | dict(more or {})
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, error.status, headers)


async def _judged(
    request: Request,
    form: Mapping[str, str],
    credentials: rules.Credentials,
    thumbprint: str | None,
) -> Verdict:
    program, loaded = await _client(request, credentials)
    state = request.app.state
    signer = await _signer(state.keys)
    exchanged = None
    if form["grant_type"] == rules.EXCHANGE:
        exchanged = await _living(request, form.get("subject_token", ""))

    def make_token() -> dict[str, Any]:
        # The grant has agreed, so that the client exists.
        if program is None:
            return {}
        subject, seconds = subject_asking(program), state.settings.token_seconds
        if exchanged is not None:
            subject = subject_acting(exchanged.claims, credentials.client_id)
            # Never longer than what it was made of.
            seconds = max(1, min(seconds, exchanged.claims["exp"] - int(time.time())))
        subject = replace(subject, thumbprint=thumbprint)
        request.state.door_person = subject.person_id
        return {
            "access_token": access_token(subject, signer, state.settings, most_seconds=seconds),
            "token_type": "Bearer" if thumbprint is None else "DPoP",
            "expires_in": seconds,
        }

    headers = {"Authorization": request.headers.get("authorization", "")}
    server = TokenServer(loaded, make_token, exchanged)
    verdict = server.judge(_named(form, credentials), headers)
    if verdict.status == 200:
        _require_near(request, program)
    return verdict


def _require_near(request: Request, program: Asking | None) -> None:
    """Refuse a program that has proven itself, and speaks from elsewhere; raise `TokenError`."""
    address = request.client.host if request.client else ""
    if program is not None and not allows(program.networks, address):
        log.warning("token.elsewhere", client_id=program.client_id)
        raise rules.ELSEWHERE


async def _client(
    request: Request, credentials: rules.Credentials
) -> tuple[Asking | None, LoadedClient]:
    program: Asking | None = await request.app.state.programs.of(credentials.client_id)
    loaded = _loaded(program, credentials)
    if program is None:
        return None, loaded
    return program, await proven_client(request, loaded, program, credentials)


def _named(form: Mapping[str, str], credentials: rules.Credentials) -> Mapping[str, str]:
    """Name the client in the form as well where its assertion does (RFC 7521, section 4.2)."""
    asserted = credentials.method == rules.PRIVATE_KEY
    return {**form, "client_id": credentials.client_id} if asserted else form


def _loaded(program: Asking | None, credentials: rules.Credentials) -> LoadedClient:
    if program is None:
        return LoadedClient(credentials.client_id, NO_SECRET, exists=False)
    return LoadedClient(
        credentials.client_id,
        program.secret_sha256,
        exists=True,
        serves="service" in program.capacities,
    )


async def _signer(keys: KeyRing) -> Signer:
    try:
        return await keys.signer()
    except NoKey:
        raise Failure("UNAVAILABLE", {"Retry-After": "2"}, service="gateway") from None


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
    """Add the forms' schemas, which the framework does not see, since they are read by hand."""
    for form in (TokenForm, TokenQuestionForm):
        document["components"]["schemas"][form.__name__] = form.model_json_schema()
    return document
