"""What a refused undoing tells, and whose reserve another division moved; no database."""

from datetime import date
from uuid import UUID

import pytest

from ip_ledger.undoings import rules
from ip_ledger.undoings.rules import Divided

ONE, TWO = UUID(int=1), UUID(int=2)
DAY = date(2026, 6, 1)


@pytest.mark.requirement("X07", "A094")
@pytest.mark.parametrize(("spent", "left", "passed"), [(0, 100, True), (30, 70, False)])
def test_money_that_paid_for_something_says_what_is_left(
    spent: int, left: int, *, passed: bool
) -> None:
    checks = rules.undoing_checks(
        recorded_by=ONE, undoing=TWO, amount_fen=100, spent_fen=spent, received_on=DAY,
        effective_on=DAY, today=DAY, receives=True, is_undone=False,
    )  # fmt: skip
    (check,) = [check for check in checks if check.code == "SOURCE_SPENT"]
    assert (check.passed, check.params["left_fen"]) == (passed, left)


@pytest.mark.requirement("X07", "A086")
@pytest.mark.parametrize("paid_out", [[], [TWO, ONE]])
def test_a_division_that_was_paid_out_names_the_accounts(paid_out: list[UUID]) -> None:
    checks = rules.division_checks(
        recorded_by=ONE, undoing=TWO, resolved_on=DAY, effective_on=DAY, today=DAY, leads=True,
        is_undone=False, paid_out=paid_out,
    )  # fmt: skip
    (check,) = [check for check in checks if check.code == "DIVISION_PAID_OUT"]
    assert check.passed is (not paid_out)
    assert check.params["account_ids"] == [str(one) for one in paid_out]


@pytest.mark.requirement("A086")
def test_a_reserve_near_half_of_the_capital_counts_all_that_was_put_aside_before() -> None:
    # Half of the capital is 50: the third year could put aside 10 alone because of the first two.
    divided = [
        Divided(2024, 200, 20, 100),
        Divided(2025, 200, 20, 100),
        Divided(2026, 200, 10, 100),
    ]
    assert rules.reserves_moved(divided, 0) == [2026]
    assert rules.reserves_moved(divided, 1) == [2026]
    assert rules.reserves_moved(divided, 2) == []
    ample = [Divided(one.year, 200, 20, 10_000) for one in divided]
    assert rules.reserves_moved(ample, 0) == []
