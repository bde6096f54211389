"""A late-signed assignment: which paid runs it touches, and the runs that take their place."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import col, select

from ip_ledger.audit.derived_queries import RUNS
from ip_ledger.distributions import queries, rules
from ip_ledger.distributions.rules import Difference, RunKind, State
from ip_ledger.distributions.tables import DistributionRun, ShareCarry
from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import Account, AccountBalance
from ip_ledger.rewards import rules as reward_rules
from shared.database import new_id
from shared.rules import failed_codes
from tests.ip_ledger.distributions.world import World, build

pytestmark = pytest.mark.anyio

LATE = {"effective_on": "2028-03-10", "reason": "assignment signed late, of 2027-06-01"}


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    async with running("ip_ledger") as service:
        yield await build(service)


async def assign(world: World, status: int = 201, valid_from: str = "2027-06-01") -> Any:
    """Let the university's share pass to the company, back-dated before the income of March."""
    change = {
        "valid_from": valid_from, "cause": "correction",
        "shares": [
            {"owner_id": str(world.company), "ppm": 750_000},
            {"owner_id": str(world.entity), "ppm": 250_000},
        ],
    }  # fmt: skip
    path = f"assets/{world.asset_id}/ownership"
    for org_id in (world.university, world.entity):
        await world.post(world.owner(org_id), f"{path}-consents", change)
    answer = await world.owner(world.company).post(
        f"/v1/ip-ledger/{path}", json={**change, "consents": []}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == status, answer.text
    return answer.json()


async def affected(world: World, client: Any) -> Any:
    answer = await client.get(f"/v1/ip-ledger/assets/{world.asset_id}/affected-runs")
    assert answer.status_code == 200, answer.text
    return answer.json()["runs"]


async def agreed(world: World, run: Any) -> str:
    """Let the new owners confirm and another person approve a correcting run; give its path."""
    path = f"distribution-runs/{run['id']}"
    for org_id in (world.company, world.entity):
        body = {"plan_hash": run["plan_hash"]}
        await world.post(world.owner(org_id), f"{path}/confirmations", body)
    await world.post(world.operator(world.approver), f"{path}/approve", status=200)
    return path


@pytest.mark.requirement("A086", "X07")
async def test_a_late_assignment_names_its_runs_and_a_correction_takes_their_place(
    world: World,
) -> None:
    paid = await world.paid(await world.run())
    assert await affected(world, world.operator()) == []
    await assign(world)
    [found] = await affected(world, world.owner(world.university))
    told = {one["party_id"]: one["difference"]["amount"] for one in found["differences"]}
    assert (found["run_id"], found["is_corrected"]) == (paid["id"], False)
    assert told == {
        str(world.university): -43_283_019,
        str(world.company): 81_155_660 - 37_872_641,
    }
    path = f"distribution-runs/{paid['id']}/corrections"
    shown = await world.post(world.operator(), f"{path}?preview=true", LATE)
    drafted = await world.post(world.operator(), path, LATE)
    assert (drafted["plan_hash"], drafted["state"]) == (shown["plan_hash"], "calculated")
    assert (drafted["corrects_id"], drafted["effective_on"]) == (paid["id"], "2028-03-10")
    assert sum(line["amount"]["amount"] for line in drafted["lines"]) == paid["net"]["amount"]
    assert (await affected(world, world.operator()))[0]["is_corrected"]
    before = {line["payee_id"]: line["amount"]["amount"] for line in paid["lines"]}
    after = {line["payee_id"]: line["amount"]["amount"] for line in drafted["lines"]}
    assert told == {
        party: after.get(party, 0) - amount
        for party, amount in before.items()
        if after.get(party, 0) != amount
    }
    done = await world.post(world.operator(), f"{await agreed(world, drafted)}/pay", status=200)
    assert (done["state"], done["paid_on"]) == ("paid", "2028-03-10")
    former = (await world.operator().get(f"/v1/ip-ledger/distribution-runs/{paid['id']}")).json()
    assert former["state"] == "reversed"
    assert await affected(world, world.operator()) == []
    async with world.sessions.reading() as session:
        assert await journal.wrong_balances(session) == []
        carried = await session.scalars(select(col(ShareCarry.millionths)))
        assert sum(carried) == 0
    statement = f"/v1/ip-ledger/payees/{world.company}/statements/2028"
    year = (await world.owner(world.company).get(statement)).json()
    assert (year["totals"][0]["amount"]["amount"], year["agrees"]) == (
        after[str(world.company)], True,
    )  # fmt: skip


@pytest.mark.requirement("A086", "X07")
@pytest.mark.refusing
async def test_a_correction_needs_a_paid_run_something_moved_and_a_lawful_day(world: World) -> None:
    run = await world.run()
    path = f"distribution-runs/{run['id']}/corrections"
    problem = await world.post(world.operator(), path, LATE, 409)
    assert problem["code"] == "STATE_CONFLICT"
    await world.paid(run)
    problem = await world.post(world.operator(), path, LATE, 409)
    assert problem["code"] == "CORRECTION_NOT_NEEDED"
    await assign(world)
    for day, code in [("2028-03-09", "REVERSAL_BEFORE_ORIGINAL"), ("2028-03-11", "DAY_IN_FUTURE")]:
        problem = await world.post(world.operator(), path, LATE | {"effective_on": day}, 422)
        assert problem["code"] == code
    await world.post(world.owner(world.university), path, LATE, 403)
    await world.post(world.owner(world.stranger), path, LATE, 404)
    drafted = await world.post(world.operator(), path, LATE)
    problem = await world.post(world.operator(), path, LATE, 409)
    assert problem["code"] == "CORRECTION_PENDING"
    # Undone by hand meanwhile, the former run leaves nothing to take the place of.
    reverse = f"distribution-runs/{run['id']}/reverse"
    await world.post(world.operator(world.approver), reverse, {})
    confirming = f"distribution-runs/{drafted['id']}/confirmations"
    body = {"plan_hash": drafted["plan_hash"]}
    problem = await world.post(world.owner(world.company), confirming, body, 409)
    assert problem["code"] == "STALE_INPUT"


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_of_two_corrections_at_once_one_is_refused(world: World) -> None:
    run = await world.run()
    await world.paid(run)
    await assign(world)
    path = f"/v1/ip-ledger/distribution-runs/{run['id']}/corrections"
    answers = await asyncio.gather(
        *(
            world.operator().post(path, json=LATE, headers={"Idempotency-Key": str(uuid4())})
            for _ in range(2)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_strangers_learn_of_no_run(
    world: World,
) -> None:
    stranger = world.owner(world.stranger)
    path = f"/v1/ip-ledger/assets/{world.asset_id}/affected-runs"
    assert (await stranger.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "state", "corrected", "moved", "codes"),
    [
        (RunKind.DISTRIBUTION, State.PAID, False, True, []),
        (RunKind.DISTRIBUTION, State.PAID, False, False, ["CORRECTION_NOT_NEEDED"]),
        (RunKind.DISTRIBUTION, State.PAID, True, True, ["CORRECTION_PENDING"]),
        (RunKind.DISTRIBUTION, State.APPROVED, False, True, ["STATE_CONFLICT"]),
        (RunKind.DISTRIBUTION, State.REVERSED, False, True, ["STATE_CONFLICT"]),
        (RunKind.REVERSAL, State.PAID, False, True, ["STATE_CONFLICT"]),
    ],
)
async def test_only_a_paid_run_is_corrected_once(
    kind: RunKind, state: State, corrected: bool, moved: bool, codes: list[str]
) -> None:
    checks = rules.correction_checks(kind, state, is_corrected=corrected, moved=moved)
    assert failed_codes(checks) == codes


async def test_differences_are_told_party_by_party() -> None:
    one, two, three = (new_id() for _ in range(3))
    before = [(one, 10), (two, 5), (one, 1)]
    after = [(two, 5), (three, 11)]
    assert rules.differences(before, after) == [Difference(one, 11, 0), Difference(three, 0, 11)]
    assert rules.differences(before, before) == []


START = date(2028, 1, 1)
KNOWN = datetime(2028, 1, 1, 2, tzinfo=UTC)
DAYS = 12
clocks = st.tuples(st.integers(0, DAYS), st.integers(0, DAYS))
histories = st.lists(st.tuples(clocks, st.one_of(st.none(), clocks)), max_size=6)


@pytest.mark.requirement("A086", "X07")
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories, pairs=st.lists(clocks, min_size=8, max_size=8))
async def test_runs_on_any_day_as_known_at_any_instant_are_what_a_replay_tells(
    world: World, history: list[Any], pairs: list[tuple[int, int]]
) -> None:
    """A run is paid, and perhaps undone, on a day of each clock; the replay asks run by run."""
    center_id = new_id()
    ids = []
    async with world.sessions.begin() as session:
        for paid, undone in history:
            run = stored(world, center_id, paid, State.PAID if undone is None else State.REVERSED)
            ids.append(run.id)
            session.add(run)
            await session.flush()
            if undone is not None:
                session.add(stored(world, center_id, undone, State.PAID, run.id))
    async with world.sessions.reading() as session:
        for on, known in pairs:
            expected = {
                run_id
                for run_id, (paid, undone) in zip(ids, history, strict=True)
                if holds(paid, on, known) and not (undone and holds(undone, on, known))
            }
            rows = await session.scalars(
                select(col(DistributionRun.id)).where(
                    col(DistributionRun.center_id) == center_id,
                    queries.stood(START + timedelta(days=on), KNOWN + timedelta(days=known)),
                )
            )
            assert set(rows) == expected


def holds(clock: tuple[int, int], on: int, known: int) -> bool:
    return clock[0] <= on and clock[1] <= known


def stored(
    world: World, center_id: Any, clock: tuple[int, int], state: State, undoes: Any = None
) -> DistributionRun:
    return DistributionRun(
        center_id=center_id, kind=RunKind.DISTRIBUTION if undoes is None else RunKind.REVERSAL,
        state=state, plan_hash="00", net_fen=0, reward_rules=[], drafted_by=world.drafter,
        drafted_at=KNOWN, paid_on=START + timedelta(days=clock[0]),
        paid_at=KNOWN + timedelta(days=clock[1]), reverses_id=undoes,
    )  # fmt: skip


@pytest.mark.requirement("X07")
async def test_the_list_tells_what_was_known_then(world: World) -> None:
    run = await world.run()
    await world.paid(run)
    world.service.set_clock("2028-04-01T02:00:00+00:00")
    path = f"distribution-runs/{run['id']}/reverse"
    await world.post(
        world.operator(world.approver), path, {"effective_on": "2028-03-20", "reason": "void"}
    )

    async def standing(query: str) -> list[tuple[str, str]]:
        answer = await world.operator().get(f"/v1/ip-ledger/distribution-runs?{query}")
        assert answer.status_code == 200, answer.text
        return [(one["id"], one["state"]) for one in answer.json()["items"]]

    as_paid = [(run["id"], "paid")]
    assert await standing("on=2028-03-19") == as_paid
    assert await standing("on=2028-03-20") == []
    assert await standing("on=2028-03-20&as_of=2028-03-31") == as_paid
    assert await standing("as_of=2028-03-09") == []


async def rewards_of(world: World, run_id: str) -> list[Any]:
    answer = await world.operator().get("/v1/ip-ledger/inventor-rewards")
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["items"] if one["source_id"] == run_id]


async def pay_inventor(world: World, reward: Any, amount: int, status: int = 201) -> Any:
    body = {"amount": {"amount": amount}, "paid_on": "2028-03-10"}
    path = f"inventor-rewards/{reward['id']}/payments"
    return await world.post(world.owner(world.university), path, body, status)


@pytest.mark.requirement("A033", "X07")
async def test_what_inventors_were_paid_by_a_run_that_is_undone_settles_the_next(
    world: World,
) -> None:
    first = await world.paid(await world.run())
    [owed] = await rewards_of(world, first["id"])
    await pay_inventor(world, owed, 1_000_000)
    undo = {"effective_on": "2028-03-10", "reason": "wrong"}
    for expected in (1_000_000, 1_000_000):
        path = f"distribution-runs/{first['id']}"
        await world.post(world.operator(world.approver), f"{path}/reverse", undo)
        body = {
            "revenue_event_ids": first["revenue_event_ids"],
            "reward_rules": [],
        }
        first = await world.paid(await world.post(world.operator(), "distribution-runs", body))
        [anew] = await rewards_of(world, first["id"])
        assert anew["offset"]["amount"] == expected
        assert (anew["state"], anew["paid"]["amount"]) == ("partly_paid", 0)
    left = anew["amount"]["amount"] - anew["offset"]["amount"]
    too_much = await pay_inventor(world, anew, left + 1, status=422)
    assert too_much["code"] == "PAYMENT_EXCEEDED"
    assert (await pay_inventor(world, anew, left))["state"] == "paid"
    async with world.sessions.reading() as session:
        assert await journal.wrong_balances(session) == []
        for question in RUNS:
            assert (await session.execute(text(question.sql))).first() is None, question.reason
        payable = (
            col(Account.code) == "reward_payable",
            col(Account.org_id) == world.university,
        )
        kept = select(AccountBalance).join(Account).where(*payable)
        assert [row.balance_fen for row in await session.scalars(kept)] == [0]


IDS = [UUID(int=n) for n in range(10)]


@given(
    st.lists(st.tuples(st.sampled_from(IDS[:2]), st.integers(0, 50)), max_size=5),
    st.lists(st.tuples(st.sampled_from(IDS[:2]), st.integers(0, 50)), max_size=5),
)
def test_offsets_take_no_more_than_was_paid_and_than_is_owed(owed: Any, paid: Any) -> None:
    due = [(UUID(int=100 + n), (p, p, p), amount) for n, (p, amount) in enumerate(owed)]
    gone = [(UUID(int=200 + n), (p, p, p), amount) for n, (p, amount) in enumerate(paid)]
    made = reward_rules.offsets(due, gone)
    for one, place, amount in (*due, *gone):
        of_it = [part for part in made if one in part[:2]]
        assert sum(part[2] for part in of_it) <= amount
        for from_id, to_id, part in of_it:
            assert part > 0
            places = {key: where for key, where, _ in (*due, *gone)}
            assert places[from_id] == places[to_id] == place
    for person in IDS[:2]:
        wanted = min(
            sum(amount for p, amount in owed if p == person),
            sum(amount for p, amount in paid if p == person),
        )
        to = {key for key, where, _ in due if where[0] == person}
        assert sum(part for _, key, part in made if key in to) == wanted


async def late_agreement(world: World, parties: list[UUID], rates: list[Any]) -> None:
    """An agreement of 2027 that all sign only now."""
    file_id = uuid4()
    world.service.neighbours.answers[f"GET /v1/registry/files/{file_id}"] = {
        "id": str(file_id), "sha256": "5f" * 32, "size": 1, "media_type": "text/plain",
    }  # fmt: skip
    part = 1_000_000 // len(parties)
    ppm = [part] * (len(parties) - 1) + [1_000_000 - part * (len(parties) - 1)]
    shares = [{"org_id": str(o), "ppm": p} for o, p in zip(parties, ppm, strict=True)]
    body = {
        "center_id": str(world.center_id), "text_file_id": str(file_id),
        "parties": [str(one) for one in parties], "benefit_shares": shares, "risk_shares": shares,
        "clauses": dict.fromkeys(
            ("joint_development", "complementarity", "result_sharing", "risk_sharing"), "第二条"
        ),
        "reward_rates": rates, "effective_on": "2027-01-01",
    }  # fmt: skip
    made = await world.post(world.operator(), "agreements", body)
    for org_id in parties:
        path = f"agreements/{made['id']}/signatures"
        await world.post(world.owner(org_id), path, {"text_sha256": "5f" * 32})


@pytest.mark.requirement("A086", "A033", "X07")
async def test_an_agreement_signed_late_names_the_runs_whose_rewards_it_changes(
    world: World,
) -> None:
    paid = await world.paid(await world.run())
    parties = [world.university, world.company, world.entity]
    rates = [{"org_id": str(world.university), "rate_ppm": 800_000}]
    await late_agreement(world, parties, rates)
    [found] = await affected(world, world.operator())
    assert (found["run_id"], found["causes"]) == (paid["id"], ["agreement"])
    assert found["differences"] == []
    [reward] = found["reward_differences"]
    assert reward["party_id"] == str(world.university)
    assert reward["difference"]["amount"] > 0
    drafted = await world.post(
        world.operator(), f"distribution-runs/{paid['id']}/corrections", LATE
    )
    assert drafted["rewards"][0]["amount"]["amount"] == reward["after"]["amount"]


@pytest.mark.requirement("A086", "X07")
@pytest.mark.refusing
async def test_an_agreement_signed_late_that_changes_nothing_touches_no_run(world: World) -> None:
    paid = await world.paid(await world.run())
    await late_agreement(world, [world.university, world.company, world.entity], [])
    assert await affected(world, world.operator()) == []
    refused = await world.post(
        world.operator(), f"distribution-runs/{paid['id']}/corrections", LATE, status=409
    )
    assert refused["code"] == "CORRECTION_NOT_NEEDED"
