"""The log's signing key: an Ed25519 key in a file of its own, made at the first start.

It is a file and not a row, so that whoever reads the database cannot sign for the log. Replicas
share the file (a mounted secret).
"""

import base64
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ip_ledger.settings import LedgerSettings

ED25519: Final = b"\x01"


class LogKey:
    """Signs checkpoints as C2SP signed notes."""

    def __init__(self, origin: str, private: Ed25519PrivateKey) -> None:
        """Name the key by the log's origin: no spaces and no plus sign."""
        self.origin = origin
        self._private = private
        self._public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        named = origin.encode() + b"\n" + ED25519 + self._public
        self._key_id = hashlib.sha256(named).digest()[:4]

    @property
    def verifier(self) -> str:
        """Give the public key in the form that verifiers of signed notes read."""
        public = base64.b64encode(ED25519 + self._public).decode()
        return f"{self.origin}+{self._key_id.hex()}+{public}"

    def signed(self, text: str) -> str:
        """Sign a text that ends with a newline; give the whole note."""
        signature = base64.b64encode(self._key_id + self._private.sign(text.encode())).decode()
        return f"{text}\n— {self.origin} {signature}\n"

    @classmethod
    def of(cls, settings: LedgerSettings) -> Self:
        """Load the key where the settings say: beside the folder of files, unless told else."""
        file = settings.log_key_file or settings.files.parent / "log.key"
        return cls.kept_in(file, settings.log_origin)

    @classmethod
    def kept_in(cls, file: Path, origin: str) -> Self:
        """Load the key, or make it; of several processes that start at once, one makes it."""
        if not file.exists():
            _make(file)
        private = load_pem_private_key(file.read_bytes(), password=None)
        if not isinstance(private, Ed25519PrivateKey):
            msg = f"{file} holds no Ed25519 key"
            raise TypeError(msg)
        return cls(origin, private)


def _make(file: Path) -> None:
    """Write a new key so that no reader ever sees half of it, readable by its owner only."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as writer:
        writer.write(pem)
        writer.flush()
        os.fsync(writer.fileno())
    # A link fails where the name is taken, so that the first process wins and the rest read it.
    with suppress(FileExistsError):
        file.hardlink_to(draft)
    draft.unlink()
