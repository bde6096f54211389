"""Clients that prove themselves by a signed assertion (RFC 7523), and every misuse of one."""

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt

from gateway.bootstrap import prepare
from gateway.identity import rules as identity_rules
from gateway.settings import GatewaySettings
from gateway.tokens import assertions
from shared.auth.jws import InvalidToken
from shared.rules import failed_codes
from tests.fixtures.service import ISSUER

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NOW = 1_800_000_000


class Holder:
    """Somebody who holds a private key."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        self.jwk = {"kty": "EC", "crv": "P-256", "kid": "k1"} | {
            name: base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode()
            for name, value in (("x", numbers.x), ("y", numbers.y))
        }
        self.pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def assertion(self, client_id: str, head: dict[str, Any] | None = None, **claims: Any) -> str:
        now = claims.pop("at", int(time.time()))
        base = {
            "iss": client_id, "sub": client_id, "aud": ISSUER, "exp": now + 60, "iat": now,
            "jti": str(uuid4()),
        } | claims  # fmt: skip
        kept = {name: value for name, value in base.items() if value != "absent"}
        return str(jwt.encode(kept, self.pem, "ES256", {"kid": "k1"} | (head or {})))


@dataclass
class House:
    gateway: Any
    admin: httpx.AsyncClient
    caller: httpx.AsyncClient
    agency: dict[str, Any]
    holder: Holder

    async def ask(self, assertion: str, **over: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials", "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
        } | over  # fmt: skip
        return await self.caller.post("/oauth/token", data=form)

    async def by_secret(self) -> httpx.Response:
        return await self.caller.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self.agency["client_id"], self.agency["client_secret"]),
        )

    @property
    def keys(self) -> str:
        return f"/v1/identity/clients/{self.agency['client_id']}/keys"


@pytest.fixture
async def house(running: Running, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with (
        running("gateway") as gateway,
        gateway.client("admin") as admin,
        gateway.client() as caller,
    ):
        monkeypatch.setenv("ZHICHUANG_DATABASE_URL", gateway.database.app_url)
        await prepare(GatewaySettings())
        gateway.app.state.keys.forget()
        body = {"name": "财政", "person": {"name": "市财政局"}, "roles": ["agency"]}
        agency = (await admin.post("/v1/identity/clients", json=body)).json()
        house = House(gateway, admin, caller, agency, Holder())
        assert (await house.by_secret()).status_code == 200
        added = await admin.post(house.keys, json=house.holder.jwk)
        assert added.status_code == 201, added.text
        yield house


@pytest.mark.requirement("X01", "A135")
async def test_a_signed_assertion_gives_a_token_and_may_ask_about_it(house: House) -> None:
    client_id = house.agency["client_id"]
    answer = await house.ask(house.holder.assertion(client_id))
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    # The gateway's own verifier judges with its own keys here, as it does in its process.
    verifier = house.gateway.app.state.verifier
    verifier._fetch_keys = house.gateway.app.state.keys.published
    verifier.forget()
    form = {
        "token": token, "client_assertion_type": ASSERTION,
        "client_assertion": house.holder.assertion(client_id),
    }  # fmt: skip
    told = (await house.caller.post("/oauth/introspect", data=form)).json()
    assert (told["active"], told["client_id"], told["roles"]) == (True, client_id, ["agency"])
    form["client_assertion"] = house.holder.assertion(client_id)
    assert (await house.caller.post("/oauth/revoke", data=form)).status_code == 200


@pytest.mark.refusing
@pytest.mark.requirement("X01")
async def test_a_program_with_a_key_has_no_secret_any_more(house: House) -> None:
    refused = await house.by_secret()
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.refusing
@pytest.mark.requirement("X01", "A135")
async def test_an_assertion_is_used_once_also_by_two_at_once(house: House) -> None:
    assertion = house.holder.assertion(house.agency["client_id"])
    answers = await asyncio.gather(*(house.ask(assertion) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert (await house.ask(assertion)).status_code == 401


@pytest.mark.refusing
@pytest.mark.requirement("X01")
async def test_an_assertion_that_is_not_quite_one_is_an_unknown_client(house: House) -> None:
    client_id, holder = house.agency["client_id"], house.holder
    now = int(time.time())
    wrong = {
        "by another key": Holder().assertion(client_id),
        "an unknown key id": holder.assertion(client_id, {"kid": "k2"}),
        "for the token endpoint": holder.assertion(client_id, aud="http://service/oauth/token"),
        "for several": holder.assertion(client_id, aud=[ISSUER, "https://other.example"]),
        "for one, in a list": holder.assertion(client_id, aud=[ISSUER]),
        "by another issuer": holder.assertion(client_id, iss="admin"),
        "for another subject": holder.assertion(client_id, sub="admin"),
        "as the admin": holder.assertion("admin"),
        "expired": holder.assertion(client_id, exp=now - 61, iat=now - 120),
        "an hour long": holder.assertion(client_id, exp=now + 3600),
        "without an end": holder.assertion(client_id, exp="absent"),
        "without an id": holder.assertion(client_id, jti="absent"),
        "with an empty id": holder.assertion(client_id, jti=""),
        "from the future": holder.assertion(client_id, iat=now + 200, exp=now + 260),
        "of an access token's type": holder.assertion(client_id, {"typ": "at+jwt"}),
        "with a key inside": holder.assertion(client_id, {"jwk": holder.jwk}),
        "with an unknown demand": holder.assertion(client_id, {"crit": ["exp"]}),
        "by a secret": str(jwt.encode({"sub": client_id}, "s", "HS256", {"kid": "k1"})),
        "nothing": "",
        "64 KB of it": "a" * 65_536,
    }
    for name, assertion in wrong.items():
        refused = await house.ask(assertion)
        assert refused.status_code in {400, 401}, name
        # A form beyond 8 KiB is no readable request.
        expected = "invalid_request" if name == "64 KB of it" else "invalid_client"
        assert refused.json()["error"] == expected, name
    good = holder.assertion(client_id)
    for over in (
        {"client_id": "admin"},
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_secret": house.agency["client_secret"]},
        {"scope": "everything"},
    ):
        assert (await house.ask(good, **over)).status_code in {400, 401}, over
    assert (await house.ask(good, client_id=client_id)).status_code == 200


@pytest.mark.requirement("X01")
async def test_a_key_is_changed_without_a_gap_and_the_last_one_stays(house: House) -> None:
    client_id, second = house.agency["client_id"], Holder()
    assert (await house.admin.delete(f"{house.keys}/k1")).json()["code"] == "LAST_KEY"
    taken = await house.admin.post(house.keys, json=second.jwk)
    assert (taken.status_code, taken.json()["code"]) == (409, "KEY_TAKEN")
    assert (await house.admin.post(house.keys, json=second.jwk | {"kid": "k2"})).status_code == 201
    assert (await house.ask(house.holder.assertion(client_id))).status_code == 200
    assert (await house.ask(second.assertion(client_id, {"kid": "k2"}))).status_code == 200
    assert (await house.admin.delete(f"{house.keys}/k1")).status_code == 204
    assert (await house.ask(house.holder.assertion(client_id))).status_code == 401
    listed = (await house.admin.get(house.keys)).json()["items"]
    assert [(key["key_id"], key["ended_at"] is None) for key in listed] == [
        ("k2", True),
        ("k1", False),
    ]


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_another_organization_s_program_has_no_keys_to_see(house: House) -> None:
    async with house.gateway.client("member", org_id=uuid4()) as stranger:
        assert (await stranger.get(house.keys)).status_code == 404
        assert (await stranger.post(house.keys, json=house.holder.jwk)).status_code == 404
        assert (await stranger.delete(f"{house.keys}/k1")).status_code == 404


@pytest.mark.refusing
async def test_a_key_that_is_no_point_of_the_curve_is_refused(house: House) -> None:
    off_curve = house.holder.jwk | {"y": house.holder.jwk["x"], "kid": "k2"}
    refused = await house.admin.post(house.keys, json=off_curve)
    assert (refused.status_code, refused.json()["code"]) == (422, "KEY_REFUSED")
    full = identity_rules.key_checks(3, on_curve=True, taken=False)
    assert failed_codes(full) == ["KEYS_TOO_MANY"]
    assert not failed_codes(identity_rules.key_checks(2, on_curve=True, taken=False))


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ({"exp": NOW - 59}, True),
        ({"exp": NOW - 60}, False),
        ({"exp": NOW - 61}, False),
        ({"exp": NOW + 360}, True),
        ({"exp": NOW + 361}, False),
        ({"iat": NOW + 59}, True),
        ({"iat": NOW + 60}, True),
        ({"iat": NOW + 61}, False),
        ({"nbf": NOW + 60}, True),
        ({"nbf": NOW + 61}, False),
        ({"iat": "absent"}, True),
        ({"jti": "j" * 128}, True),
        ({"jti": "j" * 129}, False),
        ({"jti": 7}, False),
        ({"exp": float(NOW)}, False),
        ({"exp": True}, False),
    ],
)
def test_sixty_seconds_of_skew_are_allowed_and_not_one_more(
    changes: dict[str, Any], stands: bool
) -> None:
    holder = Holder()
    assertion = holder.assertion("a", at=NOW, **changes)
    try:
        assertions.proven(assertion, holder.jwk, client_id="a", audience=ISSUER, now=NOW)
    except InvalidToken:
        assert not stands
    else:
        assert stands


@pytest.mark.refusing
@pytest.mark.parametrize(
    "head",
    ['{"alg":"ES256","kid":"k1","kid":"k2"}', '["ES256"]', "{", '{"alg":"ES256"}',
     '{"alg":"ES256","kid":7}', '{"alg":["ES256"],"kid":"k1"}', '{"alg":"none","kid":"k1"}'],
)  # fmt: skip
def test_a_header_with_two_readings_is_none(head: str) -> None:
    _, claims, signature = Holder().assertion("a").split(".")
    encoded = base64.urlsafe_b64encode(head.encode()).rstrip(b"=").decode()
    with pytest.raises(InvalidToken):
        assertions.shown(f"{encoded}.{claims}.{signature}")


def test_what_an_assertion_shows_is_whose_it_pretends_to_be() -> None:
    assert assertions.shown(Holder().assertion("a")) == assertions.Shown("a", "k1")
