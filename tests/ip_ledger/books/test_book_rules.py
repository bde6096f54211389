"""What books come to, when a period closes, and how other programs read them: values in and out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ip_ledger.books import rules
from ip_ledger.books.rules import AccountTotals, BookLine
from ip_ledger.journal.rules import AccountKind
from shared.rules import failed_codes

BANK, DEBT, DOLLARS = (UUID(int=number) for number in (1, 2, 3))
ENTRY, OTHER, OWNER, CENTRE = (UUID(int=number) for number in (7, 8, 9, 10))
DAY, NEXT, THIRD = (date(2026, 3, day) for day in (1, 2, 3))
AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
ASSET = AccountTotals(BANK, None, "bank", AccountKind.ASSET, "CNY", 300, 50)
LIABILITY = AccountTotals(DEBT, OWNER, "due_to-owner", AccountKind.LIABILITY, "CNY", 0, 250)
LINES = (
    BookLine(
        ENTRY, NEXT, AT, 'a "b"\n c', None, BANK, None, "bank", AccountKind.ASSET, "CNY", 250
    ),
    BookLine(
        ENTRY, NEXT, AT, 'a "b"\n c', None, DEBT, OWNER, "due_to-owner", AccountKind.LIABILITY,
        "CNY", -250,
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "debits", "credits_", "abnormal"),
    [
        (AccountKind.ASSET, 1, 0, False), (AccountKind.ASSET, 0, 1, True),
        (AccountKind.LIABILITY, 0, 1, False), (AccountKind.LIABILITY, 1, 0, True),
        (AccountKind.LIABILITY, 5, 5, False), (AccountKind.ASSET, 0, 0, False),
    ],
)  # fmt: skip
def test_an_account_on_the_other_side_than_its_kinds_is_abnormal(
    kind: AccountKind, debits: int, credits_: int, *, abnormal: bool
) -> None:
    one = replace(ASSET, kind=kind, debits_fen=debits, credits_fen=credits_)
    assert (one.balance_fen, one.is_abnormal) == (debits - credits_, abnormal)


def test_sums_of_debits_and_credits_stand_by_currency() -> None:
    other = replace(ASSET, currency="USD", debits_fen=1, credits_fen=4)
    assert rules.sums([ASSET, LIABILITY, ASSET, other]) == {"CNY": (500, 250), "USD": (0, 3)}
    assert rules.sums([]) == {}


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("until", "closed", "totals", "codes"),
    [
        (DAY, None, (), []), (NEXT, None, (), ["DAY_IN_FUTURE"]),
        (THIRD, None, (), ["DAY_IN_FUTURE"]),
        (DAY, date(2026, 2, 28), (), []), (DAY, DAY, (), ["PERIOD_CLOSED"]),
        (DAY, NEXT, (), ["PERIOD_CLOSED"]), (DAY, None, (ASSET, LIABILITY), []),
        (DAY, None, (ASSET,), ["UNBALANCED"]),
        (DAY, None, (ASSET, replace(LIABILITY, currency="USD")), ["UNBALANCED"]),
    ],
)  # fmt: skip
def test_a_period_closes_when_it_is_over_follows_the_last_one_and_balances(
    until: date, closed: date | None, totals: tuple[AccountTotals, ...], codes: list[str]
) -> None:
    checks = rules.closing_checks(until, NEXT, closed, totals)
    assert failed_codes(checks) == codes
    assert dict(checks[1].params) == ({} if closed is None else {"until": closed.isoformat()})


def test_a_period_begins_the_day_after_the_closed_ones() -> None:
    assert (rules.first_day(None), rules.first_day(DAY)) == (None, NEXT)


def test_a_seal_holds_every_balance_of_what_was_ever_posted_to() -> None:
    idle = replace(ASSET, account_id=DOLLARS, debits_fen=0, credits_fen=0)
    even = replace(ASSET, account_id=OTHER, debits_fen=7, credits_fen=7)
    told = rules.seal_content(CENTRE, DAY, "aa", [ASSET, LIABILITY, idle, even], ["bb", "cc"])
    assert told == {
        "center_id": str(CENTRE), "until_on": "2026-03-01", "former_seal": "aa",
        "balances": {str(BANK): 250, str(DEBT): -250, str(OTHER): 0}, "entries": ["bb", "cc"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fen", "currency", "text"),
    [(1, "CNY", "0.01"), (-12_345, "CNY", "-123.45"), (5, "JPY", "5"), (100, "CNY", "1.00")],
)
def test_minor_units_are_written_with_the_places_of_their_currency(
    fen: int, currency: str, text: str
) -> None:
    assert rules.money_text(fen, currency) == text


@pytest.mark.parametrize(
    ("code", "org_id", "name"),
    [
        ("bank", None, "Assets:Bank"),
        ("due_to-owner", None, "Assets:Due-To-Owner"),
        ("a__b.c", OWNER, f"Assets:A-Bc:O{OWNER.hex}"),
        ("--", None, "Assets:X"),
    ],
)
def test_an_account_is_named_as_beancount_names_it(
    code: str, org_id: UUID | None, name: str
) -> None:
    assert rules.account_name(AccountKind.ASSET, code, org_id) == name


def text_of(totals: Sequence[AccountTotals], lines: Sequence[BookLine]) -> list[str]:
    return "".join(rules.beancount('the "books"', THIRD, totals, lines)).splitlines()


def test_books_are_written_as_beancount_text_that_checks_itself() -> None:
    dollars = AccountTotals(DOLLARS, None, "bank", AccountKind.ASSET, "USD", 0, 0)
    undoing = [replace(one, entry_id=OTHER, reverses_id=ENTRY) for one in LINES]
    owner = f"Liabilities:Due-To-Owner:O{OWNER.hex}"
    assert text_of([ASSET, LIABILITY, dollars], [*LINES, *undoing]) == [
        'option "title" "the \\"books\\""', 'option "operating_currency" "CNY"',
        "2026-03-02 open Assets:Bank CNY,USD", f"2026-03-02 open {owner} CNY",
        "", '2026-03-02 * "a \\"b\\" c"', f'  entry: "{ENTRY}"',
        '  recorded-at: "2026-03-02T08:30:00+00:00"', "  Assets:Bank  2.50 CNY",
        f"  {owner}  -2.50 CNY",
        "", '2026-03-02 * "a \\"b\\" c"', f'  entry: "{OTHER}"',
        '  recorded-at: "2026-03-02T08:30:00+00:00"', f'  reverses: "{ENTRY}"',
        "  Assets:Bank  2.50 CNY", f"  {owner}  -2.50 CNY",
        "", "2026-03-04 balance Assets:Bank 2.50 CNY", f"2026-03-04 balance {owner} -2.50 CNY",
        "2026-03-04 balance Assets:Bank 0.00 USD",
    ]  # fmt: skip


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("code", "org_id", "told"),
    [
        # A holder's account lies below the centre's own of the same code: Beancount adds it there.
        ("bank", OWNER, [("Assets:Bank", "3.50"), (f"Assets:Bank:O{OWNER.hex}", "1.00")]),
        # Two codes that Beancount writes alike are one account to it.
        ("Bank", None, [("Assets:Bank", "3.50")]),
        ("bank_", None, [("Assets:Bank", "3.50")]),
    ],
)
def test_a_balance_is_what_beancount_takes_for_it(
    code: str, org_id: UUID | None, told: list[tuple[str, str]]
) -> None:
    other = AccountTotals(DOLLARS, org_id, code, AccountKind.ASSET, "CNY", 100, 0)
    lines = text_of([ASSET, other], [])
    assert [line.split()[2:4] for line in lines if " balance " in line] == [
        list(one) for one in told
    ]


def test_empty_books_open_their_accounts_on_the_day_asked_for() -> None:
    assert text_of([ASSET], [])[2] == "2026-03-03 open Assets:Bank CNY"


def test_a_posting_is_a_row_with_its_side_and_no_sign() -> None:
    debit, credit = map(rules.csv_row, LINES)
    assert debit == (
        str(ENTRY), NEXT, "2026-03-02T08:30:00+00:00", 'a "b"\n c', None, str(BANK), "bank", None,
        "asset", "debit", 250, "CNY",
    )  # fmt: skip
    assert (credit[7], credit[9], credit[10]) == (str(OWNER), "credit", 250)
    assert rules.csv_row(replace(LINES[0], reverses_id=OTHER))[4] == str(OTHER)


@pytest.mark.parametrize(("until", "codes"), [(DAY, ["DAYS_REVERSED"]), (NEXT, []), (THIRD, [])])
def test_a_statement_is_of_one_day_at_least(until: date, codes: list[str]) -> None:
    assert failed_codes(rules.statement_day_checks(NEXT, until)) == codes


def test_a_running_balance_begins_after_the_first_amount() -> None:
    assert rules.running(10, [5, -20, 1]) == [15, -5, -4]
    assert rules.running(10, []) == []
