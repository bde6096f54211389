"""Tokens bound to a key at the token endpoint, and tokens that a service exchanges."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.tokens import rules
from shared.auth import TokenVerifier
from tests.fixtures.dpop import Holder
from tests.fixtures.service import ISSUER
from tests.gateway.accounts.test_signing_in import House, house
from tests.gateway.tokens.test_issuing import SECRETS, prepared, verified

__all__ = ["house", "prepared"]

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
URL = "http://service/oauth/token"


async def asked(
    caller: httpx.AsyncClient, credential: dict[str, Any], proof: str | None, **form: str
) -> httpx.Response:
    return await caller.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"} | form,
        auth=(credential["client_id"], credential["client_secret"]),
        headers={} if proof is None else {"DPoP": proof},
    )


@pytest.mark.requirement("X01", "A135")
async def test_a_program_that_proves_a_key_gets_a_token_bound_to_it(
    running: Running, prepared: Any
) -> None:
    holder = Holder()
    async with running("gateway") as gateway, gateway.client() as caller:
        admin = (await prepared(gateway))["admin"]
        answer = await asked(caller, admin, holder.proof("POST", URL))
        assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
        claims = await verified(caller, answer.json()["access_token"])
        assert claims["cnf"] == {"jkt": holder.thumbprint}
        plain = await asked(caller, admin, None)
        assert plain.json()["token_type"] == "Bearer"
        assert "cnf" not in await verified(caller, plain.json()["access_token"])
        told = (await caller.get("/.well-known/oauth-authorization-server")).json()
        assert told["dpop_signing_alg_values_supported"] == ["ES256"]


@pytest.mark.requirement("X01", "A135")
@pytest.mark.refusing
async def test_a_wrong_or_used_proof_gives_no_token(running: Running, prepared: Any) -> None:
    holder = Holder()
    async with running("gateway") as gateway, gateway.client() as caller:
        admin = (await prepared(gateway))["admin"]
        old = holder.proof("POST", URL, iat=int(time.time()) - 90)
        for wrong in (
            "x", holder.proof("GET", URL), holder.proof("POST", "http://evil.example/oauth/token"),
            holder.proof("POST", URL, "a token"), old,
        ):  # fmt: skip
            answer = await asked(caller, admin, wrong)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
        once = holder.proof("POST", URL)
        statuses = [(await asked(caller, admin, once)).status_code for _ in range(2)]
        assert statuses == [200, 400]


@pytest.mark.refusing
async def test_where_a_nonce_is_asked_for_it_is_told(
    running: Running, prepared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHICHUANG_DPOP_NONCE", "1")
    holder = Holder()
    async with running("gateway") as gateway, gateway.client() as caller:
        admin = (await prepared(gateway))["admin"]
        first = await asked(caller, admin, holder.proof("POST", URL))
        assert (first.status_code, first.json()["error"]) == (400, "use_dpop_nonce")
        nonce = first.headers["dpop-nonce"]
        again = await asked(caller, admin, holder.proof("POST", URL, nonce=nonce))
        assert again.status_code == 200


@pytest.mark.requirement("X01")
@pytest.mark.refusing
async def test_a_stolen_refresh_token_is_worth_nothing_without_its_key(house: House) -> None:
    holder, thief = Holder(), Holder()

    async def given(by: Holder | None, **form: str) -> httpx.Response:
        headers = {} if by is None else {"DPoP": by.proof("POST", URL)}
        async with house.gateway.client() as caller:
            answer: httpx.Response = await caller.post(
                "/oauth/token", data={"client_id": house.portal} | form, headers=headers
            )
        return answer

    async with house.browser() as browser:
        code = await house.code(browser)
    form = {
        "grant_type": "authorization_code", "code": code,
        "redirect_uri": "https://portal.example/signed-in",
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }  # fmt: skip
    first = await given(holder, **form)
    assert (first.status_code, first.json()["token_type"]) == (200, "DPoP")
    refresh = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
    for by in (None, thief):
        stolen = await given(by, **refresh)
        assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_dpop_proof")
    # The family goes on with its own key: what the thief tried has used nothing up.
    assert (await given(holder, **refresh)).status_code == 200


def service_of(name: str) -> dict[str, str]:
    return {"client_id": name, "client_secret": SECRETS[name]}


async def exchanged(
    caller: httpx.AsyncClient, credential: dict[str, Any], token: str, **over: str
) -> httpx.Response:
    form = {
        "grant_type": rules.EXCHANGE, "subject_token": token,
        "subject_token_type": rules.ACCESS_TOKEN,
    } | over  # fmt: skip
    return await asked(caller, credential, None, **form)


@pytest.mark.requirement("X01")
async def test_a_service_acts_under_its_callers_token_and_is_named_in_it(
    running: Running, prepared: Any
) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        admin = (await prepared(gateway))["admin"]
        gateway.app.state.verifier = TokenVerifier(ISSUER, gateway.app.state.keys.published)
        token = (await asked(caller, admin, None)).json()["access_token"]
        before = await verified(caller, token)
        answer = await exchanged(caller, service_of("registry"), token)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["issued_token_type"], told["token_type"]) == (rules.ACCESS_TOKEN, "Bearer")
        claims = await verified(caller, told["access_token"])
        assert claims["act"] == {"sub": "registry"}
        for name in ("sub", "client_id", "roles", "duties", "org_id", "expert_id"):
            assert claims[name] == before[name]
        # Never longer than what it was made of, and once more names both.
        assert claims["exp"] <= before["exp"] + 1
        again = await exchanged(caller, service_of("gateway"), told["access_token"])
        nested = await verified(caller, again.json()["access_token"])
        assert nested["act"] == {"sub": "gateway", "act": {"sub": "registry"}}


@pytest.mark.requirement("X01")
@pytest.mark.refusing
async def test_nobody_else_exchanges_and_nothing_else_is_exchanged(
    running: Running, prepared: Any
) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        admin = (await prepared(gateway))["admin"]
        gateway.app.state.verifier = TokenVerifier(ISSUER, gateway.app.state.keys.published)
        token = (await asked(caller, admin, None)).json()["access_token"]
        refused = await exchanged(caller, admin, token)
        assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
        service = service_of("registry")
        wrong: list[tuple[str, dict[str, str]]] = [
            ("not a token", {}),
            (token + "x", {}),
            (token, {"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}),
            (token, {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}),
            (token, {"actor_token": token}),
        ]
        for subject, over in wrong:
            answer = await exchanged(caller, service, subject, **over)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        stranger = {"client_id": "registry", "client_secret": "guess"}
        assert (await exchanged(caller, stranger, token)).status_code == 401
        form = {"token": token}
        auth = (admin["client_id"], admin["client_secret"])
        assert (await caller.post("/oauth/revoke", data=form, auth=auth)).status_code == 200
        revoked = await gateway.app.state.revocation_list._claims()
        gateway.app.state.verifier.revocations.take(revoked)
        assert (await exchanged(caller, service, token)).status_code == 400


async def test_refusals_keep_no_frames(running: Running, prepared: Any) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        await prepared(gateway)
        for _ in range(3):
            stranger = {"client_id": "nobody", "client_secret": "guess"}
            assert (await asked(caller, stranger, None)).status_code == 401
    assert rules.UNKNOWN_CLIENT.__traceback__ is None
