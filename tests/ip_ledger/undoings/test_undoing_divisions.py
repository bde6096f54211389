"""A division that was wrong is undone once, by another person, while nothing of it is paid out."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from ip_ledger.benefits.tables import BenefitDivision
from ip_ledger.contributions.tables import ProfitDivision
from ip_ledger.journal.tables import Account, JournalEntry
from ip_ledger.undoings import rules
from ip_ledger.undoings.rules import Divided
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.ip_ledger.benefits.test_dividing import agreed, pool
from tests.ip_ledger.conftest import Ledger, codes, figures
from tests.ip_ledger.costs.test_following import books_hold, paid_in
from tests.ip_ledger.revenue.test_income import call
from tests.ip_ledger.undoings.test_undoing_money import read, undoing

pytestmark = pytest.mark.anyio

ACCOUNT = UUID(int=7)


def checked(**over: Any) -> list[str]:
    """The codes of an undoing, by another person and on the day itself unless told otherwise."""
    facts: dict[str, Any] = {
        "recorded_by": UUID(int=1), "undoing": UUID(int=2), "resolved_on": date(2026, 1, 5),
        "effective_on": date(2026, 1, 5), "today": date(2026, 1, 20), "leads": True,
        "is_undone": False, "paid_out": [],
    }  # fmt: skip
    return failed_codes(rules.division_checks(**facts | over))


@pytest.mark.requirement("X07", "A086")
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({}, None),
        ({"effective_on": date(2026, 1, 20)}, None),
        ({"effective_on": date(2026, 1, 21)}, "DAY_IN_FUTURE"),
        ({"effective_on": date(2026, 1, 4)}, "REVERSAL_BEFORE_ORIGINAL"),
        ({"paid_out": [ACCOUNT]}, "DIVISION_PAID_OUT"),
        ({"is_undone": True}, "ALREADY_REVERSED"),
        ({"undoing": UUID(int=1)}, "SOD_VIOLATION"),
        ({"leads": False}, "FORBIDDEN_SCOPE"),
    ],
)
def test_an_undoing_of_a_division_is_judged_on_both_sides_of_each_bound(
    over: dict[str, Any], code: str | None
) -> None:
    assert checked(**over) == ([] if code is None else [code])


@pytest.mark.requirement("A086")
def test_what_is_left_on_an_account_covers_a_division_to_the_fen() -> None:
    assert rules.paid_out({ACCOUNT: 100}, {ACCOUNT: 100}) == []
    assert rules.paid_out({ACCOUNT: 100}, {ACCOUNT: 99}) == [ACCOUNT]


@pytest.mark.requirement("A086")
def test_years_are_named_whose_reserve_would_have_been_another_one() -> None:
    """A tenth of each profit until half of the capital is reached: 500 of 1,000."""
    first, second, third = (
        Divided(year, 3_000, reserve, 1_000)
        for year, reserve in ((2023, 300), (2024, 200), (2025, 0))
    )
    assert rules.reserves_moved([first, second, third], 0) == [2024, 2025]
    assert rules.reserves_moved([first, second, third], 1) == [2025]
    assert rules.reserves_moved([first, second, third], 2) == []
    roomy = [Divided(year, 3_000, 300, 9_000) for year in (2023, 2024)]
    assert rules.reserves_moved(roomy, 0) == []


async def divided(ledger: Ledger, year: int, status: int = 201, **over: Any) -> Any:
    body = {
        "center_id": str(ledger.center["c03"]), "year": year, "profit": {"amount": 30_000},
        "resolved_on": "2026-01-19", "resolution_file_id": str(uuid4()), **over,
    }  # fmt: skip
    return await call(ledger, "c03", "profit-divisions", body, status)


async def moved(ledger: Ledger, fen: int) -> httpx.Response:
    """Pay out of what is due to a member, or lead it back where the amount is below nothing."""
    async with ledger.sessions.reading() as session:
        rows = await session.execute(select(Account.code, Account.org_id, Account.id))
        ids = {(name, org): account_id for name, org, account_id in rows}
    sides = ("debit", "credit") if fen > 0 else ("credit", "debit")
    lines = [
        {"account_id": str(account_id), "side": side, "amount": {"amount": abs(fen)}}
        for account_id, side in zip(
            (ids["dividend_due", ledger.org["m09"]], ids["cash", None]), sides, strict=True
        )
    ]
    body = {"effective_on": "2026-01-20", "reference": "分红", "postings": lines}
    async with ledger.service.client("bookkeeper") as books:
        return await books.post(
            "/v1/ip-ledger/entries", json=body, headers={"Idempotency-Key": str(uuid4())}
        )


@pytest.mark.requirement("A086", "X07")
async def test_a_profit_that_was_divided_wrongly_is_undone_and_divided_anew(
    ledger: Ledger,
) -> None:
    await paid_in(ledger, "m09", 10_000, kind="equity")
    first = await divided(ledger, 2024)
    second = await divided(ledger, 2025)
    assert [one["reserve"]["amount"] for one in (first, second)] == [3_000, 2_000]
    await divided(ledger, 2024, 409)
    path = f"profit-divisions/{first['id']}"
    answer = await undoing(ledger, path)
    assert answer.status_code == 201, answer.text
    undone = answer.json()["undoing"]
    assert (undone["effective_on"], undone["reserve_years"]) == ("2026-01-20", [2025])
    listed = (await read(ledger, "profit-divisions", "m09"))["items"]
    assert {one["year"]: one["undoing"] and one["undoing"]["reason"] for one in listed} == {
        2024: "误记为本会员缴纳", 2025: None,
    }  # fmt: skip
    balances = await books_hold(ledger)
    assert (balances["dividend_due"], balances["statutory_reserve"]) == (-28_000, -2_000)
    async with ledger.sessions.reading() as session:
        entry = await session.get(JournalEntry, UUID(undone["entry_id"]))
        assert entry is not None
        assert (entry.effective_on, entry.reverses_id) == (
            date(2026, 1, 20), UUID(first["entry_id"]),
        )  # fmt: skip
    # What the wrong one put aside is put aside by the right one.
    again = await divided(ledger, 2024, profit={"amount": 60_000})
    assert again["reserve"]["amount"] == 3_000
    assert "profit.division_undone" in await event_types(ledger.sessions)


@pytest.mark.requirement("A086", "X03", "X04")
@pytest.mark.refusing
async def test_what_was_paid_out_is_led_back_before_a_division_is_undone(ledger: Ledger) -> None:
    await paid_in(ledger, "m09", 10_000, kind="equity")
    made = await divided(ledger, 2025)
    path = f"profit-divisions/{made['id']}"
    own = str(UUID(int=ledger.org["c03"].int ^ 1))
    same = await undoing(ledger, path, sub=own)
    assert (same.status_code, codes(same)) == (403, ["SOD_VIOLATION"])
    holder = await undoing(ledger, path, by="m09")
    assert (holder.status_code, codes(holder)) == (403, ["FORBIDDEN_SCOPE"])
    assert (await undoing(ledger, path, by="m01")).status_code == 404
    wrong = await undoing(ledger, path, effective_on="2026-01-18")
    assert (wrong.status_code, codes(wrong)) == (422, ["REVERSAL_BEFORE_ORIGINAL"])
    # No more than is due is paid out, whoever enters it.
    more = await moved(ledger, 27_001)
    assert (more.status_code, codes(more)) == (409, ["ACCOUNT_OVERDRAWN"])
    assert (await moved(ledger, 1)).status_code == 201
    paid = await undoing(ledger, path)
    assert (paid.status_code, codes(paid)) == (409, ["DIVISION_PAID_OUT"])
    assert len(figures(paid, "DIVISION_PAID_OUT")["account_ids"]) == 1
    assert (await moved(ledger, -1)).status_code == 201
    # The entry alone is nobody's to reverse: the division goes as a whole.
    async with ledger.service.client("bookkeeper") as books:
        by_hand = await books.post(
            f"/v1/ip-ledger/entries/{made['entry_id']}/reversals",
            json={"effective_on": "2026-01-20", "reference": "r"},
            headers={"Idempotency-Key": str(uuid4())},
        )
    assert codes(by_hand) == ["ENTRY_OF_RECORD"]
    answers = await asyncio.gather(
        *(undoing(ledger, path) for _ in range(2)), moved(ledger, 27_000)
    )
    won = [one.status_code for one in answers]
    assert won in ([201, 409, 409], [409, 201, 409], [409, 409, 201])
    async with ledger.sessions.reading() as session:
        with pytest.raises(IntegrityError, match="ck_profit_division_undone_whole"):
            await session.execute(
                update(ProfitDivision).values(undone_on=date(2026, 1, 20), undone_reason=None)
            )
    await books_hold(ledger)


@pytest.mark.requirement("A086", "X07")
@pytest.mark.refusing
async def test_a_closed_period_keeps_a_division_until_an_open_day(ledger: Ledger) -> None:
    await agreed(ledger, "event_dated")
    made = await call(ledger, "c03", "benefit-divisions", pool(ledger, resolved_on="2026-12-30"))
    async with ledger.service.client("bookkeeper") as books:
        closed = await books.post(
            "/v1/ip-ledger/periods",
            json={"center_id": str(ledger.center["c03"]), "until_on": "2026-12-30"},
            headers={"Idempotency-Key": str(uuid4())},
        )
    assert closed.status_code == 201, closed.text
    path = f"benefit-divisions/{made['id']}"
    early = await undoing(ledger, path, effective_on="2026-12-30")
    assert (early.status_code, codes(early)) == (409, ["PERIOD_CLOSED"])
    answer = await undoing(ledger, path, effective_on="2026-12-31")
    assert answer.status_code == 201, answer.text
    twice = await undoing(ledger, path, effective_on="2026-12-31")
    assert (twice.status_code, codes(twice)) == (409, ["ALREADY_REVERSED"])
    assert (await books_hold(ledger))["benefit_due"] == 0
    # Its name is free again, and one division stands of it at most.
    right = pool(ledger, resolved_on="2026-12-31")
    again = await call(ledger, "c03", "benefit-divisions", right)
    assert again["undoing"] is None
    await call(ledger, "c03", "benefit-divisions", right, 409)
    async with ledger.sessions.reading() as session:
        with pytest.raises(IntegrityError, match="uq_benefit_division_center_id_external_id"):
            await session.execute(
                update(BenefitDivision)
                .where(col(BenefitDivision.id) == UUID(made["id"]))
                .values(
                    undone_reason=None, undone_on=None, undone_by=None, undone_at=None,
                    undoing_entry_id=None,
                )
            )  # fmt: skip
    assert "benefits.division_undone" in await event_types(ledger.sessions)
