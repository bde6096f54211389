"""Schemathesis, for a short while as each kind of caller: whatever is sent, no answer is a 5xx."""

import json
import os
import subprocess
from typing import Final

from tests.contract.roles import CALLERS
from tests.contract.step import BIN, ROOT, Context

# The second tenants say nothing new here.
_CALLERS: Final = [caller for caller in CALLERS if caller not in {"m02", "c02", "ex02"}]
_SEED: Final = 20260105
# Python 3.11 itself gives up on describing deeply nested generators; no request is sent then.
_INTERPRETER: Final = "AST constructor recursion depth mismatch"
# The clock of the stack is not moved to the year 9999, and no token is taken back meanwhile.
_LEFT_ALONE: Final = "^/(v1/sandbox/|oauth/)"


def ask(context: Context) -> list[str]:
    """Run it per caller: `ZHICHUANG_FUZZ_SECONDS` (15) each, with one seed."""
    schema = context.folder / "openapi.json"
    schema.write_text(json.dumps(context.openapi))
    return [fault for caller in _CALLERS for fault in _run(context, caller, str(schema))]


def _run(context: Context, caller: str | None, schema: str) -> list[str]:
    token = [] if caller is None else ["-H", f"Authorization: Bearer {context.token(caller)}"]
    command = [
        *(str(BIN / "schemathesis"), "run", schema, "--url", context.stack.url, *token),
        *("--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", "10", "--seed", str(_SEED), "--generation-database", "none"),
        *("--max-time", os.environ.get("ZHICHUANG_FUZZ_SECONDS", "15"), "--no-shrink"),
        *("--exclude-path-regex", _LEFT_ALONE, "--request-timeout", "20", "--workers", "1"),
        *("--continue-on-failure", "--warnings", "off", "--no-color"),
    ]
    done = subprocess.run(command, cwd=context.folder, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    output = (done.stdout + done.stderr).replace(str(ROOT), ".")
    _, failed, failures = output.partition("= FAILURES =")
    errors = output.count("Runtime Error\n") or 1
    if not failed and output.count(_INTERPRETER) >= errors and " passed" in output:
        return []
    return [f"as {caller or 'nobody'}:\n{(failed + failures or output)[-6000:].strip()}"]
