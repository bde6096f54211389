"""Passkeys: added while signed in, shown instead of password and code, and everything near that."""

import base64
import hashlib
import html
import json
import os
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import text

from gateway.factors import passkeys
from gateway.factors.passkeys import Site
from tests.gateway.accounts.house import PASSWORD, App, allowed, onwards, second, with_official
from tests.gateway.accounts.test_signing_in import (
    House,
    answered,
    claims_of,
    form_token,
    house,
)

__all__ = ["house"]

pytestmark = pytest.mark.anyio
ORIGIN = "https://door.example"
NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
PATH = "/oauth/passkeys"


@pytest.fixture(autouse=True)
def origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHICHUANG_PUBLIC_ORIGIN", ORIGIN)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Device:
    """An authenticator that keeps one key and does what a browser asks of it."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    count: int = 0
    verified: bool = True

    def _data(self, rp_id: str, *, attested: bytes = b"") -> bytes:
        flags = 0x01 | (0x04 if self.verified else 0) | (0x40 if attested else 0)
        head = hashlib.sha256(rp_id.encode()).digest() + bytes([flags])
        return head + self.count.to_bytes(4, "big") + attested

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def make(self, options: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"),
             -3: numbers.y.to_bytes(32, "big")}
        )  # fmt: skip
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big")
        attested += self.credential_id + public
        statement = {
            "fmt": "none", "attStmt": {},
            "authData": self._data(options["rp"]["id"], attested=attested),
        }  # fmt: skip
        return self._answer(
            {
                "clientDataJSON": b64(
                    self._client("webauthn.create", options["challenge"], origin)
                ),
                "attestationObject": b64(cbor2.dumps(statement)),
            }
        )

    def show(
        self, options: dict[str, Any], origin: str = ORIGIN, rp_id: str | None = None
    ) -> dict[str, Any]:
        self.count += 1
        data = self._data(rp_id or options["rpId"])
        client = self._client("webauthn.get", options["challenge"], origin)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signed),
            }
        )

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = b64(self.credential_id)
        return {
            "id": name, "rawId": name, "type": "public-key", "response": response,
            "clientExtensionResults": {},
        }  # fmt: skip


def options_in(page: httpx.Response) -> dict[str, Any]:
    found = re.search(r"data-passkey='([^']+)'", page.text)
    assert found, page.text
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


async def added(browser: httpx.AsyncClient, device: Device, **over: Any) -> httpx.Response:
    shown = await browser.get(PATH)
    assert shown.status_code == 200, shown.text
    answer = device.make(options_in(shown), **over)
    form = {"form_token": form_token(shown.text), "passkey": json.dumps(answer)}
    return await browser.post(PATH, data=form)


async def sent(
    house: House, browser: httpx.AsyncClient, page: httpx.Response, answer: Any
) -> httpx.Response:
    form = {"form_token": form_token(page.text), "passkey": json.dumps(answer)}
    return await browser.post("/oauth/authorize", params=house.question(), data=form)


async def entered(house: House, browser: httpx.AsyncClient, account: dict[str, Any]) -> None:
    """Sign an official in with password, code and app."""
    asked = await house.enter(browser, account["login"], PASSWORD)
    shown = await allowed(house, browser, asked, account["enrolment_code"])
    done = await second(house, browser, shown, App(shown.text).code(time.time()))
    assert (await onwards(house, browser, done)).status_code == 303


@pytest.mark.requirement("X02", "A099")
async def test_a_passkey_stands_for_password_and_code(house: House) -> None:
    account, device = await with_official(house), Device()
    async with house.browser() as browser:
        await entered(house, browser, account)
        done = await added(browser, device)
        assert (done.status_code, done.headers["location"]) == (303, f"{PATH}?added=1")
    async with house.browser() as browser:
        page = await house.page(browser)
        policy = page.headers["content-security-policy"]
        assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]+'", policy)
        options = options_in(page)
        assert (options["rpId"], options["userVerification"]) == ("door.example", "required")
        back = await sent(house, browser, page, device.show(options))
        given = (await house.redeemed(answered(back)["code"])).json()
        claims = await claims_of(house.gateway, given["access_token"])
        assert (claims["sub"], claims["duties"]) == (account["person_id"], ["handler"])
    async with house.gateway.client("handler", sub=account["person_id"]) as official:
        [kept] = (await official.get("/v1/me/second-factors")).json()["passkeys"]
        assert kept["used_at"] is not None
        gone = await official.delete(f"/v1/me/second-factors/passkeys/{kept['id']}")
        assert gone.status_code == 204
        again = await official.delete(f"/v1/me/second-factors/passkeys/{kept['id']}")
        assert again.status_code == 404
    async with house.browser() as browser:
        page = await house.page(browser)
        refused = await sent(house, browser, page, device.show(options_in(page)))
        assert refused.status_code == 401


@pytest.mark.refusing
@pytest.mark.requirement("X02")
async def test_what_is_not_quite_a_passkey_signs_nobody_in(house: House) -> None:
    account = await with_official(house)
    device = Device()
    async with house.browser() as browser:
        await entered(house, browser, account)
        assert (await added(browser, device)).status_code == 303
    async with house.browser() as browser, house.browser() as other:
        page, foreign = await house.page(browser), await house.page(other)
        options = options_in(page)
        unverified = Device(device.key, device.credential_id, 5, verified=False)
        stranger = Device(credential_id=device.credential_id, count=5)
        changed = device.show(options)
        changed["response"]["signature"] = b64(b"x" * 70)
        wrong: Any
        for wrong in (
            device.show(options, origin="https://evil.example"),
            device.show(options, rp_id="evil.example"),
            # The challenge of another browser.
            device.show(options_in(foreign)),
            device.show(options | {"challenge": b64(os.urandom(56))}),
            unverified.show(options),
            stranger.show(options),
            Device().show(options),
            changed,
            {}, [], "", None, {"response": {"clientDataJSON": 7}}, {"rawId": "é"},
        ):  # fmt: skip
            refused = await sent(house, browser, page, wrong)
            assert refused.status_code == 401, wrong
            assert "zhichuang_session" not in refused.headers.get("set-cookie", "")
        good = device.show(options)
        assert (await sent(house, browser, page, good)).status_code == 303
        # The same answer once more, from the same browser.
        await browser.post("/oauth/sign-out")
        assert (await sent(house, browser, page, good)).status_code == 401
        # A copy that counts behind the original.
        late = Device(device.key, device.credential_id, 0)
        fresh = await house.page(browser)
        assert (await sent(house, browser, fresh, late.show(options_in(fresh)))).status_code == 401


@pytest.mark.refusing
async def test_nobody_adds_a_passkey_who_is_not_signed_in(house: House) -> None:
    account = await with_official(house)
    async with house.browser() as browser:
        assert (await browser.get(PATH)).status_code == 404
        await house.enter(browser, "wu.jingban", PASSWORD)
        # The password alone is not enough for that either.
        assert (await browser.get(PATH)).status_code == 404
        await entered(house, browser, account)
        assert (await added(browser, Device(verified=False))).status_code == 422
        assert (await added(browser, Device(), origin="https://evil.example")).status_code == 422
        device = Device()
        assert (await added(browser, device)).status_code == 303
        assert (await added(browser, device)).status_code == 422
    async with house.gateway.sessions.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM passkey")) == 1


@pytest.mark.refusing
def test_a_challenge_is_for_one_browser_and_five_minutes() -> None:
    site = Site(ORIGIN, "secret")
    challenge = passkeys.challenge_for(site, "browser", NOW)
    last = NOW + timedelta(minutes=5)
    assert passkeys.stands(site, "browser", challenge, NOW)
    assert passkeys.stands(site, "browser", challenge, last - timedelta(seconds=1))
    assert not passkeys.stands(site, "browser", challenge, last)
    assert not passkeys.stands(site, "another", challenge, NOW)
    assert not passkeys.stands(Site(ORIGIN, "other"), "browser", challenge, NOW)
    assert not passkeys.stands(site, "browser", challenge[:-1], NOW)
    assert not passkeys.stands(site, "browser", b"", NOW)
