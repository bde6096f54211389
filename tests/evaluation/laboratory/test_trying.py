"""A draft scheme on years that were judged: who is rated otherwise, and which change does it."""

import copy
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.laboratory.comparison_rules import SchemeChangeKind
from evaluation.laboratory.trial_rules import Atom, Cause, Trial, Verdict, weights_for
from evaluation.results import rules
from evaluation.schemes.rules import Rating, scheme_from
from tests.evaluation.laboratory.test_comparing import CONTENT, SCHEMES, drafted, leaf, other
from tests.evaluation.results import vector
from tests.evaluation.results.random_years import random_year
from tests.evaluation.results.year import SCHEME_ID, JudgedYear

SEEDS = st.integers(0, 2**40)


def _sort(one: dict[str, Any]) -> str:
    """Tell apart what experts score, what shuts and what is counted: each scheme needs points."""
    return one["calc"] if one["calc"] in ("expert", "gate") else "counted"


def mixed(seed: int, into: int) -> tuple[Trial, dict[str, Any]]:
    """Give a year and a draft that has some leaves, weights and parameters of another's scheme."""
    year, stranger, chance = random_year(seed), random_year(into), random.Random(seed ^ into)
    content = copy.deepcopy(year.scheme)
    for own, theirs in zip(content["criteria"], stranger.scheme["criteria"], strict=True):
        for at, one in enumerate(own["leaves"]):
            fitting = [x for x in theirs["leaves"] if _sort(x) == _sort(one)]
            if fitting and chance.random() < 0.4:
                own["leaves"][at] = {**chance.choice(fitting), "code": one["code"]}
        if chance.random() < 0.3 and _sort(theirs["leaves"][0]) == "counted":
            own["leaves"].append({**theirs["leaves"][0], "code": f"{own['code']}77"})
    if chance.random() < 0.5:
        content["parameters"] = stranger.scheme["parameters"]
    weights = {code: Fraction(x) for code, x in stranger.weights.items()}
    return Trial(year.inputs(), scheme_from(content), weights), content


@pytest.mark.requirement("A130")
@given(seed=SEEDS, into=SEEDS)
def test_no_change_is_the_old_result_and_all_changes_are_the_drafts(seed: int, into: int) -> None:
    trial, content = mixed(seed, into)
    old = rules.compute(trial.inputs)
    new = rules.compute(replace(trial.inputs, scheme=scheme_from(content), weights=trial.weights))
    assert (trial.before.total, trial.before.rating) == (old.total, old.rating)
    assert (trial.after.total, trial.after.rating) == (new.total, new.rating)
    if old.rating is new.rating:
        assert trial.causes() == []
    else:
        assert len(trial.causes()) == len(trial.atoms) > 0


def _trial(change: Callable[[dict[str, Any]], Any]) -> Trial:
    draft = scheme_from(other(change))
    inputs = vector.inputs()
    return Trial(inputs, draft, weights_for(inputs.weights, inputs.scheme, draft))


def _harder(content: dict[str, Any]) -> None:
    content["parameters"]["good_from"] = "84"
    leaf(content, "C2")["low"] = "0.05"


@pytest.mark.requirement("A130")
def test_the_change_that_does_it_is_told_from_the_one_beside_it() -> None:
    trial = _trial(_harder)
    assert (trial.before.rating, trial.after.rating) == (Rating.GOOD, Rating.QUALIFIED)
    decisive = {one.atom.code: one.does_it(Rating.GOOD, Rating.QUALIFIED) for one in trial.causes()}
    assert decisive == {"good_from": True, "C2": False}


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(
    ("alone", "without", "does_it"),
    [
        (Rating.QUALIFIED, Rating.GOOD, True),
        (Rating.QUALIFIED, Rating.QUALIFIED, True),
        (Rating.GOOD, Rating.GOOD, True),
        (Rating.GOOD, Rating.QUALIFIED, False),
        (Rating.EXCELLENT, Rating.UNQUALIFIED, False),
    ],
)
def test_a_change_does_it_that_is_enough_or_that_cannot_be_spared(
    alone: Rating, without: Rating, *, does_it: bool
) -> None:
    atom = Atom(SchemeChangeKind.PARAMETER, "good_from")
    cause = Cause(atom, Verdict(Fraction(80), alone), Verdict(Fraction(80), without))
    assert cause.does_it(Rating.GOOD, Rating.QUALIFIED) is does_it


@pytest.mark.requirement("A130")
def test_where_the_grade_stands_no_set_is_missing() -> None:
    trial = _trial(lambda content: content["parameters"].update(good_from="74"))
    assert trial.before.rating is trial.after.rating
    assert len(trial.atoms) == 1
    assert (trial.decisive.sets, trial.decisive.searched_to, trial.decisive.cut) == ((), 1, False)


HARDER = ("A1", "A3", "B1")


def _any_two_of_three(content: dict[str, Any]) -> None:
    """Take 5.52, 4 and 4 points away: one leaves 82.98 at 75 or above, any two do not."""
    for code in HARDER:
        leaf(content, code).update(minimum="99999999", baseline="99999999")


@pytest.mark.requirement("A130")
def test_where_any_two_of_three_do_it_none_is_decisive_and_each_pair_is_named() -> None:
    trial = _trial(_any_two_of_three)

    assert not [one for one in trial.causes() if one.does_it(Rating.GOOD, Rating.QUALIFIED)]
    named = [{atom.code for atom in one} for one in trial.decisive.sets]
    assert named == [{"A1", "A3"}, {"A1", "B1"}, {"A3", "B1"}]
    assert not trial.decisive.cut


@given(seed=SEEDS, into=SEEDS)
def test_a_set_brings_the_grade_of_the_draft_and_without_any_change_does_not(
    seed: int, into: int
) -> None:
    trial, _ = mixed(seed, into)
    if trial.before.rating is trial.after.rating:
        assert trial.decisive.sets == ()
        return
    assert trial.decisive.sets
    for one in trial.decisive.sets:
        assert trial.under(one).rating is trial.after.rating
        assert all(trial.under(one - {left}).rating is not trial.after.rating for left in one)


@pytest.mark.requirement("A132")
@pytest.mark.parametrize(("code", "weight"), [("B1", "9"), ("B6", "6")])
def test_a_weight_is_tried_within_its_criterion_and_the_criterion_by_itself(
    code: str, weight: str
) -> None:
    def heavier(content: dict[str, Any]) -> None:
        leaf(content, code)["max"] = weight
        leaf(content, "A1")["max"] = "2"

    atoms = {(one.code, one.of_criterion) for one in _trial(heavier).atoms}
    assert atoms == {("A", True), ("B", True), ("A1", False), (code, False)}


def test_a_criterion_that_weighs_more_as_a_whole_has_no_heavier_leaf() -> None:
    def half(content: dict[str, Any]) -> None:
        for one in content["criteria"]:
            if one["code"] == "E":
                for child in one["leaves"]:
                    child["max"] = str(Fraction(child["max"]) / 2)

    assert [(one.code, one.of_criterion) for one in _trial(half).atoms] == [("E", True)]


def test_a_leaf_that_nobody_scored_leaves_its_points_to_its_siblings() -> None:
    def asks_more(content: dict[str, Any]) -> None:
        leaf(content, "E2")["code"] = "E9"
        leaf(content, "E9").update(calc="expert", unit="percent")
        for name in ("query", "minimum", "baseline", "evidence_required"):
            leaf(content, "E9").pop(name, None)

    trial = _trial(asks_more)
    assert trial.unscored == ["E9"]
    # E1 and E3 earn 3 of 4 and 2.9867 of 4, now of five each.
    assert trial.after.total == Fraction("82.98") - Fraction("6.99") + Fraction("7.49")


# --- over HTTP --------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.requirement("A130", "A132")
async def test_a_draft_is_tried_on_a_published_cycle_and_keeps_nothing(year: JudgedYear) -> None:
    await year.published()
    draft = await drafted(year, other(_harder))
    answer = await year.as_("auditor", "GET", f"{SCHEMES}/{draft}/trial?cycle_id={year.cycle_id}")
    (told,) = answer.json()["items"]
    assert (told["before"]["total"], told["before"]["rating"]) == ("82.98", "good")
    assert (told["after"]["rating"], told["changes_rating"]) == ("qualified", True)
    assert [(one["code"], one["decisive"]) for one in told["causes"]] == [
        ("good_from", True), ("C2", False),
    ]  # fmt: skip
    assert told["causes"][0]["without"]["rating"] == "good"

    same = await year.as_("auditor", "GET", f"{SCHEMES}/{SCHEME_ID}/trial?cycle_id={year.cycle_id}")
    (still,) = same.json()["items"]
    assert (still["changes_rating"], still["causes"]) == (False, [])
    assert (still["decisive_sets"], still["decisive_sets_cut"]) == ([], False)


@pytest.mark.anyio
@pytest.mark.requirement("A130")
async def test_changes_that_do_it_only_together_are_told_as_sets(year: JudgedYear) -> None:
    await year.published()
    draft = await drafted(year, other(_any_two_of_three))

    answer = await year.as_("auditor", "GET", f"{SCHEMES}/{draft}/trial?cycle_id={year.cycle_id}")

    (told,) = answer.json()["items"]
    assert {one["decisive"] for one in told["causes"]} == {False}
    codes = [[one["code"] for one in each["changes"]] for each in told["decisive_sets"]]
    assert codes == [["A1", "A3"], ["A1", "B1"], ["A3", "B1"]]
    assert [each["verdict"]["total"] for each in told["decisive_sets"]] == [
        "73.46", "73.46", "74.98",
    ]  # fmt: skip
    assert (told["decisive_sets_to"], told["decisive_sets_cut"]) == (3, False)


@pytest.mark.anyio
@pytest.mark.requirement("A130", "X04")
@pytest.mark.refusing
async def test_a_trial_is_for_officials(year: JudgedYear) -> None:
    await year.computed()
    draft = await drafted(year, CONTENT)
    path = f"{SCHEMES}/{draft}/trial?cycle_id={year.cycle_id}"
    assert (await year.own("GET", path)).status_code == 403
    # Computed, and not yet published: no draft is fitted to it.
    assert (await year.as_("auditor", "GET", path)).json()["items"] == []
