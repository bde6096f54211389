"""An asset enters the ledger with a good number, from somebody who can hold it."""

from typing import Any

import pytest

from tests.ip_ledger.conftest import Ledger, codes, figures, ndjson

pytestmark = pytest.mark.anyio
ASSETS = "/v1/ip-ledger/assets"
BATCHES = "/v1/ip-ledger/asset-batches"


async def refused(ledger: Ledger, by: str = "m04", **over: Any) -> Any:
    async with ledger.member(by) as client:
        return await client.post(ASSETS, json=ledger.asset(**over))


@pytest.mark.requirement("A109", "A084")
async def test_a_patent_is_registered_with_its_term(ledger: Ledger) -> None:
    asset = await ledger.registered(granted_on="2025-11-28")
    assert (asset["state"], asset["jurisdiction"]) == ("granted", "CN")
    assert (asset["term_until"], asset["term_law"]) == ("2043-11-01", "专利法42")


@pytest.mark.requirement("A109")
@pytest.mark.refusing
async def test_a_wrong_check_digit_names_the_right_one(ledger: Ledger) -> None:
    answer = await refused(ledger, number="202310000001.6")
    assert answer.status_code == 422
    assert figures(answer, "PATENT_NO_CHECK_DIGIT")["expected"] == "5"


@pytest.mark.requirement("A109")
@pytest.mark.refusing
async def test_a_number_of_another_kind_is_refused(ledger: Ledger) -> None:
    answer = await refused(ledger, kind="utility")
    assert (answer.status_code, codes(answer)) == (422, ["PATENT_KIND_MISMATCH"])


@pytest.mark.requirement("A109")
@pytest.mark.refusing
async def test_one_right_has_one_number(ledger: Ledger) -> None:
    await ledger.registered()
    answer = await refused(ledger, by="m09", number="zl202310000001.5")
    assert (answer.status_code, codes(answer)) == (409, ["ALREADY_EXISTS"])


@pytest.mark.requirement("A033")
@pytest.mark.refusing
async def test_inventors_shares_are_whole(ledger: Ledger) -> None:
    org = str(ledger.org["m04"])
    people = [{"name": "甲", "org_id": org, "share_ppm": 333_333} for _ in range(3)]
    answer = await refused(ledger, inventors=people)
    assert (answer.status_code, codes(answer)) == (422, ["SHARES_NOT_100"])


@pytest.mark.requirement("A033")
async def test_inventors_without_shares_get_equal_ones_to_the_last_ppm(ledger: Ledger) -> None:
    people = [{"name": "甲", "org_id": str(ledger.org["m04"])} for _ in range(3)]
    asset = await ledger.registered(inventors=people)
    assert [one["share_ppm"] for one in asset["inventors"]] == [333_334, 333_333, 333_333]


@pytest.mark.requirement("A053")
async def test_a_consortium_holds_nothing_but_through_its_trustee(ledger: Ledger) -> None:
    know_how = {
        "center_id": str(ledger.center["c08"]), "kind": "know_how", "title": "标定工艺",
        "number": None, "filed_on": None,
    }  # fmt: skip
    answer = await refused(ledger, by="m03", **know_how)
    assert (answer.status_code, codes(answer)) == (409, ["CONSORTIUM_NOT_REGISTERED"])
    held = await ledger.registered(by="m03", trustee_org=str(ledger.org["m03"]), **know_how)
    assert held["trustee_org"] == str(ledger.org["m03"])


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_centre_of_others_does_not_exist(ledger: Ledger) -> None:
    answer = await refused(ledger, by="m03")
    assert (answer.status_code, codes(answer)) == (404, ["NOT_FOUND"])
    asset = await ledger.registered()
    async with ledger.member("m03") as stranger:
        assert (await stranger.get(f"{ASSETS}/{asset['id']}")).status_code == 404
        assert (await stranger.get(ASSETS)).json()["items"] == []


@pytest.mark.requirement("A109")
@pytest.mark.parametrize(
    ("number", "jurisdiction"),
    [("PCT/CN2026/000123", "PCT"), ("US18/123456", "US"), ("WO2026/123456", "PCT")],
)
async def test_the_number_tells_the_office(ledger: Ledger, number: str, jurisdiction: str) -> None:
    asset = await ledger.registered(number=number)
    assert asset["jurisdiction"] == jurisdiction


@pytest.mark.requirement("X05")
async def test_a_batch_gives_each_row_its_verdict(ledger: Ledger) -> None:
    good = ledger.asset(external_id="P-1")
    rows = [
        good,
        ledger.asset(number="202310000001.6", external_id="P-2"),
        good,
        {**good, "title": "另一名称"},
        ledger.asset(
            kind="software", number="2025SR0012345", filed_on=None, registered_on="2025-06-01"
        ),
    ]
    async with ledger.member("m04") as client:
        headers = {"Idempotency-Key": "assets-1", "Content-Type": "application/x-ndjson"}
        answer = await client.post(BATCHES, content=ndjson(rows), headers=headers)
        again = await client.post(BATCHES, content=ndjson(rows), headers=headers)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [row["outcome"] for row in results] == [
        "created", "failed", "duplicate", "failed", "created",
    ]  # fmt: skip
    assert results[2]["id"] == results[0]["id"]
    assert results[1]["problem"]["code"] == "PATENT_NO_CHECK_DIGIT"
    assert (results[3]["status"], results[3]["problem"]["code"]) == (409, "EXTERNAL_ID_MISMATCH")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == answer.json()


@pytest.mark.requirement("A109")
async def test_a_grant_moves_the_asset_and_is_a_later_fact(ledger: Ledger) -> None:
    asset = await ledger.registered()
    async with ledger.member("m04") as client:
        moved = await client.post(
            f"{ASSETS}/{asset['id']}/state-changes",
            json={"event": "grant", "occurred_on": "2026-01-16"},
            headers={"If-Match": '"1"'},
        )
        assert (moved.status_code, moved.json()["state"]) == (200, "granted")
        facts = (await client.get("/v1/ip-ledger/facts", params={"kind": "asset"})).json()["items"]
        stale = await client.post(
            f"{ASSETS}/{asset['id']}/state-changes",
            json={"event": "grant", "occurred_on": "2026-01-16"},
            headers={"If-Match": '"1"'},
        )
    assert [fact["payload"]["state"] for fact in facts] == ["filed", "granted"]
    assert facts[0]["superseded_by_id"] == facts[1]["id"]
    assert (facts[0]["id"], facts[1]["occurred_on"]) == (asset["id"], "2026-01-16")
    assert stale.status_code == 412
