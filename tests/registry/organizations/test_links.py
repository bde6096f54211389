"""Who follows `Link: rel="next"` sees each row of a list once, by either way of reading."""

from typing import Any

import pytest

from tests.registry.facts.conftest import House, house

pytestmark = pytest.mark.anyio
__all__ = ["house"]


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "0"}], ids=["quick", "route"])
@pytest.mark.parametrize("asked", ["", "&org_type=enterprise"])
async def test_links_lead_through_a_whole_list(
    house: House, asked: str, headers: dict[str, str]
) -> None:
    caller = house.registry.client("handler")
    first = f"/v1/registry/organizations?limit=2{asked}"
    seen: list[Any] = []
    target: str | None = first
    while target is not None:
        answer = await caller.get(target, headers=headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [row["id"] for row in page["items"]]
        target = answer.links.get("next", {}).get("url")
        assert (target is None) == (page["next_cursor"] is None)
    whole = await caller.get(first.replace("limit=2", "limit=500"))
    assert "link" not in whole.headers
    assert seen == [row["id"] for row in whole.json()["items"]]
    assert len(seen) == len(set(seen)) > 2


@pytest.mark.parametrize(
    ("query", "code", "name"),
    [
        ("limit=2&limit=3", "PARAMETER_REPEATED", "limit"),
        ("limit=2&limit=2", "PARAMETER_REPEATED", "limit"),
        ("org_type=enterprise&org_type=university", "PARAMETER_REPEATED", "org_type"),
        ("colour=red&colour=blue", "PARAMETER_UNKNOWN", "colour"),
    ],
)
async def test_a_parameter_that_stands_twice_is_refused(
    house: House, query: str, code: str, name: str
) -> None:
    answer = await house.registry.client("handler").get(f"/v1/registry/organizations?{query}")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["code"], error["params"]) == (code, {"field": name})
