"""The draw against CP-SAT, a solver of another kind, on instances beyond trying everything."""

import time
from typing import Any

import pytest
from ortools.sat.python import cp_model

from evaluation.assignments.model import Answer
from evaluation.assignments.rules import Problem, panel_fits, violations
from evaluation.assignments.solver import solve
from tests.evaluation.assignments.problems import random_problem

SECONDS = 60.0


class Second:
    """The rules written once more, from their text, for CP-SAT."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.model = cp_model.CpModel()
        self.seats: dict[tuple[str, str], Any] = {
            pair: self.model.new_bool_var(f"{pair}") for pair in problem.scores()
        }
        self.worst = self.model.new_int_var(0, 100 * problem.size, "worst")
        scores = problem.scores()
        for need in problem.needs:
            own = {one: self.seats[need.id, one.id] for one in problem.reviewers
                   if (need.id, one.id) in scores}  # fmt: skip
            self.model.add(sum(own.values()) == problem.size)
            for area in problem.fields:
                self.model.add(sum(seat for one, seat in own.items() if one.field == area) >= 1)
            for employer in {name for one in own for name in one.organizations}:
                self.model.add_at_most_one(
                    seat for one, seat in own.items() if employer in one.organizations
                )
            fit = sum(scores[need.id, one.id] * seat for one, seat in own.items())
            self.model.add(fit >= self.worst)
        for one in problem.reviewers:
            held = [self.seats[need.id, one.id] * need.cases for need in problem.needs
                    if (need.id, one.id) in scores]  # fmt: skip
            self.model.add(sum(held) <= one.max_load)
        self.total = sum(scores[pair] * seat for pair, seat in self.seats.items())

    def best(self) -> tuple[int, int] | None:
        """Give the best worst panel, and the best total with it; None where there are no panels."""
        worst = self._maximum(self.worst)
        if worst is None:
            return None
        self.model.add(self.worst >= worst)
        total = self._maximum(self.total)
        assert total is not None
        return worst, total

    def _maximum(self, goal: Any) -> int | None:
        self.model.maximize(goal)
        solver = cp_model.CpSolver()
        solver.parameters.linearization_level = 2
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_time_in_seconds = SECONDS
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return None
        assert status == cp_model.OPTIMAL, "the second solver ran out of time"
        return round(solver.objective_value)


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(
    ("cases", "experts", "load", "seed", "hard"),
    [(8, 40, 3, 1, False), (12, 60, 3, 2, False), (8, 48, 4, 3, True)],
)
def test_a_solver_of_another_kind_has_the_same_optima(
    cases: int, experts: int, load: int, seed: int, hard: bool
) -> None:
    problem = random_problem(cases, experts, 7, load, seed, hard=hard)
    found = solve(problem, "0f" * 32, clock=time.monotonic, seconds=SECONDS)
    fits = panel_fits(problem, found.panels)
    assert found.optimal
    assert violations(problem, found.panels) == []
    assert Second(problem).best() == (min(fits.values()), sum(fits.values()))


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize("seed", range(6))
def test_both_find_that_there_are_no_panels(seed: int) -> None:
    # Seats for two thirds of the cases at most.
    problem = random_problem(9, 21, 7, 2, seed)
    found = solve(problem, "0f" * 32, clock=time.monotonic, seconds=SECONDS)
    assert (found.answer, found.panels) == (Answer.INFEASIBLE, {})
    assert Second(problem).best() is None
