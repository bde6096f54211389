"""What a backup holds, file by file with size and SHA-256, and whether it still holds that."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

NAME: Final = "manifest.json"
SEAL: Final = "manifest.json.sha256"
FORMAT: Final = 1
_SHOWN: Final = 10


class BackupError(Exception):
    """A backup was not made, or is not what it was; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class Content:
    """What one file of a backup holds."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was copied, when, and from what; `files` are by their path in the backup."""

    version: str
    postgres: str
    begun_at: datetime
    ended_at: datetime
    files: Mapping[str, Content]

    def write(self, folder: Path) -> str:
        """Write the manifest and its own hash, which is given back to be kept elsewhere."""
        text = json.dumps(
            {
                "format": FORMAT,
                "version": self.version,
                "postgres": self.postgres,
                "begun_at": self.begun_at.isoformat(),
                "ended_at": self.ended_at.isoformat(),
                "files": {path: asdict(content) for path, content in sorted(self.files.items())},
            },
            indent=1,
        )
        digest = hashlib.sha256(text.encode()).hexdigest()
        write_through(folder / NAME, text)
        write_through(folder / SEAL, f"{digest}  {NAME}\n")
        return digest

    @property
    def bytes(self) -> int:
        """Give how much the files hold together."""
        return sum(content.size for content in self.files.values())


def read(folder: Path, kept: str | None = None) -> Manifest:
    """Read a backup's manifest; `kept` is its hash as it was told when the backup was made.

    Raises `BackupError`.
    """
    try:
        text = (folder / NAME).read_bytes()
        told = (folder / SEAL).read_text(encoding="utf-8").split()[0]
    except (OSError, IndexError) as error:
        msg = f"{folder} is no finished backup: {error}."
        raise BackupError(msg) from None
    digest = hashlib.sha256(text).hexdigest()
    if digest != told or kept not in {None, digest}:
        msg = (
            f"{folder / NAME} was changed after the backup was made; nothing in it can be trusted."
        )
        raise BackupError(msg)
    return _parsed(json.loads(text))


def _parsed(told: dict[str, Any]) -> Manifest:
    if told.get("format") != FORMAT:
        msg = f"This version reads backups of format {FORMAT}, not {told.get('format')}."
        raise BackupError(msg)
    return Manifest(
        version=told["version"],
        postgres=told["postgres"],
        begun_at=datetime.fromisoformat(told["begun_at"]),
        ended_at=datetime.fromisoformat(told["ended_at"]),
        files={path: Content(**content) for path, content in told["files"].items()},
    )


def check(manifest: Manifest, places: Mapping[str, Path]) -> None:
    """Compare every file with the manifest; `places` says where a path's first part lies.

    Raises `BackupError` naming what is changed, missing or too much.
    """
    faults = list(_faults(manifest, places))
    if faults:
        more = f"\n  and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        msg = "The backup is not what it was:\n  " + "\n  ".join(faults[:_SHOWN]) + more
        raise BackupError(msg)


def _faults(manifest: Manifest, places: Mapping[str, Path]) -> Iterator[str]:
    found = {
        f"{part}/{path.relative_to(folder).as_posix()}": path
        for part, folder in places.items()
        for path in regular_files(folder)
    }
    for name in sorted(found.keys() | manifest.files.keys()):
        if name not in found:
            yield f"{name} is missing"
        elif name not in manifest.files:
            yield f"{name} is not of this backup"
        elif content_of(found[name]) != manifest.files[name]:
            yield f"{name} was changed"


def regular_files(folder: Path) -> Iterable[Path]:
    """Give every file below a folder; a link is none, for it would lead out of the backup."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def content_of(path: Path) -> Content:
    """Read a file once, for its size and hash."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Content(file.tell(), digest.hexdigest())


def write_through(path: Path, text: str) -> None:
    """Write a file that is on the disk when this returns, readable to its owner only."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
