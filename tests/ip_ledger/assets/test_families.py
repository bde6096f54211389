"""Priorities, divisions and national phases join rights to families; nothing comes from itself."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ip_ledger.assets import family_rules
from ip_ledger.assets.family_rules import KinshipKind, Relative
from ip_ledger.assets.rules import AssetKind
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, codes, figures

CENTER = uuid4()
FILED = date(2024, 2, 29)


def relative(
    filed_on: date | None = FILED, kind: AssetKind = AssetKind.INVENTION, office: str = "CN"
) -> Relative:
    return Relative(uuid4(), CENTER, kind, office, filed_on)


def faults(kind: KinshipKind, child: Relative, parent: Relative, **over: Any) -> list[str]:
    known = {"above_parent": {parent.asset_id}, "earliest_on": parent.filed_on, "is_known": False}
    return failed_codes(family_rules.kinship_checks(kind, child, parent, **{**known, **over}))


@pytest.mark.requirement("A026")
@pytest.mark.parametrize(
    ("kind", "child", "parent", "expected"),
    [
        # 专利法29: twelve months, six for a design; the last day is included.
        (KinshipKind.PRIORITY, relative(date(2025, 2, 28)), relative(), []),
        (KinshipKind.PRIORITY, relative(date(2025, 3, 1)), relative(), ["KINSHIP_TERM_OVER"]),
        (
            KinshipKind.PRIORITY,
            relative(date(2024, 8, 29), AssetKind.DESIGN),
            relative(kind=AssetKind.DESIGN),
            [],
        ),
        (
            KinshipKind.PRIORITY,
            relative(date(2024, 8, 30), AssetKind.DESIGN),
            relative(kind=AssetKind.DESIGN),
            ["KINSHIP_TERM_OVER"],
        ),
        (KinshipKind.PRIORITY, relative(date(2024, 2, 28)), relative(), ["DAYS_OUT_OF_ORDER"]),
        (KinshipKind.DIVISION, relative(), relative(), []),
        (
            KinshipKind.DIVISION,
            relative(kind=AssetKind.UTILITY),
            relative(),
            ["KINSHIP_INVALID"],
        ),
        (KinshipKind.DIVISION, relative(office="US"), relative(), ["KINSHIP_INVALID"]),
        (KinshipKind.NATIONAL_PHASE, relative(date(2026, 10, 29)), relative(office="PCT"), []),
        (
            KinshipKind.NATIONAL_PHASE,
            relative(date(2026, 10, 30)),
            relative(office="PCT"),
            ["KINSHIP_TERM_OVER"],
        ),
        (KinshipKind.NATIONAL_PHASE, relative(), relative(), ["KINSHIP_INVALID"]),
        (
            KinshipKind.PRIORITY,
            relative(date(2025, 2, 28), AssetKind.UTILITY),
            relative(kind=AssetKind.UTILITY),
            [],
        ),
        (
            KinshipKind.PRIORITY,
            relative(date(2025, 3, 1), AssetKind.UTILITY),
            relative(kind=AssetKind.UTILITY),
            ["KINSHIP_TERM_OVER"],
        ),
        # A priority is claimed in other offices, for other kinds, and by an international filing.
        (KinshipKind.PRIORITY, relative(office="US"), relative(), []),
        (KinshipKind.PRIORITY, relative(office="PCT"), relative(), []),
        (KinshipKind.PRIORITY, relative(kind=AssetKind.UTILITY), relative(), []),
        (KinshipKind.CONTINUATION, relative(office="US"), relative(office="US"), []),
        (KinshipKind.CONTINUATION, relative(office="US"), relative(), ["KINSHIP_INVALID"]),
        (
            KinshipKind.CONTINUATION,
            relative(kind=AssetKind.DESIGN),
            relative(),
            ["KINSHIP_INVALID"],
        ),
        (
            KinshipKind.NATIONAL_PHASE,
            relative(office="PCT"),
            relative(office="PCT"),
            ["KINSHIP_INVALID"],
        ),
        (KinshipKind.PRIORITY, relative(None), relative(), ["KINSHIP_INVALID"]),
        (
            KinshipKind.PRIORITY,
            relative(kind=AssetKind.SOFTWARE),
            relative(),
            ["KINSHIP_INVALID"],
        ),
    ],
)
def test_each_act_has_its_term_and_its_offices(
    kind: KinshipKind, child: Relative, parent: Relative, expected: list[str]
) -> None:
    assert faults(kind, child, parent) == expected


def test_the_term_of_a_national_phase_runs_from_the_earliest_priority() -> None:
    parent = relative(date(2025, 2, 1), office="PCT")
    child = relative(date(2026, 10, 30))
    assert faults(KinshipKind.NATIONAL_PHASE, child, parent) == []
    assert faults(KinshipKind.NATIONAL_PHASE, child, parent, earliest_on=FILED) == [
        "KINSHIP_TERM_OVER"
    ]


@pytest.mark.requirement("A026")
@pytest.mark.refusing
def test_every_fault_of_a_kinship_is_told_at_once() -> None:
    child, parent = relative(date(2023, 1, 1), office="US"), relative()
    told = faults(KinshipKind.DIVISION, child, parent, above_parent={child.asset_id}, is_known=True)
    assert sorted(told) == [
        "ALREADY_EXISTS", "DAYS_OUT_OF_ORDER", "FAMILY_CYCLE", "KINSHIP_INVALID",
    ]  # fmt: skip


async def filed(ledger: Ledger, number: str, filed_on: str, **over: Any) -> str:
    return str((await ledger.registered(number=number, filed_on=filed_on, **over))["id"])


async def kin(
    ledger: Ledger, child: str, parent: str, kind: str = "priority", by: str = "m04"
) -> httpx.Response:
    async with ledger.member(by) as client:
        return await client.post(
            f"/v1/ip-ledger/assets/{child}/kinships", json={"parent_id": parent, "kind": kind}
        )


async def read(ledger: Ledger, path: str, by: str = "m09") -> Any:
    async with ledger.member(by) as client:
        answer = await client.get(f"/v1/ip-ledger/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.anyio
@pytest.mark.requirement("A026")
async def test_a_family_is_shown_searched_and_counted_once_in_the_plan(ledger: Ledger) -> None:
    first = await filed(ledger, "202310000001.5", "2023-11-02")
    pct = await filed(ledger, "PCT/CN2024/000001", "2024-10-01")
    abroad = await filed(ledger, "US18/000001", "2025-04-02")
    alone = await filed(ledger, "202410000002.4", "2024-01-05")
    assert (await kin(ledger, pct, first)).status_code == 201
    answer = await kin(ledger, abroad, pct, "national_phase")
    assert (answer.status_code, answer.json()["kind"]) == (201, "national_phase")
    family = await read(ledger, f"assets/{abroad}/family")
    assert [one["asset_id"] for one in family["members"]] == [first, pct, abroad]
    assert (family["earliest_on"], family["jurisdictions"]) == ("2023-11-02", ["CN", "PCT", "US"])
    assert [(one["asset_id"], one["parent_id"]) for one in family["kinships"]] == [
        (pct, first), (abroad, pct),
    ]  # fmt: skip
    shown = await read(ledger, f"assets/{first}")
    assert shown["family_id"] == family["family_id"]
    found = await read(ledger, f"assets?family_id={shown['family_id']}")
    assert {one["id"] for one in found["items"]} == {first, pct, abroad}
    found = await read(ledger, "assets?number=202410000002.4")
    assert [one["id"] for one in found["items"]] == [alone]
    # Three filings of 2023 to 2025, of one invention; the plan counts each year's inventions.
    plan = await read(ledger, f"layout-plans/{ledger.center['c03']}/2024")
    assert (plan["filed"], plan["families"]) == (2, 2)
    # What was said wrongly is taken back: the family falls apart, the record stays.
    taken = answer.json()["id"]
    async with ledger.member("m04") as lead:
        path = f"/v1/ip-ledger/assets/{abroad}/kinships/{taken}/withdrawal"
        back = await lead.post(path, json={"reason": "优先权号填写错误"})
        assert (back.status_code, back.json()["reason"]) == (200, "优先权号填写错误")
        again = await lead.post(path, json={"reason": "again"})
        assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])
    assert (await read(ledger, f"assets/{abroad}"))["family_id"] is None
    assert len((await read(ledger, f"assets/{pct}/family"))["members"]) == 2
    assert (await kin(ledger, abroad, pct, "national_phase")).status_code == 201


@pytest.mark.anyio
@pytest.mark.requirement("A026")
@pytest.mark.refusing
async def test_no_right_comes_from_itself_and_no_stranger_says_so(ledger: Ledger) -> None:
    one, two, three = [
        await filed(ledger, number, "2024-01-05")
        for number in ("202410000002.4", "202310000001.5", "202410000003.9")
    ]
    assert (await kin(ledger, one, one)).json()["errors"][0]["code"] == "FAMILY_CYCLE"
    for child, parent in ((two, one), (three, two)):
        assert (await kin(ledger, child, parent, "division")).status_code == 201
    ring = await kin(ledger, one, three, "division")
    assert (ring.status_code, codes(ring)) == (422, ["FAMILY_CYCLE"])
    twice = await kin(ledger, two, one)
    assert (twice.status_code, codes(twice)) == (409, ["ALREADY_EXISTS"])
    assert (await kin(ledger, three, one, by="m01")).status_code == 404
    assert (await kin(ledger, three, str(uuid4()))).status_code == 404
    late = await filed(ledger, "202510000001.4", "2025-01-06")
    answer = await kin(ledger, late, one)
    assert figures(answer, "KINSHIP_TERM_OVER")["limit"] == "2025-01-05"


@pytest.mark.anyio
@pytest.mark.refusing
async def test_three_at_once_close_no_ring(ledger: Ledger) -> None:
    ids = [
        await filed(ledger, number, "2024-01-05")
        for number in ("202410000002.4", "202310000001.5", "202410000003.9")
    ]
    pairs = zip(ids, [*ids[1:], ids[0]], strict=True)
    answers = await asyncio.gather(*(kin(ledger, a, b, "division") for a, b in pairs))
    assert sorted(one.status_code for one in answers) == [201, 201, 422]
