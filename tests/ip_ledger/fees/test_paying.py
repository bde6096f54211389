"""A right is called to mind, paid for in time or late, lapses, and comes back with a proof."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ip_ledger.fees.jobs import look_at_rights
from tests.fixtures.service import event_types
from tests.ip_ledger.conftest import Ledger, codes, figures

pytestmark = pytest.mark.anyio

# Filed 2023-11-02 and granted in its third year: the fourth year's fee is due on 2026-11-02.
GRANTED = {"granted_on": "2025-11-28"}
WHOLE = 120_000


async def on(ledger: Ledger, day: str) -> None:
    """Let the day come, and the clerk with it."""
    ledger.service.set_clock(f"{day}T02:00:00+00:00")
    await look_at_rights(ledger.service.app)


async def right(ledger: Ledger, **over: Any) -> str:
    """A granted invention of m04 (60 %) and m09 (40 %), looked at once."""
    asset = await ledger.registered(**{**GRANTED, **over})
    owned = await ledger.owned(asset["id"], m04=600_000, m09=400_000, consents=("m04", "m09"))
    assert owned.status_code == 201, owned.text
    await look_at_rights(ledger.service.app)
    return str(asset["id"])


async def paid(ledger: Ledger, asset_id: str, by: str = "m04", **over: Any) -> httpx.Response:
    body = {"number": 4, "paid_on": "2026-10-30", "amount": {"amount": WHOLE}, **over}
    async with ledger.member(by) as client:
        return await client.post(f"/v1/ip-ledger/assets/{asset_id}/fee-payments", json=body)


async def read(ledger: Ledger, path: str, by: str = "m04") -> Any:
    async with ledger.member(by) as client:
        answer = await client.get(f"/v1/ip-ledger/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tasks(ledger: Ledger, by: str) -> list[tuple[str, str, bool]]:
    items = (await read(ledger, "tasks", by))["items"]
    return [(one["kind"], one["due_on"], one["overdue"]) for one in items]


async def told(ledger: Ledger) -> list[str]:
    kinds = await event_types(ledger.sessions)
    return [kind for kind in kinds if kind.startswith("fee.")]


@pytest.mark.requirement("A043")
async def test_a_fee_is_called_to_mind_and_paid_and_the_next_is_owed(ledger: Ledger) -> None:
    asset_id = await right(ledger)
    assert await told(ledger) == ["fee.opened"]
    assert await tasks(ledger, "m04") == []
    for day in ("2026-08-03", "2026-08-04", "2026-08-05", "2026-10-03"):
        await on(ledger, day)
    assert await told(ledger) == ["fee.opened", "fee.reminder", "fee.reminder"]
    for name in ("m04", "m09", "c03"):
        assert await tasks(ledger, name) == [("pay_right_fee", "2026-11-02", False)]
    assert await tasks(ledger, "m08") == []
    await on(ledger, "2026-10-30")
    answer = await paid(ledger, asset_id, by="m09")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["state"], answer.json()["payer_org_id"]) == (
        "paid",
        str(ledger.org["m09"]),
    )
    assert (await read(ledger, f"assets/{asset_id}"))["state"] == "maintained"
    assert await tasks(ledger, "m04") == []
    await look_at_rights(ledger.service.app)
    shown = await read(ledger, f"assets/{asset_id}/fee-schedule", "m08")
    assert [(one["number"], one["state"]) for one in shown["fees"]][:3] == [
        (4, "paid"), (5, "open"), (6, None),
    ]  # fmt: skip
    assert len(shown["fees"]) == 17
    assert shown["law"].startswith("专利法43")
    listed = await read(ledger, f"right-fees?center_id={ledger.center['c03']}&state=paid")
    assert [one["paid"]["amount"] for one in listed["items"]] == [WHOLE]


@pytest.mark.requirement("A043")
async def test_what_is_paid_late_costs_more_and_keeps_the_right(ledger: Ledger) -> None:
    asset_id = await right(ledger)
    await on(ledger, "2026-11-03")
    assert await tasks(ledger, "m04") == [("pay_right_fee", "2026-11-02", True)]
    await on(ledger, "2027-01-10")
    answer = await paid(ledger, asset_id, paid_on="2027-01-10")
    assert (answer.status_code, codes(answer)) == (422, ["FEE_MISMATCH"])
    assert figures(answer, "FEE_MISMATCH")["expected_fen"] == WHOLE + 12_000
    answer = await paid(ledger, asset_id, paid_on="2027-01-10", amount={"amount": WHOLE + 12_000})
    assert (answer.json()["state"], answer.json()["surcharge"]["amount"]) == ("paid_late", 12_000)
    assert await told(ledger) == ["fee.opened", "fee.overdue", "fee.paid"]
    assert (await read(ledger, f"assets/{asset_id}"))["state"] == "maintained"


@pytest.mark.requirement("A043")
async def test_without_its_fee_a_right_ends_and_comes_back_when_the_payment_turns_up(
    ledger: Ledger,
) -> None:
    asset_id = await right(ledger)
    await on(ledger, "2027-05-20")
    assert await told(ledger) == ["fee.opened", "fee.lapsed"]
    lost = await read(ledger, f"assets/{asset_id}")
    # 专利法44: the right ends with the day on which the fee was due, not with the grace.
    assert (lost["state"], lost["term_until"]) == ("abandoned", "2026-11-02")
    bare = await paid(ledger, asset_id)
    assert (bare.status_code, codes(bare)) == (422, ["FIELD_MISSING"])
    late = await paid(ledger, asset_id, paid_on="2027-05-20", evidence=[str(uuid4())])
    assert (late.status_code, codes(late)) == (409, ["FEE_GRACE_OVER"])
    shown = await paid(ledger, asset_id, evidence=[str(uuid4())])
    assert shown.status_code == 201, shown.text
    back = await read(ledger, f"assets/{asset_id}")
    assert (back["state"], back["term_until"]) == ("maintained", "2043-11-01")
    await look_at_rights(ledger.service.app)
    listed = await read(ledger, "right-fees?state=open")
    assert [one["number"] for one in listed["items"]] == [5]


@pytest.mark.requirement("A043")
@pytest.mark.refusing
async def test_every_fault_of_a_payment_is_told_at_once(ledger: Ledger) -> None:
    asset_id = await right(ledger)
    answer = await paid(
        ledger, asset_id, number=5, paid_on="2026-01-21", amount={"amount": 1}, relief="sole",
        payer_org_id=str(ledger.org["m23"]),
    )  # fmt: skip
    assert sorted(codes(answer)) == [
        "DAY_IN_FUTURE", "FEE_MISMATCH", "FEE_NOT_OWED", "FIELD_INVALID", "PARTY_UNKNOWN",
    ]  # fmt: skip
    assert (await paid(ledger, asset_id, by="m01")).status_code == 404
    for by in ("m08", "m09"):
        other = await paid(ledger, asset_id, by=by, payer_org_id=str(ledger.org["m04"]))
        assert (other.status_code, codes(other)[0]) == (403, "FORBIDDEN_SCOPE")
    early = await paid(ledger, asset_id, paid_on="2025-11-27", amount={"amount": WHOLE})
    assert codes(early) == ["BEFORE_ASSET"]
    for amount in (0, -1, 2**53, 1.5):
        answer = await paid(ledger, asset_id, amount={"amount": amount})
        assert answer.status_code == 422
    assert await told(ledger) == ["fee.opened"]


@pytest.mark.refusing
async def test_of_two_payments_at_once_one_is_written_down(ledger: Ledger) -> None:
    asset_id = await right(ledger)
    await on(ledger, "2026-10-30")
    answers = await asyncio.gather(*(paid(ledger, asset_id, by) for by in ("m04", "m09")))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert [codes(one) for one in answers if one.status_code == 409] == [["FEE_NOT_OWED"]]


async def test_a_right_that_ends_otherwise_owes_no_more(ledger: Ledger) -> None:
    asset_id = await right(ledger)
    async with ledger.member("m04") as lead:
        version = (await lead.get(f"/v1/ip-ledger/assets/{asset_id}")).headers["etag"]
        answer = await lead.post(
            f"/v1/ip-ledger/assets/{asset_id}/state-changes",
            json={"event": "invalidate", "occurred_on": "2026-01-19"},
            headers={"If-Match": version},
        )
    assert answer.status_code == 200, answer.text
    await look_at_rights(ledger.service.app)
    assert await told(ledger) == ["fee.opened", "fee.cancelled"]
    gone = await paid(ledger, asset_id, paid_on="2026-01-20")
    assert codes(gone) == ["FEE_NOT_OWED"]


async def test_a_term_that_is_over_ends_the_right(ledger: Ledger) -> None:
    """A layout lasts ten years (布图设计条例12): the day after, it has expired."""
    layout = {"kind": "ic_layout", "number": None, "filed_on": "2016-02-01"}
    asset = await ledger.registered("m04", **layout, registered_on="2016-05-01")
    await on(ledger, "2026-01-31")
    assert (await read(ledger, f"assets/{asset['id']}"))["state"] == "registered"
    await on(ledger, "2026-02-01")
    assert (await read(ledger, f"assets/{asset['id']}"))["state"] == "expired"
    schedule = await read(ledger, f"assets/{asset['id']}/fee-schedule")
    assert (schedule["is_known"], schedule["fees"]) == (True, [])


async def test_an_office_whose_schedule_is_not_kept_says_so(ledger: Ledger) -> None:
    asset = await ledger.registered(number="DE102020000001", **GRANTED)
    shown = await read(ledger, f"assets/{asset['id']}/fee-schedule")
    assert (shown["is_known"], shown["law"]) == (False, None)
    assert date.fromisoformat(asset["filed_on"]) == date(2023, 11, 2)


@pytest.mark.requirement("A043", "A094")
async def test_what_the_centre_paid_is_a_cost_of_the_right(ledger: Ledger) -> None:
    asset_id = await right(ledger)
    await on(ledger, "2026-10-30")
    source = [{"source_id": str(uuid4()), "amount": {"amount": 1}}]
    mine = await paid(ledger, asset_id, sources=source)
    assert (mine.status_code, codes(mine)) == (422, ["FIELD_INVALID"])
    unknown = await paid(ledger, asset_id, by="c03", sources=source)
    assert (unknown.status_code, codes(unknown)) == (422, ["SOURCE_UNKNOWN"])
    answer = await paid(ledger, asset_id, by="c03")
    assert answer.status_code == 201, answer.text
    [cost] = (await read(ledger, f"asset-costs?asset_id={asset_id}"))["items"]
    assert (cost["kind"], cost["amount"]["amount"]) == ("upkeep", WHOLE)
    assert cost["fee_id"] == answer.json()["id"]
