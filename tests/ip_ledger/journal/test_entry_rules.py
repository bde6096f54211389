"""What an entry must be, told from the entry alone."""

import json
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.journal import rules
from ip_ledger.journal.record_rules import lines_text
from ip_ledger.journal.rules import AccountKind, AccountName, EntryDraft, Line, Side
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


def test_the_differences_of_an_entry_are_debits_less_credits() -> None:
    lines = [Line(BANK, 5), Line(FEES, -3), Line(BANK, 2), Line(FEES, -7, "USD")]
    assert rules.differences(lines) == {"CNY": 4, "USD": -7}
    assert rules.differences([]) == {}


@pytest.mark.parametrize(
    ("lines", "plain"),
    [
        ([Line(BANK, 5), Line(FEES, -5)], True),
        ([Line(BANK, 5), Line(FEES, -4)], False),
        ([Line(BANK, 5, "USD"), Line(FEES, -5, "USD")], False),
        ([Line(BANK, 5), Line(FEES, -5, "USD")], False),
        ([Line(BANK, 5, "USD"), Line(FEES, -5)], False),
        ([Line(BANK, 5), Line(OTHER, -5)], False),
    ],
)
def test_an_entry_is_plain_exactly_when_nothing_would_be_said_against_it(
    lines: list[Line], *, plain: bool
) -> None:
    draft = entry(*lines)
    assert rules.is_plain(draft, KNOWN) is plain
    checks = [*rules.entry_checks(draft), *rules.account_checks(draft, KNOWN)]
    assert (failed_codes(checks) == []) is plain


@pytest.mark.parametrize(
    ("org", "codes", "told"),
    [(None, [], []), (OTHER, [], []), (BANK, ["PARTY_UNKNOWN"], [str(BANK)])],
)
def test_an_account_is_kept_for_somebody_known_or_for_nobody(
    org: UUID | None, codes: list[str], told: list[str]
) -> None:
    (check,) = rules.holder_checks(org, {CENTER, OTHER})
    assert failed_codes([check]) == codes
    assert check.params["org_ids"] == told


@pytest.mark.parametrize(
    ("standing", "may", "pointers"),
    [
        (AccountKind.ASSET, True, []),
        (AccountKind.LIABILITY, True, ["/kind"]),
        (AccountKind.ASSET, False, ["/may_go_negative"]),
    ],
)
def test_an_account_that_is_there_is_what_was_asked_for(
    standing: AccountKind, pointers: list[str], *, may: bool
) -> None:
    name = AccountName("cash", AccountKind.ASSET)
    checks = rules.kind_checks(name, standing, may_go_negative=may)
    assert [check.pointer for check in checks if not check.passed] == pointers


def test_a_closed_period_and_an_opening_are_told_with_their_day() -> None:
    for check, name in (
        (rules.closed_check(DAY), "until"), (rules.opened_check(DAY), "opened_on"),
    ):  # fmt: skip
        assert (check.passed, dict(check.params)) == (False, {name: "2028-03-01"})
    for check in (rules.closed_check(passed=True), rules.opened_check(passed=True)):
        assert (check.passed, dict(check.params)) == (True, {})
    assert not rules.closed_check().passed
    assert not rules.opened_check().passed


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(("over", "codes"), [(0, []), (1, ["AMOUNT_TOO_LARGE"])])
def test_a_balance_is_one_that_every_reader_can_hold(over: int, codes: list[str]) -> None:
    draft = entry(Line(BANK, 1 + over), Line(FEES, -1 - over))
    verdicts = rules.balances_after([draft], {BANK: rules.MOST_FEN - 1}, {})
    assert failed_codes(verdicts[draft.id]) == codes
    assert failed_codes(rules.balance_checks(-rules.MOST_FEN - over)) == codes


@pytest.mark.parametrize(
    ("held", "amount_fen", "codes"),
    [
        (0, -10, []),
        (0, -11, ["ACCOUNT_OVERDRAWN"]),
        (-4, -6, []),
        (-4, -7, ["ACCOUNT_OVERDRAWN"]),
        # What a hold would add may not come about, and is not judged.
        (-10, 5, []),
    ],
)
def test_holds_together_take_no_more_than_an_account_has(
    held: int, amount_fen: int, codes: list[str]
) -> None:
    bound = {BANK: rules.Bound(AccountKind.ASSET, held)}
    lines = [Line(BANK, amount_fen), Line(FEES, -amount_fen)]
    assert failed_codes(rules.hold_checks(lines, {BANK: 10}, bound)) == codes
    # Of an account that nobody posted to there is nothing to hold.
    if amount_fen < 0:
        bare = {BANK: rules.Bound(AccountKind.ASSET)}
        empty = rules.hold_checks([Line(BANK, -1)], {}, bare)
        assert failed_codes(empty) == ["ACCOUNT_OVERDRAWN"]


@pytest.mark.parametrize("state", list(rules.PendingState))
def test_an_entry_that_waits_is_settled_once(state: rules.PendingState) -> None:
    waits = state is rules.PendingState.PENDING
    assert rules.settling_check(state).passed is waits


@pytest.mark.parametrize(
    ("posted", "pointers"),
    [
        ([Line(BANK, 5), Line(FEES, -5)], []),
        ([Line(BANK, 6), Line(FEES, -5)], ["/postings/0"]),
        ([Line(BANK, 3), Line(BANK, 3), Line(FEES, -1)], ["/postings/1"]),
        ([Line(BANK, -1)], ["/postings/0"]),
    ],
)
def test_no_more_comes_about_than_was_held(posted: list[Line], pointers: list[str]) -> None:
    held = [Line(BANK, 2), Line(BANK, 3), Line(FEES, -5)]
    checks = rules.part_checks(held, posted)
    assert [check.pointer for check in checks if not check.passed] == pointers


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(("of_record", "codes"), [(False, []), (True, ["ENTRY_OF_RECORD"])])
def test_what_a_record_says_is_undone_by_the_records_own_call(
    codes: list[str], *, of_record: bool
) -> None:
    assert failed_codes(rules.hand_checks(of_record=of_record)) == codes


def test_the_smallest_debit_and_credit_are_written_on_their_sides() -> None:
    told = json.loads(lines_text(entry(Line(BANK, 1), Line(FEES, -1))))
    assert [(line["side"], line["amount"]) for line in told] == [("debit", 1), ("credit", 1)]


def test_an_account_may_go_negative_unless_it_is_said() -> None:
    assert AccountName("cash", AccountKind.ASSET).may_go_negative
