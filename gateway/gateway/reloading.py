"""Taking a changed configuration on SIGHUP, and asking a running gateway to do so."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import structlog

from gateway import configuring
from gateway.configuring import ConfigRefused
from gateway.settings import GatewaySettings

log = structlog.get_logger(__name__)

# Written beside the pid once a reload was judged: its number, and whether it was taken.
WAIT_SECONDS: Final = 10.0


class Reloadable(Protocol):
    """What goes by settings that may change."""

    async def reload(self, settings: GatewaySettings) -> None:
        """Go by these from the next request on."""


class Reloading:
    """Reads the configuration again when it is told to; one reload at a time."""

    def __init__(self, door: Reloadable, settings: GatewaySettings) -> None:
        """Take what goes by the settings, and those that it goes by now."""
        self._door = door
        self._settings = settings
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[bool]] = set()
        self.done = 0

    def listen(self) -> None:
        """Reload on SIGHUP; only a process's main thread can hear it."""
        self._say("ready")
        with suppress(RuntimeError, ValueError, NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._begin)

    def _begin(self) -> None:
        task = asyncio.get_running_loop().create_task(self.reload())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reload(self) -> bool:
        """Take the configuration of now; tell whether it was taken."""
        async with self._lock:
            try:
                settings = configuring.load()
                names = configuring.changed(self._settings, settings)
            except ConfigRefused as refused:
                log.warning("configuration.refused", reason=str(refused))
                self.done += 1
                self._say(f"refused: {refused}")
                return False
            if names:
                await self._door.reload(settings)
                self._settings = settings
            self.done += 1
            log.warning("configuration.taken", changed=sorted(names))
            self._say("taken: " + (", ".join(sorted(names)) or "nothing changed"))
            return True

    def _say(self, word: str) -> None:
        """Leave the pid and what became of the last reload where `zhichuang reload` looks."""
        path = self._settings.pid_file
        if path is not None:
            fresh = path.with_suffix(".new")
            fresh.write_text(f"{os.getpid()} {self.done} {word}\n", encoding="utf-8")
            fresh.replace(path)


def ask(path: Path) -> str:
    """Tell the gateway of a pid file to reload; give what it says. Raises `ConfigRefused`."""
    configuring.load()
    try:
        pid, before, _ = _read(path)
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError):
        raise ConfigRefused("no gateway runs here") from None
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        time.sleep(0.05)
        _, done, word = _read(path)
        if done > before:
            if word.startswith("refused"):
                raise ConfigRefused(word)
            return word
    raise ConfigRefused("the gateway did not answer in time")


def _read(path: Path) -> tuple[int, int, str]:
    pid, done, word = path.read_text(encoding="utf-8").split(" ", 2)
    return int(pid), int(done), word.strip()


def main() -> None:
    """Check the configuration, then let the gateway of `ZHICHUANG_PID_FILE` take it."""
    path = GatewaySettings().pid_file
    if path is None:
        sys.exit("✗ ZHICHUANG_PID_FILE is not set")
    try:
        said = ask(path)
    except ConfigRefused as refused:
        sys.exit(f"✗ {refused}")
    sys.stdout.write(f"✓ {said}\n")


if __name__ == "__main__":
    main()
