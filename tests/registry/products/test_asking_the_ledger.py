"""The patents of a nomination are asked of the ip-ledger, and what it says decides."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.registry.products.conftest import PATENT, Market

RIGHTS = "GET /v1/ip-ledger/rights"

pytestmark = pytest.mark.anyio


def told(market: Market, **over: Any) -> dict[str, Any]:
    """Let the ledger know the patent, owned by the maker, unless told otherwise."""
    right = {
        "number": PATENT.removeprefix("ZL"),
        "asset_id": str(uuid4()),
        "version": 3,
        "kind": "invention",
        "state": "granted",
        "granted_on": "2024-05-11",
        "owner_ids": [str(market.house.member)],
        **over,
    }
    market.house.registry.neighbours.answers[RIGHTS] = {"items": [right]}
    return right


def codes(answer: httpx.Response) -> list[tuple[str, str | None]]:
    return [(one["code"], one["pointer"]) for one in answer.json()["errors"]]


@pytest.mark.requirement("A144")
async def test_what_the_ledger_confirms_is_kept_with_its_version(market: Market) -> None:
    right = told(market)
    made = await market.nominate()
    assert made.status_code == 201, made.text
    [patent] = made.json()["patents"]
    assert (patent["asset_id"], patent["asset_version"]) == (right["asset_id"], 3)
    assert "PATENT_UNRECORDED" not in {one["code"] for one in made.json()["warnings"]}
    assert market.house.registry.neighbours.asked.count(RIGHTS) == 1


@pytest.mark.requirement("A144")
async def test_a_patent_that_the_ledger_does_not_know_is_pointed_out(market: Market) -> None:
    market.house.registry.neighbours.answers[RIGHTS] = {"items": []}
    made = await market.nominate()
    assert made.status_code == 201, made.text
    assert "PATENT_UNRECORDED" in {one["code"] for one in made.json()["warnings"]}
    assert made.json()["patents"][0]["asset_id"] is None


@pytest.mark.requirement("A144")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "code", "pointer"),
    [
        ({"state": "invalidated"}, "PATENT_NOT_IN_FORCE", "/patents/0/number"),
        ({"state": "filed", "granted_on": None}, "PATENT_NOT_IN_FORCE", "/patents/0/number"),
        ({"kind": "utility"}, "PATENT_NOT_IN_FORCE", "/patents/0/number"),
        ({"granted_on": "2024-05-12"}, "PATENT_DAY_DIFFERS", "/patents/0/granted_on"),
        ({"owner_ids": [str(uuid4())]}, "PATENT_NOT_OWN", "/patents/0/owner_id"),
        ({"owner_ids": []}, "PATENT_NOT_OWN", "/patents/0/owner_id"),
    ],
)
async def test_what_the_ledger_has_otherwise_is_refused(
    market: Market, over: dict[str, Any], code: str, pointer: str
) -> None:
    told(market, **over)
    refused = await market.nominate()
    assert (refused.status_code, codes(refused)) == (422, [(code, pointer)])


@pytest.mark.requirement("A144")
@pytest.mark.refusing
async def test_while_the_ledger_is_away_nothing_is_nominated(market: Market) -> None:
    answers = market.house.registry.neighbours.answers
    answers[RIGHTS] = httpx.Response(503, json={"code": "UNAVAILABLE"})
    refused = await market.nominate()
    assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
    assert refused.headers["Retry-After"] == "1"
    told(market)
    # Nothing of the first try is in the way of the second.
    assert (await market.nominate()).status_code == 201
