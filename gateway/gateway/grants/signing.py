"""Signing in: the page that a browser is sent to, and the way back with a code.

Only what a browser says itself counts: the session's cookie, and a form tied to the browser by a
token that another site cannot know. What is wrong with the request is told on a page, unless the
address to return to is registered.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gateway.accounts import actions as accounts
from gateway.accounts import passwords
from gateway.accounts import queries as account_queries
from gateway.accounts import rules as account_rules
from gateway.grants import actions, pages, rules
from gateway.grants.pages import Form
from gateway.grants.passkeying import shown_passkey
from gateway.grants.protocol import Unfit
from gateway.grants.stepping import asked_second, lacks_factor, shown_code, shown_second
from gateway.grants.visiting import (
    MOST_FIELDS,
    SESSION,
    Visit,
    ask,
    browser_of,
    form_of,
    form_token,
    from_this_browser,
    sent_back,
    visit_of,
    with_browser,
)
from gateway.identity import queries as identities
from gateway.identity.actions import digest_of
from gateway.identity.queries import Standing
from shared.http import Language, access

log = structlog.get_logger(__name__)

PUBLIC: Final = access(tenant="none")

router = APIRouter(tags=["accounts"], redirect_slashes=False)


@router.get("/oauth/authorize", operation_id="oauth_authorize", openapi_extra=PUBLIC,
            include_in_schema=False)  # fmt: skip
async def authorize(request: Request, language: Language) -> Response:
    """Ask who somebody is, or send the browser back at once when it is known already."""
    try:
        visit = await visit_of(request, language)
    except Unfit as unfit:
        return sent_back(request, unfit, language)
    person_id = None if visit.asked.prompt == "login" else await _signed_in(visit)
    if person_id is not None:
        return await go_on(visit, person_id, None)
    if visit.asked.prompt == "none":
        asleep = Unfit("login_required", visit.asked.redirect_uri, visit.asked.state)
        return sent_back(request, asleep, language)
    return ask(visit)


@router.post("/oauth/authorize", operation_id="oauth_sign_in", openapi_extra=PUBLIC,
             include_in_schema=False)  # fmt: skip
async def sign_in(request: Request, language: Language) -> Response:
    """Take account and password, or for whom somebody signs in."""
    try:
        visit = await visit_of(request, language)
    except Unfit as unfit:
        return sent_back(request, unfit, language)
    form = await form_of(request)
    if not from_this_browser(request, form):
        return ask(visit, 400)
    if "org" in form:
        person_id = await _signed_in(visit)
        return ask(visit) if person_id is None else await go_on(visit, person_id, form["org"])
    entered = await _shown(visit, form)
    if isinstance(entered, Response):
        return entered
    answer = await go_on(visit, entered, None)
    visit.remember(answer)
    return answer


async def _shown(visit: Visit, form: Mapping[str, str]) -> Response | UUID:
    """Judge what a form shows; give the person who is signed in with it, or a page."""
    if "enrolment" in form:
        return await shown_code(visit, form)
    if "code" in form:
        return await shown_second(visit, form)
    if "passkey" in form:
        return await shown_passkey(visit, form)
    if "go_on" in form:
        return await _signed_in(visit) or ask(visit)
    return await _entered(visit, form)


@router.get("/oauth/invitation", operation_id="oauth_invitation", openapi_extra=PUBLIC,
            include_in_schema=False)  # fmt: skip
async def invitation(request: Request, language: Language) -> Response:
    """Ask for a password; whether the invitation lives is told when it is used."""
    return _ask_password(request, language)


@router.post("/oauth/invitation", operation_id="oauth_take_invitation", openapi_extra=PUBLIC,
             include_in_schema=False)  # fmt: skip
async def take_invitation(request: Request, language: Language) -> Response:
    """Set the password of the account that was invited; an invitation is used once."""
    form = await form_of(request)
    password = account_rules.plain(form.get("password", ""))
    if not from_this_browser(request, form):
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


async def _signed_in(visit: Visit) -> UUID | None:
    return await signed_in(visit.request, visit.now)


async def signed_in(request: Request, now: datetime) -> UUID | None:
    """Tell who is signed in in this browser, with everything that he must have shown."""
    cookie = request.cookies.get(SESSION)
    if not cookie or len(cookie) > 128:
        return None
    state = request.app.state
    async with state.database.sessions.reading() as session:
        person_id = await account_queries.signed_in(session, digest_of(cookie), now)
        # Who became an official after he signed in shows a second factor first.
        if person_id is None or await lacks_factor(session, state, person_id):
            return None
        return person_id


async def _entered(visit: Visit, form: Mapping[str, str]) -> Response | UUID:
    """Judge an attempt; give the person who is signed in with it, or a page."""
    sessions = visit.request.app.state.database.sessions
    login = account_rules.login_of(form.get("login", ""))
    async with sessions.begin() as session:
        account = await account_queries.account_by_login(session, login)
        counted = account is not None and await accounts.count_attempt(session, account, visit.now)
    kept = account.password_hash if account is not None and counted else None
    right = await passwords.matches(kept, account_rules.plain(form.get("password", "")))
    if not right or account is None:
        log.warning("sign_in.refused", known=account is not None, counted=counted)
        return ask(visit, 401, wrong="wrong")
    second = await asked_second(visit, account)
    if second is not None:
        return second
    async with sessions.begin() as session:
        visit.signed_in(await accounts.sign_in(session, account.person_id, visit.now))
    return account.person_id


async def go_on(visit: Visit, person_id: UUID, chosen: str | None) -> Response:
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
    # For the trail of the door, which cannot see who was signed in.
    visit.request.state.door_person = str(person_id)
    visit.request.state.door_client = visit.asked.client_id
    address = rules.returned(visit.asked, state.settings.issuer, code=code)
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def _chosen(held: Sequence[Standing], chosen: str | None) -> Standing | None:
    return next((one for one in held if chosen is not None and _value(one) == chosen), None)


def _value(standing: Standing) -> str:
    return "" if standing.org_id is None else str(standing.org_id)


async def _choose(visit: Visit, held: Sequence[Standing]) -> Response:
    services = visit.request.app.state.services
    choices = []
    for standing in held[:MOST_FIELDS]:
        name = ""
        if standing.org_id is not None:
            path = f"/v1/registry/directory/organizations/{standing.org_id}"
            told = await services.get("registry", path) or {}
            name = str(told.get("name", standing.org_id))
        choices.append((_value(standing), name))
    browser = browser_of(visit.request)
    form = Form(visit.action, form_token(visit.request, browser))
    html = pages.choosing_page(form, choices, visit.language)
    return with_browser(visit.request, pages.response(html, sends_to=visit.origin), browser)


def _ask_password(
    request: Request, language: str, status: int = 200, *, wrong: str = ""
) -> Response:
    browser = browser_of(request)
    action = f"/oauth/invitation?{request.url.query}"
    html = pages.password_page(Form(action, form_token(request, browser), wrong), language)
    return with_browser(request, pages.response(html, status), browser)
