"""Restoring a right on both sides of each of the law's times; no database."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from ip_ledger.assets.rules import AssetKind, State
from ip_ledger.fees import restoration_rules as rules
from ip_ledger.fees.restoration_rules import Lost, Restoration, RestorationGround
from ip_ledger.fees.rules import Payment
from ip_ledger.fees.schedule_rules import Fee, Relief
from shared.calendar import WorkingDays

DAY = timedelta(days=1)
LAST, TODAY = date(2026, 1, 20), date(2026, 6, 1)
PAYER = UUID(int=1)
FEES = [
    Fee(number, LAST, LAST, LAST + (number - 4) * 30 * DAY, 100) for number in (4, 5, 6)
]  # fmt: skip
LOST = Lost(AssetKind.INVENTION, "CN", State.ABANDONED, State.MAINTAINED, LAST, LAST, None)


def paid(number: int, on: date = date(2026, 4, 1)) -> Payment:
    return Payment(number, on, 100, Relief.NONE, PAYER)


def restoring(**over: Any) -> Restoration:
    values: dict[str, Any] = {
        "ground": RestorationGround.JUSTIFIED, "counted_from": date(2026, 2, 2),
        "requested_on": date(2026, 4, 2), "decided_on": date(2026, 5, 6), "decision_no": "1",
        "request_fee_fen": 100_000, "payer_id": PAYER, "payments": (paid(4),), "evidence": (),
        **over,
    }  # fmt: skip
    return Restoration(**values)


def failed(one: Restoration, lost: Lost = LOST) -> list[tuple[str, str | None]]:
    checks = rules.restoration_checks(one, lost, FEES[:1], WorkingDays(), TODAY)
    return [(check.code, check.pointer) for check in checks if not check.passed]


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("over", "comes_back"),
    [
        ({}, True),
        ({"kind": AssetKind.DESIGN}, True),
        ({"kind": AssetKind.SOFTWARE}, False),
        ({"state": State.EXPIRED}, False),
        ({"state": State.MAINTAINED}, False),
        ({"former": None}, False),
        ({"former": State.EXPIRED}, False),
    ],
)
def test_only_a_patent_that_lapsed_from_standing_comes_back(
    over: dict[str, Any], *, comes_back: bool
) -> None:
    codes = [] if comes_back else [("STATE_CONFLICT", None)]
    assert failed(restoring(), replace(LOST, **over)) == codes


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("term_until", "codes"),
    [
        (None, []),
        (date(2026, 5, 6), []),
        (date(2026, 5, 5), [("RIGHT_EXPIRED", "/decided_on")]),
    ],
)
def test_what_ended_with_its_whole_term_does_not_come_back(
    term_until: date | None, codes: list[tuple[str, str]]
) -> None:
    lost = replace(LOST, term_until=term_until)
    assert failed(restoring(), lost) == codes
    _, whole, *_ = rules.restoration_checks(restoring(), lost, [], WorkingDays(), TODAY)
    assert whole.params["until"] == (None if term_until is None else term_until.isoformat())


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("over", "codes"),
    [
        ({"counted_from": LAST, "requested_on": date(2026, 3, 20)}, []),
        ({"counted_from": LAST - DAY, "requested_on": date(2026, 3, 19)},
         [("DAYS_OUT_OF_ORDER", "/counted_from")]),
        ({"requested_on": date(2026, 2, 2)}, []),
        ({"requested_on": date(2026, 2, 1)}, [("DAYS_OUT_OF_ORDER", "/requested_on")]),
        ({"requested_on": date(2026, 4, 3)}, [("RESTORATION_TOO_LATE", "/requested_on")]),
        ({"decided_on": date(2026, 4, 2)}, []),
        ({"decided_on": date(2026, 4, 1)}, [("DAYS_OUT_OF_ORDER", "/decided_on")]),
        ({"decided_on": TODAY}, []),
        ({"decided_on": TODAY + DAY}, [("DAY_IN_FUTURE", "/decided_on")]),
    ],
)  # fmt: skip
def test_the_days_of_a_restoration_follow_one_another(
    over: dict[str, Any], codes: list[tuple[str, str]]
) -> None:
    assert failed(restoring(**over)) == codes


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("payments", "codes", "following"),
    [
        ((paid(4),), [], None),
        ((), [("FEE_NOT_OWED", "/payments")], 4),
        ((paid(5),), [("FEE_NOT_OWED", "/payments")], 4),
        ((paid(4), paid(5)), [("FEE_NOT_OWED", "/payments")], None),
        ((paid(4, date(2026, 5, 6)),), [], None),
        ((paid(4, date(2026, 5, 7)),), [("DAYS_OUT_OF_ORDER", "/payments/0/paid_on")], None),
    ],
)
def test_exactly_what_was_missed_is_paid_by_the_day_of_the_decision(
    payments: tuple[Payment, ...], codes: list[tuple[str, str]], following: int | None
) -> None:
    one = restoring(payments=payments)
    assert failed(one) == codes
    checks = rules.restoration_checks(one, LOST, FEES[:1], WorkingDays(), TODAY)
    assert [check.params["next"] for check in checks if check.code == "FEE_NOT_OWED"] == [following]


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("first", "decided_on", "numbers"),
    [
        (4, LAST, []),
        (4, LAST + DAY, [4]),
        (4, LAST + 31 * DAY, [4, 5]),
        (5, LAST + 90 * DAY, [5, 6]),
        (None, LAST + 90 * DAY, []),
    ],
)
def test_a_fee_was_missed_when_its_grace_was_over_before_the_decision(
    first: int | None, decided_on: date, numbers: list[int]
) -> None:
    assert [fee.number for fee in rules.missed(FEES, first, decided_on)] == numbers
