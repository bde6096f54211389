"""Explanations over HTTP: the lines of C7-3, their records and leaves, their pictures."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.ip_ledger.distributions.world import World, build

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    async with running("ip_ledger") as service:
        yield await build(service)


def walk(figure: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield figure
    for one in figure["made_of"]:
        yield from walk(one)


def by_step(tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {figure["step"]: figure for figure in walk(tree)}


async def explained(client: Any, run_id: str) -> Any:
    answer = await client.get(f"/v1/ip-ledger/distribution-runs/{run_id}/explanation")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.requirement("A086")
async def test_a_paid_line_is_explained_down_to_its_leaf(world: World) -> None:
    run = await world.run()
    await world.paid(run)
    await world.service.number()
    shown = await explained(world.owner(world.company), run["id"])
    assert shown["net"]["amount"] == 108_207_547
    assert [line["amount"]["amount"] for line in shown["lines"]] == [
        43_283_019, 37_872_641, 27_051_887,
    ]  # fmt: skip
    figures = by_step(shown["lines"][0]["tree"])
    assert figures["amount"]["zh"] == "应付本方 432,830.19 元"
    assert figures["amount"]["en"] == "Due to this payee CNY 432,830.19"
    assert figures["amount"]["source"]["kind"] == "distribution_line"
    assert isinstance(figures["amount"]["source"]["leaf_index"], int)
    assert figures["net"]["amount"]["amount"] == 108_207_547
    assert figures["gross"]["source"]["id"] == run["revenue_event_ids"][0]
    assert (figures["share"]["ppm"], figures["share"]["zh"]) == (
        400_000, "到账当日的权属份额 40%",
    )  # fmt: skip
    assert figures["share"]["source"]["id"] == str(world.version_id)
    assert (figures["quota"]["exact"], figures["remainder_unit"]["rank"]) == ("43283018.8", 1)
    assert figures["reward_floor"]["clause"] == "转化法45(1)"
    assert figures["inventor"]["amount"] == figures["reward"]["amount"]


async def test_a_reversal_is_explained_by_what_it_takes_back(world: World) -> None:
    run = await world.run()
    await world.paid(run)
    path = f"distribution-runs/{run['id']}/reverse"
    undoing = await world.post(world.operator(world.approver), path, {"reason": "void"})
    shown = await explained(world.operator(), undoing["id"])
    tree = shown["lines"][0]["tree"]
    assert (tree["step"], tree["amount"]["amount"]) == ("taken_back", -43_283_019)
    [original] = tree["made_of"]
    assert (original["part"], original["amount"]["amount"]) == ("subtracts", 43_283_019)
    assert original["source"]["id"] == run["lines"][0]["id"]


@pytest.mark.requirement("A086", "X04")
@pytest.mark.refusing
async def test_strangers_do_not_learn_that_there_is_a_run(world: World) -> None:
    run = await world.run()
    stranger = world.owner(world.stranger)
    for path in ("explanation", "waterfall.svg"):
        answer = await stranger.get(f"/v1/ip-ledger/distribution-runs/{run['id']}/{path}")
        assert answer.status_code == 404
    of_another = f"/v1/ip-ledger/distribution-runs/{run['id']}/waterfall.svg?line_id={uuid4()}"
    assert (await world.operator().get(of_another)).status_code == 404


@pytest.mark.parametrize(("language", "name"), [("zh-CN", "毛收入"), ("en", "Gross income")])
async def test_the_way_of_the_money_is_drawn(world: World, language: str, name: str) -> None:
    run = await world.run()
    path = f"/v1/ip-ledger/distribution-runs/{run['id']}/waterfall.svg"
    for query in ("", f"?line_id={run['lines'][0]['id']}"):
        answer = await world.operator().get(path + query, headers={"Accept-Language": language})
        assert answer.headers["content-type"].startswith("image/svg+xml")
        drawn = ET.fromstring(answer.text)  # noqa: S314 - our own text
        told = drawn.findtext("{http://www.w3.org/2000/svg}desc") or ""
        assert told.startswith(f"{name} 1,200,000.00")
        assert "432,830.19" in told
        assert "script" not in answer.text
