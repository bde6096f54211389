"""What the ledger tells the registry of rights by their numbers."""

import pytest

from tests.ip_ledger.conftest import Ledger

RIGHTS = "/v1/ip-ledger/rights"

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A144")
async def test_a_known_right_is_told_with_its_owners_and_an_unknown_one_is_not(
    ledger: Ledger,
) -> None:
    asset = await ledger.registered(granted_on="2025-11-28")
    asked = {"number": ["zl" + asset["number"].lower(), "202410000001.1"]}
    async with ledger.service.client("service") as service:
        answer = await service.get(RIGHTS, params=asked)
    assert answer.status_code == 200, answer.text
    [known] = answer.json()["items"]
    assert (known["number"], known["asset_id"]) == (asset["number"], asset["id"])
    assert (known["state"], known["granted_on"]) == ("granted", "2025-11-28")
    assert isinstance(known["owner_ids"], list)


@pytest.mark.requirement("A144", "X04")
@pytest.mark.refusing
async def test_only_services_ask(ledger: Ledger) -> None:
    async with ledger.member("m04") as member:
        refused = await member.get(RIGHTS, params={"number": "202310000001.5"})
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN_SCOPE")
