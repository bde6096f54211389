"""`make check`: every check in turn, each told whether it holds; `make check ONLY="types form"`.

No tests are run here but those of the code's form; the suite is `make test`. What calls the running
stack goes beside what reads the code alone, each in a process of its own with a count of its own.
"""

import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.contract import (
    client,
    codes,
    compat,
    documents,
    examples,
    fuzz,
    licenses,
    manifests,
    migrations,
    openapi,
    roles,
    samples,
    schema,
)
from tests.contract.step import Context, Step, program, temporary_folder
from zhichuang.postgres import PostgresError
from zhichuang.processes import ProcessError

_LOCK: Final = "deploy/lock.py"
STEPS: Final = (
    Step("format", "Every file is formatted", lambda _: program("ruff", "format", "--check", ".")),
    Step("lint", "The linter has no complaint", lambda _: program("ruff", "check", ".")),
    Step("types", "Types hold, strictly", lambda _: program("mypy", ".")),
    Step("imports", "Layers and arrows hold", lambda _: program("lint-imports", "--no-cache")),
    Step("form", "The code has its form", lambda _: program("pytest", "tests/form")),
    Step(
        "lock",
        "The locks fit and are clean",
        lambda _: program("python", "deploy/lock.py", "--check"),
    ),
    Step("licenses", "Nothing in the locks is under GPL or AGPL", licenses.ask),
    Step("schema", "Models, migrations and databases agree", schema.ask),
    Step("migrations", "New migrations let callers work meanwhile", migrations.ask),
    Step("manifests", "Image, compose and Kubernetes files hold", manifests.ask),
    Step("documents", "Documents written from the code are current", documents.ask),
    Step("openapi", "The published API is complete and linted", openapi.ask, calls=True),
    Step("compat", "No caller of the last release is broken", compat.ask),
    Step("codes", "Operations document what they can answer", codes.ask),
    Step("roles", "Every operation, as every role and tenant", roles.ask, calls=True),
    Step("client", "A generated client walks the demo's calls", client.ask, calls=True),
    Step("examples", "Every example is taken as it stands", examples.ask, calls=True),
    Step("samples", "Every sample that a reader copies runs", samples.ask, calls=True),
    # Last, because it takes callers' credentials away and moves whatever can be moved.
    Step("fuzz", "No generated request as any role gets a 5xx", fuzz.ask, calls=True),
)


def main(names: list[str]) -> int:
    """Ask the named steps, or all; answer 1 when one of them has a fault."""
    unknown = set(names) - {step.name for step in STEPS}
    if unknown:
        print(f"No such check: {', '.join(sorted(unknown))}. There are:", file=sys.stderr)
        print(*(f"  {step.name:<10} {step.title}" for step in STEPS), sep="\n", file=sys.stderr)
        return 2
    chosen = [step for step in STEPS if not names or step.name in names]
    calling = [step.name for step in chosen if step.calls]
    reading = [step.name for step in chosen if not step.calls]
    return _beside(reading, calling) if reading and calling else _in_turn(chosen)


def _beside(*lanes: list[str]) -> int:
    command = (sys.executable, "-m", "tests.contract")
    running = [subprocess.Popen((*command, *names)) for names in lanes]
    return max(one.wait() for one in running)


def _in_turn(chosen: Sequence[Step]) -> int:
    with temporary_folder() as folder:
        context = Context(Path(folder))
        with context.closing:
            failed = [step.name for step in chosen if not _holds(step, context)]
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed", *failed)
    return 1 if failed else 0


def _holds(step: Step, context: Context) -> bool:
    began = time.monotonic()
    try:
        faults = step.ask(context)
    except (PostgresError, ProcessError) as error:
        faults = [str(error)]
    except Exception:
        faults = [traceback.format_exc(limit=-6)]
    mark = "✗" if faults else "✓"
    told = [f"{mark} {step.name:<10} {step.title} ({time.monotonic() - began:.1f} s)"]
    told += ["    " + fault.replace("\n", "\n    ") for fault in faults]
    # In one piece, since two processes tell at once.
    sys.stdout.write("\n".join(told) + "\n")
    sys.stdout.flush()
    return not faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
