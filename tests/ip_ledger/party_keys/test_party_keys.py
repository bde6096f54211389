"""A party that has a key of its own signs with it; whoever reads the record checks it offline."""

import base64
import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from sqlalchemy import text as sql
from sqlmodel import col, select

from ip_ledger.audit.row_queries import KEYS as KEY_QUESTIONS
from ip_ledger.log.keys import LogKey
from ip_ledger.log.tables import LogRecord
from ip_ledger.party_keys import rules, signatures
from ip_ledger.party_keys.rules import Algorithm, Span
from shared import verifier
from shared.rules import failed_codes
from tests.ip_ledger.conftest import TEXT_SHA256, TODAY, Ledger, codes

pytestmark = pytest.mark.anyio
AGREEMENTS = "/v1/ip-ledger/agreements"
KEYS = "/v1/ip-ledger/party-keys"


class Pen:
    """A private key, and what is told of it."""

    def __init__(self, algorithm: Algorithm) -> None:
        self.algorithm = algorithm
        self.key: Any = (
            Ed25519PrivateKey.generate()
            if algorithm is Algorithm.ED25519
            else ec.generate_private_key(ec.SECP256R1())
        )
        form = (
            (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            if algorithm is Algorithm.ED25519
            else (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        )
        self.raw: bytes = self.key.public_key().public_bytes(*form)
        self.public = base64.b64encode(self.raw).decode()

    def signed(self, text: str) -> bytes:
        if self.algorithm is Algorithm.ED25519:
            made: bytes = self.key.sign(text.encode())
            return made
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign(self, text: str) -> str:
        return base64.b64encode(self.signed(text)).decode()

    async def register(self, ledger: Ledger, name: str, **over: Any) -> httpx.Response:
        body = {
            "algorithm": self.algorithm, "public_key": self.public, "valid_from": "2026-01-20",
            "proof": self.sign(rules.proof_text(ledger.org[name], self.public)), **over,
        }  # fmt: skip
        async with ledger.member(name) as party:
            return await party.post(KEYS, json=body)


@pytest.fixture(params=list(Algorithm))
def pen(request: pytest.FixtureRequest) -> Pen:
    return Pen(request.param)


async def proposed(ledger: Ledger) -> dict[str, Any]:
    async with ledger.member("m04") as lead:
        answer = await lead.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))
    document: dict[str, Any] = answer.json()
    return document


async def sign(ledger: Ledger, agreement: dict[str, Any], by: str, **over: Any) -> httpx.Response:
    async with ledger.member(by) as party:
        path = f"{AGREEMENTS}/{agreement['id']}/signatures"
        return await party.post(path, json={"text_sha256": TEXT_SHA256, **over})


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_key_holds_from_its_first_day_to_the_one_before_its_end(days: int) -> None:
    day = TODAY + timedelta(days=days)
    assert Span(TODAY, None).holds(day) is (days >= 0)
    assert Span(date(2025, 1, 1), TODAY).holds(day) is (days < 0)


def test_the_offline_verifier_and_the_library_agree_on_both_curves() -> None:
    offline = {Algorithm.ED25519: verifier.signature_fits, Algorithm.ES256: verifier.ecdsa_fits}
    for algorithm, judge in offline.items():
        pen = Pen(algorithm)
        for text in ("", "一", "a" * 1_000):
            made = pen.signed(text)
            assert judge(pen.raw, text.encode(), made)
            assert signatures.fits(algorithm, pen.public, text, base64.b64encode(made).decode())
            for place in (0, 31, 32, 63):
                bad = bytearray(made)
                bad[place] ^= 1
                assert not judge(pen.raw, text.encode(), bytes(bad))
                spelled = base64.b64encode(bytes(bad)).decode()
                assert not signatures.fits(algorithm, pen.public, text, spelled)
            assert not judge(pen.raw, text.encode() + b"x", made)
    outside = b"\x04" + bytes(63) + b"\x01"
    assert not verifier.ecdsa_fits(outside, b"", bytes(63) + b"\x01")


@pytest.mark.requirement("A084")
async def test_an_agreement_is_signed_with_a_partys_own_key(ledger: Ledger, pen: Pen) -> None:
    key = await pen.register(ledger, "m09")
    assert key.status_code == 201, key.text
    agreement = await proposed(ledger)
    assert (await sign(ledger, agreement, "m04")).status_code == 201
    signed = await sign(
        ledger, agreement, "m09", key_id=key.json()["id"],
        key_signature=pen.sign(agreement["to_sign"]),
    )  # fmt: skip
    assert signed.status_code == 201, signed.text
    assert signed.json()["state"] == "in_force"
    assert signed.json()["signatures"][1]["key_id"] == key.json()["id"]
    await ledger.service.number()
    async with ledger.member("m09") as party:
        receipt = await party.get(f"/v1/ip-ledger/receipts/{agreement['id']}")
        bundle = await party.get("/v1/ip-ledger/proof-bundle")
    log_key = LogKey.of(ledger.service.app.state.settings)
    proof = verifier.verified(receipt.content, log_key.verifier)
    shown = [one.get("key", {}).get("verified") for one in proof.opened["signatures"]]
    assert shown == [None, True]
    assert bundle.status_code == 200, bundle.text
    told = verifier.bundle_holds(_file(bundle.content, "bundle.json"), log_key.verifier)
    assert [one["agreement_id"] for one in told["agreements"]] == [agreement["id"]]
    signature = told["agreements"][0]["opened"]["signatures"][1]
    assert (signature["signed_on"], signature["key"]["valid_from"]) == ("2026-01-20",) * 2
    checked = ("verified", "held_that_day", "registered")
    assert [signature["key"][name] for name in checked] == [True] * 3
    assert [one["kind"] for one in told["keys"]] == ["party_key"]


def _file(content: bytes, name: str) -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_whoever_has_a_key_signs_with_it_and_with_no_other(ledger: Ledger, pen: Pen) -> None:
    key = (await pen.register(ledger, "m09")).json()
    agreement, other = await proposed(ledger), await proposed(ledger)
    without = await sign(ledger, agreement, "m09")
    assert (without.status_code, codes(without)) == (409, ["OWN_KEY_REQUIRED"])
    good = {"key_id": key["id"], "key_signature": pen.sign(agreement["to_sign"])}
    elsewhere = await sign(ledger, other, "m09", **good)
    assert (elsewhere.status_code, codes(elsewhere)) == (422, ["KEY_SIGNATURE_INVALID"])
    stranger = Pen(pen.algorithm).sign(agreement["to_sign"])
    forged = await sign(ledger, agreement, "m09", **{**good, "key_signature": stranger})
    assert codes(forged) == ["KEY_SIGNATURE_INVALID"]
    lent = await sign(ledger, agreement, "m04", **good)
    assert codes(lent) == ["KEY_UNKNOWN"]
    half = await sign(ledger, agreement, "m09", key_id=key["id"])
    assert half.status_code == 422
    assert (await sign(ledger, agreement, "m09", **good)).status_code == 201


@pytest.mark.requirement("A084")
async def test_a_key_is_replaced_by_another_from_a_day_on(ledger: Ledger) -> None:
    old, new = Pen(Algorithm.ED25519), Pen(Algorithm.ES256)
    first = (await old.register(ledger, "m09")).json()
    second = await new.register(ledger, "m09", valid_from="2026-01-22", replaces_id=first["id"])
    assert second.status_code == 201, second.text
    agreement = await proposed(ledger)
    early = await sign(
        ledger, agreement, "m09", key_id=second.json()["id"],
        key_signature=new.sign(agreement["to_sign"]),
    )  # fmt: skip
    assert codes(early) == ["KEY_UNKNOWN"]
    ledger.service.set_clock("2026-01-22T02:00:00+00:00")
    late = await sign(
        ledger, agreement, "m09", key_id=first["id"], key_signature=old.sign(agreement["to_sign"])
    )
    assert codes(late) == ["KEY_UNKNOWN"]
    good = await sign(
        ledger, agreement, "m09", key_id=second.json()["id"],
        key_signature=new.sign(agreement["to_sign"]),
    )  # fmt: skip
    assert good.status_code == 201, good.text


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_a_key_is_proven_new_and_ones_own(ledger: Ledger, pen: Pen) -> None:
    taken = pen.sign(rules.proof_text(ledger.org["m04"], pen.public))
    borrowed = await pen.register(ledger, "m09", proof=taken)
    assert codes(borrowed) == ["KEY_SIGNATURE_INVALID"]
    past = await pen.register(ledger, "m09", valid_from="2026-01-19")
    assert codes(past) == ["DAY_IN_PAST"]
    for bad in (base64.b64encode(bytes(31)).decode(), pen.public[:-4], pen.public + "===="):
        assert codes(await pen.register(ledger, "m09", public_key=bad)) == ["KEY_INVALID"]
    key = (await pen.register(ledger, "m09")).json()
    again = await pen.register(ledger, "m04")
    assert (again.status_code, codes(again)) == (409, ["ALREADY_EXISTS"])
    body = {"revoked_from": "2026-01-20", "reason": "lost"}
    async with ledger.member("m04") as other:
        assert (await other.post(f"{KEYS}/{key['id']}/revocation", json=body)).status_code == 404
    async with ledger.member("m09") as own:
        path = f"{KEYS}/{key['id']}/revocation"
        early = await own.post(path, json={**body, "revoked_from": "2026-01-19"})
        assert codes(early) == ["DAY_IN_PAST"]
        assert (await own.post(path, json=body)).status_code == 201
        later = await own.post(path, json={**body, "revoked_from": "2026-01-25"})
        assert codes(later) == ["STATE_CONFLICT"]
    agreement = await proposed(ledger)
    revoked = await sign(
        ledger, agreement, "m09", key_id=key["id"], key_signature=pen.sign(agreement["to_sign"])
    )
    assert codes(revoked) == ["KEY_UNKNOWN"]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
def test_a_key_of_small_order_is_none() -> None:
    zero = base64.b64encode(bytes(32)).decode()
    assert not signatures.readable(Algorithm.ED25519, zero)
    checks = rules.registration_checks(TODAY, TODAY, readable=False, proven=False)
    assert failed_codes(checks) == ["KEY_INVALID"]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
def test_a_receipt_with_a_signature_that_is_not_the_keys_is_refused() -> None:
    pen = Pen(Algorithm.ED25519)
    document = {"agreement_id": str(uuid4()), "text_sha256": "0" * 64, "terms_sha256": "1" * 64}
    text = rules.agreement_text(
        UUID(document["agreement_id"]), document["text_sha256"], document["terms_sha256"]
    )
    key = {"algorithm": "ed25519", "public_key": pen.public, "signature": pen.sign(text)}
    verifier.judge_parties(document, json.loads(json.dumps({"signatures": [{"key": key}]})))
    for name in document:
        other = {**document, name: "2" * 64}
        with pytest.raises(verifier.ReceiptError, match="not its party's"):
            verifier.judge_parties(other, {"signatures": [{"key": dict(key)}]})


@pytest.mark.requirement("A084", "X07")
async def test_the_end_of_a_key_is_a_leaf_and_what_it_signed_before_stays(ledger: Ledger) -> None:
    pen = Pen(Algorithm.ED25519)
    key = (await pen.register(ledger, "m09")).json()
    agreement = await proposed(ledger)
    await sign(ledger, agreement, "m04")
    signed = await sign(
        ledger, agreement, "m09", key_id=key["id"], key_signature=pen.sign(agreement["to_sign"])
    )
    assert signed.status_code == 201, signed.text
    async with ledger.member("m09") as party:
        for day in ("2026-02-01", "2026-01-21"):
            body = {"revoked_from": day, "reason": "lost"}
            answer = await party.post(f"{KEYS}/{key['id']}/revocation", json=body)
            assert answer.status_code == 201, answer.text
        await ledger.service.number()
        bundle = await party.get("/v1/ip-ledger/proof-bundle")
    log_key = LogKey.of(ledger.service.app.state.settings)
    told = verifier.bundle_holds(_file(bundle.content, "bundle.json"), log_key.verifier)
    # The last word is the earlier day; what was signed on the day before it holds.
    assert [(one["kind"], one.get("revoked_from")) for one in told["keys"]] == [
        ("party_key", None), ("party_key_revocation", "2026-01-21"),
    ]  # fmt: skip
    async with ledger.sessions.reading() as session:
        kinds = await session.scalars(
            select(LogRecord.kind).where(col(LogRecord.kind).startswith("party_key"))
        )
        assert sorted(kinds) == ["party_key"] + ["party_key_revocation"] * 2
        for question in KEY_QUESTIONS:
            assert (await session.execute(sql(question.sql))).first() is None, question


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("signed_on", "end", "holds"),
    [
        ("2026-01-19", None, False),
        ("2026-01-20", None, True),
        ("2026-01-30", "2026-01-31", True),
        ("2026-01-31", "2026-01-31", False),
        ("2026-02-01", "2026-01-31", False),
    ],
)
def test_the_verifier_refuses_a_key_on_a_day_on_which_it_did_not_hold(
    signed_on: str, end: str | None, holds: bool
) -> None:
    pen, org_id = Pen(Algorithm.ED25519), str(uuid4())
    document = {"agreement_id": str(uuid4()), "text_sha256": "0" * 64, "terms_sha256": "1" * 64}
    message = rules.agreement_text(
        UUID(document["agreement_id"]), document["text_sha256"], document["terms_sha256"]
    )
    key = {
        "key_id": str(uuid4()), "algorithm": "ed25519", "public_key": pen.public,
        "valid_from": "2026-01-20", "revoked_from": None, "signature": pen.sign(message),
    }  # fmt: skip
    signature = {"org_id": org_id, "signed_on": signed_on, "key": key}
    begun = {
        "kind": "party_key", "id": key["key_id"], "org_id": org_id, "algorithm": "ed25519",
        "public_key": pen.public, "valid_from": "2026-01-20",
    }  # fmt: skip
    ended = {"kind": "party_key_revocation", "key_id": key["key_id"], "revoked_from": end}

    def receipt() -> None:
        own = {**signature, "key": {**key, "revoked_from": end}}
        verifier.judge_parties(document, {"signatures": [own]})

    def bundle(**over: Any) -> None:
        agreements = [{"opened": {"signatures": [signature]}}]
        verifier.judge_keys(agreements, [{**begun, **over}, *([ended] if end else [])])

    for judge in (receipt, bundle):
        if holds:
            judge()
            continue
        with pytest.raises(verifier.ReceiptError, match=r"did not hold|had ended"):
            judge()
    if holds:
        for other in ({"org_id": str(uuid4())}, {"valid_from": "2026-01-19"}, {"id": "another"}):
            with pytest.raises(verifier.ReceiptError, match=r"not its party's|without the record"):
                bundle(**other)


@pytest.mark.refusing
@pytest.mark.parametrize("day", ["2026-1-20", "20260120", "2026-W04-2", "x"])
def test_a_day_has_one_spelling(day: str) -> None:
    with pytest.raises((verifier.ReceiptError, ValueError)):
        verifier.days_hold(day, "2026-01-20", None)
