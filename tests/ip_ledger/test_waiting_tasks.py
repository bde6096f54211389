"""What waits for whom: signatures, consents, records with the office, runs to confirm and pay."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.ip_ledger.conftest import TEXT_SHA256, Ledger
from tests.ip_ledger.revenue.test_income import asset_of, call, income

pytestmark = pytest.mark.anyio
OWNERS = ("m04", "m09", "c03")


async def waiting(ledger: Ledger, name: str, **claims: Any) -> list[tuple[str, str, str | None]]:
    async with ledger.member(name, **claims) as client:
        answer = await client.get("/v1/ip-ledger/tasks")
    assert answer.status_code == 200, answer.text
    return [(one["kind"], one["subject_id"], one["due_on"]) for one in answer.json()["items"]]


@pytest.mark.requirement("A084")
async def test_a_proposal_waits_for_each_party_until_it_has_signed(ledger: Ledger) -> None:
    proposal = await call(ledger, "m04", "agreements", ledger.agreement("m04", "m09"))
    task = ("sign_agreement", proposal["id"], None)
    assert await waiting(ledger, "m04") == await waiting(ledger, "m09") == [task]
    assert await waiting(ledger, "m08") == []
    body = {"text_sha256": TEXT_SHA256}
    await call(ledger, "m04", f"agreements/{proposal['id']}/signatures", body)
    assert (await waiting(ledger, "m04"), await waiting(ledger, "m09")) == ([], [task])


@pytest.mark.requirement("A084")
async def test_a_license_waits_for_consents_and_then_for_its_record(ledger: Ledger) -> None:
    """D11.4: recorded with CNIPA within three months, or it stays among the tasks as overdue."""
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    body = {
        "asset_id": asset_id, "licensor_id": str(ledger.org["m09"]), "type": "exclusive",
        "licensee_org_id": str(ledger.org["m08"]), "territory": "CN",
        "effective_on": "2026-02-10", "awaits_consents": True,
    }  # fmt: skip
    license_id = (await call(ledger, "m09", "licenses", body))["id"]
    for name in ("m04", "c03"):
        assert await waiting(ledger, name) == [("consent_to_license", license_id, None)]
        await call(ledger, name, f"licenses/{license_id}/consents", {})
    task = ("record_license", license_id, "2026-05-10")
    # Its price is the seller's to explain, and it may do so from the beginning.
    price = ("explain_price", license_id, None)
    for name in OWNERS:
        assert await waiting(ledger, name) == ([task, price] if name == "m09" else [task])
    assert await waiting(ledger, "m08") == []
    ledger.service.set_clock("2026-05-11T02:00:00+00:00")
    async with ledger.member("m09") as client:
        late, _ = (await client.get("/v1/ip-ledger/tasks")).json()["items"]
        assert late["overdue"] is True
        version = (await client.get(f"/v1/ip-ledger/licenses/{license_id}")).headers["etag"]
        record = {"cnipa_record_no": "X2026310000001", "recorded_on": "2026-05-11"}
        answer = await client.post(
            f"/v1/ip-ledger/licenses/{license_id}/record",
            json=record, headers={"If-Match": version},
        )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert await waiting(ledger, "m09") == [price]


@pytest.mark.requirement("A086", "X03")
async def test_a_run_waits_for_owners_then_for_another_person_then_for_its_payment(
    ledger: Ledger,
) -> None:
    asset_id = await asset_of(ledger, m04=400_000, m09=350_000, c03=250_000)
    event = await call(ledger, "c03", "revenue-events", income(asset_id, deductions=[]))
    run = await call(ledger, "c03", "distribution-runs", {"revenue_event_ids": [event["id"]]})
    path = f"distribution-runs/{run['id']}"
    for name in OWNERS:
        assert ("confirm_distribution", run["id"], None) in await waiting(ledger, name)
        await call(ledger, name, f"{path}/confirmations", {"plan_hash": run["plan_hash"]})
    # Who drafted it does not approve it, and is not asked to.
    assert await waiting(ledger, "c03") == await waiting(ledger, "m09") == []
    other = str(UUID(int=uuid4().int))
    assert await waiting(ledger, "c03", sub=other) == [("approve_distribution", run["id"], None)]
    await call(ledger, "c03", f"{path}/approve", None, 200, sub=other)
    assert await waiting(ledger, "c03") == [("pay_distribution", run["id"], None)]
