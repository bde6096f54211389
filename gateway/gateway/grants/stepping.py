"""The second step of signing in: after the password, before any session."""

import base64
from collections.abc import Mapping
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import State
from starlette.responses import Response

from gateway.accounts import actions as accounts
from gateway.accounts import queries as account_queries
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


async def lacks_factor(session: AsyncSession, state: State, person_id: UUID) -> bool:
    """Tell whether somebody must show a second factor and has none yet."""
    standings = await identities.standings_of(session, person_id, state.clock.today())
    held = frozenset[str]().union(*(standing.capacities for standing in standings))
    if not rules.is_required(held, of_officials=state.settings.second_factor_of_officials):
        return False
    account = await account_queries.account_of_person(session, person_id)
    return account is None or not await queries.has_factor(session, account.id)


async def asked_second(visit: Visit, account: Account) -> Response | None:
    """Ask for the second factor of an account whose password was right; None where it needs none.

    Who must have one and has none yet is asked first for the code that an admin hands over: whoever
    learned the password before its owner has no second factor of his own with it.
    """
    state = visit.request.app.state
    async with state.database.sessions.begin() as session:
        enrolled = await queries.has_factor(session, account.id)
        if not enrolled and not await lacks_factor(session, state, account.person_id):
            return None
        cookie = await actions.begin_step(session, account, visit.now)
    answer = _asking(visit, account.login) if enrolled else _asking_code(visit)
    set_cookie(visit.request, answer, STEP, cookie, int(rules.STEP_LIFE.total_seconds()))
    return answer


async def shown_code(visit: Visit, form: Mapping[str, str]) -> Response:
    """Judge the code for a first second factor; a right one is followed by a new secret.

    Attempts are counted with those for the password.
    """
    sessions = visit.request.app.state.database.sessions
    digest = digest_of(visit.request.cookies.get(STEP, "")[:128])
    async with sessions.begin() as session:
        found = await queries.step_for_update(session, digest, visit.now)
        if found is None or await queries.has_factor(session, found[1].id):
            return ask(visit, 401, wrong="step_over")
        step, account = found
        counted = await accounts.count_attempt(session, account, visit.now)
        given = form["enrolment"] if counted else ""
        key_secret = _key_secret(visit)
        if not await actions.take_code(session, step, account, given, key_secret, visit.now):
            log.warning("enrolment.refused", counted=counted)
            return _asking_code(visit, 401, wrong="wrong_enrolment")
        secret = await actions.propose(session, account, key_secret, visit.now)
    return _asking(visit, account.login, secret)


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
        step, account = found
        enrolled = await queries.has_factor(session, account.id)
        if not enrolled and not step.may_enrol:
            return _asking_code(visit, 401)
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


def _asking_code(visit: Visit, status: int = 200, *, wrong: str = "") -> Response:
    browser = browser_of(visit.request)
    form = Form(visit.action, form_token(visit.request, browser), wrong)
    answer = pages.response(
        factor_pages.allowed_page(form, visit.language), status, sends_to=visit.origin
    )
    return with_browser(visit.request, answer, browser)


def _asking(
    visit: Visit, login: str, secret: bytes = b"", status: int = 200, *, wrong: str = ""
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
