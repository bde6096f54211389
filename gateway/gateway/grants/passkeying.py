"""Signing in with a passkey, and adding one while signed in."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gateway.accounts import actions as accounts
from gateway.accounts import queries as account_queries
from gateway.factors import actions, passkeys, queries
from gateway.factors.passkeys import NotShown, Site
from gateway.grants import pages, passkey_pages
from gateway.grants.pages import Form
from gateway.grants.stepping import lacks_factor
from gateway.grants.visiting import (
    SESSION,
    Visit,
    ask,
    browser_of,
    form_of,
    form_token,
    from_this_browser,
    site_of,
    with_browser,
)
from gateway.identity.actions import digest_of
from shared.http import Language, access

log = structlog.get_logger(__name__)

PATH: Final = "/oauth/passkeys"
PUBLIC: Final = access(tenant="none")
router = APIRouter(tags=["accounts"], redirect_slashes=False)


async def shown_passkey(visit: Visit, form: Mapping[str, str]) -> Response | UUID:
    """Judge a passkey; give the person who is signed in with it, or the page again."""
    site = site_of(visit.request)
    now = visit.now
    try:
        answer, challenge = _answer(visit.request, site, form["passkey"], now)
        credential_id = passkeys.credential_of(answer)
    except NotShown:
        return ask(visit, 401, wrong="wrong")
    async with visit.request.app.state.database.sessions.begin() as session:
        found = await queries.passkey_for_update(session, credential_id)
        if found is None or site is None:
            return ask(visit, 401, wrong="wrong")
        passkey, account = found
        try:
            count = passkeys.shown(site, answer, challenge, passkey.public_key, passkey.sign_count)
        except NotShown as error:
            log.warning("passkey.refused", reason=str(error))
            return ask(visit, 401, wrong="wrong")
        if not await actions.spend_challenge(session, challenge, now + passkeys.LIFE):
            log.warning("passkey.repeated")
            return ask(visit, 401, wrong="wrong")
        passkey.sign_count, passkey.used_at = count, now
        cookie = await accounts.sign_in(session, account.person_id, now)
    visit.signed_in(cookie)
    return account.person_id


@router.get(PATH, operation_id="oauth_passkeys", openapi_extra=PUBLIC,
            include_in_schema=False)  # fmt: skip
async def show_passkeys(request: Request, language: Language) -> Response:
    """Show one's passkeys; who is not signed in is told so."""
    return await _page(request, language)


@router.post(PATH, operation_id="oauth_add_passkey", openapi_extra=PUBLIC,
             include_in_schema=False)  # fmt: skip
async def add_passkey(request: Request, language: Language) -> Response:
    """Add a passkey that the browser's device has just made."""
    form = await form_of(request)
    site, now = site_of(request), datetime.now(UTC)
    if site is None or not from_this_browser(request, form):
        return await _page(request, language, 400)
    try:
        answer, challenge = _answer(request, site, form.get("passkey", ""), now)
        made = passkeys.made(site, answer, challenge)
    except NotShown as error:
        log.warning("passkey.not_added", reason=str(error))
        return await _page(request, language, 422, told="refused")
    async with request.app.state.database.sessions.begin() as session:
        person_id = await account_queries.signed_in(session, _session_digest(request), now)
        account = None
        if person_id is not None:
            account = await account_queries.account_of_person(session, person_id)
        added = (
            account is not None
            # A passkey would be a first second factor without the code for one.
            and not await lacks_factor(session, request.app.state, account.person_id)
            and await actions.spend_challenge(session, challenge, now + passkeys.LIFE)
            and await actions.add_passkey(session, account, made, now)
        )
    if not added:
        return await _page(request, language, 422, told="refused")
    return RedirectResponse(f"{PATH}?added=1", 303, {"Cache-Control": "no-store"})


def _answer(
    request: Request, site: Site | None, text: str, now: datetime
) -> tuple[dict[str, Any], bytes]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        raise NotShown("form") from None
    if site is None or not isinstance(answer, dict):
        raise NotShown("form")
    challenge = passkeys.challenge_in(answer)
    if not passkeys.stands(site, browser_of(request), challenge, now):
        raise NotShown("challenge")
    return answer, challenge


def _session_digest(request: Request) -> bytes:
    return digest_of(request.cookies.get(SESSION, "")[:128])


async def _page(request: Request, language: str, status: int = 200, *, told: str = "") -> Response:
    site, now = site_of(request), datetime.now(UTC)
    async with request.app.state.database.sessions.reading() as session:
        person_id = await account_queries.signed_in(session, _session_digest(request), now)
        account = person_id and await account_queries.account_of_person(session, person_id)
        held = await queries.passkeys_of(session, account.id) if account else []
    if site is None or not account:
        return pages.response(pages.told_page("not_valid", "not_valid_why", language), 404)
    browser = browser_of(request)
    form = Form(PATH, form_token(request, browser))
    options = ""
    if len(held) < passkeys.MOST_PASSKEYS:
        challenge = passkeys.challenge_for(site, browser, now)
        known = [one.credential_id for one in held]
        options = passkeys.asked_to_make(site, challenge, account.id.bytes, account.login, known)
    told = (
        told or ("done" if "added" in request.query_params else "") or ("" if options else "full")
    )
    html = passkey_pages.passkeys_page(form, options, len(held), language, told=told)
    answer = pages.response(html, status, script=passkey_pages.SCRIPT)
    return with_browser(request, answer, browser)
