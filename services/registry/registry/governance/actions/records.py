"""Keeping documents, duties, themes, directions and the dossier of a centre."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import ACTIVE, GATE, Stage, active_checks, writable_checks
from registry.centers.tables import Center
from registry.files.queries import file_for, files_seen
from registry.governance import queries, rules
from registry.governance.rules import (
    DirectionEvent,
    DocumentKind,
    Opinion,
    Theme,
)
from registry.governance.tables import (
    CenterDocument,
    GovernanceBody,
    NationalDossier,
    PilotTheme,
    ResearchDirection,
    Responsibility,
)
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


@dataclass(frozen=True, slots=True)
class DirectionContent:
    """What a research direction is about."""

    title: str
    summary: str
    field_code: str | None = None


async def propose_direction(
    session: AsyncSession, actor: Actor, center: Center, content: DirectionContent, now: datetime
) -> ResearchDirection:
    """Propose a research direction; the technical committee says what it thinks (A081).

    Raises `Refused`: STATE_CONFLICT.
    """
    require(writable_checks(center.stage))
    row = ResearchDirection(
        center_id=center.id,
        title=content.title,
        summary=content.summary,
        field_code=content.field_code,
        at=now,
    )
    session.add(row)
    record(
        session, actor, "direction.proposed", row.id, center_id=center.id, after=row.state,
        title=row.title,
    )  # fmt: skip
    return row


@dataclass(frozen=True, slots=True)
class Advice:
    """What the committee said of a direction, and when."""

    opinion: Opinion
    text: str
    given_on: date
    file_id: UUID | None = None


async def advise(
    session: AsyncSession,
    actor: Actor,
    direction: ResearchDirection,
    body: GovernanceBody,
    advice: Advice,
    today: date,
) -> ResearchDirection:
    """Record the technical committee's opinion: it adopts a direction or rejects it (A081).

    Raises `Refused`: NOT_FOUND, GOV_BODY_COMPOSITION for another body, DAY_IN_FUTURE or
    STATE_CONFLICT.
    """
    require(
        rules.opinion_checks(body.kind, direction.state, advice.opinion, advice.given_on, today)
    )
    if advice.file_id is not None:
        await file_for(session, actor, advice.file_id)
    direction.opinion = advice.opinion
    direction.opinion_text = advice.text
    direction.opinion_body_id = body.id
    direction.opinion_on = advice.given_on
    direction.file_id = advice.file_id
    _move(session, actor, direction, rules.OPINION_EVENTS[advice.opinion], "direction.advised")
    return direction


async def close_direction(
    session: AsyncSession, actor: Actor, direction: ResearchDirection
) -> ResearchDirection:
    """Close a direction; what cites it stays. Raises `Refused`: STATE_CONFLICT (A081)."""
    require(rules.direction_move_checks(direction.state, DirectionEvent.CLOSE))
    _move(session, actor, direction, DirectionEvent.CLOSE, "direction.closed")
    return direction


def _move(
    session: AsyncSession,
    actor: Actor,
    direction: ResearchDirection,
    event: DirectionEvent,
    name: str,
) -> None:
    before = direction.state
    direction.state = rules.DIRECTION_MOVES[before, event]
    direction.version += 1
    record(
        session,
        actor,
        name,
        direction.id,
        center_id=direction.center_id,
        before=before,
        after=direction.state,
        state=direction.state,
        opinion=direction.opinion,
    )


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
    require(rules.dossier_checks(exists=row is not None, is_open=handed_in))
    row = found(row)
    before = row.submitted_on
    row.submitted_on = None
    row.version += 1
    record(
        session, actor, "dossier.returned", center.id, center_id=center.id, reason=reason,
        before={"submitted_on": before}, after={"submitted_on": None}, version=row.version,
    )  # fmt: skip
    return row
