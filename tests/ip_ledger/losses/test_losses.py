"""A loss goes by risk shares, and by nothing where none were agreed (D12.8)."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import col, select

from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import AccountBalance
from ip_ledger.log.tables import LogRecord
from tests.ip_ledger.conftest import Ledger, codes

pytestmark = pytest.mark.anyio


async def lost(ledger: Ledger, by: str = "m04", **over: Any) -> httpx.Response:
    body = {
        "center_id": str(ledger.center["c03"]),
        "amount": {"amount": 30_000_000, "currency": "CNY"},
        "occurred_on": "2026-01-20",
        "reason": "中试失败",
        **over,
    }
    async with ledger.member(by) as client:
        headers = {"Idempotency-Key": str(uuid4())}
        return await client.post("/v1/ip-ledger/loss-events", json=body, headers=headers)


@pytest.mark.requirement("A086")
async def test_a_loss_is_borne_by_risk_shares_and_not_by_ownership(ledger: Ledger) -> None:
    names = ("m04", "m09", "c03")
    risks = [
        {"org_id": str(ledger.org[name]), "ppm": ppm}
        for name, ppm in zip(names, (500_000, 333_333, 166_667), strict=True)
    ]
    agreement = await ledger.signed(*names, risk_shares=risks)
    answer = await lost(ledger, amount={"amount": 10_001})
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert document["agreement_id"] == agreement["id"]
    assert [line["amount"]["amount"] for line in document["lines"]] == [5_000, 3_334, 1_667]
    assert sum(line["amount"]["amount"] for line in document["lines"]) == 10_001
    async with ledger.sessions.reading() as session:
        assert sum(await session.scalars(select(col(AccountBalance.balance_fen)))) == 0
        assert await journal.wrong_balances(session) == []
        logged = await session.scalars(select(LogRecord).where(col(LogRecord.kind) == "loss_line"))
        assert len(logged.all()) == 3
    async with ledger.member("m09") as bearer:
        shown = await bearer.get(f"/v1/ip-ledger/loss-events/{document['id']}")
    assert shown.status_code == 200
    async with ledger.member("m08") as other:
        hidden = await other.get(f"/v1/ip-ledger/loss-events/{document['id']}")
    assert hidden.status_code == 404


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_without_risk_shares_no_loss_is_divided(ledger: Ledger) -> None:
    none = await lost(ledger)
    assert (none.status_code, codes(none)) == (409, ["IP_AGREEMENT_MISSING"])
    await ledger.signed("m04", "m09", "c03")
    before = await lost(ledger, occurred_on="2026-01-19")
    assert (before.status_code, codes(before)) == (409, ["IP_AGREEMENT_MISSING"])
    ahead = await lost(ledger, occurred_on="2026-01-21")
    assert "DAY_IN_FUTURE" in codes(ahead)
    member = await lost(ledger, by="m09")
    assert (member.status_code, codes(member)) == (403, ["FORBIDDEN_SCOPE"])
