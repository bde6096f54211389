"""The demo programme and one case of it, as clients of the gateway and nothing else."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from zhichuang.demo.client import Surprise


def main(argv: Sequence[str]) -> int:
    """Tell the case on a stack of its own, or with `--here` on the running one; 0 when it holds."""
    parser = argparse.ArgumentParser(prog="zhichuang demo")
    parser.add_argument(
        "--here", action="store_true", help="use the running stack; its clock moves"
    )
    options = parser.parse_args(argv)
    try:
        return _here() if options.here else _alone()
    except Surprise as surprise:
        print(f"\nThe case stopped: {surprise}", file=sys.stderr)
        return 1


def _tell(address: str, credentials: Path, folder: Path) -> int:
    from zhichuang.demo.case import Case
    from zhichuang.demo.client import Caller

    known = json.loads(credentials.read_text(encoding="utf-8"))
    callers: dict[str, Caller] = {}

    def caller(name: str) -> Caller:
        if name not in callers:
            callers[name] = Caller(address, name, known[name])
        return callers[name]

    case = Case(caller, lambda line: print(line, flush=True), address, known)
    case.made["folder"] = str(folder)
    case.tell()
    print("\nThe whole case held.")
    return 0


def _here() -> int:
    home = Path(os.environ.get("ZHICHUANG_HOME", ".zhichuang"))
    port = os.environ.get("ZHICHUANG_PORT", "8000")
    print("On the running stack: its sandbox clock moves forward to 2028.")
    with tempfile.TemporaryDirectory() as folder:
        return _tell(f"http://127.0.0.1:{port}", home / "credentials.json", Path(folder))


def _alone() -> int:
    from zhichuang.stack import Stack

    print("Starting a stack of its own; this takes a moment.", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with Stack(home, demo=True) as stack:
            return _tell(stack.url, home / "credentials.json", Path(folder))
