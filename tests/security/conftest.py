"""A door on a real port for what attackers send."""

from collections.abc import Iterator

import pytest

from tests.gateway.running_door import RunningDoor, running_door


@pytest.fixture(scope="module")
def door() -> Iterator[RunningDoor]:
    with running_door() as running:
        yield running
