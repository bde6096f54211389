"""Reporting a visit, signing the report and changing it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.duties import actions as duties
from evaluation.duties.rules import Capacity, Duty, SubjectType, separation_checks
from evaluation.experts import queries as expert_queries
from evaluation.panels import queries as panel_queries
from evaluation.panels.tables import Panel
from evaluation.visits import queries, rules
from evaluation.visits.tables import SiteVisit, VisitExpert, VisitSignature
from shared.auth import Actor
from shared.directory import policy_on
from shared.events import record
from shared.events.recording import content_sha256
from shared.http.dependencies import version_checks
from shared.rules import found, require


@dataclass(frozen=True, slots=True)
class ReportFile:
    """The file of a report, with the hash that the registry keeps; no hash: no such file."""

    file_id: UUID
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported of a visit."""

    subject_type: SubjectType
    subject_id: UUID
    visited_on: date
    expert_ids: tuple[UUID, ...]
    file: ReportFile
    evidence: tuple[rules.VisitEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is changed of a report; what is left out stays."""

    visited_on: date | None
    file: ReportFile | None
    evidence: tuple[rules.VisitEvidence, ...] | None


async def report(
    session: AsyncSession, actor: Actor, told: Report, now: datetime, today: date
) -> SiteVisit:
    """Enter the report of a visit, after the panel has finished (A118).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, VISIT_EXPERTS_TOO_FEW, EXPERT_INACTIVE, EXPERT_AWAY,
    COI_…, DAY_IN_FUTURE, FILE_UNKNOWN, FIELD_INVALID, REVIEW_MISSING, STATE_CONFLICT.
    """
    policy = await policy_on(session, today)
    panel = await _standing(session, told)
    subject = await panel_queries.subject_of(session, panel)
    handled = replace(subject, duties=(*subject.duties, Duty(actor.person_id, Capacity.HANDLER)))
    known = await expert_queries.candidates(session, told.expert_ids)
    there = await queries.visit_of_panel(session, panel.id)
    require(
        [
            *separation_checks(subject.duties, actor.person_id, Capacity.HANDLER),
            *rules.report_checks(policy, handled, told.expert_ids, known, told.visited_on, today),
            *rules.day_checks(told.visited_on, panel.formed_on, today),
            *rules.file_checks(known=told.file.sha256 is not None),
            *rules.evidence_checks(told.evidence, now),
            *rules.review_checks(panel.state),
            *rules.single_checks(reported=there is not None),
        ]
    )
    visit = SiteVisit(
        panel_id=panel.id,
        subject_type=panel.subject_type,
        subject_id=panel.subject_id,
        center_id=panel.center_id,
        visited_on=told.visited_on,
        report_file_id=told.file.file_id,
        report_sha256=told.file.sha256 or "",
        evidence=[one.content() for one in told.evidence],
        reported_at=now,
    )
    visit.hash = _hash(visit, told.expert_ids)
    session.add(visit)
    await session.flush()
    session.add_all(
        VisitExpert(visit_id=visit.id, expert_id=expert_id, person_id=known[expert_id].person_id)
        for expert_id in told.expert_ids
    )
    await duties.enter(session, actor, visit.subject_type, visit.subject_id, Capacity.HANDLER)
    _record(session, actor, visit, "site_visit.reported", Capacity.HANDLER, [])
    await session.flush()
    return visit


async def sign(
    session: AsyncSession,
    actor: Actor,
    visit_id: UUID,
    hash_given: str | None,
    now: datetime,
    today: date,
) -> SiteVisit:
    """Sign a report as an expert who went; the second signature completes the visit (A118).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, EXPERT_AWAY, COI_…, TEXT_HASH_MISMATCH,
    STATE_CONFLICT.
    """
    visit = await queries.own_for_update(session, actor, visit_id)
    expert_id = found(actor.expert_id)
    policy = await policy_on(session, today)
    panel = found(await session.get(Panel, visit.panel_id))
    subject = await panel_queries.subject_of(session, panel)
    known = await expert_queries.candidates(session, [expert_id])
    signatures = (await queries.signatures_of(session, [visit])).get(visit.id, [])
    signed_by = {row.expert_id for row in signatures}
    require(
        [
            *rules.signer_checks(policy, subject, known[expert_id], visit.visited_on, today),
            *rules.signature_checks(signed_by, expert_id, hash_given, visit.hash),
        ]
    )
    signature = VisitSignature(
        visit_id=visit.id,
        version=visit.version,
        expert_id=expert_id,
        person_id=actor.person_id,
        hash=visit.hash,
        signed_at=now,
    )
    session.add(signature)
    signatures.append(signature)
    await duties.enter(session, actor, visit.subject_type, visit.subject_id, Capacity.SIGNER)
    enough = visit.state is rules.State.REPORTED and rules.is_enough(policy, len(signatures))
    if enough:
        visit.state = rules.MOVES[visit.state, rules.Event.ENOUGH]
    event = "site_visit.signed" if enough else "site_visit.signature_added"
    _record(session, actor, visit, event, Capacity.SIGNER, signatures)
    await session.flush()
    return visit


async def change(
    session: AsyncSession,
    actor: Actor,
    visit_id: UUID,
    read_version: int,
    told: Change,
    now: datetime,
    today: date,
) -> SiteVisit:
    """Change a report; what was signed before is another version, so it must be signed again.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, SOD_VIOLATION, EXPERT_AWAY, DAY_IN_FUTURE,
    FILE_UNKNOWN, FIELD_INVALID.
    """
    visit = await queries.visit_for_update(session, actor, visit_id)
    panel = found(await session.get(Panel, visit.panel_id))
    subject = await panel_queries.subject_of(session, panel)
    day = told.visited_on or visit.visited_on
    file = told.file
    experts = await queries.experts_of(session, [visit.id])
    known = await expert_queries.candidates(session, [row.expert_id for row in experts])
    require(
        [
            *version_checks(visit.version, read_version),
            *separation_checks(subject.duties, actor.person_id, Capacity.HANDLER),
            *(check for row in experts for check in rules.there_checks(known[row.expert_id], day)),
            *rules.day_checks(day, min(panel.formed_on, visit.visited_on), today),
            *rules.file_checks(known=file is None or file.sha256 is not None),
            *rules.evidence_checks(told.evidence or (), now),
        ]
    )
    before = visit.hash
    visit.visited_on = day
    if file is not None:
        visit.report_file_id, visit.report_sha256 = file.file_id, file.sha256 or ""
    if told.evidence is not None:
        visit.evidence = [one.content() for one in told.evidence]
    visit.hash = _hash(visit, [row.expert_id for row in experts])
    if visit.hash == before:
        return visit
    visit.version += 1
    visit.state = rules.MOVES[visit.state, rules.Event.CHANGE]
    await duties.enter(session, actor, visit.subject_type, visit.subject_id, Capacity.HANDLER)
    _record(session, actor, visit, "site_visit.changed", Capacity.HANDLER, [])
    await session.flush()
    return visit


async def _standing(session: AsyncSession, told: Report) -> Panel:
    """Lock the subject's panel, so that a sheet voided meanwhile is seen here or sees the visit."""
    panel = found(await panel_queries.standing_panel(session, told.subject_type, told.subject_id))
    return await panel_queries.panel_for_update(session, panel.id)


def _hash(visit: SiteVisit, expert_ids: Sequence[UUID]) -> str:
    """Hash what the experts sign; signatures are no part of it."""
    signed: list[Any] = [
        visit.subject_type,
        visit.subject_id,
        visit.visited_on,
        visit.report_sha256,
        sorted(map(str, expert_ids)),
    ]
    # A report without evidence is named as it was before there was any.
    return content_sha256([*signed, visit.evidence] if visit.evidence else signed)


def _record(
    session: AsyncSession,
    actor: Actor,
    visit: SiteVisit,
    event: str,
    capacity: Capacity,
    signatures: Sequence[VisitSignature],
) -> None:
    record(
        session,
        actor,
        event,
        visit.id,
        case_id=visit.subject_id,
        capacity=capacity,
        subject_type=visit.subject_type,
        subject_id=visit.subject_id,
        visit_id=visit.id,
        version=visit.version,
        hash=visit.hash,
        signatures=len(signatures),
        signers=[row.person_id for row in signatures],
    )
