"""What a centre proposes and drafts in the ledger is in no answer to a stranger (X04)."""

from functools import partial
from typing import Any

import httpx
import pytest

from shared.database import new_id
from tests.fixtures.hiding import Readers, everything, leaks
from tests.ip_ledger.assets.test_proposals import change, said, shared
from tests.ip_ledger.conftest import Ledger
from tests.ip_ledger.contracts.test_licenses import granted

pytestmark = pytest.mark.anyio
SECRETS = ("机密装置名", "机密用途")
READERS: tuple[tuple[str, ...], ...] = (
    (), ("member",), ("agency",), ("agency", "finance"), ("expert",),
)  # fmt: skip


def readers(ledger: Ledger) -> Readers:
    """Give who has no part in C03: nobody, a member of C08, an agency, an expert."""
    people = {capacities: new_id() for capacities in READERS}

    def reader(capacities: tuple[str, ...]) -> httpx.AsyncClient:
        claims: dict[str, Any] = {"sub": people[capacities]} if capacities else {}
        if "member" in capacities:
            claims["org_id"] = ledger.org["m23"]
        if "expert" in capacities:
            claims["expert_id"] = new_id()
        return ledger.service.client(*capacities, **claims)

    return {capacities: partial(reader, capacities) for capacities in READERS}


async def drafted(ledger: Ledger) -> dict[str, str]:
    """Let C03 propose an agreement, a change of owners, a license and income, none of them done."""
    asset_id = await shared(ledger, title=SECRETS[0])
    async with ledger.member("m04") as lead:
        agreement = await lead.post("/v1/ip-ledger/agreements", json=ledger.agreement("m04", "m09"))
        income = await lead.post(
            "/v1/ip-ledger/revenue-events",
            json={
                "asset_id": asset_id, "kind": "license", "gross": {"amount": 98_765_432},
                "deductions": [], "received_on": "2026-01-15",
            },
            headers={"Idempotency-Key": str(new_id())},
        )  # fmt: skip
    assert income.status_code == 201, income.text
    body = {**change(ledger, m04=650_000, m09=350_000), "awaits_consents": True}
    proposed = await said(
        ledger, "m04", f"assets/{asset_id}/ownership", body, **{"If-Match": '"2"'}
    )
    license_ = await granted(ledger, asset_id, "exclusive", awaits_consents=True)
    await ledger.service.number()
    return {
        "asset_id": asset_id,
        "agreement_id": agreement.json()["id"],
        "proposal_id": proposed.json()["id"],
        "license_id": license_.json()["id"],
        "event_id": income.json()["id"],
        "record_id": agreement.json()["id"],
    }


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_no_answer_to_a_stranger_knows_of_what_a_centre_drafts(ledger: Ledger) -> None:
    before = await everything(ledger.service, readers(ledger))
    known = await drafted(ledger)
    secrets = (*SECRETS, "98765432", "987654.32")
    assert await leaks(ledger.service, readers(ledger), known, secrets) == []
    after = await everything(ledger.service, readers(ledger))
    assert len(before) > 30
    assert [place for place in before if before[place] != after[place]] == []
    async with ledger.member("m09") as member:
        assert SECRETS[0] in (await member.get("/v1/ip-ledger/assets")).text
