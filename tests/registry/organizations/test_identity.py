"""Names, codes, owners and successors: who it is stays, whatever it is called."""

import asyncio
from typing import Any

import pytest

from registry.organizations import rules
from shared.database import new_id
from shared.rules import failed_codes
from tests.fixtures.service import RunningService
from tests.registry.organizations.entering import (
    ORGANIZATIONS,
    code,
    entered,
    entry,
    handler,
    member,
    path,
    tag,
)


@pytest.mark.parametrize(
    ("parents", "passed"),
    [({}, True), ({"B": "C"}, True), ({"B": "A"}, False), ({"B": "C", "C": "A"}, False)],
)
def test_owners_never_lead_back(parents: dict[str, str], *, passed: bool) -> None:
    assert (failed_codes(rules.cycle_checks("A", "B", parents)) == []) is passed
    assert failed_codes(rules.cycle_checks("A", "A", {})) == ["OWNERSHIP_CYCLE"]


@pytest.mark.parametrize(
    ("name", "writable"),
    [
        ("上海澄曜（示例）有限公司", True),
        ("Chengyao Co., Ltd.", True),
        ("上海\u202e司公限有", False),
        ("上海\u200b澄曜", False),
        ("上海\u0000澄曜", False),
        ("上海\n澄曜", False),
        ("\u2066上海\u2069", False),
    ],
)
def test_a_name_holds_nothing_that_cannot_be_seen(name: str, *, writable: bool) -> None:
    assert rules.is_writable(name) is writable


pytestmark = pytest.mark.anyio


@pytest.mark.refusing
@pytest.mark.parametrize("name", ["上海\u202e司公限有", "上海\u200b澄曜", "上海\u0000澄曜", "   "])
async def test_a_name_with_invisible_marks_is_refused(registry: RunningService, name: str) -> None:
    async with handler(registry) as official:
        answer = await official.post(ORGANIZATIONS, json=entry(1, name=name))
    assert answer.status_code == 422, answer.text
    assert "\u202e" not in answer.text


@pytest.mark.requirement("A105")
async def test_a_renamed_organization_is_found_under_its_former_name(
    registry: RunningService,
) -> None:
    org = await entered(registry, 1, name="上海旧名光电有限公司")
    async with handler(registry) as official:
        await official.patch(path(org), json={"name": "上海新名光电有限公司"}, headers=tag(1))
        await official.post(
            path(org, "names"), json={"name": "Xinming Photonics", "kind": "full", "language": "en"}
        )
        twice = await official.post(
            path(org, "names"),
            json={"name": "新名光电", "kind": "former", "from_on": "2021-01-01"},
        )
        names = (await official.get(path(org, "names"))).json()["items"]
        found = [
            (await official.get(ORGANIZATIONS, params={"name": name})).json()["items"]
            for name in ("旧名光电", "新名", "xinming")
        ]
    assert [(one["name"], one["kind"], one["until_on"]) for one in names] == [
        ("上海旧名光电有限公司", "former", "2026-01-11"),
        ("上海新名光电有限公司", "full", None),
        ("Xinming Photonics", "full", None),
    ]
    assert (twice.status_code, twice.json()["code"]) == (422, "FIELD_MISSING")
    assert [[one["id"] for one in items] for items in found] == [[org["id"]]] * 3


@pytest.mark.requirement("A105")
async def test_an_old_code_goes_on_naming_the_organization(registry: RunningService) -> None:
    org, child = await entered(registry, 1), await entered(registry, 2, parent_uscc=code(1))
    body = {"uscc": code(3), "effective_on": "2026-01-05", "basis": "换发营业执照"}
    async with handler(registry) as official:
        taken = await official.post(
            path(org, "renumbering"), json={**body, "uscc": code(2)}, headers=tag(1)
        )
        done = await official.post(path(org, "renumbering"), json=body, headers=tag(1))
        found = [
            (await official.get(ORGANIZATIONS, params={"uscc": known})).json()["items"]
            for known in (code(1), code(3))
        ]
        again = await official.post(ORGANIZATIONS, json=entry(1, name="another"))
        held = (await official.get(path(child))).json()
        then = (await official.get(path(org), params={"on": "2026-01-04"})).json()
    assert (taken.status_code, taken.json()["code"]) == (409, "ALREADY_EXISTS")
    assert (done.status_code, done.json()["id"], done.json()["uscc"]) == (200, org["id"], code(3))
    assert [[one["id"] for one in items] for items in found] == [[org["id"]], [org["id"]]]
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_EXISTS")
    assert (held["parent_uscc"], then["uscc"]) == (code(3), code(1))


async def succeed(
    registry: RunningService, org: Any, successor: Any, version: int = 1, **over: Any
) -> Any:
    body = {
        "successor_id": successor["id"], "kind": "absorption", "effective_on": "2026-01-05",
        "basis": "准予合并登记通知书", **over,
    }  # fmt: skip
    async with handler(registry) as official:
        return await official.post(path(org, "succession"), json=body, headers=tag(version))


@pytest.mark.requirement("A105")
async def test_id_code_and_name_of_a_merged_organization_answer_with_the_successor(
    registry: RunningService,
) -> None:
    first = await entered(registry, 1, name="上海甲乙光学有限公司")
    second, third = await entered(registry, 2), await entered(registry, 3)
    assert (await succeed(registry, first, second)).status_code == 201
    assert (await succeed(registry, second, third, version=2)).status_code == 201
    async with handler(registry) as official:
        by_id = await official.get(path(first))
        by_code = await official.get(ORGANIZATIONS, params={"uscc": code(1)})
        by_name = await official.get(ORGANIZATIONS, params={"name": "甲乙光学"})
        listed = await official.get(ORGANIZATIONS)
        relations = (await official.get(path(second, "relations"))).json()
        own = (await official.get(path(first), params={"on": "2025-01-01"})).json()
        written = await official.patch(path(first), json={"is_sme": True}, headers=tag(3))
    assert by_id.json()["id"] == third["id"]
    assert by_id.headers["Content-Location"] == path(third)
    assert [one["id"] for one in by_code.json()["items"]] == [third["id"]]
    assert [one["id"] for one in by_name.json()["items"]] == [third["id"]]
    assert [one["id"] for one in listed.json()["items"]] == [third["id"]]
    pairs = [(one["predecessor_id"], one["successor_id"]) for one in relations["successions"]]
    assert pairs == [(first["id"], second["id"]), (second["id"], third["id"])]
    assert (own["id"], own["uscc"], own["successor_id"]) == (first["id"], code(1), third["id"])
    assert (written.status_code, written.json()["code"]) == (409, "STATE_CONFLICT")


@pytest.mark.requirement("A105")
@pytest.mark.refusing
async def test_no_succession_leads_back_or_washes_a_record_away(registry: RunningService) -> None:
    first, second = await entered(registry, 1), await entered(registry, 2)
    async with handler(registry) as official:
        await official.patch(path(first), json={"dishonesty_until": "2027-01-01"}, headers=tag(1))
    itself = await succeed(registry, first, first, version=2)
    late = await succeed(registry, first, second, version=2, effective_on="2026-01-13")
    assert (await succeed(registry, first, second, version=2)).status_code == 201
    back = await succeed(registry, second, first, version=2)
    twice = await succeed(registry, first, second, version=3)
    async with handler(registry) as official:
        barred = (await official.get(path(second))).json()["dishonesty_until"]
    assert [one.json()["code"] for one in (itself, late, back, twice)] == [
        "SUCCESSOR_INVALID", "DAY_IN_FUTURE", "SUCCESSOR_INVALID", "STATE_CONFLICT",
    ]  # fmt: skip
    assert barred == "2027-01-01"


@pytest.mark.refusing
async def test_of_two_organizations_that_would_follow_each_other_one_does(
    registry: RunningService,
) -> None:
    first, second = await entered(registry, 1), await entered(registry, 2)
    answers = await asyncio.gather(
        succeed(registry, first, second), succeed(registry, second, first)
    )
    assert sorted(answer.status_code for answer in answers) in ([201, 412], [201, 422])


@pytest.mark.requirement("A105")
@pytest.mark.refusing
async def test_organizations_cannot_own_each_other(registry: RunningService) -> None:
    first = await entered(registry, 1)
    second = await entered(registry, 2, parent_uscc=code(1))
    third = await entered(registry, 3, parent_uscc=code(2))
    async with handler(registry) as official:
        ring = await official.patch(path(first), json={"parent_uscc": code(3)}, headers=tag(1))
        own = await official.patch(path(first), json={"parent_uscc": code(1)}, headers=tag(1))
        entered_last = await official.post(ORGANIZATIONS, json=entry(4, parent_uscc=code(4)))
        relations = (await official.get(path(second, "relations"))).json()
    for answer in (ring, own, entered_last):
        assert (answer.status_code, answer.json()["code"]) == (422, "OWNERSHIP_CYCLE")
    assert relations["parent"]["id"] == first["id"]
    assert [one["id"] for one in relations["held"]] == [third["id"]]


@pytest.mark.refusing
async def test_of_two_owners_entered_at_once_that_close_a_ring_one_is_refused(
    registry: RunningService,
) -> None:
    first, second = await entered(registry, 1), await entered(registry, 2)

    async def own(org: Any, owner: int) -> Any:
        async with handler(registry) as official:
            return await official.patch(
                path(org), json={"parent_uscc": code(owner)}, headers=tag(1)
            )

    answers = await asyncio.gather(own(first, 2), own(second, 1))
    assert sorted(answer.status_code for answer in answers) == [200, 422]


@pytest.mark.refusing
async def test_members_change_no_identity(registry: RunningService) -> None:
    org = await entered(registry, 1)
    bodies = {
        "names": {"name": "别名", "kind": "short"},
        "renumbering": {"uscc": code(5), "effective_on": "2026-01-05", "basis": "x"},
        "succession": {
            "successor_id": str(new_id()), "kind": "merger", "effective_on": "2026-01-05",
            "basis": "x",
        },
    }  # fmt: skip
    async with member(registry, org["id"]) as own:
        answers = [
            await own.post(path(org, name), json=body, headers=tag(1))
            for name, body in bodies.items()
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
