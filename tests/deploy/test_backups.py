"""`zhichuang backup` and `restore`: what comes back is what was there, or it does not come back."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.fixtures.postgres import migrate, migrated_server
from tests.fixtures.stack import World
from zhichuang.postgres import SERVICES, PostgreSQL

FILE = b"evidence"
DIGEST = hashlib.sha256(FILE).hexdigest()


def zhichuang(home: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zhichuang.cli", *map(str, words)],
        env=os.environ | {"ZHICHUANG_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def hand_in(server: PostgreSQL, home: Path, data: bytes) -> str:
    """Put a file into the store and a row that names it, as the registry does."""
    digest = hashlib.sha256(data).hexdigest()
    place = home / "files" / "sha256" / digest[:2] / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    columns = "id, sha256, size, media_type, person_id, uploaded_at"
    row = f"'{uuid4()}', '{digest}', {len(data)}, 'text/plain', '{uuid4()}', '2026-01-05Z'"
    server.execute(f"INSERT INTO stored_file ({columns}) VALUES ({row})", database="registry")
    return digest


def files_in(home: Path) -> list[str]:
    with PostgreSQL(home / "postgres") as server:
        told = server.execute("SELECT sha256 FROM stored_file ORDER BY 1", database="registry")
    return told.split()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder at rest: two services' databases at least, one file, and all keys."""
    folder: Path = tmp_path_factory.mktemp("kept") / "home"
    first = migrated_server()
    server = first.copy_to(folder / "postgres") if first else None
    with server or PostgreSQL(folder / "postgres", throwaway=True) as server:
        if first is None:
            needed = ("registry", "ip_ledger")
            migrate({service: server.dsn(service, "owner") for service in needed})
        hand_in(server, folder, FILE)
    for name in ("secrets.json", "log.key", "clock-offset"):
        (folder / name).write_text(f"the {name}")
    (folder / "files" / "incoming").mkdir()
    (folder / "files" / "incoming" / "half").write_text("broken off")
    return folder


@pytest.fixture(scope="module")
def kept(home: Path) -> Path:
    """A backup of it, for tests that only read it or work on a copy."""
    target = home.parent / "backup"
    done = zhichuang(home, "backup", target)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    """A copy of the backup, to be harmed."""
    return Path(shutil.copytree(kept, tmp_path / "backup"))


@pytest.fixture
def archiving(home: Path, tmp_path: Path) -> Iterator[tuple[PostgreSQL, Path]]:
    """The same data, running, with an archive of its write-ahead log."""
    mine = Path(shutil.copytree(home, tmp_path / "home", ignore=shutil.ignore_patterns("lock")))
    server = PostgreSQL(mine / "postgres", throwaway=True)
    server.archive_to(tmp_path / "archive of 制创's %")
    with server:
        yield server, mine


def test_a_folder_at_rest_comes_back_whole(home: Path, kept: Path, tmp_path: Path) -> None:
    back = tmp_path / "back"
    done = zhichuang(back, "restore", kept)
    assert done.returncode == 0, done.stderr
    assert "HOLDS" in done.stdout
    assert files_in(back) == [DIGEST]
    assert (back / "files" / "sha256" / DIGEST[:2] / DIGEST).read_bytes() == FILE
    for name in ("secrets.json", "log.key", "clock-offset", "postgres/logins.json"):
        assert (back / name).read_text() == (home / name).read_text()
    assert not (back / "files" / "incoming").exists()
    assert (back / "postgres" / "data").stat().st_mode & 0o777 == 0o700


def test_the_manifest_names_every_file_with_its_hash(kept: Path) -> None:
    manifest = json.loads((kept / "manifest.json").read_text())
    told = manifest["files"][f"home/files/sha256/{DIGEST[:2]}/{DIGEST}"]
    assert told == {"size": len(FILE), "sha256": DIGEST}
    assert "database/PG_VERSION" in manifest["files"]
    assert "keys/secrets.json" in manifest["files"]
    assert {path.stat().st_mode & 0o077 for path in kept.glob("manifest*")} == {0}


def test_keys_can_be_kept_in_another_place(home: Path, tmp_path: Path) -> None:
    target, keys, back = tmp_path / "backup", tmp_path / "vault" / "keys", tmp_path / "back"
    assert zhichuang(home, "backup", target, "--keys", keys).returncode == 0
    assert not (target / "keys").exists()
    assert b"the secrets.json" not in b"".join(
        path.read_bytes() for path in target.rglob("*") if path.is_file()
    )
    without = zhichuang(back, "restore", target)
    assert without.returncode == 1
    assert "--keys" in without.stderr
    assert zhichuang(back, "restore", target, "--keys", keys).returncode == 0
    assert (back / "secrets.json").read_text() == "the secrets.json"


def test_a_moment_between_two_changes_is_recovered(
    archiving: tuple[PostgreSQL, Path], tmp_path: Path
) -> None:
    server, home = archiving
    target, wal = tmp_path / "backup", tmp_path / "archive of 制创's %"
    assert zhichuang(home, "backup", target).returncode == 0
    before = hand_in(server, home, b"before")
    moment = server.execute(
        'SELECT to_char(clock_timestamp(), \'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"\')'
    )
    after = hand_in(server, home, b"after")
    piece = server.execute("SELECT pg_walfile_name(pg_switch_wal())").strip()
    until = time.monotonic() + 30
    while not (wal / piece).exists():
        assert time.monotonic() < until, "the piece was not archived"
        time.sleep(0.05)

    options = ("--wal", wal, "--files", home / "files")
    then = tmp_path / "then"
    done = zhichuang(then, "restore", target, *options, "--until", moment.strip())
    assert done.returncode == 0, done.stderr
    assert files_in(then) == sorted([DIGEST, before])

    newest = tmp_path / "newest"
    lacking = zhichuang(newest, "restore", target, "--wal", wal)
    assert lacking.returncode == 1
    assert "--files" in lacking.stderr
    shutil.rmtree(tmp_path / "newest.restoring")
    done = zhichuang(newest, "restore", target, *options)
    assert done.returncode == 0, done.stderr
    assert files_in(newest) == sorted([DIGEST, before, after])
    assert (newest / "files" / "sha256" / after[:2] / after).read_bytes() == b"after"


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("database/base", "was changed"),
        ("database/pg_wal", "was changed"),
        ("home/files", "was changed"),
        ("keys/log.key", "was changed"),
        ("manifest.json", "manifest.json was changed"),
    ],
)
def test_a_changed_byte_is_found(copy: Path, tmp_path: Path, part: str, words: str) -> None:
    path = copy / part
    if path.is_dir():
        path = max(
            (one for one in path.rglob("*") if one.is_file()), key=lambda f: f.stat().st_size
        )
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    done = zhichuang(tmp_path / "back", "restore", copy)
    assert done.returncode == 1
    assert words in done.stderr
    assert not (tmp_path / "back").exists()


@pytest.mark.refusing
def test_a_missing_file_a_foreign_one_and_a_forged_manifest_are_found(
    copy: Path, tmp_path: Path
) -> None:
    (copy / "home" / "files" / "sha256" / DIGEST[:2] / DIGEST).unlink()
    (copy / "home" / "files" / "foreign").write_text("put there")
    done = zhichuang(tmp_path / "back", "restore", copy)
    assert f"{DIGEST} is missing" in done.stderr
    assert "home/files/foreign is not of this backup" in done.stderr
    # Who can write the backup can write its manifest anew, but not the hash kept elsewhere.
    told = json.loads((copy / "manifest.json").read_text())
    kept = hashlib.sha256((copy / "manifest.json").read_bytes()).hexdigest()
    del told["files"][f"home/files/sha256/{DIGEST[:2]}/{DIGEST}"]
    text = json.dumps(told)
    (copy / "manifest.json").write_text(text)
    (copy / "manifest.json.sha256").write_text(hashlib.sha256(text.encode()).hexdigest())
    done = zhichuang(tmp_path / "back", "restore", copy, "--manifest", kept)
    assert done.returncode == 1
    assert "manifest.json was changed" in done.stderr


@pytest.mark.refusing
def test_neither_command_overwrites(home: Path, kept: Path, tmp_path: Path) -> None:
    before = (kept / "manifest.json").read_bytes()
    again = zhichuang(home, "backup", kept)
    assert again.returncode == 1
    assert "never overwrites" in again.stderr
    assert (kept / "manifest.json").read_bytes() == before
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine").write_text("mine")
    done = zhichuang(taken, "restore", kept)
    assert done.returncode == 1
    assert "never overwrites" in done.stderr
    assert [path.name for path in taken.iterdir()] == ["mine"]


@pytest.mark.refusing
def test_what_cannot_be_meant_is_said(kept: Path, home: Path, tmp_path: Path) -> None:
    back = tmp_path / "back"
    assert "There is no data" in zhichuang(back, "backup", tmp_path / "b").stderr
    assert "no finished backup" in zhichuang(back, "restore", tmp_path).stderr
    moment = ("--until", "2026-01-01T00:00:00+08:00")
    for wrong in ("yesterday", "2026-11-28T09:30:00"):
        told = zhichuang(back, "restore", kept, "--until", wrong, "--wal", tmp_path).stderr
        assert "2026-11-28T09:30:00" in told
    assert "--wal" in zhichuang(back, "restore", kept, *moment).stderr
    early = zhichuang(back, "restore", kept, *moment, "--wal", tmp_path).stderr
    assert "take an earlier backup" in early
    (tmp_path / "b.part").mkdir()
    half = zhichuang(home, "backup", tmp_path / "b")
    assert half.returncode == 1
    assert "another backup is being made" in half.stderr


@pytest.mark.refusing
def test_a_ledger_that_was_changed_before_is_not_taken_into_use(
    archiving: tuple[PostgreSQL, Path], tmp_path: Path
) -> None:
    server, home = archiving
    # A balanced book of no entries, into which somebody writes a leaf by hand.
    server.execute(
        "INSERT INTO log_checkpoint (tree_size, root, note, signed_at)"
        " VALUES (1, decode(repeat('00', 32), 'hex'), 'forged', '2026-01-05Z')",
        database="ip_ledger",
    )
    assert zhichuang(home, "backup", tmp_path / "backup").returncode == 0
    done = zhichuang(tmp_path / "back", "restore", tmp_path / "backup")
    assert done.returncode == 1
    assert "is not in use" in done.stderr
    assert not (tmp_path / "back").exists()
    assert (
        zhichuang(tmp_path / "two", "restore", tmp_path / "backup", "--skip-audit").returncode == 0
    )


def test_a_running_stack_is_copied_and_what_comes_back_holds(world: World, tmp_path: Path) -> None:
    home, target, back = world.stack.home, tmp_path / "backup", tmp_path / "back"
    done = zhichuang(home, "backup", target)
    assert done.returncode == 0, done.stderr
    done = zhichuang(back, "restore", target)
    assert done.returncode == 0, done.stderr
    assert "HOLDS" in done.stdout
    with PostgreSQL(back / "postgres") as server:
        asked = "SELECT count(*) FROM event"
        counts = {service: int(server.execute(asked, database=service)) for service in SERVICES}
    assert counts["registry"] > 0
    for service, count in counts.items():
        assert count <= int(world.stack.postgres.execute(asked, database=service))
    # Beside the original, which never noticed.
    assert world.caller("m01").get("/v1/me")["center_ids"]
