"""A draw without panels is shown to have none, in integers; a solver's word proves nothing."""

import itertools
import json
import random
import time
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from scipy.optimize import OptimizeResult

from evaluation.assignments import model as modelling
from evaluation.assignments.drawing import worked
from evaluation.assignments.explaining import explain
from evaluation.assignments.model import Answer, Program, Rows
from evaluation.assignments.refuting import holds, refuted
from evaluation.assignments.rules import EVENT_OF, Event, Need, Problem, Reviewer
from evaluation.schemes.rules import canonical
from tests.evaluation.assignments.problems import random_problem
from zhichuang import draw_proof
from zhichuang.draw_proof import ProofError

SEED: Final = "0f" * 32


def forever(program: Program) -> Any:
    return refuted(program, clock=lambda: 0.0, until=1.0)


def program_of(rows: Rows, width: int, most: int = 1) -> Program:
    upper = np.full(width, most, dtype=np.int64)
    nothing = np.zeros(width, dtype=np.int64)
    return Program(rows.matrix(width), np.array(rows.low), np.array(rows.high), upper, nothing)


@pytest.mark.requirement("A120")
@pytest.mark.parametrize("seed", range(150))
def test_rows_are_refuted_exactly_where_no_whole_columns_keep_them(seed: int) -> None:
    """Every choice of columns is tried: what is refuted has none, what is not has one."""
    dice = random.Random(seed)
    width, most = dice.randint(2, 5), dice.randint(1, 3)
    rows = Rows()
    for number in range(dice.randint(2, 5)):
        columns = sorted(dice.sample(range(width), dice.randint(1, width)))
        factors = [dice.randint(-3, 3) for _ in columns]
        low = dice.randint(-4, 6)
        rows.add((str(number),), columns, factors, low=low, high=low + dice.randint(0, 1))
    program = program_of(rows, width, most)
    possible = any(
        modelling.satisfied(program, np.array(columns, dtype=np.int64))
        for columns in itertools.product(range(most + 1), repeat=width)
    )
    tree = forever(program)
    assert (tree is None) == possible
    if tree is not None:
        assert holds(program, json.loads(json.dumps(tree)))


def rings(asked: int) -> Program:
    """Let neighbours in two rings of five exclude each other, and ask for so many of the ten."""
    rows = Rows()
    for one in range(5):
        for first in (0, 5):
            pair = sorted({first + one, first + (one + 1) % 5})
            rows.add(("pair", str(first + one)), pair, high=1)
    rows.add(("size",), range(10), low=asked)
    return program_of(rows, 10)


@pytest.mark.requirement("A120")
def test_what_only_whole_numbers_cannot_keep_is_refuted_by_splitting() -> None:
    program = rings(5)
    # Halves everywhere keep every rule but wholeness, so that no multipliers alone refute it.
    assert modelling.relax(program).answer is Answer.OPTIMAL
    tree = forever(program)
    assert tree is not None
    assert "column" in tree
    assert holds(program, tree)
    assert forever(rings(4)) is None


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_a_proof_that_was_changed_does_not_hold() -> None:
    program = rings(5)
    tree = forever(program)
    assert holds(program, tree)
    # A number that neither side has, a leaf that says nothing, a side that a rule does not have.
    for changed in (
        tree | {"most": tree["most"] + 1, "above": {"multipliers": [0] * 11}},
        tree | {"below": {"multipliers": [0] * 11}},
        {"multipliers": [-1] * 11},
    ):
        assert not holds(program, changed)
    # The proof that ten people have no five is none that they have no four.
    assert not holds(rings(4), tree)


def triangles() -> Problem:
    """Want seven of ten experts, of whom twice three share an employer with each other two."""
    ring = ({"a", "b"}, {"b", "c"}, {"a", "c"}, {"d", "e"}, {"e", "f"}, {"d", "f"})
    employers = [*ring, *({f"own{m}"} for m in range(4))]
    return Problem(
        needs=(Need("c0"),),
        reviewers=tuple(
            Reviewer(f"e{m}", "legal", frozenset(some), 1) for m, some in enumerate(employers)
        ),
        fit=((50,) * 10,),
        size=7,
        fields=("legal",),
    )


def drawn(problem: Problem) -> tuple[bytes, dict[str, Any]]:
    content = canonical(problem.ordered().document())
    result = json.loads(canonical(worked(content, SEED, None, [], 30.0)))
    return content, {"problem_hash": draw_proof.sha256(content), "result": result}


NONE: Final = {
    "too few experts": random_problem(3, 8, 5, 1, 0, barred=0.0),
    "shared employers": triangles(),
    "loads": random_problem(9, 21, 7, 2, 1),
    "a fixed choice that is barred": replace(
        random_problem(1, 30, 7, 3, 9, barred=1.0), fixed=frozenset({("c0000", "e0000")})
    ),
}


@pytest.mark.requirement("A120", "X09")
@pytest.mark.parametrize("problem", NONE.values(), ids=NONE.keys())
def test_that_there_are_no_panels_is_proven_offline(problem: Problem) -> None:
    content, draw = drawn(problem)
    assert draw["result"]["explanation"]["proven"]
    found = draw_proof.check(content, draw, SEED, None)
    assert found.believed == []
    assert "cannot be kept together" in found.said[0]


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize("problem", NONE.values(), ids=NONE.keys())
def test_a_rule_that_is_not_of_the_proof_is_noticed(problem: Problem) -> None:
    content, draw = drawn(problem)
    why = draw["result"]["explanation"]
    fewer = deepcopy(draw)
    fewer["result"]["explanation"]["rules"] = why["rules"][1:]
    with pytest.raises(ProofError):
        draw_proof.check(content, fewer, SEED, None)
    kept = deepcopy(draw)
    kept["result"]["explanation"]["others"].reverse()
    if len(why["rules"]) > 1:
        with pytest.raises(ProofError, match="does not keep the others"):
            draw_proof.check(content, kept, SEED, None)
    nothing = deepcopy(draw)
    nothing["result"]["explanation"]["proof"] = {"multipliers": [0] * len(why["rules"])}
    with pytest.raises(ProofError, match="do not contradict"):
        draw_proof.check(content, nothing, SEED, None)


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(("cases", "load", "hard"), [(30, 1, False), (60, 2, True)])
def test_a_shortage_of_people_is_explained_within_seconds(
    cases: int, load: int, hard: bool
) -> None:
    told = explain(
        random_problem(cases, 120, 7, load, 5, hard=hard), clock=time.monotonic, seconds=20.0
    )
    assert told.irreducible
    assert told.fewest_missing
    assert {name[0] for name in told.rules} <= {"size", "field", "load"}


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_a_solver_that_is_wrong_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS says of good problems that there is nothing: the draw runs out instead."""

    def nothing(*_: Any, **__: Any) -> OptimizeResult:
        return OptimizeResult(status=modelling.INFEASIBLE, x=None)

    monkeypatch.setattr(modelling, "linprog", nothing)
    monkeypatch.setattr(modelling, "milp", nothing)
    _, draw = drawn(random_problem(2, 40, 7, 3, 4, barred=0.0))
    result = draw["result"]
    assert not result["explanation"]["proven"]
    assert not result["explanation"]["irreducible"]
    assert EVENT_OF[result["answer"], result["optimal"]] is Event.RUN_OUT


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_without_time_nothing_is_called_proven() -> None:
    told = explain(triangles(), clock=time.monotonic, seconds=0.0)
    assert (told.proof, told.irreducible, told.smallest) == (None, False, False)
    # A shortage is proven by its own sum; that each of its rules is needed takes time.
    told = explain(random_problem(9, 21, 7, 2, 1), clock=time.monotonic, seconds=0.0)
    assert told.proof is not None
    assert (told.irreducible, told.smallest) == (False, False)
