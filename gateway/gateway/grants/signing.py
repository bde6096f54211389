"""Signing in: the page that a browser is sent to, and the way back with a code.

Only what a browser says itself counts: the session's cookie, and a form tied to the browser by a
token that another site cannot know. What is wrong with the request is told on a page, unless the
address to return to is registered.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gateway.accounts import actions as accounts
from gateway.accounts import passwords
from gateway.accounts import queries as account_queries
from gateway.accounts import rules as account_rules
from gateway.grants import actions, pages, queries, rules
from gateway.grants.pages import Form
from gateway.grants.protocol import LoadedFrontEnd, Unfit, asked_of
from gateway.grants.rules import Asked
from gateway.identity import queries as identities
from gateway.identity.actions import digest_of
from gateway.identity.queries import Standing
from shared.http import Language, access

log = structlog.get_logger(__name__)

SESSION: Final = "zhichuang_session"
BROWSER: Final = "zhichuang_form"
MOST_BYTES: Final = 8_192
MOST_FIELDS: Final = 20
PUBLIC: Final = access(tenant="none")

router = APIRouter(tags=["accounts"], redirect_slashes=False)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request of a browser for the sign-in page."""

    request: Request
    language: str
    asked: Asked
    front_end: str
    now: datetime

    @property
    def action(self) -> str:
        return f"/oauth/authorize?{self.request.url.query}"

    @property
    def origin(self) -> str:
        return rules.origin_of(self.asked.redirect_uri)


@router.get("/oauth/authorize", operation_id="oauth_authorize", openapi_extra=PUBLIC,
            include_in_schema=False)  # fmt: skip
async def authorize(request: Request, language: Language) -> Response:
    """Ask who somebody is, or send the browser back at once when it is known already."""
    try:
        visit = await _visit(request, language)
    except Unfit as unfit:
        return _sent_back(request, unfit, language)
    person_id = None if visit.asked.prompt == "login" else await _signed_in(visit)
    if person_id is not None:
        return await _go_on(visit, person_id, None)
    if visit.asked.prompt == "none":
        asleep = Unfit("login_required", visit.asked.redirect_uri, visit.asked.state)
        return _sent_back(request, asleep, language)
    return _ask(visit)


@router.post("/oauth/authorize", operation_id="oauth_sign_in", openapi_extra=PUBLIC,
             include_in_schema=False)  # fmt: skip
async def sign_in(request: Request, language: Language) -> Response:
    """Take account and password, or for whom somebody signs in."""
    try:
        visit = await _visit(request, language)
    except Unfit as unfit:
        return _sent_back(request, unfit, language)
    form = await _form_of(request)
    if not _from_this_browser(request, form):
        return _ask(visit, 400)
    if "org" in form:
        person_id = await _signed_in(visit)
        return _ask(visit) if person_id is None else await _go_on(visit, person_id, form["org"])
    cookie = await _entered(visit, form)
    if cookie is None:
        return _ask(visit, 401, wrong="wrong")
    async with request.app.state.database.sessions.reading() as session:
        person_id = await account_queries.signed_in(session, digest_of(cookie), visit.now)
    if person_id is None:
        return _ask(visit, 401, wrong="wrong")
    answer = await _go_on(visit, person_id, None)
    _set_cookie(request, answer, SESSION, cookie, int(account_rules.SESSION_LIFE.total_seconds()))
    return answer


@router.get("/oauth/invitation", operation_id="oauth_invitation", openapi_extra=PUBLIC,
            include_in_schema=False)  # fmt: skip
async def invitation(request: Request, language: Language) -> Response:
    """Ask for a password; whether the invitation lives is told when it is used."""
    return _ask_password(request, language)


@router.post("/oauth/invitation", operation_id="oauth_take_invitation", openapi_extra=PUBLIC,
             include_in_schema=False)  # fmt: skip
async def take_invitation(request: Request, language: Language) -> Response:
    """Set the password of the account that was invited; an invitation is used once."""
    form = await _form_of(request)
    password = account_rules.plain(form.get("password", ""))
    if not _from_this_browser(request, form):
        return _ask_password(request, language, 400)
    if password != account_rules.plain(form.get("again", "")):
        return _ask_password(request, language, 422, wrong="differ")
    digest = digest_of(request.query_params.get("code", ""))
    async with request.app.state.database.sessions.reading() as session:
        account = await account_queries.account_by_invitation(session, digest, datetime.now(UTC))
    if account is None:
        return pages.response(pages.told_page("not_valid", "not_valid_why", language), 404)
    checks = account_rules.password_checks(password, account.login)
    if not all(check.passed for check in checks):
        return _ask_password(request, language, 422, wrong="unfit")
    # Hashing takes a while, and no lock waits for it: the invitation is looked at again.
    password_hash = await passwords.hashed(password)
    async with request.app.state.database.sessions.begin() as session:
        account = await account_queries.account_by_invitation(session, digest, datetime.now(UTC))
        if account is None:
            return pages.response(pages.told_page("not_valid", "not_valid_why", language), 404)
        await accounts.take_invitation(session, account, password_hash)
    return pages.response(pages.told_page("done", "may_sign_in", language))


@router.post("/oauth/sign-out", operation_id="oauth_sign_out", openapi_extra=PUBLIC,
             include_in_schema=False)  # fmt: skip
async def sign_out(request: Request) -> Response:
    """Forget who is signed in in this browser."""
    cookie = request.cookies.get(SESSION, "")
    async with request.app.state.database.sessions.begin() as session:
        await accounts.sign_out(session, cookie)
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    answer.delete_cookie(SESSION, path="/oauth")
    return answer


async def _visit(request: Request, language: str) -> _Visit:
    query = _strict(request.url.query)
    async with request.app.state.database.sessions.reading() as session:
        found = await queries.front_end(session, query.get("client_id", ""))
    loaded = None if found is None else LoadedFrontEnd(found.client_id, tuple(found.redirect_uris))
    asked = asked_of(query, loaded)
    name = "" if found is None else found.name
    return _Visit(request, language, asked, name, datetime.now(UTC))


def _strict(text: str) -> dict[str, str]:
    """Read a query or form in which every name stands once; raise `Unfit`."""
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict",
            max_num_fields=MOST_FIELDS,
        )  # fmt: skip
    except ValueError:
        raise Unfit("invalid_request", None, "") from None
    if len(dict(pairs)) != len(pairs) or "\x00" in text or "%00" in text:
        raise Unfit("invalid_request", None, "")
    return dict(pairs)


async def _form_of(request: Request) -> Mapping[str, str]:
    body = await request.body()
    try:
        return _strict(body.decode("ascii")) if len(body) <= MOST_BYTES else {}
    except (UnicodeDecodeError, Unfit):
        return {}


async def _signed_in(visit: _Visit) -> UUID | None:
    cookie = visit.request.cookies.get(SESSION)
    if not cookie or len(cookie) > 128:
        return None
    async with visit.request.app.state.database.sessions.reading() as session:
        return await account_queries.signed_in(session, digest_of(cookie), visit.now)


async def _entered(visit: _Visit, form: Mapping[str, str]) -> str | None:
    """Judge an attempt; give the cookie of the session that it began."""
    sessions = visit.request.app.state.database.sessions
    login = account_rules.login_of(form.get("login", ""))
    async with sessions.begin() as session:
        account = await account_queries.account_by_login(session, login)
        counted = account is not None and await accounts.count_attempt(session, account, visit.now)
    kept = account.password_hash if account is not None and counted else None
    if not await passwords.matches(kept, account_rules.plain(form.get("password", ""))):
        log.warning("sign_in.refused", known=account is not None, counted=counted)
        return None
    if account is None:
        return None
    async with sessions.begin() as session:
        return await accounts.sign_in(session, account.person_id, visit.now)


async def _go_on(visit: _Visit, person_id: UUID, chosen: str | None) -> Response:
    """Send the browser back with a code, once it is clear for whom somebody signs in."""
    state = visit.request.app.state
    async with state.database.sessions.reading() as session:
        held = await identities.standings_of(session, person_id, state.clock.today())
    if not held:
        words = pages.told_page("no_standing", "no_standing_why", visit.language)
        return pages.response(words, 403)
    standing = held[0] if len(held) == 1 else _chosen(held, chosen)
    if standing is None:
        return await _choose(visit, held)
    async with state.database.sessions.begin() as session:
        code = await actions.give_code(session, visit.asked, person_id, standing.org_id, visit.now)
    address = rules.returned(visit.asked, state.settings.issuer, code=code)
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def _chosen(held: Sequence[Standing], chosen: str | None) -> Standing | None:
    return next((one for one in held if chosen is not None and _value(one) == chosen), None)


def _value(standing: Standing) -> str:
    return "" if standing.org_id is None else str(standing.org_id)


async def _choose(visit: _Visit, held: Sequence[Standing]) -> Response:
    services = visit.request.app.state.services
    choices = []
    for standing in held[:MOST_FIELDS]:
        name = ""
        if standing.org_id is not None:
            path = f"/v1/registry/directory/organizations/{standing.org_id}"
            told = await services.get("registry", path) or {}
            name = str(told.get("name", standing.org_id))
        choices.append((_value(standing), name))
    browser = _browser(visit.request)
    form = Form(visit.action, _form_token(visit.request, browser))
    html = pages.choosing_page(form, choices, visit.language)
    return _with_browser(visit.request, pages.response(html, sends_to=visit.origin), browser)


def _ask(visit: _Visit, status: int = 200, *, wrong: str = "") -> Response:
    browser = _browser(visit.request)
    form = Form(visit.action, _form_token(visit.request, browser), wrong)
    html = pages.sign_in_page(form, visit.front_end, visit.language)
    answer = pages.response(html, status, sends_to=visit.origin)
    return _with_browser(visit.request, answer, browser)


def _ask_password(
    request: Request, language: str, status: int = 200, *, wrong: str = ""
) -> Response:
    browser = _browser(request)
    action = f"/oauth/invitation?{request.url.query}"
    html = pages.password_page(Form(action, _form_token(request, browser), wrong), language)
    return _with_browser(request, pages.response(html, status), browser)


def _sent_back(request: Request, unfit: Unfit, language: str) -> Response:
    if unfit.redirect_uri is None:
        return pages.response(pages.told_page("not_valid", "not_valid_why", language), 400)
    asked = Asked("", unfit.redirect_uri, "", unfit.state, "")
    address = rules.returned(asked, request.app.state.settings.issuer, error=unfit.error)
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def _browser(request: Request) -> str:
    known = request.cookies.get(BROWSER, "")
    return known if 32 <= len(known) <= 64 else secrets.token_urlsafe(32)


def _form_token(request: Request, browser: str) -> str:
    secret = request.app.state.settings.key_secret.get_secret_value()
    return hmac.digest(secret.encode(), b"form\n" + browser.encode(), "sha256").hex()


def _from_this_browser(request: Request, form: Mapping[str, str]) -> bool:
    browser = request.cookies.get(BROWSER, "")
    expected = _form_token(request, browser)
    given = form.get("form_token", "")
    return bool(browser) and given.isascii() and hmac.compare_digest(expected, given)


def _with_browser(request: Request, answer: Response, browser: str) -> Response:
    _set_cookie(request, answer, BROWSER, browser, 3_600)
    return answer


def _set_cookie(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
    # A sandbox may run without TLS, on the machine itself.
    secure = not request.app.state.settings.sandbox
    answer.set_cookie(
        name, value, max_age=seconds, path="/oauth", secure=secure, httponly=True, samesite="lax"
    )
