"""People sign in on a page, and their front ends get tokens: the whole way, and every misuse."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from gateway.accounts import passwords
from gateway.bootstrap import prepare
from gateway.settings import GatewaySettings
from shared.auth import TokenVerifier
from tests.fixtures.service import ISSUER

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
BACK = "https://portal.example/signed-in"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
PASSWORD = "十二个字符以上的密码 abc"


@dataclass
class House:
    """A gateway with one front end and one person who may sign in."""

    gateway: Any
    admin: httpx.AsyncClient
    portal: str
    person_id: UUID
    org_id: UUID
    account: dict[str, Any]

    def question(self, **changes: str) -> dict[str, str]:
        return {
            "response_type": "code", "client_id": self.portal, "redirect_uri": BACK,
            "state": "s", "code_challenge": CHALLENGE.decode(), "code_challenge_method": "S256",
        } | changes  # fmt: skip

    def browser(self) -> httpx.AsyncClient:
        """Make a browser; its cookies travel over TLS only."""
        browser: httpx.AsyncClient = self.gateway.client()
        browser.base_url = httpx.URL("https://service")
        return browser

    async def page(self, browser: httpx.AsyncClient, **changes: str) -> httpx.Response:
        return await browser.get("/oauth/authorize", params=self.question(**changes))

    async def enter(
        self, browser: httpx.AsyncClient, login: str, password: str, **changes: str
    ) -> httpx.Response:
        shown = await self.page(browser, **({"prompt": "login"} | changes))
        form = {"form_token": form_token(shown.text), "login": login, "password": password}
        return await browser.post(
            "/oauth/authorize", params=self.question(**changes), data=form
        )  # fmt: skip

    async def quiet(self, account: dict[str, Any]) -> None:
        """Let an account that rests be tried again."""
        async with self.gateway.sessions.begin() as session:
            await session.execute(
                text("UPDATE account SET failures = 0, resting_until = NULL WHERE id = :id"),
                {"id": UUID(account["id"])},
            )

    async def code(self, browser: httpx.AsyncClient) -> str:
        sent = await self.enter(browser, "zhou.qiming", PASSWORD)
        assert sent.status_code == 303, sent.text
        return answered(sent)["code"]

    async def tokens(self, **form: str) -> httpx.Response:
        async with self.gateway.client() as caller:
            answer: httpx.Response = await caller.post(
                "/oauth/token", data={"client_id": self.portal} | form
            )
        return answer

    async def redeemed(self, code_: str, /, **changes: str) -> httpx.Response:
        form = {
            "grant_type": "authorization_code", "code": code_, "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        } | changes  # fmt: skip
        return await self.tokens(**form)

    async def refreshed(self, token: str) -> httpx.Response:
        return await self.tokens(grant_type="refresh_token", refresh_token=token)

    async def moved(self, table: str, seconds: int) -> None:
        """Make what was given older than it is."""
        shift = timedelta(seconds=seconds)
        async with self.gateway.sessions.begin() as session:
            await session.execute(
                text(
                    f"UPDATE {table} SET issued_at = issued_at - shift.by,"  # noqa: S608 - our own names
                    " expires_at = expires_at - shift.by, used_at = used_at - shift.by"
                    " FROM (SELECT CAST(:by AS interval) AS by) AS shift"
                ),
                {"by": shift},
            )


def form_token(html: str) -> str:
    found = re.search(r"name='form_token' value='([0-9a-f]+)'", html)
    assert found, html
    return found[1]


def answered(sent: httpx.Response) -> dict[str, str]:
    parts = urlsplit(sent.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BACK
    return {name: value for name, [value] in parse_qs(parts.query).items()}


@pytest.fixture
async def house(running: Running, monkeypatch: pytest.MonkeyPatch) -> Any:
    # What a password costs is asked elsewhere; here each would take a tenth of a second.
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    monkeypatch.setattr(passwords, "NO_PASSWORD", cheap.hash("a password that nobody has"))
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        monkeypatch.setenv("ZHICHUANG_DATABASE_URL", gateway.database.app_url)
        await prepare(GatewaySettings())
        gateway.app.state.keys.forget()
        org_id = uuid4()
        body = {"name": "ERP", "org_id": str(org_id), "person": {"name": "周启明"}}
        made = (await admin.post("/v1/identity/clients", json=body)).json()
        portal = {"name": "门户", "redirect_uris": [BACK]}
        front_end = (await admin.post("/v1/identity/front-ends", json=portal)).json()
        opened = await admin.post(
            "/v1/identity/accounts", json={"person_id": made["sub"], "login": "Zhou.Qiming"}
        )
        assert opened.status_code == 201, opened.text
        person = UUID(made["sub"])
        house = House(gateway, admin, front_end["client_id"], person, org_id, opened.json())
        async with house.browser() as browser:
            assert (await invited(browser, house.account, PASSWORD)).status_code == 200
        yield house


async def invited(
    browser: httpx.AsyncClient, account: dict[str, Any], password: str, again: str | None = None
) -> httpx.Response:
    path = account["invitation"]
    shown = await browser.get(path)
    form = {"form_token": form_token(shown.text), "password": password}
    return await browser.post(path, data=form | {"again": again or password})


async def claims_of(gateway: Any, token: str) -> dict[str, Any]:
    async def keys() -> dict[str, Any]:
        async with gateway.client() as caller:
            published: dict[str, Any] = (await caller.get("/.well-known/jwks.json")).json()
        return published

    return dict(await TokenVerifier(ISSUER, keys).verify(token))


@pytest.mark.requirement("X01", "X02")
async def test_a_person_signs_in_and_the_front_end_acts_for_him(house: House) -> None:
    async with house.browser() as browser:
        shown = await house.page(browser)
        assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
        policy = shown.headers["content-security-policy"]
        assert "script" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "https://portal.example" in policy
        sent = await house.enter(browser, "ZHOU.qiming", PASSWORD)
        told = answered(sent)
        assert (told["state"], told["iss"]) == ("s", ISSUER)
        answer = (await house.redeemed(told["code"])).json()
        claims = await claims_of(house.gateway, answer["access_token"])
        assert (claims["sub"], claims["org_id"]) == (str(house.person_id), str(house.org_id))
        assert (claims["roles"], claims["client_id"]) == (["member"], house.portal)
        # The browser is known now: the next front end need not ask.
        again = await house.page(browser)
        assert again.status_code == 303
        later = (await house.refreshed(answer["refresh_token"])).json()
        assert later["refresh_token"] != answer["refresh_token"]
        assert (await claims_of(house.gateway, later["access_token"]))["sub"] == claims["sub"]


@pytest.mark.refusing
@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": VERIFIER[:-1] + "A"},
        {"code_verifier": ""},
        {"redirect_uri": BACK + "/"},
        {"code": "x" * 43},
        {"code": "x" * 4000},
        {"client_id": "another"},
    ],
)
async def test_a_code_is_worth_nothing_without_its_verifier_and_address(
    house: House, changes: dict[str, str]
) -> None:
    async with house.browser() as browser:
        code = await house.code(browser)
    refused = await house.redeemed(code, **changes)
    assert refused.status_code in {400, 401}
    assert refused.json()["error"] in {"invalid_grant", "invalid_request", "invalid_client"}
    assert (await house.redeemed(code)).status_code == 200


@pytest.mark.refusing
@pytest.mark.requirement("X01")
async def test_a_code_that_comes_twice_ends_all_that_it_gave(house: House) -> None:
    async with house.browser() as browser:
        code = await house.code(browser)
    answer = (await house.redeemed(code)).json()
    assert (await house.redeemed(code)).json()["error"] == "invalid_grant"
    assert (await house.refreshed(answer["refresh_token"])).json()["error"] == "invalid_grant"
    async with house.gateway.sessions.reading() as session:
        claims = await claims_of(house.gateway, answer["access_token"])
        revoked = await session.scalar(
            text("SELECT count(*) FROM revocation WHERE kind = 'token' AND value = :jti"),
            {"jti": claims["jti"]},
        )
    assert revoked == 1


@pytest.mark.refusing
@pytest.mark.parametrize(("seconds", "status"), [(58, 200), (61, 400)])
async def test_a_code_lives_a_minute(house: House, seconds: int, status: int) -> None:
    async with house.browser() as browser:
        code = await house.code(browser)
    await house.moved("authorization_code", seconds)
    assert (await house.redeemed(code)).status_code == status


@pytest.mark.refusing
@pytest.mark.requirement("X01")
async def test_an_old_refresh_token_ends_its_family_and_no_other(house: House) -> None:
    async with house.browser() as browser:
        first = (await house.redeemed(await house.code(browser))).json()
        other = (await house.redeemed(await house.code(browser))).json()
    second = (await house.refreshed(first["refresh_token"])).json()
    # Within the grace a second tab is served from the same family.
    assert (await house.refreshed(first["refresh_token"])).status_code == 200
    await house.moved("refresh_token", 11)
    assert (await house.refreshed(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await house.refreshed(second["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await house.refreshed(other["refresh_token"])).status_code == 200


async def test_two_tabs_that_refresh_at_once_are_both_served(house: House) -> None:
    async with house.browser() as browser:
        first = (await house.redeemed(await house.code(browser))).json()
    both = await asyncio.gather(*(house.refreshed(first["refresh_token"]) for _ in range(2)))
    assert [answer.status_code for answer in both] == [200, 200]


@pytest.mark.refusing
async def test_a_code_redeemed_twice_at_once_gives_tokens_once(house: House) -> None:
    async with house.browser() as browser:
        code = await house.code(browser)
    both = await asyncio.gather(*(house.redeemed(code) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [200, 400]


@pytest.mark.refusing
@pytest.mark.requirement("X02")
async def test_failed_attempts_make_an_account_rest_even_for_the_right_password(
    house: House,
) -> None:
    async with house.browser() as browser:
        for _ in range(5):
            wrong = await house.enter(browser, "zhou.qiming", "not the password")
            assert wrong.status_code == 401
            assert "role='alert'" in wrong.text
        assert (await house.enter(browser, "zhou.qiming", PASSWORD)).status_code == 401
        async with house.gateway.sessions.begin() as session:
            await session.execute(
                text("UPDATE account SET resting_until = :now"), {"now": datetime.now(UTC)}
            )
        assert (await house.enter(browser, "zhou.qiming", PASSWORD)).status_code == 303
        assert (await house.enter(browser, "zhou.qiming", "wrong again")).status_code == 401
        assert (await house.enter(browser, "zhou.qiming", PASSWORD)).status_code == 303


@pytest.mark.refusing
@pytest.mark.parametrize("login", ["nobody", "", "zhou.qiming\x00", "x" * 500])
async def test_nobody_learns_which_accounts_there_are(house: House, login: str) -> None:
    async with house.browser() as browser:
        unknown = await house.enter(browser, login, "not the password")
        known = await house.enter(browser, "zhou.qiming", "not the password")
    assert unknown.status_code in {400, 401}
    if unknown.status_code == 401:
        hide = re.compile(r"value='[0-9a-f]+'")
        assert hide.sub("", unknown.text) == hide.sub("", known.text)


@pytest.mark.refusing
async def test_a_form_from_another_site_is_not_taken(house: House) -> None:
    async with house.browser() as browser, house.browser() as other:
        shown = await house.page(other)
        form = {
            "form_token": form_token(shown.text), "login": "zhou.qiming", "password": PASSWORD,
        }  # fmt: skip
        await house.page(browser)
        for token in (form["form_token"], "", "０"):
            sent = await browser.post(
                "/oauth/authorize", params=house.question(), data=form | {"form_token": token}
            )
            assert sent.status_code == 400
            assert "zhuang_session" not in sent.headers.get("set-cookie", "")


@pytest.mark.refusing
async def test_an_invitation_is_used_once_and_only_for_a_fit_password(house: House) -> None:
    renewed = (
        await house.admin.put(f"/v1/identity/accounts/{house.account['id']}/invitation")
    ).json()
    async with house.browser() as browser:
        assert (await house.enter(browser, "zhou.qiming", PASSWORD)).status_code == 401
        assert (await invited(browser, house.account, PASSWORD)).status_code == 404
        assert (await invited(browser, renewed, "short")).status_code == 422
        assert (await invited(browser, renewed, PASSWORD, "another one")).status_code == 422
        assert (await invited(browser, renewed, PASSWORD)).status_code == 200
        assert (await invited(browser, renewed, PASSWORD)).status_code == 404
        assert (await house.enter(browser, "zhou.qiming", PASSWORD)).status_code == 303


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_a_member_gives_accounts_to_its_own_people_only(house: House) -> None:
    async with house.gateway.client("member", org_id=uuid4()) as stranger:
        body = {"person_id": str(house.person_id), "login": "mine.now"}
        refused = await stranger.post("/v1/identity/accounts", json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
        assert (await stranger.get("/v1/identity/accounts")).json()["items"] == []
        path = f"/v1/identity/accounts/{house.account['id']}"
        assert (await stranger.put(f"{path}/invitation")).status_code == 404
        assert (await stranger.delete(path)).status_code == 404
        gone = await stranger.delete(f"/v1/identity/people/{house.person_id}/sessions")
        assert gone.status_code == 404
    async with house.gateway.client("member", org_id=house.org_id) as own:
        [shown] = (await own.get("/v1/identity/accounts")).json()["items"]
        assert (shown["login"], shown["has_password"]) == ("zhou.qiming", True)
        twice = await own.post("/v1/identity/accounts", json=body)
        assert (twice.status_code, twice.json()["code"]) == (409, "LOGIN_TAKEN")


@pytest.mark.refusing
@pytest.mark.requirement("X02")
async def test_everything_of_a_person_ends_at_once(house: House) -> None:
    async with house.browser() as browser:
        given = (await house.redeemed(await house.code(browser))).json()
        path = f"/v1/identity/people/{house.person_id}/sessions"
        assert (await house.admin.delete(path)).status_code == 204
        assert (await house.page(browser)).status_code == 200
        assert (await house.refreshed(given["refresh_token"])).status_code == 400
        given = (await house.redeemed(await house.code(browser))).json()
        closed = await house.admin.delete(f"/v1/identity/accounts/{house.account['id']}")
        assert closed.status_code == 204
        assert (await house.refreshed(given["refresh_token"])).status_code == 400
        assert (await house.enter(browser, "zhou.qiming", PASSWORD)).status_code == 401
        again = await house.admin.put(f"/v1/identity/accounts/{house.account['id']}/invitation")
        assert (again.status_code, again.json()["code"]) == (409, "ACCOUNT_CLOSED")


async def test_a_front_end_ends_its_own_family_without_a_secret(house: House) -> None:
    async with house.browser() as browser:
        given = (await house.redeemed(await house.code(browser))).json()
    async with house.gateway.client() as caller:
        form = {"client_id": house.portal, "token": given["refresh_token"]}
        assert (await caller.post("/oauth/revoke", data=form)).status_code == 200
        assert (await caller.post("/oauth/revoke", data=form)).status_code == 200
    assert (await house.refreshed(given["refresh_token"])).status_code == 400


@pytest.mark.refusing
async def test_an_ended_front_end_signs_nobody_in(house: House) -> None:
    async with house.browser() as browser:
        given = (await house.redeemed(await house.code(browser))).json()
        gone = await house.admin.delete(f"/v1/identity/front-ends/{house.portal}")
        assert gone.status_code == 204
        assert (await house.page(browser)).status_code == 400
        assert (await house.refreshed(given["refresh_token"])).status_code == 401


async def test_who_acts_for_several_says_for_whom(house: House) -> None:
    second = uuid4()
    body = {
        "name": "ERP 2", "org_id": str(second), "person": {"id": str(house.person_id)},
    }  # fmt: skip
    assert (await house.admin.post("/v1/identity/clients", json=body)).status_code == 201
    async with house.browser() as browser:
        shown = await house.enter(browser, "zhou.qiming", PASSWORD)
        assert shown.status_code == 200
        form = {"form_token": form_token(shown.text), "org": str(second)}
        sent = await browser.post("/oauth/authorize", params=house.question(), data=form)
        given = (await house.redeemed(answered(sent)["code"])).json()
        claims = await claims_of(house.gateway, given["access_token"])
        assert claims["org_id"] == str(second)
        foreign = await browser.post(
            "/oauth/authorize", params=house.question(), data=form | {"org": str(uuid4())}
        )
        assert foreign.status_code == 200


@pytest.mark.parametrize(
    ("prompt", "status"), [("none", 303), ("login", 200)], ids=["silent", "anew"]
)
async def test_a_front_end_may_ask_silently_or_anew(house: House, prompt: str, status: int) -> None:
    async with house.browser() as browser:
        shown = await house.page(browser, prompt=prompt)
        assert shown.status_code == status
        if status == 303:
            assert answered(shown)["error"] == "login_required"
        await house.code(browser)
        assert (await house.page(browser, prompt=prompt)).status_code == status
        assert (await browser.post("/oauth/sign-out")).status_code == 204
        assert (await house.page(browser)).status_code == 200
