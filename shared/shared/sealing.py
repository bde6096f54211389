"""Personal data at rest: sealed with AES-256-GCM under a named key, and bound to its place (X12).

A sealed text names its key, so that keys can change: new data takes the present one, old data is
opened with the one it names until it has been sealed anew. The context — which table, which row —
is authenticated with it, so that nobody moves a sealed value to another row unnoticed.
"""

import base64
import json
import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.ext.asyncio import AsyncSession

from shared.settings import Settings

PREFIX: Final = "sealed:"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
# The key of a process that was given none: made from the secret that its cursors are signed with.
DERIVED: Final = "derived"


class Unsealable(Exception):  # noqa: N818 - what it is, not that it is an error
    """A sealed value that does not open here: unknown key, other place, or changed."""


class Sealer:
    """Seals and opens under named keys; `present` is the one that new values take."""

    def __init__(self, keys: Mapping[str, bytes], present: str) -> None:
        """Take the keys by their ids. Raises `ValueError` for a wrong length or no present key."""
        short = [name for name, key in keys.items() if len(key) != KEY_BYTES or ":" in name]
        if short or present not in keys:
            message = f"data keys have {KEY_BYTES} bytes and an id without a colon, and one is used"
            raise ValueError(message)
        self.present = present
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}

    @classmethod
    def of(cls, settings: Settings) -> "Sealer":
        """Read the keys from the settings; without any, derive one from `secret`."""
        told: dict[str, str] = json.loads(settings.data_keys.get_secret_value() or "{}")
        if told:
            keys = {name: base64.b64decode(key) for name, key in told.items()}
            return cls(keys, settings.data_key)
        return cls({DERIVED: base64.b64decode(derived_key(settings))}, DERIVED)

    def renewed(self, name: str, key: bytes) -> "Sealer":
        """Give a sealer that seals with another key and still opens what this one does."""
        after = Sealer({name: key}, name)
        after._ciphers = {**self._ciphers, **after._ciphers}
        return after

    @property
    def names(self) -> frozenset[str]:
        """Name the keys that open something here."""
        return frozenset(self._ciphers)

    @property
    def present_prefix(self) -> str:
        """What every value sealed under the present key begins with."""
        return f"{PREFIX}{self.present}:"

    def seal(self, plain: str, context: str) -> str:
        """Seal a text for its place; the same text never looks the same twice."""
        return self.seal_bytes(plain.encode(), context).decode()

    def open(self, sealed: str, context: str) -> str:
        """Open a sealed text in its place; a text that was never sealed is given as it is.

        Raises `Unsealable`.
        """
        return self.open_bytes(sealed.encode(), context).decode()

    def seal_bytes(self, plain: bytes, context: str) -> bytes:
        """Seal bytes for their place."""
        nonce = os.urandom(NONCE_BYTES)
        hidden = self._ciphers[self.present].encrypt(nonce, plain, context.encode())
        return self.present_prefix.encode() + base64.urlsafe_b64encode(nonce + hidden)

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """Open sealed bytes in their place. Raises `Unsealable`."""
        if not is_sealed(sealed):
            return sealed
        name, _, hidden = sealed.removeprefix(PREFIX.encode()).partition(b":")
        cipher = self._ciphers.get(name.decode())
        if cipher is None:
            message = f"no key {name.decode()!r}"
            raise Unsealable(message)
        raw = base64.urlsafe_b64decode(hidden)
        try:
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode())
        except InvalidTag as error:
            message = "the value was changed, or belongs elsewhere"
            raise Unsealable(message) from error


def derived_key(settings: Settings | None = None) -> str:
    """Give in base64 the key of a process that was given none, for when it is given some."""
    secret = (settings or Settings()).secret.get_secret_value()
    kdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"zhichuang data at rest")
    return base64.b64encode(kdf.derive(secret.encode())).decode()


def is_sealed(value: bytes) -> bool:
    """Tell whether a value is sealed; what was kept before sealing is not."""
    return value.startswith(PREFIX.encode())


def sealer_of(session: AsyncSession) -> Sealer:
    """Give the sealer of the process that a session belongs to."""
    sealer: Sealer = session.info["sealer"]
    return sealer
