"""A door for tests of the way through, and the gateway on a real database."""

from collections.abc import Iterator

import pytest

from tests.gateway.running_door import RunningDoor, running_door


@pytest.fixture(scope="module")
def door() -> Iterator[RunningDoor]:
    with running_door() as running:
        yield running


@pytest.fixture(autouse=True)
def key_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the gateway a key secret, as its runner does."""
    monkeypatch.setenv("ZHICHUANG_KEY_SECRET", "a key secret of the tests")
