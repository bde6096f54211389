"""Pytest plugin of proofs: a round in which nothing ran proves nothing; a rule can be switched off.

With a rule off, only the tests that stand for its row are run.
"""

from collections.abc import Generator
from typing import Any, Final

import pytest

from shared.rules import Check, Rule

RAN: Final = pytest.StashKey[int]()
JUDGED: Final = pytest.StashKey[bool]()
# Of a rule that only names a duty and its clause no test asks for a verdict.
NEVER_ASKED: Final = 64


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the row whose rule is switched off."""
    parser.addoption("--switch-off", default=None, help="A row whose checks all pass.")


@pytest.fixture(autouse=True)
def _switched_off(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    row = request.config.getoption("--switch-off", default=None)
    if row is not None:
        judge = Rule.check

        def lenient(rule: Rule, *parts: Any, passed: bool, **more: Any) -> Check:
            if rule.row == row:
                request.config.stash[JUDGED] = True
            return judge(rule, *parts, passed=passed or rule.row == row, **more)

        monkeypatch.setattr(Rule, "check", lenient)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Say that nothing ran where every test was skipped, for want of another Python, say."""
    stash = session.config.stash
    if exitstatus != pytest.ExitCode.OK:
        return
    if not stash.get(RAN, 0):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
    elif session.config.getoption("--switch-off", default=None) and not stash.get(JUDGED, False):
        session.exitstatus = NEVER_ASKED


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Count the tests that ran to their end."""
    report = (yield).get_result()
    if report.when == "call" and report.passed:
        item.config.stash[RAN] = item.config.stash.get(RAN, 0) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the row; those on a whole stack do not see this process's rules."""
    row = config.getoption("--switch-off", default=None)
    if row is None:
        return
    kept = [
        item
        for item in items
        if any(row in mark.args for mark in item.iter_markers("requirement"))
        and "world" not in getattr(item, "fixturenames", ())
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
