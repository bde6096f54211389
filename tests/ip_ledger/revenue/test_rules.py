"""Income on both sides of its bounds: what is taken off, who receives, what is undone."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from ip_ledger.revenue import rules
from ip_ledger.revenue.rules import Deduction, DeductionKind
from shared.rules import failed_codes

TODAY = date(2026, 6, 1)
ONE, TWO = UUID(int=1), UUID(int=2)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("gross", "taken", "received", "first", "may_be_nothing", "codes"),
    [
        (100, 100, 0, None, False, []),
        (100, 101, 0, None, False, ["NET_NEGATIVE"]),
        (1, 0, 0, None, False, []),
        (0, 0, 0, None, False, ["AMOUNT_ZERO"]),
        (0, 0, 0, None, True, []),
        (100, 0, 0, 0, False, []),
        (100, 0, 0, 1, False, ["BEFORE_ASSET"]),
        (100, 0, 1, 1, False, ["NOT_YET_RECEIVED"]),
    ],
)
def test_income_is_received_and_not_less_than_what_is_taken_off(
    gross: int, taken: int, received: int, first: int | None, codes: list[str],
    *, may_be_nothing: bool,
) -> None:  # fmt: skip
    deductions = [Deduction(DeductionKind.TAX, taken - taken // 2),
                  Deduction(DeductionKind.DIRECT, taken // 2)]  # fmt: skip
    checks = rules.income_checks(
        gross, deductions, day(received), TODAY,
        first_on=None if first is None else day(first), may_be_nothing=may_be_nothing,
    )  # fmt: skip
    assert failed_codes(checks) == codes
    assert checks[0].params["net_fen"] == gross - taken
    assert checks[2].params["first_on"] == (None if first is None else day(first).isoformat())


@pytest.mark.requirement("A033")
def test_a_sum_that_may_not_be_nothing_is_the_ordinary_case() -> None:
    assert failed_codes(rules.income_checks(0, [], TODAY, TODAY)) == ["AMOUNT_ZERO"]


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("kind", "clause", "agreed", "passed"),
    [(DeductionKind.TAX, None, False, True), (DeductionKind.MAINTENANCE, None, False, True),
     (DeductionKind.DIRECT, None, False, True), (DeductionKind.MANAGEMENT_FEE, "5", True, True),
     (DeductionKind.MANAGEMENT_FEE, "5", False, False),
     (DeductionKind.MANAGEMENT_FEE, None, True, False),
     (DeductionKind.MANAGEMENT_FEE, "", True, False)],
)  # fmt: skip
def test_what_the_law_does_not_name_rests_on_a_cited_clause(
    kind: DeductionKind, clause: str | None, *, agreed: bool, passed: bool
) -> None:
    checks = rules.deduction_checks([Deduction(kind, 1, clause)], has_agreement=agreed)
    assert [(check.passed, check.pointer) for check in checks] == [(passed, "/deductions/0")]


@pytest.mark.requirement("A053")
@pytest.mark.parametrize(
    ("entity", "trustee", "held", "codes"),
    [(True, False, False, []), (False, True, True, []),
     (False, False, True, ["CONSORTIUM_NOT_REGISTERED"]),
     (False, True, False, ["CONSORTIUM_NOT_REGISTERED"]),
     (True, True, True, ["STATE_CONFLICT"])],
)  # fmt: skip
def test_an_unregistered_consortiums_money_lies_with_its_trustee(
    codes: list[str], *, entity: bool, trustee: bool, held: bool
) -> None:
    checks = rules.receiver_checks(has_legal_entity=entity, has_trustee=trustee, held_in_trust=held)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("X03", "X07")
@pytest.mark.parametrize(
    ("by", "shared_out", "undone", "offset", "codes"),
    [(TWO, False, False, 0, []), (ONE, False, False, 0, ["SOD_VIOLATION"]),
     (TWO, True, False, 0, ["REVENUE_DISTRIBUTED"]), (TWO, False, True, 0, ["ALREADY_REVERSED"]),
     (TWO, False, False, 1, ["DAY_IN_FUTURE"])],
)  # fmt: skip
def test_income_is_undone_once_by_another_and_not_ahead_of_time(
    by: UUID, offset: int, codes: list[str], *, shared_out: bool, undone: bool
) -> None:
    checks = rules.undoing_checks(
        recorded_by=ONE, undoing=by, is_shared=shared_out, is_undone=undone,
        effective_on=day(offset), today=TODAY,
    )  # fmt: skip
    assert failed_codes(checks) == codes
