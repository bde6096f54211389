"""Mutants: one thing in a rule is changed, and some test must notice.

Every `rules.py`, money, shares, scoring and the offline verifier are mutated by Cosmic Ray's
operators. Each mutant lives in a forked process only: no file is written. The quick tests of a
module are collected once and run for each of its changes (`sessions.py`); what they do not notice,
and what is no function's, is asked again of all tests of its feature, which import the changed
module in place of the real one. `make mutants` draws with a seed that it prints, and writes
`docs/mutants.md`; what survives is there with the reason, where one is known (`survivors.csv`).
"""

import argparse
import ast
import csv
import datetime as dt
import hashlib
import importlib
import importlib.machinery
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Final

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from tests.prove.sessions import NOTICED, Judging

ROOT: Final = Path(__file__).resolve().parents[2]
REPORT: Final = ROOT / "docs" / "mutants.md"
STATE: Final = ROOT / "docs" / "mutants.json"
REASONS: Final = Path(__file__).with_name("survivors.csv")
HOMES: Final = ("services/registry", "services/evaluation", "services/ip-ledger", "gateway")
ALSO: Final = ("shared/shared/rules.py", "shared/shared/money.py", "shared/shared/shares.py",
               "shared/shared/calendar.py", "shared/shared/codes", "shared/shared/terms.py",
               "shared/shared/verifier.py")  # fmt: skip
SECONDS: Final = 120
# Tests of whole stacks do not see this process's rules; large random counts see them too slowly.
APART: Final = {"journeys", "faults", "benchmarks", "browser", "clients",
                "test_planted_conflicts.py"}  # fmt: skip
# Random examples are the same for every mutant, and libraries that are loaded already are no fault.
QUIETLY: Final = ("-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0",
                  "-W", "ignore::pytest.PytestAssertRewriteWarning")  # fmt: skip
KILLED: Final = "killed"
SURVIVED: Final = "survived"
# The quick tests of its module did not notice it; the others were not asked yet.
OPEN: Final = "open"
UNSOUND: Final = "its tests fail anyway"
# Both sides of each boundary, the other word, the other sign, one more or less. Bars of types,
# decorators and names are left alone: what they break does not run at all.
OPERATORS: Final = tuple(
    f"core/{name}"
    for name in (
        "ReplaceComparisonOperator_Lt_LtE", "ReplaceComparisonOperator_LtE_Lt",
        "ReplaceComparisonOperator_Gt_GtE", "ReplaceComparisonOperator_GtE_Gt",
        "ReplaceComparisonOperator_Lt_GtE", "ReplaceComparisonOperator_LtE_Gt",
        "ReplaceComparisonOperator_Gt_LtE", "ReplaceComparisonOperator_GtE_Lt",
        "ReplaceComparisonOperator_Eq_NotEq", "ReplaceComparisonOperator_NotEq_Eq",
        "ReplaceComparisonOperator_Is_IsNot", "ReplaceComparisonOperator_IsNot_Is",
        "ReplaceBinaryOperator_Add_Sub", "ReplaceBinaryOperator_Sub_Add",
        "ReplaceBinaryOperator_Mul_FloorDiv", "ReplaceBinaryOperator_Div_Mul",
        "ReplaceBinaryOperator_FloorDiv_Mul", "ReplaceBinaryOperator_Mod_FloorDiv",
        "ReplaceUnaryOperator_USub_UAdd", "ReplaceUnaryOperator_Delete_Not", "AddNot",
        "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
        "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "NumberReplacer",
        "ZeroIterationForLoop",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: str
    operator: str
    occurrence: int
    line: int

    @property
    def name(self) -> str:
        """Which it is among those of its module."""
        return f"{self.operator}#{self.occurrence}"

    @property
    def module(self) -> str:
        """The name under which tests import what is mutated."""
        parts = Path(self.path.removesuffix("/__init__.py")).with_suffix("").parts
        at = max(index for index in range(len(parts)) if _is_root(parts[: index + 1]))
        return ".".join(parts[at:])


@dataclass
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    outcome: str
    text: str


def _is_root(parts: tuple[str, ...]) -> bool:
    """A package that is imported by its own name: nothing above it is a package."""
    folder = ROOT.joinpath(*parts)
    return (folder / "__init__.py").exists() and not (folder.parent / "__init__.py").exists()


def targets() -> list[Path]:
    """List what is mutated."""
    found = [
        path
        for home in HOMES
        for path in (ROOT / home).rglob("*.py")
        if path.name == "rules.py" or path.name.endswith("_rules.py") or "rules" in path.parts
        if "migrations" not in path.parts
    ]
    for name in ALSO:
        place = ROOT / name
        found += sorted(place.glob("*.py")) if place.is_dir() else [place]
    return sorted(found)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Give every mutant of a module."""
    source = path.read_text(encoding="utf-8")
    tree, lines = get_ast(source), source.splitlines()
    for name in OPERATORS:
        operator = get_operator(name)()
        places = [
            begin for node in ast_nodes(tree) for begin, _ in operator.mutation_positions(node)
        ]
        for occurrence, (line, column) in enumerate(places):
            # Whether a class has slots, or lists of one length are held to it, shows nowhere.
            before = lines[line - 1][:column]
            if not before.startswith("@dataclass") and not before.endswith("strict="):
                yield Mutant(str(path.relative_to(ROOT)), name, occurrence, line)


def mutated(mutant: Mutant) -> str:
    """Give the module's text with the change in it."""
    source = (ROOT / mutant.path).read_text(encoding="utf-8")
    changed = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    if changed is None:
        raise LookupError(f"{mutant} is not there")
    return str(changed)


def tests_of(module: str) -> list[list[str]]:
    """List the files that know a module: the quick ones of its feature first, slow ones last.

    All services use `shared`: of its modules only quick tests are asked, or it would be the suite.
    """
    service, *inner = module.split(".")
    feature = inner[0] if len(inner) > 1 else service
    stages: list[list[str]] = [[], [], [], []]
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if APART & set(path.parts):
            continue
        text = path.read_text(encoding="utf-8")
        quick = "_rules" in path.stem or not re.search(r"async def test|database", text)
        own = path.is_relative_to(
            ROOT / "tests" / service / ("" if service == feature else feature)
        )
        if _imports(text, module):
            stages[(0 if own else 1) if quick else 2].append(str(path.relative_to(ROOT)))
        elif own:
            stages[3].append(str(path.relative_to(ROOT)))
    return stages[:2] if service == "shared" else stages


def _imports(text: str, module: str) -> bool:
    if module.rpartition(".")[2] not in text:
        return False
    package, _, name = module.rpartition(".")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            return True
        names = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
        if isinstance(node, ast.ImportFrom) and node.module == package and name in names:
            return True
    return False


def quickly(path: str, mutants: Sequence[Mutant]) -> dict[str, str]:
    """Ask the tests of a module that need no server about all of its changes, in one session.

    Gives what became of each; those that are not there could not be put in.
    """
    files = [name for stage in tests_of(mutants[0].module) for name in stage]
    changes = {one.name: mutated(one) for one in mutants}
    told: dict[str, str] = {}
    with tempfile.TemporaryFile("w+") as notes:

        def tell(name: str, outcome: str) -> None:
            notes.write(f"{name}\t{outcome}\n")
            notes.flush()

        child = os.fork()
        if child == 0:
            os.setsid()
            _hush()
            judging = Judging(str(ROOT / path), (ROOT / path).read_text("utf-8"), changes, tell)
            pytest.main([*QUIETLY, *files], plugins=[judging])
            os._exit(0)
        os.waitpid(child, 0)
        notes.seek(0)
        for line in notes:
            name, _, outcome = line.rstrip("\n").partition("\t")
            told[name] = outcome
    return told


class Judge:
    """Runs the tests that know a module, importing it anew, until one notices."""

    def __init__(self) -> None:
        self._sound: dict[tuple[str, ...], bool] = {}

    def verdict(self, mutant: Mutant) -> Verdict:
        """Say whether some test notices a change; tests that fail without any say nothing."""
        before = (ROOT / mutant.path).read_text(encoding="utf-8")
        after = mutated(mutant)
        text = difference(before, after)
        for files in tests_of(mutant.module):
            if not files or _run_in_a_fork(mutant, after, files) == pytest.ExitCode.OK:
                continue
            # One that fails anyway, on a busy machine for instance, would notice every change.
            sound = self._is_sound(mutant, before, files)
            return Verdict(mutant, KILLED if sound else UNSOUND, text)
        return Verdict(mutant, SURVIVED, text)

    def _is_sound(self, mutant: Mutant, source: str, files: list[str]) -> bool:
        asked = (mutant.module, *files)
        if not self._sound.get(asked):
            self._sound[asked] = _run_in_a_fork(mutant, source, files) == pytest.ExitCode.OK
        return self._sound[asked]


def difference(before: str, after: str) -> str:
    for old, new in zip(before.splitlines(), after.splitlines(), strict=False):
        if old != new:
            return f"{old.strip()} → {new.strip()}"
    return "nothing but space"


def _run_in_a_fork(mutant: Mutant, source: str, files: list[str]) -> int:
    child = os.fork()
    if child == 0:
        os.setsid()
        _hush()
        _import_instead(mutant, source)
        os._exit(pytest.main([*QUIETLY, *files]))
    return _waited_for(child)


def _hush() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _waited_for(child: int) -> int:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    # A loop that never ends has been noticed.
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return int(pytest.ExitCode.TESTS_FAILED)


def _import_instead(mutant: Mutant, source: str) -> None:
    code = compile(source, str(ROOT / mutant.path), "exec")
    ordinary: Any = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: Any, fullname: str) -> CodeType | None:
        return code if fullname == mutant.module else ordinary(loader, fullname)

    patched: Any = importlib.machinery.SourceFileLoader
    patched.get_code = get_code


class Kept:
    """The verdicts so far; those on another text of a module say nothing of this one."""

    def __init__(self) -> None:
        known = json.loads(STATE.read_text(encoding="utf-8")) if STATE.exists() else {}
        self._modules: dict[str, dict[str, Any]] = {
            path: entry
            for path, entry in known.items()
            if (ROOT / path).exists() and entry["sha256"] == _hash(path)
        }

    def outcome(self, mutant: Mutant) -> str | None:
        """Give what is known of a change, if anything is."""
        known = self._modules.get(mutant.path, {}).get("verdicts", {}).get(mutant.name)
        return None if known is None else str(known[0])

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Keep verdicts, and write all of them down."""
        for one in verdicts:
            path = one.mutant.path
            entry = self._modules.setdefault(path, {"sha256": _hash(path), "verdicts": {}})
            entry["verdicts"][one.mutant.name] = [one.outcome, one.mutant.line, one.text]
        STATE.write_text(json.dumps(self._modules, indent=1, sort_keys=True) + "\n", "utf-8")

    def report(self, made: Counter[str]) -> str:
        """Give the page: how many were noticed of each module, and what was not."""
        lines = []
        total = Counter[str]()
        for path in sorted(made):
            verdicts = self._modules.get(path, {}).get("verdicts", {}).values()
            count = Counter(outcome for outcome, *_ in verdicts)
            asked = count[KILLED] + count[SURVIVED] + count[OPEN]
            total.update(made=made[path], asked=asked, killed=count[KILLED], opened=count[OPEN])
            lines.append(
                f"| `{path}` | {made[path]:,} | {asked:,} | {count[KILLED]:,} | {count[OPEN]:,} |"
            )
        share = 100 * total["killed"] / max(total["asked"], 1)
        today = dt.datetime.now(dt.UTC).date().isoformat()
        return HEAD.format(share=share, today=today, **total) + "\n".join(
            [*lines, "", "## What nobody noticed", "", *self._survivors(), ""]
        )

    def _survivors(self) -> Iterator[str]:
        reasons = _reasons()
        for path, entry in sorted(self._modules.items()):
            for outcome, line, text in sorted(entry["verdicts"].values(), key=lambda one: one[1]):
                if outcome == SURVIVED:
                    why = reasons.get((path, text), "not explained yet")
                    yield f"- `{path}`, line {line}: `{text}`: {why}"


HEAD: Final = """# Mutants

Written by `make mutants`: one thing in a rule is changed, and some test must notice. Of {made:,}
changes of {today} {asked:,} were tried, and {killed:,} of them noticed ({share:.1f} %). Of the rest
{opened:,} were not noticed by the tests that need no server; those that do were not asked yet.

| module | changes | tried | noticed | by no quick test |
| --- | --- | --- | --- | --- |
"""
WARM: Final = ("asyncpg", "cryptography", "fastapi", "httpx", "hypothesis", "jose.jwt", "sqlmodel",
               "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql", "structlog")  # fmt: skip


def _hash(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


def _reasons() -> dict[tuple[str, str], str]:
    with REASONS.open(encoding="utf-8", newline="") as file:
        return {(row["path"], row["change"]): row["why"] for row in csv.DictReader(file)}


def main() -> int:
    """Judge mutants that are drawn at random until the minutes are over."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--only", default="", help="Parts of the paths of what is mutated.")
    parser.add_argument("--most", type=int, default=10_000, help="Changes of a module at most.")
    parser.add_argument("--quick", action="store_true", help="Ask no test that needs a server.")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    every = [mutant for path in targets() for mutant in mutants_of(path)]
    kept = Kept()
    chosen = [one for one in every if any(part in one.path for part in options.only.split(","))]
    chance = random.Random(options.seed)
    for name in WARM:
        importlib.import_module(name)
    until = time.monotonic() + options.minutes * 60
    _ask_quick_tests(kept, _drawn(chosen, chance, options.most), until)
    if not options.quick:
        _ask_all_tests(kept, chosen, chance, until)
    REPORT.write_text(kept.report(Counter(one.path for one in every)), encoding="utf-8")
    print(f"written: {REPORT.relative_to(ROOT)}")
    return 0


def _drawn(chosen: Sequence[Mutant], chance: random.Random, most: int) -> dict[str, list[Mutant]]:
    """Draw changes of each module, and the order of modules."""
    by_path: dict[str, list[Mutant]] = {}
    for one in chosen:
        by_path.setdefault(one.path, []).append(one)
    paths = list(by_path)
    chance.shuffle(paths)
    return {path: chance.sample(by_path[path], min(most, len(by_path[path]))) for path in paths}


def _ask_quick_tests(kept: Kept, drawn: Mapping[str, Sequence[Mutant]], until: float) -> None:
    """Judge module after module by what needs no server."""
    by_path = {
        # What passed unnoticed is asked again: a test may have come since.
        path: [one for one in mutants if kept.outcome(one) in {None, OPEN}]
        for path, mutants in drawn.items()
    }
    for path in [path for path, mutants in by_path.items() if mutants]:
        if time.monotonic() > until:
            return
        began = time.monotonic()
        told = quickly(path, by_path[path])
        before = (ROOT / path).read_text(encoding="utf-8")
        outcomes = [
            Verdict(
                one,
                KILLED if told.get(one.name) == NOTICED else OPEN,
                difference(before, mutated(one)),
            )
            for one in by_path[path]
        ]
        kept.add(outcomes)
        count = Counter(told.get(one.name, "none") for one in by_path[path])
        print(f"{path}: {dict(count)} ({time.monotonic() - began:.0f} s)", flush=True)


def _ask_all_tests(
    kept: Kept, chosen: Sequence[Mutant], chance: random.Random, until: float
) -> None:
    """Ask all tests of a feature about what its quick ones did not notice."""
    waiting = [one for one in chosen if kept.outcome(one) == OPEN]
    chance.shuffle(waiting)
    judge = Judge()
    for mutant in waiting:
        if time.monotonic() > until:
            return
        verdict = judge.verdict(mutant)
        if verdict.outcome != UNSOUND:
            kept.add([verdict])
        if verdict.outcome != KILLED:
            print(f"{mutant.path}:{mutant.line}: {verdict.outcome}: {verdict.text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
