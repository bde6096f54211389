"""The offline verifier on both sides of each bound: parties' own keys, on both curves."""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from shared import verifier
from tests.shared.verifying import Sealed, Signer, b64, judged_bundle, refused

LOG = Signer(1)
OWN, OTHER = "org-own", "org-other"


def judged(*records: Sealed) -> dict[str, Any]:
    return judged_bundle(LOG, OWN, *records)


class Pen:
    """A party's key on P-256 or Ed25519, and its signature of an agreement."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        if algorithm == "ed25519":
            self.public = Signer(9).public
        else:
            self.key = ec.derive_private_key(12_345, ec.SECP256R1())
            self.public = self.key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )

    def over(self, text: bytes) -> bytes:
        if self.algorithm == "ed25519":
            return Signer(9).private.sign(text)
        r, s = decode_dss_signature(self.key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


TERMS = {"agreement_id": "agreement-1", "text_sha256": "t" * 64, "terms_sha256": "u" * 64}
SIGNED = f"zhichuang agreement v1\nagreement-1\n{'t' * 64}\n{'u' * 64}\n".encode()


def signature(algorithm: str = "es256", **over: Any) -> dict[str, Any]:
    pen = Pen(algorithm)
    key = {
        "key_id": "key-1", "algorithm": algorithm, "public_key": b64(pen.public),
        "valid_from": "2028-03-01", "revoked_from": None, "signature": b64(pen.over(SIGNED)),
    }  # fmt: skip
    return {"org_id": OWN, "signed_on": "2028-03-10", "key": key | over}


def agreement(*signatures: dict[str, Any]) -> Sealed:
    return Sealed("agreement", TERMS, signatures=list(signatures))


def registered(**over: Any) -> Sealed:
    told = {
        "public_key": b64(Pen("es256").public), "algorithm": "es256",
        "valid_from": "2028-03-01", "org_id": OWN,
    }  # fmt: skip
    made = Sealed("party_key", told | over)
    made.content["id"] = "key-1"
    return made


def ended(on: str, key: str = "key-1") -> Sealed:
    return Sealed("party_key_revocation", {"key_id": key, "revoked_from": on})


@pytest.mark.requirement("X07", "A084")
@pytest.mark.parametrize("algorithm", ["es256", "ed25519"])
def test_a_signature_with_a_partys_own_key_is_checked_and_said_so(algorithm: str) -> None:
    key = registered(algorithm=algorithm, public_key=b64(Pen(algorithm).public))
    told = judged(key, agreement(signature(algorithm), {"org_id": OTHER}))
    assert (told["lines"], told["runs"]) == ([], [])
    own, other = told["agreements"][0]["opened"]["signatures"]
    assert [own["key"][name] for name in ("verified", "held_that_day", "registered")] == [True] * 3
    assert other == {"org_id": OTHER}
    assert [(one["id"], one["kind"], one["leaf_index"]) for one in told["keys"]] == [
        ("key-1", "party_key", 1)
    ]


def test_a_record_of_an_earlier_version_does_not_say_on_which_day() -> None:
    old = signature()
    del old["signed_on"]
    told = judged(agreement(old))["agreements"][0]["opened"]["signatures"][0]["key"]
    assert told["verified"]
    assert "held_that_day" not in told
    assert "registered" not in told


@pytest.mark.requirement("X07", "A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"signature": b64(bytes(64))}, "agreement: a signature is not its party's key's"),
        ({"algorithm": "rsa"}, "agreement: a signature is not its party's key's"),
        ({"public_key": b64(bytes(65))}, "agreement: a signature is not its party's key's"),
        ({"valid_from": "2028-03-11"}, "agreement: a key signed on a day on which it did not hold"),
        (
            {"revoked_from": "2028-03-10"},
            "agreement: a key signed on a day on which it did not hold",
        ),
        ({"valid_from": "20280301"}, "key: a day spelled otherwise"),
        ({"valid_from": "soon"}, "key: a day spelled otherwise"),
        ({"key_id": "key-2"}, "bundle: a key without the record of its registration"),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(over: dict[str, Any], message: str) -> None:
    with refused(message):
        judged(registered(), agreement(signature(**over)))


@pytest.mark.requirement("X07", "A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "over",
    [{"public_key": b64(bytes(65))}, {"algorithm": "ed25519"}, {"valid_from": "2028-03-02"},
     {"org_id": OTHER}],
)  # fmt: skip
def test_a_key_that_was_registered_otherwise_is_not_its_partys(over: dict[str, str]) -> None:
    with refused("bundle: a key is not its party's"):
        judged(registered(**over), agreement(signature()))


@pytest.mark.requirement("X07", "A084")
@pytest.mark.parametrize(
    ("ends", "held"),
    [
        ([], True), (["2028-03-11"], True), (["2028-03-10"], False), (["2028-03-09"], False),
        # The first end counts, in whichever order they were told.
        (["2028-03-09", "2028-03-11"], False), (["2028-03-11", "2028-03-09"], False),
    ],
)  # fmt: skip
def test_a_key_holds_until_the_day_before_its_end(ends: list[str], *, held: bool) -> None:
    records = [registered(), agreement(signature()), *map(ended, ends)]
    if held:
        assert len(judged(*records)["keys"]) == 1 + len(ends)
    else:
        with refused("bundle: a key had ended when it signed"):
            judged(*records)


def test_the_end_of_another_key_ends_nothing() -> None:
    assert judged(registered(), agreement(signature()), ended("2028-03-01", "key-2"))


@pytest.mark.parametrize(
    ("day", "first", "end", "holds"),
    [
        ("2028-03-10", "2028-03-10", None, True), ("2028-03-09", "2028-03-10", None, False),
        ("2028-03-10", "2028-03-01", "2028-03-11", True),
        ("2028-03-10", "2028-03-01", "2028-03-10", False),
    ],
)  # fmt: skip
def test_days_hold_from_the_first_to_the_one_before_the_end(
    day: str, first: str, end: str | None, *, holds: bool
) -> None:
    assert verifier.days_hold(day, first, end) is holds


# --- ES256 ----------------------------------------------------------------------------------

# RFC 6979, A.2.5: the key, and its signatures of "sample" and "test" with SHA-256.
P256_KEY = bytes.fromhex(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
SAMPLES = {
    b"sample": "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    b"test": "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
    "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
}


def test_the_published_signatures_of_p256_fit() -> None:
    for text, made in SAMPLES.items():
        assert verifier.ecdsa_fits(P256_KEY, text, bytes.fromhex(made))
        assert not verifier.ecdsa_fits(P256_KEY, text + b" ", bytes.fromhex(made))


def numbers(*values: int) -> bytes:
    return b"".join(one.to_bytes(32, "big") for one in values)


@pytest.mark.refusing
def test_what_is_no_key_or_no_signature_of_p256_fits_nothing() -> None:
    good = bytes.fromhex(SAMPLES[b"sample"])
    r, s = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:], "big")
    x, y = (int.from_bytes(P256_KEY[at : at + 32], "big") for at in (1, 33))
    fits = verifier.ecdsa_fits
    for key in (
        P256_KEY[:-1], P256_KEY + b"\x00", b"\x05" + P256_KEY[1:], b"\x03" + P256_KEY[1:],
        b"\x04" + numbers(x, verifier.P256 - 1), b"\x04" + numbers(y, x),
    ):  # fmt: skip
        assert not fits(key, b"sample", good)
    n = verifier.N256
    for bad in (
        good[:-1], good + b"\x00", numbers(0, s), numbers(r, 0), numbers(n, s), numbers(r, n),
        numbers(r + 1, s), numbers(r, s - 1),
    ):  # fmt: skip
        assert not fits(P256_KEY, b"sample", bad)
    # A second spelling of the same numbers would be a second signature.
    assert fits(P256_KEY, b"sample", numbers(r, n - s))
    assert not fits(b"\x04" + numbers(x, y - 1), b"sample", good)


def test_points_of_p256_add_up_as_a_group_of_its_order() -> None:
    one = verifier.G256
    opposite = (one[0], verifier.P256 - one[1])
    assert verifier.plane_sum(None, one) == one == verifier.plane_sum(one, None)
    assert verifier.plane_sum(None, None) is None
    assert verifier.plane_sum(one, opposite) is None
    assert verifier.plane_times(0, one) is None
    assert verifier.plane_times(verifier.N256, one) is None
    assert verifier.plane_times(verifier.N256 - 1, one) == opposite
    assert verifier.plane_times(verifier.N256 + 1, one) == one
    three = verifier.plane_sum(verifier.plane_sum(one, one), one)
    assert verifier.plane_times(3, one) == three
    public = ec.derive_private_key(3, ec.SECP256R1()).public_key().public_numbers()
    assert three == (public.x, public.y)


HASHED = int.from_bytes(hashlib.sha256(b"sample").digest(), "big")


def abscissa(k: int) -> int:
    point = verifier.plane_times(k, verifier.G256)
    assert point is not None
    return point[0] % verifier.N256


def test_the_least_number_that_a_signature_can_have_fits() -> None:
    # The key is chosen so that s comes to 1: s = (hash + r * d) / k.
    n, k = verifier.N256, 7
    r = abscissa(k)
    key = verifier.plane_times((k - HASHED) * pow(r, -1, n) % n, verifier.G256)
    assert key is not None
    assert verifier.ecdsa_fits(b"\x04" + numbers(*key), b"sample", numbers(r, 1))


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_key_beside_the_curve_signs_nothing() -> None:
    """With a key of order two, which no curve of this kind has, anybody could sign for it."""
    n = verifier.N256
    for k in range(2, 20):
        r = abscissa(k)
        s = HASHED * pow(k, -1, n) % n
        assert not verifier.ecdsa_fits(b"\x04" + numbers(1, 0), b"sample", numbers(r, s))


def test_signatures_without_a_key_or_a_day_do_not_hide_those_after_them() -> None:
    old = signature()
    del old["signed_on"]
    keyless = {"org_id": OTHER}
    told = judged(registered(), agreement(keyless, old, signature()))
    *_, last = told["agreements"][0]["opened"]["signatures"]
    assert last["key"]["registered"]
    with refused("agreement: a signature is not its party's key's"):
        judged(registered(), agreement(keyless, old, signature(signature=b64(bytes(64)))))
    with refused("bundle: a key had ended when it signed"):
        judged(registered(), agreement(keyless, old, signature()), ended("2028-03-10"))
