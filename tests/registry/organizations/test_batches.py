"""Many organizations at once."""

import json
from typing import Any

import pytest

from shared.codes import uscc
from tests.fixtures.service import RunningService, event_types

pytestmark = pytest.mark.anyio


def entry(number: int, **over: Any) -> dict[str, Any]:
    first = f"91310115FAKE1{number:04d}"
    return {
        "uscc": first + uscc.check_character(first),
        "name": f"示例 {number}",
        "org_type": "enterprise",
        "region_code": "310115",
        "registered_on": "2020-01-01",
        "is_sme": number % 2 == 0,
        **over,
    }


@pytest.mark.requirement("X05")
async def test_each_row_has_its_own_verdict(registry: RunningService) -> None:
    rows = [
        entry(1),
        entry(2),
        entry(1),
        entry(2, name="另一个"),
        entry(3, uscc="91310115FAKE00013Z"),
        entry(4, registered_on="2030-01-01"),
    ]
    async with registry.client("handler") as handler:
        answer = await handler.post(
            "/v1/registry/organization-batches",
            content="\n".join(json.dumps(row) for row in rows).encode(),
            headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": "k"},
        )
    body = answer.json()
    assert answer.status_code == 200, answer.text
    outcomes = [row["outcome"] for row in body["results"]]
    assert outcomes == ["created", "created", "duplicate", "failed", "failed", "failed"]
    problems = [row["problem"]["code"] for row in body["results"][3:]]
    assert problems == ["ALREADY_EXISTS", "USCC_FORMAT", "DAY_IN_FUTURE"]
    assert (await event_types(registry.sessions)).count("directory.organization") == 2


@pytest.mark.refusing
async def test_a_member_enters_one_at_a_time(registry: RunningService) -> None:
    async with registry.client("member", org_id="019a0000-0000-7000-8000-000000000017") as member:
        answer = await member.post(
            "/v1/registry/organization-batches",
            content=b"[]",
            headers={"Content-Type": "application/json", "Idempotency-Key": "k"},
        )
    assert answer.status_code == 403
