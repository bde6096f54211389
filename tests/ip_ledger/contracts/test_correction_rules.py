"""Corrections of a technology contract's amounts on both sides of each bound; no database."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from ip_ledger.contracts import correction_rules as rules
from ip_ledger.contracts.correction_rules import Amounts, Correction, Entry
from ip_ledger.contracts.rules import Review
from shared.rules import Check

SIGNED, TODAY = date(2026, 1, 5), date(2026, 6, 1)
DAY = timedelta(days=1)
FORMER = Amounts(100, 80)
FIRST = Entry("2026310000000001", date(2026, 2, 1))
CHANGE = Entry("2026310000000002", date(2026, 3, 1))
RIGHT = Correction(Amounts(120, 80), "合同金额漏计", (UUID(int=1),))


def failed(
    one: Correction, registered: Entry | None = FIRST, *, taken: bool = False
) -> list[tuple[str, str | None]]:
    checks: list[Check] = rules.correction_checks(
        one, FORMER, SIGNED, registered, is_taken=taken, today=TODAY
    )
    return [(check.code, check.pointer) for check in checks if not check.passed]


@pytest.mark.requirement("X07", "A089")
@pytest.mark.parametrize(
    ("amounts", "codes"),
    [
        (Amounts(120, 80), []),
        (Amounts(100, 79), []),
        (Amounts(120, 120), []),
        (Amounts(120, 121), [("AMOUNT_EXCEEDED", "/tech_transaction_amount")]),
        (FORMER, [("CORRECTION_NOT_NEEDED", None)]),
    ],
)
def test_a_correction_says_other_amounts_and_the_technology_is_part_of_the_whole(
    amounts: Amounts, codes: list[tuple[str, str | None]]
) -> None:
    assert failed(replace(RIGHT, amounts=amounts)) == codes
    assert failed(replace(RIGHT, amounts=amounts), None) == codes


ENTERED = "/registration/registered_on"


@pytest.mark.requirement("X07", "A089")
@pytest.mark.parametrize(
    ("entered_on", "codes"),
    [
        (FIRST.registered_on, []),
        (FIRST.registered_on - DAY, [("DAYS_OUT_OF_ORDER", ENTERED)]),
        (TODAY, []),
        (TODAY + DAY, [("DAY_IN_FUTURE", ENTERED)]),
        (
            SIGNED - DAY,
            [("DAYS_OUT_OF_ORDER", "/registered_on"), ("DAYS_OUT_OF_ORDER", ENTERED)],
        ),
    ],
)
def test_the_entry_of_a_change_follows_the_first_and_has_happened(
    entered_on: date, codes: list[tuple[str, str | None]]
) -> None:
    assert failed(replace(RIGHT, entry=replace(CHANGE, registered_on=entered_on))) == codes


@pytest.mark.requirement("X07", "A089")
def test_a_change_is_entered_of_what_was_registered_and_under_a_number_of_its_own() -> None:
    entered = replace(RIGHT, entry=CHANGE)
    assert failed(entered, None) == [("FIELD_INVALID", "/registration")]
    assert failed(entered, taken=True) == [("ALREADY_EXISTS", "/registration/registration_no")]
    for one, key in ((entered, CHANGE.number), (RIGHT, None)):
        *_, taken = rules.correction_checks(one, FORMER, SIGNED, FIRST, is_taken=False, today=TODAY)
        assert taken.params["key"] == key


@pytest.mark.requirement("A089")
@pytest.mark.parametrize(
    ("former", "review", "due_on", "is_registered", "was_registered", "expected"),
    [
        (Review.ORDINARY, Review.ORDINARY, TODAY, False, False, TODAY),
        (Review.ORDINARY, Review.EXPERT, TODAY, False, False, TODAY + DAY),
        (Review.ORDINARY, Review.ORDINARY, None, False, False, TODAY + DAY),
        (Review.ORDINARY, Review.ORDINARY, TODAY, False, True, TODAY + DAY),
        (Review.ORDINARY, Review.ORDINARY, TODAY, True, True, None),
    ],
)
def test_a_timer_that_runs_goes_on_unless_the_contract_is_reviewed_otherwise(
    former: Review, review: Review, due_on: date | None, expected: date | None,
    *, is_registered: bool, was_registered: bool,
) -> None:  # fmt: skip
    found = rules.due_on_after(
        former, review, due_on, TODAY + DAY, is_registered=is_registered,
        was_registered=was_registered,
    )  # fmt: skip
    assert found == expected
