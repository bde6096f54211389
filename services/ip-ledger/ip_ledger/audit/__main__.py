"""The audit as a command, for `zhichuang audit`: exit status 0 holds, 1 differs, 2 cannot be read.

ZHICHUANG_DATABASE_URL=… python -m ip_ledger.audit [--key log.pub] [--witness w.pub]
    [--checkpoint kept.txt]
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import create_async_engine

from ip_ledger.audit.auditing import Evidence, Outcome, audit, evidence
from ip_ledger.log.notes import NoteError, Verifier


def main(argv: Sequence[str] | None = None) -> int:
    """Audit the database that the environment names."""
    parser = argparse.ArgumentParser(prog="zhichuang audit")
    parser.add_argument("--key", type=Path, help="the log's public key, as kept from /log/key")
    parser.add_argument("--witness", type=Path, action="append", default=[])
    parser.add_argument("--checkpoint", type=Path, action="append", default=[])
    options = parser.parse_args(argv)
    url = os.environ.get("ZHICHUANG_DATABASE_URL", "")
    try:
        key = None if options.key is None else _verifier(options.key)
        trusted = [*([key] if key else []), *map(_verifier, options.witness)]
        outside = [
            evidence(path.name, path.read_text(encoding="utf-8"), trusted)
            for path in options.checkpoint
        ]
        outcome = asyncio.run(_audited(url, key, outside))
    except (OSError, UnicodeDecodeError) as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    except NoteError as error:
        print(f"REFUSED  {error}", file=sys.stderr)
        return 2
    return _tell(outcome, keyed=key is not None)


def _verifier(path: Path) -> Verifier:
    return Verifier.read(path.read_text(encoding="utf-8").removesuffix("\n"))


async def _audited(url: str, key: Verifier | None, outside: Sequence[Evidence]) -> Outcome:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await audit(connection, key, outside)
    finally:
        await engine.dispose()


def _tell(outcome: Outcome, *, keyed: bool) -> int:
    if not keyed:
        print("signatures of checkpoints were not checked: no --key")
    rows = ", ".join(f"{count} {name}" for name, count in outcome.rows.items() if count)
    print(f"compared: {rows or 'nothing'}")
    print(f"tree: {outcome.tree_size} leaves, root {outcome.root.hex()}")
    for place, one in enumerate(outcome.differences):
        label = "FIRST DIFFERS" if place == 0 else "and then"
        print(f"{label}  {one.table} {one.row or '(unreadable)'}: {one.reason}", file=sys.stderr)
    if outcome.differences:
        return 1
    print("HOLDS  every row is what the log says, and every sum is what its rows make")
    return 0


if __name__ == "__main__":
    sys.exit(main())
