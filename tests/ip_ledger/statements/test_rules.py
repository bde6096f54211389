"""A payee's year beside the books: sums by currency, and whether both say the same."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from ip_ledger.statements import rules
from ip_ledger.statements.rules import BookedYear, Statement, StatementLine, StatementReward

ONE, TWO = UUID(int=1), UUID(int=2)
DAY = date(2026, 6, 1)


def line(center: UUID, amount: int, currency: str = "CNY") -> StatementLine:
    return StatementLine(
        ONE, ONE, center, "c", ONE, "a", ONE, DAY, DAY, 1, 1, amount, currency, reverses=amount < 0
    )


def reward(amount: int, currency: str = "CNY") -> StatementReward:
    return StatementReward(ONE, ONE, ONE, DAY, "floor", 1, 1, amount, currency)


def booked(center: UUID, paid: int, currency: str = "CNY") -> BookedYear:
    return BookedYear(ONE, center, "c", currency, 100, 30, 7, paid)


def statement(lines: list[Any], books: list[Any], rewards: list[Any]) -> Statement:
    return Statement(ONE, "payee", 2026, lines, rewards, books)


def test_what_is_owed_at_the_end_is_what_was_with_credits_and_without_debits() -> None:
    assert booked(ONE, 0).closing_fen == 123
    assert rules.days_of(2026) == (date(2026, 1, 1), date(2026, 12, 31))


def test_sums_are_told_by_currency() -> None:
    told = statement(
        [line(ONE, 50), line(TWO, 5, "USD"), line(ONE, -20)],
        [],
        [reward(3), reward(4), reward(9, "EUR")],
    )
    assert list(told.totals.items()) == [("CNY", (30, 7)), ("EUR", (0, 9)), ("USD", (5, 0))]


@pytest.mark.parametrize(
    ("lines", "books", "agrees"),
    [
        ([], [], True),
        ([line(ONE, 50), line(ONE, -20)], [booked(ONE, 30)], True),
        ([line(ONE, 50), line(ONE, -20)], [booked(ONE, 31)], False),
        ([line(ONE, 30)], [booked(TWO, 30)], False),
        ([line(ONE, 30, "USD")], [booked(ONE, 30)], False),
        ([line(ONE, 30), line(TWO, 1)], [booked(ONE, 30), booked(TWO, 1)], True),
        ([line(ONE, 30), line(TWO, 1)], [booked(ONE, 30), booked(TWO, 2)], False),
        # A centre whose lines come to nothing needs no account, and the other way round.
        ([line(ONE, 30), line(ONE, -30)], [booked(TWO, 0)], True),
        ([line(ONE, 1)], [], False),
        ([], [booked(ONE, 1)], False),
    ],
)
def test_lines_and_books_agree_centre_by_centre_and_currency_by_currency(
    lines: list[StatementLine], books: list[BookedYear], *, agrees: bool
) -> None:
    assert statement(lines, books, []).agrees is agrees
