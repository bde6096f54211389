"""Attempts to double, lose or misread money: at once, too big, too early, killed half-way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journeys.test_owning import (
    LEDGER,
    Held,
    held,  # noqa: F401 - a fixture: pytest finds it by its name here
)
from zhichuang.demo.client import Caller, soon
from zhichuang.verify import main as verify

pytestmark = pytest.mark.xdist_group("stack")

RUNS = f"{LEDGER}/distribution-runs"
MOST = 2**53 - 1


def at_once(count: int, act: Callable[[], httpx.Response]) -> list[int]:
    """Let several do the same at once; give the statuses in order."""
    with ThreadPoolExecutor(count) as pool:
        answers = [pool.submit(act) for _ in range(count)]
        return sorted(answer.result().status_code for answer in answers)


def post(caller: Caller, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
    """Post with a connection of its own, so that several can be under way."""
    return caller._send("POST", path, body=body, headers={"Idempotency-Key": key or str(uuid4())})


def agreed(ours: Held, run: dict[str, Any]) -> str:
    """Let every owner confirm a run and the second operator approve it; give its path."""
    path = f"{RUNS}/{run['id']}"
    for owner in (ours.world.caller("m03"), ours.world.caller("m01"), ours.operators[0]):
        owner.post(f"{path}/confirmations", {"plan_hash": run["plan_hash"]})
    ours.operators[1].post(f"{path}/approve")
    return path


def balances(ours: Held) -> dict[str, int]:
    """Give the centre's balances by account."""
    shown = ours.operators[0].get(f"{LEDGER}/accounts", center_id=ours.draft.center_id, limit=500)
    return {
        f"{account['code']} {account['org_id']}": account["balance"]["amount"]
        for account in shown["items"]
    }


@pytest.mark.refusing
@pytest.mark.requirement("A086", "X05")
def test_of_several_runs_over_one_income_at_once_one_stands(held: Held) -> None:  # noqa: F811
    event = held.earned(held.owned())
    body = {"revenue_event_ids": [event["id"]], "reward_rules": []}
    drafter = held.operators[0]
    assert at_once(4, lambda: post(drafter, RUNS, body)) == [201, 409, 409, 409]


@pytest.mark.refusing
@pytest.mark.requirement("X03", "X07")
def test_a_run_is_paid_once_and_undone_once_whoever_hurries(held: Held) -> None:  # noqa: F811
    event = held.earned(held.owned())
    drafter, second = held.operators
    before = balances(held)
    run = drafter.post(RUNS, {"revenue_event_ids": [event["id"]], "reward_rules": []})
    path = agreed(held, run)
    assert at_once(4, lambda: post(second, f"{path}/pay")) == [200, 409, 409, 409]
    again = second.refused("POST", f"{path}/pay")
    assert [error["code"] for error in again["errors"]] == ["STATE_CONFLICT"]
    assert at_once(3, lambda: post(second, f"{path}/reverse", {})) == [201, 409, 409]
    after = balances(held)
    assert {name: after[name] for name in before} == before
    assert sum(after.values()) == 0


@pytest.mark.refusing
@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("paid_on", "code"), [("2025-12-31", "DAYS_OUT_OF_ORDER"), ("2199-01-01", "DAY_IN_FUTURE")]
)
def test_a_run_is_paid_neither_before_its_approval_nor_ahead_of_time(
    paid_on: str,
    code: str,
    held: Held,  # noqa: F811
) -> None:
    event = held.earned(held.owned())
    drafter, second = held.operators
    run = drafter.post(RUNS, {"revenue_event_ids": [event["id"]], "reward_rules": []})
    path = agreed(held, run)
    problem = second.refused("POST", f"{path}/pay", {"paid_on": paid_on})
    assert (problem["status"], problem["code"]) == (422, code)
    assert second.post(f"{path}/pay")["paid_on"] == held.world.today()


@pytest.mark.requirement("A086", "X06")
def test_ownership_dated_back_leaves_paid_money_and_stops_what_is_not_paid(
    held: Held,  # noqa: F811
) -> None:
    asset = held.owned()
    drafter, second = held.operators
    paid, open_ = (
        drafter.post(
            RUNS, {"revenue_event_ids": [held.earned(asset)["id"]], "reward_rules": []}
        )
        for _ in range(2)
    )  # fmt: skip
    second.post(f"{agreed(held, paid)}/pay")
    change = {
        "valid_from": "2026-01-03",
        "cause": "assignment",
        "shares": held.shares(m03=400_000, m01=600_000),
    }
    path = f"{LEDGER}/assets/{asset['id']}/ownership"
    for owner in (held.world.caller("m03"), second):
        owner.post(f"{path}-consents", change)
    change["consents"] = [held.org(name) for name in ("m03", "m01", "entity")]
    held.world.caller("m01").post(path, change, version=2)
    shown = drafter.get(f"{RUNS}/{paid['id']}")
    assert (shown["state"], shown["lines"]) == ("paid", paid["lines"])
    problem = held.world.caller("m03").refused(
        "POST", f"{RUNS}/{open_['id']}/confirmations", {"plan_hash": open_["plan_hash"]}
    )
    assert (problem["status"], problem["code"]) == (409, "STALE_INPUT")
    drafter.post(f"{RUNS}/{open_['id']}/cancel")


@pytest.mark.refusing
@pytest.mark.requirement("X07")
def test_no_balance_grows_beyond_what_clients_can_read(held: Held) -> None:  # noqa: F811
    asset = held.owned()
    most = {"amount": MOST, "currency": "CNY"}
    body = {"asset_id": asset["id"], "kind": "license", "gross": most, "received_on": "2026-01-04"}
    problem = held.operators[0].refused("POST", f"{LEDGER}/revenue-events", body)
    # The centre has cash already, so that this much more is too much.
    assert held.earned(asset)["id"]
    problem = held.operators[0].refused("POST", f"{LEDGER}/revenue-events", body)
    assert (problem["status"], problem["code"]) == (422, "AMOUNT_TOO_LARGE")
    assert sum(balances(held).values()) == 0


@pytest.mark.refusing
@pytest.mark.requirement("X07")
def test_an_entry_too_many_is_refused_alone_and_in_a_batch(held: Held) -> None:  # noqa: F811
    keeper = held.world.caller("bookkeeper")
    made = [
        keeper.post(
            f"{LEDGER}/accounts",
            {"center_id": held.draft.center_id, "code": f"a-{uuid4()}", "kind": "asset"},
        )["id"]
        for _ in range(2)
    ]

    def entry(amount: int) -> dict[str, Any]:
        sides = zip(made, ("debit", "credit"), strict=True)
        money = {"amount": amount, "currency": "CNY"}
        return {
            "effective_on": "2026-01-04",
            "reference": "attack",
            "postings": [
                {"account_id": account, "side": side, "amount": money} for account, side in sides
            ],
        }

    assert keeper.post(f"{LEDGER}/entries", entry(MOST))["state"] == "posted"
    problem = keeper.refused("POST", f"{LEDGER}/entries", entry(1))
    assert (problem["status"], problem["code"]) == (422, "AMOUNT_TOO_LARGE")
    answer = keeper.post(f"{LEDGER}/entry-batches", [entry(1), entry(2)])
    assert [row["problem"]["code"] for row in answer["results"]] == ["AMOUNT_TOO_LARGE"] * 2
    assert keeper.get(f"{LEDGER}/accounts/{made[0]}")["balance"]["amount"] == MOST


@pytest.mark.refusing
@pytest.mark.requirement("X07")
def test_an_account_is_one_thing_and_kept_for_someone_known(held: Held) -> None:  # noqa: F811
    keeper = held.world.caller("bookkeeper")
    body = {"center_id": held.draft.center_id, "code": f"a-{uuid4()}", "kind": "asset"}
    account = keeper.post(f"{LEDGER}/accounts", body)
    assert keeper.post(f"{LEDGER}/accounts", body)["id"] == account["id"]
    other = keeper.refused("POST", f"{LEDGER}/accounts", {**body, "kind": "liability"})
    assert (other["status"], other["code"]) == (409, "ALREADY_EXISTS")
    nobody = keeper.refused("POST", f"{LEDGER}/accounts", {**body, "org_id": str(uuid4())})
    assert (nobody["status"], nobody["code"]) == (422, "PARTY_UNKNOWN")


@pytest.mark.refusing
@pytest.mark.requirement("A127")
def test_a_contract_is_not_reported_before_it_is_signed(held: Held) -> None:  # noqa: F811
    body = {
        "center_id": held.draft.center_id, "kind": "development", "role": "seller",
        "counterparty": {"name": "示例委托方"}, "is_commissioned_rd": True,
        "contract_amount": {"amount": 500_000_000, "currency": "CNY"},
        "tech_transaction_amount": {"amount": 0, "currency": "CNY"},
        "signed_on": "2199-01-01", "external_id": f"f-{held.world.number()}",
    }  # fmt: skip
    problem = held.world.caller("m02").refused("POST", f"{LEDGER}/tech-contracts", body)
    assert (problem["status"], problem["code"]) == (422, "DAY_IN_FUTURE")


@pytest.mark.requirement("X07")
def test_every_acknowledged_entry_outlives_a_killed_ledger(
    held: Held,  # noqa: F811
    tmp_path: Path,
) -> None:
    world = held.world
    held.earned(held.owned())
    shown = held.operators[0].get(f"{LEDGER}/accounts", center_id=held.draft.center_id)
    cash, owed = (
        next(account["id"] for account in shown["items"] if account["code"] == code)
        for code in ("cash", "income_to_share")
    )
    one = {"amount": 1, "currency": "CNY"}
    body = {
        "effective_on": "2026-01-04",
        "reference": "killed half-way",
        "postings": [
            {"account_id": cash, "side": "debit", "amount": one},
            {"account_id": owed, "side": "credit", "amount": one},
        ],
    }
    before = balances(held)["cash None"]
    keys = [str(uuid4()) for _ in range(60)]

    def attempt(key: str) -> httpx.Response:
        return post(world.caller("bookkeeper"), f"{LEDGER}/entries", body, key)

    world.caller("bookkeeper").get("/v1/me")
    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(attempt, key) for key in keys]
        while sum(answer.done() for answer in answers) < 15:
            pass
        world.kill("ip_ledger")
        first = [answer.result() for answer in answers]
    world.revive("ip_ledger")
    acknowledged = {
        key: answer.json()["id"]
        for key, answer in zip(keys, first, strict=True)
        if answer.status_code == 201
    }
    assert 15 <= len(acknowledged) < 60
    assert {answer.status_code for answer in first} <= {201, 503}
    second = {key: attempt(key) for key in keys}
    assert {answer.status_code for answer in second.values()} == {201}
    assert all(second[key].json()["id"] == made for key, made in acknowledged.items())
    assert balances(held)["cash None"] == before + 60
    _proven(held, [answer.json()["id"] for answer in second.values()], tmp_path)


def _proven(held: Held, entry_ids: list[str], folder: Path) -> None:  # noqa: F811
    """Check every entry's receipt offline, and that no two share a leaf."""
    keeper = held.world.caller("bookkeeper")
    (folder / "log.pub").write_bytes(keeper.raw(f"{LEDGER}/log/key"))
    leaves = set()
    for entry_id in entry_ids:
        path = f"{LEDGER}/receipts/{entry_id}"
        receipt = soon(lambda path=path: keeper._send("GET", path), lambda r: r.is_success)  # type: ignore[misc]  # bound now
        (folder / "receipt.json").write_bytes(receipt.content)
        assert verify([str(folder / "receipt.json"), "--key", str(folder / "log.pub")]) == 0
        leaves.add(receipt.json()["leaf_index"])
    assert len(leaves) == len(entry_ids)
