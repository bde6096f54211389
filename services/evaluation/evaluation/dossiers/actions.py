"""Releasing a dossier to an agency, and withdrawing it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.dossiers import queries, rules
from evaluation.dossiers.schemas import AgencyDossierIn
from evaluation.dossiers.tables import AgencyDossier
from shared.auth import Actor
from shared.directory import center as directory_center
from shared.events import record
from shared.http import version_checks
from shared.rules import found, require


async def release(
    session: AsyncSession,
    actor: Actor,
    body: AgencyDossierIn,
    now: datetime,
    today: date,
    *,
    is_agency: bool,
) -> AgencyDossier:
    """Let an agency read what of a centre's results is published and in scope (A133).

    Raises `Refused`: NOT_FOUND, FIELD_INVALID or AGENCY_REQUIRED.
    """
    found(await directory_center(session, body.center_id))
    require(
        [
            *rules.scope_checks(body.first_year, body.last_year, body.until_on, today),
            *rules.agency_checks(is_agency=is_agency),
        ]
    )
    row = AgencyDossier(
        agency_id=body.agency_id,
        center_id=body.center_id,
        parts=sorted(set(body.parts)),
        first_year=body.first_year,
        last_year=body.last_year,
        purpose=body.purpose,
        until_on=body.until_on,
        released_by=actor.person_id,
        released_at=now,
    )
    session.add(row)
    await session.flush()
    # The centre learns who reads its results, and what for.
    record(
        session, actor, "dossier.released", row.id, center_id=row.center_id,
        agency_id=row.agency_id, released_parts=row.parts, first_year=row.first_year,
        last_year=row.last_year, purpose=row.purpose, until_on=row.until_on,
    )  # fmt: skip
    return row


async def withdraw(
    session: AsyncSession, actor: Actor, dossier_id: UUID, reason: str, version: int, now: datetime
) -> AgencyDossier:
    """Withdraw a release; the agency reads nothing of it any more.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT or STATE_CONFLICT.
    """
    row = await queries.dossier_for_update(session, dossier_id)
    require(
        [
            *version_checks(row.version, version),
            *rules.move_checks(row.state, rules.DossierEvent.WITHDRAW),
        ]
    )
    row.state = rules.MOVES[row.state, rules.DossierEvent.WITHDRAW]
    row.withdrawn_at, row.withdrawal_reason = now, reason
    row.version += 1
    record(
        session, actor, "dossier.withdrawn", row.id, center_id=row.center_id,
        agency_id=row.agency_id, reason=reason,
    )  # fmt: skip
    await session.flush()
    return row
