"""Schemathesis as each kind of caller, on what it may call: whatever is sent, nothing is a 5xx."""

import copy
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from tests.contract.openapi import METHODS
from tests.contract.roles import CALLERS
from tests.contract.step import ROOT, Context

# Who speaks for a capacity; who may not call at all is the roles' step, and is refused early.
_SPEAKERS: Final[dict[str | None, frozenset[str]]] = {
    None: frozenset(),
    "m01": CALLERS["m01"],
    "c01": CALLERS["c01"],
    "ex01": CALLERS["ex01"],
    "handler": CALLERS["handler"],
    **{name: frozenset({name}) for name in ("reviewer", "approver", "auditor", "bookkeeper")},
    "finance": CALLERS["finance"],
    "admin": frozenset({"admin"}),
}
_SEED: Final = 20260105
# Making up a request takes longer than answering it.
_AT_ONCE: Final = 2
# The clock of the stack is not moved to the year 9999, and no credential ends meanwhile: a client
# that has registered a key of its own has a secret no longer, and one that is bound to networks may
# be bound to others than this machine's.
_LEFT_ALONE: Final = re.compile(
    r"\w+ /(v1/sandbox/|oauth/)|post /v1/identity/clients/\{client_id\}/keys"
    r"|put /v1/identity/clients/\{client_id\}/networks"
    r"|delete /v1/(identity/(clients/|front-ends/|people/)|me/sessions)"
)
# Threads change hands only where one waits. Python 3.11 keeps one depth for all threads that
# parse source, and fails (`AST constructor recursion depth mismatch`) when they change hands
# within a parse; Hypothesis' hook in the garbage collector is where they did.
_PROGRAM: Final = (
    "import sys; sys.setswitchinterval(60); from schemathesis.cli import schemathesis;"
    " schemathesis(prog_name='schemathesis')"
)


def ask(context: Context) -> list[str]:
    """Run it per caller, `ZHICHUANG_FUZZ_EXAMPLES` (1) of a kind per operation, two at a time.

    Every value at and beyond each bound is sent once, by one of those who may call; what else a
    caller's role could change is found by the examples and the random requests of all of them.
    """
    thorough = _shared_out(context.openapi)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        told = pool.map(lambda caller: _run(context, caller, thorough[caller]), _SPEAKERS)
        return [fault for faults in told for fault in faults]


def _run(context: Context, caller: str | None, thorough: list[str]) -> list[str]:
    document, expected = _part_for(caller, context.openapi)
    folder = context.folder / f"fuzz-{caller or 'nobody'}"
    folder.mkdir()
    schema = folder / "openapi.json"
    schema.write_text(json.dumps(document))
    (folder / "schemathesis.toml").write_text(
        "[[operations]]\n"
        f"exclude-operation-id = {json.dumps(thorough or ['none'])}\n"
        "phases.coverage.enabled = false\n"
    )
    token = [] if caller is None else ["-H", f"Authorization: Bearer {context.token(caller)}"]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *_options(schema, context.stack.url), *token],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    output = (done.stdout + done.stderr).replace(str(ROOT), ".")
    tested = re.search(r"^ *Tested: (\d+)", output, re.MULTILINE)
    if caller is not None:
        context.token(caller)  # Its credentials still hold, so that it was let in to the end.
    if done.returncode == 0 and tested is not None and int(tested[1]) == expected:
        return []
    _, begin, told = output.partition("= FAILURES =")
    return [f"as {caller or 'nobody'}:\n{(begin + told or output)[-6000:].strip()}"]


def _options(schema: Path, url: str) -> list[str]:
    examples = os.environ.get("ZHICHUANG_FUZZ_EXAMPLES", "1")
    return [
        *("run", str(schema), "--url", url, "--checks", "not_a_server_error"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", examples),
        *("--seed", str(_SEED), "--generation-database", "none", "--no-shrink"),
        *("--request-timeout", "20", "--workers", "1", "--continue-on-failure"),
        *("--warnings", "off", "--no-color"),
    ]


def _shared_out(whole: dict[str, Any]) -> dict[str | None, list[str]]:
    """Give each operation to that one of its callers who has the fewest so far."""
    shared: dict[str | None, list[str]] = {caller: [] for caller in _SPEAKERS}
    for item in whole["paths"].values():
        for method in METHODS:
            speakers = [c for c in _SPEAKERS if method in item and _speaks(c, item[method])]
            if speakers:
                chosen = min(speakers, key=lambda caller: len(shared[caller]))
                shared[chosen].append(item[method]["operationId"])
    return shared


def _part_for(caller: str | None, whole: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Cut the document down to what the caller may call; count the operations left."""
    document = copy.deepcopy(whole)
    kept = 0
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            if _LEFT_ALONE.match(f"{method} {path}") or not _speaks(caller, item[method]):
                del item[method]
                continue
            kept += 1
            for parameter in item[method].get("parameters", []):
                if parameter["name"] == "wait":
                    # A long poll is asked for, but not waited for.
                    parameter["schema"]["maximum"] = 0
    document["paths"] = {
        path: item for path, item in document["paths"].items() if item.keys() & set(METHODS)
    }
    return document, kept


def _speaks(caller: str | None, operation: dict[str, Any]) -> bool:
    """Whether this caller tries the operation; nobody's own are those without a speaker."""
    capacities = set(operation["x-access"]["capacities"])
    if caller is None:
        return not capacities & frozenset().union(*_SPEAKERS.values())
    return bool(capacities & _SPEAKERS[caller])
