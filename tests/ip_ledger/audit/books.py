"""A ledger with something of everything, made by its own routes, and a hand that breaks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from ip_ledger.audit.auditing import Evidence, Outcome, audit_seen
from ip_ledger.log.actions import NewRecord, append_records
from ip_ledger.log.keys import LogKey
from ip_ledger.log.notes import Verifier
from shared.database import new_id
from tests.ip_ledger.conftest import Ledger

OWNERS = ("m04", "m09", "c03")
SHARES = {"m04": 400_000, "m09": 350_000, "c03": 250_000}
APPROVER = str(UUID(int=7))


@dataclass
class Filled:
    """The ledger, and the address by which its owner reaches the rows past every guard."""

    ledger: Ledger
    admin_url: str

    @property
    def key(self) -> LogKey:
        return LogKey.of(self.ledger.service.app.state.settings)

    async def post(self, by: str, path: str, body: Any = None, **claims: Any) -> Any:
        async with self.ledger.member(by, **claims) as client:
            headers = {"Idempotency-Key": str(uuid4())}
            answer = await client.post(f"/v1/ip-ledger/{path}", json=body, headers=headers)
        assert answer.status_code < 300, f"{path}: {answer.text}"
        return answer.json()

    async def paid(self, asset_id: str, amount: int) -> Any:
        """Earn, share out and pay."""
        event = await self.post("c03", "revenue-events", {
            "asset_id": asset_id, "kind": "license", "received_on": "2026-01-19",
                "gross": {"amount": amount + 1_001, "currency": "CNY"},
            "deductions": [
                {"kind": kind, "amount": {"amount": part}}
                for kind, part in (("tax", 1_000), ("direct", 1))
            ],
        })  # fmt: skip
        run = await self.post(
            "c03", "distribution-runs", {"revenue_event_ids": [event["id"]], "reward_rules": []}
        )
        path = f"distribution-runs/{run['id']}"
        for owner in OWNERS:
            await self.post(owner, f"{path}/confirmations", {"plan_hash": run["plan_hash"]})
        await self.post("c03", f"{path}/approve", sub=APPROVER)
        return await self.post("c03", f"{path}/pay")

    @asynccontextmanager
    async def breaking(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction in which no trigger, key or right holds; nothing of it is kept."""
        engine = create_async_engine(self.admin_url)
        try:
            async with engine.connect() as connection, connection.begin() as all_of_it:
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
                yield connection
                await all_of_it.rollback()
        finally:
            await engine.dispose()

    async def audited(self, connection: AsyncConnection, *outside: Evidence) -> Outcome:
        return await audit_seen(connection, Verifier.read(self.key.verifier), outside)

    async def step(self) -> None:
        """Let the sequencer look twice: the seal of the first look's events is a leaf, too."""
        self.ledger.service.app.state.settings.checkpoint_seconds = 0
        await self.ledger.service.number()
        await self.ledger.service.number()


async def _open_books(ledger: Ledger) -> None:
    """Open the books of the other centre, with two approvals."""
    amount = {"amount": {"amount": 12_345}}
    body = {
        "center_id": str(ledger.center["c08"]), "on": "2026-01-01", "source": "审计报告",
        "source_file_id": str(ledger.text_file_id),
        "content": {"subject": "balances", "balances": [
            {"code": "bank", "kind": "asset", "side": "debit", **amount},
            {"code": "opening_equity", "kind": "equity", "side": "credit", **amount},
        ]},
    }  # fmt: skip
    bookkeeper = ledger.service.client("bookkeeper")
    opening = (await bookkeeper.post("/v1/ip-ledger/openings", json=body)).json()
    for _ in range(2):
        approved = await ledger.service.client("approver").post(
            f"/v1/ip-ledger/openings/{opening['id']}/approvals",
            json={"content_sha256": opening["content_sha256"]},
        )
        assert approved.status_code == 201, approved.text
    center = f"center_id={ledger.center['c08']}"
    accounts = (await bookkeeper.get(f"/v1/ip-ledger/accounts?{center}")).json()["items"]
    held = [await _held(bookkeeper, accounts) for _ in range(2)]
    settled = await bookkeeper.post(
        f"/v1/ip-ledger/pending-entries/{held[0]}/confirm", json={},
        headers={"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    assert settled.status_code == 200, settled.text


async def _held(bookkeeper: Any, accounts: list[Any]) -> str:
    lines = [
        {"account_id": one["id"], "side": side, "amount": {"amount": 45}}
        for one, side in zip(accounts, ("credit", "debit"), strict=True)
    ]
    body = {"effective_on": "2026-01-19", "reference": "r", "postings": lines}
    headers = {"Idempotency-Key": str(uuid4())}
    held = await bookkeeper.post("/v1/ip-ledger/pending-entries", json=body, headers=headers)
    assert held.status_code == 201, held.text
    pending_id: str = held.json()["id"]
    return pending_id


async def _settle_use(filled: Filled) -> None:
    """Let one member use another's machine, and both settle it."""
    ledger = filled.ledger
    center, m04, m09 = (
        str(one) for one in (ledger.center["c03"], ledger.org["m04"], ledger.org["m09"])
    )
    await filled.post("m09", "shared-uses", {
        "center_id": center, "provider_org_id": m09, "user_org_id": m04, "element": "equipment",
        "unit": "minute", "quantity": 255, "used_on": "2026-01-20", "external_id": "YQ-1",
        "evidence": [str(ledger.text_file_id)],
    })  # fmt: skip
    settlement = await filled.post("m09", "use-settlements", {
        "center_id": center, "one_org_id": m04, "other_org_id": m09,
        "from_on": "2026-01-20", "until_on": "2026-01-20",
    })  # fmt: skip
    for side in ("m04", "m09"):
        await filled.post(
            side, f"use-settlements/{settlement['id']}/confirmations",
            {"statement_sha256": settlement["statement_sha256"]},
        )  # fmt: skip


async def _divide(filled: Filled) -> None:
    """Divide a profit and a pool of benefits; one profit is undone."""
    center, file = str(filled.ledger.center["c03"]), str(filled.ledger.text_file_id)
    resolved = {"center_id": center, "resolved_on": "2026-01-20", "resolution_file_id": file}
    profit = {**resolved, "profit": {"amount": 10_001}}
    await filled.post("c03", "profit-divisions", {**profit, "year": 2025})
    wrong = await filled.post("c03", "profit-divisions", {**profit, "year": 2024})
    path = f"profit-divisions/{wrong['id']}/undoing"
    await filled.post("c03", path, {"reason": "误记"}, sub=APPROVER)
    await filled.post("c03", "benefit-divisions", {
        **resolved, "external_id": "2026", "year": 2026,
        "incomes": [{"received_on": "2026-01-20", "amount": {"amount": 101}}],
    })  # fmt: skip


async def fill(ledger: Ledger, admin_url: str) -> Filled:
    """Agree, own, license out, contract, earn, pay, reverse, lose, close."""
    filled = Filled(ledger, admin_url)
    inventor = {"org_id": str(ledger.org["m04"]), "share_ppm": 1_000_000}
    risks = [{"org_id": str(ledger.org[name]), "ppm": ppm} for name, ppm in SHARES.items()]
    rate = {
        "provider_org_id": str(ledger.org["m09"]), "element": "equipment", "unit": "minute",
        "price": {"amount": 50_000}, "per": 60,
    }  # fmt: skip
    await ledger.signed(*OWNERS, risk_shares=risks, benefit_shares=risks, use_rates=[rate])
    people = [{"person_id": str(uuid4()), **inventor}]
    asset = await ledger.registered(inventors=people)
    owned = await ledger.owned(asset["id"], m04=400_000, m09=350_000, c03=250_000)
    assert owned.status_code == 201, owned.text
    for amount in (100_001, 1_000_003):
        await filled.paid(asset["id"], amount)
    run = await filled.paid(asset["id"], 77_777)
    await filled.post(
        "c03", f"distribution-runs/{run['id']}/reverse",
        {"effective_on": "2026-01-20", "reason": "wrong"}, sub=APPROVER,
    )  # fmt: skip
    center = str(ledger.center["c03"])
    await filled.post("m04", "tech-contracts", {
        "center_id": center, "kind": "development", "is_commissioned_rd": True,
        "counterparty": {"name": "（示例）委托方", "uscc": "91310112FAKE00080E"},
        "contract_amount": {"amount": 150_000_000, "currency": "CNY"},
        "tech_transaction_amount": {"amount": 120_000_000, "currency": "CNY"},
        "signed_on": "2026-01-12", "registration_no": "26310001000001",
        "registered_on": "2026-01-15", "external_id": "HT-1",
    })  # fmt: skip
    await filled.post("m04", "loss-events", {
        "center_id": center, "amount": {"amount": 10_001, "currency": "CNY"},
        "occurred_on": "2026-01-20", "reason": "中试失败",
    })  # fmt: skip
    await _settle_use(filled)
    promised = await filled.post("c03", "contributions", {
        "center_id": center, "org_id": str(ledger.org["m09"]), "kind": "equity",
        "committed": {"amount": 500_000}, "agreed_on": "2026-01-10", "schedule": [],
    })  # fmt: skip
    path = f"contributions/{promised['id']}/payments"
    for amount in (200_000, 7):
        paid = await filled.post(
            "c03", path, {"amount": {"amount": amount}, "paid_on": "2026-01-20"}
        )
    wrong = next(one["id"] for one in paid["payments"] if one["amount"]["amount"] == 7)
    await filled.post("c03", f"{path}/{wrong}/undoing", {"reason": "误记"}, sub=APPROVER)
    await _divide(filled)
    await _open_books(ledger)
    bookkeeper = ledger.service.client("bookkeeper")
    closed = await bookkeeper.post(
        "/v1/ip-ledger/periods", json={"center_id": center, "until_on": "2026-01-18"},
        headers={"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    assert closed.status_code == 201, closed.text
    # As many records as fill a tile, which are about nothing.
    async with ledger.sessions.begin() as session:
        records = [NewRecord("test", new_id(), None, {"n": n}, {}, ()) for n in range(256)]
        await append_records(session, records)
    await filled.step()
    return filled
