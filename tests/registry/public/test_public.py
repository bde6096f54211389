"""What anyone may read: listed centres and figures, and nothing of anybody's money."""

import csv
import io

import pytest

from registry.centers.rules import Stage
from registry.centers.tables import Center
from tests.registry.facts.conftest import House, house

pytestmark = pytest.mark.anyio
__all__ = ["house"]


@pytest.mark.requirement("X11")
async def test_a_listed_centre_shows_name_field_model_and_members(house: House) -> None:
    async with house.registry.client() as anyone:
        answer = await anyone.get("/v1/public/centers/C01")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "code": "C01",
        "name": "中心",
        "model_type": "enterprise",
        "field_codes": ["integrated_circuit"],
        "stage": "pilot",
        "level": "municipal",
        "listed_on": "2026-03-10",
        "listing_doc_no": None,
        "members": [{"name": "示例 91310115FAKE00021N", "role": "member"}],
    }
    assert answer.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.requirement("X04", "X11")
@pytest.mark.refusing
async def test_a_candidate_is_nobodys_business(house: House) -> None:
    async with house.registry.client() as anyone:
        assert (await anyone.get("/v1/public/centers/C99")).status_code == 404
        listed = (await anyone.get("/v1/public/centers")).json()["items"]
        narrowed = (await anyone.get("/v1/public/centers?stage=suspended")).json()["items"]
    assert [item["code"] for item in listed] == ["C01", "C02"]
    assert [item["code"] for item in narrowed] == ["C02"]


@pytest.mark.requirement("A014")
async def test_statistics_count_centres_members_and_fields(house: House) -> None:
    async with house.registry.client() as anyone:
        figures = (await anyone.get("/v1/public/statistics")).json()
        table = await anyone.get("/v1/public/downloads/statistics.csv")
    assert (figures["centers"], figures["members"], figures["facts"]) == (2, 1, 0)
    assert figures["by_stage"] == [
        {"code": "pilot", "count": 1},
        {"code": "suspended", "count": 1},
    ]
    circuits = next(row for row in figures["by_field"] if row["code"] == "integrated_circuit")
    assert circuits["count"] == 2
    assert figures["by_region"] == [{"code": "31", "count": 1}]
    lines = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert lines[:4] == [
        ["figure", "code", "count"], ["centers", "", "2"], ["members", "", "1"], ["facts", "", "0"],
    ]  # fmt: skip
    assert ["by_field", "integrated_circuit", "2"] in lines
    assert table.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.requirement("X13", "A014")
async def test_what_was_corrected_is_counted_once(house: House) -> None:
    first = (await house.post(house.member, "a")).json()
    await house.post(house.member, "b", external_id="S-2")
    fact = house.fact()
    body = {"kind": fact["kind"], "occurred_on": "2027-03-05", "payload": fact["payload"]}
    for key in ("c", "d"):
        async with house.caller(house.member) as caller:
            answer = await caller.post(
                f"/v1/registry/facts/{first['id']}/corrections",
                json={**body, "reason": "日期有误"},
                headers={"Idempotency-Key": key},
            )
        assert answer.status_code == 201, answer.text
        first = answer.json()
    async with house.registry.client() as anyone:
        figures = (await anyone.get("/v1/public/statistics")).json()
    assert figures["facts"] == 2


@pytest.mark.requirement("X11", "X15")
async def test_centres_are_downloaded_as_a_table_and_as_json(house: House) -> None:
    async with house.registry.sessions.begin() as session:
        own = await session.get_one(Center, house.center_id)
        own.name = "=HYPERLINK(0)"
    async with house.registry.client() as anyone:
        table = await anyone.get("/v1/public/downloads/centers.csv")
        whole = (await anyone.get("/v1/public/downloads/centers.json")).json()
        again = await anyone.get(
            "/v1/public/downloads/centers.csv", headers={"If-None-Match": table.headers["etag"]}
        )
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [(row["code"], row["stage"]) for row in rows] == [("C01", "pilot"), ("C02", "suspended")]
    # No spreadsheet computes a name, and nobody's draft is among them.
    assert rows[0]["name"] == "'=HYPERLINK(0)"
    assert [one["code"] for one in whole["centers"]] == ["C01", "C02"]
    assert (rows[0]["member_count"], whole["centers"][0]["members"][0]["role"]) == ("1", "member")
    assert table.headers["Cache-Control"] == "public, max-age=60"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.requirement("X04", "X15")
@pytest.mark.refusing
async def test_no_download_holds_a_candidate(house: House) -> None:
    async with house.registry.sessions.begin() as session:
        other = await session.get_one(Center, house.other_center_id)
        other.code, other.listed_on, other.stage = None, None, Stage.CANDIDATE
    async with house.registry.client() as anyone:
        table = await anyone.get("/v1/public/downloads/centers.csv")
        unknown = await anyone.get("/v1/public/downloads/centers.csv?stage=candidate")
    assert "C02" not in table.text
    assert "别的中心" not in table.text
    assert unknown.status_code == 422
