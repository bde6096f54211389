"""`make up`: start a stack, show how it goes, watch it, and leave nothing behind."""

import errno
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from rich.console import Console
from rich.markup import escape

from zhichuang import sandboxing
from zhichuang.postgres import PostgresError
from zhichuang.processes import ProcessError
from zhichuang.stack import Report, Stack

DEFAULT_PORT: Final = 8000
_END_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PICK_CLIENT: Final = (
    "import json, sys; c = json.load(open(sys.argv[1]))[sys.argv[2]];"
    " print(c['client_id'] + ':' + c['client_secret'])"
)
_PICK_TOKEN: Final = "import json, sys; print(json.load(sys.stdin)['access_token'])"  # noqa: S105 - code


class StopRequested(BaseException):
    """Somebody asked for the end: Ctrl-C, SIGTERM, or the terminal was closed."""


class Terminal(Report):
    """Shows each step with the time it took; without a terminal, one plain line per step."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show a step while it runs and once it is done."""
        began = time.monotonic()
        with self._console.status(f"{escape(title)} …") as status:
            yield lambda line: status.update(f"{escape(title)} … [dim]{escape(line)}[/dim]")
        took = time.monotonic() - began
        self._console.print(f"[green]✓[/green] {escape(title)} [dim]{took:.1f} s[/dim]")

    def line(self, text: str) -> None:
        """Print one line as it is."""
        self._console.print(text, markup=False)


def home_folder() -> Path:
    """Return the data folder: `ZHICHUANG_HOME`, or `.zhichuang` where the command was given."""
    return Path(os.environ.get("ZHICHUANG_HOME") or ".zhichuang").resolve()


def gateway_port() -> int:
    """Return the gateway's port: `ZHICHUANG_PORT`, or 8000."""
    text = os.environ.get("ZHICHUANG_PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 2**16:
        msg = f"ZHICHUANG_PORT={text} is not a port; choose a number from 1 to 65535."
        raise ProcessError(msg)
    return int(text)


def run() -> int:
    """Run a stack until somebody ends it; return the exit status."""
    terminal = Terminal()
    for each in _END_SIGNALS:
        signal.signal(each, _request_stop)
    try:
        with_demo = os.environ.get("ZHICHUANG_DEMO", "1") != "0"
        stack = Stack(home_folder(), port=gateway_port(), demo=with_demo, report=terminal)
        _run(stack, terminal)
    except (PostgresError, ProcessError) as error:
        return _fail(str(error))
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return _fail(f"The disk is full: {error.filename or home_folder()}. Free some space.")
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            return _fail(f"{error.filename or home_folder()} cannot be written: {error.strerror}.")
        raise
    except StopRequested:
        terminal.line("Stopped.")
    return 0


def _run(stack: Stack, terminal: Terminal) -> None:
    began = time.monotonic()
    try:
        stack.start()
        terminal.line(_welcome(stack, time.monotonic() - began))
        while True:
            for told in stack.supervise():
                terminal.line(f"{time.strftime('%H:%M:%S')} {told}")
            stack.rest()
    finally:
        # A second Ctrl-C must not leave half of the processes behind.
        for each in _END_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        with terminal.step("Stopping"):
            stack.stop()


def _welcome(stack: Stack, seconds: float) -> str:
    return f"""
Zhichuang is ready at {stack.url} ({seconds:.1f} s). Ctrl-C stops it.
Sample credentials: {stack.credentials_file}
Data and logs:      {stack.home}

Three calls to copy:
  curl -s {stack.url}/v1/public/centers
  TOKEN=$(curl -s {stack.url}/oauth/token -d grant_type=client_credentials \\
    -u "$(python3 -c "{_PICK_CLIENT}" {stack.credentials_file} m01)" | python3 -c "{_PICK_TOKEN}")
  curl -s {stack.url}/v1/me -H "Authorization: Bearer $TOKEN"
"""


def wipe() -> int:
    """Ask for a wipe of the data folder's sandbox; return the exit status."""
    home = home_folder()
    try:
        told = sandboxing.wipe(home, running_url(home))
    except (PostgresError, ProcessError) as error:
        return _fail(str(error))
    Terminal().line(told)
    return 0


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested


def _fail(message: str) -> int:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]✗[/red] {escape(message)}")
    return 1


def running_url(home: Path) -> str | None:
    """Return the address of the stack that runs on a data folder, when one does."""
    try:
        told = json.loads((home / "running.json").read_text())
        os.kill(told["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return str(told["url"])


if __name__ == "__main__":
    sys.exit(run())
