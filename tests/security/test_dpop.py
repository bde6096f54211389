"""Stolen tokens that are bound to a key (RFC 9449): each way to show one without its key is 401."""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.binding import proofs
from gateway.binding.judging import Holders
from gateway.binding.proofs import Asked, NonceWanted, proven
from gateway.binding.replays import Replays
from gateway.binding.spending import SpendingUnavailable, SpentProofs
from gateway.housekeeping.jobs import forget_spent
from gateway.settings import GatewaySettings
from shared.auth import InvalidToken
from shared.clock import Clock
from shared.database import Database
from tests.fixtures.dpop import Holder, b64
from tests.gateway.running_door import RunningDoor, running_door

PATH = "/v1/registry/centers"
URL = f"http://door{PATH}"
TOKEN = "a.token.of.ours"
ASKED = Asked("GET", "door", PATH)
HOLDER = Holder()
OTHER = Holder()
NOW = int(time.time())
GONE = datetime.now(UTC) - timedelta(minutes=5)

Forge = Callable[[], str]


def claims(**over: Any) -> Forge:
    return lambda: HOLDER.proof("GET", URL, TOKEN, **{"iat": NOW} | over)


def head(**over: Any) -> Forge:
    made = {name: value for name, value in HOLDER.head(**over).items() if value is not None}
    return lambda: HOLDER.signed(made, HOLDER.claims("GET", URL, TOKEN, iat=NOW))


def right() -> str:
    return claims()()


def flipped() -> str:
    proof = right()
    return proof[:-10] + ("A" if proof[-10] != "A" else "B") + proof[-9:]


def spliced() -> str:
    """The signature of one proof under the content of another."""
    return right().rpartition(".")[0] + "." + claims(htm="POST")().rpartition(".")[2]


def doubled() -> str:
    body = json.dumps(HOLDER.claims("GET", URL, TOKEN, iat=NOW))
    return HOLDER.signed(HOLDER.head(), body[:-1] + ', "htm": "GET"}')


def with_private() -> str:
    secret = b64(HOLDER.key.private_numbers().private_value.to_bytes(32, "big"))
    return head(jwk={**HOLDER.jwk, "d": secret})()


ATTACKS: dict[str, Forge] = {
    "nothing": lambda: "",
    "no jwt": lambda: "abc",
    "two parts": lambda: right().rpartition(".")[0],
    "padded": lambda: right() + "==",
    "white space": lambda: " " + right(),
    "alg none": head(alg="none"),
    "alg HS256": head(alg="HS256"),
    "alg in lower case": head(alg="es256"),
    "a symmetric key": head(jwk={"kty": "oct", "k": "AAAA"}),
    "an RSA key": head(jwk={"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
    "another curve": head(jwk={**HOLDER.jwk, "crv": "P-384"}),
    "a private key": with_private,
    "a key with a name": head(jwk={**HOLDER.jwk, "kid": "1"}),
    "no key": head(jwk=None),
    "a key elsewhere": head(jwk=None, jku="https://evil.example/jwks"),
    "a key id beside it": head(kid="test"),
    "critical": head(crit=["exp"]),
    "typ of a token": head(typ="at+jwt"),
    "typ missing": head(typ=None),
    "another's key in the header": head(jwk=OTHER.jwk),
    "a point off the curve": head(jwk={**HOLDER.jwk, "x": HOLDER.jwk["y"]}),
    "a coordinate that is too short": head(jwk={**HOLDER.jwk, "x": "AQAB"}),
    "a signature with another bit": flipped,
    "a signature of another proof": spliced,
    "a signature of nothing": lambda: right().rpartition(".")[0] + "." + b64(bytes(64)),
    "a name that stands twice": doubled,
    "claims that are a list": lambda: HOLDER.signed(HOLDER.head(), "[1]"),
    "claims nested deep": lambda: HOLDER.signed(
        HOLDER.head(), '{"jti":' + "[" * 900 + "]" * 900 + "}"
    ),
    "another method": claims(htm="POST"),
    "a method in lower case": claims(htm="get"),
    "no method": claims(htm=None),
    "another path": claims(htu="http://door/v1/registry/facts"),
    "another host": claims(htu=f"http://evil.example{PATH}"),
    "another port": claims(htu=f"http://door:8443{PATH}"),
    "a path with a slash more": claims(htu=URL + "/"),
    "dot segments": claims(htu="http://door/v1/registry/../registry/centers"),
    "a query": claims(htu=URL + "?a=b"),
    "a fragment": claims(htu=URL + "#a"),
    "a user in the address": claims(htu=f"http://door@door{PATH}"),
    "a host behind a user": claims(htu=f"http://door:80@evil.example{PATH}"),
    "another scheme": claims(htu=f"ftp://door{PATH}"),
    "no scheme": claims(htu=PATH),
    "a port that is none": claims(htu=f"http://door:x{PATH}"),
    "an address that is a list": claims(htu=[URL]),
    "no address": claims(htu=None),
    "another token": claims(ath=proofs.token_digest("another")),
    "no token": claims(ath=None),
    "a token in clear": claims(ath=TOKEN),
    "a proof of 61 seconds": claims(iat=NOW - 61),
    "a proof from the future": claims(iat=NOW + 6),
    "a time as text": claims(iat=str(NOW)),
    "a time that is true": claims(iat=True),
    "no time": claims(iat=None),
    "no id": claims(jti=None),
    "a short id": claims(jti="1234567"),
    "an id of a kilobyte": claims(jti="a" * 1024),
    "an id with a line end": claims(jti="abcdefgh\n"),
}  # fmt: skip


@pytest.mark.requirement("X01", "A135")
@pytest.mark.parametrize(
    "over",
    [{}, {"iat": NOW - 60}, {"iat": NOW + 5}, {"htu": f"HTTP://DOOR:80{PATH}"},
     {"htu": f"https://door:443{PATH}"}, {"exp": 1, "more": "claims"}],
)  # fmt: skip
def test_a_right_proof_names_its_key(over: dict[str, Any]) -> None:
    made = proven(claims(**over)(), ASKED, NOW, token=TOKEN)
    assert made.thumbprint == HOLDER.thumbprint


@pytest.mark.requirement("X01", "A135")
@pytest.mark.refusing
@pytest.mark.parametrize("name", list(ATTACKS))
def test_what_is_not_quite_a_proof_is_refused(name: str) -> None:
    with pytest.raises(InvalidToken):
        proven(ATTACKS[name](), ASKED, NOW, token=TOKEN)


@pytest.mark.refusing
def test_the_origin_that_people_see_decides_where_it_is_set() -> None:
    asked = Asked("GET", "internal:8000", PATH, "https://door.example")
    made = HOLDER.proof("GET", f"https://door.example{PATH}", TOKEN, iat=NOW)
    assert proven(made, asked, NOW, token=TOKEN).thumbprint == HOLDER.thumbprint
    for url in (f"http://door.example{PATH}", f"http://internal:8000{PATH}"):
        with pytest.raises(InvalidToken):
            proven(HOLDER.proof("GET", url, TOKEN, iat=NOW), asked, NOW, token=TOKEN)


@pytest.mark.refusing
def test_a_nonce_is_this_minutes_or_the_last_ones() -> None:
    def judged(nonce: str | None, now: int = NOW) -> None:
        proven(claims(nonce=nonce)(), ASKED, now, token=TOKEN, key_secret="secret")

    for nonce in (None, "", "x", proofs.nonces("another", NOW)[0]):
        with pytest.raises(NonceWanted):
            judged(nonce)
    mine = proofs.nonces("secret", NOW)[0]
    judged(mine)
    judged(proofs.nonces("secret", NOW)[1])
    with pytest.raises(NonceWanted):
        judged(proofs.nonces("secret", NOW - 2 * proofs.NONCE_SECONDS)[0])


@pytest.mark.refusing
def test_a_proof_is_used_once_and_memory_is_bounded() -> None:
    replays = Replays(most=10, most_of_a_key=6)
    mine = [proofs.Proof("me", f"jti-{n}", NOW + 65) for n in range(8)]
    assert [replays.spend(one, NOW) for one in mine] == [True] * 6 + [False] * 2
    assert not replays.spend(mine[0], NOW + 65)
    others = [proofs.Proof("you", f"jti-{n}", NOW + 65) for n in range(6)]
    # Another key may draw the same id; the room for everybody ends at ten.
    assert [replays.spend(one, NOW) for one in others] == [True] * 4 + [False] * 2
    assert len(replays) == 10
    # What could not pass any more is forgotten, and not before.
    late = proofs.Proof("me", "jti-9", NOW + 200)
    assert not replays.spend(late, NOW + 65)
    assert replays.spend(late, NOW + 66)
    assert len(replays) == 1


@pytest.fixture(scope="module")
def door() -> Iterator[RunningDoor]:
    with running_door() as running:
        yield running


def bound(door: RunningDoor, holder: Holder) -> str:
    return door.signer.token("agency", cnf={"jkt": holder.thumbprint})


@pytest.mark.requirement("X01", "A135")
def test_a_service_sees_a_bearer_and_nothing_of_the_proof(door: RunningDoor) -> None:
    token = bound(door, HOLDER)
    shown = {"Authorization": f"DPoP {token}", "DPoP": HOLDER.proof("GET", URL, token)}
    answer = door.ask(f"{PATH}?limit=1", headers=shown)
    assert answer.status == 200, answer.body
    got = dict(answer.json()["headers"])
    assert got["authorization"] == f"Bearer {token}"
    assert "dpop" not in got


@pytest.mark.requirement("X01", "A135")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "show",
    [
        lambda token: {"Authorization": f"Bearer {token}"},
        lambda token: {"Authorization": f"DPoP {token}"},
        lambda token: {
            "Authorization": f"Bearer {token}", "DPoP": HOLDER.proof("GET", URL, token),
        },
        lambda token: {"Authorization": f"DPoP {token}", "DPoP": OTHER.proof("GET", URL, token)},
        lambda token: {"Authorization": f"DPoP {token}", "DPoP": HOLDER.proof("POST", URL, token)},
        lambda token: {"Authorization": f"DPoP {token}", "DPoP": HOLDER.proof("GET", URL)},
        lambda token: {"Authorization": f"DPoP {token}", "DPoP": "x" * 9_000},
    ],
    ids=["bearer", "no proof", "bearer with proof", "another key", "method", "no ath", "huge"],
)  # fmt: skip
def test_a_stolen_token_is_worth_nothing_without_its_key(
    door: RunningDoor, show: Callable[[str], dict[str, str]]
) -> None:
    before = len(door.upstream.requests)
    answer = door.ask(PATH, headers=show(bound(door, HOLDER)))
    assert (answer.status, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("DPoP")
    assert len(door.upstream.requests) == before


@pytest.mark.refusing
def test_a_proof_passes_once_and_an_unbound_token_needs_none(door: RunningDoor) -> None:
    token = bound(door, HOLDER)
    shown = {"Authorization": f"DPoP {token}", "DPoP": HOLDER.proof("GET", URL, token)}
    assert [door.ask(PATH, headers=shown).status for _ in range(2)] == [200, 401]
    plain = door.signer.token("agency")
    made = {"Authorization": f"DPoP {plain}", "DPoP": HOLDER.proof("GET", URL, plain)}
    assert door.ask(PATH, headers=made).status == 401
    assert door.ask(PATH, headers={"Authorization": f"Bearer {plain}"}).status == 200


@pytest.mark.refusing
def test_two_proofs_in_one_request_are_no_request(door: RunningDoor) -> None:
    token = bound(door, HOLDER)
    proof = HOLDER.proof("GET", URL, token)
    lines = f"Authorization: DPoP {token}\r\nDPoP: {proof}\r\nDPoP: {proof}\r\n"
    raw = f"GET {PATH} HTTP/1.1\r\nHost: door\r\n{lines}\r\n"
    [answer] = door.raw(raw.encode())
    assert answer.status == 400


@pytest.mark.refusing
def test_the_gateways_own_operations_ask_for_the_proof_as_well(door: RunningDoor) -> None:
    token = bound(door, HOLDER)
    assert door.ask("/v1/me", headers={"Authorization": f"Bearer {token}"}).status == 401
    shown = {
        "Authorization": f"DPoP {token}", "DPoP": HOLDER.proof("GET", "http://door/v1/me", token),
    }  # fmt: skip
    # The tests' own application knows no such path; the door has let it through.
    assert door.ask("/v1/me", headers=shown).status == 404


def test_a_padded_signature_is_another_text() -> None:
    head, _, tail = right().rpartition(".")
    raw = base64.urlsafe_b64decode(tail + "==")
    assert b64(raw) == tail
    assert head


@pytest.mark.anyio
@pytest.mark.requirement("X01", "A135")
@pytest.mark.refusing
async def test_of_two_processes_at_once_one_takes_a_proof(running: Callable[..., Any]) -> None:
    async with running("gateway") as gateway:
        spent = [SpentProofs(gateway.sessions) for _ in range(2)]
        settings = GatewaySettings()
        processes = [Holders(settings, one) for one in spent]
        asked = ("GET", b"door", PATH)

        async def show(process: Holders, proof: str) -> bool:
            claims = {"cnf": {"jkt": HOLDER.thumbprint}}
            try:
                await process.judge(b"dpop", TOKEN, claims, proof.encode(), asked)
            except InvalidToken:
                return False
            return True

        for _ in range(5):
            proof = HOLDER.proof("GET", URL, TOKEN)
            passed = await asyncio.gather(*(show(process, proof) for process in processes))
            assert sorted(passed) == [False, True]
            # And a third one, started later, has heard of it as well.
            assert not await show(Holders(settings, spent[0]), proof)
        async with gateway.sessions.begin() as session:
            assert await forget_spent(session, datetime.now(UTC)) == 0
            await session.execute(text("UPDATE spent_proof SET expires_at = :at"), {"at": GONE})
            assert await forget_spent(session, datetime.now(UTC)) == 5


@pytest.mark.anyio
@pytest.mark.requirement("X01")
@pytest.mark.refusing
async def test_where_nobody_can_tell_whether_a_proof_was_used_it_is_not_taken() -> None:
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", Clock())
    spent = SpentProofs(nowhere.sessions)
    with pytest.raises(SpendingUnavailable):
        await spent.spend(proofs.Proof("me", "jti-12345", NOW + 65))
    await nowhere.close()
