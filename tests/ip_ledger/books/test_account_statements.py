"""The statement of one account: what was there, what moved, what is left, on two clocks."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ip_ledger.books import rules
from shared.rules import failed_codes
from tests.ip_ledger.journal.test_posting import Books
from tests.ip_ledger.journal.test_posting import books as books

pytestmark = pytest.mark.anyio
FIRST = date(2028, 3, 10)


async def statement(books: Books, from_on: str, until_on: str, more: str = "") -> dict[str, Any]:
    path = f"/v1/ip-ledger/accounts/{books.ids[0]}/statement"
    answer = await books.client.get(f"{path}?from_on={from_on}&until_on={until_on}{more}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def told(document: dict[str, Any]) -> tuple[int, list[int], int]:
    return (
        document["opening"]["amount"],
        [one["balance"]["amount"] for one in document["lines"]],
        document["closing"]["amount"],
    )


@pytest.mark.requirement("X07")
async def test_a_statement_runs_day_by_day_whatever_the_order_of_recording(books: Books) -> None:
    await books.post(books.body(100, effective_on="2028-03-01"))
    await books.post(books.body(5, effective_on="2028-03-04"))
    books.world.service.set_clock("2028-03-12T02:00:00+00:00")
    await books.post(books.body(30, debit=1, credit=0, effective_on="2028-03-03"))
    shown = await statement(books, "2028-03-02", "2028-03-04")
    assert told(shown) == (100, [70, 75], 75)
    assert (shown["debits"]["amount"], shown["credits"]["amount"]) == (5, 30)
    assert shown["closing"]["amount"] == await books.balance(0, "?on=2028-03-04")
    known = await statement(books, "2028-03-02", "2028-03-04", "&as_of=2028-03-11")
    assert told(known) == (100, [105], 105)
    assert told(await statement(books, "2028-02-01", "2028-02-28")) == (0, [], 0)


@pytest.mark.requirement("X07", "X04")
@pytest.mark.refusing
async def test_days_in_the_wrong_order_and_strangers_are_refused(books: Books) -> None:
    path = f"/v1/ip-ledger/accounts/{books.ids[0]}/statement"
    answer = await books.client.get(f"{path}?from_on=2028-03-05&until_on=2028-03-04")
    assert (answer.status_code, answer.json()["code"]) == (422, "DAYS_REVERSED")
    stranger = books.world.owner(books.world.stranger)
    answer = await stranger.get(f"{path}?from_on=2028-03-04&until_on=2028-03-04")
    assert answer.status_code == 404


@pytest.mark.parametrize(("days", "codes"), [(-1, ["DAYS_REVERSED"]), (0, []), (1, [])])
async def test_a_statement_has_one_day_at_least(days: int, codes: list[str]) -> None:
    checks = rules.statement_day_checks(FIRST, FIRST + timedelta(days=days))
    assert failed_codes(checks) == codes


moves = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(1, 99), st.booleans()), max_size=5
)
asked = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 15)), min_size=4, max_size=4
)


@pytest.mark.requirement("X07")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(moves=moves, asked=asked)
async def test_any_days_as_known_on_any_day_are_what_a_replay_tells(
    books: Books, moves: list[tuple[int, int, int, bool]], asked: list[tuple[int, int, int]]
) -> None:
    """Every posting made so far is replayed by hand; the clock only goes forward."""
    history: list[tuple[int, date, int]] = books.__dict__.setdefault("history", [])
    clock: list[int] = books.__dict__.setdefault("clock", [0])
    for day, later, amount, is_debit in moves:
        clock[0] += later
        known = FIRST + timedelta(days=clock[0])
        books.world.service.set_clock(f"{known}T02:00:00+00:00")
        on = date(2028, 3, 1) + timedelta(days=day)
        sides = {"debit": 0, "credit": 1} if is_debit else {"debit": 1, "credit": 0}
        answer = await books.post(books.body(amount, effective_on=on.isoformat(), **sides))
        assert answer.status_code == 201, answer.text
        history.append((clock[0], on, amount if is_debit else -amount))
    for start, length, known_day in asked:
        from_on = date(2028, 3, 1) + timedelta(days=start)
        until_on = from_on + timedelta(days=length)
        as_of = (FIRST + timedelta(days=known_day)).isoformat()
        shown = await statement(books, from_on.isoformat(), until_on.isoformat(), f"&as_of={as_of}")
        seen = [(on, amount) for known, on, amount in history if known <= known_day]
        opening = sum(amount for on, amount in seen if on < from_on)
        inside = sorted(
            ((on, at, amount) for at, (on, amount) in enumerate(seen) if from_on <= on <= until_on)
        )
        balances, level = [], opening
        for _, _, amount in inside:
            level += amount
            balances.append(level)
        assert told(shown) == (opening, balances, level)
