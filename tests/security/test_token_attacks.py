"""Tokens as attackers make them, over HTTP: each is 401 with a problem document, never 500.

The numbers are those of the corpus that the project keeps; what concerns revocation, refresh
tokens, DPoP and signed client assertions comes with those features.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwt

from tests.fixtures.service import Signer
from tests.gateway.running_door import RunningDoor

PATH = "/v1/registry/centers"


class At(int):
    """Seconds from the moment at which a token is forged."""


def filled(values: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return {k: now + int(v) if isinstance(v, At) else v for k, v in values.items()}


Forge = Callable[[Signer], str]


def b64(data: bytes | str | dict[str, Any]) -> str:
    raw = json.dumps(data).encode() if isinstance(data, dict) else data
    raw = raw.encode() if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(signer: Signer, head: dict[str, Any] | str | bytes, claims: dict[str, Any] | str) -> str:
    """Sign any header and claims with the right key, so that only they can be what is wrong."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    content = f"{b64(head)}.{b64(claims)}"
    key = serialization.load_pem_private_key(signer.pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(key.sign(content.encode(), ec.ECDSA(SHA256())))
    return f"{content}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


HEAD = {"alg": "ES256", "typ": "at+jwt", "kid": "test"}


def head(**over: Any) -> Forge:
    return lambda signer: signed(signer, {**HEAD, **over}, signer.claims("member"))


def without_head(name: str) -> Forge:
    kept = {key: value for key, value in HEAD.items() if key != name}
    return lambda signer: signed(signer, kept, signer.claims("member"))


def claims(**over: Any) -> Forge:
    return lambda signer: signed(signer, HEAD, {**signer.claims("member"), **filled(over)})


def without_claim(name: str) -> Forge:
    def forge(signer: Signer) -> str:
        kept = {key: value for key, value in signer.claims("member").items() if key != name}
        return signed(signer, HEAD, kept)

    return forge


def unsigned(algorithm: str) -> Forge:
    return lambda signer: f"{b64({**HEAD, 'alg': algorithm})}.{b64(signer.claims('member'))}."


def public_pem(signer: Signer) -> bytes:
    key = serialization.load_pem_private_key(signer.pem.encode(), None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_der(signer: Signer) -> bytes:
    key = serialization.load_pem_private_key(signer.pem.encode(), None)
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def with_hmac(secret: Callable[[Signer], bytes]) -> Forge:
    def forge(signer: Signer) -> str:
        content = f"{b64({**HEAD, 'alg': 'HS256'})}.{b64(signer.claims('member'))}"
        return f"{content}.{b64(hmac.digest(secret(signer), content.encode(), hashlib.sha256))}"

    return forge


def with_rsa(signer: Signer) -> str:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    header = {"kid": "test", "typ": "at+jwt"}
    return str(jwt.encode(signer.claims("member"), pem.decode(), "RS256", header))


def signature(change: Callable[[str], str]) -> Forge:
    def forge(signer: Signer) -> str:
        content, _, mark = signer.token("member").rpartition(".")
        return f"{content}.{change(mark)}"

    return forge


def der_signature(signer: Signer) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    content = signer.token("member").rpartition(".")[0]
    key = serialization.load_pem_private_key(signer.pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return f"{content}.{b64(key.sign(content.encode(), ec.ECDSA(SHA256())))}"


def other_last_letter(mark: str) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return mark[:-1] + letters[letters.index(mark[-1]) + 1]


def flipped(mark: str) -> str:
    return ("A" if mark[0] != "A" else "B") + mark[1:]


def as_json(signer: Signer) -> str:
    protected, payload, mark = signer.token("member").split(".")
    return json.dumps({"protected": protected, "payload": payload, "signature": mark})


def raw_claims(text: Callable[[dict[str, Any]], str]) -> Forge:
    return lambda signer: signed(signer, HEAD, text(signer.claims("member")))


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


ATTACKS: dict[str, Forge] = {
    **{f"01 alg {name}": unsigned(name) for name in ("none", "None", "NONE", "nOnE", "noNE", "")},
    "01 empty signature": signature(lambda _: ""),
    "02 the public key as an HMAC secret, PEM": with_hmac(public_pem),
    "03 the public key as an HMAC secret, DER": with_hmac(public_der),
    "04 the key set as an HMAC secret": with_hmac(lambda s: json.dumps(s.jwks).encode()),
    "04 a coordinate as an HMAC secret": with_hmac(lambda s: s.jwks["keys"][0]["x"].encode()),
    "05 another algorithm under this key id": with_rsa,
    "05 an algorithm of the same family": head(alg="ES384"),
    "06 no alg": without_head("alg"),
    "06 alg a list": head(alg=["ES256"]),
    "06 alg an object": head(alg={"ES256": 1}),
    "06 alg a number": head(alg=256),
    "06 alg in lower case": head(alg="es256"),
    "07 two algs": lambda s: signed(
        s, '{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"test"}', s.claims("member")
    ),
    "08 an unknown key id": head(kid="unknown"),
    "09 a key id that is a path": head(kid="../../dev/null"),
    "09 a key id that is SQL": head(kid="' OR 1=1 --"),
    "09 a key id of 700 letters": head(kid="a" * 700),
    "09 a key id with NUL": head(kid="test\x00"),
    "09 a key id that is a list": head(kid=["test"]),
    "09 a key id that is empty": head(kid=""),
    "10 no key id": without_head("kid"),
    "11 a key in the header": lambda s: head(jwk=s.jwks["keys"][0])(s),
    "12 an address for the key set": head(jku="https://evil.example/jwks.json"),
    "12 an address for a certificate": head(x5u="https://evil.example/cert"),
    "12 a certificate in the header": head(x5c=["MIIB"]),
    "13 an unknown critical extension": head(crit=["zzz"]),
    "14 b64 false": head(b64=False, crit=["b64"]),
    **{
        f"15 typ {name}": head(typ=name)
        for name in ("JWT", "logout+jwt", "dpop+jwt", "rt+jwt", "AT+JWT", "application/at+jwt")
    },
    "15 no typ": without_head("typ"),
    **{
        f"16 no {name}": without_claim(name)
        for name in (
            "exp",
            "iat",
            "nbf",
            "iss",
            "aud",
            "sub",
            "jti",
            "client_id",
            "roles",
            "duties",
        )
    },
    "17 expired beyond the skew": claims(exp=At(-61), iat=At(-661)),
    "17 expired last year": claims(exp=At(-31_536_000), iat=At(-31_536_600)),
    "18 exp as text": claims(exp="9999999999"),
    "18 exp with a fraction": claims(exp=time.time() + 600.5),
    "18 exp true": claims(exp=True),
    "18 exp null": claims(exp=None),
    "18 exp 1e40": raw_claims(
        lambda c: json.dumps({**c, "exp": 0}).replace('"exp": 0', '"exp":1e40')
    ),
    "18 exp beyond every number": claims(exp=10**400),
    "18 exp Infinity": raw_claims(
        lambda c: json.dumps({**c, "exp": 0}).replace('"exp": 0', '"exp":Infinity')
    ),
    "18 exp NaN": raw_claims(
        lambda c: json.dumps({**c, "exp": 0}).replace('"exp": 0', '"exp":NaN')
    ),
    "18 exp negative": claims(exp=-1),
    "19 not before an hour from now": claims(nbf=At(3600)),
    "19 nbf as text": claims(nbf="0"),
    "20 issued in the future": claims(iat=At(300), exp=At(900)),
    "20 issued after it ends": claims(iat=At(30), exp=At(20)),
    "21 lives ten years": claims(exp=At(315_360_000)),
    "21 lives an hour and a second": claims(iat=At(0), exp=At(3601)),
    "23 for another audience": claims(aud="registry"),
    "23 for ours and others": claims(aud=["zhichuang", "other"]),
    "23 a nested audience": claims(aud=[["zhichuang"]]),
    "23 an empty audience": claims(aud=""),
    "24 by another issuer": claims(iss="https://evil.example"),
    "24 the issuer with a slash": claims(iss="https://zhichuang.example/"),
    "24 a look-alike issuer": claims(iss="https://zhichuаng.example"),
    "24 issuers in a list": claims(iss=["https://zhichuang.example"]),
    "25 sub a number": claims(sub=1),
    "25 sub empty": claims(sub=""),
    "25 sub no id": claims(sub="admin"),
    "25 sub in braces": claims(sub="{019b2f6e-0000-7000-8000-000000000001}"),
    "25 sub in upper case": claims(sub="019B2F6E-0000-7000-8000-000000000001"),
    "25 org_id no id": claims(org_id="*"),
    "25 expert_id a list": claims(expert_id=["019b2f6e-0000-7000-8000-000000000001"]),
    "26 roles as text": claims(roles="official"),
    "26 an unknown role": claims(roles=["member", "root"]),
    "26 a role in upper case": claims(roles=["Official"]),
    "26 a role that is a list": claims(roles=[["official"]]),
    "26 roles as an object": claims(roles={"official": True}),
    "26 an unknown duty": claims(duties=["everything"]),
    "26 a duty among the roles": claims(roles=["admin"]),
    "26 scopes as text": claims(scopes="all"),
    "27 two subs": raw_claims(
        lambda c: json.dumps(c)[:-1] + ',"sub":"019b2f6e-0000-7000-8000-000000000001"}'
    ),
    "28 one bit of the signature": signature(flipped),
    "28 a shortened signature": signature(lambda mark: mark[:-4]),
    "28 a padded signature": signature(lambda mark: mark + "=="),
    "28 a non-canonical last letter": signature(other_last_letter),
    "28 the signature of another token": lambda s: (
        s.token("member").rpartition(".")[0] + "." + s.token("official").rpartition(".")[2]
    ),
    "29 a signature of zeros": signature(lambda _: "A" * 86),
    "29 a signature in DER": der_signature,
    "29 signed by another key": lambda _: Signer().token("admin"),
    "30 two parts": lambda s: ".".join(s.token("member").split(".")[:2]),
    "30 four parts": lambda s: s.token("member") + ".AAAA",
    "30 five parts, as if encrypted": lambda s: s.token("member") + ".AAAA.AAAA",
    "30 written as JSON": as_json,
    "30 a compressed payload": head(zip="DEF"),
    "30 a password-based algorithm": head(alg="PBES2-HS256+A128KW", p2c=2_000_000_000),
    "31 a header nested deeply": lambda s: signed(s, nested(100), s.claims("member")),
    "32 claims nested deeply": raw_claims(lambda _: nested(700)),
    "34 a header that is no UTF-8": lambda s: signed(s, b"\xff\xfe{}", s.claims("member")),
    "34 a header with a mark before it": lambda s: signed(
        s, "\ufeff" + json.dumps(HEAD), s.claims("member")
    ),
    "34 a lone surrogate in sub": raw_claims(
        lambda c: json.dumps({**c, "sub": "@"}).replace('"@"', '"\\ud800"')
    ),
    "35 claims a list": raw_claims(lambda _: "[]"),
    "35 claims a text": raw_claims(lambda _: '"member"'),
    "35 claims null": raw_claims(lambda _: "null"),
    "35 no claims": raw_claims(lambda _: ""),
    "36 an empty HMAC secret": with_hmac(lambda _: b""),
    "36 a guessable HMAC secret": with_hmac(lambda _: b"secret"),
    "42 a clock ten minutes ahead": claims(iat=At(600), nbf=At(600), exp=At(1200)),
    "empty segments": lambda _: "..",
    "no dots": lambda _: "a" * 100,
    "a dot": lambda _: ".",
}


@pytest.mark.refusing
@pytest.mark.requirement("X01")
@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_a_forged_token_is_401_and_reaches_nobody(door: RunningDoor, name: str) -> None:
    token = ATTACKS[name](door.signer)
    before = len(door.upstream.requests)
    answer = door.ask(PATH, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert len(door.upstream.requests) == before
    assert token not in answer.body.decode()


@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    "token",
    [
        lambda s: s.token("member"),
        lambda s: s.token("member", **filled({"exp": At(-30), "iat": At(-600)})),
        lambda s: s.token("member", **filled({"iat": At(30), "nbf": At(30), "exp": At(600)})),
        lambda s: s.token("handler", "expert", expert_id="019b2f6e-0000-7000-8000-000000000001"),
    ],
    ids=["fresh", "ended within the skew", "begins within the skew", "official and expert"],
)
def test_a_good_token_passes(door: RunningDoor, token: Forge) -> None:
    answer = door.ask(PATH, headers={"Authorization": f"Bearer {token(door.signer)}"})
    assert answer.status == 200


@pytest.mark.refusing
@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    "value",
    ["Bearer", "Bearer ", "Bearer  {}", "Bearer\t{}", "Bearer {},Bearer {}", "Basic {}", "{}",
     "Bearer {} x", "Bearer '{}'", "Bearer,{}", "DPoP {}", "Token {}"],
)  # fmt: skip
def test_a_token_in_another_dress_is_401(door: RunningDoor, value: str) -> None:
    given = value.replace("{}", door.signer.token("member"))
    assert door.ask(PATH, headers={"Authorization": given}).status == 401


def test_the_scheme_s_case_does_not_matter(door: RunningDoor) -> None:
    given = f"bearer {door.signer.token('member')}"
    assert door.ask(PATH, headers={"Authorization": given}).status == 200


@pytest.mark.refusing
def test_a_token_that_is_too_long_for_a_head_is_431(door: RunningDoor) -> None:
    answer = door.ask(PATH, headers={"Authorization": "Bearer " + "a" * 2_000_000})
    assert answer.status == 431


def test_a_token_in_the_address_or_a_cookie_counts_for_nothing(door: RunningDoor) -> None:
    token = door.signer.token("admin")
    answer = door.ask(f"{PATH}?access_token={token}", headers={"Cookie": f"token={token}"})
    assert "authorization" not in dict(answer.json()["headers"])
    assert "cookie" not in dict(answer.json()["headers"])


@pytest.mark.refusing
def test_a_refused_token_is_refused_again_from_memory(door: RunningDoor) -> None:
    good = door.signer.token("member")
    bad = signature(flipped)(door.signer)
    statuses = [
        door.ask(PATH, headers={"Authorization": f"Bearer {t}"}).status for t in (good, bad) * 2
    ]
    assert statuses == [200, 401, 200, 401]
