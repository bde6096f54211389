"""Putting a bundle together: a read across tables that ends in one ZIP."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.bundles import queries
from ip_ledger.bundles.queries import Proven
from ip_ledger.distributions.rules import TOTAL_KIND
from ip_ledger.log import queries as log
from ip_ledger.log import rules
from ip_ledger.log.queries import TreeHead
from ip_ledger.log.tables import LogOpening
from shared import verifier

# A verifier reads so many in some seconds; what is more is asked for in receipts.
MOST_RECORDS: Final = 10_000
NEVER: Final = (1980, 1, 1, 0, 0, 0)
VERIFIER: Final = Path(verifier.__file__).read_bytes()
README: Final = """制创 · Zhichuang

bundle.json  your lines of the ledger, each with its proof, and the checkpoint that covers them
verify.py    checks it: the standard library of Python 3.11 or newer, no network
log.pub      the log's public key; compare it with the one that you kept from before

    python3 verify.py bundle.json --key log.pub

What others got stays hidden. Proven: your lines, your part of each run, that all parts of a run
add up to its income, and that a key which signed your agreements was its party's and held that day.
Not proven: that no other part is below zero (each other owner's bundle, and the audit, show that),
and that nobody has ended a key since; ask for a new bundle to learn of it.
本文件包可离线核验：他方金额保持保密，但各方份额之和等于净收入可以证明。
不能证明：他方份额均不为负（由他方各自的文件包及审计证明），以及此后无人撤销密钥。
"""


async def bundle(session: AsyncSession, org_id: UUID, head: TreeHead, key: str) -> bytes | None:
    """Give the ZIP of all that an organization got or bore; `None` where that is too much."""
    found = await queries.records_of(session, org_id, head.tree_size, MOST_RECORDS)
    if len(found) > MOST_RECORDS:
        return None
    openings = await queries.openings_of(session, [one.record_id for one in found])
    proofs = await _proofs(session, found, head.tree_size)
    document = {
        "v": 1,
        "org_id": str(org_id),
        "checkpoint": head.note,
        "records": [
            {
                "record": rules.base64_text(one.body),
                "leaf_index": one.leaf_index,
                "proof": proof,
                "openings": [
                    _opening(row) for row in openings[one.record_id] if _may(one, row, org_id)
                ],
            }
            for one, proof in zip(found, proofs, strict=True)
        ],
    }
    return _zipped(
        {
            "bundle.json": rules.canonical(document),
            "verify.py": VERIFIER,
            "log.pub": f"{key}\n".encode(),
            "README.txt": README.encode(),
        }
    )


async def _proofs(session: AsyncSession, found: Sequence[Proven], size: int) -> list[list[str]]:
    """Prove all records with the tiles that any of them needs, which are read once."""
    ranges = [rules.inclusion_ranges(one.leaf_index, size) for one in found]
    needed = sorted({key for bounds in ranges for key in rules.tiles_of(bounds)})
    tiles = await log.tiles(session, needed, size)
    # Neighbours share most of their siblings.
    known: dict[tuple[int, int], str] = {}
    for bounds in {one for part in ranges for one in part}:
        known[bounds] = rules.base64_text(rules.range_root(bounds, tiles))
    return [[known[bounds] for bounds in part] for part in ranges]


def _may(one: Proven, row: LogOpening, org_id: UUID) -> bool:
    """Of a run's total only the sum is opened, and one's own part."""
    if one.kind != TOTAL_KIND or row.name == "net":
        return True
    value: dict[str, Any] = json.loads(row.value)
    return bool(value["payee_id"] == str(org_id))


def _opening(row: LogOpening) -> dict[str, Any]:
    return {
        "name": row.name,
        "salt": rules.base64_text(row.salt),
        "value": json.loads(row.value),
    }


def _zipped(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, NEVER)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return whole.getvalue()
