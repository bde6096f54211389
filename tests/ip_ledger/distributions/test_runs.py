"""Runs over HTTP on a real database: C7-3 from income to a receipt that verifies offline."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlmodel import col, select

from ip_ledger.distributions.tables import DistributionRun, ShareCarry
from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import AccountBalance, JournalEntry
from ip_ledger.log.tables import LogRecord
from shared import verifier
from shared.database import new_id
from tests.fixtures.service import event_types
from tests.ip_ledger.distributions.world import World, build
from zhichuang import verify

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    async with running("ip_ledger") as service:
        yield await build(service)


@pytest.mark.requirement("A086", "A033", "X07")
async def test_income_is_shared_paid_and_proved(world: World) -> None:
    rule = {"owner_id": str(world.university), "rate_ppm": 700_000, "basis": "rule of 2027"}
    run = await world.run(reward_rules=[rule])
    assert (run["state"], run["net"]["amount"]) == ("calculated", 108_207_547)
    assert [line["amount"]["amount"] for line in run["lines"]] == [
        43_283_019,
        37_872_641,
        27_051_887,
    ]
    rewards = {reward["owner_id"]: reward["amount"]["amount"] for reward in run["rewards"]}
    assert rewards[str(world.university)] == 30_298_114

    assert (await world.confirmed(run))["state"] == "confirmed"
    path = f"distribution-runs/{run['id']}"
    approved = await world.post(world.operator(world.approver), f"{path}/approve", status=200)
    assert approved["state"] == "approved"
    paid = await world.post(world.operator(), f"{path}/pay", status=200)
    assert (paid["state"], paid["paid_on"], len(paid["entry_ids"])) == ("paid", "2028-03-10", 3)

    async with world.sessions.reading() as session:
        assert sum(await session.scalars(select(col(AccountBalance.balance_fen)))) == 0
        assert await journal.wrong_balances(session) == []
    await world.service.number()
    key = (await world.operator().get("/v1/ip-ledger/log/key")).text
    for line in run["lines"]:
        owner = world.owner(line["payee_id"])
        answer = await owner.get(f"/v1/ip-ledger/receipts/{line['id']}")
        proved = verify.verified(answer.content, key)
        assert proved.opened["amount"] == line["amount"]
        assert proved.record["document"]["plan_hash"] == run["plan_hash"]
    types = await event_types(world.sessions)
    assert [t for t in types if t.startswith("distribution.")] == [
        "distribution.drafted",
        *["distribution.confirmed"] * 3,
        "distribution.approved",
        "distribution.paid",
    ]


@pytest.mark.requirement("A086")
async def test_a_preview_shows_the_run_and_writes_nothing(world: World) -> None:
    event = await world.income()
    body = {"revenue_event_ids": [event["id"]]}
    shown = await world.post(world.operator(), "distribution-runs?preview=true", body)
    assert shown["net"]["amount"] == 108_207_547
    async with world.sessions.reading() as session:
        assert (await session.scalars(select(DistributionRun))).all() == []
    drafted = await world.post(world.operator(), "distribution-runs", body)
    assert drafted["plan_hash"] == shown["plan_hash"]


@pytest.mark.requirement("A033")
@pytest.mark.refusing
async def test_a_rule_below_the_floor_is_refused_with_the_least_amount(world: World) -> None:
    event = await world.income()
    body = {
        "revenue_event_ids": [event["id"]],
        "reward_rules": [{"owner_id": str(world.university), "rate_ppm": 450_000}],
    }
    problem = await world.post(world.operator(), "distribution-runs", body, status=409)
    assert problem["code"] == "REWARD_BELOW_FLOOR"
    assert problem["errors"][0]["params"]["min"] == {"amount": 21_641_510, "currency": "CNY"}


@pytest.mark.requirement("A033")
@pytest.mark.refusing
async def test_no_other_deduction_than_the_laws_is_taken(world: World) -> None:
    fee = [{"kind": "management", "amount": {"amount": 1}}]
    body = {
        "asset_id": str(world.asset_id), "kind": "license", "gross": {"amount": 100},
        "deductions": fee, "received_on": "2028-03-01",
    }  # fmt: skip
    await world.post(world.operator(), "revenue-events", body, status=422)
    body |= {"deductions": [{"kind": "tax", "amount": {"amount": 101}}]}
    problem = await world.post(world.operator(), "revenue-events", body, status=422)
    assert problem["code"] == "NET_NEGATIVE"
    body |= {"deductions": [], "received_on": "2028-03-11"}
    problem = await world.post(world.operator(), "revenue-events", body, status=422)
    assert problem["code"] == "NOT_YET_RECEIVED"


@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_who_drafted_does_not_approve(world: World) -> None:
    run = await world.run()
    await world.confirmed(run)
    path = f"distribution-runs/{run['id']}/approve"
    problem = await world.post(world.operator(), path, status=403)
    assert problem["code"] == "SOD_VIOLATION"


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_nobody_confirms_for_another_owner_or_another_plan_or_twice(world: World) -> None:
    run = await world.run()
    path = f"distribution-runs/{run['id']}/confirmations"
    body = {"plan_hash": run["plan_hash"]}
    own = world.owner(world.university)
    for_another = body | {"owner_id": str(world.company)}
    assert (await world.post(own, path, for_another, 403))["code"] == "FORBIDDEN_SCOPE"
    assert (await world.post(own, path, {"plan_hash": "0" * 64}, 409))["code"] == "STALE_INPUT"
    await world.post(own, path, body)
    assert (await world.post(own, path, body, 409))["code"] == "ALREADY_EXISTS"
    await world.post(world.owner(world.stranger), path, body, 404)


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_steps_out_of_order_are_refused(world: World) -> None:
    run = await world.run()
    path = f"distribution-runs/{run['id']}"
    for step, person in [("approve", world.approver), ("pay", None), ("reverse", world.approver)]:
        problem = await world.post(world.operator(person), f"{path}/{step}", status=409)
        assert problem["code"] == "STATE_CONFLICT"


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_income_is_shared_once_until_its_run_is_cancelled(world: World) -> None:
    run = await world.run()
    body = {"revenue_event_ids": run["revenue_event_ids"]}
    problem = await world.post(world.operator(), "distribution-runs", body, 409)
    assert problem["code"] == "REVENUE_DISTRIBUTED"
    await world.post(world.operator(), f"distribution-runs/{run['id']}/cancel", status=200)
    await world.post(world.operator(), "distribution-runs", body)


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_inputs_that_moved_are_noticed_at_the_next_step(world: World) -> None:
    first, second = await world.run(), await world.run()
    thirds = [world.university, world.company, world.entity]
    async with world.sessions.begin() as session:
        session.add_all(
            ShareCarry(
                scope_id=world.asset_id, party_id=party, currency="CNY", millionths=millionths
            )
            for party, millionths in zip(thirds, (300_000, -200_000, -100_000), strict=True)
        )
    path = f"distribution-runs/{first['id']}/confirmations"
    problem = await world.post(
        world.owner(world.company), path, {"plan_hash": first["plan_hash"]}, 409
    )
    assert problem["code"] == "STALE_INPUT"
    assert second["plan_hash"] != first["plan_hash"]


@pytest.mark.requirement("X07", "A086")
async def test_a_paid_run_is_undone_by_a_new_one_with_its_carry(world: World) -> None:
    paid = await world.paid(await world.run())
    async with world.sessions.reading() as session:
        carried = list(await session.scalars(select(col(ShareCarry.millionths))))
    assert sorted(carried) == [-250_000, -200_000, 450_000]
    path = f"distribution-runs/{paid['id']}/reverse"
    early = {"effective_on": "2028-03-09", "reason": "void"}
    approver = world.operator(world.approver)
    assert (await world.post(approver, path, early, 422))["code"] == "REVERSAL_BEFORE_ORIGINAL"
    undone = await world.post(approver, path, early | {"effective_on": "2028-03-10"})
    assert (undone["kind"], undone["reverses_id"]) == ("reversal", paid["id"])
    assert [line["amount"]["amount"] for line in undone["lines"]] == [
        -43_283_019,
        -37_872_641,
        -27_051_887,
    ]
    async with world.sessions.reading() as session:
        assert set(await session.scalars(select(col(ShareCarry.millionths)))) == {0}
        assert await journal.wrong_balances(session) == []
        undoing = select(JournalEntry).where(col(JournalEntry.reverses_id).is_not(None))
        assert len((await session.scalars(undoing)).all()) == 3
    assert (await world.post(approver, path, {}, 409))["code"] == "STATE_CONFLICT"
    again = {"revenue_event_ids": paid["revenue_event_ids"]}
    assert (await world.post(world.operator(), "distribution-runs", again))["state"] == "calculated"


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_stranger_sees_neither_income_nor_run_nor_receipt(world: World) -> None:
    paid = await world.paid(await world.run())
    await world.service.number()
    stranger = world.owner(world.stranger)
    for path in (
        f"revenue-events/{paid['revenue_event_ids'][0]}",
        f"distribution-runs/{paid['id']}",
        f"receipts/{paid['lines'][0]['id']}",
        f"receipts/{paid['entry_ids'][0]}",
    ):
        assert (await stranger.get(f"/v1/ip-ledger/{path}")).status_code == 404
    assert (await stranger.get("/v1/ip-ledger/distribution-runs")).json()["items"] == []
    assert (await stranger.get("/v1/ip-ledger/revenue-events")).json()["items"] == []
    assert (await stranger.get("/v1/ip-ledger/accounts")).json()["items"] == []
    other_payee = world.owner(world.company)
    line = next(x for x in paid["lines"] if x["payee_id"] == str(world.university))
    # The lead sponsor acts for the centre in its runs; another owner's receipt stays the owner's.
    assert (await other_payee.get(f"/v1/ip-ledger/receipts/{line['id']}")).status_code == 404


@pytest.mark.refusing
async def test_a_record_without_a_checkpoint_says_when_to_come_back(world: World) -> None:
    paid = await world.paid(await world.run())
    owner = world.owner(paid["lines"][0]["payee_id"])
    early = await owner.get(f"/v1/ip-ledger/receipts/{paid['lines'][0]['id']}")
    assert (early.status_code, early.json()["code"]) == (409, "NOT_YET_SEQUENCED")
    assert early.headers["retry-after"] == "1"


async def test_amounts_and_names_never_stand_in_a_stored_record(world: World) -> None:
    paid = await world.paid(await world.run())
    async with world.sessions.reading() as session:
        for record in await session.scalars(select(LogRecord)):
            told = verifier.read_record(record.body)
            assert "43283019" not in str(told)
            assert str(world.university) not in str(told)
            assert set(told) >= {"v", "sealed", "document", "kind"}
            assert told["v"] == 2 or "salt" in told
    assert paid["state"] == "paid"


@pytest.mark.refusing
async def test_money_needs_a_key_and_knows_its_events(world: World) -> None:
    event = await world.income()
    client = world.operator()
    body = {"revenue_event_ids": [event["id"]]}
    keyless = await client.post("/v1/ip-ledger/distribution-runs", json=body)
    assert keyless.status_code == 428
    unknown = {"revenue_event_ids": [str(new_id())]}
    await world.post(client, "distribution-runs", unknown, 404)
    await world.post(world.owner(world.university), "distribution-runs", body, 403)


@pytest.mark.requirement("A033", "X07")
async def test_each_inventor_of_a_paid_run_is_owed_and_paid_by_himself(world: World) -> None:
    rule = {
        "owner_id": str(world.university), "rate_ppm": 700_000, "basis": "rule of 2027",
        "form": "equity",
    }  # fmt: skip
    run = await world.run(reward_rules=[rule])
    await world.paid(run)
    owner = world.owner(world.university)
    listed = (await owner.get(f"/v1/ip-ledger/inventor-rewards?source_id={run['id']}")).json()
    assert [
        (one["person_id"], one["form"], one["amount"]["amount"], one["state"])
        for one in listed["items"]
    ] == [(str(world.inventor), "equity", 30_298_114, "due")]
    path = f"inventor-rewards/{listed['items'][0]['id']}/payments"
    body = {"amount": {"amount": 30_298_115}, "paid_on": "2028-03-10"}
    problem = await world.post(owner, path, body, status=422)
    assert problem["code"] == "PAYMENT_EXCEEDED"
    body["amount"] = {"amount": 30_298_114}
    await world.post(world.owner(world.company), path, body, status=403)
    paid = await world.post(owner, path, body)
    assert paid["state"] == "paid"
    async with world.sessions.reading() as session:
        assert sum(await session.scalars(select(col(AccountBalance.balance_fen)))) == 0


@pytest.mark.requirement("A033")
async def test_a_reversed_run_owes_its_inventors_nothing_more(world: World) -> None:
    run = await world.run()
    await world.paid(run)
    await world.post(world.operator(world.approver), f"distribution-runs/{run['id']}/reverse", {})
    owner = world.owner(world.university)
    listed = (await owner.get(f"/v1/ip-ledger/inventor-rewards?source_id={run['id']}")).json()
    assert {one["state"] for one in listed["items"]} == {"cancelled"}


@pytest.mark.requirement("A033", "A086")
@pytest.mark.refusing
async def test_a_management_fee_needs_a_clause_of_the_agreement(world: World) -> None:
    fee = {"kind": "management_fee", "amount": {"amount": 1_000}, "clause": "第九条"}
    body = {
        "asset_id": str(world.asset_id), "kind": "license", "gross": {"amount": 10_000},
        "deductions": [fee], "received_on": "2028-03-01",
    }  # fmt: skip
    problem = await world.post(world.operator(), "revenue-events", body, status=422)
    assert problem["code"] == "DEDUCTION_NOT_AGREED"
