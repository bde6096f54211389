"""Who pays which fee, when and how much, and what a tariff may say; no database."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from ip_ledger.fees import rules, tariff_rules
from ip_ledger.fees.rules import FeeEvent, FeeState, Payment
from ip_ledger.fees.schedule_rules import Fee, Relief
from shared.rules import failed_codes

ONE, TWO, LEAD, STRANGER = (UUID(int=number) for number in (1, 2, 3, 4))
DUE = date(2026, 6, 30)
DAY = timedelta(days=1)
FEE = Fee(5, DUE, DUE, DUE + 184 * DAY, 120_000)
PAID = Payment(5, DUE, 120_000, Relief.NONE, ONE)
FILE = UUID(int=9)


@pytest.mark.requirement("A094")
@pytest.mark.parametrize(
    ("sources", "payer", "operator", "codes"),
    [
        ([], TWO, LEAD, []),
        ([(FILE, 5)], LEAD, LEAD, []),
        ([(FILE, 5)], TWO, LEAD, ["FIELD_INVALID"]),
        ([(FILE, 5)], TWO, None, ["FIELD_INVALID"]),
    ],
)
def test_money_of_the_centre_is_named_for_what_it_paid_itself(
    sources: list[tuple[UUID, int]], payer: UUID, operator: UUID | None, codes: list[str]
) -> None:
    assert failed_codes(rules.booking_checks(sources, payer, operator)) == codes


@pytest.mark.requirement("A043", "X04")
@pytest.mark.parametrize(
    ("payer", "reporting_as", "codes"),
    [
        (ONE, [ONE], []),
        (ONE, [LEAD], []),
        (LEAD, [LEAD], []),
        (ONE, [TWO], ["FORBIDDEN_SCOPE"]),
        (STRANGER, [LEAD], ["PARTY_UNKNOWN"]),
        # A stranger that says that it paid for itself is none of those concerned.
        (STRANGER, [STRANGER], ["FORBIDDEN_SCOPE", "PARTY_UNKNOWN"]),
    ],
)
def test_an_owner_reports_for_itself_and_who_acts_for_the_centre_for_all(
    payer: UUID, reporting_as: list[UUID], codes: list[str]
) -> None:
    assert failed_codes(rules.payer_checks(payer, reporting_as, [ONE, TWO], [LEAD])) == codes


def paying(
    payment: Payment, fee: Fee | None = FEE, state: FeeState = FeeState.OPEN, **over: Any
) -> list[str]:
    values: dict[str, Any] = {
        "opens_on": date(2025, 1, 1), "owners": 1, "is_confirmed": True, "today": DUE + 400 * DAY,
        **over,
    }  # fmt: skip
    return failed_codes(rules.payment_checks(payment, fee, state, 120_000, **values))


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("changes", "over", "codes"),
    [
        ({}, {}, []),
        ({"number": 6}, {}, ["FEE_NOT_OWED"]),
        ({}, {"today": DUE}, []),
        ({}, {"today": DUE - DAY}, ["DAY_IN_FUTURE"]),
        ({}, {"opens_on": DUE}, []),
        ({}, {"opens_on": DUE + DAY}, ["BEFORE_ASSET"]),
        ({}, {"opens_on": None}, []),
        ({"paid_on": FEE.grace_until}, {}, []),
        ({"paid_on": FEE.grace_until + DAY}, {}, ["FEE_GRACE_OVER"]),
        ({"relief": Relief.SOLE}, {"owners": 1}, []),
        ({"relief": Relief.SOLE}, {"owners": 2}, ["FIELD_INVALID"]),
        ({"relief": Relief.JOINT}, {"owners": 2}, []),
        ({"amount_fen": 119_999}, {}, ["FEE_MISMATCH"]),
        ({"amount_fen": 119_999}, {"is_confirmed": False}, ["FEE_MISMATCH"]),
        # What was not held against the office's own list yields to its receipt.
        ({"amount_fen": 1, "evidence": (FILE,)}, {"is_confirmed": False}, []),
        ({"amount_fen": 1, "evidence": (FILE,)}, {}, ["FEE_MISMATCH"]),
    ],
)
def test_a_payment_is_of_the_fee_that_is_owed(
    changes: dict[str, Any], over: dict[str, Any], codes: list[str]
) -> None:
    assert paying(replace(PAID, **changes), **over) == codes


@pytest.mark.requirement("A043")
def test_where_nothing_is_owed_nothing_is_paid_and_what_lapsed_is_shown() -> None:
    assert paying(PAID, None) == ["FEE_NOT_OWED"]
    checks = rules.payment_checks(
        PAID, None, None, None, opens_on=None, owners=1, is_confirmed=True, today=DUE
    )
    told = {check.code: check.params for check in checks}
    assert told["FEE_NOT_OWED"]["next"] is None
    assert told["FEE_GRACE_OVER"]["until"] is told["BEFORE_ASSET"]["first_on"] is None
    assert paying(PAID, state=FeeState.LAPSED) == ["FIELD_MISSING"]
    assert paying(replace(PAID, evidence=(FILE,)), state=FeeState.LAPSED) == []


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("paid_on", "event"), [(DUE, FeeEvent.PAY), (DUE + DAY, FeeEvent.PAY_LATE)]
)
def test_a_fee_paid_on_its_last_day_is_in_time(paid_on: date, event: FeeEvent) -> None:
    assert rules.event_of(FEE, paid_on) is event


@pytest.mark.requirement("A043")
def test_after_the_last_day_the_next_look_is_the_day_after_the_grace() -> None:
    late = rules.look_at(FEE.due_on, FEE.grace_until, None, FEE.grace_until)
    assert (late.event, late.reminder) == (FeeEvent.FALL_DUE, None)
    assert late.next_on == FEE.grace_until + DAY
    over = rules.look_at(FEE.due_on, FEE.grace_until, None, FEE.grace_until + DAY)
    assert (over.event, over.next_on) == (FeeEvent.LAPSE, None)


def schedule(kind: str, *fees: tuple[int, int]) -> dict[str, Any]:
    return {
        "kind": kind,
        "fees": [{"number": number, "after_months": months} for number, months in fees],
    }


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("schedules", "pointers"),
    [
        ([schedule("invention", (1, 0), (2, 12), (4, 36))], []),
        ([schedule("invention", (1, 12)), schedule("design")], []),
        ([schedule("invention"), schedule("invention")],
         ["/schedules/0/kind", "/schedules/1/kind"]),
        # What needs no renewal by law has no tariff.
        ([schedule("design"), schedule("software")], ["/schedules/1/kind"]),
        ([schedule("invention", (1, 12), (1, 24))], ["/schedules/0/fees"]),
        ([schedule("invention", (2, 12), (1, 24))], ["/schedules/0/fees"]),
        ([schedule("design"), schedule("invention", (1, 12), (2, 12))], ["/schedules/1/fees"]),
        ([schedule("invention", (1, 0), (2, 24), (3, 12))], ["/schedules/0/fees"]),
    ],
)  # fmt: skip
def test_a_tariff_names_each_kind_once_with_its_fees_in_the_order_of_their_days(
    schedules: list[dict[str, Any]], pointers: list[str]
) -> None:
    checks = tariff_rules.content_checks(schedules)
    assert [check.pointer for check in checks if not check.passed] == pointers
