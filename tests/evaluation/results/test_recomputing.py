"""Three computations of the same year agree: the product's, a plain one, and the offline one."""

import hashlib
import json
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.results import replay_rules, rules
from evaluation.results.leaf_rules import means_of
from evaluation.schemes.rules import canonical
from tests.evaluation.results import vector
from tests.evaluation.results.random_years import RandomYear, random_year, stressed_year
from zhichuang import recompute

SEEDS = st.integers(0, 2**40)
# Of the vector under each profile, then of 200 random years.
KEPT = "5497b7116c7fe9a41dca6bd99bacc824c1ec279fbfd51ac71db53cd28bc251f0"


def bundle_of(year: RandomYear, outcome: rules.Outcome, *, open_sheets: bool) -> dict[str, Any]:
    inputs = year.inputs()
    kept = json.loads(replay_rules.inputs_document(inputs.sheets))
    return replay_rules.bundle(
        case={"id": "c"},
        scheme=year.scheme,
        snapshot=canonical(year.snapshot),
        document=outcome.document,
        sheets=kept["sheets"] if open_sheets else None,
        means=means_of(inputs),
    )


@pytest.mark.requirement("A126", "A130", "X13")
@given(seed=SEEDS)
def test_a_second_implementation_gives_every_leaf_the_same_points(seed: int) -> None:
    year = random_year(seed)
    outcome = rules.compute(year.inputs())
    judged = year.by_oracle()

    points = {leaf["code"]: leaf["points"] for leaf in outcome.document["leaves"]}
    assert points == judged.points
    assert (outcome.document["total"], outcome.rating.value) == (judged.total, judged.rating)


@pytest.mark.requirement("A067", "X13")
@given(seed=SEEDS, open_sheets=st.booleans())
def test_three_computations_weigh_single_indicators_alike(seed: int, open_sheets: bool) -> None:
    year = stressed_year(seed)
    inputs = year.inputs()
    outcome = rules.compute(inputs)
    points = {leaf["code"]: leaf["points"] for leaf in outcome.document["leaves"]}
    assert points == year.by_oracle().points
    assert sum(leaf.max_points for leaf in inputs.scheme.leaves()) == sum(
        Fraction(leaf["max"]) for one in year.scheme["criteria"] for leaf in one["leaves"]
    )
    raw = canonical(bundle_of(year, outcome, open_sheets=open_sheets))
    _, document = recompute.recomputed(raw)
    assert recompute.sha256(recompute.canonical(document)) == outcome.result_hash


@pytest.mark.requirement("X13")
@given(seed=SEEDS)
def test_the_order_of_facts_targets_and_sheets_leaves_the_hash_as_it_is(seed: int) -> None:
    year = random_year(seed)
    shuffled = year.inputs(shuffled=random.Random(seed + 1))
    assert rules.compute(shuffled).result_hash == rules.compute(year.inputs()).result_hash


@pytest.mark.requirement("X13")
@given(seed=SEEDS, open_sheets=st.booleans())
def test_an_offline_program_comes_to_the_same_hash(seed: int, open_sheets: bool) -> None:
    year = random_year(seed)
    outcome = rules.compute(year.inputs())
    raw = canonical(bundle_of(year, outcome, open_sheets=open_sheets))

    _, document = recompute.recomputed(raw)
    assert document == outcome.document
    assert recompute.sha256(recompute.canonical(document)) == outcome.result_hash


def _fact(bundle: dict[str, Any]) -> None:
    snapshot = json.loads(bundle["snapshot"])
    snapshot["facts"]["registry"][0]["payload"]["who"] = "z"
    bundle["snapshot"] = canonical(snapshot).decode()


def _sheet(bundle: dict[str, Any]) -> None:
    scores = bundle["sheets"][0]["scores"]
    scores[next(iter(scores))] = "0.01"


def _filter(bundle: dict[str, Any], text: str) -> None:
    bundle["scheme"]["criteria"][0]["leaves"][0]["query"]["filter"] = text


TOUCHES: dict[str, Callable[[dict[str, Any]], None]] = {
    "weights": lambda bundle: bundle["weights"].update(A="99.99"),
    "fact": _fact,
    "sheet": _sheet,
    "division": lambda bundle: _filter(bundle, "1 / 0 == 1"),
    "loop": lambda bundle: _filter(bundle, "[1].all(x, x > 0)"),
    "length": lambda bundle: _filter(bundle, f"true{' ' * 500}"),
    "field": lambda bundle: bundle.update(more=1),
    "nonsense": lambda bundle: bundle.update(snapshot="[]"),
    "hash": lambda bundle: bundle.update(result_hash="0" * 64),
    "indicators": lambda bundle: bundle.update(indicator_weights={"A1": "0.01"}),
    "beyond": lambda bundle: bundle.update(indicator_weights={"A1": "100"}),
    "unknown": lambda bundle: bundle.update(indicator_weights={"A99": "1"}),
}


@pytest.mark.requirement("X13")
@pytest.mark.refusing
@pytest.mark.parametrize("touch", list(TOUCHES))
def test_a_bundle_that_was_touched_is_refused(touch: str, tmp_path: Path) -> None:
    year = next(
        year for seed in range(100)
        if (year := random_year(seed)).snapshot["facts"]["registry"] and year.sheets[0]
        and year.scheme["criteria"][0]["leaves"][0]["calc"] == "ratio"
    )  # fmt: skip
    bundle = bundle_of(year, rules.compute(year.inputs()), open_sheets=True)
    assert _run(bundle, tmp_path) == 0
    TOUCHES[touch](bundle)
    assert _run(bundle, tmp_path) == 1


def test_a_bundle_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    assert recompute.main([str(tmp_path / "none.json")]) == 2


def _run(bundle: dict[str, Any], folder: Path) -> int:
    path = folder / "bundle.json"
    path.write_bytes(canonical(bundle))
    return recompute.main([str(path)])


@pytest.mark.requirement("X13")
def test_results_of_earlier_versions_keep_their_hashes() -> None:
    # Whoever makes it faster finds here whether it is still the same computation, to the byte.
    found = hashlib.sha256()
    for profile in sorted(vector.PROFILES):
        inputs = vector.inputs(profile, stressed=False)
        found.update(rules.compute(inputs).result_hash.encode())
    for seed in range(200):
        found.update(rules.compute(random_year(seed).inputs()).result_hash.encode())
    assert found.hexdigest() == KEPT
