"""Sealing private keys at rest: AES-256-GCM under a key made from the gateway's key secret."""

import os
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES: Final = 12


class CannotOpen(Exception):  # noqa: N818 - reads as what it is
    """The key secret is not the one under which this key was sealed."""


def seal(key_secret: str, kid: str, private: bytes) -> bytes:
    """Seal a private key; the key id is bound in, so that no row can pass for another."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key(key_secret)).encrypt(nonce, private, kid.encode())


def unseal(key_secret: str, kid: str, sealed: bytes) -> bytes:
    """Open a sealed private key; raise `CannotOpen` under another secret."""
    try:
        return AESGCM(_key(key_secret)).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], kid.encode()
        )
    except InvalidTag as error:
        raise CannotOpen(kid) from error


# Every hand-out of deliveries opens secrets, always under the same key.
@lru_cache(maxsize=4)
def _key(key_secret: str) -> bytes:
    if not key_secret:
        raise CannotOpen("ZHICHUANG_KEY_SECRET is not set")
    return HKDF(SHA256(), 32, salt=None, info=b"zhichuang signing keys").derive(key_secret.encode())
