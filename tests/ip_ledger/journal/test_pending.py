"""What waits is held: no balance yet, and no longer to be had; on both clocks, and never twice."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ip_ledger.audit.derived_queries import BALANCES, HOLDS
from ip_ledger.journal import queries, rules
from ip_ledger.journal.rules import AccountKind, Bound, Line
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.ip_ledger.conftest import codes
from tests.ip_ledger.distributions.world import World, build
from tests.ip_ledger.journal.test_entry_rules import BANK, FEES

pytestmark = pytest.mark.anyio


class Till:
    """A cash account that may not go negative, one that may, and a bookkeeper."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = world.service.client("bookkeeper")
        self.ids: list[str] = []

    async def open(self, code: str, **over: Any) -> str:
        body = {"center_id": str(self.world.center_id), "code": code, "kind": "asset", **over}
        answer = await self.client.post("/v1/ip-ledger/accounts", json=body)
        assert answer.status_code == 201, answer.text
        account_id: str = answer.json()["id"]
        self.ids.append(account_id)
        return account_id

    def body(self, amount: int, debit: int, credit: int, **over: Any) -> dict[str, Any]:
        postings = [
            {"account_id": self.ids[place], "side": side, "amount": {"amount": amount}}
            for side, place in (("debit", debit), ("credit", credit))
        ]
        return {"effective_on": "2028-03-05", "reference": "r", "postings": postings, **over}

    async def post(self, path: str, body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid4())}
        return await self.client.post(f"/v1/ip-ledger/{path}", json=body, headers=headers)

    async def figures(self, place: int = 0, query: str = "") -> tuple[int, int, int, int]:
        """Posted, pending debits, pending credits, available."""
        answer = await self.client.get(f"/v1/ip-ledger/accounts/{self.ids[place]}{query}")
        body = answer.json()
        names = ("balance", "pending_debits", "pending_credits", "available")
        one, two, three, four = (body[name]["amount"] for name in names)
        return one, two, three, four

    async def fill(self, amount: int) -> None:
        assert (await self.post("entries", self.body(amount, 0, 1))).status_code == 201

    async def spend(self, amount: int, **over: Any) -> httpx.Response:
        return await self.post("pending-entries", self.body(amount, 1, 0, **over))


@pytest.fixture
async def till(running: Callable[..., Any]) -> AsyncIterator[Till]:
    async with running("ip_ledger") as service:
        one = Till(await build(service))
        await one.open("till", may_go_negative=False)
        await one.open("fees")
        yield one


@pytest.mark.parametrize(
    ("kind", "side"),
    [(AccountKind.ASSET, 1), (AccountKind.LIABILITY, -1), (AccountKind.EQUITY, -1)],
)
@pytest.mark.parametrize(("taken", "refused"), [(99, []), (100, []), (101, ["ACCOUNT_OVERDRAWN"])])
def test_holds_take_no_more_than_is_there(
    kind: AccountKind, side: int, taken: int, refused: list[str]
) -> None:
    lines = [Line(BANK, -side * taken), Line(FEES, side * taken)]
    free = rules.hold_checks(lines, {BANK: side * 150}, {BANK: Bound(kind, -side * 50)})
    assert failed_codes(free) == refused
    adding = [Line(BANK, side * taken), Line(FEES, -side * taken)]
    assert failed_codes(rules.hold_checks(adding, {BANK: 0}, {BANK: Bound(kind)})) == []


@pytest.mark.requirement("X07")
async def test_what_waits_lowers_what_is_available_until_it_is_posted(till: Till) -> None:
    await till.fill(1_000)
    held = await till.spend(300)
    assert held.status_code == 201, held.text
    assert await till.figures() == (1_000, 0, 300, 700)
    # What waits to come in is not there yet.
    incoming = await till.post("pending-entries", till.body(50, 0, 1))
    assert await till.figures() == (1_000, 50, 300, 700)
    confirmed = await till.post(f"pending-entries/{held.json()['id']}/confirm", {})
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    assert held.json()["settled_by"] is None
    assert UUID(confirmed.json()["settled_by"])
    assert await till.figures() == (700, 50, 0, 700)
    path = f"pending-entries/{incoming.json()['id']}"
    voided = await till.post(f"{path}/void", {"reason": "returned"})
    assert (voided.json()["state"], voided.json()["reason"]) == ("voided", "returned")
    assert await till.figures() == (700, 0, 0, 700)
    types = await event_types(till.world.sessions)
    assert types.count("entry.held") == 2
    assert {"entry.confirmed", "entry.voided"} <= set(types)
    await till.world.service.number()
    for record_id in (held.json()["id"], confirmed.json()["entry_id"]):
        receipt = await till.client.get(f"/v1/ip-ledger/receipts/{record_id}")
        assert receipt.status_code == 200, receipt.text


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_neither_a_hold_nor_an_entry_takes_what_is_held(till: Till) -> None:
    await till.fill(100)
    assert (await till.spend(60)).status_code == 201
    second = await till.spend(41)
    assert (second.status_code, codes(second)) == (409, ["ACCOUNT_OVERDRAWN"])
    entry = await till.post("entries", till.body(41, 1, 0))
    assert (entry.status_code, codes(entry)) == (409, ["ACCOUNT_OVERDRAWN"])
    batch = await till.post("entry-batches", {"rows": [till.body(41, 1, 0)]})
    assert batch.json()["failed"] == 1, batch.text
    assert await till.figures() == (100, 0, 60, 40)
    assert (await till.post("entries", till.body(40, 1, 0))).status_code == 201


@pytest.mark.requirement("X07")
async def test_a_part_of_what_waits_is_posted_and_the_rest_let_go(till: Till) -> None:
    await till.fill(1_000)
    path = f"pending-entries/{(await till.spend(300)).json()['id']}"
    part = till.body(299, 1, 0)["postings"]
    confirmed = await till.post(f"{path}/confirm", {"postings": part})
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed"), confirmed.text
    assert await till.figures() == (701, 0, 0, 701)
    async with till.world.sessions.reading() as session:
        for question in (*BALANCES, *HOLDS):
            assert (await session.execute(text(question.sql))).first() is None, question
    again = await till.post(f"{path}/confirm", {"postings": part})
    assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_no_more_than_what_waits_is_posted_and_on_no_other_line(till: Till) -> None:
    await till.fill(1_000)
    await till.open("other")
    path = f"pending-entries/{(await till.spend(300)).json()['id']}/confirm"
    for body, wrong in (
        (till.body(301, 1, 0), {"HOLD_EXCEEDED"}),
        (till.body(300, 0, 1), {"HOLD_EXCEEDED"}),  # the other way round
        (till.body(1, 2, 0), {"HOLD_EXCEEDED"}),
    ):
        answer = await till.post(path, {"postings": body["postings"]})
        assert (answer.status_code, set(codes(answer))) == (422, wrong), body
    twice = till.body(200, 1, 0)["postings"] * 2
    assert codes(await till.post(path, {"postings": twice})) == ["HOLD_EXCEEDED"] * 2
    uneven = till.body(10, 1, 0)["postings"]
    uneven[0]["amount"]["amount"] = 11
    assert codes(await till.post(path, {"postings": uneven})) == ["UNBALANCED"]
    for bad in (uneven[:0], uneven[:1]):
        assert (await till.post(path, {"postings": bad})).status_code == 422
    # Nothing of what was refused is kept: all of it still waits.
    assert await till.figures() == (1_000, 0, 300, 700)


@pytest.mark.parametrize(("posted", "refused"), [(99, 0), (100, 0), (101, 2)])
def test_what_two_lines_hold_of_a_side_is_one_sum(posted: int, refused: int) -> None:
    held = [Line(BANK, 40), Line(BANK, 60), Line(FEES, -100)]
    checks = rules.part_checks(held, [Line(BANK, posted), Line(FEES, -posted)])
    assert len(failed_codes(checks)) == refused


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_what_waits_is_settled_once(till: Till) -> None:
    await till.fill(100)
    path = f"pending-entries/{(await till.spend(60)).json()['id']}"
    answers = await asyncio.gather(
        till.post(f"{path}/confirm", {}),
        till.post(f"{path}/confirm", {}),
        till.post(f"{path}/void", {"reason": "r"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    posted, _, held, available = await till.figures()
    assert held == 0
    assert posted == available in (40, 100)
    unknown = await till.post(f"pending-entries/{uuid4()}/confirm", {})
    assert unknown.status_code == 404


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_holds_at_once_never_overdraw(till: Till) -> None:
    await till.fill(100)
    answers = await asyncio.gather(*(till.spend(30) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    assert await till.figures() == (100, 0, 90, 10)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_the_database_itself_refuses_a_hold_too_many(till: Till) -> None:
    await till.fill(100)
    held = (await till.spend(60)).json()
    async with till.world.sessions.begin() as session:
        await session.execute(text("UPDATE account_balance SET held_credits_fen = 101 "
                                   "WHERE held_credits_fen = 60"))  # fmt: skip
        copied = text(
            "INSERT INTO pending_line SELECT pending_id, line + 2, account_id, currency, "
            "amount_fen FROM pending_line WHERE pending_id = :id"
        )
        with pytest.raises(IntegrityError, match="overdrawn by holds"):
            await session.execute(copied, {"id": held["id"]})
        await session.rollback()


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_pending_entry_is_an_entry(till: Till) -> None:
    body = till.body(10, 1, 0)
    body["postings"][0]["amount"]["amount"] = 11
    assert codes(await till.post("pending-entries", body)) == ["UNBALANCED"]
    for bad in (0, -1, 1.5, 2**53, "1"):
        body["postings"][0]["amount"]["amount"] = bad
        assert (await till.post("pending-entries", body)).status_code == 422
    stranger = till.body(10, 1, 0)
    stranger["postings"][0]["account_id"] = str(uuid4())
    assert "ACCOUNT_UNKNOWN" in codes(await till.post("pending-entries", stranger))
    one_leg = till.body(10, 1, 0)
    del one_leg["postings"][1]
    assert (await till.post("pending-entries", one_leg)).status_code == 422


@pytest.mark.requirement("X07")
async def test_what_was_available_on_any_day_as_known_on_any_day(till: Till) -> None:
    """Random pairs of clocks against a replay of what was done."""
    dice = random.Random(20280405)
    await till.fill(100_000)
    done: list[tuple[str, date, int, str]] = []
    waiting: list[tuple[str, date, int]] = []
    for step in range(24):
        till.world.service.set_clock(f"2028-04-{step + 1:02}T02:00:00+00:00")
        day = date(2028, 3, 6) + timedelta(days=dice.randrange(20))
        at = f"2028-04-{step + 1:02}"
        if not waiting or dice.random() < 0.6:
            amount = dice.randrange(1, 1_000)
            held = (await till.spend(amount, effective_on=day.isoformat())).json()
            waiting.append((held["id"], day, amount))
            done.append(("held", day, amount, at))
        else:
            pending_id, own, amount = waiting.pop(dice.randrange(len(waiting)))
            verb = dice.choice(["confirm", "void"])
            body: Any = {"reason": "r"} if verb == "void" else {"effective_on": day.isoformat()}
            assert (await till.post(f"pending-entries/{pending_id}/{verb}", body)).is_success
            done.append(("released", own, amount, at))
            if verb == "confirm":
                done.append(("posted", day, amount, at))
    for _ in range(40):
        on = date(2028, 3, 5) + timedelta(days=dice.randrange(24))
        known = f"2028-04-{dice.randrange(1, 25):02}"
        seen = [one for one in done if one[1] <= on and one[3] <= known]
        sums = {
            name: sum(one[2] for one in seen if one[0] == name)
            for name in ("held", "released", "posted")
        }
        held_now, balance = sums["held"] - sums["released"], 100_000 - sums["posted"]
        found = await till.figures(0, f"?on={on}&as_of={known}")
        assert found == (balance, 0, held_now, balance - held_now), (on, known)
    async with till.world.sessions.reading() as session:
        assert await queries.wrong_balances(session) == []
        for question in BALANCES:
            assert (await session.execute(text(question.sql))).first() is None
