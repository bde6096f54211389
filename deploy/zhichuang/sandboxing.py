"""A sandbox that begins afresh: its databases and files as the demo programme left them.

What happened is never deleted row by row, since events, audit and journal are insert-only for good
reason: the whole is put back to copies that were taken right after the demo programme.
"""

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from zhichuang.postgres import SERVICES, PostgreSQL
from zhichuang.processes import HOST, ProcessError

SETTING: Final = "ZHICHUANG_SANDBOX_WIPE"
RETRY_AFTER_SECONDS: Final = 30
NO_KEYS: Final = (
    "SELECT 'DELETE FROM signing_key' WHERE to_regclass('signing_key') IS NOT NULL \\gexec"
)
_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_ASK_SECONDS: Final = 2.0
_BODY: Final = json.dumps(
    {
        "type": "/problems/UNAVAILABLE",
        "title": "The sandbox is being put back to its beginning / 沙箱正在恢复初始数据",
        "status": 503,
        "code": "UNAVAILABLE",
    },
    ensure_ascii=False,
).encode()
_ANSWER: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    b"Retry-After: %d\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
) % (RETRY_AFTER_SECONDS, len(_BODY), _BODY)


class Fresh:
    """The copies, and the marks that say how far a wipe has come; all in the data folder."""

    def __init__(self, home: Path, postgres: PostgreSQL) -> None:
        """Bind to a data folder and its server; nothing is read yet."""
        self._home = home
        self._postgres = postgres
        self._folder = home / "fresh"

    @property
    def is_taken(self) -> bool:
        """Whether there is something to put back."""
        return (self._folder / "taken").exists()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody asked for a wipe, or one was not finished."""
        return (self._folder / "wanted").exists()

    def take(self) -> None:
        """Copy databases and files; nobody may be working in them."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for name in SERVICES:
            self._postgres.copy_database(
                name, f"{name}_fresh", service=name, instead_of=[f"{name}_fresh"]
            )
            # A copy that somebody is connected to, if only to tidy up, cannot be copied back.
            self._postgres.execute(f"ALTER DATABASE {name}_fresh ALLOW_CONNECTIONS false")
        shutil.rmtree(self._folder / "files", ignore_errors=True)
        shutil.copytree(self._home / "files", self._folder / "files")
        self._mark_wiped()
        (self._folder / "taken").touch()

    def want(self) -> None:
        """Ask for a wipe; raise where there is nothing to put back."""
        if not self.is_taken:
            msg = (
                f"{self._home} has no copies to go back to: they are taken at the first start"
                f" with {SETTING}=03:00 (a time of day in Shanghai)."
            )
            raise ProcessError(msg)
        (self._folder / "wanted").touch()

    def restore(self) -> None:
        """Put everything back; what was begun and not finished is begun again.

        The mark that it is wanted goes last, in `finish`: whoever is killed amid this does it
        again at the next start, before anybody is let in.
        """
        # The code may be newer than the copies: they are migrated anew.
        (self._home / "migrated").unlink(missing_ok=True)
        for name in SERVICES:
            self._postgres.copy_database(f"{name}_fresh", name, service=name, instead_of=[name])
        # A new key signs from here on: no token from before passes anywhere.
        self._postgres.execute(NO_KEYS, database="gateway")
        files = self._home / "files"
        shutil.rmtree(files, ignore_errors=True)
        shutil.copytree(self._folder / "files", files)

    def finish(self) -> None:
        """Note that it was done, where it was wanted."""
        if self.is_wanted:
            self._mark_wiped()
            (self._folder / "wanted").unlink()

    def is_due(self, hour: str, now: datetime) -> bool:
        """Whether an hour of wiping went by since the last wipe, or since the copies were taken."""
        if not self.is_taken or not hour:
            return False
        return last_hour(hour, now) > datetime.fromisoformat(
            (self._folder / "wiped").read_text(encoding="ascii")
        )

    def _mark_wiped(self) -> None:
        (self._folder / "wiped").write_text(datetime.now(UTC).isoformat(), encoding="ascii")


def last_hour(hour: str, now: datetime) -> datetime:
    """Give the last instant at which it was that time of day in Shanghai; raise for nonsense."""
    try:
        read = datetime.strptime(hour.strip(), "%H:%M").time()  # noqa: DTZ007 - a time of day
    except ValueError:
        msg = f"{SETTING}={hour} is not a time of day such as 03:00."
        raise ProcessError(msg) from None
    today = datetime.combine(now.astimezone(_SHANGHAI).date(), read, _SHANGHAI)
    return today if today <= now else today - timedelta(days=1)


@contextmanager
def standing_in(port: int) -> Iterator[None]:
    """Answer whoever calls meanwhile with 503 and when to come back."""
    with socket.create_server((HOST, port), backlog=128) as listening:
        listening.settimeout(0.1)
        ending = threading.Event()
        thread = threading.Thread(target=_refuse_all, args=(listening, ending), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


def _refuse_all(listening: socket.socket, ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            caller, _ = listening.accept()
        except TimeoutError:
            continue
        threading.Thread(target=_refuse, args=(caller,), daemon=True).start()


def _refuse(caller: socket.socket) -> None:
    with caller, suppress(OSError):
        caller.settimeout(_ASK_SECONDS)
        # What was asked is read first: closing over unread bytes would reset the connection, and
        # the answer would be lost with it.
        caller.recv(65_536)
        caller.sendall(_ANSWER)
        caller.shutdown(socket.SHUT_WR)
        while caller.recv(65_536):
            pass


def wipe(home: Path, running: str | None) -> str:
    """Ask for a wipe of a data folder; tell what becomes of it."""
    fresh = Fresh(home, PostgreSQL(home / "postgres"))
    fresh.want()
    if running is None:
        return "Nothing runs here: the next start begins afresh."
    return f"The stack at {running} begins afresh now; callers are told to come back soon."
