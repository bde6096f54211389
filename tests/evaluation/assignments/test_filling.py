"""The fewest missing seats, by a flow and its cut, against searches and without any."""

import time
from dataclasses import replace
from typing import Any

import pytest

from evaluation.assignments import explaining
from evaluation.assignments.explaining import missing_seats
from evaluation.assignments.model import Answer, Found
from evaluation.assignments.rules import Problem
from tests.evaluation.assignments.problems import random_problem


def missing(problem: Problem) -> tuple[dict[tuple[str, str], int], bool]:
    return missing_seats(problem, clock=time.monotonic, until=time.monotonic() + 60)


def searched(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as patch:
        patch.setattr(explaining, "filled", lambda *_, **__: None)
        told, proven = missing(problem)
    assert proven
    return sum(told.values())


@pytest.mark.requirement("A120")
@pytest.mark.parametrize("seed", range(25))
def test_a_flow_leaves_as_many_seats_missing_as_a_search_does(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_problem(
        2 + seed % 4, 8 + seed % 7, (5, 7)[seed % 2], 1 + seed % 2, seed,
        hard=seed % 3 == 0, barred=0.1 + seed % 3 / 10,
    ).ordered()  # fmt: skip
    told, proven = missing(problem)
    assert proven
    assert sum(told.values()) == searched(problem, monkeypatch)


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(
    ("cases", "experts", "load", "hard", "asked"), [(60, 150, 2, False, 120), (60, 150, 3, True, 0)]
)
def test_many_panels_need_no_search(
    cases: int,
    experts: int,
    load: int,
    hard: bool,
    asked: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was searched")

    monkeypatch.setattr(explaining, "maximize", none)
    problem = random_problem(cases, experts, 7, load, 2, hard=hard).ordered()
    told, proven = missing(problem)
    assert proven
    # All experts together take load x experts of the seats; scarce fields leave more.
    assert sum(told.values()) >= asked
    assert not asked or sum(told.values()) == asked


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_a_group_of_cases_and_what_no_bound_meets_go_to_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def unknown(name: str, *_: Any, **__: Any) -> Any:
        asked.append(name)
        return explaining_settled()

    def explaining_settled() -> Any:
        class Settled:
            found = Found(Answer.UNKNOWN)

        return Settled()

    monkeypatch.setattr(explaining, "maximize", unknown)
    problem = random_problem(3, 9, 5, 1, 1)
    group = replace(problem, needs=(replace(problem.needs[0], cases=2), *problem.needs[1:]))
    assert missing(group.ordered()) == ({}, False)
    # Everybody of one organization: one seat a panel is filled, and no cut of people says so.
    one_house = replace(
        problem,
        reviewers=tuple(
            replace(one, organizations=frozenset({"o"}), max_load=9) for one in problem.reviewers
        ),
    )
    assert missing(one_house.ordered()) == ({}, False)
    assert asked == ["missing", "missing"]
