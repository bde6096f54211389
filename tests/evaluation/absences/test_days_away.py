"""Which days bar an expert, and which steps an absence may take: both sides of each boundary."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from evaluation.experts.absence_rules import (
    MOST_DAYS,
    AbsenceState,
    Days,
    away_checks,
    ending_checks,
    recording_checks,
    withdrawal_checks,
)
from evaluation.panels.rules import MOST_PANEL_DAYS, work_checks, work_of
from shared.rules import failed_codes

EXPERT = UUID(int=1)
TODAY = date(2026, 2, 2)
WORK = Days(TODAY, date(2026, 3, 4))
AWAY = Days(date(2026, 2, 10), date(2026, 2, 20))


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


@pytest.mark.requirement("A119", "A120")
@pytest.mark.parametrize(
    ("from_on", "until_on", "bars"),
    [
        ("01-01", "02-01", False),
        ("01-01", "02-02", True),
        ("02-02", "02-02", True),
        ("02-28", "02-28", True),
        ("03-04", "04-01", True),
        ("03-05", "04-01", False),
        ("01-01", "12-31", True),
    ],
)
def test_one_day_of_the_panel_s_work_is_enough(from_on: str, until_on: str, bars: bool) -> None:
    checks = away_checks(EXPERT, [Days(day(from_on), day(until_on))], WORK, pointer="/expert_id")

    assert failed_codes(checks) == (["EXPERT_AWAY"] if bars else [])


def test_each_absence_is_told_with_its_days_and_without_its_kind() -> None:
    away = [Days(day("03-04"), day("03-04")), Days(day("02-02"), day("02-03"))]

    first, second = away_checks(EXPERT, away, WORK)

    assert (first.params["from_on"], second.params["from_on"]) == ("2026-02-02", "2026-03-04")
    assert dict(second.params) == {
        "expert_id": str(EXPERT),
        "from_on": "2026-03-04",
        "until_on": "2026-03-04",
        "work_from": "2026-02-02",
        "work_until": "2026-03-04",
    }


@pytest.mark.requirement("A119")
@pytest.mark.parametrize(
    ("from_on", "until_on", "codes"),
    [
        (TODAY, TODAY, []),
        (TODAY - timedelta(days=9), TODAY, []),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), ["FIELD_INVALID"]),
        (TODAY, TODAY + timedelta(days=MOST_DAYS - 1), ["ABSENCES_OVERLAP"]),
        (TODAY, TODAY + timedelta(days=MOST_DAYS), ["FIELD_INVALID", "ABSENCES_OVERLAP"]),
        (day("02-05"), day("02-04"), ["DAYS_REVERSED"]),
        (day("02-03"), day("02-09"), []),
        (day("02-03"), day("02-10"), ["ABSENCES_OVERLAP"]),
        (day("02-20"), day("02-25"), ["ABSENCES_OVERLAP"]),
        (day("02-21"), day("02-25"), []),
    ],
)
def test_an_absence_is_recorded_in_order_before_it_is_over_and_once(
    from_on: date, until_on: date, codes: list[str]
) -> None:
    assert failed_codes(recording_checks(Days(from_on, until_on), [AWAY], (), TODAY)) == codes


@pytest.mark.requirement("A119", "A121")
@pytest.mark.parametrize(
    ("visited", "codes"),
    [("02-02", []), ("02-03", ["FIELD_INVALID"]), ("02-09", ["FIELD_INVALID"]), ("02-10", [])],
)
def test_no_day_of_a_visit_that_was_signed_is_a_day_away(visited: str, codes: list[str]) -> None:
    days = Days(day("02-03"), day("02-09"))
    assert failed_codes(recording_checks(days, [], [day(visited)], TODAY)) == codes


@pytest.mark.requirement("A119")
@pytest.mark.parametrize(
    ("state", "until_on", "today", "codes"),
    [
        (AbsenceState.STANDING, day("02-19"), day("02-20"), []),
        (AbsenceState.STANDING, day("02-10"), day("02-01"), []),
        (AbsenceState.STANDING, day("02-09"), day("02-12"), ["FIELD_INVALID"]),
        (AbsenceState.STANDING, day("02-20"), day("02-12"), ["FIELD_INVALID"]),
        (AbsenceState.STANDING, day("02-15"), day("02-21"), ["ABSENCE_OVER"]),
        (AbsenceState.WITHDRAWN, day("02-15"), day("02-12"), ["STATE_CONFLICT"]),
    ],
)
def test_an_absence_ends_earlier_on_a_day_of_its_own(
    state: AbsenceState, until_on: date, today: date, codes: list[str]
) -> None:
    assert failed_codes(ending_checks(state, AWAY, until_on, today)) == codes


@pytest.mark.requirement("A119")
@pytest.mark.parametrize(
    ("state", "today", "codes"),
    [
        (AbsenceState.STANDING, day("02-09"), []),
        (AbsenceState.STANDING, day("02-10"), []),
        (AbsenceState.STANDING, day("02-11"), ["ABSENCE_BEGUN"]),
        (AbsenceState.WITHDRAWN, day("02-09"), ["STATE_CONFLICT"]),
    ],
)
def test_an_absence_is_withdrawn_until_its_first_day(
    state: AbsenceState, today: date, codes: list[str]
) -> None:
    assert failed_codes(withdrawal_checks(state, AWAY, today)) == codes


@pytest.mark.parametrize(
    ("until_on", "codes"),
    [
        (None, []),
        (TODAY, []),
        (TODAY - timedelta(days=1), ["FIELD_INVALID"]),
        (TODAY + timedelta(days=MOST_PANEL_DAYS), []),
        (TODAY + timedelta(days=MOST_PANEL_DAYS + 1), ["FIELD_INVALID"]),
    ],
)
def test_a_panel_s_last_day_lies_within_a_year(until_on: date | None, codes: list[str]) -> None:
    assert failed_codes(work_checks(until_on, TODAY)) == codes


def test_a_panel_that_is_late_works_today() -> None:
    assert work_of(TODAY, day("02-10")) == Days(TODAY, day("02-10"))
    assert work_of(day("02-11"), day("02-10")) == Days(day("02-11"), day("02-11"))
