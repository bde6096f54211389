"""`zhichuang housekeeping`: what a running stack did, and when."""

import os
import subprocess
import sys
import time

from shared.services import GATEWAY, PACKAGES
from tests.fixtures.stack import World


def test_a_running_stack_lists_what_it_did(world: World) -> None:
    command = [sys.executable, "-m", "zhichuang.cli", "housekeeping"]
    deadline = time.monotonic() + 30
    while True:
        done = subprocess.run(
            command,
            env=os.environ | {"ZHICHUANG_HOME": str(world.stack.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        lines = {tuple(line.split()[:2]): line for line in done.stdout.splitlines()}
        if lines.keys() >= {
            ("gateway", "forget_spent"),
            *((name, "forget_answers") for name in PACKAGES if name != GATEWAY),
        }:
            break
        assert time.monotonic() < deadline, done.stdout
    assert all(line.endswith("done") for line in lines.values())
