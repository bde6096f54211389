"""Books in any currency of ISO 4217; money is changed only where an entry says so."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ip_ledger.journal import rules
from ip_ledger.journal.rules import Line
from shared.codes.currencies import MINOR_DIGITS, minor_units
from shared.rules import failed_codes
from tests.ip_ledger.conftest import codes
from tests.ip_ledger.distributions.world import build
from tests.ip_ledger.journal.test_entry_rules import BANK, FEES
from tests.ip_ledger.journal.test_pending import Till

pytestmark = pytest.mark.anyio
UNITS = {code: minor_units(code) for code in MINOR_DIGITS}


@pytest.fixture
async def till(running: Callable[..., Any]) -> AsyncIterator[Till]:
    async with running("ip_ledger") as service:
        one = Till(await build(service))
        await one.open("bank")
        await one.open("bank", currency="USD")
        await one.open("fees", currency="USD")
        await one.open("bank", currency="JPY")
        yield one


def entry(till: Till, debit: int, credit: int, currency: str, amount: int = 500) -> Any:
    body = till.body(amount, debit, credit)
    for line in body["postings"]:
        line["amount"]["currency"] = currency
    return body


def exchange(
    till: Till, sold: tuple[int, int, str], bought: tuple[int, int, str], rate: str
) -> Any:
    def side(place: int, amount: int, currency: str) -> Any:
        amounts = {"amount": amount, "currency": currency}
        return {"account_id": till.ids[place], "amount": amounts}

    return {
        "effective_on": "2028-03-05", "reference": "advice 77", "rate": rate,
        "sold": side(*sold), "bought": side(*bought),
    }  # fmt: skip


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("sold", "bought", "rate", "refused"),
    [
        ((10_000, "USD"), (71_234, "CNY"), "7.1234", []),
        ((10_000, "USD"), (71_235, "CNY"), "7.1234", ["RATE_MISMATCH"]),
        ((10_000, "USD"), (71_233, "CNY"), "7.1234", ["RATE_MISMATCH"]),
        ((1, "USD"), (7, "CNY"), "7.1234", []),
        ((100, "JPY"), (500, "CNY"), "0.05", []),
        ((500, "CNY"), (100, "JPY"), "20", []),
        ((1_000, "KWD"), (325, "USD"), "3.25", []),
        ((100, "CNY"), (100, "CNY"), "1", ["CURRENCY_MISMATCH"]),
    ],
)
def test_an_exchange_is_what_its_rate_makes_to_the_smallest_unit(
    sold: tuple[int, str], bought: tuple[int, str], rate: str, refused: list[str]
) -> None:
    out, back = Line(BANK, -sold[0], sold[1]), Line(FEES, *bought)
    assert failed_codes(rules.exchange_checks(out, back, Decimal(rate), UNITS)) == refused


@pytest.mark.requirement("X07")
def test_currencies_have_the_decimals_of_iso_4217() -> None:
    wanted = {"CNY": 2, "USD": 2, "EUR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3, "CLP": 0}
    assert {code: MINOR_DIGITS[code] for code in wanted} == wanted
    assert not {"XTS", "XXX", "XAU", "HRK", "DEM"} & MINOR_DIGITS.keys()


@pytest.mark.requirement("X07")
async def test_books_balance_in_each_currency_by_itself(till: Till) -> None:
    assert (await till.post("entries", entry(till, 1, 2, "USD"))).status_code == 201
    assert await till.figures(1) == (500, 0, 0, 500)
    changed = await till.post(
        "exchanges", exchange(till, (1, 100, "USD"), (0, 712, "CNY"), "7.1234")
    )
    assert changed.status_code == 201, changed.text
    assert (changed.json()["kind"], changed.json()["exchange_rate"]) == ("exchange", "7.1234")
    assert [(await till.figures(place))[0] for place in (0, 1)] == [712, 400]
    path = f"/v1/ip-ledger/trial-balance?center_id={till.world.center_id}"
    balance = (await till.client.get(path)).json()
    sums = {one["debit_balances"]["currency"]: one for one in balance["sums"]}
    assert sums["CNY"]["debit_balances"]["amount"] == 712
    assert all(one["balanced"] for one in sums.values())
    undone = await till.post(
        f"entries/{changed.json()['id']}/reversals",
        {"effective_on": "2028-03-06", "reference": "wrong"},
    )
    assert (undone.status_code, undone.json()["kind"]) == (201, "exchange")
    assert await till.figures(1) == (500, 0, 0, 500)


@pytest.mark.requirement("X07")
async def test_yen_are_exported_without_decimals(till: Till) -> None:
    await till.open("sales", currency="JPY", kind="income")
    assert (await till.post("entries", entry(till, 3, 4, "JPY", 12_345))).status_code == 201
    path = f"/v1/ip-ledger/books-export?center_id={till.world.center_id}&format=beancount"
    answer = await till.client.get(f"{path}&on=2028-03-09")
    assert " 12345 JPY" in answer.text, answer.text


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_no_entry_changes_money_without_saying_so(till: Till) -> None:
    mixed = till.body(500, 0, 1)
    mixed["postings"][1]["amount"]["currency"] = "USD"
    answer = await till.post("entries", mixed)
    assert answer.status_code == 422
    assert set(codes(answer)) == {"CURRENCIES_MIXED", "UNBALANCED"}
    hidden = {**mixed, "postings": [
        *entry(till, 1, 2, "USD")["postings"], *till.body(500, 0, 0)["postings"],
    ]}  # fmt: skip
    for path in ("entries", "pending-entries"):
        assert codes(await till.post(path, hidden)) == ["CURRENCIES_MIXED"]
    wrong = await till.post("entries", entry(till, 0, 1, "CNY"))
    assert codes(wrong) == ["CURRENCY_MISMATCH"]
    for currency in ("DEM", "usd", "XXX", "", "¥"):
        unknown = await till.post("entries", entry(till, 1, 2, currency))
        assert (unknown.status_code, codes(unknown)[0]) == (422, "CURRENCY_UNKNOWN")
    rate = await till.post("exchanges", exchange(till, (1, 100, "USD"), (0, 700, "CNY"), "7.1234"))
    assert codes(rate) == ["RATE_MISMATCH"]
    same = await till.post("exchanges", exchange(till, (1, 100, "USD"), (2, 100, "USD"), "1"))
    assert codes(same) == ["CURRENCY_MISMATCH"]
    for bad in ("0", "-7", "1e3", 7.1):
        refused = await till.post(
            "exchanges",
            exchange(till, (1, 100, "USD"), (0, 712, "CNY"), bad),  # type: ignore[arg-type]
        )
        assert refused.status_code == 422, bad


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_the_database_itself_refuses_two_currencies_in_an_ordinary_entry(till: Till) -> None:
    changed = await till.post("exchanges", exchange(till, (1, 100, "USD"), (0, 712, "CNY"), "7.12"))
    copied = text(
        "WITH e AS (INSERT INTO journal_entry (id, center_id, effective_on, recorded_at, "
        "reference, recorded_by) SELECT gen_random_uuid(), center_id, effective_on, recorded_at, "
        "reference, recorded_by FROM journal_entry WHERE id = :id RETURNING id) "
        "INSERT INTO posting SELECT e.id, line, account_id, currency, amount_fen, "
        "balance_after_fen, account_version + 1, effective_on, recorded_at FROM posting, e "
        "WHERE entry_id = :id"
    )
    async with till.world.sessions.begin() as session:
        with pytest.raises(IntegrityError, match="holds two currencies"):
            await session.execute(copied, {"id": changed.json()["id"]})
        await session.rollback()
