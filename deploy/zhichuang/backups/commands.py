"""The commands `backup` and `restore`: sentences in, sentences and an exit status out."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from zhichuang.backups.making import make
from zhichuang.backups.manifest import BackupError, Manifest
from zhichuang.backups.restoring import Source, restore
from zhichuang.postgres import PostgresError
from zhichuang.up import home_folder


def backup(target: Path, keys: Path | None) -> int:
    """Copy the data folder; give the exit status."""
    try:
        manifest, digest = make(home_folder(), target.resolve(), keys and keys.resolve())
    except (BackupError, PostgresError, OSError) as error:
        return _fail(error)
    print(f"✓ {_told(manifest)} in {target}")
    print(f"The manifest's SHA-256, to be kept in another place: {digest}")
    if keys is None:
        print(f"{target / 'keys'} opens everything in this backup: keep it apart from the rest.")
    return 0


def bring_back(
    folder: Path,
    keys: Path | None,
    manifest_sha256: str | None,
    wal: Path | None,
    until: str | None,
    files: Path | None,
    *,
    audit: Sequence[str] | None,
) -> int:
    """Make a data folder from a backup; give the exit status."""
    home = home_folder()
    try:
        moment = None if until is None else _instant(until)
        source = Source(folder, keys, manifest_sha256, wal, moment, files)
        manifest = restore(source, home, audit)
    except (BackupError, PostgresError, OSError) as error:
        return _fail(error)
    print(f"✓ {_told(manifest)}, restored to {home}")
    if audit is None:
        print("It was not audited: run `zhichuang audit` before it is relied on.")
    if wal is not None:
        print("A later state of the log may have been seen outside: compare kept checkpoints.")
    return 0


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        msg = f"--until {text} is not an instant such as 2026-11-28T09:30:00+08:00."
        raise BackupError(msg) from None


def _told(manifest: Manifest) -> str:
    ended_at = manifest.ended_at.astimezone(UTC).isoformat(timespec="seconds")
    return f"{len(manifest.files)} files, {manifest.bytes / 2**20:.0f} MB, as of {ended_at}"


def _fail(error: Exception) -> int:
    print(f"✗ {error}", file=sys.stderr)
    return 1
