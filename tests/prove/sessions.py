"""One collected session, many changes: what takes time is loading tests, not running them.

The tests of a module are collected once. Then, for each change, a fork of that process puts the
changed function's code into the living function and runs them; nothing is imported anew. A change
outside of functions (a constant, a table, a default) cannot be put in so, and is left to whoever
imports the changed text instead.
"""

import functools
import gc
import json
import math
import os
import resource
import signal
import tempfile
import time
import types
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Final

import pytest
from _pytest.main import pytest_runtestloop
from hypothesis import Phase, settings

# A change may make a loop that never ends, or one that fills the memory; seconds are of CPU, so
# that a busy machine condemns nobody. Whoever sleeps for ever is ended by the clock.
LEAST_SECONDS: Final = 3
TIMES: Final = 10
MOST_WAITED: Final = 300.0
MOST_BYTES: Final = 3 * 2**30
# What has to be asked at all of these: a server, a stack, a door.
SLOW: Final = {"server_folder", "postgres_server", "running", "world", "door"}
# All tests together, the quickest first; what takes longer is asked of survivors only.
MOST_SECONDS: Final = 1.5
IS_FUNCTION: Final = 0x1

NOTICED: Final = "noticed"
UNNOTICED: Final = "unnoticed"
APART: Final = "apart"
FAILING: Final = "failing"

Pair = tuple[types.CodeType, types.CodeType]
Told = Callable[[str, str], None]


class Unfit(Exception):  # noqa: N818 - control flow
    """A change that lies outside of functions."""


def changed_functions(before: types.CodeType, after: types.CodeType) -> Iterator[Pair]:
    """Give the outermost functions whose code differs. Raises `Unfit` where more than that does."""
    if _own(before) != _own(after):
        raise Unfit
    for old, new in zip(_inner(before), _inner(after), strict=True):
        if old == new:
            continue
        if old.co_flags & IS_FUNCTION:
            if old.co_freevars != new.co_freevars:
                raise Unfit
            yield old, new
        else:
            yield from changed_functions(old, new)


def _own(code: types.CodeType) -> tuple[object, ...]:
    plain = [repr(one) for one in code.co_consts if not isinstance(one, types.CodeType)]
    return code.co_code, plain, code.co_names, code.co_varnames, len(code.co_consts)


def _inner(code: types.CodeType) -> list[types.CodeType]:
    return [one for one in code.co_consts if isinstance(one, types.CodeType)]


class Living:
    """The functions of one file that live in this process, by the code that they run."""

    def __init__(self, path: str) -> None:
        """Look for them once: each look goes through everything that is held."""
        self._functions: dict[tuple[str, int], list[types.FunctionType]] = {}
        self._cached: list[Any] = []
        for one in gc.get_objects():
            if isinstance(one, types.FunctionType) and one.__code__.co_filename == path:
                self._functions.setdefault(_place(one.__code__), []).append(one)
            elif isinstance(one, functools._lru_cache_wrapper):
                self._cached.append(one)

    def swap(self, pairs: Sequence[Pair]) -> None:
        """Let the functions run other code. Raises `Unfit` for one that nobody holds."""
        for old, _ in pairs:
            if _place(old) not in self._functions:
                raise Unfit
        for old, new in pairs:
            for one in self._functions[_place(old)]:
                one.__code__ = new
        for cache in self._cached:
            cache.cache_clear()


def _place(code: types.CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


class Judging:
    """A plugin that runs the collected tests once for each change, in a fork of its own."""

    def __init__(self, path: str, source: str, changes: Mapping[str, str], told: Told) -> None:
        """Take changed texts by name; `told` hears a name and what became of it."""
        self._path = path
        self._before = compile(source, path, "exec")
        self._changes = changes
        self._told = told

    def pytest_collection(self) -> None:
        """Look for one failing example and leave it as it is: it need not be the smallest."""
        settings.register_profile(
            "mutants", settings(phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False)
        )
        settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what needs no server."""
        items[:] = [one for one in items if not SLOW & set(getattr(one, "fixturenames", ()))]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, then with each change."""
        # What is frozen is no longer found, and is not copied by each fork's rounds either.
        living = Living(self._path)
        gc.collect()
        gc.freeze()
        took = {} if session.testsfailed else self._durations(session)
        session.items = _quickest(session.items, took)
        if not session.items:
            # Tests that fail anyway would notice every change.
            self._all(FAILING)
            return True
        spent = sum(took[one.nodeid] for one in session.items)
        limit = LEAST_SECONDS + math.ceil(TIMES * spent)
        for name, text in self._changes.items():
            self._told(name, self._judged(session, living, text, limit))
        return True

    def _durations(self, session: pytest.Session) -> dict[str, float]:
        """Run the tests as they are, and tell how long each one took; nothing where one fails."""
        watch = Watch()

        def watched() -> int:
            session.config.pluginmanager.register(watch)
            status = _run(session)
            kept.write(json.dumps(watch.took if status == 0 else {}).encode())
            kept.flush()
            return status

        with tempfile.TemporaryFile() as kept:
            _forked(watched, int(MOST_WAITED))
            kept.seek(0)
            return dict(json.loads(kept.read() or b"{}"))

    def _all(self, outcome: str) -> None:
        for name in self._changes:
            self._told(name, outcome)

    def _judged(self, session: pytest.Session, living: Living, text: str, limit: int) -> str:
        try:
            pairs = list(changed_functions(self._before, compile(text, self._path, "exec")))
        except (Unfit, SyntaxError):
            return APART
        if not pairs:
            return APART

        def changed() -> int:
            living.swap(pairs)
            return _run(session)

        status = _forked(changed, limit)
        return {0: UNNOTICED, UNFIT: APART}.get(status, NOTICED)


UNFIT: Final = 77


class Watch:
    """Notes how long each test took, in seconds of CPU."""

    def __init__(self) -> None:
        """Note nothing yet."""
        self.took: dict[str, float] = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, None, None]:
        """Watch one test with what it sets up."""
        began = time.process_time()
        yield
        self.took[item.nodeid] = time.process_time() - began


def _quickest(items: Sequence[pytest.Item], took: Mapping[str, float]) -> list[pytest.Item]:
    """Give the tests that ran, the quickest first, as many as the time is enough for."""
    chosen, spent = [], 0.0
    for one in sorted(items, key=lambda item: took.get(item.nodeid, MOST_SECONDS)):
        spent += took.get(one.nodeid, MOST_SECONDS)
        if spent > MOST_SECONDS:
            break
        chosen.append(one)
    return chosen


def _run(session: pytest.Session) -> int:
    try:
        pytest_runtestloop(session)
    except (session.Failed, session.Interrupted):
        return 1
    return 1 if session.testsfailed else 0


def _forked(run: Callable[[], int], seconds: int) -> int:
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
    until = time.monotonic() + MOST_WAITED
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    # A loop that never ends has been noticed.
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 1
