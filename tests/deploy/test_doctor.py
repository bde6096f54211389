"""`zhichuang doctor`: each thing is broken for real, and named with what helps."""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fixtures.postgres import TestDatabase
from tests.fixtures.stack import World
from zhichuang.doctoring import command, rules
from zhichuang.doctoring.databases import _SEALED
from zhichuang.doctoring.words import WORDS
from zhichuang.postgres import PostgreSQL

KEYS = json.dumps({"k1": base64.b64encode(b"1" * 32).decode()})
ZEROS = "decode(repeat('00', 32), 'hex')"
OLD = "01900000-0000-7000-8000-000000000001"
"""An id made in 2024: whatever bears it has waited since then."""

SIGNING = (
    "INSERT INTO signing_key (kid, algorithm, public_jwk, sealed_private, created_at, active_at)"
    " VALUES ('{day}', 'ES256', '{{}}', '', '{day}Z', '{day}Z')"
)

Make = Callable[[str], TestDatabase]
Done = subprocess.CompletedProcess[str]


ROOMY = (
    "import shutil; shutil.disk_usage = lambda _: shutil._ntuple_diskusage(2**40, 0, 2**40);"
    " from zhichuang.cli import app; app()"
)
"""The command on a disk with room: how full this machine's own is belongs to no case."""


def doctor(*words: str, **settings: str) -> Done:
    return started(("-c", ROOMY), words, settings)


def started(how: tuple[str, ...], words: tuple[str, ...], settings: dict[str, str]) -> Done:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHICHUANG_")}
    return subprocess.run(
        [sys.executable, *how, "doctor", *words],
        env=kept | {"LANG": "C"} | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def at(database: TestDatabase, package: str, **settings: str) -> Done:
    """Ask the doctor about one service's surroundings."""
    return doctor(**{**surroundings(database, package), **settings})


def surroundings(database: TestDatabase, package: str) -> dict[str, str]:
    return {
        "ZHICHUANG_DATABASE_URL": database.app_url,
        "ZHICHUANG_CLIENT_ID": package.replace("_", "-"),
        "ZHICHUANG_SECRET": "s" * 32,
        "ZHICHUANG_DATA_KEYS": KEYS,
        "ZHICHUANG_DATA_KEY": "k1",
    }


def codes(done: Done) -> list[str]:
    return re.findall(r"^[✗!] (\w+)", done.stdout, re.MULTILINE)


@pytest.fixture
def sound(database: Make, postgres_server: PostgreSQL) -> Make:
    """Make databases in which nothing waits; a migration's own events do, and no process runs."""

    def make(package: str) -> TestDatabase:
        mine = database(package)
        postgres_server.execute("DELETE FROM event_pending", database=mine.name)
        if package == "gateway":
            postgres_server.execute(SIGNING.format(day="2026-11-28"), database=mine.name)
        return mine

    return make


@pytest.fixture
def as_admin(postgres_server: PostgreSQL) -> Callable[[TestDatabase, str], str]:
    def run(database: TestDatabase, statements: str) -> str:
        return postgres_server.execute(statements, database=database.name)

    return run


@pytest.mark.parametrize("package", ["registry", "gateway"])
def test_a_sound_service_has_nothing_wrong(package: str, sound: Make) -> None:
    done = at(sound(package), package)
    assert (done.returncode, codes(done)) == (0, []), done.stdout + done.stderr
    assert "All is well" in done.stdout


BREAKING: dict[str, tuple[str, str, str]] = {
    "OUTBOX_LAG": ("registry", f"INSERT INTO event_pending VALUES ('{OLD}')", "1 events"),
    "LOG_LAG": ("ip_ledger", f"INSERT INTO log_pending VALUES ('{OLD}')", "1 records"),
    "CHECKPOINT_LAG": (
        "ip_ledger",
        "SET session_replication_role = replica;"
        f" INSERT INTO log_leaf VALUES (0, '{OLD}', {ZEROS})",
        "1 leaves",
    ),
    "LOG_KEY_MISSING": (
        "ip_ledger",
        f"INSERT INTO log_checkpoint VALUES (1, {ZEROS}, 'n', '2026-01-05Z')",
        "log.key",
    ),
    "QUEUE_DEEP": (
        "ip_ledger",
        "INSERT INTO pgqueuer (priority, status, entrypoint, execute_after)"
        " VALUES (0, 'queued', 'batch', clock_timestamp() - interval '1 hour')",
        "1 jobs",
    ),
    "SIGNING_KEY_MISSING": ("gateway", "DELETE FROM signing_key", "rotate-keys"),
    "SIGNING_KEY_OLD": (
        "gateway",
        "DELETE FROM signing_key;" + SIGNING.format(day="2025-01-05"),
        "90 were agreed",
    ),
    "CHINESE_NOT_SEEN": (
        "registry",
        "CREATE SCHEMA shifted; GRANT USAGE ON SCHEMA shifted TO PUBLIC;"
        " CREATE FUNCTION shifted.show_trgm(text) RETURNS text[] LANGUAGE sql"
        " AS $$ SELECT '{}'::text[] $$",
        "C.UTF-8",
    ),
    "CLOCK_SKEW": (
        "registry",
        "CREATE SCHEMA shifted; GRANT USAGE ON SCHEMA shifted TO PUBLIC;"
        " CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
        " AS $$ SELECT pg_catalog.clock_timestamp() + interval '5 minutes' $$",
        "differs from this machine's by 300.",
    ),
    "MIGRATIONS_BEHIND": (
        "registry",
        "UPDATE alembic_version SET version_num = '0001'",
        "python -m shared.database.migrate registry",
    ),
    "MIGRATIONS_AHEAD": (
        "registry",
        "UPDATE alembic_version SET version_num = '9999'",
        "Upgrade the program",
    ),
    "HOUSEKEEPING_FAILING": (
        "gateway",
        "INSERT INTO housekeeping_run VALUES"
        f" ('{OLD}', 'forget_spent', '2026-01-05Z', '2026-01-05Z', '2026-01-05Z', 0, 'OSError')",
        "forget_spent",
    ),
    "DATA_KEY_LOST": (
        "evaluation",
        "SET session_replication_role = replica;"
        " INSERT INTO expert_personal_data (record_id, expert_id, content)"
        f" VALUES ('{OLD}', '{OLD}', 'sealed:gone:abc')",
        "sealed with gone",
    ),
    "WEBHOOK_LAG": (
        "gateway",
        "INSERT INTO webhook (id, version, client_id, created_by, created_at, url, types, state,"
        f" failures, sealed_secret) VALUES ('{OLD}', 1, 'c', '{OLD}', '2026-01-05Z', 'u', '[]',"
        " 'active', 0, '');"
        "INSERT INTO webhook_delivery (id, webhook_id, service, event_id, type, position, body,"
        f" state, attempts, next_at, created_at) VALUES ('{OLD}', '{OLD}', 'registry', '{OLD}',"
        " 't', 1, '', 'pending', 0, clock_timestamp() - interval '1 hour', '2026-01-05Z')",
        "1 webhook deliveries",
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", BREAKING)
def test_what_is_broken_in_a_database_is_named(
    code: str,
    sound: Make,
    as_admin: Callable[[TestDatabase, str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    package, statements, words = BREAKING[code]
    mine = sound(package)
    as_admin(mine, statements)
    if code in {"CHINESE_NOT_SEEN", "CLOCK_SKEW"}:
        as_admin(
            mine,
            f"ALTER DATABASE {mine.name} SET search_path = shifted, public, pg_catalog",
        )
    for name, value in surroundings(mine, package).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(rules, "disk", lambda *_: [])
    # In this process: the interpreter takes longer to start than everything that is asked.
    status = command.main("en")
    said = capsys.readouterr().out
    assert re.findall(r"^[✗!] (\w+)", said, re.MULTILINE) == [code]
    assert words in said
    assert status == (0 if code in {"SIGNING_KEY_OLD", "HOUSEKEEPING_FAILING"} else 1)


@pytest.mark.parametrize(
    ("code", "settings"),
    [
        ("DATA_KEY_MISSING", {"ZHICHUANG_DATA_KEYS": ""}),
        ("DATA_KEY_UNUSABLE", {"ZHICHUANG_DATA_KEY": "k2"}),
        ("DEFAULT_SECRET", {"ZHICHUANG_SECRET": "not-a-secret-outside-tests"}),
        ("DATABASE_UNREACHABLE", {"ZHICHUANG_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/registry"}),
    ],
)  # fmt: skip
def test_what_is_missing_in_the_surroundings_is_named(
    code: str, settings: dict[str, str], sound: Make
) -> None:
    done = at(sound("registry"), "registry", **settings)
    assert codes(done) == [code], done.stdout + done.stderr
    assert done.returncode == (0 if code == "DATA_KEY_MISSING" else 1)


def test_a_wrong_password_is_a_database_that_cannot_be_reached(
    database: Make, tmp_path: Path
) -> None:
    with PostgreSQL(tmp_path / "postgres", throwaway=True) as server:
        address = re.sub(r":[^:@]+@", ":wrong@", server.dsn("registry"))
        done = at(database("registry"), "registry", ZHICHUANG_DATABASE_URL=address)
    assert codes(done) == ["DATABASE_UNREACHABLE"]
    assert "wrong@" not in done.stdout + done.stderr


def test_a_folder_at_rest_tells_its_port_and_that_nothing_runs(tmp_path: Path) -> None:
    with PostgreSQL(tmp_path / "postgres", throwaway=True):
        pass
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = doctor("--language", "zh", ZHICHUANG_HOME=str(tmp_path), ZHICHUANG_PORT=port)
    assert done.returncode == 1
    assert set(codes(done)) == {"PORT_TAKEN", "DATABASE_UNREACHABLE"}
    assert f"端口 {port} 已被其他程序占用" in done.stdout


@pytest.mark.refusing
def test_an_empty_folder_and_a_language_nobody_speaks_here(tmp_path: Path) -> None:
    done = doctor(ZHICHUANG_HOME=str(tmp_path / "none"), ZHICHUANG_PORT="0")
    assert done.returncode == 2
    done = doctor(ZHICHUANG_HOME=str(tmp_path / "none"), ZHICHUANG_PORT="65000")
    assert (done.returncode, codes(done)) == (1, ["NO_DATA"])
    assert doctor("--language", "fr", ZHICHUANG_HOME=str(tmp_path)).returncode == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no mounts")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_disk_that_is_nearly_full_is_named(small_disk: Path) -> None:
    (small_disk / "filled").write_bytes(b"0" * (15 * 2**20 + 2**19))
    settings = {"ZHICHUANG_HOME": str(small_disk / "home"), "ZHICHUANG_PORT": "65000"}
    done = started(("-m", "zhichuang.cli"), (), settings)
    assert "DISK_NEARLY_FULL" in codes(done)
    assert "0 MB left (3 %)" in done.stdout


def test_an_archive_that_takes_nothing_is_named(tmp_path: Path) -> None:
    server = PostgreSQL(tmp_path / "home" / "postgres", throwaway=True)
    archive = tmp_path / "archive"
    server.archive_to(archive)
    with server:
        shutil.rmtree(archive)
        server.execute("SELECT pg_switch_wal()")
        asked = "SELECT failed_count FROM pg_stat_archiver"
        deadline = datetime.now(UTC) + timedelta(seconds=30)
        while server.execute(asked).strip() == "0":
            assert datetime.now(UTC) < deadline
        done = doctor(ZHICHUANG_HOME=str(tmp_path / "home"), ZHICHUANG_PORT="65000")
    assert "ARCHIVE_FAILING" in codes(done), done.stdout + done.stderr


def test_a_running_stack_is_well_until_a_part_of_it_is_not(world: World) -> None:
    home = str(world.stack.home)
    done = doctor(ZHICHUANG_HOME=home)
    assert (done.returncode, codes(done)) == (0, []), done.stdout + done.stderr
    world.kill("postgres")
    done = doctor(ZHICHUANG_HOME=home)
    world.revive("postgres")
    assert set(codes(done)) == {"DATABASE_UNREACHABLE", "NOT_READY"}
    assert done.returncode == 1


def test_every_finding_has_both_texts_with_the_same_figures() -> None:
    for code, (chinese, english) in WORDS.items():
        figures = [sorted(set(re.findall(r"{(\w+)}", text))) for text in (chinese, english)]
        assert figures[0] == figures[1], code
        assert re.search(r"[\u4e00-\u9fff]", chinese), code
        assert not re.search(r"[\u4e00-\u9fff]", english), code


def test_every_sealed_column_is_one_that_exists(
    database: Make, postgres_server: PostgreSQL
) -> None:
    for package, columns in _SEALED.items():
        mine = database(package)
        for table, column in columns:
            asked = f"SELECT count(*) FROM {table} WHERE {column} LIKE 'sealed:%'"
            assert postgres_server.execute(asked, database=mine.name).strip() == "0"
