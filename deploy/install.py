"""Make the virtual environment from the lock, with nothing but Python and its own pip.

    python3 deploy/install.py [--dev]

Does nothing when the environment already fits the lock. Run by the Python that is to be used, so
an old one must be able to read it as far as the sentence that refuses it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
SERVICES = sorted(
    str(path.parent.relative_to(ROOT)) for path in ROOT.glob("services/*/pyproject.toml")
)
MEMBERS = ("shared", *SERVICES, "gateway", "deploy")
NEEDED_BYTES = 900 * 1024 * 1024


def main() -> None:
    """Make or complete the environment; say in one sentence what is in the way."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    chosen = parser.parse_args()
    _require_python()
    environment = chosen.venv.resolve()
    lock = DEV_LOCK if chosen.dev else LOCK
    # The tests' lock holds everything that runs as well: what fits it fits both.
    if _mark_of(environment) in {_digest(lock), _digest(DEV_LOCK)}:
        return
    _require_venv(environment)
    _require_space()
    print(f"Installing {lock.name} into {environment}", flush=True)
    _install(environment, lock)
    (environment / "installed").write_text(_digest(lock))


def _install(environment: Path, lock: Path) -> None:
    if not _works(environment):
        shutil.rmtree(str(environment), ignore_errors=True)
    if not _works(environment, "pip"):
        _run([sys.executable, "-m", "venv", str(environment)], "The environment was not made.")
    python = str(environment / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    _run(
        [*pip, "--require-hashes", "--progress-bar=off", "-r", str(lock)],
        "Is there a network, and room on the disk?",
        show=_Counter(lock),
    )
    members = [word for member in MEMBERS for word in ("-e", str(ROOT / member))]
    # The build backend is in the lock, so nothing is fetched past the hashes; it looks for its
    # program on the path.
    _run(
        [*pip, "--quiet", "--no-deps", "--no-build-isolation", *members],
        "One of the members was not installed.",
        path=str(environment / "bin"),
    )


def _require_python() -> None:
    if sys.version_info[:2] < OLDEST:
        _stop(
            f"Python {_version()} is too old: Zhichuang needs {OLDEST[0]}.{OLDEST[1]} or newer."
            " If another one is installed, name it, as in: make up PYTHON=python3.12"
        )


def _require_venv(environment: Path) -> None:
    """Debian ships `venv` without the part that installs pip, in a package of its own."""
    parts = ("venv", "ensurepip")
    if _works(environment, "pip") or all(importlib.util.find_spec(part) for part in parts):
        return
    _stop(
        "This Python cannot make virtual environments: its venv module is not whole."
        f" On Debian or Ubuntu: apt install python{_version()}-venv"
    )


def _require_space() -> None:
    free = shutil.disk_usage(str(ROOT)).free
    if free < NEEDED_BYTES:
        _stop(
            f"The disk is full: {free // 2**20} MB are left at {ROOT}, and the installation needs"
            f" {NEEDED_BYTES // 2**20} MB."
        )


def _works(environment: Path, module: str = "site") -> bool:
    """Tell whether the environment's Python runs and is this one (either may have changed)."""
    python = environment / "bin" / "python"
    if not python.exists():
        return False
    trial = f"import sys, {module}; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    done = subprocess.run([str(python), "-c", trial], stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


class _Counter:
    """Shows how many packages pip has come to, instead of its several lines for each."""

    def __init__(self, lock: Path) -> None:
        lines = lock.read_text().splitlines()
        self.total = sum("==" in line and line[0].isalpha() for line in lines if line)
        self.done = 0

    def __call__(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word in {"Collecting", "Processing", "Ignoring", "Requirement"}:
            self.done += 1
            name = rest.split()[0].rpartition("/")[2]
            if sys.stdout.isatty():
                print(f"\r\033[K  {self.done} of {self.total}: {name[:60]}", end="")
        elif word == "Installing":
            print(f"\r\033[K  unpacking {self.total} packages")
        sys.stdout.flush()


def _run(command: list[str], advice: str, path: str = "", show: _Counter | None = None) -> None:
    # What this machine tells pip (index, certificate, proxy) stays in force.
    foreign = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    environment["PATH"] = path + os.pathsep + environment.get("PATH", os.defpath)
    output = None if show is None else subprocess.PIPE
    running = subprocess.Popen(command, cwd=str(ROOT), env=environment, stdout=output, text=True)
    for line in running.stdout or ():
        if show is not None:
            show(line)
    if running.wait() != 0:
        _stop("Installing failed; the lines above say why. " + advice)


def _mark_of(environment: Path) -> str:
    try:
        return (environment / "installed").read_text()
    except OSError:
        return ""


def _digest(lock: Path) -> str:
    """Digest over what is installed, and where: a copied checkout gets its own environment."""
    digest = hashlib.sha256(f"{ROOT} {_version()}".encode())
    for path in [lock, *(ROOT / member / "pyproject.toml" for member in MEMBERS)]:
        if not path.exists():
            _stop(f"{path} is missing: this checkout is not whole.")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _stop(message: str) -> None:
    sys.stderr.write(f"✗ {message}\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
