"""Tokens for client credentials: what is given, and what is refused in OAuth's own words."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from gateway import sealing
from gateway.bootstrap import keep, prepare
from gateway.settings import GatewaySettings
from gateway.tokens import rules
from gateway.tokens.keys import new_signing_key
from gateway.tokens.rules import TokenError
from shared.auth import TokenVerifier
from tests.fixtures.service import ISSUER

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
Prepared = Callable[[Any], Any]
FORM = "application/x-www-form-urlencoded"
SECRETS = {"registry": "r" * 43, "gateway": "g" * 43}


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Prepared:
    """Run the bootstrap on a gateway's database, as the runner does."""

    async def run(gateway: Any) -> dict[str, dict[str, Any]]:
        monkeypatch.setenv("ZHICHUANG_DATABASE_URL", gateway.database.app_url)
        monkeypatch.setenv("ZHICHUANG_SERVICE_SECRETS", json.dumps(SECRETS))
        made = await prepare(GatewaySettings())
        gateway.app.state.keys.forget()
        return made

    return run


async def token_of(caller: httpx.AsyncClient, credential: dict[str, Any]) -> httpx.Response:
    return await caller.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(credential["client_id"], credential["client_secret"]),
    )


async def verified(caller: httpx.AsyncClient, token: str) -> dict[str, Any]:
    """Verify a token as every service does, with the published keys."""

    async def keys() -> dict[str, Any]:
        published: dict[str, Any] = (await caller.get("/.well-known/jwks.json")).json()
        return published

    return dict(await TokenVerifier(ISSUER, keys).verify(token))


@pytest.mark.requirement("X01")
async def test_a_secret_gives_a_token_that_the_services_accept(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        admin = (await prepared(gateway))["admin"]
        answer = await token_of(caller, admin)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        body = answer.json()
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
        claims = await verified(caller, body["access_token"])
        names = "iss aud exp nbf iat jti sub client_id roles duties org_id scopes expert_id"
        assert set(claims) == set(names.split())
        assert (claims["sub"], claims["duties"]) == (admin["sub"], ["admin"])
        assert claims["exp"] - claims["iat"] == 600


@pytest.mark.requirement("X01")
async def test_a_service_s_own_client_gets_the_service_role(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        await prepared(gateway)
        form = {
            "grant_type": "client_credentials",
            "client_id": "registry",
            "client_secret": SECRETS["registry"],
        }
        answer = await caller.post("/oauth/token", data=form)
        claims = await verified(caller, answer.json()["access_token"])
        assert (claims["roles"], claims["duties"], claims["org_id"]) == (["service"], [], None)


async def test_preparing_twice_changes_nothing_but_secrets_that_changed(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        first = await prepared(gateway)
        assert await prepared(gateway) == first
        async with gateway.sessions.reading() as session:
            for table, count in (("signing_key", 1), ("client", 3), ("role_grant", 4)):
                found = await session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own names
                assert (table, found) == (table, count)
        assert (await token_of(caller, first["admin"])).status_code == 200


@pytest.mark.refusing
@pytest.mark.requirement("X01")
async def test_every_wrong_credential_gets_the_same_answer(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        admin = (await prepared(gateway))["admin"]
        wrong = [
            {**admin, "client_secret": admin["client_secret"][:-1] + "!"},
            {**admin, "client_id": "nobody"},
            {**admin, "client_id": "ADMIN"},
            {**admin, "client_secret": "x" * 300},
            {**admin, "client_secret": ""},
        ]
        bodies = set()
        for credential in wrong:
            answer = await token_of(caller, credential)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic")
            assert answer.headers["cache-control"] == "no-store"
            bodies.add(answer.content)
        assert len(bodies) == 1
        assert json.loads(bodies.pop())["error"] == "invalid_client"


@pytest.mark.refusing
async def test_an_ended_program_gets_no_token(running: Running, prepared: Prepared) -> None:
    async with running("gateway") as gateway, gateway.client("admin") as admin:
        await prepared(gateway)
        body = {"name": "ERP", "org_id": str(uuid4()), "person": {"name": "周启明"}}
        made = (await admin.post("/v1/identity/clients", json=body)).json()
        async with gateway.client() as caller:
            assert (await token_of(caller, made)).status_code == 200
            await admin.delete(f"/v1/identity/clients/{made['client_id']}")
            assert (await token_of(caller, made)).status_code == 401


GOOD = b"grant_type=client_credentials&client_id=a&client_secret=b"


UNFIT = [
    ("application/json", b'{"grant_type":"client_credentials"}', "invalid_request"),
    ("", GOOD, "invalid_request"),
    (FORM, b"", "invalid_request"),
    (FORM, b"grant_type", "invalid_request"),
    (FORM, b"grant_type=%ff", "invalid_request"),
    (FORM, b"\xff=1", "invalid_request"),
    (FORM, GOOD + b"&client_id=c", "invalid_request"),
    (FORM, b"a=1&" * 30 + GOOD, "invalid_request"),
    (FORM, b"a=" + b"x" * 9000 + b"&" + GOOD, "invalid_request"),
    (FORM, b"client_id=a&client_secret=b", "invalid_request"),
    (FORM, b"grant_type=password&username=a&password=b", "unsupported_grant_type"),
    (FORM, b"grant_type=implicit", "unsupported_grant_type"),
    (FORM, b"grant_type=%22%5C%00", "unsupported_grant_type"),
    (FORM, GOOD + b"&scope=everything", "invalid_scope"),
    (FORM, b"grant_type=client_credentials", "invalid_client"),
    (FORM, b"grant_type=client_credentials&client_id=a", "invalid_client"),
    (FORM, GOOD.replace(b"=a", b"=%00"), "invalid_client"),
    (FORM, GOOD.replace(b"=a", b"=%e4%b8%8a"), "invalid_client"),
]


@pytest.mark.refusing
async def test_a_request_that_is_none_is_refused_in_oauth_s_words(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        for content_type, body, error in UNFIT:
            headers = {"Content-Type": content_type}
            answer = await caller.post("/oauth/token", content=body, headers=headers)
            assert answer.status_code == (401 if error == "invalid_client" else 400), body
            assert answer.json()["error"] == error, body
            assert answer.headers["cache-control"] == "no-store"


def basic(text_: str) -> str:
    return "Basic " + base64.b64encode(text_.encode()).decode()


@pytest.mark.refusing
@pytest.mark.parametrize(
    "authorization",
    ["Basic", "Basic !!!", "Bearer abc", basic("no colon"), basic(":secret"), basic("a:"),
     basic("上:海"), "Basic " + base64.b64encode(b"\xff:\xff").decode()],
)  # fmt: skip
def test_a_header_without_credentials_is_an_unknown_client(authorization: str) -> None:
    with pytest.raises(TokenError) as caught:
        rules.credentials_of(authorization, {})
    assert caught.value.error == "invalid_client"


@pytest.mark.refusing
@pytest.mark.parametrize("form", [{"client_secret": "b"}, {"client_id": "other"}])
def test_a_client_says_who_it_is_in_one_way_only(form: dict[str, str]) -> None:
    with pytest.raises(TokenError) as caught:
        rules.credentials_of(basic("a:b"), form)
    assert caught.value.error == "invalid_request"


def test_both_parts_of_a_header_are_form_encoded() -> None:
    credentials = rules.credentials_of(basic("a%3Ab:c%20d"), {"client_id": "a:b"})
    assert (credentials.client_id, credentials.secret) == ("a:b", "c d")


def test_a_sealed_key_opens_under_its_own_secret_and_name_only() -> None:
    sealed = sealing.seal("secret", "kid", b"private")
    assert b"private" not in sealed
    assert sealing.unseal("secret", "kid", sealed) == b"private"
    for secret, kid in (("other", "kid"), ("secret", "other"), ("", "kid")):
        with pytest.raises(sealing.CannotOpen):
            sealing.unseal(secret, kid, sealed)


@pytest.mark.requirement("X01")
async def test_a_rotated_key_signs_while_the_old_one_still_verifies(
    running: Running, prepared: Prepared
) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        admin = (await prepared(gateway))["admin"]
        old = (await token_of(caller, admin)).json()["access_token"]
        secret = gateway.app.state.settings.key_secret.get_secret_value()
        now = datetime.now(UTC)
        async with gateway.sessions.begin() as session:
            session.add(new_signing_key(secret, now, now))
        gateway.app.state.keys.forget()
        new = (await token_of(caller, admin)).json()["access_token"]
        heads = [json.loads(base64.urlsafe_b64decode(t.split(".")[0] + "==")) for t in (old, new)]
        assert heads[0]["kid"] != heads[1]["kid"]
        assert (await verified(caller, old))["sub"] == (await verified(caller, new))["sub"]


async def test_the_server_describes_itself(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        told = (await caller.get("/.well-known/oauth-authorization-server")).json()
        assert told["issuer"] == ISSUER
        assert told["token_endpoint"].endswith("/oauth/token")
        grants = ["client_credentials", "authorization_code", "refresh_token", rules.EXCHANGE]
        assert told["grant_types_supported"] == grants
        assert told["code_challenge_methods_supported"] == ["S256"]


def test_credentials_are_merged_into_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    keep(path, {"m01": {"client_id": "1"}})
    keep(path, {"admin": {"client_id": "2"}})
    assert set(json.loads(path.read_text())) == {"m01", "admin"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["credentials.json"]
