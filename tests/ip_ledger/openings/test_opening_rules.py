"""What an opening must be, and that each account stands once; no database."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from ip_ledger.journal.rules import AccountKind
from ip_ledger.openings import rules
from ip_ledger.openings.rules import OpeningLine
from shared.rules import failed_codes

ONE, TWO = UUID(int=1), UUID(int=2)
TODAY = date(2026, 6, 1)
DAY = timedelta(days=1)


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("ahead", "first", "has_file", "codes"),
    [
        (0, True, True, []),
        (1, True, True, ["DAY_IN_FUTURE"]),
        (-1, False, True, ["OPENING_TOO_LATE"]),
        (0, True, False, ["FILE_UNKNOWN"]),
    ],
)
def test_an_opening_is_proven_of_a_day_that_has_come_and_the_first(
    ahead: int, codes: list[str], *, first: bool, has_file: bool
) -> None:
    day = TODAY + ahead * DAY
    checks = rules.opening_checks(day, TODAY, comes_first=first, has_file=has_file)
    assert failed_codes(checks) == codes


def line(
    code: str, org: UUID | None = None, currency: str = "CNY",
    kind: AccountKind = AccountKind.ASSET,
) -> OpeningLine:  # fmt: skip
    return OpeningLine(code, kind, org, True, currency, 1)  # noqa: FBT003 - as the row has it


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], []),
        ([line("bank"), line("cash")], []),
        ([line("bank"), line("bank", currency="USD")], []),
        ([line("bank", ONE), line("bank", TWO)], []),
        ([line("bank"), line("cash"), line("bank")], ["bank"]),
        # An account is of one kind, in whatever currencies it is kept.
        ([line("cash"), line("cash", currency="USD", kind=AccountKind.LIABILITY)], ["cash"]),
        ([line("cash", ONE), line("cash", TWO, kind=AccountKind.LIABILITY)], []),
        ([line("z"), line("z"), line("a"), line("a")], ["a", "z"]),
    ],
)
def test_each_account_has_one_balance_and_one_kind(
    lines: list[OpeningLine], told: list[str]
) -> None:
    (check,) = rules.line_checks(lines)
    assert (check.passed, check.params["accounts"]) == (not told, told)


@pytest.mark.requirement("X07")
def test_the_programme_knows_whom_an_opening_names() -> None:
    (fine,) = rules.holder_checks([ONE, ONE], {ONE}, "/content")
    assert (fine.passed, fine.params["org_ids"]) == (True, [])
    (strange,) = rules.holder_checks([TWO, ONE, TWO], {ONE}, "/content")
    assert (strange.passed, strange.params["org_ids"]) == (False, [str(TWO)])
