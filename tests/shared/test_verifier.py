"""The verifier that ships alone: its curve by published vectors, bent keys and signatures."""

import ast
import hashlib
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from shared import verifier
from shared.verifier import BASE, L, P, add, packed, same, signature_fits, times, unpacked

# RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]  # fmt: skip


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_published_signatures_fit(public: str, message: str, signature: str) -> None:
    assert signature_fits(*map(bytes.fromhex, (public, message, signature)))


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_every_flipped_bit_of_a_published_signature_is_refused(
    public: str, message: str, signature: str
) -> None:
    key, text, good = map(bytes.fromhex, (public, message, signature))
    for place in range(0, 512, 7):
        bent = bytearray(good)
        bent[place // 8] ^= 1 << place % 8
        assert not signature_fits(key, text, bytes(bent))
    for place in range(0, 256, 11):
        bent = bytearray(key)
        bent[place // 8] ^= 1 << place % 8
        assert not signature_fits(bytes(bent), text, good)
    assert not signature_fits(key, text + b"x", good)
    assert not signature_fits(key, text, good[:-1])
    assert not signature_fits(key[:-1], text, good)


@pytest.mark.refusing
def test_a_signature_has_no_second_form() -> None:
    """S + L signs the same in a lax verifier (malleability)."""
    public, message, good = map(bytes.fromhex, VECTORS[1])
    scalar = int.from_bytes(good[32:], "little")
    for other in (scalar + L, 2**256 - 1):
        bent = good[:32] + other.to_bytes(32, "little")
        assert not signature_fits(public, message, bent)


def small_points() -> list[bytes]:
    """Every encoding of a point of order 1, 2, 4 or 8, also those that are not reduced."""
    order_eight = 2707385501144840649318225287225658788936804267575313519463743609750303402022
    ys = [0, 1, P - 1, order_eight, P - order_eight, P, P + 1]
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


def test_the_small_points_are_small() -> None:
    points = [point for raw in small_points() if (point := unpacked(raw)) is not None]
    assert [same(times(8, point), verifier.ZERO) for point in points] == [True] * 8


@pytest.mark.refusing
@pytest.mark.parametrize("public", small_points())
def test_a_key_of_small_order_signs_for_nobody(public: bytes) -> None:
    """With such a key, R = the neutral point and S = 0 would fit a part of all messages, or all."""
    neutral = (1).to_bytes(32, "little")
    for message in range(16):
        assert not signature_fits(public, bytes([message]), neutral + bytes(32))


@pytest.mark.refusing
@pytest.mark.parametrize(
    "raw",
    [b"", bytes(31), b"\xff" * 32, (2).to_bytes(32, "little"), (P + 3).to_bytes(32, "little")],
)
def test_what_is_no_point_is_no_key(raw: bytes) -> None:
    assert unpacked(raw) is None
    assert not signature_fits(raw, b"", bytes(64))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64))
def test_keys_and_signatures_are_those_of_openssl(seed: bytes, message: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    assert signature_fits(public, message, private.sign(message))
    assert not signature_fits(public, message + b"!", private.sign(message))
    Ed25519PublicKey.from_public_bytes(public).verify(private.sign(message), message)


@given(st.integers(0, L - 1), st.integers(0, L - 1))
def test_the_curve_is_a_group_of_the_right_order(a: int, b: int) -> None:
    assert same(add(times(a, BASE), times(b, BASE)), times((a + b) % L, BASE))
    assert same(times(L, BASE), verifier.ZERO)
    back = unpacked(packed(times(a, BASE)))
    assert back is not None
    assert same(back, times(a, BASE))


def test_the_second_base_lies_in_the_group_of_the_first() -> None:
    base = verifier.second_base()
    assert same(times(L, base), verifier.ZERO)
    assert not same(base, verifier.ZERO)
    assert not same(base, BASE)


def test_the_verifier_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text())
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).partition(".")[0]  # type: ignore[union-attr] # absolute imports only
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= sys.stdlib_module_names
