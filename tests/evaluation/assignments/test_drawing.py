"""The draw against exhaustive search, against any order of its input, and against its own rules."""

import itertools
import random
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp

from evaluation.assignments import model as modelling
from evaluation.assignments.explaining import explain, prices, replace_recused
from evaluation.assignments.model import SCALE, Answer, Program
from evaluation.assignments.rules import (
    Problem,
    Reviewer,
    alternates,
    panel_fits,
    problem_of,
    tie_weight,
    violations,
)
from evaluation.assignments.solver import Draw, solve
from tests.evaluation.assignments.problems import FIELDS, all_panels, random_problem, value

SEED = "0f" * 32


def drawn(problem: Problem, **more: object) -> Draw:
    return solve(problem, SEED, clock=time.monotonic, seconds=60, **more)  # type: ignore[arg-type]


def small(seed: int, *, experts: int = 8, cases: int = 2, top: int = 3) -> Problem:
    """Give a problem small enough to try everything; few values make many ties."""
    return random_problem(cases, experts, 5, 2, seed, barred=0.05, top=top)


@pytest.mark.requirement("A120")
@pytest.mark.parametrize("seed", range(25))
def test_it_finds_what_trying_everything_finds(seed: int) -> None:
    problem = small(seed)
    best = max(
        (value(problem, panels, SEED, frozenset()) for panels in all_panels(problem)), default=None
    )

    found = drawn(problem)

    if best is None:
        assert found.answer is Answer.INFEASIBLE
        assert not found.optimal
    else:
        assert found.optimal
        assert value(problem, found.panels, SEED, frozenset()) == best


def test_most_of_the_small_problems_have_panels() -> None:
    assert sum(drawn(small(seed)).optimal for seed in range(25)) >= 12


@pytest.mark.parametrize("seed", range(8))
def test_it_says_unique_exactly_when_no_other_panels_are_as_good(seed: int) -> None:
    problem = small(seed)
    every = [value(problem, panels, SEED, frozenset()) for panels in all_panels(problem)]
    found = drawn(problem)
    if found.optimal:
        assert found.unique == (every.count(max(every)) == 1)


@pytest.mark.requirement("A120")
@given(seed=st.integers(0, 10**9), shuffle=st.integers(0, 10**9))
def test_random_problems_break_no_rule_whatever_their_order(seed: int, shuffle: int) -> None:
    dice = random.Random(seed)
    problem = random_problem(
        dice.randint(1, 5), dice.randint(8, 24), dice.choice((5, 7)), dice.randint(1, 4), seed,
        hard=dice.random() < 0.3, barred=dice.random() / 3, top=dice.choice((2, 100)),
    )  # fmt: skip
    found = drawn(problem)
    assert found.answer is not Answer.UNKNOWN
    if found.answer is Answer.OPTIMAL:
        assert violations(problem, found.panels) == []
        other = drawn(shuffled(problem, shuffle))
        assert other.panels == found.panels


def shuffled(problem: Problem, seed: int) -> Problem:
    dice = random.Random(seed)
    rows = dice.sample(range(len(problem.needs)), len(problem.needs))
    columns = dice.sample(range(len(problem.reviewers)), len(problem.reviewers))
    return replace(
        problem,
        needs=tuple(problem.needs[n] for n in rows),
        reviewers=tuple(problem.reviewers[m] for m in columns),
        fit=tuple(tuple(problem.fit[n][m] for m in columns) for n in rows),
    )


@pytest.mark.parametrize(("hard", "seed"), [(False, 1), (False, 2), (True, 3), (True, 4)])
def test_a_plain_formulation_has_the_same_optima(hard: bool, seed: int) -> None:
    problem = random_problem(12, 60, 7, 6, seed, hard=hard)
    found = drawn(problem)
    worst, total = plain(problem)
    fits = panel_fits(problem, found.panels)
    assert found.optimal
    assert (min(fits.values()), sum(fits.values())) == (worst, total)


def plain(problem: Problem) -> tuple[int, int]:
    """Solve with dense rows written here anew and no bounds, fixings or exact arithmetic."""
    cases, experts = len(problem.needs), len(problem.reviewers)
    fit = np.array([[-1 if one is None else one for one in row] for row in problem.fit])
    upper = np.append((fit >= 0).ravel().astype(float), 1e6)
    rows, low, high = [], [], []

    def row(cells: np.ndarray[Any, Any], least: float, most: float, worst: float = 0.0) -> None:
        rows.append(np.append(cells.ravel(), worst))
        low.append(least)
        high.append(most)

    employers = {org for one in problem.reviewers for org in one.organizations}
    for n in range(cases):
        only = np.zeros((cases, experts))
        only[n] = 1
        row(only, problem.size, problem.size)
        row(only * fit, 0, np.inf, -1.0)
        for area in FIELDS:
            row(only * [one.field == area for one in problem.reviewers], 1, np.inf)
        for org in employers:
            row(only * [org in one.organizations for one in problem.reviewers], 0, 1)
    for m in range(experts):
        only = np.zeros((cases, experts))
        only[:, m] = 1
        row(only, 0, problem.reviewers[m].max_load)
    goal = np.zeros(cases * experts + 1)
    goal[-1] = -1
    kept = LinearConstraint(np.array(rows), low, high)

    def best(least_worst: int) -> int:
        lower = np.append(np.zeros(len(goal) - 1), least_worst)
        found = milp(
            goal,
            integrality=np.ones(len(goal)),
            bounds=(lower, upper),
            constraints=kept,
            options={"mip_rel_gap": 0},
        )
        value: float = -found.fun
        return round(value)

    worst = best(0)
    goal = np.append(-np.maximum(fit, 0).ravel(), 0.0)
    return worst, best(worst)


def test_any_multipliers_bound_the_optimum_exactly() -> None:
    problem = random_problem(6, 40, 7, 2, 5).ordered()
    model = modelling.model_of(problem)
    program = Program.of(model, model.fits)
    best = modelling.search(program, 30)
    assert best.columns is not None
    value = int(model.fits @ best.columns)
    dice = np.random.default_rng(7)
    for _ in range(20):
        wild = dice.integers(-50 * SCALE, 50 * SCALE, len(program.low))
        wild[(wild > 0) & (program.high >= modelling.UNBOUNDED)] = 0
        wild[(wild < 0) & (program.low <= -modelling.UNBOUNDED)] = 0
        assert modelling.bounded(program, wild).bound >= value
    assert modelling.relax(program).bound >= value


@pytest.mark.requirement("A120")
def test_fixed_choices_stay_and_a_group_counts_each_of_its_cases() -> None:
    problem = random_problem(4, 40, 7, 3, 9, barred=0.0)
    worst_pair = min(problem.scores().items(), key=lambda one: (one[1], one[0]))[0]
    fixed = replace(problem, fixed=frozenset({worst_pair}))
    assert worst_pair[1] in drawn(fixed).panels[worst_pair[0]]

    group = replace(problem, needs=(replace(problem.needs[0], cases=3), *problem.needs[1:]))
    panels = drawn(group).panels
    others = set(
        itertools.chain.from_iterable(panel for key, panel in panels.items() if key != "c0000")
    )
    assert not others & set(panels["c0000"])


@pytest.mark.requirement("A120", "X08")
@pytest.mark.refusing
def test_a_fixed_choice_that_is_barred_has_no_panels() -> None:
    problem = random_problem(2, 30, 7, 3, 9, barred=0.0)
    barred = replace(
        problem,
        fit=((None, *problem.fit[0][1:]), problem.fit[1]),
        fixed=frozenset({("c0000", "e0000")}),
    )
    assert drawn(barred).answer is Answer.INFEASIBLE
    told = explain(barred, clock=time.monotonic)
    assert told.rules == (("fixed", "c0000", "e0000"),)
    assert (told.irreducible, told.smallest) == (True, True)


# --- explanations ---------------------------------------------------------------------------


def kept_by_something(problem: Problem, rules: frozenset[tuple[str, ...]]) -> bool:
    """Try every set of experts per panel against some rules only; panels meet in loads alone."""
    possible: list[set[tuple[str, ...]]] = []
    known = {one.id: one for one in problem.reviewers}
    scores = problem.scores()
    loaded = {rule[1] for rule in rules if rule[0] == "load"}
    for need in problem.needs:
        ids = [one for one in known if (need.id, one) in scores]
        ok = set()
        for count in range(len(ids) + 1):
            for panel in itertools.combinations(ids, count):
                if all(_kept(rule, need.id, panel, known, problem) for rule in rules):
                    ok.add(tuple(one for one in panel if one in loaded))
        possible.append(ok)
    return any(
        all(sum(one in panel for panel in chosen) <= known[one].max_load for one in loaded)
        for chosen in itertools.product(*possible)
    )


def _kept(
    rule: tuple[str, ...],
    need: str,
    panel: tuple[str, ...],
    known: dict[str, Reviewer],
    problem: Problem,
) -> bool:
    if rule[0] == "load" or rule[1] != need:
        return True
    if rule[0] == "size":
        return len(panel) == problem.size
    if rule[0] == "field":
        return any(known[one].field == rule[2] for one in panel)
    return sum(rule[2] in known[one].organizations for one in panel) <= 1


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize("seed", range(12))
def test_an_explanation_holds_and_loses_its_force_without_any_one_of_its_rules(seed: int) -> None:
    problem = random_problem(2, 7, 5, 1, seed, barred=0.1)
    told = explain(problem, clock=time.monotonic)
    rules = frozenset(told.rules)
    assert told.irreducible
    assert told.proof is not None
    assert not kept_by_something(problem, rules)
    for rule in rules:
        assert kept_by_something(problem, rules - {rule})
    if told.smallest:
        assert len(rules) <= 2


@pytest.mark.refusing
def test_scarce_fields_are_counted_in_seats() -> None:
    problem = random_problem(10, 60, 7, 2, 3, barred=0.0)
    legal = [one.id for one in problem.reviewers if one.field == "legal"][3:]
    scarce = replace(
        problem,
        reviewers=tuple(
            replace(one, field="technical") if one.id in legal else one for one in problem.reviewers
        ),
    )
    told = explain(scarce, clock=time.monotonic)
    # Three experts of law with two cases each fill six of the ten seats.
    assert sum(told.missing.values()) == 4
    assert {area for _, area in told.missing} == {"legal"}
    assert told.fewest_missing
    assert {rule[0] for rule in told.rules} == {"field", "load"}


# --- afterwards -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_a_recused_expert_is_replaced_with_the_fewest_other_changes(seed: int) -> None:
    problem = small(seed, top=5)
    first = drawn(problem)
    if not first.optimal:
        pytest.skip("no panels to change")
    gone = ("c0000", first.panels["c0000"][0])
    keep = frozenset((need, one) for need, panel in first.panels.items() for one in panel) - {gone}
    without = replace(
        problem,
        fit=tuple(
            tuple(None if (need.id, one.id) == gone else fit for one, fit in
                  zip(problem.reviewers, row, strict=True))
            for need, row in zip(problem.needs, problem.fit, strict=True)
        ),
    )  # fmt: skip
    best = max((value(without, each, SEED, keep) for each in all_panels(without)), default=None)

    again = replace_recused(problem, first.panels, [gone], SEED, clock=time.monotonic)

    if best is None:
        assert again.answer is Answer.INFEASIBLE
    else:
        assert again.optimal
        assert value(without, again.panels, SEED, keep) == best


def test_alternates_fit_alone_and_are_ranked() -> None:
    problem = random_problem(6, 60, 7, 2, 4)
    panels = drawn(problem).panels
    scores = problem.scores()
    ranked = alternates(problem, panels, SEED)
    areas = {one.id: one.field for one in problem.reviewers}
    assert len(ranked) == 6 * 7
    for (need, seat), found in ranked.items():
        assert len(found) == 2
        order = [(-scores[need, one], tie_weight(SEED, need, one)) for one in found]
        assert order == sorted(order)
        # A vacant seat is filled by nobody of another field.
        assert {areas[one] for one in found} == {areas[seat]}
        for one in found:
            changed = {**panels, need: tuple({*panels[need], one} - {seat})}
            assert violations(problem, changed) == []


def test_where_nobody_of_the_field_is_left_a_seat_has_no_alternate() -> None:
    problem = random_problem(1, 8, 5, 2, 4, barred=0.0)
    panels = drawn(problem).panels
    areas = {one.id: one.field for one in problem.reviewers}
    (need,) = panels
    for (_, seat), found in alternates(problem, panels, SEED).items():
        others = {one for one in areas if one not in panels[need] and areas[one] == areas[seat]}
        assert set(found) <= others
        assert len(found) <= 2
    nobody = replace(
        problem,
        reviewers=tuple(one for one in problem.reviewers if one.id in panels[need]),
        fit=tuple(
            tuple(
                fit
                for one, fit in zip(problem.reviewers, row, strict=True)
                if one.id in panels[need]
            )
            for row in problem.fit
        ),
    )
    assert set(alternates(nobody, panels, SEED).values()) == {()}


def test_each_rule_has_its_price() -> None:
    problem = random_problem(2, 8, 5, 2, 11, barred=0.0, top=20)
    problem = replace(
        problem, reviewers=tuple(replace(one, max_load=2) for one in problem.reviewers)
    )
    total = sum(panel_fits(problem, drawn(problem).panels).values())
    told = {one.rule: one.price for one in prices(problem, total, clock=time.monotonic)}
    everything = max(sum(panel_fits(problem, each).values()) for each in all_panels(problem))
    loose = replace(problem, fields=())
    fieldless = max(sum(panel_fits(problem, each).values()) for each in all_panels(loose))
    assert told["worst_panel_first"] == everything - total
    assert told["field"] == fieldless - everything
    assert told["load"] == 0


def test_the_document_of_a_problem_brings_the_problem_back() -> None:
    problem = random_problem(3, 12, 5, 2, 2).ordered()
    assert problem_of(problem.document()) == problem
