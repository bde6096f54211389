"""Keeping the documents, the duties and the themes of a centre (A016, A054, A103)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import ACTIVE, GATE, Stage, active_checks, writable_checks
from registry.centers.tables import Center
from registry.files.queries import file_for
from registry.governance import queries, rules
from registry.governance.rules import DocumentKind, Theme
from registry.governance.tables import CenterDocument, PilotTheme, Responsibility
from shared.auth import Actor
from shared.events import record
from shared.rules import Kind, found, require


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """A document with its days, both included."""

    kind: DocumentKind
    title: str
    file_id: UUID
    valid_from: date
    valid_until: date | None = None


async def file_document(
    session: AsyncSession, actor: Actor, center: Center, content: DocumentContent, now: datetime
) -> CenterDocument:
    """File a document of a centre: articles, a regulation, a mechanism, the pilot's summary.

    Raises `Refused`: NOT_FOUND, DAYS_REVERSED or STATE_CONFLICT (A016, A054, A056, A102).
    """
    checks = writable_checks(center.stage)
    if content.kind is DocumentKind.PILOT_SUMMARY:
        # What a pilot has shown is summed up after it began.
        piloted = center.stage in {*ACTIVE} - {Stage.PREPARING}
        checks.append(
            GATE.check("STATE_CONFLICT", Kind.STATE, passed=piloted, state=center.stage.value)
        )
    require([*checks, *rules.days_checks(content.valid_from, content.valid_until)])
    await file_for(session, actor, content.file_id)
    row = CenterDocument(
        center_id=center.id,
        kind=content.kind,
        title=content.title,
        file_id=content.file_id,
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        person_id=actor.person_id,
        at=now,
    )
    session.add(row)
    record(
        session,
        actor,
        "document.filed",
        row.id,
        center_id=center.id,
        after={"kind": row.kind, "title": row.title, "file_id": row.file_id},
        kind=row.kind,
        title=row.title,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )
    return row


async def end_document(
    session: AsyncSession, actor: Actor, center: Center, document_id: UUID, valid_until: date
) -> CenterDocument:
    """End a document after its last day, included (A016).

    Raises `Refused`: NOT_FOUND, DAYS_REVERSED or STATE_CONFLICT.
    """
    row = await queries.document_for_update(session, center.id, document_id)
    require([*writable_checks(center.stage), *rules.days_checks(row.valid_from, valid_until)])
    before = {"valid_until": row.valid_until}
    row.valid_until = valid_until
    row.version += 1
    record(
        session,
        actor,
        "document.ended",
        row.id,
        center_id=center.id,
        before=before,
        after={"valid_until": valid_until},
        kind=row.kind,
        valid_until=valid_until,
    )
    return row


@dataclass(frozen=True, slots=True)
class Duty:
    """A line of the responsibility matrix: a matter, and who does what in it."""

    matter: str
    decides: str
    carries_out: str
    proposes: str | None = None
    supervises: str | None = None


async def set_responsibilities(
    session: AsyncSession, actor: Actor, center: Center, duties: Sequence[Duty]
) -> Sequence[Responsibility]:
    """Set the whole responsibility matrix of a centre, in its order (A054).

    Raises `Refused`: STATE_CONFLICT.
    """
    require(writable_checks(center.stage))
    standing = await queries.responsibilities(session, center.id)
    before = [_duty(row) for row in standing]
    # What stands is changed where it stands, so that the feed tells a line by one name.
    for row, duty in zip(standing, duties, strict=False):
        for name, value in asdict(duty).items():
            setattr(row, name, value)
    for row in standing[len(duties) :]:
        await session.delete(row)
    session.add_all(
        Responsibility(center_id=center.id, place=place, **asdict(duty))
        for place, duty in enumerate(duties, start=1)
        if place > len(standing)
    )
    await session.flush()
    rows = await queries.responsibilities(session, center.id)
    after = [_duty(row) for row in rows]
    record(
        session, actor, "duties.set", center.id, center_id=center.id, before=before, after=after,
        duties=len(after),
    )  # fmt: skip
    return rows


def _duty(row: Responsibility) -> dict[str, Any]:
    names = ("matter", "decides", "carries_out", "proposes", "supervises")
    return {name: getattr(row, name) for name in names}


async def name_theme(
    session: AsyncSession, actor: Actor, center: Center, theme: Theme, text: str, today: date
) -> PilotTheme:
    """Name what a pilot tries out, or say better how; a reported theme stays as it was (A103).

    Raises `Refused`: STATE_CONFLICT.
    """
    named = {row.theme: row for row in await queries.themes(session, center.id)}
    row = named.get(theme)
    reported = row is not None and row.reported_on is not None
    require(
        [
            *active_checks(center.stage),
            GATE.check("STATE_CONFLICT", Kind.STATE, passed=not reported, state="reported"),
        ]
    )
    before = None if row is None else {"plan_text": row.plan_text}
    if row is None:
        row = PilotTheme(center_id=center.id, theme=theme, named_on=today, plan_text=text)
        session.add(row)
    row.plan_text = text
    record(
        session, actor, "theme.named", center.id, center_id=center.id, before=before,
        after={"plan_text": text}, theme=theme,
    )  # fmt: skip
    return row


async def report_theme(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    theme: Theme,
    text: str,
    file_id: UUID | None,
    today: date,
) -> PilotTheme:
    """Report on a theme that the pilot has named; a later report replaces it (A103).

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    require(active_checks(center.stage))
    named = {row.theme: row for row in await queries.themes(session, center.id)}
    row = found(named.get(theme))
    if file_id is not None:
        await file_for(session, actor, file_id)
    before = {"report_text": row.report_text}
    row.report_text = text
    row.report_file_id = file_id
    row.reported_on = today
    record(
        session, actor, "theme.reported", center.id, center_id=center.id, before=before,
        after={"report_text": text}, theme=theme,
    )  # fmt: skip
    return row
