"""A listed centre with an open call, and everyone whom a product passes."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.registry.facts.conftest import House, house

__all__ = ["house"]

PRODUCTS = "/v1/registry/products"
PURCHASES = "/v1/registry/first-purchases"
PUBLIC = "/v1/public"
PATENT = "ZL202310000001.5"


@dataclass
class Market:
    """The house of the facts' tests on 2026-06-01, when a call is open to 2026-06-30."""

    house: House
    call_id: str
    people: dict[str, UUID] = field(default_factory=dict)

    def official(self, *duties: str) -> httpx.AsyncClient:
        """Call as the official of some duties: one person for each set of them."""
        person = self.people.setdefault("+".join(duties), uuid4())
        return self.house.registry.client("official", *duties, sub=person)

    def agency(self) -> httpx.AsyncClient:
        person = self.people.setdefault("agency", uuid4())
        return self.house.registry.client("agency", "finance", sub=person)

    def body(self, **over: Any) -> dict[str, Any]:
        return {
            "call_id": self.call_id,
            "center_id": str(self.house.center_id),
            "maker_org_id": str(self.house.member),
            "kind": "first_set",
            "sector": "high_end_equipment",
            "name": "晶圆缺陷检测机（示例）",
            "description": "国内首台",
            "patents": [
                {
                    "number": PATENT,
                    "granted_on": "2024-05-11",
                    "owner_id": str(self.house.member),
                }
            ],
            "equipment": {"first_in": "performance", "unit": "set"},
            "first_sale_on": "2026-02-03",
            **over,
        }

    async def nominate(self, **over: Any) -> httpx.Response:
        async with self.house.caller(self.house.member) as maker:
            return await maker.post(PRODUCTS, json=self.body(**over))

    async def step(
        self, product_id: str, name: str, duty: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        async with self.official(duty) as official:
            return await official.post(f"{PRODUCTS}/{product_id}/{name}", json=body)

    async def noticed(self, **over: Any) -> dict[str, Any]:
        """Lead a product to its notice on 2026-06-01, which is open until 06-08."""
        made = await self.nominate(**over)
        assert made.status_code == 201, made.text
        product: dict[str, Any] = made.json()
        accepted = {"result": "accept", "comment": "符合条件"}
        assert (await self.step(product["id"], "reviews", "reviewer", accepted)).is_success
        notice = await self.step(product["id"], "notice", "handler")
        assert notice.status_code == 201, notice.text
        return {**product, "notice": notice.json()}

    async def catalogued(self, **over: Any) -> dict[str, Any]:
        product = await self.noticed(**over)
        self.house.registry.set_clock("2026-06-09T02:00:00+00:00")
        entered = await self.step(product["id"], "catalogue", "approver")
        assert entered.status_code == 200, entered.text
        body: dict[str, Any] = entered.json()
        return body


@pytest.fixture
async def market(house: House) -> Market:
    house.registry.set_clock("2026-06-01T02:00:00+00:00")
    market = Market(house, "")
    async with market.official("handler") as handler:
        call = await handler.post(
            "/v1/registry/product-calls",
            json={
                "year": 2026,
                "title": "2026年度创新产品推荐目录申报",
                "cut_off_on": "2026-06-30",
                "valid_until": "2026-12-31",
            },
        )
    assert call.status_code == 201, call.text
    market.call_id = call.json()["id"]
    return market
