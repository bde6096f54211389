"""The plan of rights beside what was filed, and what protects a right."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest

from ip_ledger.assets.rules import AssetKind
from ip_ledger.portfolio import rules
from ip_ledger.portfolio.rules import Place, ProtectionKind
from shared.database import new_id
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, codes

INVENTION = AssetKind.INVENTION


@pytest.mark.requirement("A026")
def test_what_was_filed_stands_beside_what_was_planned() -> None:
    here, there, nowhere = (
        Place(branch, country, INVENTION)
        for branch, country in (("铺粉", "CN"), ("铺粉", "US"), (None, "CN"))
    )
    ids = [new_id() for _ in range(3)]
    found = rules.compared({here: 1, there: 2}, [(here, ids[0]), (nowhere, ids[1]), (here, ids[2])])
    assert [(one.place, one.planned, list(one.asset_ids)) for one in found] == [
        (here, 1, [ids[0], ids[2]]), (there, 2, []), (nowhere, 0, [ids[1]]),
    ]  # fmt: skip


def line(branch: str = "铺粉", jurisdiction: str = "CN", planned: int = 2) -> dict[str, Any]:
    return {
        "branch": branch, "jurisdiction": jurisdiction, "kind": "invention", "planned": planned,
    }  # fmt: skip


async def planned(
    ledger: Ledger, *lines: dict[str, Any], version: int = 0, by: str = "m04"
) -> httpx.Response:
    path = f"/v1/ip-ledger/layout-plans/{ledger.center['c03']}/2023"
    async with ledger.member(by) as client:
        return await client.put(
            path, json={"lines": list(lines)}, headers={"If-Match": f'"{version}"'}
        )


@pytest.mark.anyio
@pytest.mark.requirement("A026")
async def test_a_plan_is_compared_by_branch_and_country_with_what_was_filed(ledger: Ledger) -> None:
    asset = await ledger.registered()
    answer = await planned(ledger, line(), line(jurisdiction="US"))
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"'), answer.text
    told = [(one["branch"], one["jurisdiction"], one["planned"], one["filed"], one["missing"])
            for one in answer.json()["lines"]]  # fmt: skip
    assert told == [("铺粉", "CN", 2, 0, 2), ("铺粉", "US", 2, 0, 2), (None, "CN", 0, 1, 0)]
    async with ledger.member("m04") as lead:
        path = f"/v1/ip-ledger/assets/{asset['id']}/branch"
        assert (await lead.put(path, json={"branch": "检测"})).status_code == 200
        assert (await lead.put(path, json={"branch": "铺粉"})).json()["branch"] == "铺粉"
    async with ledger.member("m08") as member:
        shown = await member.get(f"/v1/ip-ledger/layout-plans/{ledger.center['c03']}/2023")
    first = shown.json()["lines"][0]
    assert (first["filed"], first["missing"], first["asset_ids"]) == (1, 1, [asset["id"]])
    second = await planned(ledger, line(planned=1), version=1)
    assert [(one["planned"], one["missing"]) for one in second.json()["lines"]] == [(1, 0)]
    assert (second.json()["planned"], second.json()["filed"]) == (1, 1)


@pytest.mark.requirement("A026")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("branches", "pointer"),
    [(("铺粉",), None), (("铺粉", "检测"), None), (("铺粉", "检测", "铺粉"), "/lines/2")],
)
def test_a_plan_that_repeats_a_place_says_which_line(
    branches: tuple[str, ...], pointer: str | None
) -> None:
    [check] = rules.layout_checks([Place(branch, "CN", INVENTION) for branch in branches])
    assert (check.passed, check.pointer) == (pointer is None, pointer)


@pytest.mark.anyio
@pytest.mark.requirement("A026")
@pytest.mark.refusing
async def test_a_plan_names_each_place_once_and_nobody_overwrites_another(ledger: Ledger) -> None:
    answer = await planned(ledger, line(), line(planned=1))
    assert (answer.status_code, codes(answer)) == (422, ["PLAN_LINE_REPEATED"])
    answer = await planned(ledger, line(), by="m09")
    assert (answer.status_code, codes(answer)) == (403, ["FORBIDDEN_SCOPE"])
    assert (await planned(ledger, line(), by="m01")).status_code == 404
    answers = await asyncio.gather(*(planned(ledger, line(planned=at)) for at in (1, 2)))
    assert sorted(one.status_code for one in answers) == [200, 412]


@pytest.mark.parametrize(
    ("kind", "amount", "until", "expected"),
    [
        (ProtectionKind.INFRINGEMENT, None, None, []),
        (ProtectionKind.PLEDGE, 1, date(2026, 1, 10), []),
        (ProtectionKind.PLEDGE, 1, date(2026, 1, 9), ["DAYS_REVERSED"]),
        (ProtectionKind.PLEDGE, None, date(2026, 1, 11), ["PROTECTION_INCOMPLETE"]),
        (ProtectionKind.INSURANCE, 1, None, ["PROTECTION_INCOMPLETE"]),
    ],
)
def test_a_pledge_or_an_insurance_has_its_amount_and_end(
    kind: ProtectionKind, amount: int | None, until: date | None, expected: list[str]
) -> None:
    day = date(2026, 1, 10)
    checks = rules.protection_checks(kind, day, until, amount, first_on=day, today=day)
    assert failed_codes(checks) == expected


async def reported(ledger: Ledger, asset_id: str, by: str = "m04", **over: Any) -> httpx.Response:
    body = {
        "asset_id": asset_id, "kind": "infringement", "occurred_on": "2026-01-10",
        "counterparty": "（示例）侵权方", **over,
    }  # fmt: skip
    async with ledger.member(by) as client:
        return await client.post("/v1/ip-ledger/protection-events", json=body)


@pytest.mark.anyio
@pytest.mark.requirement("A043")
async def test_what_protects_a_right_is_recorded_and_shown(ledger: Ledger) -> None:
    asset = await ledger.registered()
    first = await reported(ledger, asset["id"])
    assert first.status_code == 201, first.text
    pledge: dict[str, Any] = {
        "kind": "pledge",
        "until_on": "2028-01-09",
        "amount": {"amount": 500_000_000},
    }
    assert (await reported(ledger, asset["id"], **pledge)).status_code == 201
    async with ledger.member("m09") as member:
        path = f"/v1/ip-ledger/protection-events?asset_id={asset['id']}"
        shown = (await member.get(path)).json()["items"]
    assert [one["kind"] for one in shown] == ["pledge", "infringement"]


@pytest.mark.anyio
@pytest.mark.requirement("A043")
@pytest.mark.refusing
async def test_no_event_precedes_its_right_or_comes_from_a_stranger(ledger: Ledger) -> None:
    asset = await ledger.registered()
    for day, code in [("2023-11-01", "BEFORE_ASSET"), ("2026-01-21", "DAY_IN_FUTURE")]:
        answer = await reported(ledger, asset["id"], occurred_on=day)
        assert (answer.status_code, codes(answer)) == (422, [code])
    answer = await reported(ledger, asset["id"], by="m09")
    assert (answer.status_code, codes(answer)) == (403, ["FORBIDDEN_SCOPE"])
    assert (await reported(ledger, asset["id"], by="m01")).status_code == 404
