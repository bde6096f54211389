"""What the facts of a centre come to."""

from typing import Any

import pytest

from registry.facts import rules
from registry.facts.rules import ChainStage
from shared.codes import uscc
from tests.registry.facts.conftest import House

SMALL, LARGE, ELSEWHERE = "91310115FAKE00021N", "91310113FAKE0011X5", "91330100FAKE002161"


def test_a_share_of_nothing_is_none() -> None:
    assert [rules.share_ppm(*pair) for pair in ((0, 0), (1, 3), (2, 2))] == [None, 333_333, 10**6]


pytestmark = pytest.mark.anyio


async def summed(house: House, name: str, org: Any = None, **asked: str) -> Any:
    caller = house.registry.client("handler") if org is None else house.caller(org)
    async with caller:
        return await caller.get(f"/v1/registry/centers/{house.center_id}/{name}", params=asked)


async def posted(house: House, key: str, **over: Any) -> Any:
    answer = await house.post(house.member, key, external_id=key, **over)
    assert answer.status_code == 201, answer.text
    return answer.json()


def passed_on(recipient: str, content: str = "new_process") -> dict[str, Any]:
    payload = {"recipient_uscc": recipient, "content": content, "title": "键合工艺包"}
    return {"kind": "diffusion", "payload": payload}


@pytest.mark.requirement("A019")
async def test_coverage_of_the_chain_is_shown_per_centre(house: House) -> None:
    await posted(house, "a")
    first = await posted(house, "b", **passed_on(SMALL))
    await posted(
        house, "c", kind="breakthrough", occurred_on="2027-04-01",
        payload={"technology": "x", "verified_by_uscc": "91310110FAKE00187W"},
    )  # fmt: skip
    whole = (await summed(house, "chain-coverage")).json()
    early = (await summed(house, "chain-coverage", until="2027-03-31")).json()
    assert [(one["stage"], one["count"]) for one in whole["stages"]] == [
        ("rd_supply", 1), ("transfer_diffusion", 2), ("first_commercialization", 0),
    ]  # fmt: skip
    assert (whole["missing"], whole["covered"]) == (["first_commercialization"], False)
    assert early["missing"] == ["rd_supply", "first_commercialization"]
    async with house.caller(house.member) as member:
        await member.post(
            f"/v1/registry/facts/{first['id']}/corrections",
            json={**passed_on(LARGE), "occurred_on": "2027-03-01", "reason": "对象有误"},
            headers={"Idempotency-Key": "z"},
        )
    again = (await summed(house, "chain-coverage", house.member)).json()
    assert again["stages"] == whole["stages"]
    assert set(again["missing"]) < set(ChainStage)


@pytest.mark.requirement("A090")
async def test_the_part_passed_on_to_small_companies_is_shown(house: House) -> None:
    await posted(house, "a", **passed_on(SMALL))
    await posted(house, "b", **passed_on(LARGE))
    await posted(house, "c", **passed_on(ELSEWHERE, "new_knowledge"))
    shown = (await summed(house, "diffusion")).json()
    assert (shown["count"], shown["sme_count"], shown["sme_share_ppm"]) == (3, 2, 666_666)
    assert shown["contents"] == [
        {"content": "new_knowledge", "count": 1, "sme_count": 1},
        {"content": "new_process", "count": 2, "sme_count": 1},
    ]
    assert (await summed(house, "diffusion", until="2027-02-28")).json()["sme_share_ppm"] is None


@pytest.mark.requirement("A041", "A092")
async def test_clients_are_split_by_region_of_the_delta(house: House) -> None:
    for key, code in (("a", SMALL), ("b", LARGE), ("c", ELSEWHERE), ("d", "91440101FAKE000106")):
        first = code[:17]
        payload = {**house.fact()["payload"], "client_uscc": first + uscc.check_character(first)}
        await posted(house, key, payload=payload)
    shown = (await summed(house, "client-regions")).json()
    assert (shown["count"], shown["member_count"], shown["delta_share_ppm"]) == (4, 1, 750_000)
    assert [(one["region"], one["in_delta"], one["count"]) for one in shown["regions"]] == [
        ("31", True, 2), ("33", True, 1), ("44", False, 1),
    ]  # fmt: skip


@pytest.mark.requirement("A019", "A090", "A092")
@pytest.mark.refusing
@pytest.mark.parametrize("name", ["chain-coverage", "diffusion", "client-regions"])
async def test_a_strangers_centre_has_no_figures(house: House, name: str) -> None:
    refused = await summed(house, name, house.stranger)
    async with house.registry.client() as outsider:
        unknown = await outsider.get(f"/v1/registry/centers/{house.center_id}/{name}")
    assert (refused.status_code, unknown.status_code) == (404, 401)
