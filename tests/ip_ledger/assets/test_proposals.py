"""Ownership is taken from nobody but by his own account; transfers wait for their registration."""

from typing import Any

import httpx
import pytest

from tests.ip_ledger.conftest import TEXT_SHA256, Ledger, codes, figures

pytestmark = pytest.mark.anyio
LEDGER = "/v1/ip-ledger"
ALL = ("m04", "m09", "c03")


async def shared(ledger: Ledger, **over: Any) -> str:
    """P1, owned by M04, M09 and C03."""
    asset = await ledger.registered(**over)
    written = await ledger.owned(asset["id"], m04=400_000, m09=350_000, c03=250_000, consents=ALL)
    assert written.status_code == 201, written.text
    return str(asset["id"])


async def said(ledger: Ledger, by: str, path: str, body: Any, **headers: str) -> httpx.Response:
    async with ledger.member(by) as client:
        return await client.post(f"{LEDGER}/{path}", json=body, headers=headers)


def change(ledger: Ledger, cause: str = "assignment", **ppm: int) -> dict[str, Any]:
    return {"valid_from": "2026-01-15", "cause": cause, "shares": ledger.shares(**ppm)}


@pytest.mark.requirement("A084", "A086")
@pytest.mark.refusing
async def test_a_consent_that_somebody_else_states_takes_no_share_away(ledger: Ledger) -> None:
    asset_id = await shared(ledger)
    body = {**change(ledger, m09=1_000_000), "consents": [str(ledger.org[n]) for n in ALL]}
    path = f"assets/{asset_id}/ownership"
    stolen = await said(ledger, "m09", path, body, **{"If-Match": '"2"'})
    assert (stolen.status_code, codes(stolen)) == (409, ["CONSENT_MISSING"])
    orgs = set(figures(stolen, "CONSENT_MISSING")["orgs"])
    assert orgs == {str(ledger.org["m04"]), str(ledger.org["c03"])}
    other = change(ledger, m09=999_999, m04=1)
    for name in ("m04", "c03"):
        assert (await said(ledger, name, f"{path}-consents", other)).status_code == 201
    still = await said(ledger, "m09", path, body, **{"If-Match": '"2"'})
    assert codes(still) == ["CONSENT_MISSING"]
    stranger = await said(ledger, "m08", f"{path}-consents", change(ledger, m09=1_000_000))
    assert stranger.status_code == 403


@pytest.mark.requirement("A084", "X07")
async def test_a_change_waits_for_the_owners_own_accounts(ledger: Ledger) -> None:
    asset_id = await shared(ledger)
    body = {**change(ledger, m04=500_000, m09=500_000), "awaits_consents": True}
    path = f"assets/{asset_id}/ownership"
    waiting = await said(ledger, "m04", path, body, **{"If-Match": '"2"'})
    assert (waiting.status_code, waiting.json()["state"]) == (201, "pending"), waiting.text
    proposal = f"ownership-proposals/{waiting.json()['id']}"
    again = await said(ledger, "m04", f"{proposal}/answers", {"answer": "consent"})
    assert again.status_code == 201, again.text
    first = await said(ledger, "m09", f"{proposal}/answers", {"answer": "consent"})
    assert first.json()["state"] == "pending"
    last = await said(ledger, "c03", f"{proposal}/answers", {"answer": "consent"})
    assert last.json()["state"] == "effective", last.text
    async with ledger.member("m09") as client:
        shown = (await client.get(f"{LEDGER}/{path}")).json()
    assert [one["ppm"] for one in shown["shares"]] == [500_000, 500_000]
    late = await said(ledger, "m09", f"{proposal}/answers", {"answer": "refuse"})
    assert late.status_code == 409


@pytest.mark.requirement("A084")
async def test_a_transfer_is_pending_until_it_is_registered(ledger: Ledger) -> None:
    asset_id = await shared(ledger)
    path = f"assets/{asset_id}/ownership"
    body = change(ledger, "transfer", m08=400_000, m09=350_000, c03=250_000)
    offered = await said(ledger, "m04", path, body, **{"If-Match": '"2"'})
    assert (offered.status_code, offered.json()["state"]) == (201, "pending"), offered.text
    proposal = f"ownership-proposals/{offered.json()['id']}"
    async with ledger.member("m09") as client:
        shown = (await client.get(f"{LEDGER}/{proposal}")).json()
        assert (shown["refusal_until"], shown["needs_registration"]) == ("2026-02-19", True)
        assert len((await client.get(f"{LEDGER}/{path}")).json()["shares"]) == 3
    entry = {"registered_on": "2026-01-20", "registration_no": "2026012000001"}
    early = await said(ledger, "m04", f"{proposal}/registration", entry, **{"If-Match": '"1"'})
    assert (early.status_code, set(codes(early))) == (
        409, {"FIRST_REFUSAL_OPEN", "CONSENT_MISSING"},
    )  # fmt: skip
    for name in ("m09", "c03"):
        answer = await said(ledger, name, f"{proposal}/answers", {"answer": "consent"})
        assert answer.json()["state"] == "pending"
    ahead = {**entry, "registered_on": "2026-01-21"}
    answer = await said(ledger, "m04", f"{proposal}/registration", ahead, **{"If-Match": '"1"'})
    assert codes(answer) == ["DAY_IN_FUTURE"]
    answer = await said(ledger, "m04", f"{proposal}/registration", entry, **{"If-Match": '"1"'})
    assert answer.json()["state"] == "effective", answer.text
    async with ledger.member("m04") as client:
        before = (await client.get(f"{LEDGER}/{path}", params={"on": "2026-01-19"})).json()
        after = (await client.get(f"{LEDGER}/{path}", params={"on": "2026-01-20"})).json()
    owners = [{one["owner_id"] for one in shown["shares"]} for shown in (before, after)]
    assert str(ledger.org["m04"]) in owners[0]
    assert str(ledger.org["m08"]) in owners[1]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_a_co_owner_takes_the_share_himself_and_the_stranger_does_not_come(
    ledger: Ledger,
) -> None:
    asset_id = await shared(ledger)
    body = change(ledger, "transfer", m08=400_000, m09=350_000, c03=250_000)
    path = f"assets/{asset_id}/ownership"
    offered = await said(ledger, "m04", path, body, **{"If-Match": '"2"'})
    proposal = f"ownership-proposals/{offered.json()['id']}"
    outsider = await said(ledger, "m08", f"{proposal}/answers", {"answer": "exercise"})
    assert outsider.status_code == 403
    taken = await said(ledger, "m09", f"{proposal}/answers", {"answer": "exercise"})
    assert taken.json()["state"] == "refused", taken.text
    entry = {"registered_on": "2026-01-20", "registration_no": "2026012000001"}
    late = await said(ledger, "m04", f"{proposal}/registration", entry, **{"If-Match": '"2"'})
    assert "STATE_CONFLICT" in codes(late)


@pytest.mark.requirement("A084")
async def test_who_renounces_uses_freely_and_the_others_file(ledger: Ledger) -> None:
    asset_id = await shared(ledger, number=None, filed_on=None, unfiled=True)
    path = f"assets/{asset_id}"
    opposed = await said(ledger, "c03", f"{path}/filing-positions", {"position": "oppose"})
    assert opposed.status_code == 201, opposed.text
    body = {"event": "file", "occurred_on": "2026-01-18", "number": "202310000001.5"}
    refused = await said(ledger, "m04", f"{path}/state-changes", body, **{"If-Match": '"2"'})
    assert (refused.status_code, codes(refused)) == (409, ["FILING_OPPOSED"])
    await said(ledger, "c03", f"{path}/filing-positions", {"position": "agree"})
    gone = await said(ledger, "m09", f"{path}/filing-positions", {"position": "renounce"})
    assert (gone.status_code, gone.json()["free_use"]) == (201, True), gone.text
    async with ledger.member("m04") as client:
        owned = (await client.get(f"{LEDGER}/{path}/ownership")).json()
    assert {one["owner_id"]: one["ppm"] for one in owned["shares"]} == {
        str(ledger.org["m04"]): 615_385, str(ledger.org["c03"]): 384_615,
    }  # fmt: skip
    bare = {"event": "file", "occurred_on": "2026-01-18"}
    missing = await said(ledger, "m04", f"{path}/state-changes", bare, **{"If-Match": '"3"'})
    assert (missing.status_code, codes(missing)) == (422, ["FIELD_MISSING"])
    filed = await said(ledger, "m04", f"{path}/state-changes", body, **{"If-Match": '"3"'})
    assert (filed.status_code, filed.json()["state"]) == (200, "filed"), filed.text
    assert filed.json()["number"] == "202310000001.5"
    stranger = await said(ledger, "m08", f"{path}/filing-positions", {"position": "oppose"})
    assert stranger.status_code == 403


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_nothing_is_licensed_beside_an_exclusive_license(ledger: Ledger) -> None:
    asset_id = await shared(ledger)
    body = {
        "asset_id": asset_id, "licensee_org_id": str(ledger.org["m08"]), "type": "ordinary",
        "effective_on": "2026-01-20", "term_until": "2027-12-31",
    }  # fmt: skip
    assert (await said(ledger, "m09", "licenses", body)).status_code == 201
    consents = [str(ledger.org[n]) for n in ("m04", "c03")]
    exclusive = {**body, "type": "exclusive", "consents": consents}
    assert (await said(ledger, "m09", "licenses", exclusive)).status_code == 201
    beside = await said(ledger, "m09", "licenses", body)
    assert (beside.status_code, codes(beside)) == (409, ["LICENSE_CONFLICT"])
    second = await said(ledger, "m09", "licenses", exclusive)
    assert codes(second) == ["LICENSE_CONFLICT"]
    elsewhere = {**body, "territory": "DE"}
    assert (await said(ledger, "m09", "licenses", elsewhere)).status_code == 201
    after = {**body, "effective_on": "2028-01-01", "term_until": "2029-01-01"}
    assert (await said(ledger, "m09", "licenses", after)).status_code == 201


@pytest.mark.requirement("A084", "X04")
async def test_every_party_reads_the_text_that_it_signs(ledger: Ledger) -> None:
    agreement = await ledger.signed("m04", "m09", "c03")
    path = f"{LEDGER}/agreements/{agreement['id']}/text"
    name = f"GET /v1/registry/files/{ledger.text_file_id}/content"
    ledger.service.neighbours.answers[name] = httpx.Response(
        200, content="协议正文".encode(), headers={"Content-Type": "text/plain"}
    )
    async with ledger.member("m09") as party:
        text = await party.get(path)
    assert (text.status_code, text.text) == (200, "协议正文")
    assert text.headers["Repr-Digest"].startswith("sha-256=")
    assert len(TEXT_SHA256) == 64
    async with ledger.member("m23") as stranger:
        assert (await stranger.get(path)).status_code == 404
