"""What an entry must be, told from the entry alone."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.journal import rules
from ip_ledger.journal.rules import EntryDraft, Line, Side
from shared.rules import failed_codes

CENTER, OTHER = UUID(int=1), UUID(int=2)
BANK, FEES = UUID(int=11), UUID(int=12)
DAY = date(2028, 3, 1)
KNOWN = {BANK: (CENTER, "CNY"), FEES: (CENTER, "CNY")}


def entry(*lines: Line) -> EntryDraft:
    return EntryDraft(UUID(int=99), CENTER, DAY, "r", lines)


@given(st.lists(st.integers(-(10**12), 10**12).filter(bool), min_size=1, max_size=9))
def test_an_entry_is_refused_exactly_when_it_does_not_balance(amounts: list[int]) -> None:
    lines = [Line(BANK, amount) for amount in amounts]
    uneven = failed_codes(rules.entry_checks(entry(*lines)))
    assert uneven == (["UNBALANCED"] if sum(amounts) else [])
    assert rules.entry_checks(entry(*lines, *([Line(FEES, -sum(amounts))])))[0].passed


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_each_currency_balances_by_itself() -> None:
    mixed = entry(Line(BANK, 1), Line(FEES, -1, "USD"))
    assert failed_codes(rules.entry_checks(mixed)) == ["CURRENCIES_MIXED", *["UNBALANCED"] * 2]


@pytest.mark.refusing
def test_an_account_of_another_centre_does_not_exist_here() -> None:
    draft = entry(Line(BANK, 1), Line(FEES, -1))
    assert failed_codes(rules.account_checks(draft, KNOWN)) == []
    foreign = KNOWN | {FEES: (OTHER, "CNY")}
    assert failed_codes(rules.account_checks(draft, foreign)) == ["ACCOUNT_UNKNOWN"]
    dollars = KNOWN | {FEES: (CENTER, "USD")}
    assert failed_codes(rules.account_checks(draft, dollars)) == ["CURRENCY_MISMATCH"]


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(("days", "codes"), [(-1, ["REVERSAL_BEFORE_ORIGINAL"]), (0, []), (1, [])])
def test_a_reversal_lies_on_the_entrys_day_or_later(days: int, codes: list[str]) -> None:
    later = DAY + timedelta(days=days)
    checks = rules.reversal_checks(entry(Line(BANK, 1)), later, reversed_already=False)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_reversal_is_not_reversed_itself() -> None:
    undoing = rules.reversal_of(entry(Line(BANK, 5), Line(FEES, -5)), UUID(int=100), DAY, "x")
    checks = rules.reversal_checks(undoing, DAY, reversed_already=False)
    assert failed_codes(checks) == ["REVERSAL_OF_REVERSAL"]


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("asset", "debit"),
        ("expense", "debit"),
        ("liability", "credit"),
        ("income", "credit"),
        ("equity", "credit"),
    ],
)
@pytest.mark.parametrize(("towards", "codes"), [(1, []), (0, []), (-1, ["ACCOUNT_OVERDRAWN"])])
def test_an_account_may_stand_on_its_normal_side_and_at_nothing(
    kind: str, side: str, towards: int, codes: list[str]
) -> None:
    """From nothing, by one fen: towards the normal side, not at all, or away from it."""
    account = rules.AccountKind(kind)
    assert rules.normal_side(account) == side
    amount = towards if side == "debit" else -towards
    draft = entry(Line(BANK, amount), Line(FEES, -amount))
    held = rules.balances_after([draft], {BANK: 0, FEES: 0}, {BANK: rules.Bound(account)})
    assert failed_codes(held[draft.id]) == codes
    free = rules.balances_after([draft], {BANK: 0, FEES: 0}, {})
    assert failed_codes(free[draft.id]) == []


def test_a_reversal_turns_every_side_and_balances() -> None:
    original = entry(Line(BANK, 5), Line(FEES, -5))
    undoing = rules.reversal_of(original, UUID(int=100), DAY, "x")
    assert [rules.side_of(line.amount_fen) for line in undoing.lines] == [Side.CREDIT, Side.DEBIT]
    assert undoing.reverses_id == original.id
    assert failed_codes(rules.entry_checks(undoing)) == []
