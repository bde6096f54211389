"""A payee's year: its lines, its rewards, and books that say the same."""

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.ip_ledger.distributions.world import World, build

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    async with running("ip_ledger") as service:
        yield await build(service)


def path(world: World, year: int = 2028, file: str = "") -> str:
    return f"/v1/ip-ledger/payees/{world.company}/statements/{year}{file}"


async def read(client: Any, address: str) -> Any:
    answer = await client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.requirement("A086", "X04")
async def test_a_years_lines_come_to_what_the_journal_paid(world: World) -> None:
    await world.paid(await world.run())
    second = await world.run()
    await world.paid(second)
    undoing = f"distribution-runs/{second['id']}/reverse"
    await world.post(world.operator(world.approver), undoing, {"reason": "void"})
    shown = await read(world.owner(world.company), path(world))
    amounts = [line["amount"]["amount"] for line in shown["lines"]]
    assert sum(amounts) == shown["totals"][0]["amount"]["amount"] == amounts[0]
    assert [line["reverses"] for line in shown["lines"]] == [False, False, True]
    [books] = shown["books"]
    assert shown["agrees"]
    assert books["paid_by_runs"]["amount"] == sum(amounts)
    assert (books["opening"]["amount"], books["closing"]["amount"]) == (0, 0)
    assert books["credits"] == books["debits"]
    rewards = [reward["amount"]["amount"] for reward in shown["rewards"]]
    assert sum(rewards) == shown["totals"][0]["rewards"]["amount"] == rewards[0] == 18_936_321
    # Of another year nothing is told; the accounts are there and stand at nothing.
    empty = await read(world.owner(world.company), path(world, 2027))
    assert (empty["lines"], empty["totals"], empty["agrees"]) == ([], [], True)


@pytest.mark.requirement("A086")
async def test_the_workbook_and_the_pdf_tell_the_same(world: World) -> None:
    await world.paid(await world.run())
    owner = world.owner(world.company)
    shown = await read(owner, path(world))
    answer = await owner.get(path(world, file="/statement.xlsx"))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert f"<v>{shown['lines'][0]['amount']['amount']}</v>" in sheet
    assert "金额（分）" in texts
    assert (await owner.get(path(world, file="/statement.pdf"))).content.startswith(b"%PDF")
    # Also of a year in which nothing was paid.
    assert (await owner.get(path(world, 2031, "/statement.pdf"))).content.startswith(b"%PDF")


@pytest.mark.requirement("X04", "A086")
@pytest.mark.refusing
async def test_a_payee_sees_its_own_only(world: World) -> None:
    await world.paid(await world.run())
    for file in ("", "/statement.pdf", "/statement.xlsx"):
        for org_id in (world.university, world.stranger):
            answer = await world.owner(org_id).get(path(world, file=file))
            assert answer.status_code == 404
    assert (await read(world.operator(), path(world)))["lines"]
    unknown = f"/v1/ip-ledger/payees/{world.asset_id}/statements/2028"
    assert (await world.service.client("handler").get(unknown)).status_code == 404
    own = f"/v1/ip-ledger/payees/{world.stranger}/statements/2028"
    assert (await world.operator().get(own)).status_code == 404
