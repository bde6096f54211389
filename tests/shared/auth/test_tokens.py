"""The strict wrapper: one good token, and everything near it that is refused (X01)."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from jose import jwt

from shared.auth import InvalidToken, KeysUnavailable, TokenVerifier
from tests.fixtures.service import ISSUER, Signer

pytestmark = [pytest.mark.anyio, pytest.mark.requirement("X01")]

Forge = Callable[[Signer], str]


def verifier_of(signer: Signer, fetches: list[int] | None = None) -> TokenVerifier:
    async def keys() -> dict[str, Any]:
        if fetches is not None:
            fetches.append(1)
        return signer.jwks

    return TokenVerifier(ISSUER, keys)


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(signer: Signer, header: dict[str, Any] | None = None, **claims: Any) -> str:
    content = {**signer.claims("member"), **claims}
    content = {name: value for name, value in content.items() if value != "absent"}
    return jwt.encode(
        content, signer.pem, "ES256", {"kid": "test", "typ": "at+jwt", **(header or {})}
    )


def reheaded(signer: Signer, header: object) -> str:
    _, claims, signature = signer.token("member").split(".")
    return f"{encoded(header)}.{claims}.{signature}"


async def test_a_good_token_gives_its_claims(signer: Signer) -> None:
    claims = await verifier_of(signer).verify(signer.token("member", "handler"))
    assert claims["duties"] == ["handler"]
    assert claims["aud"] == "zhichuang"


NOW = int(time.time())
TWO_ALGS = b'{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"test"}'
FORGERIES: dict[str, Forge] = {
    "alg none": lambda s: (
        f"{encoded({'alg': 'none', 'typ': 'at+jwt', 'kid': 'test'})}.{encoded(s.claims('member'))}."
    ),
    "alg none with a signature": lambda s: reheaded(
        s, {"alg": "none", "typ": "at+jwt", "kid": "test"}
    ),
    "alg noNE": lambda s: reheaded(s, {"alg": "noNE", "typ": "at+jwt", "kid": "test"}),
    "alg HS256": lambda s: reheaded(s, {"alg": "HS256", "typ": "at+jwt", "kid": "test"}),
    "alg missing": lambda s: reheaded(s, {"typ": "at+jwt", "kid": "test"}),
    "alg a list": lambda s: reheaded(s, {"alg": ["ES256"], "typ": "at+jwt", "kid": "test"}),
    "unknown kid": lambda s: signed(s, {"kid": "other"}),
    "kid a path": lambda s: signed(s, {"kid": "../../dev/null"}),
    "kid absent": lambda s: reheaded(s, {"alg": "ES256", "typ": "at+jwt"}),
    "kid a number": lambda s: reheaded(s, {"alg": "ES256", "typ": "at+jwt", "kid": 1}),
    "crit": lambda s: signed(s, {"crit": ["zzz"]}),
    "b64 false": lambda s: signed(s, {"b64": False}),
    "jku": lambda s: signed(s, {"jku": "https://attacker.example/keys"}),
    "embedded jwk": lambda s: signed(s, {"jwk": s.jwks["keys"][0]}),
    "typ of an id token": lambda s: signed(s, {"typ": "JWT"}),
    "typ of a logout token": lambda s: signed(s, {"typ": "logout+jwt"}),
    "two alg members": lambda s: f"{encoded(TWO_ALGS)}." + s.token("member").split(".", 1)[1],
    "header nested 200,000 deep": lambda s: (
        f"{encoded(b'[' * 700)}." + s.token("member").split(".", 1)[1]
    ),
    "no exp": lambda s: signed(s, exp="absent"),
    "exp as text": lambda s: signed(s, exp="9999999999"),
    "exp true": lambda s: signed(s, exp=True),
    "exp a float": lambda s: signed(s, exp=NOW + 500.5),
    "no iat": lambda s: signed(s, iat="absent"),
    "no nbf": lambda s: signed(s, nbf="absent"),
    "iat in the future": lambda s: signed(s, iat=int(time.time()) + 300),
    "nbf in the future": lambda s: signed(s, nbf=int(time.time()) + 300),
    "a life of ten years": lambda s: signed(s, exp=NOW + 315_360_000),
    "no aud": lambda s: signed(s, aud="absent"),
    "aud of another service": lambda s: signed(s, aud="registry"),
    "aud a list": lambda s: signed(s, aud=["zhichuang", "other"]),
    "iss missing": lambda s: signed(s, iss="absent"),
    "iss with a slash": lambda s: signed(s, iss=ISSUER + "/"),
    "sub a number": lambda s: signed(s, sub=1),
    "sub no id": lambda s: signed(s, sub="admin"),
    "sub empty": lambda s: signed(s, sub=""),
    "org no id": lambda s: signed(s, org_id="m01"),
    "jti missing": lambda s: signed(s, jti="absent"),
    "client empty": lambda s: signed(s, client_id=""),
    "roles as text": lambda s: signed(s, roles="official"),
    "an unknown role": lambda s: signed(s, roles=["root"]),
    "a role in capitals": lambda s: signed(s, roles=["Official"]),
    "an unknown duty": lambda s: signed(s, duties=["king"]),
    "sub twice": lambda s: (
        s.token("member").split(".")[0]
        + "."
        + encoded(b'{"sub":"a","sub":"b"}')
        + "."
        + s.token("member").split(".")[2]
    ),
    "signature cut": lambda s: s.token("member")[:-1],
    "signature empty": lambda s: s.token("member").rsplit(".", 1)[0] + ".",
    "signature padded": lambda s: s.token("member") + "==",
    "signature with a line end": lambda s: s.token("member") + "\n",
    "signature of zeros": lambda s: s.token("member").rsplit(".", 1)[0] + "." + "A" * 86,
    "four parts": lambda s: s.token("member") + ".x",
    "two parts": lambda s: s.token("member").rsplit(".", 1)[0],
    "an encrypted token": lambda _: "a.b.c.d.e",
    "the JSON form": lambda _: json.dumps({"payload": "x", "signatures": []}),
    "two megabytes": lambda _: "a" * 2_000_000,
    "odd letters": lambda _: "é" * 20 + ".b.c",
    "nothing": lambda _: "",
    "claims no object": lambda s: (
        s.token("member").split(".")[0] + "." + encoded([1]) + "." + s.token("member").split(".")[2]
    ),
    "a role added by hand": lambda s: (
        s.token("member").split(".")[0]
        + "."
        + encoded({**s.claims("member"), "roles": ["official"]})
        + "."
        + s.token("member").split(".")[2]
    ),
}


@pytest.mark.refusing
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forgery_is_refused_and_never_a_fault(forge: Forge, signer: Signer) -> None:
    with pytest.raises(InvalidToken):
        await verifier_of(signer).verify(forge(signer))


@pytest.mark.refusing
async def test_a_changed_last_letter_is_another_token(signer: Signer) -> None:
    good = signer.token("member")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = good[:-1] + letters[(letters.index(good[-1]) & ~15) | 1]
    with pytest.raises(InvalidToken):
        await verifier_of(signer).verify(twin)


@pytest.mark.parametrize(("late", "good"), [(59, True), (60, False), (61, False)])
async def test_a_token_lives_sixty_seconds_beyond_its_end_for_skewed_clocks(
    late: int, good: bool, signer: Signer
) -> None:
    async def keys() -> dict[str, Any]:
        return signer.jwks

    at = 1_800_000_000
    token = signed(signer, iat=at - 600, nbf=at - 600, exp=at - late)
    verifier = TokenVerifier(ISSUER, keys, now=lambda: float(at))
    if good:
        assert (await verifier.verify(token))["exp"] == at - late
    else:
        with pytest.raises(InvalidToken):
            await verifier.verify(token)


async def test_a_thousand_unknown_keys_fetch_the_keys_once(signer: Signer) -> None:
    fetches: list[int] = []
    verifier = verifier_of(signer, fetches)
    for number in range(1000):
        with pytest.raises(InvalidToken):
            await verifier.verify(signed(signer, {"kid": f"k{number}"}))
        if number == 20:
            break
    assert len(fetches) == 1


@pytest.mark.refusing
async def test_without_keys_nobody_is_judged(signer: Signer) -> None:
    async def no_keys() -> dict[str, Any]:
        raise OSError

    with pytest.raises(KeysUnavailable):
        await TokenVerifier(ISSUER, no_keys).verify(signer.token("member"))


@pytest.mark.refusing
async def test_a_kept_verdict_ends_with_its_token(signer: Signer) -> None:
    async def keys() -> dict[str, Any]:
        return signer.jwks

    moment = [float(time.time())]
    verifier = TokenVerifier(ISSUER, keys, now=lambda: moment[0])
    token = signer.token("member")
    await verifier.verify(token)
    moment[0] += 661
    with pytest.raises(InvalidToken):
        await verifier.verify(token)
