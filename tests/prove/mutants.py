"""Mutants: one thing in a rule is changed, and some test must notice.

Every `rules.py`, money, shares, scoring and the offline verifier are changed (`changes.py`), one
thing at a time. The tests that need no server are collected once; each change is put into a fork
of that process and asked of those that reach it (`sessions.py`). With `--servers`, what they do not
notice is asked again of all tests of its feature, which import the changed module in place of the
real one. What became of each is kept and told in `docs/mutants.md` (`verdicts.py`).
"""

import argparse
import hashlib
import importlib
import importlib.machinery
import json
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any, Final

import pytest

from tests.prove.changes import Source
from tests.prove.near import is_near, known
from tests.prove.sessions import MOST_SECONDS, NOTICED, Judging, Reached
from tests.prove.verdicts import KILLED, OPEN, REPORT, ROOT, SURVIVED, UNTRIED, Kept

SEEN: Final = ROOT / ".zhichuang-mutants" / "reached.json"
HOMES: Final = ("services/registry", "services/evaluation", "services/ip-ledger", "gateway",
                "deploy")  # fmt: skip
ALSO: Final = ("shared/shared/rules.py", "shared/shared/money.py", "shared/shared/shares.py",
               "shared/shared/calendar.py", "shared/shared/codes", "shared/shared/terms.py",
               "shared/shared/verifier.py")  # fmt: skip
# Whose tests are asked about whose rules; the ledger's hold the verifier.
ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    "shared": ("tests/shared", "tests/ip_ledger"),
    "services/ip-ledger": ("tests/ip_ledger",),
    "services/evaluation": ("tests/evaluation",),
    "services/registry": ("tests/registry",),
    "gateway": ("tests/gateway",),
    "deploy": ("tests/deploy",),
}
SECONDS: Final = 120
KEPT_EVERY: Final = 60.0
# Tests of whole stacks do not see this process's rules; large random counts see them too slowly,
# and pages see them only through what they were written from.
APART: Final = {"journeys", "faults", "benchmarks", "browser", "clients", "portal",
                "test_planted_conflicts.py"}  # fmt: skip
# Random examples are the same for every mutant, and libraries that are loaded already are no fault.
QUIETLY: Final = ("-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-seed=0",
                  "--continue-on-collection-errors",
                  "-W", "ignore::pytest.PytestAssertRewriteWarning",
                  *(f"--ignore-glob=*/{name}*" for name in sorted(APART)))  # fmt: skip


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


def module_of(path: str) -> str:
    """Give the name under which tests import what is changed."""
    parts = Path(path.removesuffix("/__init__.py")).with_suffix("").parts
    at = max(index for index in range(len(parts)) if _is_root(parts[: index + 1]))
    return ".".join(parts[at:])


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
        if module in known(path):
            stages[(0 if own else 1) if quick else 2].append(str(path.relative_to(ROOT)))
        elif own:
            stages[3].append(str(path.relative_to(ROOT)))
    return stages[:2] if service == "shared" else stages


WARM: Final = ("asyncpg", "cryptography", "fastapi", "httpx", "hypothesis", "jose.jwt", "sqlmodel",
               "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql", "structlog")  # fmt: skip


def _hash(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


class Seen:
    """Which tests reach what, kept as long as neither the test's file nor the rules change."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        """Read what was seen, and forget what no longer holds."""
        self._sources = sources
        self.reached = Reached()
        self._hashes = {path: _hash(path) for path in sources}
        kept = json.loads(SEEN.read_text(encoding="utf-8")) if SEEN.exists() else {}
        hashes = kept.get("hashes", {})
        stale = {str(ROOT / path) for path in sources if hashes.get(path) != self._hashes[path]}
        for test, lines in kept.get("lines", {}).items():
            file = test.split("::", 1)[0]
            if (ROOT / file).exists() and hashes.get(file) == _hash(file) and not stale & {*lines}:
                self.reached.lines[test] = lines
                self.reached.took[test] = kept["took"][test]

    def files(self, paths: Mapping[str, Any]) -> list[str]:
        """Name the files of tests that reach some rules, and those near them not seen yet."""
        seen = {test.split("::", 1)[0] for test in self.reached.took}
        wanted = {str(ROOT / path) for path in paths}
        near = {
            test.split("::", 1)[0]
            for test, lines in self.reached.lines.items()
            if wanted & {*lines}
        }
        every = {
            str(path.relative_to(ROOT))
            for home, folders in ASKED.items()
            if any(path.startswith(f"{home}/") for path in paths)
            for folder in folders
            for path in (ROOT / folder).rglob("test_*.py")
            if not APART & set(path.parts) and any(is_near(path, module_of(one)) for one in paths)
        }
        return sorted(near | (every - seen))

    def write(self) -> None:
        """Keep it for the next call, with what another one saw meanwhile."""
        other = Seen(self._sources).reached
        self.reached.took.update(other.took)
        self.reached.lines.update(other.lines)
        files = {test.split("::", 1)[0] for test in self.reached.took}
        hashes = self._hashes | {file: _hash(file) for file in files}
        SEEN.parent.mkdir(exist_ok=True)
        SEEN.write_text(
            json.dumps({"hashes": hashes, "took": self.reached.took, "lines": self.reached.lines}),
            encoding="utf-8",
        )


def main() -> int:
    """Judge changes until all are judged or the minutes are over."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--only", default="", help="Parts of the paths of what is changed.")
    parser.add_argument("--again", action="store_true", help="Ask about those that survived too.")
    parser.add_argument("--servers", action="store_true", help="Ask tests that need a server, too.")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="Of tests a change.")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    sources = {str(path.relative_to(ROOT)): Source(path) for path in targets()}
    kept, until = Kept(sources), time.monotonic() + options.minutes * 60
    for name in WARM:
        importlib.import_module(name)
    letters = UNTRIED + (OPEN + SURVIVED if options.again else "")
    wanted = kept.wanted(options.only, letters)
    if wanted:
        _ask_quick_tests(sources, kept, wanted, until, options.seconds)
    if options.servers:
        print(f"seed {options.seed}", flush=True)
        _ask_all_tests(sources, kept, options.only, random.Random(options.seed), until)
    print(f"written: {REPORT.relative_to(ROOT)}")
    return 0


def _ask_quick_tests(
    sources: Mapping[str, Source], kept: Kept, wanted: Mapping[str, list[int]], until: float,
    most: float,
) -> None:  # fmt: skip
    """Judge changes by what needs no server, in one session; a fork keeps this process clean."""
    seen = Seen(sources)
    began, counts = time.monotonic(), Counter[tuple[str, str]]()
    kept_at = began

    def tell(place: str, number: int, outcome: str) -> None:
        nonlocal kept_at
        path = str(Path(place).relative_to(ROOT))
        kept.tell(path, number, KILLED if outcome == NOTICED else OPEN)
        counts[path, outcome] += 1
        if time.monotonic() > kept_at + KEPT_EVERY:
            # Who is ended half-way loses a minute.
            kept_at = time.monotonic()
            kept.write()
        if number == wanted[path][-1]:
            told = {outcome: count for (of, outcome), count in counts.items() if of == path}
            say(f"{path}: {told} ({time.monotonic() - began:.0f} s)")
            kept.write()

    judging = Judging(
        {str(ROOT / path): source for path, source in sources.items()},
        {str(ROOT / path): numbers for path, numbers in wanted.items()},
        seen.reached,
        tell,
        {str(ROOT / path): module_of(path) for path in sources},
        seen.write,
        until,
        most,
    )
    with _quiet() as say:
        status = pytest.main([*QUIETLY, *seen.files(wanted)], plugins=[judging])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        print(f"pytest ended with {status!r}")
    kept.write()


@contextmanager
def _quiet() -> Iterator[Callable[[str], None]]:
    """Send what pytest says nowhere; gives what this program says it with meanwhile."""
    sys.stdout.flush()
    kept = [os.dup(stream) for stream in (0, 1, 2)]
    _hush()
    try:

        def say(text: str) -> None:
            os.write(kept[1], f"{text}\n".encode())

        yield say
    finally:
        sys.stdout.flush()
        for stream, real in enumerate(kept):
            os.dup2(real, stream)
            os.close(real)


def _ask_all_tests(
    sources: Mapping[str, Source], kept: Kept, only: str, chance: random.Random, until: float
) -> None:
    """Ask all tests of a feature about what its quick ones did not notice."""
    waiting = [(path, number) for path, many in kept.wanted(only, OPEN).items() for number in many]
    chance.shuffle(waiting)
    judge = Judge(sources)
    for path, number in waiting:
        if time.monotonic() > until:
            return
        letter = judge.verdict(path, number)
        kept.tell(path, number, letter)
        kept.write()
        change = sources[path].changes[number]
        print(f"{path}:{change.line}: {letter}: {change.text}", flush=True)


class Judge:
    """Runs the tests that know a module, importing it anew, until one notices."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        """Take the changes."""
        self._sources = sources
        self._sound: dict[tuple[str, ...], bool] = {}

    def verdict(self, path: str, number: int) -> str:
        """Say whether some test notices a change; tests that fail without any say nothing."""
        source, module = self._sources[path], module_of(path)
        with source.changed(source.changes[number]):
            after = source.compiled()
        for files in tests_of(module):
            if not files or _run_in_a_fork(module, after, files) == pytest.ExitCode.OK:
                continue
            # One that fails anyway, on a busy machine for instance, would notice every change.
            return KILLED if self._is_sound(module, source.before, files) else OPEN
        return SURVIVED

    def _is_sound(self, module: str, code: CodeType, files: list[str]) -> bool:
        asked = (module, *files)
        if not self._sound.get(asked):
            self._sound[asked] = _run_in_a_fork(module, code, files) == pytest.ExitCode.OK
        return self._sound[asked]


def _run_in_a_fork(module: str, code: CodeType, files: list[str]) -> int:
    child = os.fork()
    if child == 0:
        os.setsid()
        _hush()
        _import_instead(module, code)
        os._exit(pytest.main(["-x", *QUIETLY, *files]))
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


def _import_instead(module: str, code: CodeType) -> None:
    ordinary: Any = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: Any, fullname: str) -> CodeType | None:
        return code if fullname == module else ordinary(loader, fullname)

    patched: Any = importlib.machinery.SourceFileLoader
    patched.get_code = get_code


if __name__ == "__main__":
    sys.exit(main())
