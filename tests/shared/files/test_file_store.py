"""Files by their hash: whole or not there."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.files import DigestMismatchError, FileStore, FileTooLargeError, StoredFile, store_of

CONTENT = b"evidence " * 50_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


async def pieces(content: bytes = CONTENT, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def broken() -> AsyncIterator[bytes]:
    yield b"half of "
    message = "the client went away"
    raise ConnectionError(message)


def names(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.rglob("*") if place.is_file())


def test_what_is_put_comes_back_byte_for_byte(tmp_path: Path) -> None:
    async def story() -> None:
        store = FileStore(tmp_path)
        stored = await store.put(pieces(), limit_bytes=10**6, expected_sha256=SHA256)
        assert stored == StoredFile(SHA256, len(CONTENT))
        assert await store.size(SHA256) == len(CONTENT)
        assert b"".join([piece async for piece in store.chunks(SHA256)]) == CONTENT

    asyncio.run(story())


def test_the_same_bytes_twice_are_one_file(tmp_path: Path) -> None:
    async def story() -> None:
        store = FileStore(tmp_path)
        await asyncio.gather(*(store.put(pieces(), limit_bytes=10**6) for _ in range(5)))

    asyncio.run(story())
    assert names(tmp_path) == [SHA256]


@pytest.mark.refusing
def test_a_file_over_the_limit_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileTooLargeError):
        asyncio.run(FileStore(tmp_path).put(pieces(), limit_bytes=len(CONTENT) - 1))
    assert names(tmp_path) == []


@pytest.mark.refusing
def test_a_file_with_another_digest_leaves_nothing(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    with pytest.raises(DigestMismatchError):
        asyncio.run(store.put(pieces(), limit_bytes=10**6, expected_sha256="0" * 64))
    assert names(tmp_path) == []


@pytest.mark.refusing
def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        asyncio.run(FileStore(tmp_path).put(broken(), limit_bytes=10**6))
    assert names(tmp_path) == []


@pytest.mark.refusing
@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64])
def test_an_unknown_or_invented_name_is_not_there(tmp_path: Path, name: str) -> None:
    assert asyncio.run(FileStore(tmp_path).size(name)) is None


def test_an_object_store_keeps_the_same_promises() -> None:
    async def story() -> None:
        store = FileStore("memory:///files")
        stored = await store.put(pieces(), limit_bytes=10**6, expected_sha256=SHA256)
        again = await store.put(pieces(), limit_bytes=10**6)
        assert stored == again == StoredFile(SHA256, len(CONTENT))
        assert b"".join([piece async for piece in store.chunks(SHA256)]) == CONTENT
        with pytest.raises(FileTooLargeError):
            await store.put(pieces(), limit_bytes=len(CONTENT) - 1)
        with pytest.raises(ConnectionError):
            await store.put(broken(), limit_bytes=10**6)
        assert store.sweep(-60.0) == 0
        await store.forget(SHA256)
        assert await store.size(SHA256) is None

    asyncio.run(story())


def test_settings_say_whether_files_lie_here_or_in_an_object_store(tmp_path: Path) -> None:
    @dataclass
    class Settings:
        files: Path
        file_store: str

    here = store_of(Settings(tmp_path, ""), "dumps")
    assert (tmp_path / "dumps").is_dir()
    there = Settings(tmp_path / "unused", "memory:///shared/")
    assert store_of(there, "dumps") is store_of(there, "dumps")
    assert store_of(there, "dumps") is not store_of(there)
    assert store_of(there) is not here
    assert not (tmp_path / "unused").exists()
