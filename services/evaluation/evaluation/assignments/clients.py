"""What the registry is asked before a draw is frozen: the centres' fields of industry."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from shared.client import ServiceClient
from shared.rules import found

PAGE: Final = 200
MAX_PAGES: Final = 50


async def center_fields(services: ServiceClient) -> dict[UUID, Sequence[str]]:
    """Ask for every centre's fields of industry, page by page."""
    fields: dict[UUID, Sequence[str]] = {}
    params: dict[str, str | int] = {"limit": PAGE}
    for _ in range(MAX_PAGES):
        page = found(await services.get("registry", "/v1/registry/centers", params))
        fields |= {UUID(one["id"]): tuple(one["field_codes"]) for one in page["items"]}
        if page.get("next_cursor") is None:
            break
        params["cursor"] = page["next_cursor"]
    return fields
