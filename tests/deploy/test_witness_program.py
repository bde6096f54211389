"""The members' witness program: it signs what grew out of what it signed, and never a fork."""

import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from ip_ledger.log import rules
from ip_ledger.log.keys import LogKey
from shared.verifier import ReceiptError, read_checkpoint, read_key, tile_path
from tests.ip_ledger.distributions.world import World
from tests.ip_ledger.witnesses.test_witnesses import LOG, grow, note_of, world
from zhichuang.witness import ForkError, Notebook, Pen, Tree, Witness, judged

__all__ = ["world"]
pytestmark = pytest.mark.anyio
ORIGIN = "zhichuang.example/ip-ledger"


class Log:
    """A log in memory: leaves, tiles as they are served, and notes signed by its key."""

    def __init__(self, folder: Path, count: int, salt: int = 0, key: LogKey | None = None) -> None:
        self.key = key or LogKey.kept_in(folder / "log.key", ORIGIN)
        self.leaves = [
            rules.leaf_hash(f"{salt if n >= 700 else 0} {n}".encode()) for n in range(count)
        ]
        self._nodes: dict[tuple[int, int], bytes] = {}

    def levels(self, size: int) -> list[list[bytes]]:
        levels, covered = [self.leaves[:size]], 256
        while size >= covered:
            starts = range(0, size - covered + 1, covered)
            levels.append([self.over(start, start + covered) for start in starts])
            covered *= 256
        return levels

    def root(self, size: int) -> bytes:
        return self.over(0, size) if size else rules.EMPTY_ROOT

    def over(self, start: int, end: int) -> bytes:
        """The hash over some leaves (RFC 9162, 2.1.1), kept: the trees of all sizes share them."""
        if end - start == 1:
            return self.leaves[start]
        if (start, end) not in self._nodes:
            split = start + (1 << ((end - start - 1).bit_length() - 1))
            node = rules.node_hash(self.over(start, split), self.over(split, end))
            self._nodes[start, end] = node
        return self._nodes[start, end]

    def note(self, size: int) -> str:
        text = rules.checkpoint_text(ORIGIN, size, self.root(size))
        return self.key.signed(text)

    def reader(self, size: int) -> Any:
        served = {
            tile_path(level, n, len(cut)): b"".join(cut)
            for level, row in enumerate(self.levels(size))
            for n in range(-(-len(row) // 256))
            for cut in [row[256 * n : 256 * (n + 1)]]
        }

        async def read(path: str) -> bytes:
            return served[path]

        return read

    async def judge(self, old: Tree | None, size: int) -> Any:
        return await judged(self.note(size), read_key(self.key.verifier), old, self.reader(size))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("log"), 70_000)


SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 511, 700, 65_535, 65_536, 65_537, 70_000)


@pytest.mark.requirement("X07")
@pytest.mark.parametrize("size", SIZES)
async def test_any_tree_grows_out_of_any_smaller_one(log: Log, size: int) -> None:
    dice = random.Random(size)
    for old in {*(one for one in SIZES if one < size), *(dice.randrange(size) for _ in range(5))}:
        before = Tree(old, log.root(old)) if old else None
        text, tree = await log.judge(before, size)
        assert (tree.size, tree.root) == (size, log.root(size))
        assert text == rules.checkpoint_text(ORIGIN, size, log.root(size))
    assert await log.judge(Tree(size, log.root(size)), size) is None


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_what_did_not_grow_out_of_the_signed_tree_is_a_fork(log: Log, tmp_path: Path) -> None:
    other = Log(tmp_path, 3_000, salt=1, key=log.key)
    for old, size in ((701, 702), (1_000, 1_001), (1_024, 2_048), (2_999, 3_000)):
        with pytest.raises(ForkError, match="not its beginning"):
            await other.judge(Tree(old, log.root(old)), size)
        with pytest.raises(ForkError, match="two trees"):
            await other.judge(Tree(size, log.root(size)), size)
    # Up to the 700th leaf both logs are one.
    assert await other.judge(Tree(700, log.root(700)), 3_000) is not None
    assert await other.judge(Tree(2_999, log.root(2_999)), 1_000) is None


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_tiles_that_do_not_make_the_signed_root_prove_nothing(
    log: Log, tmp_path: Path
) -> None:
    other = Log(tmp_path, 3_000, salt=1, key=log.key)
    key = read_key(log.key.verifier)
    with pytest.raises(ReceiptError, match="another root"):
        await judged(log.note(3_000), key, Tree(900, log.root(900)), other.reader(3_000))
    stranger = LogKey.kept_in(tmp_path / "another.key", ORIGIN)
    with pytest.raises(ReceiptError):
        await judged(log.note(5), read_key(stranger.verifier), None, log.reader(5))

    async def short(_path: str) -> bytes:
        return b"\0" * 31

    with pytest.raises(ReceiptError, match="another size"):
        await judged(log.note(5), key, None, short)


def forks(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted(folder.glob("fork-*"))]


def witness(world: World, folder: Path, told: list[str]) -> Witness:
    book = Notebook(folder)
    key = read_key(LogKey.of(world.service.app.state.settings).verifier)
    client: httpx.AsyncClient = world.owner(world.university)
    return Witness(book, book.pen("m03.example"), key, client, told.append)


@pytest.mark.requirement("X07")
async def test_the_program_registers_watches_and_cosigns_over_http(
    world: World, tmp_path: Path
) -> None:
    told: list[str] = []
    await grow(world, 300)
    one = witness(world, tmp_path, told)
    await one.introduce()
    listed = (await world.service.client().get(f"{LOG}/witnesses")).json()["items"]
    early = await one.look()
    assert early is not None
    assert told[-1].startswith("NOT TAKEN")
    approver = world.service.client("approver")
    approved = await approver.post(f"{LOG}/witnesses/{listed[0]['id']}/approve")
    assert approved.status_code == 200, approved.text
    assert await one.look() is None
    size = await grow(world, 400)
    # Another start, with the memory of the first.
    again = witness(world, tmp_path, told)
    await again.introduce()
    tree = await again.look()
    assert tree is not None
    assert tree.size == size
    assert told[-1].startswith(f"COSIGNED  {size}")
    served = (await world.service.client().get(f"{LOG}/cosigned-checkpoint")).text
    assert read_checkpoint(served, again.log_key, read_key(again.pen.verifier))[1] == size


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_the_program_keeps_a_fork_and_signs_nothing(world: World, tmp_path: Path) -> None:
    told: list[str] = []
    size = await grow(world, 3)
    one = witness(world, tmp_path, told)
    one.book.remember(one.log_key.name, Tree(size, bytes(32)))
    with pytest.raises(ForkError):
        await one.look()
    note = await note_of(world)
    assert forks(tmp_path) == [note, f"two trees of {size} leaves: {'00' * 32} was signed\n"]
    assert one.book.last(one.log_key.name) == Tree(size, bytes(32))
    await grow(world, 3)
    with pytest.raises(ForkError, match="not its beginning"):
        await one.look()
    with pytest.raises(ReceiptError, match="another log"):
        one.book.last("elsewhere")
    with one.book.held(), pytest.raises(ReceiptError, match="another witness"):  # noqa: SIM117
        with Notebook(tmp_path).held():
            pass


def test_a_key_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    book = Notebook(tmp_path / "w")
    pen = book.pen("m03.example")
    assert isinstance(pen, Pen)
    assert book.pen("m03.example").verifier == pen.verifier
    assert read_key(pen.verifier).public == pen.public[1:]
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o077 == 0
