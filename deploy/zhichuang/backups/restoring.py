"""`zhichuang restore`: a new data folder out of a backup, taken into use only when it holds.

Everything is checked against the manifest, copied beside the final place, started, audited, and
renamed at the end. With an archive of the write-ahead log it goes on from the backup, to the
archive's end or to a moment.
"""

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from zhichuang.audit import audit_of
from zhichuang.backups.making import DATABASE, HOME, KEYS
from zhichuang.backups.manifest import BackupError, Manifest, check, content_of, read
from zhichuang.cluster import environment, program
from zhichuang.postgres import PostgresError, PostgreSQL

_RECOVERY_SECONDS: Final = 86_400.0
_SPARE: Final = 1.1
_SHOWN: Final = 5
_TOO_LATE: Final = "recovery ended before configured recovery target was reached"
# What rows say of files in the store; dumps lie in a store of their own and can be made again.
_NAMED_FILES: Final = "SELECT DISTINCT sha256 FROM stored_file"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a restore takes things from; `until` is an instant of real time, with its zone."""

    backup: Path
    keys: Path | None = None
    manifest_sha256: str | None = None
    wal: Path | None = None
    until: datetime | None = None
    files: Path | None = None


def restore(source: Source, home: Path, audit: Sequence[str] | None = ()) -> Manifest:
    """Make the data folder `home`; `audit` are the audit's options, or None to do without.

    Raises `BackupError` or `PostgresError`; what was in the way is left as it was.
    """
    manifest = read(source.backup, source.manifest_sha256)
    places = {name: source.backup / name for name in (DATABASE, HOME)}
    places[KEYS] = source.keys or source.backup / KEYS
    if not places[KEYS].is_dir():
        msg = f"The keys of this backup are not in {places[KEYS]}: say where with --keys."
        raise BackupError(msg)
    _require_sense(source, manifest)
    _require_nothing_there(home)
    check(manifest, places)
    _verify_wal(places[DATABASE])
    fresh = home.with_name(f"{home.name}.restoring")
    _require_space(fresh, manifest)
    _copy(places, fresh)
    server = PostgreSQL(
        fresh / "postgres",
        # Ready means recovered: nobody looks at a state on the way.
        options={"hot_standby": "off"},
        start_seconds=_RECOVERY_SECONDS,
    )
    _ask_for_recovery(server.data, source)
    _start(server)
    try:
        _bring_files(server, fresh / "files", source.files)
        if audit is not None and audit_of(server, audit) != 0:
            msg = f"The audit of what was restored differs: it lies in {fresh}, and is not in use."
            raise BackupError(msg)
    finally:
        server.stop()
    if home.exists():
        home.rmdir()
    fresh.rename(home)
    return manifest


def _require_sense(source: Source, manifest: Manifest) -> None:
    if source.until is None:
        return
    if source.wal is None:
        msg = "--until needs --wal, the archive that says what happened after the backup."
        raise BackupError(msg)
    if source.until.tzinfo is None:
        msg = f"{source.until.isoformat()} has no zone: write 2026-11-28T09:30:00Z or +08:00."
        raise BackupError(msg)
    if source.until < manifest.ended_at:
        msg = (
            f"This backup was finished at {manifest.ended_at.isoformat(timespec='seconds')}:"
            " for an earlier moment take an earlier backup."
        )
        raise BackupError(msg)


def _require_nothing_there(home: Path) -> None:
    if home.exists() and any(home.iterdir()):
        msg = (
            f"{home} is not empty: a restore never overwrites. Set ZHICHUANG_HOME to a new folder."
        )
        raise BackupError(msg)
    fresh = home.with_name(f"{home.name}.restoring")
    if fresh.exists():
        msg = (
            f"{fresh} is left of a restore that did not finish: remove it when nothing works on it."
        )
        raise BackupError(msg)


def _verify_wal(database: Path) -> None:
    """Let PostgreSQL's own tool read its files and the log that makes them one state."""
    command = [str(program("pg_verifybackup")), "--exit-on-error", "--quiet", str(database)]
    done = subprocess.run(
        command, env=environment(), cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        msg = f"PostgreSQL finds this backup damaged: {done.stderr.strip()}"
        raise BackupError(msg)


def _require_space(fresh: Path, manifest: Manifest) -> None:
    nearest = next(folder for folder in fresh.parents if folder.exists())
    free = shutil.disk_usage(nearest).free
    if free < manifest.bytes * _SPARE:
        msg = (
            f"The disk is full: this backup needs {manifest.bytes // 2**20 + 1} MB,"
            f" and {nearest} has {free // 2**20} MB left."
        )
        raise BackupError(msg)


def _copy(places: Mapping[str, Path], fresh: Path) -> None:
    fresh.mkdir(parents=True, mode=0o711)
    shutil.copytree(places[HOME], fresh, dirs_exist_ok=True)
    shutil.copytree(places[KEYS], fresh, dirs_exist_ok=True)
    shutil.copytree(places[DATABASE], fresh / "postgres" / "data")
    # The backup's folders are their owner's alone; a server under another user passes through.
    for folder in (fresh, fresh / "postgres"):
        folder.chmod(0o711)
    (fresh / "postgres" / "data").chmod(0o700)


def _ask_for_recovery(data: Path, source: Source) -> None:
    if source.wal is None:
        return
    if not source.wal.is_dir():
        msg = f"There is no archive in {source.wal}."
        raise BackupError(msg)
    archive = shlex.quote(str(source.wal.resolve())).replace("%", "%%")
    wanted = {
        "restore_command": f"cp {archive}/%f %p",
        "recovery_target_timeline": "latest",
        "recovery_target_action": "promote",
    }
    if source.until is not None:
        wanted["recovery_target_time"] = source.until.isoformat()
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in wanted.items()]
    # The file that ALTER SYSTEM writes: it counts last, and RESET takes the lines away again.
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write("\n".join([*lines, ""]))
    (data / "recovery.signal").touch(mode=0o600)


def _start(server: PostgreSQL) -> None:
    try:
        server.start()
    except PostgresError as error:
        if _TOO_LATE in str(error):
            msg = "The archive ends before that moment: name an earlier one, or leave --until away."
            raise BackupError(msg) from None
        raise
    for name in (
        "restore_command",
        "recovery_target_timeline",
        "recovery_target_action",
        "recovery_target_time",
    ):
        server.execute(f"ALTER SYSTEM RESET {name}")


def _bring_files(server: PostgreSQL, store: Path, elsewhere: Path | None) -> None:
    """Take files that the backup is too old for from a copy of the store, by their hash."""
    missing = []
    for digest in server.execute(_NAMED_FILES, database="registry").split():
        name = Path("sha256", digest[:2], digest)
        if (store / name).exists():
            continue
        kept = None if elsewhere is None else elsewhere / name
        if kept is None or not kept.is_file() or content_of(kept).sha256 != digest:
            missing.append(digest)
            continue
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(kept, store / name)
    if missing:
        shown = ", ".join(missing[:_SHOWN])
        msg = (
            f"{len(missing)} files that rows name are not there ({shown}): they came after the"
            " backup. Say with --files where a copy of the store is."
        )
        raise BackupError(msg)
