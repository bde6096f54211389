"""The embedded server: safe as root, durable, stubborn, and closed to whoever has no password."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhichuang.postgres import SERVICES, PostgresError, PostgreSQL, program


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    with PostgreSQL(tmp_path_factory.mktemp("pg") / "postgres", throwaway=True) as running:
        yield running


def as_login(
    server: PostgreSQL, service: str, login: str, sql: str
) -> subprocess.CompletedProcess[str]:
    url = server.dsn(service, "app" if login == "app" else "owner", driver="postgresql")
    return subprocess.run(
        [str(program("psql")), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, url],
        capture_output=True,
        text=True,
        check=False,
    )


def is_running(pid: int) -> bool:
    """Whether the process still does something; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_chinese_text_has_trigrams(server: PostgreSQL) -> None:
    assert int(server.execute("SELECT cardinality(show_trgm('上海'))", database="registry")) > 0


def test_chinese_text_has_trigrams_in_an_empty_environment(tmp_path: Path) -> None:
    text = (
        "from pathlib import Path; from zhichuang.postgres import PostgreSQL\n"
        f"with PostgreSQL(Path({str(tmp_path / 'pg')!r}), throwaway=True) as server:\n"
        "    print(server.execute(\"SELECT cardinality(show_trgm('上海'))\", database='registry'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", text],
        env={"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


def test_every_commit_is_flushed_even_in_tests(server: PostgreSQL) -> None:
    shown = server.execute("SHOW fsync; SHOW synchronous_commit; SHOW full_page_writes")
    assert shown.split() == ["on", "on", "on"]


def test_no_server_process_has_the_rights_of_root(server: PostgreSQL) -> None:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff"))
    assert int(effective.split()[1], 16) == 0


@pytest.mark.parametrize("service", SERVICES)
def test_the_app_login_may_create_nothing_that_stays(server: PostgreSQL, service: str) -> None:
    for statement in ("CREATE TABLE t (a int)", "CREATE SCHEMA s", "CREATE DATABASE d"):
        assert "permission denied" in as_login(server, service, "app", statement).stderr


def test_the_app_login_may_stage_rows_in_a_temporary_table(server: PostgreSQL) -> None:
    assert as_login(server, "registry", "app", "CREATE TEMPORARY TABLE t (a int)").returncode == 0


def test_one_service_cannot_enter_another_services_database(server: PostgreSQL) -> None:
    url = server.dsn("registry", "app", database="ip_ledger", driver="postgresql")
    done = subprocess.run(
        [str(program("psql")), "-Xc", "SELECT 1", url], capture_output=True, text=True, check=False
    )
    assert "permission denied for database" in done.stderr


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_login_without_its_password_is_refused(server: PostgreSQL, password: str) -> None:
    done = subprocess.run(
        [
            *(str(program("psql")), "-Xwc", "SELECT 1"),
            f"dbname=registry user=registry_app host={server.socket_folder}",
        ],
        env={"PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "password" in done.stderr


def test_passwords_lie_where_only_their_owner_can_read_them(server: PostgreSQL) -> None:
    logins = server.folder / "logins.json"
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    assert len(set(json.loads(logins.read_text()).values())) == 2 * len(SERVICES) + 1


def test_a_copied_database_belongs_to_the_same_two_logins(server: PostgreSQL) -> None:
    server.copy_database("registry", "registry_copy", service="registry")
    try:
        app = server.dsn("registry", "app", database="registry_copy", driver="postgresql")
        other = server.dsn("gateway", "app", database="registry_copy", driver="postgresql")
        tried = [
            subprocess.run(
                [str(program("psql")), "-Xc", "SELECT 1", url], capture_output=True, check=False
            ).returncode
            for url in (app, other)
        ]
        assert tried == [0, 2]
    finally:
        server.drop_database("registry_copy")


def test_a_second_server_on_the_same_folder_is_refused(server: PostgreSQL) -> None:
    with pytest.raises(PostgresError, match="Another stack already runs"):
        PostgreSQL(server.folder).start()


def test_committed_rows_survive_kill_9(tmp_path: Path) -> None:
    with PostgreSQL(tmp_path / "pg", throwaway=True) as server:
        server.execute("CREATE TABLE kept (a int); INSERT INTO kept VALUES (42)")
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.restart()
        assert server.execute("SELECT a FROM kept").strip() == "42"


def test_the_server_ends_with_its_parent_and_its_folder_can_be_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    parent = subprocess.Popen(
        [sys.executable, "-m", "zhichuang.postgres", "--folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    while "Ready" not in parent.stdout.readline():
        assert parent.poll() is None
    postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    parent.kill()
    parent.wait()
    parent.stdout.close()
    with PostgreSQL(folder) as server:
        assert server.execute("SELECT 1").strip() == "1"
    assert not is_running(postmaster)


def test_a_pid_file_that_names_someone_elses_process_is_stale(tmp_path: Path) -> None:
    server = PostgreSQL(tmp_path / "pg", throwaway=True)
    server.start()
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    pid_file = server.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:], ""]))
    time.sleep(0.2)  # The killed server's own children let go of its memory.
    server.restart()
    server.stop()
    assert server.process is None


def test_data_of_another_version_is_refused_in_words(tmp_path: Path) -> None:
    server = PostgreSQL(tmp_path / "pg", throwaway=True)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(PostgresError, match="made by PostgreSQL 17"):
        server.start()


def test_a_full_disk_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1024

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage)
    with pytest.raises(PostgresError, match="disk is full"):
        PostgreSQL(tmp_path / "pg").start()


def test_a_copied_folder_starts_with_everything_in_it(tmp_path: Path) -> None:
    first = PostgreSQL(tmp_path / "first", throwaway=True)
    first.start()
    first.execute("CREATE TABLE kept (a int)")
    first.stop()
    with first.copy_to(tmp_path / "second") as second:
        assert second.execute("SELECT count(*) FROM kept").strip() == "0"


def test_a_service_younger_than_its_folder_gets_logins_and_a_database(tmp_path: Path) -> None:
    with PostgreSQL(tmp_path / "pg", throwaway=True) as server:
        server.drop_database("evaluation")
        server.execute("DROP ROLE evaluation_app; DROP ROLE evaluation_owner")
    told = tmp_path / "pg" / "logins.json"
    older = json.loads(told.read_text())
    of_it = [older.pop(f"evaluation_{login}") for login in ("owner", "app")]
    told.write_text(json.dumps(older))
    with PostgreSQL(tmp_path / "pg", throwaway=True) as server:
        logins = json.loads(told.read_text())
        assert older.items() < logins.items()
        assert not {logins["evaluation_owner"], logins["evaluation_app"]} & set(of_it)
        may = "SELECT has_database_privilege('evaluation_app', 'evaluation', 'CONNECT')"
        assert server.execute(may).strip() == "t"


def test_a_socket_folder_taken_by_someone_else_is_refused(tmp_path: Path) -> None:
    server = PostgreSQL(tmp_path / "pg", throwaway=True)
    server.socket_folder.mkdir(mode=0o777)
    server.socket_folder.chmod(0o777)
    with pytest.raises(PostgresError, match="belongs to someone else"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its rights")
def test_without_user_namespaces_it_runs_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    real = PostgreSQL._reachable_as
    monkeypatch.setattr(
        PostgreSQL,
        "_reachable_as",
        lambda server, user: user != "namespace" and real(server, user),
    )
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o755)
        server = PostgreSQL(Path(open_to_all) / "pg", throwaway=True)
        try:
            server.start()
        except PostgresError as error:
            assert "Run as an ordinary user" in str(error)  # noqa: PT017 - the programs lie hidden
            return
        assert server.process is not None
        assert Path(f"/proc/{server.process.pid}").stat().st_uid == server.data.stat().st_uid != 0
        assert server.execute("SELECT 1").strip() == "1"
        server.stop()


@pytest.mark.refusing
@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its rights")
def test_root_whose_files_nobody_can_reach_is_told_where_to_put_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PostgreSQL, "_reachable_as", lambda _server, _user: False)
    with pytest.raises(PostgresError, match="put the checkout"):
        PostgreSQL(tmp_path / "pg").start()
