"""The sign-in pages in a real browser: by keyboard alone, with an app's codes, with a passkey.

The passkey lies in Chromium's own virtual authenticator, so that the page's script, the browser and
the door do all that they do with a device. axe reads every page on the way.
"""

import base64
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlencode

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page

from gateway.factors.actions import code_of
from gateway.factors.rules import STEP_SECONDS
from zhichuang.demo.client import Caller
from zhichuang.processes import Service, free_ports, wait_until_ready
from zhichuang.stack import Stack

VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PASSWORD: Final = "十二个字符以上的密码 abc"
GRAVE: Final = {"serious", "critical"}
LANGUAGES: Final = {"zh": "zh-CN", "en": "en-US"}


@dataclass
class Visit:
    """One person in one browser, and what axe found on his way."""

    page: Page
    address: str
    question: str
    back: str
    faults: list[str] = field(default_factory=list)

    def looked_at(self, name: str) -> None:
        """Let axe read the page that is shown."""
        found: Any = Axe().run(self.page).response["violations"]
        self.faults += [
            f"{name}: {one['id']} {node['target']}"
            for one in found
            if one["impact"] in GRAVE
            for node in one["nodes"]
        ]

    def typed(self, *words: str) -> None:
        """Fill the fields of a page and send it, by keyboard alone."""
        for word in words:
            self.until("INPUT")
            self.page.keyboard.type(word)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def until(self, kind: str) -> None:
        """Go on by Tab to the next element of a kind that takes words; its focus can be seen."""
        for _ in range(12):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(
                "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
                " return [e.tagName, e.type, s.outlineStyle !== 'none']; })()"
            )
            if at[0] == kind and at[1] in ("text", "password", "submit"):
                assert at[2], f"{at} shows no focus"
                return
        raise AssertionError(f"no {kind} is reached by keyboard")

    def pressed(self) -> None:
        """Press the page's button by keyboard."""
        self.until("BUTTON")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def alert(self) -> str:
        """Give what the page says is wrong."""
        return self.page.locator("[role=alert]:visible").inner_text()

    def came_back(self) -> bool:
        """Tell whether the browser was sent back with a code, and to where it should be."""
        return re.match(re.escape(self.back) + r"\?(.*&)?code=[^&]+", self.page.url) is not None


def uses(browser: Browser, stack: Stack) -> Iterator[str]:
    """Sign in, in both languages, in every way; name what went wrong."""
    gateway = _gateway(stack)
    front = _front_end()
    back = f"http://localhost:{front.server_port}/signed-in"
    try:
        address = f"http://localhost:{gateway.port}"
        admin = Caller(stack.url, "admin", stack.credentials["admin"])
        portal = {"name": "门户", "redirect_uris": [back]}
        front_end = admin.post("/v1/identity/front-ends", portal)["client_id"]
        for language, locale in LANGUAGES.items():
            context = browser.new_context(locale=locale)
            page = context.new_page()
            asked = f"{address}/oauth/authorize?{_question(front_end, back)}"
            visit = Visit(page, address, asked, back)
            try:
                _signs_in(visit, _account(admin, f"sign.in.{language}"))
            except Exception as error:
                yield f"signing in ({language}), at {page.url.split('?')[0]}: {error}"
            yield from visit.faults
            context.close()
    finally:
        front.shutdown()
        if gateway.process is not None:
            gateway.process.terminate()
            gateway.process.wait(15)


def _signs_in(visit: Visit, account: dict[str, Any]) -> None:
    _takes_invitation(visit, account)
    secret = _enrols(visit, account)
    _shows_code(visit, account, secret)
    device = _Device(visit.page)
    _adds_passkey(visit, device)
    _signs_in_by_passkey(visit, device)
    _is_refused_by_passkey(visit, device)


def _takes_invitation(visit: Visit, account: dict[str, Any]) -> None:
    visit.page.goto(f"{visit.address}{account['invitation']}")
    visit.looked_at("invitation")
    visit.typed(PASSWORD, PASSWORD + "x")
    assert visit.alert(), "two passwords that differ were taken"
    visit.typed("short", "short")
    assert visit.alert(), "a short password was taken"
    visit.looked_at("invitation, refused")
    visit.typed(PASSWORD, PASSWORD)
    assert visit.page.locator("form").count() == 0, "the password was not set"


def _enrols(visit: Visit, account: dict[str, Any]) -> bytes:
    """Sign in for the first time: password, the admin's code, the app, the recovery codes."""
    page = visit.page
    page.goto(visit.question)
    visit.looked_at("sign-in")
    visit.typed(account["login"], "not the password")
    assert visit.alert(), "a wrong password was taken"
    visit.looked_at("sign-in, refused")
    visit.typed(account["login"], PASSWORD)
    visit.looked_at("enrolment")
    visit.typed(account["enrolment_code"])
    visit.looked_at("authenticator app")
    text = page.locator("code").first.inner_text().replace("-", "").replace(" ", "")
    secret = base64.b32decode(text)
    visit.typed("000000" if _now(secret) != "000000" else "000001")
    assert visit.alert(), "a wrong code was taken"
    visit.typed(_now(secret))
    assert page.locator("ol li code").count() >= 8, "no recovery codes are shown"
    visit.looked_at("recovery codes")
    visit.pressed()
    assert visit.came_back(), page.url
    return secret


def _shows_code(visit: Visit, account: dict[str, Any], secret: bytes) -> None:
    """Sign in anew in another browser, with the password and the app's next code."""
    visit.page.context.clear_cookies()
    visit.page.goto(visit.question)
    visit.typed(account["login"], PASSWORD)
    visit.looked_at("code")
    # The last code was used, and counts no second time: the next one comes within its step.
    used = int(time.time()) // STEP_SECONDS
    while int(time.time()) // STEP_SECONDS == used:
        time.sleep(0.2)
    visit.typed(_now(secret))
    assert visit.came_back(), visit.page.url


def _adds_passkey(visit: Visit, device: "_Device") -> None:
    visit.page.goto(f"{visit.address}/oauth/passkeys")
    visit.looked_at("passkeys")
    visit.pressed()
    visit.page.wait_for_url("**/oauth/passkeys?added=1")
    assert visit.page.locator("[role=status]").inner_text()
    visit.looked_at("passkeys, added")
    assert device.count() == 1, "the device holds no passkey"


def _signs_in_by_passkey(visit: Visit, device: "_Device") -> None:
    visit.page.context.clear_cookies()
    visit.page.goto(visit.question)
    visit.looked_at("sign-in with a passkey")
    visit.page.locator("form[data-passkey] button").press("Enter")
    visit.page.wait_for_url(f"{visit.back}*")
    assert visit.came_back(), visit.page.url
    assert device.used() >= 1, "the device was not asked"


def _is_refused_by_passkey(visit: Visit, device: "_Device") -> None:
    """A device whose owner does not confirm, and one that holds nothing, sign nobody in."""
    for prepare in (device.unconfirmed, device.emptied):
        prepare()
        visit.page.context.clear_cookies()
        visit.page.goto(visit.question)
        visit.page.locator("form[data-passkey] button").press("Enter")
        visit.page.wait_for_selector("[role=alert]:visible", timeout=90_000)
        assert not visit.came_back()
        visit.looked_at("passkey, refused")


class _Device:
    """Chromium's virtual authenticator: it keeps passkeys and confirms at once."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }  # fmt: skip
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._which = {"authenticatorId": made["authenticatorId"]}

    def _held(self) -> list[dict[str, Any]]:
        held: list[dict[str, Any]] = self._session.send("WebAuthn.getCredentials", self._which)[
            "credentials"
        ]
        return held

    def count(self) -> int:
        return len(self._held())

    def used(self) -> int:
        return max(int(one["signCount"]) for one in self._held())

    def unconfirmed(self) -> None:
        self._session.send("WebAuthn.setUserVerified", {**self._which, "isUserVerified": False})

    def emptied(self) -> None:
        self._session.send("WebAuthn.setUserVerified", {**self._which, "isUserVerified": True})
        self._session.send("WebAuthn.clearCredentials", self._which)


def _gateway(stack: Stack) -> Service:
    """Start a gateway whose origin is one that browsers trust with passkeys."""
    first = stack.services["gateway"]
    port = free_ports(1)[0]
    origin = {"ZHICHUANG_PUBLIC_ORIGIN": f"http://localhost:{port}"}
    gateway = Service(
        name="gateway", package="gateway", port=port,
        environment={**first.environment, **origin}, home=stack.home,
        log=stack.home / "logs" / "gateway-in-browser.log", http=first.http,
    )  # fmt: skip
    gateway.start()
    wait_until_ready([gateway], 60.0)
    return gateway


def _account(admin: Caller, login: str) -> dict[str, Any]:
    body = {
        "name": "经办", "person": {"name": "吴经办"}, "roles": ["official"], "duties": ["handler"],
    }  # fmt: skip
    made = admin.post("/v1/identity/clients", body)
    opened: dict[str, Any] = admin.post(
        "/v1/identity/accounts", {"person_id": made["sub"], "login": login}
    )
    return opened


class _Back(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"back")

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""


def _front_end() -> ThreadingHTTPServer:
    """Listen where people are sent back to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Back)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _question(front_end: str, back: str) -> str:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    return urlencode(
        {
            "response_type": "code", "client_id": front_end, "redirect_uri": back, "state": "s",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
    )  # fmt: skip


def _now(secret: bytes) -> str:
    return code_of(secret, int(time.time()) // STEP_SECONDS)
