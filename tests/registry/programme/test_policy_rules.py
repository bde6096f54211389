"""A version of the policy: from when it holds, which values fit, and how two of them differ."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from registry.programme import policy_rules as rules
from registry.programme.policy_rules import Difference
from shared.money import MAX_FEN
from shared.rules import failed_codes

ONE, TWO = UUID(int=1), UUID(int=2)
TODAY = date(2026, 6, 1)
DAY = timedelta(days=1)
BASE: dict[str, dict[str, Any]] = {
    "A051": {"max_age_years": 3, "strict": False, "name": "甲"},
    "A057": {"share_ppm": 300_000, "amount_fen": 5_000, "level": "any", "pass_line": "75.00"},
    "A058": {"kinds": ["enterprise"], "anything": [], "least": {"staff": 20, "share_ppm": 1}},
}


@pytest.mark.requirement("X03")
def test_whoever_wrote_a_version_does_not_approve_it() -> None:
    assert failed_codes(rules.approval_checks({ONE}, TWO)) == []
    assert failed_codes(rules.approval_checks({ONE, TWO}, TWO)) == ["SOD_VIOLATION"]


@pytest.mark.requirement("A013")
@pytest.mark.parametrize(
    ("effective_from", "last_from", "after"),
    [
        (TODAY + DAY, None, None),
        (TODAY, None, TODAY),
        (TODAY + 5 * DAY, TODAY + 4 * DAY, None),
        (TODAY + 5 * DAY, TODAY + 5 * DAY, TODAY + 5 * DAY),
        (TODAY, TODAY - DAY, TODAY),
    ],
)
def test_a_version_begins_after_today_and_after_the_last_one(
    effective_from: date, last_from: date | None, after: date | None
) -> None:
    (check,) = rules.date_checks(effective_from, TODAY, last_from)
    assert check.passed is (after is None)
    if after is not None:
        assert check.params["after"] == after.isoformat()


@pytest.mark.requirement("A001")
def test_what_is_changed_is_changed_and_the_rest_stays() -> None:
    changes = {"A051": {"max_age_years": 5, "unheard_of": 1}, "A999": {"x": 1}}
    assert rules.changed(BASE, changes) == {
        **BASE, "A051": {"max_age_years": 5, "strict": False, "name": "甲"},
    }  # fmt: skip


UNKNOWN, UNFIT = ["PARAMETER_NOT_OF_RULES"], ["PARAMETER_UNFIT"]


@pytest.mark.requirement("A001")
@pytest.mark.parametrize(
    ("row", "name", "value", "codes"),
    [
        ("A999", "x", 1, UNKNOWN),
        ("A051", "min_age_years", 1, UNKNOWN),
        ("A051", "max_age_years", 0, []),
        ("A051", "max_age_years", 10_000, []),
        ("A051", "max_age_years", 10_001, UNFIT),
        ("A051", "max_age_years", -1, UNFIT),
        ("A051", "max_age_years", True, UNFIT),
        ("A051", "max_age_years", "3", UNFIT),
        ("A051", "strict", True, []),
        ("A051", "strict", 1, UNFIT),
        ("A051", "name", "乙", []),
        ("A051", "name", "乙" * 100, []),
        ("A051", "name", "乙" * 101, UNFIT),
        ("A051", "name", " ", UNFIT),
        ("A051", "name", 1, UNFIT),
        ("A057", "share_ppm", 1_000_000, []),
        ("A057", "share_ppm", 1_000_001, UNFIT),
        ("A057", "amount_fen", MAX_FEN, []),
        ("A057", "amount_fen", MAX_FEN + 1, UNFIT),
        ("A057", "level", "national", []),
        ("A057", "level", "district", UNFIT),
        ("A057", "pass_line", "100.00", []),
        ("A057", "pass_line", "100.01", UNFIT),
        ("A057", "pass_line", "high", UNFIT),
        ("A058", "kinds", ["user", "institute"], []),
        ("A058", "kinds", ["user"] * 100, []),
        ("A058", "kinds", ["user"] * 101, UNFIT),
        ("A058", "kinds", [], UNFIT),
        ("A058", "kinds", ["user", 1], UNFIT),
        ("A058", "kinds", "user", UNFIT),
        # Of a list that was empty nobody knows what it may hold.
        ("A058", "anything", [1, "user"], []),
        ("A058", "least", {"staff": 30, "share_ppm": 2}, []),
        ("A058", "least", {"staff": 30}, UNFIT),
        ("A058", "least", {"staff": 30, "share_ppm": 1_000_001}, UNFIT),
        ("A058", "least", [30, 1], UNFIT),
    ],
)
def test_a_threshold_is_known_of_its_type_and_within_its_bounds(
    row: str, name: str, value: object, codes: list[str]
) -> None:
    checks = rules.parameter_checks(BASE, {row: {name: value}})
    assert failed_codes(checks) == codes
    assert {check.pointer for check in checks} == {f"/changes/{row}/{name}"}


@pytest.mark.requirement("A001")
def test_two_versions_differ_in_clauses_and_thresholds_row_by_row() -> None:
    before = ({"A051": {"years": 3, "gone": 1}, "A057": {"ppm": 1}}, {"A051": "三", "A002": "一"})
    after = ({"A051": {"years": 5, "new": 2}, "A060": {"ppm": 2}}, {"A051": "三(二)", "A003": "二"})
    assert rules.differences(before, after) == [
        Difference("A002", "clause", "一", None),
        Difference("A003", "clause", None, "二"),
        Difference("A051", "clause", "三", "三(二)"),
        Difference("A051", "gone", 1, None),
        Difference("A051", "new", None, 2),
        Difference("A051", "years", 3, 5),
        Difference("A057", "ppm", 1, None),
        Difference("A060", "ppm", None, 2),
    ]
    assert rules.differences(before, before) == []


@pytest.mark.requirement("A002")
def test_an_act_stands_behind_the_rows_that_it_names_or_behind_all() -> None:
    bases: list[dict[str, Any]] = [
        {"code": "plan"},
        {"code": "law", "rows": ["A051"]},
        {"code": "act", "rows": []},
    ]
    assert rules.grounded({"A057": "三", "A051": "二"}, BASE, bases) == [
        {"row": "A051", "clause": "二", "parameters": BASE["A051"],
         "legal_bases": ["plan", "law", "act"]},
        {"row": "A057", "clause": "三", "parameters": BASE["A057"],
         "legal_bases": ["plan", "act"]},
    ]  # fmt: skip
    assert rules.grounded({"A002": "一"}, BASE, [])[0]["parameters"] == {}
