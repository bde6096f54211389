"""Public tools of npm, installed into the build folder as the committed lock says."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

LOCKED: Final = ("package.json", "package-lock.json", ".npmrc", "openapi-ts.config.mjs")
# Generators and linters report their use, and look for newer versions, unless told not to.
QUIET: Final = {
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "SCARF_ANALYTICS": "false",
    "DO_NOT_TRACK": "1",
    "CI": "1",
    "NO_COLOR": "1",
}
SECONDS: Final = 900


class Fault(Exception):  # noqa: N818 - reads as what it is
    """What went wrong, in the tool's words."""


def installed(source: Path, folder: Path) -> None:
    """Install what the lock names, unless it is there already."""
    npm = shutil.which("npm")
    if npm is None:
        raise Fault("npm is missing. On Debian or Ubuntu: apt install npm")
    folder.mkdir(parents=True, exist_ok=True)
    for name in LOCKED:
        shutil.copy(source / name, folder)
    lock = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules" / ".zhichuang-lock"
    if mark.exists() and mark.read_text() == lock:
        return
    run([npm, "ci", "--loglevel=error"], folder)
    mark.write_text(lock)


def run(command: list[str], folder: Path) -> str:
    """Run a tool and give what it said; a failure is a `Fault`."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | QUIET, capture_output=True, text=True,
            check=False, timeout=SECONDS,
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError) as error:
        raise Fault(str(error)) from error
    said = done.stdout + done.stderr
    if done.returncode != 0:
        raise Fault(said[-6000:] or f"{command[0]}: status {done.returncode}")
    return said
