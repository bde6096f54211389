"""People sign in at an outside issuer: a certified one where it is installed, and a forger."""

import base64
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from tests.gateway.accounts.test_signing_in import (
    House,
    answered,
    claims_of,
    form_token,
    house,
)
from tests.gateway.running_door import free_port

__all__ = ["house"]

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[3]
MODULES = Path(os.environ.get("ZHICHUANG_OIDC_PROVIDER", ROOT))
BACK = "https://service/oauth/outside/back"
USCC = "91310115X073202692"


@dataclass
class Forger:
    """An issuer of the test's own, which says whatever it is told to."""

    url: str = ""
    key: Any = None
    claims: dict[str, Any] = field(default_factory=dict)
    head: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    described: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    nonce: str = ""

    def token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": "zhichuang", "sub": "u1", "nonce": self.nonce, "iat": now,
            "exp": now + 300, "name": "周启明",
        } | self.claims  # fmt: skip
        head = {"alg": "RS256", "kid": "k1", "typ": "JWT"} | self.head
        if self.sign is not None:
            return self.sign(head, claims)
        return jws.serialize_compact(head, json.dumps(claims), self.key, algorithms=[head["alg"]])

    def answer(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/jwks",
            } | self.described  # fmt: skip
        if path == "/jwks":
            public = self.key.as_dict(private=False)
            return {"keys": [{"kty": "oct", "k": "AA", "kid": "k2"}, {**public, "kid": "k1"}]}
        return {"id_token": self.token(), "access_token": "x", "token_type": "Bearer"}


@pytest.fixture
def forger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forger]:
    made = Forger()
    made.key = RSAKey.generate_key(2048, {"kid": "k1"})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.answer(urlsplit(self.path).path)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["content-length"])).decode()
            made.forms.append(dict(parse_qsl(form)))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    trusting(monkeypatch, made.url)
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def trusting(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    for name, value in {
        "OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "zhichuang", "OIDC_NAME": "市统一身份认证",
        "OIDC_CLIENT_SECRET": "a secret of the test", "PUBLIC_ORIGIN": "https://service",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"ZHICHUANG_{name}", value)


async def sent(house: House, browser: httpx.AsyncClient) -> dict[str, str]:
    """Begin a sign-in; give what the issuer is asked."""
    away = await browser.get("/oauth/outside", params=house.question())
    assert away.status_code == 303, away.text
    return {k: v for k, [v] in parse_qs(urlsplit(away.headers["location"]).query).items()}


async def returned(
    forger: Forger, browser: httpx.AsyncClient, asked: dict[str, str], **over: str
) -> httpx.Response:
    forger.nonce = asked["nonce"]
    told = {"code": "c", "state": asked["state"], "iss": forger.url} | over
    return await browser.get("/oauth/outside/back", params=told)


async def linked(house: House, forger: Forger, browser: httpx.AsyncClient) -> httpx.Response:
    """Sign in with the password, and link."""
    await house.code(browser)
    shown = await browser.get("/oauth/outside/link")
    assert "市统一身份认证" in shown.text
    form = {"form_token": form_token(shown.text)}
    away = await browser.post("/oauth/outside/link", data=form)
    query = urlsplit(away.headers["location"]).query
    asked = {k: v for k, [v] in parse_qs(query).items()}
    return await returned(forger, browser, asked)


@pytest.fixture
def trusted(forger: Forger) -> Forger:
    """Come before the house, which reads its settings once."""
    return forger


@pytest.mark.requirement("X02", "A160")
async def test_who_linked_his_account_signs_in_there_without_a_password(
    trusted: Forger, house: House
) -> None:
    async with house.browser() as browser:
        assert "/oauth/outside?" in (await house.page(browser)).text
        assert (await linked(house, trusted, browser)).status_code == 200
    async with house.browser() as browser:
        asked = await sent(house, browser)
        assert asked["code_challenge_method"] == "S256"
        assert (asked["redirect_uri"], asked["scope"]) == (BACK, "openid profile")
        back = await returned(trusted, browser, asked)
        assert back.status_code == 303, back.text
        given = (await house.redeemed(answered(back)["code"])).json()
        claims = await claims_of(house.gateway, given["access_token"])
        assert claims["sub"] == str(house.person_id)
    # The code was redeemed with the verifier of its challenge, and keys were asked for once.
    assert all(len(form["code_verifier"]) >= 43 for form in trusted.forms)
    assert trusted.asked.count("/jwks") == 1
    assert trusted.asked.count("/.well-known/openid-configuration") == 1
    async with house.gateway.client("member", sub=house.person_id) as me:
        known = (await me.get("/v1/me/outside-identity")).json()
        assert list(known) == ["linked_at"]
        age = datetime.now(UTC) - datetime.fromisoformat(known["linked_at"])
        assert timedelta(0) < age < timedelta(minutes=5)
        assert (await me.delete("/v1/me/outside-identity")).status_code == 204
        assert (await me.get("/v1/me/outside-identity")).status_code == 404
        assert (await me.delete("/v1/me/outside-identity")).status_code == 404


@pytest.mark.requirement("X02")
@pytest.mark.refusing
async def test_nobody_is_known_by_his_mail_and_nobody_is_linked_twice(
    trusted: Forger, house: House
) -> None:
    async with house.browser() as browser:
        trusted.claims = {"email": "zhou.qiming", "email_verified": True, "name": "周启明"}
        unknown = await returned(trusted, browser, await sent(house, browser))
        assert (unknown.status_code, "zhichuang_session" in str(unknown.headers)) == (403, False)
        assert (await linked(house, trusted, browser)).status_code == 200
        trusted.claims = {"sub": "u2"}
        again = await linked(house, trusted, browser)
        assert again.status_code == 409


Sign = Callable[[dict[str, Any], dict[str, Any]], str]


def raw(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(head: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{raw(head)}.{raw(claims)}.AA"


def by_secret(head: dict[str, Any], claims: dict[str, Any]) -> str:
    key = OctKey.import_key("a secret of the test")
    made: str = jws.serialize_compact(head, json.dumps(claims), key, algorithms=["HS256"])
    return made


def by_another(head: dict[str, Any], claims: dict[str, Any]) -> str:
    key = RSAKey.import_key(rsa.generate_private_key(65537, 2048))
    made: str = jws.serialize_compact(head, json.dumps(claims), key, algorithms=["RS256"])
    return made


WRONG: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "x"}},
    "another audience": {"claims": {"aud": "x"}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "an old token": {"claims": {"exp": 1}},
    "no algorithm": {"head": {"alg": "none"}, "sign": unsigned},
    "a signature by the shared secret": {"head": {"alg": "HS256"}, "sign": by_secret},
    "another key": {"sign": by_another},
    "an unknown key": {"head": {"kid": "k9"}},
    "a key that is no key": {"head": {"kid": "k2"}},
    "a key elsewhere": {"head": {"jku": "https://evil.example/jwks"}},
    "critical": {"head": {"crit": ["b64"], "b64": True}, "sign": unsigned},
    "no token": {"sign": lambda _head, _claims: ""},
}


@pytest.mark.requirement("X02")
@pytest.mark.refusing
async def test_a_forged_word_signs_nobody_in(trusted: Forger, house: House) -> None:
    async with house.browser() as browser:
        assert (await linked(house, trusted, browser)).status_code == 200
    for name, wrong in WRONG.items():
        trusted.claims = wrong.get("claims", {})
        trusted.head = wrong.get("head", {})
        trusted.sign = wrong.get("sign")
        async with house.browser() as browser:
            back = await returned(trusted, browser, await sent(house, browser))
            assert back.status_code == 401, name
            assert "zhichuang_session" not in str(back.headers), name
    # A storm of unknown keys asked for keys no more often than every half minute.
    assert trusted.asked.count("/jwks") == 1


@pytest.mark.requirement("X02")
@pytest.mark.refusing
async def test_another_browsers_or_a_used_journey_leads_nowhere(
    trusted: Forger, house: House
) -> None:
    async with house.browser() as browser, house.browser() as victim:
        assert (await linked(house, trusted, browser)).status_code == 200
        asked = await sent(house, browser)
        # An attacker's code in a victim's browser.
        assert (await returned(trusted, victim, asked)).status_code == 401
        await sent(house, victim)
        assert (await returned(trusted, victim, asked)).status_code == 401
        assert (await returned(trusted, browser, asked, state="x")).status_code == 401
        asked = await sent(house, browser)
        wrong = await returned(trusted, browser, asked, iss="https://evil.example")
        assert wrong.status_code == 401
        asked = await sent(house, browser)
        kept = dict(browser.cookies)
        assert (await returned(trusted, browser, asked)).status_code == 303
        browser.cookies.update(kept)
        assert (await returned(trusted, browser, asked)).status_code == 401
        asked = await sent(house, browser)
        refused = await browser.get(
            "/oauth/outside/back", params={"error": "access_denied", "state": asked["state"]}
        )
        assert refused.status_code == 401


@pytest.mark.refusing
async def test_an_issuer_that_describes_another_is_not_asked(trusted: Forger, house: House) -> None:
    trusted.described = {"issuer": "https://evil.example"}
    async with house.browser() as browser:
        away = await browser.get("/oauth/outside", params=house.question())
        assert away.status_code == 503
        assert "/token" not in trusted.asked


@pytest.mark.requirement("A160")
async def test_a_trusted_sign_in_confirms_a_claim_and_makes_the_first_account(
    trusted: Forger, house: House
) -> None:
    org_id = str(uuid4())
    path = "GET /v1/registry/directory/organizations"
    house.gateway.neighbours.answers[path] = {"items": [{"id": org_id}]}
    trusted.claims = {"sub": "boss", "name": "李负责", "uscc": USCC}
    assert (await claimed(trusted, house)).status_code == 200
    async with house.browser() as browser:
        back = await returned(trusted, browser, await sent(house, browser))
        given = (await house.redeemed(answered(back)["code"])).json()
        claims = await claims_of(house.gateway, given["access_token"])
        assert (claims["org_id"], claims["roles"]) == (org_id, ["member"])
    async with house.gateway.client("handler") as handler:
        [made] = (await handler.get("/v1/identity/organization-claims")).json()["items"]
        assert (made["state"], made["uscc"], made["claimant_name"]) == (
            "confirmed", USCC, "李负责",
        )  # fmt: skip
        # The issuer's word is kept as the proof.
        proof = await handler.get(f"/v1/identity/organization-claims/{made['id']}/proof")
        assert proof.text.count(".") == 2


@pytest.mark.requirement("A160")
@pytest.mark.refusing
async def test_a_sign_in_that_names_no_legal_person_or_a_taken_one_claims_nothing(
    trusted: Forger, house: House
) -> None:
    path = "GET /v1/registry/directory/organizations"
    trusted.claims = {"sub": "boss", "name": "李负责"}
    assert (await claimed(trusted, house)).status_code == 409
    house.gateway.neighbours.answers[path] = {"items": []}
    trusted.claims = {"sub": "boss", "name": "李负责", "uscc": USCC}
    assert (await claimed(trusted, house)).status_code == 409
    house.gateway.neighbours.answers[path] = {"items": [{"id": str(uuid4())}]}
    assert (await claimed(trusted, house)).status_code == 200
    trusted.claims = {"sub": "second", "name": "王后来", "uscc": USCC}
    assert (await claimed(trusted, house)).status_code == 409


async def claimed(forger: Forger, house: House) -> httpx.Response:
    async with house.browser() as browser:
        shown = await browser.get("/oauth/outside/claim")
        form = {"form_token": form_token(shown.text)}
        assert (await browser.post("/oauth/outside/claim", data={})).status_code == 400
        away = await browser.post("/oauth/outside/claim", data=form)
        query = urlsplit(away.headers["location"]).query
        asked = {k: v for k, [v] in parse_qs(query).items()}
        return await returned(forger, browser, asked)


@pytest.mark.requirement("A160")
async def test_an_invitation_is_taken_by_a_link_once(trusted: Forger, house: House) -> None:
    path = f"/v1/identity/accounts/{house.account['id']}/invitation"
    invitation = (await house.admin.put(path)).json()["invitation"]
    code = parse_qs(urlsplit(invitation).query)["code"][0]

    async def taken(subject: str) -> int:
        trusted.claims = {"sub": subject}
        async with house.browser() as browser:
            shown = await browser.get("/oauth/outside/invitation", params={"code": code})
            form = {"form_token": form_token(shown.text)}
            address = re.search(r"action='([^']+)'", shown.text)
            assert address
            away = await browser.post(address[1].replace("&amp;", "&"), data=form)
            query = urlsplit(away.headers["location"]).query
            asked = {k: v for k, [v] in parse_qs(query).items()}
            return (await returned(trusted, browser, asked)).status_code

    assert [await taken("u7"), await taken("u8")] == [200, 409]
    trusted.claims = {"sub": "u7"}
    async with house.browser() as browser:
        assert (await returned(trusted, browser, await sent(house, browser))).status_code == 303


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run the certified provider of npm, where it is installed."""
    node = shutil.which("node")
    if node is None or not (MODULES / "node_modules" / "oidc-provider").is_dir():
        pytest.skip(f"oidc-provider is not installed in {MODULES} (`make test-tools`)")
    port = free_port()
    script = Path(__file__).with_name("provider.mjs")
    process = subprocess.Popen(
        [node, str(script), str(port), BACK, str(MODULES)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "ready" in line:
                break
        issuer = f"http://127.0.0.1:{port}"
        trusting(monkeypatch, issuer)
        yield issuer
    finally:
        process.kill()
        process.wait()


async def at_provider(address: str, login: str) -> dict[str, str]:
    """Sign in at the provider as a person does; give what it sends the browser back with."""
    async with httpx.AsyncClient(timeout=20) as browser:
        answer = await browser.get(address)
        for _ in range(12):
            if answer.status_code in (302, 303):
                target = urljoin(str(answer.request.url), answer.headers["location"])
                if target.startswith(BACK):
                    return dict(parse_qsl(urlsplit(target).query))
                answer = await browser.get(target)
                continue
            assert answer.status_code == 200, answer.text
            action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert action, answer.text
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert prompt
            form = {"prompt": prompt[1], "login": login, "password": "x"}
            answer = await browser.post(urljoin(str(answer.request.url), action[1]), data=form)
    raise AssertionError("the provider did not send the browser back")


@pytest.mark.requirement("X02", "A160")
async def test_a_certified_provider_signs_people_in_and_vouches_for_a_legal_person(
    provider: str, house: House
) -> None:
    assert house.gateway.app.state.settings.oidc_issuer == provider
    org_id = str(uuid4())
    path = "GET /v1/registry/directory/organizations"
    house.gateway.neighbours.answers[path] = {"items": [{"id": org_id}]}
    async with house.browser() as browser:
        shown = await browser.get("/oauth/outside/claim")
        form = {"form_token": form_token(shown.text)}
        away = await browser.post("/oauth/outside/claim", data=form)
        told = await at_provider(away.headers["location"], f"{USCC}:li")
        assert told["iss"] == provider
        done = await browser.get("/oauth/outside/back", params=told)
        assert done.status_code == 200, done.text
    async with house.browser() as browser:
        away = await browser.get("/oauth/outside", params=house.question())
        told = await at_provider(away.headers["location"], f"{USCC}:li")
        back = await browser.get("/oauth/outside/back", params=told)
        given = (await house.redeemed(answered(back)["code"])).json()
        claims = await claims_of(house.gateway, given["access_token"])
        assert claims["org_id"] == org_id
        # A code of the provider's is good once, whoever shows it.
        again = await browser.get("/oauth/outside/back", params=told)
        assert again.status_code == 401
