"""The second step of signing in: after the password, before any session."""

import base64
from collections.abc import Mapping
from uuid import UUID

import structlog
from starlette.responses import Response

from gateway.accounts import actions as accounts
from gateway.accounts.tables import Account
from gateway.factors import actions, queries, rules
from gateway.factors.tables import TotpFactor
from gateway.grants import factor_pages, pages
from gateway.grants.pages import Form
from gateway.grants.visiting import (
    STEP,
    Visit,
    ask,
    browser_of,
    form_token,
    set_cookie,
    with_browser,
)
from gateway.identity import queries as identities
from gateway.identity.actions import digest_of

log = structlog.get_logger(__name__)


async def asked_second(visit: Visit, account: Account) -> Response | None:
    """Ask for the second factor of an account whose password was right; None where it needs none.

    Who must have one and has none yet is shown a new secret each time the password was entered:
    what somebody else saw before him is worth nothing.
    """
    state = visit.request.app.state
    secret = b""
    async with state.database.sessions.begin() as session:
        enrolled = await queries.has_factor(session, account.id)
        standings = await identities.standings_of(session, account.person_id, state.clock.today())
        held = frozenset[str]().union(*(standing.capacities for standing in standings))
        if not enrolled:
            if not rules.is_required(held, of_officials=state.settings.second_factor_of_officials):
                return None
            secret = await actions.propose(session, account, _key_secret(visit), visit.now)
        cookie = await actions.begin_step(session, account, visit.now)
    answer = _asking(visit, account.login, secret)
    set_cookie(visit.request, answer, STEP, cookie, int(rules.STEP_LIFE.total_seconds()))
    return answer


async def shown_second(visit: Visit, form: Mapping[str, str]) -> Response | UUID:
    """Judge a code; give the person who is signed in with it, or a page.

    Attempts are counted with those for the password, before the code is looked at.
    """
    sessions = visit.request.app.state.database.sessions
    digest = digest_of(visit.request.cookies.get(STEP, "")[:128])
    codes: list[str] = []
    async with sessions.begin() as session:
        found = await queries.step_for_update(session, digest, visit.now)
        if found is None:
            return ask(visit, 401, wrong="step_over")
        _, account = found
        enrolled = await queries.has_factor(session, account.id)
        counted = await accounts.count_attempt(session, account, visit.now)
        shown = form["code"] if counted else ""
        used = await actions.shown(
            session, account, shown, _key_secret(visit), visit.now, enrolled=enrolled
        )
        if used is None:
            log.warning("second_factor.refused", counted=counted)
            factor = None if enrolled else await queries.factor_of(session, account.id)
            secret = b"" if factor is None else actions.secret_of(_key_secret(visit), factor)
            return _asking(visit, account.login, secret, 401, wrong="wrong_code")
        if isinstance(used, TotpFactor) and used.confirmed_at is None:
            codes = await actions.confirm(session, account, used, visit.now)
        await actions.end_step(session, digest)
        cookie = await accounts.sign_in(session, account.person_id, visit.now)
    visit.signed_in(cookie)
    return _recovery(visit, codes) if codes else account.person_id


def _asking(
    visit: Visit, login: str, secret: bytes, status: int = 200, *, wrong: str = ""
) -> Response:
    browser = browser_of(visit.request)
    form = Form(visit.action, form_token(visit.request, browser), wrong)
    if secret:
        text = base64.b32encode(secret).decode()
        html = factor_pages.enrolling_page(form, text, login, visit.language)
    else:
        html = factor_pages.code_page(form, visit.language)
    answer = pages.response(html, status, sends_to=visit.origin)
    return with_browser(visit.request, answer, browser)


def _recovery(visit: Visit, codes: list[str]) -> Response:
    browser = browser_of(visit.request)
    form = Form(visit.action, form_token(visit.request, browser))
    html = factor_pages.recovery_page(form, codes, visit.language)
    answer = pages.response(html, sends_to=visit.origin)
    visit.remember(answer)
    return with_browser(visit.request, answer, browser)


def _key_secret(visit: Visit) -> str:
    secret: str = visit.request.app.state.settings.key_secret.get_secret_value()
    return secret
