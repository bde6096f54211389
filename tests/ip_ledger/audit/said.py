"""A ledger with what only its trail tells of: consents, plans, uses, kinships, corrections."""

from typing import Any
from uuid import uuid4

from tests.ip_ledger.assets.test_families import filed, kin
from tests.ip_ledger.assets.test_inventors import again, answered, change, made, person, proposed
from tests.ip_ledger.audit.books import APPROVER, Filled
from tests.ip_ledger.conftest import Ledger
from tests.ip_ledger.contracts.test_corrections import corrected, correction
from tests.ip_ledger.contracts.test_projects import fact, linked
from tests.ip_ledger.contracts.test_tech_contracts import contract, posted, yuan
from tests.ip_ledger.fees.test_restoring import decision, given_up, restored
from tests.ip_ledger.portfolio.test_layout import line, planned, reported
from tests.ip_ledger.pricing.test_prices import explained


async def say(ledger: Ledger) -> Filled:
    """Do each thing that leaves a row, an audit row and no leaf of its own."""
    filled = Filled(ledger, "")
    asset_id, (first, _) = await made(ledger)
    people = [again(first, 200_000), person(ledger, "m04", 800_000)]
    waits = (await proposed(ledger, asset_id, change(people, cause="mistaken"))).json()
    assert (await answered(ledger, waits["id"], "m09")).status_code == 201
    license_ = await filled.post("m04", "licenses", {
        "asset_id": asset_id, "licensor_id": str(ledger.org["m04"]), "type": "exclusive",
        "licensee_org_id": str(ledger.org["m08"]), "effective_on": "2026-02-10",
        "awaits_consents": True,
    })  # fmt: skip
    await filled.post("m09", f"licenses/{license_['id']}/consents")
    publicity = {"published_on": "2026-01-16", "file_id": str(uuid4())}
    told = await explained(ledger, "m04", license_["id"], publicity=publicity)
    assert told.status_code == 201, told.text
    use = await filled.post("m04", "own-uses", {"asset_id": asset_id, "started_on": "2024-01-01"})
    year = {"year": 2024, "operating_profit": {"amount": 1_001}}
    await filled.post("m04", f"own-uses/{use['id']}/years", year)
    assert (await reported(ledger, asset_id)).status_code == 201
    assert (await planned(ledger, line())).status_code == 200
    child = await filed(ledger, "202410000002.4", "2024-03-01")
    assert (await kin(ledger, child, asset_id)).status_code == 201
    await _end_and_return(ledger)
    await _contract(ledger)
    await filled.post("c03", "contributions", {
        "center_id": str(ledger.center["c03"]), "org_id": str(ledger.org["m09"]),
        "kind": "membership_fee", "committed": {"amount": 500}, "agreed_on": "2026-01-10",
        "schedule": [{"due_on": f"2026-0{n}-01", "amount": {"amount": 250}} for n in (2, 3)],
    })  # fmt: skip
    await _income(filled, asset_id)
    return filled


async def _end_and_return(ledger: Ledger) -> None:
    gone = await filed(ledger, "202410000003.9", "2024-03-02")
    assert (await given_up(ledger, gone, 1, cause="deemed")).status_code == 200
    body = decision(
        counted_from="2026-01-12", requested_on="2026-01-15", decided_on="2026-01-19", payments=[]
    )
    back = await restored(ledger, gone, body)
    assert back.status_code == 201, back.text


async def _contract(ledger: Ledger) -> None:
    made_ = (await posted(ledger, contract(ledger))).json()
    assert (await linked(ledger, made_["id"], fact(ledger))).status_code == 201
    body = correction(yuan(1_600_000), yuan(1_100_000))
    done = await corrected(ledger, made_["id"], body)
    assert done.status_code == 201, done.text


async def _income(filled: Filled, asset_id: str) -> None:
    def income(amount: int) -> dict[str, Any]:
        return {
            "asset_id": asset_id, "kind": "license", "received_on": "2026-01-19",
            "gross": {"amount": amount, "currency": "CNY"}, "deductions": [],
        }  # fmt: skip

    wrong = await filled.post("c03", "revenue-events", income(7))
    path = f"revenue-events/{wrong['id']}/undoing"
    await filled.post("c03", path, {"reason": "误记"}, sub=APPROVER)
    event = await filled.post("c03", "revenue-events", income(1_000))
    run = await filled.post("c03", "distribution-runs", {"revenue_event_ids": [event["id"]]})
    path = f"distribution-runs/{run['id']}/confirmations"
    await filled.post("m04", path, {"plan_hash": run["plan_hash"]})
