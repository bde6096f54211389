"""Submitting: the whole of the rules, a receipt, and a snapshot that never changes (A117)."""

import hashlib
import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from registry.applications import queries, rules
from registry.applications.actions.steps import applicant_checks, enter_person, move, tell
from registry.applications.rules import CaseCapacity, Event, ExceptionState
from registry.applications.tables import Application, ApplicationSnapshot
from registry.centers.queries import center_for_update, next_number
from registry.centers.tables import Center
from registry.entities.queries import standing_consents
from registry.governance.queries import latest_plan, targets
from registry.memberships.queries import open_memberships
from registry.programme.queries import active_fields, policy_on
from shared.auth import Actor
from shared.events.recording import plain
from shared.rules import Check, require


async def submission_checks(
    session: AsyncSession, application: Application, center: Center, today: date
) -> list[Check]:
    """Give every check of a submission today, passed or not; readiness shows the same."""
    dossier = await queries.dossier(session, application, center)
    policy = await policy_on(session, today)
    return rules.submission_checks(policy, dossier, await active_fields(session, today), today)


async def submit(
    session: AsyncSession, actor: Actor, application_id: UUID, today: date, now: datetime
) -> tuple[Application, Center, list[Check]]:
    """Submit an application, or submit it again after it came back; gives the warnings too.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, STATE_CONFLICT, and every rule of
    `submission_checks` that is not met.
    """
    application = await queries.application_for_update(session, actor, application_id)
    center = await center_for_update(session, application.center_id)
    # What is decided or under way is not judged again: its contents are no longer the question.
    require(
        [
            *applicant_checks(application, actor),
            # Of his own organization he acts rightly here; what counts is what else he did.
            *rules.duty_checks(
                actor.person_id,
                None,
                CaseCapacity.SUBMITTER,
                await queries.people(session, application.id),
                (),
            ),
            rules.move_check(application.state, Event.SUBMIT),
        ]
    )
    warnings = require(await submission_checks(session, application, center, today))
    if application.receipt_no is None:
        number = await next_number(session, f"receipt-{today.year}")
        application.receipt_no = f"SQ{today.year}{number:05d}"
    center.disclosed_at = center.disclosed_at or now
    application.submitted_at = now
    application.due_at = None
    application.round += 1
    move(application, Event.SUBMIT, now)
    snapshot = await take_snapshot(session, application, center, now)
    application.snapshot_hash = snapshot.sha256
    await enter_person(session, application.id, actor.person_id, CaseCapacity.SUBMITTER)
    tell(
        session,
        actor,
        application,
        "submitted",
        CaseCapacity.SUBMITTER,
        receipt_no=application.receipt_no,
        round=application.round,
        snapshot_hash=snapshot.sha256,
    )
    return application, center, warnings


async def take_snapshot(
    session: AsyncSession, application: Application, center: Center, now: datetime
) -> ApplicationSnapshot:
    """Keep the application as it is now: canonical JSON and its SHA-256."""
    content = await application_content(session, application, center)
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    snapshot = ApplicationSnapshot(
        application_id=application.id,
        round=application.round,
        content=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        taken_at=now,
    )
    session.add(snapshot)
    await session.flush()
    return snapshot


async def application_content(
    session: AsyncSession, application: Application, center: Center
) -> dict[str, Any]:
    """Give everything that an application says, in an order that depends on nothing else."""
    plan = await latest_plan(session, center.id)
    plan_targets = [] if plan is None else await targets(session, plan.id)
    return {
        "application": _plain_row(application, "id", "call_id", "applicant_org_id", "round"),
        "center": _plain_row(
            center,
            "id",
            "name",
            "model_type",
            "applicant_form",
            "field_codes",
            "lead_sponsor_id",
            "legal_entity_id",
            "entity_due_on",
        ),
        "common_problem": application.common_problem,
        "members": [
            _plain_row(row, "id", "org_id", "role", "chain_position", "state")
            for row in await open_memberships(session, center.id)
        ],
        "sponsor_profiles": [
            _whole_row(row) for row in await queries.profiles(session, application.id)
        ],
        "core_technologies": [
            _whole_row(row) for row in await queries.technologies(session, application.id)
        ],
        "resources": [
            _whole_row(row) for row in await queries.stated_resources(session, application.id)
        ],
        "materials": [_whole_row(row) for row in await queries.materials(session, application.id)],
        "exceptions": [
            _plain_row(row, "id", "rule", "reason", "file_id")
            for row in await queries.exceptions(session, application.id)
            if row.state is not ExceptionState.WITHDRAWN
        ],
        "entity_consents": [
            _plain_row(row, "id", "org_id", "given_at")
            for row in await standing_consents(session, center.id, center.legal_entity_id)
        ],
        "plan": None if plan is None else _plain_row(plan, "number", "horizon_years", "parts"),
        "targets": [_whole_row(row) for row in plan_targets],
    }


def _plain_row(row: object, *names: str) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in names}


def _whole_row(row: SQLModel) -> dict[str, Any]:
    # A version counts writings; what was written is all that a submission says.
    return _plain_row(row, *(name for name in type(row).model_fields if name != "version"))
