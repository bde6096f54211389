"""What an office wants is dated data: two officials change it, and a fee is judged by its day."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from ip_ledger.fees import rules, tariff_rules
from ip_ledger.fees.jobs import look_at_rights
from ip_ledger.fees.rules import Payment
from ip_ledger.fees.schedule_rules import Fee, Relief
from ip_ledger.fees.tables import FeeTariff
from ip_ledger.fees.tariff_rules import TariffEvent, TariffState
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, codes, figures
from tests.ip_ledger.fees.test_paying import WHOLE, paid, read, right, told
from tests.ip_ledger.fees.test_schedules import INVENTION, fees, schedules

pytestmark = pytest.mark.anyio
TARIFFS = "/v1/ip-ledger/fee-tariffs"
WRITER, APPROVER = str(UUID(int=21)), str(UUID(int=22))
TODAY = date(2026, 1, 20)


def tariff(**over: Any) -> dict[str, Any]:
    """A tariff of one kind whose fourth fee costs more than before."""
    return {
        "jurisdiction": "CN", "title": "专利年费（核对后）", "law": "专利法43、44；细则115",
        "legal_bases": [{"act": "专利法实施细则（2023年修订）", "articles": "115、117"}],
        "effective_from": "2026-06-01", "is_confirmed": True,
        "reliefs": {"sole": 850_000, "joint": 700_000},
        "schedules": [
            {
                "kind": "invention", "counted_from": "filing", "grace_months": 6,
                "ends_with": "due_day", "surcharge_ppm": 50_000, "relief_years": 10,
                "fees": [
                    {"number": n, "after_months": 12 * (n - 1), "amount": {"amount": 130_000}}
                    for n in range(2, 21)
                ],
            }
        ],
        **over,
    }  # fmt: skip


async def proposed(ledger: Ledger, **over: Any) -> httpx.Response:
    async with ledger.service.client("handler", sub=WRITER) as client:
        return await client.post(TARIFFS, json=tariff(**over))


async def moved(
    ledger: Ledger, row: Any, move: str = "approve", sub: str = APPROVER, version: int = 1
) -> httpx.Response:
    async with ledger.service.client("approver", sub=sub) as client:
        return await client.post(
            f"{TARIFFS}/{row['id']}/{move}", headers={"If-Match": f'"{version}"'}
        )


@pytest.mark.requirement("A043")
def test_a_fee_cites_the_text_that_is_in_force_on_its_day() -> None:
    """实施细则: article 98 of the text of 2010, article 115 of that of 2023, from 2024-01-20."""
    old, new = schedules()
    assert (old.until_on, new.from_on) == (date(2024, 1, 19), date(2024, 1, 20))
    assert "（2010年文本）98" in old.law
    assert "（2023年文本）115" in new.law
    # Neither was held against the office's own list.
    assert not old.is_confirmed
    assert not new.is_confirmed
    # Fees of years on both sides of the change stand in one row, none twice and none lost.
    filed = fees(date(2020, 1, 20), date(2021, 5, 6))
    assert sorted(filed) == list(range(3, 21))
    assert filed[5].statutory_on == date(2024, 1, 20)


def test_a_version_ends_with_the_day_before_the_next() -> None:
    last = schedules(INVENTION)[0]
    assert last.holds_on(date(2024, 1, 19))
    assert not last.holds_on(date(2024, 1, 20))


@pytest.mark.requirement("A043", "X03")
@pytest.mark.parametrize("state", list(TariffState))
def test_only_a_proposal_is_approved_or_withdrawn_and_by_another(state: TariffState) -> None:
    moves = {event for (before, event) in tariff_rules.MOVES if before is state}
    assert (moves == set(TariffEvent)) == (state is TariffState.PROPOSED)
    assert "SOD_VIOLATION" in failed_codes(tariff_rules.approval_checks(state, same_person=True))


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("begins", "last", "passes"),
    [
        (date(2026, 1, 20), date(2024, 1, 20), False), (date(2026, 1, 21), date(2024, 1, 20), True),
        (date(2026, 6, 1), date(2026, 6, 1), False), (date(2026, 6, 2), date(2026, 6, 1), True),
        (date(2001, 1, 1), None, True),
    ],
)  # fmt: skip
def test_a_version_begins_ahead_and_after_the_last(
    begins: date, last: date | None, passes: bool
) -> None:
    assert (not failed_codes(tariff_rules.date_checks(begins, TODAY, last))) == passes


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("is_confirmed", "files", "passes"),
    [(False, 1, True), (False, 0, False), (True, 1, False), (True, 0, False)],
)
def test_an_unconfirmed_tariff_yields_to_the_offices_receipt(
    is_confirmed: bool, files: int, passes: bool
) -> None:
    day = date(2026, 11, 2)
    payment = Payment(4, day, 1, Relief.NONE, uuid4(), tuple(uuid4() for _ in range(files)))
    checks = rules.payment_checks(
        payment, Fee(4, day, day, day, WHOLE), rules.FeeState.OPEN, WHOLE, opens_on=None, owners=1,
        is_confirmed=is_confirmed, today=day,
    )  # fmt: skip
    assert failed_codes(checks) == ([] if passes else ["FEE_MISMATCH"])


@pytest.mark.requirement("A043", "X03")
async def test_two_officials_change_what_a_fee_comes_to_from_a_day_on(ledger: Ledger) -> None:
    asset_id = await right(ledger)
    before = (await read(ledger, "right-fees?state=open"))["items"][0]
    assert before["amount"]["amount"] == WHOLE
    row = (await proposed(ledger)).json()
    # Members see what is in force, not what is proposed.
    seen = (await read(ledger, "fee-tariffs?jurisdiction=CN"))["items"]
    assert [(one["edition"], one["is_confirmed"]) for one in seen] == [(2, False), (1, False)]
    same = await moved(ledger, row, sub=WRITER)
    assert (same.status_code, codes(same)) == (403, ["SOD_VIOLATION"])
    approved = await moved(ledger, row)
    assert (approved.status_code, approved.json()["state"]) == (200, "in_force"), approved.text
    seen = (await read(ledger, "fee-tariffs?jurisdiction=CN"))["items"]
    assert [(one["edition"], one["effective_until"]) for one in seen] == [
        (3, None), (2, "2026-05-31"), (1, "2024-01-19"),
    ]  # fmt: skip
    # The fee that falls due after that day is priced anew, at once or when it is paid.
    await look_at_rights(ledger.service.app)
    after = (await read(ledger, "right-fees?state=open"))["items"][0]
    assert (after["amount"]["amount"], after["tariff_id"]) == (130_000, row["id"])
    assert (after["due_on"], after["law"]) == (before["due_on"], "专利法43、44；细则115")
    assert await told(ledger) == ["fee.opened", "fee.repriced"]
    ledger.service.set_clock("2026-10-30T02:00:00+00:00")
    wrong = await paid(ledger, asset_id, evidence=[str(uuid4())])
    assert (wrong.status_code, codes(wrong)) == (422, ["FEE_MISMATCH"])
    assert figures(wrong, "FEE_MISMATCH")["expected_fen"] == 130_000
    assert (await paid(ledger, asset_id, amount={"amount": 130_000})).status_code == 201
    shown = await read(ledger, f"assets/{asset_id}/fee-schedule")
    assert (shown["is_confirmed"], shown["tariff_id"]) == (True, row["id"])


@pytest.mark.requirement("A043")
async def test_a_tariff_of_another_office_makes_its_rights_owe(ledger: Ledger) -> None:
    asset = await ledger.registered(number="DE102020000001", granted_on="2025-11-28")
    row = (await proposed(ledger, jurisdiction="DE", effective_from="2001-01-01")).json()
    assert (await moved(ledger, row)).status_code == 200
    await look_at_rights(ledger.service.app)
    shown = await read(ledger, f"assets/{asset['id']}/fee-schedule")
    assert (shown["is_known"], shown["fees"][0]["state"]) == (True, "open")


@pytest.mark.requirement("A043", "X03")
@pytest.mark.refusing
async def test_what_is_wrong_with_a_tariff_is_told_at_once_and_nothing_is_changed(
    ledger: Ledger,
) -> None:
    [one] = tariff()["schedules"]
    bad = [{**one, "fees": one["fees"][::-1]}, one, {**one, "kind": "software"}]
    answer = await proposed(ledger, effective_from="2026-01-20", schedules=bad)
    assert answer.status_code == 422
    assert sorted(codes(answer)) == [
        "DAYS_OUT_OF_ORDER", "EFFECTIVE_TOO_EARLY", "FIELD_INVALID", "FIELD_INVALID",
        "FIELD_INVALID",
    ]  # fmt: skip
    outside: list[dict[str, Any]] = [
        {"jurisdiction": "China"}, {"schedules": []}, {"reliefs": {"sole": 1_000_001}},
    ]  # fmt: skip
    for over in outside:
        assert (await proposed(ledger, **over)).status_code == 422
    async with ledger.member("m04") as member:
        assert (await member.post(TARIFFS, json=tariff())).status_code == 403
    row = (await proposed(ledger)).json()
    late = (await proposed(ledger, effective_from="2026-07-01")).json()
    assert (await moved(ledger, row, version=2)).status_code == 412
    assert (await moved(ledger, late)).status_code == 200
    # The other would begin before one that is approved by now.
    passed_by = await moved(ledger, row)
    assert (passed_by.status_code, codes(passed_by)) == (422, ["EFFECTIVE_TOO_EARLY"])
    assert (await moved(ledger, row, "withdraw")).json()["state"] == "withdrawn"
    again = await moved(ledger, row, version=2)
    assert "STATE_CONFLICT" in codes(again)
    async with ledger.member("m04") as member:
        assert (await member.get(f"{TARIFFS}/{row['id']}")).status_code == 404
    # Past every rule, the database keeps versions apart, and two people.
    for values, name in (
        ({"effective_until": None}, "ex_fee_tariff_one_a_day"),
        ({"approved_by": UUID(int=1), "proposed_by": UUID(int=1)}, "approved_by_another"),
    ):
        async with ledger.sessions.reading() as session:
            with pytest.raises(IntegrityError, match=name):
                await session.execute(
                    update(FeeTariff).where(col(FeeTariff.edition) == 1).values(values)
                )
