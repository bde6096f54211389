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


HEADER = "uscc,name,org_type,region_code,registered_on,is_sme,parent_uscc"


async def sheet(registry: RunningService, lines: list[str], header: str = HEADER) -> Any:
    """Post a CSV as a spreadsheet program saves it: a byte order mark, CRLF."""
    content = "\ufeff" + "".join(f"{line}\r\n" for line in [header, *lines])
    async with registry.client("handler") as handler:
        return await handler.post(
            "/v1/registry/organization-batches",
            content=content.encode(),
            headers={"Content-Type": "text/csv", "Idempotency-Key": "sheet"},
        )


def line(number: int, name: str = "示例", day: str = "2020-01-01", parent: str = "") -> str:
    return f"{entry(number)['uscc']},{name},enterprise,310115,{day},true,{parent}"


@pytest.mark.requirement("X05")
async def test_a_spreadsheet_is_read_row_by_row(registry: RunningService) -> None:
    rows = [
        line(1, '"示例, 甲"'),
        line(2, "=HYPERLINK(0)"),
        line(3, "上海\u202e司公"),
        line(4, "空\x00字"),
        line(5, day="0001-01-01"),
        line(6, day="9999-12-31"),
        line(7) + ",多",
        line(8, parent=entry(9)["uscc"]),
        line(9, parent=entry(8)["uscc"]),
        "",
        line(10).rpartition(",")[0],
    ]
    answer = await sheet(registry, rows)
    assert answer.status_code == 200, answer.text
    seen = [
        row["outcome"] if row["problem"] is None else row["problem"]["code"]
        for row in answer.json()["results"]
    ]
    assert seen == [
        "created", "created", "FIELD_INVALID", "BODY_UNREADABLE", "FIELD_INVALID",
        "FIELD_INVALID", "BODY_UNREADABLE", "created", "OWNERSHIP_CYCLE", "BODY_UNREADABLE",
    ]  # fmt: skip
    first = answer.json()["results"][0]["id"]
    async with registry.client("handler") as handler:
        kept = (await handler.get(f"/v1/registry/organizations/{first}")).json()
        found = await handler.get("/v1/registry/organizations", params={"name": "示例, 甲"})
        history = await handler.get(f"/v1/registry/organizations/{first}/history")
    assert (kept["name"], kept["is_sme"]) == ("示例, 甲", True)
    assert found.json()["items"][0]["id"] == first
    assert {one["field"] for one in history.json()["fields"]} >= {"name", "uscc", "is_sme"}


@pytest.mark.requirement("X05")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("header", "status"),
    [
        (HEADER.replace("name", "uscc"), 422),
        (",".join(f"c{number}" for number in range(10_000)), 422),
        (HEADER + ",", 422),
        ('"' + HEADER, 400),
    ],
)
async def test_a_sheet_whose_header_means_no_row_is_refused_as_a_whole(
    registry: RunningService, header: str, status: int
) -> None:
    answer = await sheet(registry, [line(1)], header)
    assert answer.status_code == status, answer.text


@pytest.mark.refusing
async def test_a_sheet_without_a_column_or_in_another_encoding_enters_nothing(
    registry: RunningService,
) -> None:
    lacking = await sheet(
        registry, [line(1).replace(",enterprise", "")], HEADER.replace(",org_type", "")
    )
    async with registry.client("handler") as handler:
        foreign = await handler.post(
            "/v1/registry/organization-batches",
            content=f"{HEADER}\n{line(1)}\n".encode("gbk"),
            headers={"Content-Type": "text/csv", "Idempotency-Key": "gbk"},
        )
    assert [row["problem"]["code"] for row in lacking.json()["results"]] == ["FIELD_MISSING"]
    assert (foreign.status_code, foreign.json()["code"]) == (400, "BODY_UNREADABLE")
    assert "organization.registered" not in await event_types(registry.sessions)
