"""What the ip-ledger is asked when a product is nominated."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from registry.products.right_rules import Right
from shared.client import ServiceClient
from shared.codes.patents import normalized


async def rights_of(services: ServiceClient, numbers: Iterable[str]) -> dict[str, Right]:
    """Ask what the ledger has under these numbers; raises `Unavailable` while it is away."""
    asked = sorted({normalized(number) for number in numbers})
    if not asked:
        return {}
    answer = await services.get("ip-ledger", "/v1/ip-ledger/rights", {"number": asked}) or {}
    return {
        item["number"]: Right(
            asset_id=UUID(item["asset_id"]),
            version=int(item["version"]),
            kind=str(item["kind"]),
            state=str(item["state"]),
            granted_on=None
            if item["granted_on"] is None
            else date.fromisoformat(item["granted_on"]),
            owner_ids=frozenset(map(UUID, item["owner_ids"])),
        )
        for item in answer.get("items") or []
    }
