"""Who stands in an organization's place acts in the ledger for what is under its id."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.fixtures.service import RunningService
from tests.fixtures.successions import follow
from tests.ip_ledger.assets.test_proposals import change, said, shared
from tests.ip_ledger.conftest import TEXT_SHA256, Ledger, codes
from tests.ip_ledger.contracts.test_licenses import granted
from tests.ip_ledger.distributions.world import build

pytestmark = pytest.mark.anyio
LEDGER = "/v1/ip-ledger"


def read_by_members(service: RunningService) -> list[str]:
    """Name the lists of the service that a member reads without naming anything."""
    paths = service.app.openapi()["paths"]
    return [
        path
        for path, operations in paths.items()
        if "get" in operations
        and "{" not in path
        and "member" in operations["get"].get("x-access", {}).get("capacities", ())
        and not any(one.get("required") for one in operations["get"].get("parameters", ()))
    ]


@pytest.mark.requirement("X04", "A160")
async def test_a_successor_reads_what_the_former_organization_read(ledger: Ledger) -> None:
    await ledger.signed("m04", "m09", "c03")
    asset_id = await shared(ledger)
    assert (await granted(ledger, asset_id, "ordinary")).status_code == 201
    await ledger.service.number()
    lists = read_by_members(ledger.service)
    assert len(lists) > 15

    async def seen(name: str) -> dict[str, Any]:
        async with ledger.member(name) as caller:
            answers = {path: await caller.get(path) for path in lists}
        return {
            path: answer.json().get("items")
            for path, answer in answers.items()
            if answer.headers["content-type"].startswith("application/json")
        }

    former, stranger = await seen("m09"), await seen("m01")
    own = [path for path in former if former[path] != stranger[path]]
    assert {f"{LEDGER}/agreements", f"{LEDGER}/assets", f"{LEDGER}/licenses"} <= {*own}
    await follow(ledger.sessions, ledger.org["m09"], ledger.org["m01"])
    assert await seen("m01") == former


@pytest.mark.requirement("A084", "A160")
async def test_a_successor_speaks_once_for_each_organization(ledger: Ledger) -> None:
    await follow(ledger.sessions, ledger.org["m09"], ledger.org["m08"])
    parties = ("m04", "m08", "m09")
    async with ledger.member("m04") as lead:
        made = (await lead.post(f"{LEDGER}/agreements", json=ledger.agreement(*parties))).json()
    path = f"agreements/{made['id']}/signatures"
    text = {"text_sha256": TEXT_SHA256}
    first, second, third = [await said(ledger, "m08", path, text) for _ in range(3)]
    signed = [one["org_id"] for one in second.json()["signatures"]]
    assert (first.status_code, second.status_code) == (201, 201), second.text
    assert signed == [str(ledger.org["m08"]), str(ledger.org["m09"])]
    assert codes(third) == ["ALREADY_SIGNED"]
    assert (await said(ledger, "m04", path, text)).json()["state"] == "in_force"


@pytest.mark.requirement("A084", "A033")
async def test_a_successor_does_what_the_owner_could(ledger: Ledger) -> None:
    asset_id = await shared(ledger)
    await follow(ledger.sessions, ledger.org["m09"], ledger.org["m01"])
    license_ = await granted(ledger, asset_id, "exclusive", by="m01", awaits_consents=True)
    assert license_.status_code == 201, license_.text
    body = change(ledger, m04=650_000, m09=350_000)
    path = f"assets/{asset_id}/ownership"
    proposed = await said(
        ledger, "m04", path, {**body, "awaits_consents": True}, **{"If-Match": '"2"'}
    )
    answers = f"ownership-proposals/{proposed.json()['id']}/answers"
    consented = await said(ledger, "m01", answers, {"answer": "consent"})
    assert consented.status_code == 201, consented.text
    again = await said(ledger, "m09", answers, {"answer": "consent"})
    assert codes(again) == ["ALREADY_SIGNED"]
    last = await said(ledger, "c03", answers, {"answer": "consent"})
    assert last.json()["state"] == "effective"


@pytest.mark.requirement("X04", "A084")
@pytest.mark.refusing
async def test_nobody_acts_for_whom_it_did_not_follow(ledger: Ledger) -> None:
    asset_id = await shared(ledger)
    # The predecessor does not act for its successor, nor a stranger for either.
    await follow(ledger.sessions, ledger.org["m01"], ledger.org["m09"])
    assert (await granted(ledger, asset_id, "ordinary", by="m01")).status_code == 404
    async with ledger.member("m01") as caller:
        assert (await caller.get(f"{LEDGER}/assets/{asset_id}")).status_code == 404
        bundle = f"{LEDGER}/proof-bundle?payee_id={ledger.org['m09']}"
        assert (await caller.get(bundle)).status_code == 404


@pytest.mark.requirement("A086", "A033")
async def test_an_owner_that_followed_another_confirms_for_both(
    running: Callable[..., Any],
) -> None:
    async with running("ip_ledger") as service:
        world = await build(service)
        await follow(world.sessions, world.university, world.company)
        run = await world.run()
        path, plan = f"distribution-runs/{run['id']}/confirmations", {"plan_hash": run["plan_hash"]}
        await world.post(world.owner(world.company), path, plan)
        await world.post(world.owner(world.company), path, plan)
        problem = await world.post(world.owner(world.company), path, plan, status=409)
        assert problem["code"] == "ALREADY_EXISTS"
        other = {**plan, "owner_id": str(world.entity)}
        await world.post(world.owner(world.company), path, other, status=403)
        confirmed = await world.post(world.owner(world.entity), path, plan)
        assert confirmed["state"] == "confirmed"
        approve = f"distribution-runs/{run['id']}/approve"
        await world.post(world.operator(world.approver), approve, status=200)
        paid = await world.post(world.operator(), f"distribution-runs/{run['id']}/pay", status=200)
        await service.number()
        owner = world.owner(world.company)
        rewards = (await owner.get(f"{LEDGER}/inventor-rewards")).json()["items"]
        due = next(one for one in rewards if one["owner_id"] == str(world.university))
        receipt = await owner.get(f"{LEDGER}/receipts/{paid['lines'][0]['id']}")
        statement = await owner.get(f"{LEDGER}/payees/{world.university}/statements/2028")
        assert (receipt.status_code, statement.status_code) == (200, 200), statement.text
        await world.post(
            owner, f"inventor-rewards/{due['id']}/payments",
            {"amount": due["amount"], "paid_on": "2028-03-10"},
        )  # fmt: skip
        stranger = service.client("member", org_id=UUID(int=1), sub=uuid4())
        assert (
            await stranger.get(f"{LEDGER}/receipts/{paid['lines'][0]['id']}")
        ).status_code == 404
