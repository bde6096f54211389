"""A co-owner's bundle proves its own lines and every run's sum, and shows nobody else's part."""

import asyncio
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import col, select

from ip_ledger.bundles.making import README
from ip_ledger.log import actions
from ip_ledger.log.commitments import hidden_parts
from ip_ledger.log.jobs import NUMBER_LEAVES
from ip_ledger.log.keys import LogKey
from ip_ledger.log.tables import LogOpening, LogRecord
from shared import verifier
from shared.verifier import ReceiptError, bundle_holds
from tests.ip_ledger.distributions.world import World, build

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    """One run is paid, one is paid and undone."""
    async with running("ip_ledger") as service:
        world = await build(service)
        await world.paid(await world.run())
        again = await world.paid(await world.run())
        body = {"effective_on": "2028-03-10", "reason": "wrong"}
        path = f"distribution-runs/{again['id']}/reverse"
        await world.post(world.operator(world.approver), path, body)
        await sign(world)
        yield world


async def sign(world: World) -> None:
    key = LogKey.of(world.service.app.state.settings)
    async with world.service.app.state.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(NUMBER_LEAVES)
        await actions.sign_checkpoint(connection, key, datetime.now(UTC))


async def files_of(world: World, org_id: Any) -> dict[str, bytes]:
    answer = await world.owner(org_id).get("/v1/ip-ledger/proof-bundle")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.requirement("X07")
async def test_a_bundle_verifies_itself_with_nothing_but_python(
    world: World, tmp_path: Path
) -> None:
    files = await files_of(world, world.company)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    # Isolated: no packages, no folder of ours on the path.
    command = [sys.executable, "-I", "-S", "verify.py", "bundle.json", "--key", "log.pub"]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("VERIFIED  3 lines, 3 runs that add up")
    proof = bundle_holds(files["bundle.json"], files["log.pub"].decode())
    amounts = [line["opened"]["amount"]["amount"] for line in proof["lines"]]
    # What rounding owed after the first run has decided the spare 分 of the second.
    assert amounts == [37_872_641, 37_872_642, -37_872_642]
    nets = [run["opened"]["net"]["net_fen"] for run in proof["runs"]]
    assert nets == [108_207_547, 108_207_547, -108_207_547]


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_bundle_shows_nobody_elses_part(world: World) -> None:
    raw = (await files_of(world, world.company))["bundle.json"]
    for other in (world.university, world.entity):
        assert str(other).encode() not in raw
    for amount in (43_283_019, 27_051_887):
        assert str(amount).encode() not in raw
    stranger = json.loads((await files_of(world, world.stranger))["bundle.json"])
    assert stranger["records"] == []
    assert (await world.service.client().get("/v1/ip-ledger/proof-bundle")).status_code == 401


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_one_bit_changed_anywhere_in_a_bundle_is_refused(world: World) -> None:
    files = await files_of(world, world.company)
    raw, key = files["bundle.json"], files["log.pub"].decode()
    assert bundle_holds(raw, key)
    for place in range(0, len(raw), 1 + len(raw) // 250):
        bent = bytearray(raw)
        bent[place] ^= 1 << place % 8
        assert not holds(bytes(bent), key), raw[max(0, place - 20) : place + 20]
    document = json.loads(raw)
    assert not holds(json.dumps(document).encode(), key)
    assert not holds(raw + b"\n", key)
    document["records"].reverse()
    assert not holds(verifier.canonical(document), key)


def holds(raw: bytes, key: str) -> bool:
    try:
        bundle_holds(raw, key)
    except (ReceiptError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return False
    return True


@pytest.mark.requirement("X12")
async def test_erasing_openings_leaves_every_proof_good(world: World) -> None:
    async with world.sessions.begin() as session:
        await session.execute(delete(LogOpening).where(col(LogOpening.name) != "net"))
    files = await files_of(world, world.company)
    proof = bundle_holds(files["bundle.json"], files["log.pub"].decode())
    assert len(proof["lines"]) == 3
    assert all(line["opened"] == {} for line in proof["lines"])
    assert [run["sum_proven"] for run in proof["runs"]] == [False] * 3


@pytest.mark.requirement("X12")
@pytest.mark.refusing
async def test_no_leaf_holds_a_name_a_contact_or_an_id_number(world: World) -> None:
    """Not in the open part of any record: people are ids, names and amounts are sealed."""
    async with world.sessions.reading() as session:
        for record in await session.scalars(select(LogRecord)):
            document = verifier.read_record(record.body)["document"]
            assert not {"name", "phone", "email", "id_number", "amount"} & set(flat(document))


def flat(document: Any) -> list[str]:
    if isinstance(document, dict):
        return [*document, *(name for value in document.values() for name in flat(value))]
    if isinstance(document, list):
        return [name for value in document for name in flat(value)]
    return []


amounts = st.integers(0, 2**53)
shared_out = st.dictionaries(st.uuids(), amounts, min_size=1, max_size=4)


@given(shared_out, st.sampled_from((1, -1)))
def test_parts_add_up_to_their_income_and_to_nothing_else(shares: dict[Any, int], way: int) -> None:
    # What a run shares or, when it undoes another, takes back.
    parts = {payee: way * amount for payee, amount in shares.items()}
    commitments, openings = hidden_parts(parts)
    run = {"run_id": "r", "commitments": commitments, "opened": openings}
    [payee, *_] = sorted(parts)
    own = {name: openings[name] for name in ("payee_0", "net")}
    line = {"run_id": "r", "opened": {"amount": {"amount": parts[payee]}}}
    assert verifier._sum_holds({**run, "opened": own}, [line], str(payee))
    for change in (
        {"payee_0": {**own["payee_0"], "amount_fen": parts[payee] + 1}},
        {"net": {**own["net"], "net_fen": own["net"]["net_fen"] + 1}},
        {"payee_0": {**own["payee_0"], "payee_id": "another"}},
    ):
        with pytest.raises(ReceiptError):
            verifier._sum_holds({**run, "opened": own | change}, [line], str(payee))
    with pytest.raises(ReceiptError):
        verifier._sum_holds(
            {**run, "opened": own}, [line, line | {"opened": {"amount": {"amount": 1}}}], str(payee)
        )


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize("own", [-1, 0, 1])
@pytest.mark.parametrize("net", [-50, 0, 50])
def test_a_part_of_another_sign_than_the_income_is_refused_by_its_owners_own_bundle(
    own: int, net: int
) -> None:
    payee, other = UUID(int=1), UUID(int=2)
    commitments, openings = hidden_parts({payee: own, other: net - own})
    opened = {name: openings[name] for name in ("payee_0", "net")}
    run = {"run_id": "r", "commitments": commitments, "opened": opened}
    line = {"run_id": "r", "opened": {"amount": {"amount": own}}}
    if own * net > 0 or own == 0:
        assert verifier._sum_holds(run, [line], str(payee))
    else:
        with pytest.raises(ReceiptError, match="another sign"):
            verifier._sum_holds(run, [line], str(payee))


@pytest.mark.requirement("X07")
def test_a_bundle_says_what_it_proves_and_what_it_does_not() -> None:
    for language in ("that no other part is below zero", "他方份额均不为负"):
        assert language in README
