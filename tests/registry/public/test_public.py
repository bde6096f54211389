"""What anyone may read: listed centres and figures, and nothing of anybody's money."""

import pytest

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
    assert (figures["centers"], figures["members"], figures["facts"]) == (2, 1, 0)
    assert figures["by_stage"] == [
        {"code": "pilot", "count": 1},
        {"code": "suspended", "count": 1},
    ]
    circuits = next(row for row in figures["by_field"] if row["code"] == "integrated_circuit")
    assert circuits["count"] == 2
    assert figures["by_region"] == [{"code": "31", "count": 1}]
