"""What the checks share: how one tells its faults, and the stack that some of them call."""

import contextlib
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx

from shared.services import PACKAGES, SERVICES
from shared.settings import Settings
from tests.fixtures.memory import in_memory
from zhichuang.postgres import PostgreSQL
from zhichuang.processes import ProcessError
from zhichuang.stack import Stack

ROOT: Final = Path(__file__).resolve().parents[2]
BIN: Final = Path(sys.executable).parent
_PARTS: Final = (*SERVICES, "identity", "public")
SECONDS_UNTIL_WHOLE: Final = 120
LOCKS: Final = ("requirements.lock", "requirements-dev.lock")


def settings_kinds() -> dict[str, type[Settings]]:
    """Give the settings of each service, by its package."""
    kinds = {}
    for package in PACKAGES:
        module = importlib.import_module(f"{package}.settings")
        own = [
            one
            for one in vars(module).values()
            if getattr(one, "__module__", "") == module.__name__
        ]
        [kinds[package]] = [
            one for one in own if isinstance(one, type) and issubclass(one, Settings)
        ]
    return kinds


@dataclass
class Context:
    """Gives steps what takes time to make, once, and only when one asks for it."""

    folder: Path
    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @cached_property
    def postgres(self) -> PostgreSQL:
        """An empty server."""
        return self.closing.enter_context(PostgreSQL(self.folder / "pg", throwaway=True))

    @cached_property
    def stack(self) -> Stack:
        """A running stack with the demo programme."""
        stack = Stack(self.folder / "home", demo=True, throwaway=True)
        return self.closing.enter_context(stack)

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The published document, as every caller gets it."""
        until = time.monotonic() + SECONDS_UNTIL_WHOLE
        while missing := _missing(document := self._published()):
            # On a busy machine a service may take longer to write its own than the gateway waits.
            if time.monotonic() > until:
                msg = f"/openapi.json lacks whole services: nothing under {', '.join(missing)}"
                raise ProcessError(msg)
            time.sleep(1)
        return document

    def _published(self) -> dict[str, Any]:
        answer = httpx.get(f"{self.stack.url}/openapi.json", timeout=30)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def client(self, name: str | None) -> httpx.Client:
        """Call the gateway as a sample credential, or without a token when `name` is None."""
        client = httpx.Client(base_url=self.stack.url, timeout=30)
        if name is not None:
            client.headers["Authorization"] = f"Bearer {self.token(name)}"
        return self.closing.enter_context(client)

    def token(self, name: str) -> str:
        """Get a fresh access token for a sample credential."""
        credential = self.stack.credentials[name]
        answer = httpx.post(
            f"{self.stack.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(credential["client_id"], credential["client_secret"]),
            timeout=30,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])


def _missing(document: dict[str, Any]) -> list[str]:
    return [f"/v1/{name}/" for name in _PARTS if f"/v1/{name}/" not in str(document["paths"])]


@dataclass(frozen=True)
class Step:
    """One question; `ask` answers with what is wrong, nothing being the good answer."""

    name: str
    title: str
    ask: Callable[[Context], list[str]]
    calls: bool = False
    """Whether it calls the running stack."""


def program(*command: str, **environment: str) -> list[str]:
    """Run one of the environment's programs; its output is the fault when it fails."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return []
    return [(done.stdout + done.stderr).strip() or f"{command[0]}: status {done.returncode}"]


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that is gone afterwards."""
    return tempfile.TemporaryDirectory(prefix="zhichuang-check-", dir=in_memory())
