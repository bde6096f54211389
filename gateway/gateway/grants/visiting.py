"""What a browser brings to the sign-in pages: a question, a form, and the cookies that tie them.

Only what a browser says itself counts: the session's cookie, and a form tied to the browser by a
token that another site cannot know.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from gateway.accounts import rules as account_rules
from gateway.factors import passkeys
from gateway.factors.passkeys import Site
from gateway.grants import pages, passkey_pages, queries, rules
from gateway.grants.pages import Form
from gateway.grants.protocol import LoadedFrontEnd, Unfit, asked_of
from gateway.grants.rules import Asked

SESSION: Final = "zhichuang_session"
BROWSER: Final = "zhichuang_form"
STEP: Final = "zhichuang_step"
MOST_BYTES: Final = 8_192
MOST_FIELDS: Final = 20


@dataclass(slots=True)
class Visit:
    """One request of a browser for the sign-in page, and the session that it begins, if any."""

    request: Request
    language: str
    asked: Asked
    front_end: str
    now: datetime
    # The front end's question, as it was asked.
    query: str = ""
    session: str = ""

    def signed_in(self, cookie: str) -> None:
        """Note the session that has begun; whichever answer follows bears its cookie."""
        self.session = cookie

    def remember(self, answer: Response) -> None:
        """Give the browser its session's cookie; the half-finished sign-in is over with it."""
        if self.session:
            life = int(account_rules.SESSION_LIFE.total_seconds())
            set_cookie(self.request, answer, SESSION, self.session, life)
            answer.delete_cookie(STEP, path="/oauth")

    @property
    def action(self) -> str:
        """Give where the page's form goes: the same question again."""
        return f"/oauth/authorize?{self.query}"

    @property
    def origin(self) -> str:
        """Give the origin to which the browser goes in the end."""
        return rules.origin_of(self.asked.redirect_uri)


def strict(text: str) -> dict[str, str]:
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


async def form_of(request: Request) -> Mapping[str, str]:
    """Read the form; one that is none is empty."""
    body = await request.body()
    try:
        return strict(body.decode("ascii")) if len(body) <= MOST_BYTES else {}
    except (UnicodeDecodeError, Unfit):
        return {}


async def visit_of(request: Request, language: str, asked_in: str | None = None) -> Visit:
    """Judge what the browser was sent with, now or (`asked_in`) before; raise `Unfit`."""
    text = request.url.query if asked_in is None else asked_in
    query = strict(text)
    async with request.app.state.database.sessions.reading() as session:
        found = await queries.front_end(session, query.get("client_id", ""))
    loaded = None if found is None else LoadedFrontEnd(found.client_id, tuple(found.redirect_uris))
    asked = asked_of(query, loaded)
    name = "" if found is None else found.name
    return Visit(request, language, asked, name, datetime.now(UTC), text)


def ask(visit: Visit, status: int = 200, *, wrong: str = "") -> Response:
    """Ask for account and password."""
    browser = browser_of(visit.request)
    form = Form(visit.action, form_token(visit.request, browser), wrong)
    offered = offer(visit, browser)
    ways = offered + outside_way(visit)
    html = pages.sign_in_page(form, visit.front_end, visit.language, offered=ways)
    script = passkey_pages.SCRIPT if offered else ""
    answer = pages.response(html, status, sends_to=visit.origin, script=script)
    return with_browser(visit.request, answer, browser)


def outside_way(visit: Visit) -> Markup:
    """Offer to sign in at the issuer that the operator trusts, where there is one."""
    settings = visit.request.app.state.settings
    if not settings.oidc_issuer:
        return Markup()
    return Markup("<p><a href='/oauth/outside?{query}'>{name}</a></p>").format(
        query=visit.query, name=settings.oidc_name
    )


def sent_back(request: Request, unfit: Unfit, language: str) -> Response:
    """Send the browser back with an error, or tell it on a page where that is not safe."""
    if unfit.redirect_uri is None:
        return pages.response(pages.told_page("not_valid", "not_valid_why", language), 400)
    asked = Asked("", unfit.redirect_uri, "", unfit.state, "")
    address = rules.returned(asked, request.app.state.settings.issuer, error=unfit.error)
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def browser_of(request: Request) -> str:
    """Give the random name of this browser, a new one where it has none."""
    known = request.cookies.get(BROWSER, "")
    return known if 32 <= len(known) <= 64 else secrets.token_urlsafe(32)


def form_token(request: Request, browser: str) -> str:
    """Give what ties a form to its browser."""
    secret = request.app.state.settings.key_secret.get_secret_value()
    return hmac.digest(secret.encode(), b"form\n" + browser.encode(), "sha256").hex()


def from_this_browser(request: Request, form: Mapping[str, str]) -> bool:
    """Tell whether a form was drawn for the browser that sends it."""
    browser = request.cookies.get(BROWSER, "")
    expected = form_token(request, browser)
    given = form.get("form_token", "")
    return bool(browser) and given.isascii() and hmac.compare_digest(expected, given)


def with_browser(request: Request, answer: Response, browser: str) -> Response:
    """Let the browser remember its name."""
    set_cookie(request, answer, BROWSER, browser, 3_600)
    return answer


def set_cookie(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie for the pages under `/oauth` alone."""
    # A sandbox may run without TLS, on the machine itself.
    secure = not request.app.state.settings.sandbox
    answer.set_cookie(
        name, value, max_age=seconds, path="/oauth", secure=secure, httponly=True, samesite="lax"
    )


def site_of(request: Request) -> Site | None:
    """Give the site that passkeys are bound to; None where no origin is set."""
    settings = request.app.state.settings
    if not settings.public_origin:
        return None
    return Site(settings.public_origin, settings.key_secret.get_secret_value())


def offer(visit: Visit, browser: str) -> Markup:
    """Offer to sign in with a passkey, where there may be any."""
    site = site_of(visit.request)
    if site is None:
        return Markup()
    challenge = passkeys.challenge_for(site, browser, visit.now)
    form = Form(visit.action, form_token(visit.request, browser))
    options = passkeys.asked_to_show(site, challenge)
    asked = passkey_pages.passkey_form(form, options, visit.language)
    return asked + passkey_pages.script()
