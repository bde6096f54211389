"""One collected session, many changes: what takes time is loading tests, not running them.

The tests are collected once and run once, to see which of them reaches which line of a rule. Then,
for each change, a fork of that process puts it into the living module (`living.py`) and runs the
tests that reach it, the quickest first, until one notices. Nothing is imported anew, and no file
is written.
"""

import contextlib
import gc
import importlib
import json
import math
import os
import resource
import select
import signal
import sys
import tempfile
import time
import types
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from _pytest.main import pytest_runtestloop
from hypothesis import Phase, settings

from tests.prove.changes import Change, Source
from tests.prove.living import Living, Unfit, changed_functions, make_again

# A change may make a loop that never ends, or one that fills the memory; seconds are of CPU, so
# that a busy machine condemns nobody. Whoever sleeps for ever is ended by the clock.
LEAST_SECONDS: Final = 2
TIMES: Final = 3
MOST_WAITED: Final = 60.0
MOST_BYTES: Final = 6 * 2**30
# What has to be asked at all of these: a server, a stack, a door.
SLOW: Final = {"server_folder", "postgres_server", "running", "world", "door"}
# Of the tests that reach a line, those that fit into some seconds; then, within a third of that,
# those that reach its function. What they cost under the trace is some three times what they cost
# here. Most changes are noticed by the first few: who asks again about the rest takes more.
MOST_SECONDS: Final = 3.0
# A test that takes longer under the trace is not asked: it would be the slowest for each change.
MOST_TRACED: Final = 8.0
NEVER: Final = 1e9
UNFIT: Final = 77

NOTICED: Final = "noticed"
UNNOTICED: Final = "unnoticed"
UNREACHED: Final = "unreached"
APART: Final = "apart"

Told = Callable[[str, int, str], None]
Wanted = Mapping[str, Sequence[int]]


@dataclass
class Reached:
    """Which test runs which lines of the rules, and how long each takes, in seconds of CPU."""

    took: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    """By test, then by file."""

    def by_line(self, path: str) -> dict[int, set[str]]:
        """Give the tests of each line of a file."""
        found: dict[int, set[str]] = {}
        for test, files in self.lines.items():
            for line in files.get(path, ()):
                found.setdefault(line, set()).add(test)
        return found


def _spent() -> float:
    """Tell the seconds of CPU that this process and those that it ran have taken."""
    return sum(os.times()[:4])


class TooSlow(BaseException):
    """A test that takes too long to be asked about each change."""


def _stop(*_: object) -> None:
    raise TooSlow


class Watch:
    """Notes how long each test takes and which lines of some files it runs."""

    def __init__(self, paths: Sequence[str], forget: Callable[[], None]) -> None:
        """Watch some files; `forget` empties caches, so that each test computes for itself."""
        self.reached = Reached()
        self._forget = forget
        self._failed: set[str] = set()
        self._lines: dict[str, set[int]] = {}
        self._paths = set(paths)

    def _called(self, frame: types.FrameType, _event: str, _: Any) -> Any:
        lines = self._lines
        path = frame.f_code.co_filename
        if path not in self._paths:
            return None
        mine = lines.setdefault(path, set())
        mine.add(frame.f_lineno)

        def line(frame: types.FrameType, _event: str, _: Any) -> Any:
            mine.add(frame.f_lineno)
            return line

        return line

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, None, None]:
        """Watch one test with what it sets up."""
        self._forget()
        self._lines = {}
        began = _spent()
        signal.setitimer(signal.ITIMER_PROF, MOST_TRACED)
        sys.settrace(self._called)
        yield
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_PROF, 0)
        good = item.nodeid not in self._failed
        took = round(_spent() - began, 4)
        self.reached.took[item.nodeid] = took if good else NEVER
        self.reached.lines[item.nodeid] = (
            {path: sorted(lines) for path, lines in self._lines.items()} if good else {}
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails or is skipped anyway notices nothing."""
        if not report.passed:
            self._failed.add(report.nodeid)


class Judging:
    """A plugin that runs the collected tests once for each change, in a fork of its own."""

    def __init__(
        self, sources: Mapping[str, Source], wanted: Wanted, known: Reached, told: Told,
        modules: Mapping[str, str], seen: Callable[[], None], until: float, most: float,
    ) -> None:  # fmt: skip
        """Take the changes by number; `told` hears what became of each, `seen` the reach.

        Tests are asked about a change for `most` seconds.
        """
        self._most = most
        # Through it a fork tells which test noticed.
        self._telling, self._hearing = _pipe()
        self._sources = sources
        self._wanted = wanted
        self._known = known
        self._told = told
        self._modules = modules
        self._seen = seen
        self._until = until
        self._is_judging = False

    def pytest_collection(self) -> None:
        """Look for one failing example and leave it as it is: it need not be the smallest."""
        settings.register_profile(
            "mutants", settings(phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False)
        )
        settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what needs no server."""
        items[:] = [one for one in items if not SLOW & set(getattr(one, "fixturenames", ()))]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell who noticed, where this is a fork that judges."""
        if report.failed and self._is_judging:
            os.write(self._telling, report.nodeid.encode())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, then with each change."""
        # A file that cannot be collected has no tests here; it must not look as if it noticed.
        session.testsfailed = 0
        for name in self._modules.values():
            importlib.import_module(name)
        # What the suite froze on its way in would not be found, and no change would be put in.
        gc.unfreeze()
        living = Living(self._sources)
        # What is frozen is no longer found, and is not copied by each fork's rounds either.
        gc.collect()
        gc.freeze()
        items = {one.nodeid: one for one in session.items}
        self._look(session, living, items)
        self._seen()
        for path, numbers in self._wanted.items():
            tests = Tests(self._known, items, path, self._modules[path], self._most)
            for number in numbers:
                if time.monotonic() > self._until:
                    return True
                self._told(path, number, self._judged(session, living, path, number, tests))
        return True

    def _look(
        self, session: pytest.Session, living: Living, items: Mapping[str, pytest.Item]
    ) -> None:
        """See what the tests reach that were not seen yet."""
        session.items = [one for name, one in items.items() if name not in self._known.took]
        watch = Watch(list(self._sources), living.forget)

        def watched() -> int:
            signal.signal(signal.SIGPROF, _stop)
            session.config.pluginmanager.register(watch)
            _run(session, every=True)
            kept.write(json.dumps([watch.reached.took, watch.reached.lines]).encode())
            kept.flush()
            return 0

        with tempfile.TemporaryFile() as kept:
            _forked(watched, 3600, 3600.0)
            kept.seek(0)
            took, lines = json.loads(kept.read() or b"[{}, {}]")
        self._known.took.update(took)
        self._known.lines.update(lines)

    def _judged(
        self, session: pytest.Session, living: Living, path: str, number: int, tests: "Tests"
    ) -> str:
        source, change = self._sources[path], self._sources[path].changes[number]
        with source.changed(change):
            put, apart = self._putting(living, source, change, path)
            items = tests.of(change, source.used_at(change) if apart else None)
            if not items:
                return UNREACHED
            session.items = items
            limit = LEAST_SECONDS + math.ceil(TIMES * tests.seconds(items))

            def run() -> int:
                self._is_judging = True
                try:
                    put()
                except Unfit:
                    raise
                except Exception:
                    # The module cannot even be imported.
                    return 1
                living.forget()
                return _run(session)

            status = _forked(run, limit, MOST_WAITED + limit)
            with contextlib.suppress(BlockingIOError):
                tests.noticed(os.read(self._hearing, 65_536).decode())
        return {0: UNNOTICED, UNFIT: APART}.get(status, NOTICED)

    def _putting(
        self, living: Living, source: Source, change: Change, path: str
    ) -> tuple[Callable[[], None], bool]:
        try:
            pairs = list(changed_functions(source.before, source.compiled()))
            living.look_for(pairs)
            return (lambda: living.swap(pairs)), False
        except Unfit:
            module = sys.modules[self._modules[path]]
            return (lambda: make_again(module, source.tree, change.statement)), True


class Tests:
    """The tests of one module, by the lines that they reach."""

    def __init__(
        self,
        reached: Reached,
        items: Mapping[str, pytest.Item],
        path: str,
        module: str,
        most: float,
    ) -> None:
        """Take what each test reaches, the tests that are there, and how long they may take."""
        self._items = items
        self._most = most
        self._noticed = Counter[str]()
        self._took = reached.took
        self._by_line = reached.by_line(path)
        self._importing = {
            name for name, item in items.items() if _knows(getattr(item, "module", None), module)
        }

    def of(self, change: Change, used_at: set[int] | None = None) -> list[pytest.Item]:
        """Give those that reach a change, the best first; of a constant, where it is used.

        Then those that come near it: of a constant all of its module's.
        """
        at = set(self._by_line.get(change.line, ()))
        for line in used_at or ():
            at |= self._by_line.get(line, set())
        around = {
            test
            for line, tests in self._by_line.items()
            if used_at is not None or change.first <= line <= change.last
            for test in tests
        }
        if used_at is not None:
            around |= self._importing
        chosen = self._best(at, self._most)
        return [
            self._items[name]
            for name in [
                *chosen,
                *self._best(around - at, self._most / 3),
            ]
        ]

    def seconds(self, items: Sequence[pytest.Item]) -> float:
        """Tell how long tests take together."""
        return sum(self._took[one.nodeid] for one in items)

    def noticed(self, name: str) -> None:
        """Remember who noticed something: who did before will sooner do so again."""
        self._noticed[name] += 1

    def _worth(self, name: str) -> tuple[float, str]:
        return self._took[name] / (1 + self._noticed[name]), name

    def _best(self, names: set[str], most: float) -> Iterator[str]:
        """Give the quickest, and those that noticed most, as long as they fit."""
        spent = 0.0
        there = {name for name in names & self._items.keys() if self._took.get(name, NEVER) < NEVER}
        for place, name in enumerate(sorted(there, key=self._worth)):
            spent += self._took[name]
            # One is asked however long it takes: what it alone reaches has nobody else.
            if spent > most and place:
                return
            yield name


def _knows(holder: types.ModuleType | None, module: str) -> bool:
    """Whether a test's module has something of a module."""
    return any(
        getattr(value, "__module__", None) == module or getattr(value, "__name__", None) == module
        for value in vars(holder or types).values()
    )


def _run(session: pytest.Session, *, every: bool = False) -> int:
    session.config.option.maxfail = 0 if every else 1
    with contextlib.suppress(session.Failed, session.Interrupted):
        pytest_runtestloop(session)
    return 1 if session.testsfailed and not every else 0


def _pipe() -> tuple[int, int]:
    """Open a pipe: where to write, and where to read what is there without waiting."""
    hearing, telling = os.pipe()
    os.set_blocking(hearing, False)
    return telling, hearing


def _forked(run: Callable[[], int], seconds: int, waited: float) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
            status = run()
        except Unfit:
            status = UNFIT
        finally:
            os._exit(status)
    # Waiting costs nothing: who looks every few milliseconds takes what the child could use.
    handle = os.pidfd_open(child)
    ended, _, _ = select.select([handle], [], [], waited)
    os.close(handle)
    if not ended:
        # A loop that never ends has been noticed.
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if ended else 1
