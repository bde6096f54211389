"""One audit of everything in one snapshot: used by the command, and by the background job."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from ip_ledger.audit import queries, rules
from ip_ledger.audit.derived_queries import DERIVED
from ip_ledger.audit.log_queries import LEAF_HASH, LOG, RECORD_HASH
from ip_ledger.audit.row_queries import ROWS
from ip_ledger.audit.rules import Difference
from ip_ledger.audit.told_queries import TOLD
from ip_ledger.log.notes import NoteError, TreeText, Verifier, parts_of


@dataclass(frozen=True, slots=True)
class Evidence:
    """A checkpoint that somebody outside kept, and who signed it that the auditor trusts."""

    name: str
    tree: TreeText
    signers: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What an audit covered, and what differs, the first first."""

    tree_size: int = 0
    root: bytes = b""
    event_position: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def evidence(name: str, note: str, verifiers: Sequence[Verifier]) -> Evidence:
    """Read a checkpoint from outside; raise `NoteError` unless a trusted key signed it."""
    body, signatures = parts_of(note)
    signers = tuple(one.name for one in verifiers if one.signed_at(body, signatures) is not None)
    if not signers:
        msg = f"{name}: signed by none of the keys given"
        raise NoteError(msg)
    return Evidence(name, TreeText.read(body), signers)


async def audit(
    connection: AsyncConnection, key: Verifier | None, outside: Sequence[Evidence] = ()
) -> Outcome:
    """Compute everything again and compare; the caller gives a connection without a transaction.

    `key` is the log's, to check that it signed each checkpoint; without it only roots are.
    """
    await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    async with connection.begin():
        return await audit_seen(connection, key, outside)


async def audit_seen(
    connection: AsyncConnection, key: Verifier | None, outside: Sequence[Evidence] = ()
) -> Outcome:
    """Audit what the connection's open transaction sees."""
    outcome = Outcome()
    # Large sorts and joins are what this is made of, and it is alone in its connection.
    await connection.execute(text("SET LOCAL work_mem = '64MB'"))
    outcome.rows = await queries.counts(connection)
    outcome.event_position = await queries.linked_until(connection)
    found = outcome.differences
    tree = await _tree(connection, key, outside, outcome)
    first = LEAF_HASH if tree else RECORD_HASH
    found += [one async for one in queries.answers(connection, (first, *LOG))]
    found += tree
    for questions in (ROWS, DERIVED, queries.CHAIN, TOLD):
        found += [one async for one in queries.answers(connection, questions)]
    return outcome


async def _tree(
    connection: AsyncConnection,
    key: Verifier | None,
    outside: Sequence[Evidence],
    outcome: Outcome,
) -> list[Difference]:
    """Build the tree again from its leaves; compare tiles, checkpoints and what others kept."""
    stored = await queries.checkpoints(connection)
    wanted = {one.tree_size for one in stored} | {one.tree.size for one in outside}
    tree, roots = rules.Growing(), {}
    if 0 in wanted:
        roots[0] = tree.root
    async for leaf in queries.leaves(connection):
        tree.add(leaf)
        if tree.size in wanted:
            roots[tree.size] = tree.root
    outcome.tree_size, outcome.root = tree.size, tree.root
    signed_size = stored[-1].tree_size if stored else 0
    tile = rules.differing_tile(tree.tiles, await queries.stored_tiles(connection), signed_size)
    found = [] if tile is None else [tile]
    for one in stored:
        reason = _wrong(one, key, roots.get(one.tree_size))
        if reason is not None:
            found.append(Difference("log_checkpoint", str(one.tree_size), reason))
            break
    return [*found, *(_rewritten(one, roots) for one in outside if _differs(one, roots))]


def _wrong(stored: queries.StoredTree, key: Verifier | None, root: bytes | None) -> str | None:
    """Say what is wrong with a checkpoint: its note, or the tree that it signs."""
    try:
        body, signatures = parts_of(stored.note)
        said = TreeText.read(body)
        if key is not None and (said.origin != key.name or key.signed_at(body, signatures) is None):
            return "it is not signed by the log's key"
    except NoteError as error:
        return f"its note does not hold: {error}"
    if (said.size, said.root) != (stored.tree_size, stored.root):
        return "its note says another tree than its columns"
    if root is None:
        return "it signs leaves that are gone"
    return None if root == stored.root else "the leaves make another root"


def _differs(one: Evidence, roots: dict[int, bytes]) -> bool:
    return roots.get(one.tree.size) != one.tree.root


def _rewritten(one: Evidence, roots: dict[int, bytes]) -> Difference:
    by = " and ".join(one.signers)
    size = one.tree.size
    now = f"its leaves now make {roots[size].hex()}" if size in roots else "leaves are gone"
    told = f"REWRITTEN: {by} signed {one.tree.root.hex()} for a tree of {size}; {now}"
    return Difference("log_leaf", f"0-{size - 1}", told)
