"""What a soak calls growth: both sides of each bound."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.soak.watching import MEGABYTE, growth_faults, slowness_faults


def process(memory: list[int], files: list[int], tasks: list[int] | None = None) -> Any:
    bytes_of = [m * MEGABYTE for m in memory]
    return SimpleNamespace(name="registry", memory=bytes_of, files=files, tasks=tasks or [])


@pytest.mark.parametrize(
    ("memory", "files", "faults"),
    [
        ([50, 100, 100, 100], [20] * 4, 0),
        ([50, 100, 110, 118], [20] * 4, 0),
        ([50, 100, 110, 119], [20] * 4, 1),
        ([100] * 4, [20, 30, 30, 38], 0),
        ([100] * 4, [20, 30, 30, 39], 1),
    ],
)
def test_memory_and_files_are_flat_from_the_second_quarter_on(
    memory: list[int], files: list[int], faults: int
) -> None:
    assert len(growth_faults(process(memory, files))) == faults


@pytest.mark.parametrize(("last", "faults"), [(80, 0), (81, 1)])
def test_tasks_are_flat_from_the_second_quarter_on(last: int, faults: int) -> None:
    judged = process([100] * 4, [20] * 4, [20, 50, 50, last])
    assert len(growth_faults(judged)) == faults


@pytest.mark.parametrize(("last", "faults"), [(0.25, 0), (0.26, 1)])
def test_p99_may_double_and_no_more(last: float, faults: int) -> None:
    seconds = [(float(n), 0.1 if n < 300 else last) for n in range(400)]
    assert len(slowness_faults(seconds)) == faults
