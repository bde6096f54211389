"""Leaves, tiles and checkpoints on a real database: after a crash at any point nothing is lost."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ip_ledger.log import actions, queries, rules
from ip_ledger.log.actions import NewRecord, append_records
from ip_ledger.log.jobs import NUMBER_LEAVES
from ip_ledger.log.keys import LogKey
from ip_ledger.log.tables import LogOpening
from shared.database import new_id
from tests.fixtures.service import RunningService
from tests.ip_ledger.distributions.world import World, build
from zhichuang import verify

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    async with running("ip_ledger") as service:
        yield await build(service)


async def append(world: World, count: int) -> list[UUID]:
    """Log some records that concern the company."""
    ids = [new_id() for _ in range(count)]
    async with world.sessions.begin() as session:
        await append_records(
            session,
            [
                NewRecord("test", i, world.center_id, {"n": n}, {"amount": n}, (world.company,))
                for n, i in enumerate(ids)
            ],
        )
    return ids


async def step(world: World, *, sign: bool = True) -> None:
    """Do what the sequencer does, or only its first half."""
    service: RunningService = world.service
    async with service.app.state.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(NUMBER_LEAVES)
        if sign:
            key = LogKey.of(service.app.state.settings)
            await actions.sign_checkpoint(connection, key, datetime.now(UTC))


async def head_and_root(world: World) -> tuple[int, bytes, bytes]:
    """Give the signed size and root, and the root computed anew from all leaves."""
    async with world.sessions.reading() as session:
        signed = await queries.latest_checkpoint(session)
        leaves = await queries.leaf_hashes(session)
    assert signed is not None
    tiles: dict[rules.TileKey, list[bytes]] = {}
    level, hashes = 0, leaves[: signed.tree_size]
    while hashes:
        cut = [hashes[i : i + 256] for i in range(0, len(hashes), 256)]
        tiles |= {rules.TileKey(level, i): tile for i, tile in enumerate(cut)}
        hashes = [rules.perfect_root(tile) for tile in cut if len(tile) == 256]
        level += 1
    return signed.tree_size, signed.root, rules.range_root((0, signed.tree_size), tiles)


@pytest.mark.requirement("X07")
async def test_the_tree_grows_over_tiles_and_every_receipt_verifies(world: World) -> None:
    ids: list[UUID] = []
    for count in (3, 250, 10, 300):
        ids += await append(world, count)
        await step(world)
        size, signed, computed = await head_and_root(world)
        assert (size, signed) == (len(ids), computed)
    owner = world.owner(world.company)
    key = (await owner.get("/v1/ip-ledger/log/key")).text
    for index in (0, 2, 255, 256, 511, 512, 562):
        answer = await owner.get(f"/v1/ip-ledger/receipts/{ids[index]}")
        assert verify.verified(answer.content, key).leaf_index == index


@pytest.mark.requirement("X07")
async def test_a_crash_between_numbering_and_signing_is_made_good(world: World) -> None:
    await append(world, 260)
    await step(world, sign=False)
    await append(world, 260)
    await step(world, sign=False)
    await step(world)
    size, signed, computed = await head_and_root(world)
    assert (size, signed) == (520, computed)


async def test_a_crash_after_the_tiles_and_before_the_checkpoint_is_made_good(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(world, 600)

    async def crash(*_: object) -> int:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(queries, "tiles", crash)
        with pytest.raises(ConnectionError):
            await step(world)
    await step(world)
    size, signed, computed = await head_and_root(world)
    assert (size, signed) == (600, computed)


async def test_a_late_commit_gets_a_later_leaf_and_none_is_left_out(world: World) -> None:
    async with world.sessions.open() as late:
        await late.begin()
        early_id, late_id = new_id(), new_id()
        await append_records(late, [NewRecord("test", late_id, None, {}, {}, ())])
        async with world.sessions.begin() as session:
            await append_records(session, [NewRecord("test", early_id, None, {}, {}, ())])
        await step(world)
        await late.commit()
    await step(world)
    async with world.sessions.reading() as session:
        numbered = await queries.leaf_indexes_of(session, (early_id, late_id))
        places = [numbered[i] for i in (early_id, late_id)]
    assert places == [0, 1]


async def test_hashes_are_public_and_contents_are_not(world: World) -> None:
    [record_id, *_] = await append(world, 300)
    await step(world)
    anyone = world.service.client()
    note = await anyone.get("/v1/ip-ledger/log/checkpoint")
    assert note.text.startswith("zhichuang.example/ip-ledger\n300\n")
    assert note.headers["content-type"].startswith("text/plain")
    full = await anyone.get("/v1/ip-ledger/log/tile/0/000")
    assert len(full.content) == 8_192
    assert "immutable" in full.headers["cache-control"]
    partial = await anyone.get("/v1/ip-ledger/log/tile/0/001.p/44")
    assert len(partial.content) == 44 * 32
    above = await anyone.get("/v1/ip-ledger/log/tile/1/000.p/1")
    assert above.content == rules.perfect_root(rules.cut(full.content))
    for path in ("0/001", "0/001.p/45", "0/1", "2/000", "64/000", "0/000.p/256", "entries/000"):
        answer = await anyone.get(f"/v1/ip-ledger/log/tile/{path}")
        assert answer.status_code in {404, 422}, path
    assert (await anyone.get(f"/v1/ip-ledger/receipts/{record_id}")).status_code == 401


async def test_a_receipt_can_be_waited_for(world: World) -> None:
    [record_id] = await append(world, 1)
    owner = world.owner(world.company)
    asked = asyncio.create_task(
        owner.get(f"/v1/ip-ledger/receipts/{record_id}", headers={"Prefer": "wait=checkpoint"})
    )
    await asyncio.sleep(0.2)
    assert not asked.done()
    await step(world)
    assert (await asked).status_code == 200


@pytest.mark.requirement("X12")
async def test_erasing_an_opening_leaves_the_receipt_good(world: World) -> None:
    [record_id] = await append(world, 1)
    await step(world)
    async with world.sessions.begin() as session:
        await session.execute(delete(LogOpening))
    owner = world.owner(world.company)
    answer = await owner.get(f"/v1/ip-ledger/receipts/{record_id}")
    key = (await owner.get("/v1/ip-ledger/log/key")).text
    assert verify.verified(answer.content, key).opened == {}


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_no_row_of_the_log_can_be_changed_or_deleted(world: World) -> None:
    await append(world, 1)
    await step(world)
    for table in ("log_record", "log_leaf", "log_tile", "log_checkpoint"):
        with pytest.raises(Exception, match="permission denied"):
            async with world.sessions.begin() as session:
                await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - four known names


async def test_one_more_leaf_changes_the_root_and_no_leaf_changes_nothing(world: World) -> None:
    async def sign(connection: AsyncConnection) -> int | None:
        key = LogKey.of(world.service.app.state.settings)
        return await actions.sign_checkpoint(connection, key, datetime.now(UTC))

    async with world.service.app.state.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        assert await sign(connection) == 0
        assert await sign(connection) is None
        head = await queries.latest_checkpoint(connection)
        assert head is not None
        assert head.root == hashlib.sha256(b"").digest()


@pytest.mark.requirement("X07")
async def test_the_whole_log_is_exported_and_verified_offline(world: World, tmp_path: Path) -> None:
    owner = world.owner(world.company)
    key = (await owner.get("/v1/ip-ledger/log/key")).text
    (tmp_path / "log.pub").write_text(key)
    for count in (3, 253, 1, 512, 1):
        await append(world, count)
        await step(world)
        exported = await owner.get("/v1/ip-ledger/log/export")
        assert exported.headers["content-type"] == "application/zip"
        (tmp_path / "log.zip").write_bytes(exported.content)
        with zipfile.ZipFile(tmp_path / "log.zip") as archive:
            told = verify.whole_log(archive.read, key)
        size, _, computed = await head_and_root(world)
        assert told == (size, computed.hex())
    arguments = [str(tmp_path / "log.zip"), "--key", str(tmp_path / "log.pub")]
    assert verify.main(arguments) == 0


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_an_export_with_one_bit_changed_anywhere_is_refused(world: World) -> None:
    await append(world, 600)
    await step(world)
    owner = world.owner(world.company)
    key = (await owner.get("/v1/ip-ledger/log/key")).text
    exported = await owner.get("/v1/ip-ledger/log/export")
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert verify.whole_log(files.__getitem__, key)[0] == 600
    for name, content in files.items():
        for place in range(0, len(content), 1 + len(content) // 150):
            bent = bytearray(content)
            bent[place] ^= 1 << place % 8
            with pytest.raises((verify.ReceiptError, KeyError)):
                verify.whole_log({**files, name: bytes(bent)}.__getitem__, key)
