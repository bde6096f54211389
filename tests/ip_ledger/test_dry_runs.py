"""What a dry run of a large batch of the ledger says of each row is what doing it then does."""

import json
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from ip_ledger.app import BATCHES
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import AccountKind, AccountName
from shared.http.batches import taking
from tests.fixtures.counting import some
from tests.fixtures.rehearsing import CHUNK, kinds, reach, worked_off
from tests.fixtures.service import event_types
from tests.ip_ledger.conftest import Ledger
from tests.ip_ledger.contracts.test_tech_contracts import contract, posted, yuan

pytestmark = pytest.mark.anyio
NUMBER = 140
LEDGER = "/v1/ip-ledger"


@pytest.fixture(autouse=True)
def _all_batches_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "INLINE_ROWS", 0)


async def _counted(ledger: Ledger, table: str) -> int:
    async with ledger.sessions.reading() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - a name of this file


async def _foretold(
    ledger: Ledger, client: Any, path: str, lines: Sequence[str], table: str
) -> list[dict[str, Any]]:
    """Try a batch out, do it, and hold both side by side; give what was done."""
    there, told = await _counted(ledger, table), await event_types(ledger.sessions)
    sent = (ledger.service, client, f"{LEDGER}/{path}", lines)
    foretold = await worked_off(*sent, dry_run=True, by=kinds(BATCHES))
    assert await _counted(ledger, table) == there
    assert await event_types(ledger.sessions) == told
    done = await worked_off(*sent, dry_run=False, by=kinds(BATCHES))
    assert foretold == done
    created = sum(row["outcome"] == "created" for row in done)
    assert await _counted(ledger, table) == there + created
    return done


def _codes(done: Sequence[dict[str, Any]]) -> set[str]:
    return {row["problem"]["code"] for row in done if row["problem"]}


@pytest.mark.requirement("X05", "A109")
@pytest.mark.parametrize("seed", some(range(3), 2))
async def test_assets_are_foretold(ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)

    def row() -> str:
        which = chance.randrange(60)
        over: dict[str, Any] = {
            "kind": "software", "number": f"2025SR{which:07d}",
            "filed_on": None, "registered_on": "2025-06-01",
            "title": chance.choice(("甲", "甲", "甲", "乙")),
        }  # fmt: skip
        if chance.random() < 0.7:
            over["external_id"] = f"R-{which}"
        if chance.random() < 0.1:
            over |= chance.choice(({"number": "2025SR1"}, {"center_id": str(uuid4())}))
        return json.dumps(ledger.asset(**over))

    lines = [row() for _ in range(NUMBER)]
    await ledger.registered(**json.loads(lines[3]) | {"center_id": str(ledger.center["c03"])})
    async with ledger.member("m04") as client:
        done = await _foretold(ledger, client, "asset-batches", lines, "ip_asset")
    assert _codes(done) >= {"ALREADY_EXISTS", "EXTERNAL_ID_MISMATCH", "NUMBER_FORMAT", "NOT_FOUND"}
    # Rows meet over the bounds of chunks: judged chunk by chunk, the dry run would be wrong.
    assert reach(done) > CHUNK


@pytest.mark.requirement("X05", "A127")
@pytest.mark.parametrize("seed", some(range(3), 2))
async def test_technology_contracts_are_foretold(ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)

    def row() -> str:
        number = chance.randrange(60)
        over: dict[str, Any] = {
            "contract_amount": yuan(chance.choice((2_000_000, 6_000_000))),
            "external_id": f"HT-{chance.randrange(60)}",
        }
        if chance.random() < 0.4:
            over |= {"registration_no": None, "registered_on": None}
        if chance.random() < 0.1:
            over |= chance.choice(
                ({"signed_on": "2027-01-01", "registered_on": None}, {"center_id": str(uuid4())})
            )
        return json.dumps(contract(ledger, number, **over))

    lines = [row() for _ in range(NUMBER)]
    assert (await posted(ledger, contract(ledger, 7, external_id="HT-7"))).status_code == 201
    async with ledger.member("m04") as client:
        done = await _foretold(ledger, client, "tech-contract-batches", lines, "tech_contract")
    assert _codes(done) >= {"ALREADY_EXISTS", "EXTERNAL_ID_MISMATCH", "NOT_FOUND"}
    assert reach(done) > CHUNK


@pytest.mark.requirement("X05", "X07")
@pytest.mark.parametrize("seed", some(range(3), 2))
async def test_entries_are_foretold_by_what_those_before_would_have_moved(
    ledger: Ledger, seed: int
) -> None:
    chance = random.Random(seed)
    names = [
        AccountName("cash", AccountKind.ASSET, may_go_negative=False),
        AccountName("box", AccountKind.ASSET, may_go_negative=False),
        AccountName("equity", AccountKind.EQUITY),
    ]
    async with ledger.sessions.begin() as session:
        ids = list((await journal.open_accounts(session, ledger.center["c03"], names)).values())

    def row() -> str:
        debit, credit = chance.sample(ids, 2)
        amount = chance.choice((1, 10, 100, 2**52, 2**53 - 1))
        lines = [
            {"account_id": str(account), "side": side, "amount": {"amount": amount}}
            for account, side in ((debit, "debit"), (credit, "credit"))
        ]
        if chance.random() < 0.05:
            lines[0]["account_id"] = str(UUID(int=chance.randrange(99)))
        day = chance.choice(("2026-01-10", "2026-01-19"))
        return json.dumps({"effective_on": day, "reference": "R", "postings": lines})

    lines = [row() for _ in range(NUMBER)]
    caller = {"duties": ["bookkeeper"], "sub": str(uuid4())}
    async with ledger.service.client("official", **caller) as client:
        done = await _foretold(ledger, client, "entry-batches", lines, "journal_entry")
    assert _codes(done) >= {"ACCOUNT_OVERDRAWN", "ACCOUNT_UNKNOWN", "AMOUNT_TOO_LARGE"}
