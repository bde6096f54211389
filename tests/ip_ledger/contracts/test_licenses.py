"""Licenses: what an owner may grant alone, what needs the others, and what the agreement says."""

from typing import Any

import httpx
import pytest

from tests.ip_ledger.conftest import Ledger, codes, figures

pytestmark = pytest.mark.anyio
LICENSES = "/v1/ip-ledger/licenses"
ALL = ("m04", "m09", "c03")


async def owned_asset(ledger: Ledger) -> str:
    asset_id: str = (await ledger.registered())["id"]
    await ledger.owned(asset_id, m04=400_000, m09=350_000, c03=250_000, consents=ALL)
    return asset_id


async def granted(
    ledger: Ledger, asset_id: str, kind: str, by: str = "m09", **over: Any
) -> httpx.Response:
    body = {
        "asset_id": asset_id,
        "licensor_id": str(ledger.org["m09"]),
        "licensee_org_id": str(ledger.org["m08"]),
        "type": kind,
        "territory": "CN",
        "effective_on": "2026-02-10",
        **over,
    }
    async with ledger.member(by) as client:
        return await client.post(LICENSES, json=body)


@pytest.mark.requirement("A084")
async def test_an_owner_grants_an_ordinary_license_alone(ledger: Ledger) -> None:
    answer = await granted(ledger, await owned_asset(ledger), "ordinary")
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert (document["state"], document["decided_by"]) == ("signed", "law")
    assert document["record_due_on"] == "2026-05-10"


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize("kind", ["sole", "exclusive"])
async def test_any_other_license_needs_all_co_owners(ledger: Ledger, kind: str) -> None:
    asset_id = await owned_asset(ledger)
    answer = await granted(ledger, asset_id, kind)
    assert (answer.status_code, codes(answer)) == (409, ["CONSENT_MISSING"])
    missing = figures(answer, "CONSENT_MISSING")
    assert set(missing["orgs"]) == {str(ledger.org["m04"]), str(ledger.org["c03"])}
    assert missing["decided_by"] == "law"
    stated = [str(ledger.org[name]) for name in ("m04", "c03")]
    assert (await granted(ledger, asset_id, kind, consents=stated)).status_code == 201


@pytest.mark.requirement("A084")
async def test_co_owners_consent_by_their_own_accounts(ledger: Ledger) -> None:
    asset_id = await owned_asset(ledger)
    pending = await granted(ledger, asset_id, "exclusive", awaits_consents=True)
    assert (pending.status_code, pending.json()["state"]) == (201, "consent_pending")
    path = f"{LICENSES}/{pending.json()['id']}/consents"
    states = []
    for name in ("m08", "m04", "m04", "c03"):
        async with ledger.member(name) as client:
            answer = await client.post(path)
        states.append(answer.json().get("state") or answer.json()["code"])
    assert states == ["FORBIDDEN_SCOPE", "consent_pending", "ALREADY_SIGNED", "signed"]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_the_agreement_prevails_over_the_law(ledger: Ledger) -> None:
    signed = await ledger.signed(*ALL, ordinary_license_consent_ppm=666_667)
    asset_id = await owned_asset(ledger)
    answer = await granted(ledger, asset_id, "ordinary")
    assert (answer.status_code, codes(answer)) == (409, ["CONSENT_MISSING"])
    assert figures(answer, "CONSENT_MISSING") == {
        "orgs": [str(ledger.org["m04"]), str(ledger.org["c03"])],
        "decided_by": "agreement",
        "required_ppm": 666_667,
        "consented_ppm": 350_000,
    }
    enough = await granted(ledger, asset_id, "ordinary", consents=[str(ledger.org["m04"])])
    assert enough.status_code == 201
    assert enough.json()["agreement_id"] == signed["id"]


@pytest.mark.requirement("A084", "X04")
@pytest.mark.refusing
async def test_only_an_owner_grants_and_only_for_itself(ledger: Ledger) -> None:
    asset_id = await owned_asset(ledger)
    for_another = await granted(ledger, asset_id, "ordinary", by="m04")
    assert (for_another.status_code, codes(for_another)) == (403, ["FORBIDDEN_SCOPE"])
    org = str(ledger.org["m08"])
    no_owner = await granted(ledger, asset_id, "ordinary", by="m08", licensor_id=org)
    assert (no_owner.status_code, codes(no_owner)) == (422, ["LICENSOR_NOT_OWNER"])
    stranger = await granted(ledger, asset_id, "ordinary", by="m03")
    assert stranger.status_code == 404


@pytest.mark.requirement("A084")
async def test_a_license_not_recorded_in_time_warns(ledger: Ledger) -> None:
    license_id = (await granted(ledger, await owned_asset(ledger), "ordinary")).json()["id"]
    ledger.service.set_clock("2026-05-10T15:59:59+00:00")
    async with ledger.member("m09") as client:
        path = f"{LICENSES}/{license_id}"
        assert (await client.get(path)).json()["warnings"] == []
        ledger.service.set_clock("2026-05-10T16:00:01+00:00")
        late = (await client.get(path)).json()["warnings"]
        assert [warning["code"] for warning in late] == ["LICENSE_RECORD_OVERDUE"]
        recorded = await client.post(
            f"{path}/record",
            json={"cnipa_record_no": "X2026310000001", "recorded_on": "2026-05-11"},
            headers={"If-Match": '"1"'},
        )
    assert (recorded.status_code, recorded.json()["state"]) == (200, "registered")
    assert recorded.json()["warnings"] == []


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_one_without_an_organization_sees_no_license(ledger: Ledger) -> None:
    outside: dict[str, Any] = {"licensee_org_id": None, "licensee_uscc": "91310101FAKE00208C"}
    license_id = (await granted(ledger, await owned_asset(ledger), "ordinary", **outside)).json()[
        "id"
    ]
    async with ledger.service.client("member") as nobody:
        assert (await nobody.get(f"{LICENSES}/{license_id}")).status_code == 404
        assert (await nobody.get(LICENSES)).json()["items"] == []
        assert (await nobody.get("/v1/ip-ledger/assets")).json()["items"] == []
        assert (await nobody.get("/v1/ip-ledger/agreements")).json()["items"] == []
        assert (await nobody.get("/v1/ip-ledger/facts")).json()["items"] == []
        refused = await nobody.post("/v1/ip-ledger/assets", json=ledger.asset())
    assert refused.status_code in {403, 404}
