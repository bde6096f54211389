"""A house with people who sign in, for tests of the second step and of what it rests on."""

import base64
import re
from typing import Any
from uuid import UUID

import httpx

from gateway.factors.actions import code_of
from gateway.factors.rules import STEP_SECONDS
from tests.gateway.accounts.test_signing_in import House, form_token, invited

PASSWORD = "十二个字符以上的密码 abc"


async def with_official(house: House, login: str = "wu.jingban") -> dict[str, Any]:
    """Give the house an official with an account and a password."""
    body = {
        "name": "经办", "person": {"name": "吴经办"}, "roles": ["official"], "duties": ["handler"],
    }  # fmt: skip
    made = (await house.admin.post("/v1/identity/clients", json=body)).json()
    opened = await house.admin.post(
        "/v1/identity/accounts", json={"person_id": made["sub"], "login": login}
    )
    account: dict[str, Any] = opened.json()
    async with house.browser() as browser:
        assert (await invited(browser, account, PASSWORD)).status_code == 200
    return account


class App:
    """An authenticator app: it read the key from the page, and has a clock of its own."""

    def __init__(self, html: str) -> None:
        found = re.search(r"<code>([A-Z2-7-]+)</code>", html)
        assert found, html
        text = found[1].replace("-", "")
        self.secret = base64.b32decode(text)

    def code(self, now: float) -> str:
        return code_of(self.secret, int(now) // STEP_SECONDS)


async def second(
    house: House, browser: httpx.AsyncClient, shown: httpx.Response, code: str
) -> httpx.Response:
    """Send a code from the page that asks for it."""
    form = {"form_token": form_token(shown.text), "code": code}
    return await browser.post("/oauth/authorize", params=house.question(), data=form)


async def allowed(
    house: House, browser: httpx.AsyncClient, shown: httpx.Response, code: str
) -> httpx.Response:
    """Show the code without which nobody enrols."""
    form = {"form_token": form_token(shown.text), "enrolment": code}
    return await browser.post("/oauth/authorize", params=house.question(), data=form)


async def onwards(
    house: House, browser: httpx.AsyncClient, shown: httpx.Response
) -> httpx.Response:
    """Go on from the page with the recovery codes."""
    form = {"form_token": form_token(shown.text), "go_on": "1"}
    return await browser.post("/oauth/authorize", params=house.question(), data=form)


def person_of(account: dict[str, Any]) -> UUID:
    return UUID(account["person_id"])
