"""What an operator does to the gateway from outside, in its own environment.

Where `ZHICHUANG_DATABASE_URL` is set, as on a server, the environment is complete already;
otherwise it is that of the stack which runs on this machine's data folder.
"""

import os
import subprocess
import sys

from zhichuang.postgres import PostgresError
from zhichuang.processes import ProcessError
from zhichuang.stack import Stack
from zhichuang.up import home_folder


def run(module: str, *words: str) -> int:
    """Run a module of the gateway; return its exit status."""
    try:
        environment = _environment()
    except (PostgresError, ProcessError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    done = subprocess.run([sys.executable, "-m", module, *words], env=environment, check=False)
    return done.returncode


def _environment() -> dict[str, str]:
    if os.environ.get("ZHICHUANG_DATABASE_URL"):
        return dict(os.environ)
    return Stack(home_folder()).gateway_environment()
