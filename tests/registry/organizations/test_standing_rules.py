"""Records of dishonesty, successors and papers on both sides of each day."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from registry.organizations import rules
from registry.organizations.rules import Bar, CenterLevel, QualificationKind
from shared.rules import failed_codes

ONE, TWO = UUID(int=1), UUID(int=2)
FIRST, LAST = date(2026, 3, 1), date(2026, 5, 31)
TODAY = date(2026, 6, 1)
DAY = timedelta(days=1)


@pytest.mark.requirement("X17")
@pytest.mark.parametrize(
    ("lifted_on", "last_on"),
    [
        (None, LAST),
        (LAST + DAY, LAST),
        (LAST, LAST - DAY),
        (FIRST + DAY, FIRST),
        # Lifted on its first day it has never barred.
        (FIRST, None),
    ],
)
def test_a_record_bars_from_its_first_day_to_the_one_before_it_is_lifted(
    lifted_on: date | None, last_on: date | None
) -> None:
    bar = Bar(FIRST, LAST, lifted_on)
    assert bar.last_on == last_on
    for day in (FIRST - DAY, FIRST, FIRST + DAY, LAST - DAY, LAST, LAST + DAY):
        assert bar.bars(day) is (last_on is not None and FIRST <= day <= last_on)


@pytest.mark.requirement("X17")
def test_the_last_of_the_records_that_still_bar_is_told() -> None:
    sooner, later = Bar(FIRST, LAST - DAY, None), Bar(FIRST, LAST, None)
    never = Bar(FIRST, LAST + DAY, FIRST)
    assert rules.barred_until([], LAST) is None
    assert rules.barred_until([later, sooner, never], FIRST) == LAST
    assert rules.barred_until([sooner, never], LAST - DAY) == LAST - DAY
    assert rules.barred_until([sooner, never], LAST) is None


@pytest.mark.requirement("X17")
@pytest.mark.parametrize(
    ("from_on", "until_on", "codes"),
    [
        (TODAY, TODAY, []),
        (TODAY, TODAY + DAY, []),
        (TODAY, TODAY - DAY, ["DAYS_OUT_OF_ORDER"]),
        (TODAY + DAY, TODAY + DAY, ["DAY_IN_FUTURE"]),
    ],
)
def test_a_record_has_begun_and_ends_after_it(
    from_on: date, until_on: date, codes: list[str]
) -> None:
    assert failed_codes(rules.bar_checks(from_on, until_on, TODAY)) == codes


@pytest.mark.requirement("X17")
@pytest.mark.parametrize(
    ("earlier", "lifted_on", "today", "codes"),
    [
        (None, FIRST, TODAY, []),
        (None, FIRST - DAY, TODAY, ["DAYS_OUT_OF_ORDER"]),
        (None, LAST, TODAY, []),
        (None, LAST + DAY, TODAY, ["DAYS_OUT_OF_ORDER"]),
        (None, LAST, LAST, []),
        (None, LAST, LAST - DAY, ["DAY_IN_FUTURE"]),
        (LAST, LAST, TODAY, ["STATE_CONFLICT"]),
    ],
)
def test_a_record_is_lifted_once_and_while_it_bars(
    earlier: date | None, lifted_on: date, today: date, codes: list[str]
) -> None:
    bar = Bar(FIRST, LAST, earlier)
    assert failed_codes(rules.lifting_checks(bar, lifted_on, today)) == codes


@pytest.mark.requirement("A105")
@pytest.mark.parametrize(
    ("successor", "gone", "successor_gone", "effective_on", "codes"),
    [
        (TWO, False, False, TODAY, []),
        (TWO, False, False, TODAY + DAY, ["DAY_IN_FUTURE"]),
        (ONE, False, False, TODAY, ["SUCCESSOR_INVALID"]),
        (TWO, False, True, TODAY, ["SUCCESSOR_INVALID"]),
        (TWO, True, False, TODAY, ["STATE_CONFLICT"]),
    ],
)
def test_a_living_organization_is_followed_by_another_living_one(
    successor: UUID, effective_on: date, codes: list[str], *, gone: bool, successor_gone: bool
) -> None:
    checks = rules.succession_checks(
        ONE, successor, succeeded=gone, successor_succeeded=successor_gone,
        effective_on=effective_on, today=TODAY,
    )  # fmt: skip
    assert failed_codes(checks) == codes
    assert failed_codes(rules.living_checks(succeeded=gone)) == ["STATE_CONFLICT"] * gone


KINDS = QualificationKind


@pytest.mark.requirement("A061", "A070")
@pytest.mark.parametrize(
    ("kind", "number", "level", "valid_to", "pointers"),
    [
        (KINDS.TECH_CENTER, None, CenterLevel.MUNICIPAL, None, []),
        (KINDS.TECH_CENTER, None, None, None, ["/level"]),
        (KINDS.CMA, "210900340001", None, LAST, []),
        (KINDS.CMA, None, None, LAST, ["/number"]),
        (KINDS.CNAS, "CNAS L00000", None, None, ["/valid_to"]),
        (KINDS.CNAS, None, CenterLevel.NATIONAL, None, ["/number", "/valid_to"]),
        (KINDS.OTHER, None, None, None, []),
        (KINDS.OTHER, "1", None, FIRST, []),
        (KINDS.CMA, "1", None, FIRST - DAY, ["/valid_to"]),
    ],
)
def test_a_paper_has_what_its_kind_must_have(
    kind: QualificationKind,
    number: str | None,
    level: CenterLevel | None,
    valid_to: date | None,
    pointers: list[str],
) -> None:
    checks = rules.qualification_checks(kind, number, level, FIRST, valid_to, FIRST)
    assert [check.pointer for check in checks if not check.passed] == pointers
    early = rules.qualification_checks(kind, number, level, FIRST, valid_to, FIRST - DAY)
    assert [one.pointer for one in early if not one.passed] == ["/valid_from", *pointers]


@pytest.mark.requirement("X03")
def test_nobody_verifies_a_paper_that_he_stated() -> None:
    assert failed_codes(rules.other_person_checks(ONE, ONE)) == ["SOD_VIOLATION"]
    assert failed_codes(rules.other_person_checks(ONE, TWO)) == []
