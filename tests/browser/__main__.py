"""`make browser`: the portal in headless Chromium, on the running stack or on one of our own.

axe reads every page, in both languages, on a desk's screen and on a phone's; then the pages are
used: by keyboard, with the forms. People sign in with password, app and passkey (`sign-in` alone:
only that). `make pictures-tools` installs the browser.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

from gateway.portal.guides import GUIDES
from ip_ledger.log.keys import LogKey
from ip_ledger.party_keys.rules import Algorithm
from shared.documents.typesetting import fonts
from tests.browser import signing_in
from tests.clients.__main__ import Target, target
from tests.contract.step import ROOT, temporary_folder
from tests.gateway.portal.test_receipt_in_browser import agreed, signature, small
from tests.ip_ledger.journal.test_small_records import DRAFTS
from tests.ip_ledger.log.test_verifying import ORIGIN
from tests.ip_ledger.party_keys.test_party_keys import Pen
from tests.pictures.drawing import FONT_SETTINGS
from zhichuang.stack import Stack

CHROMIUM: Final = "/usr/bin/chromium"
PICTURES: Final = ROOT / "build" / "browser"
ARGUMENTS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SCREENS: Final = {"desk": (1280, 900), "phone": (390, 844)}
PAGES: Final = (
    "/", *(f"/guides/{name}" for name in GUIDES if name != "home"), "/reference",
    "/reference/webhooks", "/problems", "/problems/ENTITY_AGE_EXCEEDED", "/events",
    "/events/registry/center.changed",
    "/codes", "/limits", "/verify", "/changes",
)  # fmt: skip
PATIENCE_MS: Final = 240_000
GRAVE: Final = {"serious", "critical"}


def main(words: list[str]) -> int:
    """Look at every page and use them; 1 when anything is wrong."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    if "sign-in" in words:
        with _house() as stack, _browser() as browser:
            faults = list(signing_in.uses(browser, stack))
        print(*faults, f"{len(faults)} faults", sep="\n")
        return 1 if faults else 0
    with target(here="--here" in words) as there, _browser() as browser:
        faults = [*_axe(browser, there), *_uses(browser, there)]
        if there.stack is None:
            print("The sign-in pages need a stack of our own: run without HERE=1.")
        else:
            faults += signing_in.uses(browser, there.stack)
    print(*faults, f"{len(faults)} faults; pictures in {PICTURES}", sep="\n")
    return 1 if faults else 0


@contextmanager
def _house() -> Iterator[Stack]:
    """Run a stack without the demo programme: signing in needs none of it."""
    with (
        temporary_folder() as folder,
        Stack(Path(folder) / "home", demo=False, throwaway=True) as stack,
    ):
        yield stack


@contextmanager
def _browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        sys.exit("✗ chromium is missing: make pictures-tools")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        # Chinese is drawn with the house's own fonts, so that pictures look the same anywhere.
        settings = Path(folder) / "fonts.conf"
        settings.write_text(FONT_SETTINGS.format(folder=fonts(), cache=f"{folder}/cache"))
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=list(ARGUMENTS),
            env={**os.environ, "FONTCONFIG_FILE": str(settings)},
        )
        yield browser
        browser.close()


def _page(browser: Browser, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    # A page is judged by what it shows; how soon, on a busy machine, is the benchmarks' matter.
    page.set_default_timeout(PATIENCE_MS)
    return page


def _axe(browser: Browser, there: Target) -> Iterator[str]:
    """Name what axe finds serious, and pages that are wider than their screen."""
    axe = Axe()
    for screen, (width, height) in SCREENS.items():
        page = _page(browser, width, height)
        for path in PAGES:
            for language in ("zh", "en"):
                place = f"{path} {language} {screen}"
                page.goto(f"{there.address}{path}?lang={language}")
                found: Any = axe.run(page).response["violations"]
                yield from (
                    f"{place}: {one['id']} {node['target']}"
                    for one in found
                    if one["impact"] in GRAVE
                    for node in one["nodes"]
                )
                if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                    yield f"{place}: wider than the screen"
                name = path.strip("/").replace("/", "-") or "home"
                page.screenshot(path=PICTURES / f"{name}-{language}-{screen}.png")
        page.close()


def _asked_by(page: Page) -> list[str]:
    """Note every address that a page asks."""
    urls: list[str] = []

    def note(request: Request) -> None:
        urls.append(request.url)

    page.on("request", note)
    return urls


def _uses(browser: Browser, there: Target) -> Iterator[str]:
    for use in (_keyboard, _trial, _own_token, _public_key, _receipt):
        page = _page(browser, *SCREENS["desk"])
        urls = _asked_by(page)
        try:
            use(page, there)
        except Exception as error:
            yield f"{use.__name__[1:]}: {error}"
        outside = [url for url in urls if not url.startswith((there.address, "data:"))]
        yield from (f"{use.__name__[1:]}: asks {url}" for url in outside)
        page.close()


def _keyboard(page: Page, there: Target) -> None:
    """Reach every link of the home page by Tab, each with a focus that can be seen."""
    page.goto(f"{there.address}/?lang=en")
    wanted = page.locator("a[href]:visible").count()
    reached = set()
    for _ in range(wanted + 40):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.tagName, [...document.querySelectorAll('a[href]')].indexOf(e),"
            " s.outlineStyle !== 'none' || s.boxShadow !== 'none']; })()"
        )
        if at[0] == "A":
            reached.add(at[1])
            assert at[2], f"link {at[1]} shows no focus"
    assert len(reached) == wanted, f"{len(reached)} of {wanted} links are reached by keyboard"


def _trial(page: Page, there: Target) -> None:
    """Ask who one is with the form of the reference."""
    page.goto(f"{there.address}/reference/webhooks?lang=en")
    page.fill("#token", _token(page, there))
    form = page.locator("form[data-method='GET'][data-path='/v1/webhooks']")
    form.locator("xpath=ancestor::details").evaluate_all("all => all.forEach(d => d.open = true)")
    form.locator("button[type=submit]").click()
    told = form.locator("pre[role=status]")
    page.wait_for_function("e => /^GET .*\\n\\d{3}/.test(e.textContent)", arg=told.element_handle())
    assert "\n200 " in told.inner_text(), told.inner_text()[:300]


def _own_token(page: Page, there: Target) -> None:
    """Fill the reader's token into the quick start; nothing of it is kept."""
    page.goto(f"{there.address}/?lang=en")
    held = json.loads(there.credentials.read_text())["m01"]
    page.locator("details:has(#own-token) summary").click()
    page.fill("input[name=client_id]", held["client_id"])
    page.fill("input[name=client_secret]", held["client_secret"])
    page.locator("#own-token button").click()
    page.wait_for_function("document.querySelector('#own-token [role=status]').textContent !== ''")
    shown = "\n".join(page.locator("pre code").all_inner_texts())
    assert "$TOKEN" not in shown, shown[:300]
    assert "Bearer ey" in shown, shown[:300]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0, "something is kept"
    assert held["client_secret"] not in page.content(), "the secret is on the page"


def _public_key(page: Page, there: Target) -> None:
    """Fetch the log's key, and be told that a text is no receipt."""
    page.goto(f"{there.address}/verify?lang=en")
    page.click("#fetch-key")
    page.wait_for_function("document.getElementById('key').value.length > 20")
    page.fill("#receipt", '{"record": "bm90aGluZw=="}')
    page.locator("#verify button[type=submit]").click()
    page.wait_for_function("document.getElementById('told').textContent.length > 3")


def _receipt(page: Page, there: Target) -> None:
    """Verify receipts of an entry and of an agreement, and be told of one that is bent."""
    page.goto(f"{there.address}/verify?lang=en")
    told = page.locator("#told")
    with TemporaryDirectory() as folder:
        key = LogKey.kept_in(Path(folder) / "log.key", ORIGIN)
        signed = agreed(key, *(signature(Pen(one), "2026-01-20") for one in Algorithm))
        receipts = {"good": [small(key, draft) for draft in DRAFTS.values()] + [signed]}
        receipts["wrong"] = [one.replace("2026-01-20", "2026-01-19") for one in [signed]]
    page.fill("#key", key.verifier)
    for kind, texts in receipts.items():
        for text in texts:
            page.fill("#receipt", text)
            told.evaluate("e => { e.className = ''; }")
            page.locator("#verify button[type=submit]").click()
            page.wait_for_function("document.getElementById('told').className !== ''")
            assert told.get_attribute("class") == kind, told.inner_text()
    page.screenshot(path=PICTURES / "verify-told.png")


def _token(page: Page, there: Target) -> str:
    held = json.loads(there.credentials.read_text())["m01"]
    answer = page.request.post(
        f"{there.address}/oauth/token",
        form={
            "grant_type": "client_credentials",
            "client_id": held["client_id"],
            "client_secret": held["client_secret"],
        },
    )
    return str(answer.json()["access_token"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
