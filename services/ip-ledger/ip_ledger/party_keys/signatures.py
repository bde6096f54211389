"""Whether a signature is a key's: Ed25519 and ECDSA over P-256, by the cryptography library."""

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ip_ledger.party_keys.rules import Algorithm

_HALF: Final = 32


def raw_of(text: str) -> bytes | None:
    """Read base64 in its one spelling; `None` for anything else."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def readable(algorithm: Algorithm, public_key: str) -> bool:
    """Tell whether a public key can be read: a point of its curve, in its one spelling."""
    return _key(algorithm, public_key) is not None


def fits(algorithm: Algorithm, public_key: str, message: str, signature: str) -> bool:
    """Tell whether a signature over a message is the key's."""
    key, raw = _key(algorithm, public_key), raw_of(signature)
    if key is None or raw is None or len(raw) != 2 * _HALF:
        return False
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(raw, message.encode())
        else:
            r, s = int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big")
            key.verify(encode_dss_signature(r, s), message.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _key(algorithm: Algorithm, text: str) -> Ed25519PublicKey | ec.EllipticCurvePublicKey | None:
    raw = raw_of(text)
    if raw is None:
        return None
    try:
        if algorithm is Algorithm.ED25519:
            # A key of small order would fit signatures that nobody made.
            return None if raw in _SMALL_ORDER else Ed25519PublicKey.from_public_bytes(raw)
        uncompressed = len(raw) == 1 + 2 * _HALF and raw[0] == 4
        return (
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
            if uncompressed
            else None
        )
    except ValueError:
        return None


_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(one)
    for one in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)
