"""Payments of measures: two people, exact to the 分, never more than was granted."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, update

from registry.centers.tables import Center
from registry.support.payment_rules import (
    PAYMENT_MOVES,
    Budget,
    PaymentEvent,
    PaymentState,
    payment_checks,
    payment_move_checks,
)
from registry.support.rules import MeasureState
from registry.support.tables import SupportMeasure
from shared.rules import failed_codes
from tests.registry.facts.conftest import House
from tests.registry.facts.conftest import house as house
from tests.registry.support.test_supporting import (
    APPROVER,
    DRAFTER,
    MEASURES,
    approved,
    decide,
    official,
    overdue,
    propose,
)

PAYMENTS = "/v1/registry/support-payments"
ENTITY = UUID(int=7)
GRANTED = Budget(
    MeasureState.APPROVED, 1_000, 400, date(2027, 7, 1), date(2029, 6, 30), date(2027, 7, 15)
)


@pytest.mark.requirement("A138")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("amount", "paid_on", "today", "expected"),
    [
        (600, date(2027, 7, 15), date(2027, 7, 15), []),
        (601, date(2027, 7, 15), date(2027, 7, 15), ["BUDGET_EXCEEDED"]),
        (1, date(2027, 7, 14), date(2027, 7, 15), ["PAYMENT_OUT_OF_PERIOD"]),
        (1, date(2027, 7, 16), date(2027, 7, 15), ["DAY_IN_FUTURE"]),
        (1, date(2029, 6, 30), date(2029, 7, 1), []),
        (1, date(2029, 7, 1), date(2029, 7, 1), ["PAYMENT_OUT_OF_PERIOD"]),
    ],
)
def test_a_payment_keeps_to_amount_and_period(
    amount: int, paid_on: date, today: date, expected: list[str]
) -> None:
    assert failed_codes(payment_checks(GRANTED, ENTITY, amount, paid_on, today)) == expected


def test_a_measure_without_an_amount_has_nothing_left_to_pay() -> None:
    day = date(2027, 8, 1)
    checks = payment_checks(replace(GRANTED, amount_fen=None, committed_fen=0), ENTITY, 1, day, day)
    assert failed_codes(checks) == ["AMOUNT_MISSING"]
    assert [check.params["left_fen"] for check in checks if "left_fen" in check.params] == [0]


@pytest.mark.requirement("A053")
@pytest.mark.refusing
def test_a_consortium_without_legal_person_is_paid_nothing() -> None:
    day = date(2027, 8, 1)
    assert failed_codes(payment_checks(GRANTED, None, 1, day, day)) == ["CONSORTIUM_NOT_REGISTERED"]


@pytest.mark.parametrize("state", list(PaymentState))
@pytest.mark.parametrize("event", list(PaymentEvent))
def test_a_payment_moves_by_its_table_alone(state: PaymentState, event: PaymentEvent) -> None:
    expected = [] if (state, event) in PAYMENT_MOVES else ["STATE_CONFLICT"]
    assert failed_codes(payment_move_checks(state, event)) == expected


@given(st.integers(1, 10**12), st.lists(st.integers(1, 10**12), max_size=20))
def test_what_passes_never_sums_to_more_than_was_granted(granted: int, wanted: list[int]) -> None:
    day, committed = date(2027, 8, 1), 0
    for amount in wanted:
        budget = Budget(MeasureState.APPROVED, granted, committed, day, day, day)
        if not failed_codes(payment_checks(budget, ENTITY, amount, day, day)):
            committed += amount
    assert committed <= granted


pytestmark = pytest.mark.anyio


async def granted(house: House, **over: Any) -> str:
    """Approve a measure of five million yuan, and go to a day within its period."""
    await approved(house)
    made = await propose(house, **over)
    path = f"{MEASURES}/{made.json()['id']}"
    assert (await decide(house, f"{path}/approve")).status_code == 200
    house.registry.set_clock("2027-09-15T02:00:00+00:00")
    return path


async def pay(house: House, path: str, amount: int, voucher: str, **over: Any) -> httpx.Response:
    body = {
        "amount": {"amount": amount, "currency": "CNY"},
        "paid_on": "2027-09-15",
        "voucher_no": voucher,
        **over,
    }
    async with official(house, "handler", DRAFTER) as handler:
        return await handler.post(
            f"{path}/payments", json=body, headers={"Idempotency-Key": str(uuid4())}
        )


async def after(house: House, payment: Any, step: str, by: UUID = APPROVER) -> httpx.Response:
    body = None if step == "confirm" else {"reason": "账户有误"}
    async with official(house, "approver", by) as approver:
        return await approver.post(f"{PAYMENTS}/{payment['id']}/{step}", json=body)


async def sums(house: House, path: str) -> tuple[int, int]:
    async with official(house, "auditor", APPROVER) as auditor:
        body = (await auditor.get(path)).json()
    return body["paid"]["amount"], body["committed"]["amount"]


@pytest.mark.requirement("A138", "X03")
async def test_what_one_enters_another_confirms_to_the_last_fen(house: House) -> None:
    path = await granted(house)
    first = (await pay(house, path, 499_999_999, "V-1")).json()
    assert await sums(house, path) == (0, 499_999_999)
    confirmed = await after(house, first, "confirm")
    last = await pay(house, path, 1, "V-2")
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "paid")
    assert confirmed.json()["payee_org_id"] == str(house.entity)
    assert (last.status_code, await sums(house, path)) == (201, (499_999_999, 500_000_000))
    async with house.caller(house.lead) as own:
        seen = (await own.get(PAYMENTS)).json()["items"]
    async with house.caller(house.stranger) as stranger:
        unseen = (await stranger.get(PAYMENTS)).json()["items"]
    assert ([one["id"] for one in seen], unseen) == ([first["id"]], [])


@pytest.mark.requirement("A138")
async def test_what_is_rejected_or_comes_back_can_be_paid_again(house: House) -> None:
    path = await granted(house)
    first = (await pay(house, path, 300_000_000, "V-1")).json()
    assert (await after(house, first, "rejection")).json()["state"] == "rejected"
    second = (await pay(house, path, 500_000_000, "V-1")).json()
    await after(house, second, "confirm")
    assert (await after(house, second, "recall")).json()["state"] == "recalled"
    assert await sums(house, path) == (0, 0)
    assert (await pay(house, path, 500_000_000, "V-1")).status_code == 201


@pytest.mark.requirement("A138", "X03")
@pytest.mark.refusing
async def test_nobody_confirms_his_own_and_a_voucher_pays_once(house: House) -> None:
    path = await granted(house)
    first = await pay(house, path, 200_000_000, "V-1")
    own = await after(house, first.json(), "confirm", by=DRAFTER)
    twice = await pay(house, path, 1, "V-1")
    too_much = await pay(house, path, 300_000_001, "V-2")
    early = await pay(house, path, 1, "V-3", paid_on="2027-06-30")
    assert (own.status_code, own.json()["code"]) == (403, "SOD_VIOLATION")
    assert (twice.status_code, twice.json()["code"]) == (409, "ALREADY_EXISTS")
    assert (too_much.status_code, too_much.json()["code"]) == (422, "BUDGET_EXCEEDED")
    assert (early.status_code, early.json()["code"]) == (422, "PAYMENT_OUT_OF_PERIOD")
    again = await after(house, first.json(), "recall")
    assert (again.status_code, again.json()["code"]) == (409, "STATE_CONFLICT")
    assert await sums(house, path) == (0, 200_000_000)


@pytest.mark.requirement("A138", "A139")
@pytest.mark.refusing
async def test_two_at_once_never_pay_more_than_was_granted(house: House) -> None:
    path = await granted(house)
    answers = await asyncio.gather(*(pay(house, path, 300_000_000, f"V-{n}") for n in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    [entered] = [answer.json() for answer in answers if answer.status_code == 201]
    confirmed = await asyncio.gather(*(after(house, entered, "confirm") for _ in range(2)))
    assert sorted(answer.status_code for answer in confirmed) == [200, 409]
    await overdue(house)
    paused = await pay(house, path, 1, "V-9")
    assert (paused.status_code, paused.json()["code"]) == (409, "MILESTONE_OVERDUE")


@pytest.mark.requirement("A138", "A053")
@pytest.mark.refusing
async def test_the_database_itself_keeps_the_budget(house: House) -> None:
    path = await granted(house)
    own = col(SupportMeasure.id) == UUID(path.rpartition("/")[2])
    with pytest.raises(IntegrityError, match="within_budget"):
        async with house.registry.sessions.begin() as session:
            await session.execute(
                update(SupportMeasure).where(own).values(committed_fen=500_000_001)
            )
    async with house.registry.sessions.begin() as session:
        await session.execute(
            update(Center).where(col(Center.id) == house.center_id).values(legal_entity_id=None)
        )
    answer = await pay(house, path, 1, "V-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "CONSORTIUM_NOT_REGISTERED")
