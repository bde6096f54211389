"""Who leaves a right hands over what rounding owes, by lines that all can see (0477)."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from ip_ledger.distributions.tables import ShareCarry
from tests.ip_ledger.audit.books import Filled
from tests.ip_ledger.conftest import Ledger
from tests.ip_ledger.costs.test_following import shared_out
from tests.ip_ledger.revenue.test_income import asset_of, call, income

pytestmark = pytest.mark.anyio


async def carries(ledger: Ledger) -> dict[UUID, int]:
    async with ledger.sessions.reading() as session:
        rows = await session.scalars(select(ShareCarry).where(col(ShareCarry.millionths) != 0))
        return {row.party_id: row.millionths for row in rows}


@pytest.mark.requirement("A086", "X07")
async def test_the_carry_of_an_owner_who_left_is_settled_by_a_shown_line(ledger: Ledger) -> None:
    asset_id = await asset_of(ledger, m04=300_000, m09=300_000, c03=400_000)
    tiny: dict[str, Any] = {"gross": {"amount": 2}, "deductions": []}
    event = await call(
        ledger, "c03", "revenue-events", income(asset_id, received_on="2026-01-18", **tiny)
    )
    await shared_out(ledger, event["id"], "m04", "m09", "c03")
    m04, m09, c03 = (ledger.org[name] for name in ("m04", "m09", "c03"))
    assert await carries(ledger) == {m04: -400_000, m09: 600_000, c03: -200_000}
    moved = await ledger.owned(
        asset_id, version=2, valid_from="2026-01-19", consents=("m04", "m09", "c03"),
        cause="assignment", m04=600_000, c03=400_000,
    )  # fmt: skip
    assert moved.status_code == 201, moved.text
    event = await call(ledger, "c03", "revenue-events", income(asset_id, **tiny))
    body = {"revenue_event_ids": [event["id"]], "reward_rules": []}
    run = await call(ledger, "c03", "distribution-runs", body)
    told = [
        (UUID(line["payee_id"]), line["ppm"], line["amount"]["amount"])
        for line in run["lines"]
    ]  # fmt: skip
    assert told == [(m09, 0, 0), (m04, 0, 0), (m04, 600_000, 1), (c03, 400_000, 1)]
    steps = {step["step"]: step["exact"] for step in run["lines"][0]["explanation"]}
    assert (steps["carry_before"], steps["carry_handed"], steps["carry_after"]) == (
        "0.6", "-0.6", "0",
    )  # fmt: skip
    path = f"distribution-runs/{run['id']}"
    for name in ("m04", "c03"):
        run = await call(ledger, name, f"{path}/confirmations", {"plan_hash": run["plan_hash"]})
    assert run["state"] == "confirmed"
    await call(ledger, "c03", f"{path}/approve", None, 200, sub=str(uuid4()))
    await call(ledger, "c03", f"{path}/pay", None, 200)
    after = await carries(ledger)
    assert m09 not in after
    assert sum(after.values()) == 0
    # Who left sees its own line; and undone, the run gives back what it moved.
    async with ledger.member("m09") as client:
        answer = await client.get(f"/v1/ip-ledger/{path}")
    assert answer.status_code == 200, answer.text
    wrong = {"effective_on": "2026-01-20", "reason": "误付"}
    await call(ledger, "c03", f"{path}/reverse", wrong, 201, sub=str(uuid4()))
    assert await carries(ledger) == {m04: -400_000, m09: 600_000, c03: -200_000}
    filled = Filled(ledger, "")
    await filled.step()
    async with ledger.service.app.state.database.engine.connect() as connection:
        assert (await filled.audited(connection)).differences == []
