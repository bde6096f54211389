"""One indicator at a time: what counts for it, its points, and the words that tell where from."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from evaluation.results import leaf_rules as rules
from evaluation.results.leaf_rules import Amendment, LeafNote, LeafResult, Sheet
from evaluation.schemes.rules import (
    MONEY_UNIT,
    RATIO_UNIT,
    Leaf,
    LeafCalc,
    Source,
    ThresholdReading,
)
from tests.evaluation.results import vector

GIVEN = vector.inputs()
NONE = Fraction(0)


def leaf(code: str) -> Leaf:
    return next(one for one in GIVEN.scheme.leaves() if one.code == code)


def sheet(name: str, **scores: int) -> Sheet:
    return Sheet(name, {code: Decimal(score) for code, score in scores.items()})


def amended(name: str, *codes: str, facts: Any = None, sheets: Any = ()) -> Amendment:
    return Amendment(name, frozenset(codes), facts or {}, sheets)


CORRECTED = amended("c", "A4", "B1", facts={Source.REGISTRY: [vector.fact(1, "training")]})
FIRST = amended("f", "A4", "D4", sheets=[sheet("n1", A4=10, D4=20)])
SECOND = amended("s", "A4", sheets=[sheet("n2", A4=30), sheet("n3", A4=50)])


@pytest.mark.requirement("X09", "A121")
@pytest.mark.parametrize(
    ("amendments", "code", "place", "names"),
    [
        ((), "A4", 0, None), ((CORRECTED,), "A4", 0, None),
        ((FIRST,), "A4", 1, ["n1"]), ((FIRST,), "E3", 0, None),
        ((FIRST, SECOND), "A4", 2, ["n2", "n3"]), ((FIRST, SECOND), "D4", 1, ["n1"]),
        ((FIRST, CORRECTED), "A4", 1, ["n1"]), ((CORRECTED, FIRST), "D4", 2, ["n1"]),
    ],
)  # fmt: skip
def test_the_last_scoring_of_a_leaf_counts(
    amendments: tuple[Amendment, ...], code: str, place: int, names: list[str] | None
) -> None:
    given = replace(GIVEN, amendments=amendments)
    found, sheets = given.scoring_of(code)
    assert found == place
    assert [one.sheet_id for one in sheets] == (
        names if names is not None else [one.sheet_id for one in GIVEN.sheets]
    )
    assert given.scores_of(code) == [one.scores[code] for one in sheets]


@pytest.mark.requirement("X09")
def test_a_reopened_leaf_reads_the_facts_of_its_last_reopening_alone() -> None:
    other = amended("o", "B1", facts={Source.REGISTRY: [vector.fact(2, "training")] * 2})
    given = replace(GIVEN, amendments=(CORRECTED, other))
    counted = [
        len(given.facts_for(leaf(code), Source.REGISTRY)) for code in ("A4", "B1")
    ]  # fmt: skip
    assert counted == [1, 2]
    assert len(given.facts_for(leaf("B1"), Source.REPORT)) == 0
    whole = GIVEN.facts[Source.REGISTRY]
    assert len(given.facts_for(leaf("C1"), Source.REGISTRY)) == len(whole)
    assert len(replace(GIVEN, facts={}).facts_for(leaf("C1"), Source.REPORT)) == 0


@pytest.mark.requirement("X09")
def test_of_a_sheet_counts_what_was_not_scored_again() -> None:
    old = [sheet("o1", A4=1, D4=2, E3=3)]
    given = replace(GIVEN, sheets=old, amendments=(CORRECTED, FIRST, SECOND))
    assert given.counting_sheets() == [
        sheet("o1", E3=3), sheet("n1", D4=20), sheet("n2", A4=30), sheet("n3", A4=50),
    ]  # fmt: skip
    assert rules.counting(old, [CORRECTED]) == old


def test_from_five_sheets_on_the_ends_are_left_out_unless_it_is_said_otherwise() -> None:
    assert vector.inputs().trim_from == 5


@pytest.mark.requirement("A121")
def test_means_are_told_exactly_and_only_where_somebody_scored() -> None:
    assert rules.means_of(replace(GIVEN, sheets=())) == {}
    means = rules.means_of(GIVEN)
    assert set(means) == {"A4", "B6", "C5", "D4", "E3"}
    assert means["A4"] == "433/5"


def test_a_leaf_that_nobody_scored_has_nothing() -> None:
    judged = rules.judge(leaf("A4"), replace(GIVEN, sheets=()))
    assert (judged.share, judged.points) == (NONE, NONE)
    assert (judged.raw, judged.notes) == (None, (LeafNote.NO_EVIDENCE,))


NOTHING = replace(GIVEN, facts={}, targets=())


@pytest.mark.requirement("A127", "A130")
@pytest.mark.parametrize("bounds", [{}, {"low": None}, {"high": None}])
def test_a_threshold_without_a_figure_or_a_bound_has_nothing(bounds: dict[str, Any]) -> None:
    given = GIVEN if bounds else NOTHING
    judged = rules.judge(replace(leaf("A6"), **bounds), given)
    assert (judged.raw, judged.share, judged.points) == (None, NONE, NONE)
    assert judged.notes == (LeafNote.NO_EVIDENCE,)
    assert rules.formula(judged, given).startswith("0 × ")


@pytest.mark.requirement("A127")
def test_a_ratio_without_records_measures_nothing_and_says_so() -> None:
    for code, applicable, note in (
        ("B1", True, LeafNote.NO_EVIDENCE), ("E2", False, LeafNote.NOT_APPLICABLE),
    ):  # fmt: skip
        judged = rules.judge(leaf(code), NOTHING)
        assert (judged.raw, judged.share, judged.points) == (NONE, NONE, NONE)
        assert (judged.applicable, judged.notes[-1]) == (applicable, note)
        assert judged.max_points == leaf(code).max_points


def gate(low: Fraction | None) -> Leaf:
    return replace(leaf("C1"), calc=LeafCalc.GATE, low=low, max_points=Fraction(0))


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(
    ("low", "is_shut", "shown"),
    [(Fraction(96), False, "96"), (Fraction(97), True, "97"), (None, False, "0")],
)
def test_a_gate_is_shut_below_its_line(
    low: Fraction | None, shown: str, *, is_shut: bool
) -> None:  # fmt: skip
    judged = rules.judge(gate(low), GIVEN)
    assert (judged.share, judged.points) == (NONE, NONE)
    assert judged.notes == ((LeafNote.GATE_SHUT,) if is_shut else ())
    assert rules.formula(judged, GIVEN) == f"96 >= {shown}"
    empty = rules.judge(gate(None), replace(GIVEN, facts={}))
    assert (empty.notes, rules.formula(empty, GIVEN)) == ((), "0 >= 0")


def result(calc: LeafCalc = LeafCalc.RATIO, **over: Any) -> LeafResult:
    told = {name: over.pop(name) for name in ("low", "high", "unit") if name in over}
    given: dict[str, Any] = {
        "leaf": replace(leaf("A1"), calc=calc, **{"unit": "count", **told}),
        "raw": Fraction(3, 10), "target": Fraction(2, 5), "share": Fraction(3, 4),
        "max_points": Fraction(4), "points": Fraction(3), "fact_ids": ("1", "2"), "notes": (),
    }  # fmt: skip
    return LeafResult(**(given | over))


@pytest.mark.parametrize("factor", [0, 1, 2, Fraction(1, 2)])
def test_points_are_scaled_and_what_was_earned_of_them_stays(factor: Fraction) -> None:
    scaled = rules.scaled(result(), Fraction(factor))
    assert (scaled.share, scaled.max_points, scaled.points) == (
        Fraction(3, 4), 4 * factor, 3 * factor,
    )  # fmt: skip


BETWEEN = {"low": Fraction(1, 10), "high": Fraction(1, 2)}


@pytest.mark.requirement("A127", "A130")
@pytest.mark.parametrize(
    ("judged", "reading", "formula"),
    [
        (result(), "interpolate", "min(0.3 / 0.4, 1) × 4 = 3.00"),
        (result(target=None), "interpolate", "0 × 4 = 3.00"),
        (result(raw=None), "interpolate", "0 × 4 = 3.00"),
        (result(applicable=False), "interpolate", "NA"),
        (result(LeafCalc.EXPERT, raw=Fraction(80)), "interpolate", "80 / 100 × 4 = 3.00"),
        (result(LeafCalc.THRESHOLD, **BETWEEN), "interpolate",
         "clamp((0.3 - 0.1) / (0.5 - 0.1), 0, 1) × 4 = 3.00"),
        (result(LeafCalc.THRESHOLD, **BETWEEN), "proportion",
         "[0.3 >= 0.1] min(0.3 / 0.5, 1) × 4 = 3.00"),
        (result(LeafCalc.GATE, raw=None, low=Fraction(3)), "interpolate", "— >= 3"),
    ],
)  # fmt: skip
def test_a_formula_has_its_figures(judged: LeafResult, reading: str, formula: str) -> None:
    parameters = replace(GIVEN.scheme.parameters, reading=ThresholdReading(reading))
    given = replace(GIVEN, scheme=replace(GIVEN.scheme, parameters=parameters))
    assert rules.formula(judged, given) == formula


@pytest.mark.requirement("A127", "A130")
@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (result(), "实际 0.3，目标 0.4，记录 2 条；得 3.00 分，满分 4.00 分。"),
        (result(unit=RATIO_UNIT), "实际 30%，目标 40%，记录 2 条；得 3.00 分，满分 4.00 分。"),
        (result(unit=MONEY_UNIT, raw=Fraction(12_345), target=Fraction(50_000)),
         "实际 123.45 元，目标 500.00 元，记录 2 条；得 3.00 分，满分 4.00 分。"),
        (result(target=None, applicable=False, notes=(LeafNote.NOT_APPLICABLE,)),
         "实际 0.3，目标 无，记录 2 条；没有目标值，不适用，分值按比例摊给同级指标。"),
        (result(LeafCalc.THRESHOLD, **BETWEEN),
         "实际 0.3，下限 0.1，上限 0.5，记录 2 条；得 3.00 分，满分 4.00 分。"),
        (result(LeafCalc.GATE, low=Fraction(1), notes=(LeafNote.GATE_SHUT,)),
         "实际 0.3，门槛 1，记录 2 条；未达到门槛，等次受限。"),
        (result(LeafCalc.EXPERT, raw=Fraction(80)),
         "专家评分表 7 份，均值 80；得 3.00 分，满分 4.00 分。"),
    ],
)  # fmt: skip
def test_an_explanation_says_where_the_points_come_from(judged: LeafResult, said: str) -> None:
    told = replace(judged, leaf=replace(judged.leaf, code="A4"))
    assert rules.explanation(told, GIVEN) == said
