"""`make clients`: clients that public generators make of the published document, and their use.

Python and TypeScript are type-checked, and the TypeScript client walks the main path; two more
generators and a collection for Postman have to come out without a warning. `make lint-api` asks
two public linters. Everything lies in `build/clients`; no test and no check needs any of it.
"""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.clients.tools import Fault, installed, run
from tests.contract.client import generate
from tests.contract.step import BIN, ROOT, temporary_folder
from zhichuang.demo.programme import TARGETS
from zhichuang.demo.year import fictional_uscc
from zhichuang.stack import Stack
from zhichuang.up import DEFAULT_PORT, home_folder

HERE: Final = Path(__file__).parent
BUILD: Final = ROOT / "build" / "clients"
RULES: Final = ROOT / "tests" / "contract" / "redocly.yaml"


@dataclass(frozen=True, slots=True)
class Target:
    """A running stack: its address, and where its sample credentials lie."""

    address: str
    credentials: Path
    # The stack itself, where it is one of our own.
    stack: Stack | None = None


def main(words: list[str]) -> int:
    """Make and use the clients, or lint only; 1 when anything had a fault or a warning."""
    steps = LINTS if "lint" in words else STEPS
    try:
        installed(HERE, BUILD)
        with target(here="--here" in words) as there:
            document = httpx.get(f"{there.address}/openapi.json", timeout=60).json()
            (BUILD / "openapi.json").write_text(json.dumps(document, ensure_ascii=False))
            failed = [title for title, step in steps if not _holds(title, step, there)]
    except Fault as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return 1
    print(f"{len(steps) - len(failed)} passed, {len(failed)} failed", *failed, f"({BUILD})")
    return 1 if failed else 0


@contextmanager
def target(*, here: bool) -> Iterator[Target]:
    """Use the running stack, or one of our own with the demo programme."""
    if here:
        port = os.environ.get("ZHICHUANG_PORT", DEFAULT_PORT)
        yield Target(f"http://127.0.0.1:{port}", home_folder() / "credentials.json")
        return
    with (
        temporary_folder() as folder,
        Stack(Path(folder) / "home", demo=True, throwaway=True) as stack,
    ):
        yield Target(str(stack.url), stack.home / "credentials.json", stack)


def _holds(title: str, step: Callable[[Target], None], target: Target) -> bool:
    began = time.monotonic()
    try:
        step(target)
    except Fault as fault:
        print(f"✗ {title}\n    " + str(fault).replace("\n", "\n    "), flush=True)
        return False
    print(f"✓ {title} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def python(_: Target) -> None:
    """Make the Python client, and let mypy read it."""
    if faults := generate(json.loads((BUILD / "openapi.json").read_text()), BUILD):
        raise Fault("\n".join(faults))
    settings = BUILD / "mypy.ini"
    settings.write_text("[mypy]\npython_version = 3.11\n")
    run([str(BIN / "mypy"), "--config-file", str(settings), "-p", "zhichuang_client"], BUILD)


def typescript(_: Target) -> None:
    """Make the TypeScript client that the journey uses."""
    _npm("openapi-ts")


def two_more(_: Target) -> None:
    """Make two more clients by other generators."""
    _npm("openapi-typescript", "openapi.json", "-o", "openapi-typescript.d.ts")
    shutil.rmtree(BUILD / "orval", ignore_errors=True)
    _npm("orval", "--input", "openapi.json", "--output", "orval/client.ts", "--client", "fetch")


def types(_: Target) -> None:
    """Let the TypeScript compiler read all three and the journey, strictly."""
    shutil.copy(HERE / "journey.ts", BUILD)
    shutil.copy(HERE / "tsconfig.json", BUILD)
    _npm("tsc", "-p", ".")


def journey(target: Target) -> None:
    """Walk the main path with the TypeScript client."""
    (BUILD / "targets.json").write_text(json.dumps(TARGETS))
    number = fictional_uscc("91310115", int(time.time()) % 700_000)
    node = shutil.which("node") or "node"
    words = [target.address, str(target.credentials), number, "targets.json"]
    print(run([node, "js/journey.js", *words], BUILD), end="")


def postman(_: Target) -> None:
    """Make a collection for Postman, with a request for every operation."""
    name = "zhichuang.postman_collection.json"
    _npm("openapi2postmanv2", "-s", "openapi.json", "-o", name, "-O", "folderStrategy=Tags")
    made = sum(1 for _ in _requests(json.loads((BUILD / name).read_text())))
    document = json.loads((BUILD / "openapi.json").read_text())
    wanted = sum(len(item) for item in document["paths"].values())
    if made != wanted:
        raise Fault(f"{made} requests for {wanted} operations")


def _requests(item: dict[str, Any]) -> Iterator[Any]:
    if "request" in item:
        yield item["request"]
    for inner in item.get("item", ()):
        yield from _requests(inner)


def redocly(_: Target) -> None:
    """Ask Redocly's linter under its strict recommended rules."""
    _npm("redocly", "lint", "openapi.json", "--config", str(RULES), quiet=False)


def spectral(_: Target) -> None:
    """Ask Spectral under its recommended rules; a warning or a hint is a fault too."""
    rules = str(HERE / "spectral.yaml")
    _npm("spectral", "lint", "openapi.json", "-r", rules, "--fail-severity=hint", quiet=False)


def _npm(program: str, *words: str, quiet: bool = True) -> None:
    """Run a tool from the build folder; it must also have nothing to warn of, if `quiet`."""
    said = run([str(BUILD / "node_modules" / ".bin" / program), *words], BUILD)
    if quiet and re.search(r"(?i)\bwarn", said):
        raise Fault(said)


LINTS: Final = (
    ("Redocly, recommended rules", redocly),
    ("Spectral, recommended rules", spectral),
)
STEPS: Final = (
    ("A Python client (openapi-python-client), type-checked", python),
    ("A TypeScript client (@hey-api/openapi-ts)", typescript),
    ("Two more generators (openapi-typescript, orval)", two_more),
    ("Their types, and those of the journey (tsc)", types),
    ("The TypeScript client walks the main path", journey),
    ("A collection for Postman (openapi-to-postmanv2)", postman),
    *LINTS,
)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
