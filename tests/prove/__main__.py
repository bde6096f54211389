"""`make prove`: run each proof with its full count, and write down what was reached.

A proof that ran out of minutes keeps what it reached and goes on from there at the next call with
new seeds; a count not reached is reported as the count reached. `docs/proof.md` is the report.
"""

import argparse
import datetime as dt
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.prove.plugin import NEVER_ASKED
from tests.requirements.__main__ import collected_evidence
from tests.requirements.rows import evidence_by_row

ROOT: Final = Path(__file__).resolve().parents[2]
REPORT: Final = ROOT / "docs" / "proof.md"
STATE: Final = ROOT / "docs" / "proof.json"
ROUND_EXAMPLES: Final = 500
# Of what needs no database, a round of 500 spends a third of its CPU on getting started.
LONG_ROUND: Final = 2_000
RULE: Final = re.compile(r'(?:Rule\(\s*|\.rule\(\s*)"([AX]\d+)"')


@dataclass(frozen=True)
class Proof:
    """What is proven, how often it is asked, and by which tests.

    With `code`, counts add up as long as these files stay as they are, whatever else is committed.
    A pure one needs no database, and takes all examples of its round at once.
    """

    name: str
    asked: int
    unit: str
    select: tuple[str, ...]
    code: tuple[str, ...] = ()
    pure: bool = False


RACES: Final = "at_once or race or concurrent or twin"
PROOFS: Final = (
    Proof("properties", 10_000, "examples of each property", ("-m", "hypothesis", "tests")),
    Proof(
        "allocation",
        1_000_000,
        "divisions against an oracle in exact fractions",
        ("tests/shared/shares/test_many_cases.py",),
    ),
    Proof(
        "carry",
        10_000,
        "successive runs of one asset, with the same owners and with owners who come and go",
        (
            "tests/shared/shares/test_carry_bound.py",
            "tests/ip_ledger/distributions/test_planning.py",
            "-k",
            "bound or ahead_or_behind",
        ),
    ),
    Proof(
        "two clocks",
        10_000,
        "pairs of a day and an instant against a replay",
        ("tests/ip_ledger/books/test_random_pairs.py",),
    ),
    Proof(
        "model",
        1_000,
        "rounds of eleven clients at once against a model of the books",
        ("tests/ip_ledger/journal/test_model.py",),
    ),
    Proof(
        "second implementation",
        10_000,
        "random years against plain Python over fractions",
        ("tests/evaluation/results/test_recomputing.py", "-k", "second_implementation"),
        pure=True,
    ),
    Proof(
        "time travel",
        10_000,
        "random years with facts from after the cut-off",
        ("tests/evaluation/results/test_time_travel.py", "-m", "hypothesis"),
        (
            "services/evaluation/evaluation/results",
            "services/evaluation/evaluation/schemes",
            "tests/evaluation/results/random_years.py",
            "tests/evaluation/results/test_time_travel.py",
            "requirements.lock",
        ),
        pure=True,
    ),
    Proof(
        "two Pythons",
        1_000,
        "random snapshots, rows in any order, under two versions of Python",
        ("tests/evaluation/results/test_two_pythons.py",),
    ),
    Proof(
        "panels",
        10_000,
        "random draws that break no rule",
        ("tests/evaluation/assignments/test_drawing.py", "-k", "break_no_rule"),
        (
            *(
                f"services/evaluation/evaluation/assignments/{name}.py"
                for name in ("model", "refuting", "rules", "solver")
            ),
            "tests/evaluation/assignments/problems.py",
            "tests/evaluation/assignments/test_drawing.py",
            "requirements.lock",
        ),
        pure=True,
    ),
    Proof(
        "upload",
        1_000_000,
        "rows of one file over a line that breaks twice, the wrong ones mended and sent again",
        ("tests/registry/facts/test_uploading.py", "-k", "breaks_twice"),
    ),
    Proof(
        "consumers",
        1_000,
        "crashes of a consumer that resumes from its position and has the server's state",
        ("tests/registry/events/test_following_the_feed.py",),
        (
            "shared/shared/events",
            "services/registry/registry/organizations",
            "requirements.lock",
            "tests/registry/events/test_following_the_feed.py",
        ),
    ),
    Proof(
        "conflicts",
        20,
        "graphs of 10,000 ties, in each of which 200 planted conflicts are found and no other",
        ("tests/evaluation/experts/test_planted_conflicts.py", "-k", "planted_conflict"),
    ),
    Proof(
        "bits",
        1,
        "passes over every single bit of two bundles, a receipt and an export",
        ("tests/ip_ledger/bundles/test_every_bit.py",),
    ),
    Proof(
        "agreement",
        200,
        "tables whose statistics equal those of two other programs",
        ("tests/evaluation/agreement/test_statistics.py", "-k", "equal_the_oracles"),
    ),
    Proof(
        "kills",
        200,
        "kills of ledger, PostgreSQL and sequencer under load",
        ("tests/faults/test_ledger_kills.py",),
    ),
    Proof(
        "races",
        200,
        "rounds of the races",
        ("-k", "at_once or race or concurrent or twin", "tests"),
    ),
)
PER_ROUND: Final = {
    "properties": ROUND_EXAMPLES,
    "allocation": 50_000,
    # Successive runs in parts would not be successive.
    "carry": 10_000,
    "two clocks": 1_000,
    "model": 100,
    "second implementation": LONG_ROUND,
    "time travel": LONG_ROUND,
    "two Pythons": 250,
    "panels": LONG_ROUND,
    "consumers": 100,
    "conflicts": 10,
    "bits": 1,
    "agreement": 200,
    # One file: a million rows in parts would prove nothing of a million.
    "upload": 1_000_000,
    "kills": 20,
    "races": 1,
}


def main() -> int:
    """Run the proofs that are asked for; 0 when none of them found a failure."""
    parser = argparse.ArgumentParser(prog="make prove")
    parser.add_argument("--name", choices=[*(proof.name for proof in PROOFS), "rules"])
    parser.add_argument("--minutes", type=float, default=30.0)
    options = parser.parse_args()
    until = time.monotonic() + options.minutes * 60
    known = json.loads(STATE.read_text(encoding="utf-8")) if STATE.exists() else {}
    wanted = [proof for proof in PROOFS if options.name in {None, proof.name}]
    for number, proof in enumerate(wanted):
        share = (until - time.monotonic()) / (len(wanted) - number + (options.name is None))
        for entry in _rounds(proof, known.get(proof.name), time.monotonic() + share):
            # Written after each round, so that one that is cut off loses no more than itself.
            known[proof.name] = entry
            _write(known)
    if options.name in {None, "rules"}:
        known["rules"] = _switch_off_rules(known.get("rules"), until)
    _write(known)
    print(_report(known))
    return 1 if any(entry["failures"] for entry in known.values()) else 0


def _write(known: dict[str, Any]) -> None:
    STATE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    REPORT.write_text(_report(known), encoding="utf-8")


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "no commit"


def _content(paths: Sequence[str]) -> str:
    """Name what lies under some paths, by git's own hashes and what is not committed of it."""
    if not paths:
        return ""
    told = [
        subprocess.run(
            ["git", *asked, "HEAD", "--", *paths], cwd=ROOT, capture_output=True, check=True
        )
        for asked in (("ls-tree",), ("diff",))
    ]
    return hashlib.sha256(b"".join(one.stdout for one in told)).hexdigest()


def _goes_on(proof: Proof, kept: dict[str, Any] | None) -> bool:
    """Tell whether what was counted still speaks of the code that is there."""
    if kept is None:
        return False
    if proof.code:
        return bool(kept.get("code") == _content(proof.code))
    return bool(kept["commit"] == _commit())


def _fresh(asked: int, unit: str, code: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "commit": _commit(),
        "code": _content(code),
        "asked": asked,
        "unit": unit,
        "reached": 0,
        "seeds": [],
        "failures": [],
    }


def _pytest(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "tests.prove.plugin", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _rounds(proof: Proof, kept: dict[str, Any] | None, until: float) -> Iterator[dict[str, Any]]:
    """Run round after round until the count or the time is reached; give what is reached so far."""
    begun = kept if kept is not None and _goes_on(proof, kept) else None
    entry = begun or _fresh(proof.asked, proof.unit, proof.code)
    entry["commit"] = _commit()
    entry["date"] = dt.datetime.now(dt.UTC).date().isoformat()
    yield entry
    while entry["reached"] < proof.asked and time.monotonic() < until and not entry["failures"]:
        seed = random.SystemRandom().randrange(2**32)
        print(f"{proof.name}: {entry['reached']} of {proof.asked}, seed {seed}", flush=True)
        done = _pytest(
            [*proof.select, f"--hypothesis-seed={seed}"],
            {
                "ZHICHUANG_PROFILE": "prove",
                "ZHICHUANG_EXAMPLES": str(PER_ROUND[proof.name] if proof.pure else ROUND_EXAMPLES),
                # For proofs that draw their own cases.
                "ZHICHUANG_CASES": str(PER_ROUND[proof.name]),
                "ZHICHUANG_SEED": str(seed),
            },
        )
        if done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED:
            print(f"{proof.name}: nothing of it can run on this machine", flush=True)
            return
        entry["seeds"].append(seed)
        if done.returncode:
            entry["failures"].append(done.stdout[-3000:])
        else:
            entry["reached"] += PER_ROUND[proof.name]
        entry["date"] = dt.datetime.now(dt.UTC).date().isoformat()
        yield entry


def rule_rows() -> list[str]:
    """Name every row that some rule of the product speaks for."""
    found: set[str] = set()
    for folder in ("services", "shared/shared", "gateway"):
        for path in (ROOT / folder).rglob("*.py"):
            found.update(RULE.findall(path.read_text(encoding="utf-8")))
    return sorted(found)


def _files_by_row() -> dict[str, list[str]]:
    """Name the files with tests of each row; those of pure rules first, since they tell sooner."""
    return {
        row: sorted(
            {one.test.split("::", 1)[0] for one in evidence},
            key=lambda name: ("rules" not in name, "journeys" in name, name),
        )
        for row, evidence in evidence_by_row(collected_evidence()).items()
    }


TOLD: Final = {1: "noticed", NEVER_ASKED: "judges nothing by itself"}


def _switch_off_rules(kept: dict[str, Any] | None, until: float) -> dict[str, Any]:
    rows = rule_rows()
    fresh = {
        **_fresh(len(rows), "rules switched off, one at a time"),
        "noticed": [],
        "never_asked": [],
    }
    entry = kept if kept and kept["commit"] == _commit() else fresh
    judged = {
        *entry["noticed"],
        *entry["never_asked"],
        *(failure.split(":")[0] for failure in entry["failures"]),
    }
    files = _files_by_row()
    for row in [row for row in rows if row not in judged]:
        if time.monotonic() > until:
            break
        done = _pytest(["--switch-off", row, *files.get(row, ["tests"])], {})
        # 1: a test failed, as it must; 5: there is no test of the row in this process.
        if done.returncode == 1:
            entry["noticed"].append(row)
        elif done.returncode == NEVER_ASKED:
            entry["never_asked"].append(row)
        else:
            entry["failures"].append(f"{row}: nobody noticed that its rule was off")
        print(f"rules: {row} {TOLD.get(done.returncode, 'NOT NOTICED')}", flush=True)
    entry["asked"] = len(rows) - len(entry["never_asked"])
    entry["reached"] = len(entry["noticed"])
    entry["date"] = dt.datetime.now(dt.UTC).date().isoformat()
    return entry


def _report(known: dict[str, Any]) -> str:
    lines = [
        "# What was proven, and how often",
        "",
        "Written by `make prove`; counts add up over calls on one commit, or as long as the files",
        "that a proof names stay as they are, each with new seeds.",
        "",
        "| proof | reached | asked | what is counted | date | commit | failures |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, entry in sorted(known.items()):
        lines.append(
            f"| {name} | {entry['reached']:,} | {entry['asked']:,} | {entry['unit']} "
            f"| {entry['date']} | {entry['commit']} | {len(entry['failures'])} |"
        )
    for name, entry in sorted(known.items()):
        if entry["seeds"]:
            lines += ["", f"Seeds of {name}: {', '.join(map(str, entry['seeds']))}."]
        for failure in entry["failures"]:
            lines += ["", f"Failure of {name}:", "", "```", failure, "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
