"""`zhichuang backup`: a copy of a data folder, made while its stack runs or while it does not.

The database comes first and the files after it: a file is in its store before the row that names
it is committed, so every file that the copied database names is copied too. What is in the making
bears the name `….part`; the final name never stands for half a backup.
"""

import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from zhichuang.backups.manifest import (
    BackupError,
    Manifest,
    content_of,
    regular_files,
)
from zhichuang.cluster import ADMIN, environment, program
from zhichuang.postgres import PostgresError, PostgreSQL

DATABASE: Final = "database"
HOME: Final = "home"
KEYS: Final = "keys"
KEY_FILES: Final = ("postgres/logins.json", "secrets.json", "credentials.json", "log.key")
"""Who has these and the rest has everything; so that they can be kept in another place."""

_NOT_COPIED: Final = ("postgres", "logs", "running.json", "incoming")
_SPARE: Final = 1.1


def make(home: Path, target: Path, keys: Path | None = None) -> tuple[Manifest, str]:
    """Copy a data folder to `target`, its keys to `keys` or beside; give the manifest's hash too.

    Raises `BackupError` or `PostgresError`; nothing that was there before is touched.
    """
    keys = keys or target / KEYS
    for folder in {target, keys}:
        if folder.exists():
            msg = f"{folder} exists already: a backup never overwrites. Name a new folder."
            raise BackupError(msg)
    part = target.with_name(f"{target.name}.part")
    inside = keys.is_relative_to(target)
    keys_part = part / keys.relative_to(target) if inside else keys
    with running(home) as server:
        _require_space(server, home, target)
        _claim(part)
        try:
            manifest = _copied(server, home, part, keys_part)
            digest = manifest.write(part)
            _flush_folders(part)
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            if not inside:
                shutil.rmtree(keys_part, ignore_errors=True)
            raise
    return manifest, digest


@contextmanager
def running(home: Path) -> Iterator[PostgreSQL]:
    """Give the server of a data folder: that of its stack, or one for as long as this lasts."""
    server = PostgreSQL(home / "postgres")
    if not (server.data / "PG_VERSION").exists():
        msg = f"There is no data in {home}: set ZHICHUANG_HOME."
        raise BackupError(msg)
    try:
        server.lock()
    except PostgresError:
        server.attach()
        yield server
        return
    with server:
        yield server


def _claim(part: Path) -> None:
    try:
        part.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        msg = (
            f"{part} is there: another backup is being made, or one was broken off."
            " Remove that folder when nothing works on it."
        )
        raise BackupError(msg) from None


def _require_space(server: PostgreSQL, home: Path, target: Path) -> None:
    stored = int(server.execute("SELECT sum(pg_database_size(oid)) FROM pg_database"))
    stored += sum(path.stat().st_size for path in _files_of(home))
    nearest = next(folder for folder in target.parents if folder.exists())
    free = shutil.disk_usage(nearest).free
    if free < stored * _SPARE:
        msg = (
            f"The disk is full: a backup needs {stored // 2**20 + 1} MB,"
            f" and {nearest} has {free // 2**20} MB left."
        )
        raise BackupError(msg)


def _copied(server: PostgreSQL, home: Path, part: Path, keys: Path) -> Manifest:
    begun_at = datetime.now(UTC)
    _copy_database(server, part / DATABASE)
    ended_at = datetime.now(UTC)
    _copy_home(home, part / HOME)
    _copy_keys(home, keys)
    places = {DATABASE: part / DATABASE, HOME: part / HOME, KEYS: keys}
    return Manifest(
        version=importlib.metadata.version("zhichuang-deploy"),
        postgres=server.execute("SHOW server_version").strip(),
        begun_at=begun_at,
        ended_at=ended_at,
        files={
            f"{name}/{path.relative_to(folder).as_posix()}": content_of(path)
            for name, folder in places.items()
            for path in regular_files(folder)
        },
    )


def _copy_database(server: PostgreSQL, folder: Path) -> None:
    command = [
        str(program("pg_basebackup")),
        *("--pgdata", str(folder), "--format=plain", "--wal-method=stream", "--checkpoint=fast"),
        *("--host", str(server.socket_folder), "--port=5432", "--username", ADMIN),
        "--no-password",
    ]
    password = {"PGPASSWORD": server.password(ADMIN)}
    done = subprocess.run(
        command, env=environment() | password, cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        msg = f"PostgreSQL could not be copied: {done.stderr.strip()}"
        raise BackupError(msg)


def _copy_home(home: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for path in _files_of(home):
        # An old dump may be forgotten between the listing and the copy; no row names it then.
        _copy(path, folder / path.relative_to(home), optional="dumps" in path.parts)


def _copy_keys(home: Path, folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    for name in KEY_FILES:
        if (home / name).exists():
            _copy(home / name, folder / name)


def _files_of(home: Path) -> Iterator[Path]:
    for path in regular_files(home):
        name = path.relative_to(home)
        if name.as_posix() not in KEY_FILES and not set(name.parts) & set(_NOT_COPIED):
            yield path


def _copy(source: Path, target: Path, *, optional: bool = False) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        if not optional:
            raise
        return
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _flush_folders(folder: Path) -> None:
    """Put the names on the disk as well, not only what the files hold."""
    for place in (folder, *(path for path in folder.rglob("*") if path.is_dir()), folder.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
