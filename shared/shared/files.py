"""Files by the SHA-256 of their bytes: written once, never changed, the same for every service.

A file is streamed to a temporary name while it is hashed, and gets its final name only when all of
it is there and its hash is known, so that a name never stands for half a file. Memory use does not
depend on the size.
"""

import hashlib
import re
import time
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

import anyio
import obstore
from obstore.store import LocalStore, ObjectStore, from_url

INCOMING: Final = "incoming"
CHUNK_BYTES: Final = 256 * 1024
# S3 takes no part of an upload under five megabytes but the last one.
PARCEL_BYTES: Final = 8 * 1024 * 1024
DIGEST_FORM: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class FileTooLargeError(Exception):
    """More bytes came than the limit allows; nothing was kept."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(f"more than {limit_bytes} bytes")


class DigestMismatchError(Exception):
    """The bytes that came do not have the digest that was announced; nothing was kept."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a file is known by: lower-case hexadecimal SHA-256 and size in bytes."""

    sha256: str
    size: int


class FileStore:
    """Files named by their hash: in a folder of this machine, or in an object store for many."""

    def __init__(self, place: Path | str) -> None:
        """Open a folder, or what an address names: `s3://…`, `gs://…`, `az://…`.

        The credentials of an object store come from its own environment variables.
        """
        if isinstance(place, Path):
            place.mkdir(parents=True, exist_ok=True)
            self._store: ObjectStore = LocalStore(prefix=place)
            self._incoming: Path | None = place / "incoming"
        else:
            self._store = from_url(place)
            self._incoming = None

    async def put(
        self,
        chunks: AsyncIterable[bytes],
        *,
        limit_bytes: int,
        expected_sha256: str | None = None,
    ) -> StoredFile:
        """Store a stream of bytes and tell its hash and size.

        The same bytes stored twice are one file. Raises `FileTooLargeError` or
        `DigestMismatchError`.
        """
        reader = _Reader(chunks, limit_bytes)
        # A real random name, not an id of the programme: it never outlives this call.
        incoming = f"{INCOMING}/{uuid4().hex}"
        try:
            await obstore.put_async(
                self._store, incoming, reader.chunks(), chunk_size=CHUNK_BYTES, use_multipart=True
            )
            stored = StoredFile(reader.digest.hexdigest(), reader.size)
            _compare(stored.sha256, expected_sha256)
            await obstore.rename_async(self._store, incoming, _place(stored.sha256))
        except BaseException:
            await self._forget(incoming)
            raise
        return stored

    async def size(self, sha256: str) -> int | None:
        """Tell the size of a file in bytes, or None when it is not there."""
        try:
            meta = await obstore.head_async(self._store, _place(sha256))
        except FileNotFoundError:
            return None
        return meta["size"]

    async def chunks(self, sha256: str) -> AsyncIterator[bytes]:
        """Give the bytes of a file piece by piece; an unknown one is a `FileNotFoundError`."""
        result = await obstore.get_async(self._store, _place(sha256))
        async for piece in result.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(piece)

    def sweep(self, kept_seconds: float) -> int:
        """Forget what broke off longer ago than that, in real time; tell how many files.

        A process that was killed in the middle of a file could not forget it itself.
        """
        before = time.time() - kept_seconds
        if self._incoming is None:
            listed = [meta for page in obstore.list(self._store, INCOMING) for meta in page]
            left = [one["path"] for one in listed if one["last_modified"].timestamp() < before]
            obstore.delete(self._store, left)
            return len(left)
        # Here also what is half-written lies, which no list of the store has.
        paths = [path for path in self._incoming.glob("*") if path.stat().st_mtime < before]
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    async def forget(self, sha256: str) -> None:
        """Take a file away; one that is not there is no fault."""
        await self._forget(_place(sha256))

    async def _forget(self, place: str) -> None:
        try:
            await obstore.delete_async(self._store, place)
        except FileNotFoundError:
            return


class Parcels:
    """Files under names of ours in an object store, until somebody has taken them."""

    def __init__(self, address: str) -> None:
        """Open what an address names: `s3://…`, `gs://…`, `az://…`."""
        self._store = from_url(address)

    async def put(self, name: str, content: Path) -> None:
        """Store a file; it is there as a whole or not at all."""
        await obstore.put_async(
            self._store, name, content, chunk_size=PARCEL_BYTES, use_multipart=True
        )

    async def fetch(self, name: str, into: Path) -> bool:
        """Write a file's content to a path; False where it is not there."""
        try:
            result = await obstore.get_async(self._store, name)
        except FileNotFoundError:
            return False
        async with await anyio.open_file(into, "wb") as out:
            async for piece in result.stream(min_chunk_size=CHUNK_BYTES):
                await out.write(bytes(piece))
        return True

    async def forget(self, name: str) -> None:
        """Take a file away; one that is not there is no fault."""
        try:
            await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            return

    async def older_than(self, before: float) -> list[str]:
        """Name the files that were put before an instant, in seconds of the epoch."""
        pages = obstore.list(self._store)
        return [
            one["path"]
            async for page in pages
            for one in page
            if one["last_modified"].timestamp() < before
        ]


class _Reader:
    """Hash and count what passes by."""

    def __init__(self, chunks: AsyncIterable[bytes], limit_bytes: int) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self._chunks = chunks
        self._limit_bytes = limit_bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit_bytes:
                raise FileTooLargeError(self._limit_bytes)
            self.digest.update(chunk)
            yield chunk


def _compare(sha256: str, expected: str | None) -> None:
    if expected not in {None, sha256}:
        raise DigestMismatchError


def _place(sha256: str) -> str:
    """Spread files over folders; a name that is no digest never reaches the disk."""
    if DIGEST_FORM.fullmatch(sha256) is None:
        raise FileNotFoundError(sha256)
    return f"sha256/{sha256[:2]}/{sha256}"


class Places(Protocol):
    """The settings that say where files lie."""

    files: Path
    file_store: str


@cache
def _opened(place: Path | str) -> FileStore:
    return FileStore(place)


def store_of(settings: Places, part: str = "") -> FileStore:
    """Give a part of where a service keeps its files, opened once per process."""
    if settings.file_store:
        return _opened(f"{settings.file_store.rstrip('/')}/{part}".rstrip("/"))
    return _opened(settings.files / part if part else settings.files)


@cache
def _parcels(address: str) -> Parcels:
    return Parcels(address)


def parcels_of(settings: Places, part: str) -> Parcels | None:
    """Give a part of the object store, opened once per process; None where files lie here."""
    if not settings.file_store:
        return None
    return _parcels(f"{settings.file_store.rstrip('/')}/{part}")
