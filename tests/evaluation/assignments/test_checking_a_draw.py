"""Whoever has a draw and its problem checks it offline, and any change to either is noticed."""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

import pytest

from evaluation.assignments import solver
from evaluation.assignments.drawing import worked
from evaluation.assignments.rules import Problem, without
from evaluation.assignments.solver import packed_tree
from evaluation.schemes.rules import canonical
from tests.evaluation.assignments.problems import random_problem
from zhichuang import draw_proof
from zhichuang.draw_proof import ProofError

SEED: Final = "0f" * 32


def drawn(problem: Problem, *before: Any) -> tuple[bytes, dict[str, Any]]:
    """Draw as the worker does, and give problem and draw as the API tells them."""
    content = canonical(problem.ordered().document())
    panels = None
    recused: list[tuple[str, str]] = []
    if before:
        told, recused = before
        panels = {
            panel: [seat["expert_id"] for seat in one["seats"]]
            for panel, one in told["result"]["panels"].items()
        }
    result = json.loads(canonical(worked(content, SEED, panels, recused, 60.0)))
    return content, {"problem_hash": draw_proof.sha256(content), "result": result}


@pytest.fixture(scope="module")
def told() -> tuple[bytes, dict[str, Any]]:
    return drawn(random_problem(8, 60, 7, 4, 3))


@pytest.mark.requirement("A120", "X09")
@pytest.mark.parametrize(("hard", "seed"), [(False, 1), (False, 2), (True, 3), (True, 4)])
def test_a_draw_is_proven_by_what_is_stored_of_it(hard: bool, seed: int) -> None:
    content, draw = drawn(random_problem(12, 90, 7, 6, seed, hard=hard))
    found = draw_proof.check(content, draw, SEED, None)
    assert found.believed == []
    assert [line.split(":")[0] for line in found.said] == ["worst", "total", "lots", "uniqueness"]


def few_values(seed: int) -> Problem:
    """Ties and wide steps leave gaps between bounds and panels; a group weighs twice."""
    problem = random_problem(3, 20, 5, 3, seed, top=3, barred=0.1)
    grouped = replace(problem.needs[0], cases=2)
    return replace(problem, needs=(grouped, *problem.needs[1:]))


@pytest.mark.requirement("A120")
def test_where_bounds_leave_a_gap_a_tree_of_splits_closes_it() -> None:
    ways: Counter[str] = Counter()
    for seed in range(12):
        content, draw = drawn(few_values(seed))
        if draw["result"]["answer"] == "optimal":
            found = draw_proof.check(content, draw, SEED, None)
            assert found.believed == []
            ways.update(one["by"] for one in draw["result"]["proof"])
    assert ways["tree"] > 0
    assert ways["search"] == 0


@pytest.fixture(scope="module")
def split() -> tuple[bytes, dict[str, Any]]:
    """Give a draw of which a step is proven by a tree with a split."""
    for seed in range(40):
        content, draw = drawn(few_values(seed))
        if any("column" in unpacked(one) for one in draw["result"].get("trees", {}).values()):
            return content, draw
    raise AssertionError("no draw needed a split")


def unpacked(content: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(content)))
    return tree


def cut(tree: dict[str, Any]) -> dict[str, Any]:
    """Leave a side of a split out."""
    return tree["below"] if "column" in tree else {"multipliers": [0] * len(tree["multipliers"])}


def rounded(tree: dict[str, Any]) -> dict[str, Any]:
    if "column" in tree:
        return tree | {"below": rounded(tree["below"])}
    return {"multipliers": [float(one) for one in tree["multipliers"]]}


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("change", "words"), [(cut, "do not contradict"), (rounded, "not whole"), (None, "missing")]
)
def test_a_tree_that_was_changed_does_not_hold(
    split: tuple[bytes, dict[str, Any]],
    change: Callable[[dict[str, Any]], dict[str, Any]] | None,
    words: str,
) -> None:
    draw = deepcopy(split[1])
    trees = draw["result"]["trees"]
    name, tree = next(
        (name, unpacked(one)) for name, one in trees.items() if "column" in unpacked(one)
    )
    if change is None:
        del trees[name]
    else:
        trees[name] = packed_tree(change(tree))
    with pytest.raises(ProofError, match=words):
        draw_proof.check(split[0], draw, SEED, None)


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_without_time_for_a_tree_the_step_says_that_it_rests_on_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(solver, "TREE_SECONDS", -1.0)
    for seed in range(12):
        content, draw = drawn(few_values(seed))
        if draw["result"]["answer"] == "optimal":
            found = draw_proof.check(content, draw, SEED, None)
            searched = [one["name"] for one in draw["result"]["proof"] if one["by"] == "search"]
            if searched and draw["result"]["unique"]:
                assert found.believed == searched
                return
    raise AssertionError("no draw needed a search")


@pytest.mark.requirement("A120")
def test_a_changed_draw_is_proven_with_the_one_before(told: tuple[bytes, dict[str, Any]]) -> None:
    problem = random_problem(8, 60, 7, 4, 3)
    panel, seats = next(iter(told[1]["result"]["panels"].items()))
    gone = [(panel, seats["seats"][0]["expert_id"])]
    content, draw = drawn(without(problem.ordered(), gone), told[1], gone)
    found = draw_proof.check(content, draw, SEED, told[1])
    assert found.said[0] == "kept: 55, proven by its bound"
    with pytest.raises(ProofError, match="--before"):
        draw_proof.check(content, draw, SEED, None)


def swapped(draw: dict[str, Any]) -> None:
    """Let the first panel's first seat go to its alternate: every rule is kept."""
    seat = next(iter(draw["result"]["panels"].values()))["seats"][0]
    seat["expert_id"] = seat["alternates"][0]


def better(draw: dict[str, Any]) -> None:
    draw["result"]["total"] += 1


def other_multipliers(draw: dict[str, Any]) -> None:
    kept = draw["result"]["multipliers"]
    first, second = list(kept)[:2]
    kept[first], kept[second] = kept[second], kept[first]


def forgotten(draw: dict[str, Any]) -> None:
    draw["result"]["multipliers"].clear()


def two_seats(draw: dict[str, Any]) -> None:
    seats = next(iter(draw["result"]["panels"].values()))["seats"]
    seats[0]["expert_id"] = seats[1]["expert_id"]


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (swapped, "worst panel or total"),
        (better, "worst panel or total"),
        (other_multipliers, "other multipliers"),
        (forgotten, "missing"),
        (two_seats, "size"),
    ],
)
def test_a_changed_draw_does_not_hold(
    told: tuple[bytes, dict[str, Any]], change: Callable[[dict[str, Any]], None], words: str
) -> None:
    draw = deepcopy(told[1])
    change(draw)
    with pytest.raises(ProofError, match=words):
        draw_proof.check(told[0], draw, SEED, None)


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_honest_panels_that_are_not_the_best_do_not_pass(
    told: tuple[bytes, dict[str, Any]],
) -> None:
    """Worse panels with figures of their own, so that the bound alone can tell."""
    draw = deepcopy(told[1])
    swapped(draw)
    problem = draw_proof.Problem.read(told[0])
    fits = dict(zip(problem.pairs, problem.fits, strict=True))
    sums = [
        sum(fits[panel, seat["expert_id"]] for seat in one["seats"])
        for panel, one in draw["result"]["panels"].items()
    ]
    draw["result"] |= {"worst": min(sums), "total": sum(sums)}
    for step, value in zip(draw["result"]["proof"], (min(sums), sum(sums)), strict=False):
        step["value"] = step["bound"] = value
    with pytest.raises(ProofError, match="does not meet"):
        draw_proof.check(told[0], draw, SEED, None)


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_another_seed_or_problem_is_noticed(told: tuple[bytes, dict[str, Any]]) -> None:
    with pytest.raises(ProofError, match="the seed draws others"):
        draw_proof.check(told[0], told[1], "other", None)
    with pytest.raises(ProofError, match="not the draw's"):
        draw_proof.check(told[0] + b" ", told[1], SEED, None)


def test_the_proof_of_a_large_draw_is_small() -> None:
    _, draw = drawn(random_problem(30, 120, 7, 4, 5))
    kept = draw["result"]["multipliers"]
    assert sum(map(len, kept.values())) < 40_000
