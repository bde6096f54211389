"""A transparency-log client of others, which knows nothing of us, reads the log over HTTP.

It is `aics-tlog` from PyPI (C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature), which
needs Python 3.12 and so does not belong to this environment: `uv tool install aics-tlog==0.2.1`.
"""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from sqlmodel import col, select

from ip_ledger.log.keys import LogKey
from ip_ledger.log.tables import LogLeaf
from tests.ip_ledger.distributions.world import World
from tests.ip_ledger.witnesses.test_witnesses import LOG, grow, institution, note_of, world

__all__ = ["world"]
CLIENT: Final = shutil.which("aics-tlog")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(CLIENT is None, reason="aics-tlog is not installed (Python 3.12)"),
]


@dataclass
class Served:
    """The log at an address, its key in a file, and the client's verdicts."""

    world: World
    address: str
    folder: Path

    async def judged(self, command: str, *options: str) -> tuple[int, dict[str, Any]]:
        key = self.folder / "log.pub"
        key.write_text(LogKey.of(self.world.service.app.state.settings).verifier + "\n")
        source = () if "--note" in options else ("--tiles", self.address)
        process = await asyncio.create_subprocess_exec(
            str(CLIENT), command, *source, "--vkey-file", str(key), *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, told = await process.communicate()
        assert out, told.decode()
        report: dict[str, Any] = json.loads(out)
        return process.returncode or 0, report

    def kept(self, name: str, note: str) -> str:
        path = self.folder / name
        path.write_text(note)
        return str(path)

    async def leaf(self, index: int) -> str:
        async with self.world.sessions.reading() as session:
            leaf = await session.scalar(
                select(col(LogLeaf.leaf_hash)).where(col(LogLeaf.leaf_index) == index)
            )
        assert leaf is not None
        return leaf.hex()


@pytest.fixture
async def served(world: World, tmp_path: Path) -> AsyncIterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(world.service.asgi, lifespan="off", log_level="error")
        )
        task = asyncio.create_task(server.serve([free]))
        yield Served(world, f"http://127.0.0.1:{port}{LOG}", tmp_path)
        server.should_exit = True
        await task


@pytest.mark.requirement("X07")
async def test_a_client_of_others_verifies_checkpoint_inclusion_and_growth(served: Served) -> None:
    await grow(served.world, 3)
    old = served.kept("old.note", await note_of(served.world))
    size = await grow(served.world, 700)
    status, report = await served.judged("verify-checkpoint")
    assert (status, report["ok"]) == (0, True), report
    for index in (0, 2, 255, 256, size - 1):
        status, report = await served.judged(
            "verify-inclusion", "--leaf-hash", await served.leaf(index), "--index", str(index)
        )
        assert (status, report["ok"]) == (0, True), report
    status, report = await served.judged("verify-consistency", "--old-checkpoint", old)
    assert (status, report["ok"]) == (0, True), report


@pytest.mark.requirement("X07")
async def test_a_client_of_others_counts_our_members_cosignatures(served: Served) -> None:
    await grow(served.world, 5)
    member = institution(served.world, served.world.university, "m03.example")
    await member.approved()
    assert (await member.cosign(await note_of(served.world))).status_code == 201
    note = (await served.world.service.client().get(f"{LOG}/cosigned-checkpoint")).text
    options = ("--note", served.kept("new.note", note), "--quorum", "1")
    key = member.verifier.line
    status, report = await served.judged("verify-checkpoint", *options, "--witness-key", key)
    assert (status, report["ok"]) == (0, True), report
    other = institution(served.world, served.world.company, "m01.example").verifier.line
    status, report = await served.judged("verify-checkpoint", *options, "--witness-key", other)
    assert status != 0, report


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_client_of_others_refuses_what_is_not_in_the_log(served: Served) -> None:
    await grow(served.world, 300)
    leaf = bytearray.fromhex(await served.leaf(7))
    leaf[0] ^= 1
    status, report = await served.judged(
        "verify-inclusion", "--leaf-hash", leaf.hex(), "--index", "7"
    )
    assert (status == 0, report["ok"]) == (False, False)
    note = await note_of(served.world)
    size = note.split("\n")[1]
    broken = served.kept("broken.note", note.replace(f"\n{size}\n", f"\n{int(size) - 1}\n"))
    status, report = await served.judged("verify-checkpoint", "--note", broken)
    assert status != 0, report
