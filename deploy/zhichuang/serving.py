"""`zhichuang serve` and `migrate`: one process of a deployment on several machines.

Everything else comes from the environment, or from files in the folder `ZHICHUANG_SECRETS`.
"""

import os
import sys
from typing import NoReturn

from zhichuang.cluster import SERVICES
from zhichuang.processes import protocol_of, server_command


def serve(name: str, host: str, port: int) -> int:
    """Become the server of one service; returns only where there is no such service."""
    package = _package(name)
    if package is None:
        return 2
    return _become(server_command(package, host, port, protocol_of(package)))


def migrate(name: str) -> int:
    """Become the migration of one service's database, as its owner (`ZHICHUANG_DATABASE_URL`)."""
    package = _package(name)
    if package is None:
        return 2
    return _become([sys.executable, "-m", "shared.database.migrate", package])


def _become(command: list[str]) -> NoReturn:
    os.execv(command[0], command)  # noqa: S606 - a shell is not wanted


def _package(name: str) -> str | None:
    package = name.replace("-", "_")
    if package in SERVICES:
        return package
    known = ", ".join(one.replace("_", "-") for one in SERVICES)
    print(f"There is no service {name}; there are {known}.", file=sys.stderr)
    return None
