"""Targets, shares and diversity, on both sides of every boundary."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.programme import policy_rules, reference
from registry.programme.rules import policy_of
from registry.reports import rules
from registry.reports.rules import BUILT, Standing, Target, TargetLevel, TargetState
from shared.rules import failed_codes

FIRST = Target(2020, TargetLevel.ANY, 5, 10)
LAST_DAY = date(2020, 12, 31)
AFTER = date(2021, 1, 1)


@pytest.mark.requirement("A014", "A017")
@pytest.mark.parametrize(
    ("target", "built", "today", "state"),
    [
        (FIRST, 4, LAST_DAY, TargetState.OPEN),
        (FIRST, 4, AFTER, TargetState.MISSED),
        (FIRST, 5, AFTER, TargetState.MET),
        (FIRST, 10, LAST_DAY, TargetState.MET),
        (FIRST, 11, LAST_DAY, TargetState.EXCEEDED),
        (Target(2030, TargetLevel.NATIONAL, 3, 0), 40, AFTER, TargetState.MET),
        (Target(2025, TargetLevel.ANY, 0, 0), 40, AFTER, TargetState.UNQUANTIFIED),
    ],
)
def test_a_target_is_met_within_its_bounds_until_the_end_of_its_year(
    target: Target, built: int, today: date, state: TargetState
) -> None:
    assert rules.target_state(target, built, today) is state


@pytest.mark.requirement("A014", "A017")
def test_a_target_counts_today_until_its_last_day_and_that_day_for_ever() -> None:
    assert FIRST.counted_on(date(2019, 5, 1)) == date(2019, 5, 1)
    assert FIRST.counted_on(AFTER) == LAST_DAY


@pytest.mark.requirement("A014", "A017")
def test_the_plan_aims_at_five_to_ten_and_names_a_second_year() -> None:
    targets = rules.targets_of(policy_of("v", reference.clauses(), reference.PARAMETERS))
    assert targets == [FIRST, Target(2025, TargetLevel.ANY, 0, 0)]


def test_what_is_counted_is_of_the_level_and_recognized() -> None:
    rows = [
        Standing("recognized", "municipal", 4),
        Standing("national", "national", 2),
        Standing("pilot", "municipal", 7),
        Standing("suspended", "municipal", 1),
    ]
    counts = [rules.counted(rows, level, BUILT) for level in TargetLevel]
    assert counts == [6, 4, 2]


SECOND = {"year": 2025, "level": "any", "min": 0, "max": 0}


def changed_targets(*targets: dict[str, object]) -> list[str]:
    changes = {"A014": {"targets": list(targets)}}
    return failed_codes(policy_rules.parameter_checks(reference.PARAMETERS, changes))


@pytest.mark.requirement("A014", "A017")
def test_later_target_years_are_data_of_the_policy() -> None:
    national = {"year": 2030, "level": "national", "min": 3, "max": 0}
    assert changed_targets(national) == changed_targets(SECOND, national) == []


@pytest.mark.requirement("A014", "A017")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "target",
    [
        {"year": 2030, "level": "district", "min": 3, "max": 0},
        {"year": 2030, "level": "any", "min": -1, "max": 0},
        {"year": 2030, "level": "any", "min": "3", "max": 0},
        {"year": 2030, "level": "any", "min": 3},
    ],
)
def test_a_target_that_nothing_counts_is_not_taken_into_the_policy(
    target: dict[str, object],
) -> None:
    assert changed_targets(target) == ["PARAMETER_UNFIT"]
    assert changed_targets(SECOND, target) == ["PARAMETER_UNFIT"]


@pytest.mark.refusing
@pytest.mark.parametrize(("year", "passed"), [(2015, False), (2016, True), (2026, True),
                                              (2027, False)])  # fmt: skip
def test_a_report_is_of_a_year_that_has_begun(year: int, passed: bool) -> None:
    assert rules.year_checks(year, date(2026, 1, 1))[0].passed is passed


@pytest.mark.requirement("A020")
@pytest.mark.parametrize(
    ("counts", "ppm"),
    [([], None), ([1], None), ([2], 0), ([1, 1], 1_000_000), ([2, 1], 666_666), ([3, 3], 600_000)],
)
def test_diversity_is_the_chance_that_two_are_of_different_kinds(
    counts: list[int], ppm: int | None
) -> None:
    assert rules.diversity_ppm(counts) == ppm


@pytest.mark.requirement("A020")
@given(st.lists(st.integers(min_value=1, max_value=100_000), min_size=1, max_size=30))
def test_diversity_is_a_share_and_grows_when_a_kind_is_split(counts: list[int]) -> None:
    value = rules.diversity_ppm(counts)
    assert value is None or 0 <= value <= 1_000_000
    first, *others = counts
    if value is not None and first > 1:
        finer = rules.diversity_ppm([first - 1, 1, *others])
        assert finer is not None
        assert finer >= value


@pytest.mark.requirement("A092")
def test_provinces_outside_the_delta_are_summed_up() -> None:
    split = rules.delta_split({"31": 3, "33": 1, "44": 2, "11": 1})
    assert split == {"31": 3, "32": 0, "33": 1, "34": 0, "other": 3}


@pytest.mark.requirement("A014")
@pytest.mark.parametrize(("year", "kept"), [(0, False), (1, True), (9999, True), (10_000, False)])
def test_a_target_of_a_year_that_no_calendar_has_is_left_out(year: int, *, kept: bool) -> None:
    row = {"year": year, "level": "any", "min": 1, "max": 2}
    policy = policy_of("v", reference.clauses(), {"A014": {"targets": [row]}})
    assert [target.year for target in rules.targets_of(policy)] == [year] * kept


@pytest.mark.parametrize(
    ("today", "day"),
    [(date(2020, 6, 1), date(2020, 6, 1)), (LAST_DAY, LAST_DAY), (AFTER, LAST_DAY)],
)
def test_a_report_knows_its_year_until_its_last_day(today: date, day: date) -> None:
    assert rules.day_of_report(2020, today) == day


@pytest.mark.parametrize(
    ("part", "whole", "ppm"),
    [(1, 3, 333_333), (2, 2, 1_000_000), (0, 5, 0), (0, 0, None), (1, 1, 1_000_000)],
)
def test_a_share_is_rounded_down_and_of_nothing_there_is_none(
    part: int, whole: int, ppm: int | None
) -> None:
    assert rules.share_ppm(part, whole) == ppm
