"""What would be under other weights and targets: beside what is, and kept nowhere."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, table, text

from evaluation.cycles.rules import Target
from evaluation.laboratory import what_if_rules
from evaluation.laboratory.what_if_rules import Supposition
from evaluation.results import rules
from evaluation.schemes.rules import canonical
from shared.database import new_id
from shared.rules import failed_codes
from tests.evaluation.results import vector
from tests.evaluation.results.random_years import random_year
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import codes_of
from tests.fixtures.service import event_types

ENTERPRISE = {"A": "28", "B": "32", "C": "15", "D": "15", "E": "10"}


@pytest.mark.requirement("A132", "X13")
@given(seed=st.integers(0, 2**40))
def test_what_is_supposed_as_it_is_gives_the_same_bytes(seed: int) -> None:
    inputs = random_year(seed).inputs()
    same = Supposition(dict(inputs.weights), list(inputs.targets))
    for supposed in (Supposition(), same):
        after = rules.compute(what_if_rules.supposing(inputs, supposed))
        assert canonical(after.document) == canonical(rules.compute(inputs).document)


@pytest.mark.requirement("A126")
@given(seed=st.integers(0, 2**40), other=st.integers(0, 2**40))
def test_the_changes_of_the_leaves_make_up_the_change_of_the_total(seed: int, other: int) -> None:
    inputs = random_year(seed).inputs()
    weights = {code: Fraction(text) for code, text in random_year(other).weights.items()}
    before = rules.compute(inputs)
    after = rules.compute(what_if_rules.supposing(inputs, Supposition(weights)))
    rows = what_if_rules.differences(before.document, after.document)
    cut = [Fraction(one.document["rounding"]) for one in (before, after)]

    moved = sum((Fraction(row["points_change"]) for row in rows), Fraction(0))
    assert moved + cut[1] - cut[0] == after.total - before.total
    assert all(row["changed"] for row in rows if row["points_change"] != "0")


@pytest.mark.requirement("A129")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("supposed", "code"),
    [
        (Supposition(targets=[Target("A4", "count", Fraction(1))]), "FIELD_INVALID"),
        (Supposition(targets=[Target("Z9", "count", Fraction(1))]), "FIELD_INVALID"),
        (Supposition(targets=[Target("B1", "count", Fraction(1))] * 2), "FIELD_INVALID"),
        (Supposition(targets=[Target("B1", "count", Fraction(-1))]), "VALUE_NEGATIVE"),
        (Supposition({**vector.PROFILES["default"], "A": Fraction("24.99")}), "WEIGHTS_NOT_100"),
    ],
)
def test_what_cannot_be_supposed_is_refused(supposed: Supposition, code: str) -> None:
    assert failed_codes(what_if_rules.supposition_checks(supposed, vector.SCHEME)) == [code]


@pytest.mark.requirement("A129")
def test_a_target_of_nothing_may_be_supposed_and_the_first_wrong_ones_are_named() -> None:
    nothing = Supposition(targets=[Target("B1", "count", Fraction(0))])
    assert failed_codes(what_if_rules.supposition_checks(nothing, vector.SCHEME)) == []
    wrong = Supposition(targets=[Target(f"Z{n}", "count", Fraction(1)) for n in range(6, 0, -1)])
    check, _ = what_if_rules.supposition_checks(wrong, vector.SCHEME)
    assert check.params["given"] == ["Z1", "Z2", "Z3", "Z4", "Z5"]


@pytest.mark.requirement("A132")
def test_a_supposed_target_takes_the_place_of_the_filed_one() -> None:
    inputs = vector.inputs()
    supposed = Target("B1", "count", Fraction(7))
    after = what_if_rules.supposing(inputs, Supposition(targets=[supposed]))
    others = [one for one in inputs.targets if one.code != "B1"]
    assert 0 < len(others) < len(inputs.targets)
    assert after.targets == [*others, supposed]
    assert (after.weights, after.profile) == (inputs.weights, inputs.profile)


@pytest.mark.requirement("A132")
def test_under_supposed_weights_an_indicator_counts_what_it_did_in_its_criterion() -> None:
    inputs = replace(vector.inputs(), indicator_weights={"A1": Fraction(10), "B2": Fraction(3)})
    weights = {**inputs.weights, "A": inputs.weights["A"] / 2}
    after = what_if_rules.supposing(inputs, Supposition(weights))
    assert (after.weights, after.profile) == (weights, "what_if")
    assert after.indicator_weights == {"A1": Fraction(5), "B2": Fraction(3)}
    same = what_if_rules.supposing(inputs, Supposition(dict(inputs.weights)))
    assert (same.profile, same.indicator_weights) == (inputs.profile, inputs.indicator_weights)


def _result_leaf(code: str, points: str) -> dict[str, Any]:
    return {**dict.fromkeys(what_if_rules.SHOWN), "code": code, "name": code, "points": points}


@pytest.mark.requirement("A132")
def test_a_leaf_that_one_document_lacks_had_or_has_no_points() -> None:
    before = {"total": "80.5", "leaves": [_result_leaf("A1", "2"), _result_leaf("A2", "3.5")]}
    after = {"total": "81.25", "leaves": [_result_leaf("A1", "2"), _result_leaf("A3", "4.25")]}
    rows = what_if_rules.differences(before, after)
    assert [(one["code"], one["name"], one["changed"], one["points_change"]) for one in rows] == [
        ("A1", "A1", False, "0"), ("A2", "A2", True, "-3.5"), ("A3", "A3", True, "4.25"),
    ]  # fmt: skip
    assert (rows[1]["after"], rows[2]["before"]) == (None, None)
    assert what_if_rules.total_change(before, after) == "0.75"
    assert what_if_rules.total_change(after, before) == "-0.75"


# --- over HTTP --------------------------------------------------------------------------------


async def _rows(year: JudgedYear) -> list[tuple[str, int]]:
    """Count the rows of every table."""
    async with year.service.sessions.reading() as session:
        tables = await session.scalars(text("SELECT relname FROM pg_stat_user_tables ORDER BY 1"))
        return [
            (name, await session.scalar(select(func.count()).select_from(table(name))) or 0)
            for name in tables.all()
        ]


@pytest.mark.anyio
@pytest.mark.requirement("A126", "A129", "A132")
async def test_other_weights_and_targets_are_told_leaf_by_leaf(year: JudgedYear) -> None:
    kept = await year.computed()
    rows, events = await _rows(year), await event_types(year.service.sessions)
    same = (await year.as_("auditor", "POST", "/what-if", {})).json()
    assert same["unchanged"]
    assert same["after"]["result_hash"] == kept["result_hash"]

    told = (await year.as_("auditor", "POST", "/what-if", {"weights": ENTERPRISE})).json()
    assert (told["before"]["total"], told["after"]["total"]) == ("82.98", "83.39")
    assert (told["total_change"], told["unchanged"]) == ("0.41", False)
    assert told["steadiness"]["result_hash"] == told["after"]["result_hash"]
    assert told["steadiness"]["weights"]["chances"]["good"] == "1"

    target = {"metric_code": "B1", "unit": "count", "value": "24"}
    told = (await year.as_("auditor", "POST", "/what-if", {"targets": [target]})).json()
    changed = {leaf["code"]: leaf for leaf in told["leaves"] if leaf["changed"]}
    assert list(changed) == ["B1"]
    assert changed["B1"]["points_change"] == "1"
    assert changed["B1"]["before"]["formula"] == "min(24 / 30, 1) × 5 = 4.00"
    assert changed["B1"]["after"]["formula"] == "min(24 / 24, 1) × 5 = 5.00"
    assert (await _rows(year), await event_types(year.service.sessions)) == (rows, events)


@pytest.mark.anyio
@pytest.mark.requirement("A132", "X04")
@pytest.mark.refusing
async def test_a_supposition_is_open_to_the_centre_once_it_may_see_its_result(
    year: JudgedYear,
) -> None:
    await year.frozen()
    early = await year.as_("auditor", "POST", "/what-if", {})
    assert codes_of(early) == ["SHEETS_TOO_FEW"]
    await year.scored()
    before_it = (await year.as_("auditor", "POST", "/what-if", {"weights": ENTERPRISE})).json()
    assert (before_it["version"], before_it["after"]["total"]) == (None, "83.39")

    assert (await year.as_("handler", "POST", "/compute")).status_code == 200
    assert (await year.own("POST", "/what-if", {})).status_code == 404
    for duty, step in [("reviewer", "/review"), ("approver", "/publish")]:
        assert (await year.as_(duty, "POST", step)).status_code == 200
    own = await year.own("POST", "/what-if", {"weights": ENTERPRISE})
    assert (own.status_code, own.json()["after"]["total"]) == (200, "83.39")
    # Leaving sheets out in turn would tell the centre of single ones.
    assert own.json()["steadiness"] is None
    wrong = await year.own("POST", "/what-if", {"weights": {**ENTERPRISE, "A": "27.99"}})
    assert (wrong.status_code, codes_of(wrong)) == (422, ["WEIGHTS_NOT_100"])
    async with year.service.client("member", org_id=new_id()) as stranger:
        answer = await stranger.post(year.path("/what-if"), json={})
    assert answer.status_code == 404
