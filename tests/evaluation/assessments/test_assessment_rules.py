"""Which three years make an assessment, and what its document says; no database."""

import json
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from evaluation.assessments import round_rules, rules
from evaluation.assessments.rules import AnnualTotal, TriennialMethod
from evaluation.schemes.rules import Rating
from shared.rules import failed_codes
from tests.evaluation.results import vector

YEARS = [
    AnnualTotal(
        year, UUID(int=year), place + 1, f"{year}" * 16, Fraction(80 + place), Rating.GOOD
    )
    for place, year in enumerate((2025, 2026, 2027))
]  # fmt: skip


@pytest.mark.requirement("A131")
@pytest.mark.parametrize(
    ("found", "missing"),
    [
        ([2025, 2026, 2027], []),
        ([2024, 2025, 2026, 2027, 2028], []),
        ([2026, 2027], [2025]),
        ([2025, 2026], [2027]),
        ([2024, 2028], [2025, 2026, 2027]),
    ],
)
def test_every_one_of_the_three_years_has_a_result(found: list[int], missing: list[int]) -> None:
    (check,) = rules.completeness_checks(2027, found)
    assert (check.passed, check.params["missing"]) == (not missing, missing)
    there = {2025, 2026, 2027} - {*missing}
    assert check.params["years"] == sorted(there)


@pytest.mark.requirement("A124")
@pytest.mark.parametrize(
    ("standing", "told"),
    [
        ([], []),
        ([2024, 2030], []),
        ([2025], ["2023–2025"]),
        ([2029, 2027], ["2025–2027", "2027–2029"]),
    ],
)
def test_no_year_counts_in_two_assessments(standing: list[int], told: list[str]) -> None:
    (check,) = rules.overlap_checks(2027, standing)
    assert (check.passed, check.params["years"]) == (not told, told)


@pytest.mark.requirement("A131")
@pytest.mark.parametrize(
    ("points", "reason", "codes"),
    [
        (1, "由" * 20, []),
        (1, " " + "由" * 19, ["FIELD_INVALID"]),
        (-1, "由" * 19, ["FIELD_INVALID"]),
        (0, "", []),
    ],
)
def test_an_adjustment_is_reasoned_in_twenty_characters(
    points: int, reason: str, codes: list[str]
) -> None:
    assert failed_codes(rules.adjustment_checks(Fraction(points), reason)) == codes


@pytest.mark.requirement("A131")
@pytest.mark.parametrize(
    ("standing", "moved"),
    [
        ({2025: "a", 2026: "b"}, []),
        ({2025: "a", 2026: "c"}, [2026]),
        ({2026: "b"}, [2025]),
        ({2025: "a", 2026: "b", 2027: "d"}, []),
    ],
)
def test_an_assessment_rests_on_results_that_still_stand(
    standing: dict[int, str], moved: list[int]
) -> None:
    (check,) = rules.ground_checks({2025: "a", 2026: "b"}, standing)
    assert (check.passed, check.params["years"]) == (not moved, moved)


@pytest.mark.requirement("A131")
def test_a_document_says_of_what_and_how_an_assessment_was_made() -> None:
    parameters = vector.SCHEME.parameters
    made = rules.assess(YEARS[::-1], TriennialMethod.MEAN, Fraction(-1), parameters)
    assert made.document == {
        "format": 1,
        "method": "mean",
        "years": [
            {"year": 2025, "result_id": str(UUID(int=2025)), "version": 1,
             "result_hash": "2025" * 16, "total": "80.00", "rating": "good"},
            {"year": 2026, "result_id": str(UUID(int=2026)), "version": 2,
             "result_hash": "2026" * 16, "total": "81.00", "rating": "good"},
            {"year": 2027, "result_id": str(UUID(int=2027)), "version": 3,
             "result_hash": "2027" * 16, "total": "82.00", "rating": "good"},
        ],
        "score": "81.00",
        "adjustment": "-1.00",
        "total": "80.00",
        "rating": made.rating.value,
    }  # fmt: skip
    stored = json.dumps(made.document).encode()
    assert rules.hashes_in(stored) == {one.year: one.result_hash for one in YEARS}


@pytest.mark.requirement("A131")
@pytest.mark.parametrize(
    ("total", "points", "assessed"),
    [("0.20", "-1", "0.00"), ("0.50", "0", "0.50"), ("99.50", "1", "100.00"), ("0", "0", "0.00")],
)
def test_an_assessment_stays_between_nothing_and_all(
    total: str, points: str, assessed: str
) -> None:
    years = [AnnualTotal(one.year, one.result_id, 1, "a", Fraction(total), Rating.GOOD)
             for one in YEARS]  # fmt: skip
    made = rules.assess(years, TriennialMethod.MEAN, Fraction(points), vector.SCHEME.parameters)
    assert made.document["total"] == assessed


@pytest.mark.parametrize(
    ("points", "text"),
    [("0", "0.00"), ("0.5", "0.50"), ("-0.5", "-0.50"), ("-5", "-5.00"), ("1", "1.00")],
)
def test_points_taken_away_have_a_minus(points: str, text: str) -> None:
    assert rules.signed_text(Fraction(points)) == text


@pytest.mark.requirement("A124")
def test_a_round_names_the_first_twenty_that_wait() -> None:
    waiting = {UUID(int=number): round_rules.RoundProgress.WAITING for number in range(1, 22)}
    _, check = round_rules.closing_checks(round_rules.RoundState.OPEN, waiting, [])
    assert check.params["count"] == 21
    assert check.params["centers"] == [str(UUID(int=number)) for number in range(1, 21)]


@pytest.mark.requirement("A124")
def test_a_round_is_of_three_years_that_are_over_and_has_time_left() -> None:
    assert round_rules.years_of(2027) == [2025, 2026, 2027]
    today = date(2028, 4, 1)
    for last_year, passed in ((2026, True), (2027, True), (2028, False)):
        check, _ = round_rules.opening_checks(last_year, today, today)
        assert (check.passed, check.params["expected"]) == (passed, "2027 or earlier")
    for due_on, passed in ((today, True), (today - timedelta(days=1), False)):
        _, check = round_rules.opening_checks(2027, due_on, today)
        assert (check.passed, check.params["expected"]) == (passed, "2028-04-01 or later")
