"""`zhichuang witness`: watch the ledger's log for a member, and cosign only what has grown.

It trusts nothing but the log's public key that was kept from before. It remembers the last tree
that it signed, on disk before anybody sees the signature, and signs a newer one only after the
log's own tiles have proven that the old tree is its beginning. What cannot be is kept as evidence.
"""

import asyncio
import base64
import contextlib
import fcntl
import hashlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.verifier import COSIGNER, Key, ReceiptError, read_checkpoint, read_key, tile_path

LOG: Final = "/v1/ip-ledger/log"
TILE: Final = 256
HASH: Final = 32
# A note is some lines, a tile 8,192 bytes; whoever sends more is no log.
MOST_BYTES: Final = 64 * 1024
Reader = Callable[[str], Awaitable[bytes]]


class ForkError(Exception):
    """The log shows a tree that cannot follow the one that was signed."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree by its size and root."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Pen:
    """The witness's own key and name."""

    name: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """Give the kind of the key and the key."""
        return bytes([COSIGNER]) + self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """Give the four bytes that lead each signature."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.public).digest()[:4]

    @property
    def verifier(self) -> str:
        """Write the public key as verifiers read it (C2SP signed-note)."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.public).decode()}"

    def cosigned(self, text: str, at: int) -> str:
        """Sign a checkpoint's text at a time in seconds (C2SP tlog-cosignature)."""
        made = self.private.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        raw = self.key_id + at.to_bytes(8, "big") + made
        return f"— {self.name} {base64.b64encode(raw).decode()}"


class Notebook:
    """The folder in which a witness keeps its key, what it signed last, and evidence of forks."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made, readable to its owner only."""
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let no second witness with this key run: two memories could sign two histories."""
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                msg = "another witness runs in this folder"
                raise ReceiptError(msg) from error
            yield

    def pen(self, name: str) -> Pen:
        """Give the key of this folder, made at the first call."""
        path = self.folder / "witness.key"
        if not path.exists():
            self._write("witness.key", Ed25519PrivateKey.generate().private_bytes_raw().hex())
        return Pen(name, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text())))

    def last(self, origin: str) -> Tree | None:
        """Give the last tree that was signed; a memory of another log is refused."""
        path = self.folder / "signed.json"
        if not path.exists():
            return None
        kept = json.loads(path.read_text())
        if kept["origin"] != origin:
            msg = f"this folder remembers another log: {kept['origin']}"
            raise ReceiptError(msg)
        return Tree(kept["size"], bytes.fromhex(kept["root"]))

    def remember(self, origin: str, tree: Tree) -> None:
        """Keep a tree on disk before its signature is given away."""
        kept = {"origin": origin, "size": tree.size, "root": tree.root.hex()}
        self._write("signed.json", json.dumps(kept))

    def accuse(self, note: str, why: str) -> Path:
        """Keep a checkpoint that cannot be, for whoever judges it."""
        digest = hashlib.sha256(note.encode()).hexdigest()[:16]
        self._write(f"fork-{digest}.note", note)
        self._write(f"fork-{digest}.txt", why + "\n")
        return self.folder / f"fork-{digest}.note"

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        new = self.folder / f"{name}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Tiles:
    """The nodes of a tree of a size, read from its tiles, each once."""

    def __init__(self, read: Reader, size: int) -> None:
        """Read under `log/`."""
        self._read, self.size = read, size
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._tiles: dict[tuple[int, int], bytes] = {}

    async def grown_from(self, old: Tree) -> tuple[bytes, bytes]:
        """Give the roots of the old tree and of this one, made of the same nodes.

        Every node under the old tree's edge enters both roots, so that no other tree of this
        size and root has another beginning (RFC 9162, section 2.1.4).
        """
        return await self._root(0, old.size, old.size), await self._root(0, self.size, old.size)

    async def _root(self, start: int, end: int, edge: int) -> bytes:
        """Hash leaves from `start` to before `end`; no node that is read crosses the edge."""
        width = end - start
        if not width:
            return hashlib.sha256(b"").digest()
        whole = width & (width - 1) == 0 and start % width == 0
        if whole and (end <= edge or start >= edge):
            return await self._node(width.bit_length() - 1, start // width)
        split = start + (1 << ((width - 1).bit_length() - 1))
        left, right = await self._root(start, split, edge), await self._root(split, end, edge)
        return _parent(left, right)

    async def _node(self, level: int, index: int) -> bytes:
        key = (level, index)
        if key not in self._nodes:
            height = level % 8
            first = index << height
            hashes = await self._tile(level // 8, first // TILE)
            start = first % TILE * HASH
            cut = hashes[start : start + (HASH << height)]
            row = [cut[i : i + HASH] for i in range(0, len(cut), HASH)]
            while len(row) > 1:
                row = [_parent(*row[i : i + 2]) for i in range(0, len(row), 2)]
            self._nodes[key] = row[0]
        return self._nodes[key]

    async def _tile(self, level: int, index: int) -> bytes:
        key = (level, index)
        if key not in self._tiles:
            width = min(TILE, (self.size >> 8 * level) - TILE * index)
            path = tile_path(level, index, width)
            hashes = await self._read(path)
            if len(hashes) != width * HASH:
                msg = f"{path}: another size than it must have"
                raise ReceiptError(msg)
            self._tiles[key] = hashes
        return self._tiles[key]


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


async def judged(note: str, key: Key, last: Tree | None, read: Reader) -> tuple[str, Tree] | None:
    """Judge a checkpoint against the last tree that was signed; `None` where nothing is new.

    Gives the text to sign and the tree. Raises `ForkError` for a history that cannot be, and
    `ReceiptError` for what is no checkpoint of this log.
    """
    origin, size, root = read_checkpoint(note, key)
    new = Tree(size, root)
    if last is not None and new.size < last.size:
        # A copy that lags behind is no fork; it proves nothing, and is not signed.
        return None
    if last is not None and new.size == last.size:
        if new.root != last.root:
            msg = f"two trees of {new.size} leaves: {last.root.hex()} was signed"
            raise ForkError(msg)
        return None
    old_root, new_root = await Tiles(read, new.size).grown_from(last or Tree(0, b""))
    if new_root != new.root:
        msg = "tiles: they make another root than the checkpoint signs"
        raise ReceiptError(msg)
    if last is not None and old_root != last.root:
        msg = f"the tree of {last.size} leaves that was signed is not its beginning"
        raise ForkError(msg)
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n", new


@dataclass(slots=True)
class Witness:
    """A member's witness: its memory, its key, the log's key, and the way to the gateway."""

    book: Notebook
    pen: Pen
    log_key: Key
    http: httpx.AsyncClient
    tell: Callable[[str], None] = print

    async def look(self) -> Tree | None:
        """Look once; cosign and hand in what has grown. Gives the tree that was signed."""
        note = (await self._get("checkpoint")).decode()
        last = self.book.last(self.log_key.name)
        try:
            found = await judged(note, self.log_key, last, self._get)
        except ForkError as error:
            kept = self.book.accuse(note, str(error))
            self.tell(f"FORK  {error}; kept as {kept}")
            raise
        if found is None:
            return None
        text, tree = found
        line = self.pen.cosigned(text, int(time.time()))
        self.book.remember(self.log_key.name, tree)
        answer = await self.http.post(
            f"{LOG}/cosignatures", json={"tree_size": tree.size, "signature": line}
        )
        if answer.is_success:
            self.tell(f"COSIGNED  {tree.size} leaves, root {tree.root.hex()}")
        else:
            # Its memory is kept: the next look signs a larger tree.
            self.tell(f"NOT TAKEN  {tree.size} leaves: {_code(answer)}")
        return tree

    async def introduce(self) -> None:
        """Register the key, where it is not there yet; an official approves it."""
        answer = await self.http.post(f"{LOG}/witnesses", json={"verifier": self.pen.verifier})
        if answer.is_success:
            self.tell(f"REGISTERED  {self.pen.verifier}; an official approves it")
        elif _code(answer) != "ALREADY_EXISTS":
            msg = f"the key was not taken: {_code(answer)}"
            raise ReceiptError(msg)

    async def _get(self, path: str) -> bytes:
        answer = await self.http.get(f"{LOG}/{path}")
        if answer.status_code != httpx.codes.OK or len(answer.content) > MOST_BYTES:
            msg = f"{path}: not served ({answer.status_code})"
            raise ReceiptError(msg)
        return answer.content


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


class Bearer(httpx.Auth):
    """Fetches an access token by client credentials, and another when one is refused."""

    requires_response_body = True

    def __init__(self, client_id: str, client_secret: str) -> None:
        """Take a member's credentials."""
        self._basic = httpx.BasicAuth(client_id, client_secret)
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Any:  # noqa: ANN401 - httpx's generator
        """Send with a token; where it is refused, once more with a fresh one."""
        # What is public is read as anyone reads it.
        if request.method == "GET":
            yield request
            return
        for fresh in (self._token is None, True):
            if fresh:
                asked = httpx.Request(
                    "POST",
                    request.url.copy_with(path="/oauth/token", query=None),
                    data={"grant_type": "client_credentials"},
                )
                answer = yield next(self._basic.auth_flow(asked))
                self._token = answer.json().get("access_token") if answer.is_success else None
            request.headers["Authorization"] = f"Bearer {self._token}"
            refused = (yield request).status_code == httpx.codes.UNAUTHORIZED
            if not refused or fresh:
                return


async def watch(witness: Witness, every: float | None) -> None:
    """Look once, or again and again; a log that does not answer is asked later."""
    await witness.introduce()
    while True:
        try:
            await witness.look()
        except (ReceiptError, httpx.HTTPError) as error:
            if every is None:
                raise
            witness.tell(f"LATER  {error}")
        if every is None:
            return
        await asyncio.sleep(every)


def main(address: str, log_key: Path, folder: Path, name: str, every: float | None) -> int:
    """Run the command: 0 when done, 1 when refused, 3 for a fork, 2 when it cannot be read."""
    try:
        key = read_key(log_key.read_text())
        credentials = (os.environ["ZHICHUANG_CLIENT_ID"], os.environ["ZHICHUANG_CLIENT_SECRET"])
    except (OSError, KeyError) as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    except ReceiptError as error:
        print(f"REFUSED  {error}", file=sys.stderr)
        return 1
    book = Notebook(folder)

    async def run() -> None:
        auth = Bearer(*credentials)
        async with httpx.AsyncClient(
            base_url=address, auth=auth, timeout=30, trust_env=False
        ) as http:
            await watch(Witness(book, book.pen(name), key, http), every)

    try:
        with book.held():
            asyncio.run(run())
    except ForkError:
        return 3
    except (ReceiptError, httpx.HTTPError) as error:
        print(f"REFUSED  {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0
