"""A centre's dossier for the national level: written, handed in, given back (A123)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import active_checks
from registry.centers.tables import Center
from registry.files.queries import files_seen
from registry.governance import queries, rules
from registry.governance.tables import NationalDossier
from shared.auth import Actor
from shared.events import record
from shared.rules import found, require


@dataclass(frozen=True, slots=True)
class DossierContent:
    """What a centre says of itself towards the national level."""

    text: str
    alliance_coverage_ppm: int | None
    file_ids: Sequence[UUID]


async def write_dossier(
    session: AsyncSession, actor: Actor, center: Center, content: DossierContent
) -> NationalDossier:
    """Write a centre's dossier for the national level, until it is handed in (A123).

    Raises `Refused`: FILE_UNKNOWN or STATE_CONFLICT.
    """
    row = await queries.dossier(session, center.id)
    is_open = row is None or row.submitted_on is None
    seen = await files_seen(session, actor, content.file_ids)
    require(
        [
            *active_checks(center.stage),
            *rules.dossier_checks(exists=True, is_open=is_open),
            *rules.file_checks(content.file_ids, seen),
        ]
    )
    before = None if row is None else _dossier(row)
    if row is None:
        row = NationalDossier(center_id=center.id, version=0, text="", file_ids=[])
        session.add(row)
    row.text = content.text
    row.alliance_coverage_ppm = content.alliance_coverage_ppm
    row.file_ids = [str(file_id) for file_id in content.file_ids]
    row.version += 1
    record(
        session, actor, "dossier.written", center.id, center_id=center.id, before=before,
        after=_dossier(row), version=row.version,
    )  # fmt: skip
    return row


def _dossier(row: NationalDossier) -> dict[str, Any]:
    names = ("text", "alliance_coverage_ppm", "file_ids", "submitted_on")
    return {name: getattr(row, name) for name in names}


async def submit_dossier(
    session: AsyncSession, actor: Actor, center: Center, today: date
) -> NationalDossier:
    """Hand the dossier in; from now on it is not edited (A123).

    Raises `Refused`: DOSSIER_MISSING or STATE_CONFLICT.
    """
    row = await queries.dossier(session, center.id)
    is_open = row is not None and row.submitted_on is None
    require(
        [
            *active_checks(center.stage),
            *rules.dossier_checks(exists=row is not None, is_open=is_open),
        ]
    )
    row = found(row)
    row.submitted_on = today
    row.version += 1
    record(
        session, actor, "dossier.submitted", center.id, center_id=center.id,
        before={"submitted_on": None}, after={"submitted_on": today}, version=row.version,
    )  # fmt: skip
    return row


async def return_dossier(
    session: AsyncSession, actor: Actor, center: Center, reason: str
) -> NationalDossier:
    """Give a dossier back for a better one, before the centre is a candidate (A123).

    Raises `Refused`: DOSSIER_MISSING or STATE_CONFLICT.
    """
    row = await queries.dossier(session, center.id)
    handed_in = row is not None and row.submitted_on is not None
    reached = rules.reached_stages(center.standing)
    require(rules.return_checks(reached, exists=row is not None, handed_in=handed_in))
    row = found(row)
    before = row.submitted_on
    row.submitted_on = None
    row.version += 1
    record(
        session, actor, "dossier.returned", center.id, center_id=center.id, reason=reason,
        before={"submitted_on": before}, after={"submitted_on": None}, version=row.version,
    )  # fmt: skip
    return row
