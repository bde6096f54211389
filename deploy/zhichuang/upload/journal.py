"""How far an upload has come, kept beside the file, so that a later run goes on from there."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from zhichuang.upload.sheet import Unusable


@dataclass
class Journal:
    """The position of an upload: every row before it has its verdict."""

    sha256: str
    plan: str
    chunk_rows: int
    upload: str
    rows_done: int = 0
    created: int = 0
    duplicates: int = 0
    failed: int = 0
    error_bytes: int = 0

    def key(self) -> str:
        """Name the chunk at this position: the same after a broken line, as its bytes are."""
        return f"{self.upload}-{self.rows_done}"

    def keep(self, path: Path) -> None:
        """Write it so that a power cut leaves the former position or this one."""
        part = path.with_name(f"{path.name}.part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def opened(path: Path, sha256: str, plan: str, chunk_rows: int) -> Journal:
    """Go on with an upload, or begin one; raise `Unusable` when it was another upload."""
    if not path.exists():
        return Journal(sha256, plan, chunk_rows, str(uuid4()))
    try:
        kept = Journal(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise Unusable(f"{path} cannot be read; remove it to begin anew.") from error
    if (kept.sha256, kept.plan) != (sha256, plan):
        raise Unusable(
            f"{path} belongs to another state of the file, or to other columns, another address "
            "or another caller. Put those back to go on, or remove it to begin anew: rows that "
            "were taken are found again by their external_id."
        )
    return kept
