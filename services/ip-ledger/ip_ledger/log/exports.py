"""The whole log as one ZIP of its checkpoint and tiles, to be checked offline."""

import tempfile
import zipfile
from typing import IO, Final

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.log import queries, rules
from ip_ledger.log.queries import TreeHead

# What is larger than this waits on the disk and not in memory.
IN_MEMORY: Final = 8 * 1024 * 1024
# Entries bear no time, so that one tree always makes the same bytes.
NEVER: Final = (1980, 1, 1, 0, 0, 0)


async def export(session: AsyncSession, head: TreeHead) -> IO[bytes]:
    """Write the ZIP of a signed tree; the caller reads and closes the file."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - handed to the caller
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _write(archive, "checkpoint", head.note.encode())
        async for key, hashes in queries.full_tiles(session, head.tree_size):
            _write(archive, f"tile/{rules.tile_path(key)}", hashes)
        edge = rules.partial_tiles(head.tree_size)
        for key, cut in (await queries.tiles(session, edge, head.tree_size)).items():
            _write(archive, f"tile/{rules.tile_path(key, len(cut))}", b"".join(cut))
    file.seek(0)
    return file


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, NEVER), content)
