"""The way to the outside issuer and back; what a browser carries is sealed in a cookie of its own.

A sign-in begun in one browser ends in that browser: the state that comes back must be the one in
its cookie, and works once. The issuer's word replaces the password and nothing more: an official
shows the second factor after it.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Path, Request
from starlette.datastructures import URL
from starlette.responses import RedirectResponse, Response

from gateway import sealing
from gateway.accounts import actions as accounts
from gateway.accounts import queries as account_queries
from gateway.factors.actions import spend_challenge
from gateway.grants import pages as frames
from gateway.grants.pages import Form
from gateway.grants.protocol import Unfit
from gateway.grants.rules import origin_of
from gateway.grants.signing import go_on, signed_in
from gateway.grants.stepping import asked_second
from gateway.grants.visiting import (
    browser_of,
    form_of,
    form_token,
    from_this_browser,
    sent_back,
    set_cookie,
    strict,
    visit_of,
    with_browser,
)
from gateway.identity import clients
from gateway.identity.actions import digest_of
from gateway.outside import actions, pages, queries
from gateway.outside.issuer import Issuer
from gateway.outside.rules import NotTrusted, Purpose, Said
from gateway.outside.schemas import OutsideIdentityOut
from shared.auth import DUTIES, ROLES
from shared.client import Unavailable
from shared.http import Language, Reading, Router, Transaction, access, problems
from shared.http.dependencies import CurrentActor
from shared.rules import Refused, found

log = structlog.get_logger(__name__)

COOKIE: Final = "zhichuang_outside"
BACK: Final = "/oauth/outside/back"
LIFE: Final = timedelta(minutes=10)
SEAL: Final = "outside sign-in"
PUBLIC: Final = access(tenant="none")
OWN: Final = access(*sorted((ROLES | DUTIES) - {"service"}), tenant="oneself", rules=("X02",))

router = APIRouter(tags=["accounts"], redirect_slashes=False)
me_router: Final = Router(prefix="/v1/me/outside-identity", tags=["accounts"])


@dataclass(frozen=True, slots=True)
class Journey:
    """What a browser takes along on its way to the issuer and back."""

    purpose: str
    state: str
    nonce: str
    verifier: str
    until: int
    # The front end's question, or the invitation's code.
    query: str


@router.get("/oauth/outside", operation_id="oauth_outside", openapi_extra=PUBLIC,
            include_in_schema=False)  # fmt: skip
async def begin_sign_in(request: Request, language: Language) -> Response:
    """Send a browser to the issuer, with the front end's question kept for its return."""
    try:
        await visit_of(request, language)
    except Unfit as unfit:
        return sent_back(request, unfit, language)
    return await _sent(request, language, Purpose.SIGN_IN, request.url.query)


@router.get(BACK, operation_id="oauth_outside_back", openapi_extra=PUBLIC,
            include_in_schema=False)  # fmt: skip
async def back(request: Request, language: Language) -> Response:
    """Take what the issuer says, and do what the browser had set out for."""
    issuer: Issuer = request.app.state.outside_issuer
    try:
        journey, code = await _returned(request, issuer)
        said, token = await issuer.redeem(code, journey.nonce, journey.verifier, _back(request))
    except NotTrusted as refused:
        log.warning("outside.refused", reason=str(refused))
        return _ended(_told("refused", language, 401))
    try:
        return _ended(await _arrived(request, language, journey, said, token))
    except Refused as refused:
        log.warning("outside.not_taken", codes=[check.code for check in refused.checks])
        return _ended(_told("taken", language, 409))


@router.get("/oauth/outside/{purpose}", operation_id="oauth_outside_ask", openapi_extra=PUBLIC,
            include_in_schema=False)  # fmt: skip
async def ask(
    purpose: Annotated[Purpose, Path()], request: Request, language: Language
) -> Response:
    """Say what follows before a browser is sent away for good."""
    return _beginning(request, language, purpose)


@router.post("/oauth/outside/{purpose}", operation_id="oauth_outside_begin", openapi_extra=PUBLIC,
             include_in_schema=False)  # fmt: skip
async def begin(
    purpose: Annotated[Purpose, Path()], request: Request, language: Language
) -> Response:
    """Send a browser to the issuer to link, to take an invitation, or to claim."""
    if not from_this_browser(request, await form_of(request)):
        return _beginning(request, language, purpose, 400)
    code = request.query_params.get("code", "")[:128]
    return await _sent(request, language, purpose, code)


@me_router.get(
    "", operation_id="identity_my_outside_identity", openapi_extra=OWN,
    responses=problems("NOT_FOUND"),
)  # fmt: skip
async def my_outside_identity(actor: CurrentActor, session: Reading) -> OutsideIdentityOut:
    """Tell since when one may sign in at the outside issuer; 404 where one may not."""
    known = found(await queries.identity_of(session, actor.person_id))
    return OutsideIdentityOut.model_validate(known)


@me_router.delete(
    "", status_code=204, operation_id="identity_unlink_outside", openapi_extra=OWN,
    responses=problems("NOT_FOUND"),
)  # fmt: skip
async def unlink(actor: CurrentActor, session: Transaction) -> None:
    """Sign in at the outside issuer no more."""
    await actions.unlink(session, actor)


def _beginning(request: Request, language: str, purpose: Purpose, status: int = 200) -> Response:
    if purpose is Purpose.SIGN_IN:
        return _told("refused", language, 404)
    browser = browser_of(request)
    action = str(URL(request.url.path).include_query_params(**request.query_params))
    form = Form(action, form_token(request, browser))
    settings = request.app.state.settings
    html = pages.beginning_page(form, purpose, settings.oidc_name, language)
    origin = origin_of(settings.oidc_issuer)
    return with_browser(request, frames.response(html, status, sends_to=origin), browser)


async def _sent(request: Request, language: str, purpose: Purpose, query: str) -> Response:
    issuer: Issuer = request.app.state.outside_issuer
    journey = Journey(
        purpose, secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48),
        int(time.time() + LIFE.total_seconds()), query,
    )  # fmt: skip
    try:
        address = await issuer.address(
            journey.state, journey.nonce, journey.verifier, _back(request)
        )
    except NotTrusted as refused:
        log.warning("outside.away", reason=str(refused))
        return _told("refused", language, 503)
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    sealed = sealing.seal(_key_secret(request), SEAL, json.dumps(asdict(journey)).encode())
    set_cookie(request, answer, COOKIE, sealed.hex(), int(LIFE.total_seconds()))
    return answer


async def _returned(request: Request, issuer: Issuer) -> tuple[Journey, str]:
    """Open what the browser carried, and compare; raise `NotTrusted`."""
    try:
        told = strict(request.url.query)
        sealed = bytes.fromhex(request.cookies.get(COOKIE, "")[:16_384])
        opened = sealing.unseal(_key_secret(request), SEAL, sealed)
        journey = Journey(**json.loads(opened))
    except (Unfit, ValueError, TypeError, sealing.CannotOpen):
        raise NotTrusted("no journey") from None
    same = secrets.compare_digest(told.get("state", "").encode(), journey.state.encode())
    if not same or journey.until < time.time():
        raise NotTrusted("another journey, or one that is over")
    if told.get("iss", issuer.name) != issuer.name:
        raise NotTrusted("another issuer")
    code = told.get("code", "")
    if "error" in told or not 0 < len(code) <= 2_048:
        raise NotTrusted("no code")
    until = datetime.fromtimestamp(journey.until, UTC)
    async with request.app.state.database.sessions.begin() as session:
        if not await spend_challenge(session, journey.state.encode(), until):
            raise NotTrusted("a journey that was made")
    return journey, code


async def _arrived(
    request: Request, language: str, journey: Journey, said: Said, token: str
) -> Response:
    state, now = request.app.state, datetime.now(UTC)
    digest = actions.digest_of(state.outside_issuer.name, said.subject)
    if journey.purpose == Purpose.SIGN_IN:
        return await _signed_in(request, language, journey, digest)
    if journey.purpose == Purpose.LINK:
        person_id = await signed_in(request, now)
        if person_id is None:
            return _told("refused", language, 401)
        async with state.database.sessions.begin() as session:
            await actions.link(session, person_id, digest, now)
    elif journey.purpose == Purpose.INVITATION:
        async with state.database.sessions.begin() as session:
            await actions.take_invitation(session, digest_of(journey.query), digest, now)
    else:
        try:
            org_id = await clients.org_of_uscc(state.services, said.uscc) if said.uscc else None
        except Unavailable:
            return _told("refused", language, 503)
        async with state.database.sessions.begin() as session:
            await actions.claim(session, said, org_id, digest, token, _key_secret(request), now)
    return frames.response(pages.told_page("done", "may_sign_in", language))


async def _signed_in(request: Request, language: str, journey: Journey, digest: bytes) -> Response:
    """Go on as after a right password: by the second factor, where there must be one."""
    try:
        visit = await visit_of(request, language, journey.query)
    except Unfit as unfit:
        return sent_back(request, unfit, language)
    sessions = request.app.state.database.sessions
    async with sessions.reading() as session:
        person_id = await queries.person_of(session, digest)
        account = person_id and await account_queries.account_of_person(session, person_id)
    if not account:
        return _told("unknown", language, 403)
    second = await asked_second(visit, account)
    if second is not None:
        return second
    async with sessions.begin() as session:
        visit.signed_in(await accounts.sign_in(session, account.person_id, visit.now))
    answer = await go_on(visit, account.person_id, None)
    visit.remember(answer)
    return answer


def _told(word: str, language: str, status: int) -> Response:
    return frames.response(pages.told_page(word, f"{word}_why", language), status)


def _ended(answer: Response) -> Response:
    answer.delete_cookie(COOKIE, path="/oauth")
    return answer


def _back(request: Request) -> str:
    settings = request.app.state.settings
    base = settings.public_origin or str(request.base_url).rstrip("/")
    return f"{base}{BACK}"


def _key_secret(request: Request) -> str:
    secret: str = request.app.state.settings.key_secret.get_secret_value()
    return secret
