"""Changing the policy as data: drafted, proposed, and approved by somebody else (A001, A013)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.programme import policy_rules, queries
from registry.programme.policy_rules import MOVES, Parameters, PolicyEvent
from registry.programme.rules import PolicyState
from registry.programme.tables import PolicyVersion
from shared.auth import Actor
from shared.database import new_id
from shared.events import record
from shared.http.dependencies import version_checks
from shared.rules import Kind, require

# What makes somebody an author: whoever has done one of these approves nothing of it.
WRITING: Final = ("policy.drafted", "policy.edited", f"policy.{PolicyEvent.PROPOSE}")


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """What a new version says; `changes` are thresholds that differ from the base."""

    title_zh: str
    title_en: str
    doc_no: str | None
    effective_from: date
    reason: str
    changes: Parameters


async def draft_policy(
    session: AsyncSession, actor: Actor, name: str, base_name: str, draft: PolicyDraft
) -> PolicyVersion:
    """Draft a version upon a known one (A001, A100).

    Raises `Refused`: NOT_FOUND for the base, ALREADY_EXISTS, STATE_CONFLICT for a base without
    rules, PARAMETER_NOT_OF_RULES or PARAMETER_UNFIT.
    """
    base = await queries.policy_version(session, base_name)
    taken = await queries.policy_exists(session, name)
    known = base.state in (PolicyState.IN_FORCE, PolicyState.PROPOSED)
    require(
        [
            policy_rules.POLICY.check(
                "ALREADY_EXISTS", Kind.STATE, passed=not taken, pointer="/version"
            ),
            policy_rules.POLICY.check(
                "STATE_CONFLICT", Kind.STATE, passed=known, state=base.state.value, event="base"
            ),
            *policy_rules.parameter_checks(base.parameters, draft.changes),
        ]
    )
    version = PolicyVersion(
        id=new_id(),
        version=name,
        state=PolicyState.DRAFT,
        title_zh=draft.title_zh,
        title_en=draft.title_en,
        doc_no=draft.doc_no,
        effective_from=draft.effective_from,
        supersedes_id=base.id,
        legal_bases=base.legal_bases,
        clauses=base.clauses,
        parameters=policy_rules.changed(base.parameters, draft.changes),
        drafted_by=actor.person_id,
        reason=draft.reason,
    )
    session.add(version)
    record(session, actor, "policy.drafted", version.id, after=_told(version), version=name)
    return version


async def edit_policy(
    session: AsyncSession, actor: Actor, policy_id: UUID, draft: PolicyDraft, revision: int
) -> PolicyVersion:
    """Change a draft; thresholds that are not named stay as they are.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, STATE_CONFLICT, PARAMETER_NOT_OF_RULES or
    PARAMETER_UNFIT.
    """
    version = await queries.policy_for_update(session, policy_id)
    require(
        [
            *version_checks(version.revision, revision),
            *policy_rules.move_checks(version.state, PolicyEvent.EDIT),
            *policy_rules.parameter_checks(version.parameters, draft.changes),
        ]
    )
    before = _told(version)
    version.title_zh, version.title_en = draft.title_zh, draft.title_en
    version.doc_no, version.reason = draft.doc_no, draft.reason
    version.effective_from = draft.effective_from
    version.parameters = policy_rules.changed(version.parameters, draft.changes)
    version.drafted_by = actor.person_id
    version.revision += 1
    record(session, actor, "policy.edited", version.id, before=before, after=_told(version))
    return version


async def propose_policy(
    session: AsyncSession, actor: Actor, policy_id: UUID, today: date
) -> PolicyVersion:
    """Put a draft forward; raises `Refused`: NOT_FOUND, STATE_CONFLICT or EFFECTIVE_TOO_EARLY."""
    version = await _moved(session, actor, policy_id, PolicyEvent.PROPOSE, today)
    version.proposed_by = actor.person_id
    return version


async def return_policy(session: AsyncSession, actor: Actor, policy_id: UUID) -> PolicyVersion:
    """Give a proposal back for changes; raises `Refused`: NOT_FOUND or STATE_CONFLICT."""
    return await _moved(session, actor, policy_id, PolicyEvent.RETURN, None)


async def withdraw_policy(session: AsyncSession, actor: Actor, policy_id: UUID) -> PolicyVersion:
    """Give a draft or a proposal up; raises `Refused`: NOT_FOUND or STATE_CONFLICT."""
    return await _moved(session, actor, policy_id, PolicyEvent.WITHDRAW, None)


async def approve_policy(
    session: AsyncSession, actor: Actor, policy_id: UUID, today: date
) -> PolicyVersion:
    """Let a version come into force on its day; the one before it ends the day before (A001).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT or EFFECTIVE_TOO_EARLY.
    """
    last = await queries.last_in_force(session)
    version = await queries.policy_for_update(session, policy_id)
    authors = await queries.people_who(session, policy_id, WRITING)
    require(
        [
            *policy_rules.approval_checks(authors, actor.person_id),
            *policy_rules.move_checks(version.state, PolicyEvent.APPROVE),
            *policy_rules.date_checks(
                version.effective_from, today, last.effective_from if last else None
            ),
        ]
    )
    if last is not None:
        last.effective_until = version.effective_from - timedelta(days=1)
        version.supersedes_id = last.id
        _publish(session, actor, last)
        # First the end of the one, then the beginning of the other: the database keeps them apart.
        await session.flush()
    version.state = MOVES[version.state, PolicyEvent.APPROVE]
    version.approved_by = actor.person_id
    version.revision += 1
    _publish(session, actor, version)
    return version


async def _moved(
    session: AsyncSession, actor: Actor, policy_id: UUID, event: PolicyEvent, today: date | None
) -> PolicyVersion:
    last = await queries.last_in_force(session) if today is not None else None
    version = await queries.policy_for_update(session, policy_id)
    checks = policy_rules.move_checks(version.state, event)
    if today is not None:
        last_from = last.effective_from if last else None
        checks += policy_rules.date_checks(version.effective_from, today, last_from)
    require(checks)
    before = _told(version)
    version.state = MOVES[version.state, event]
    version.revision += 1
    record(session, actor, f"policy.{event}", version.id, before=before, after=_told(version))
    return version


def _publish(session: AsyncSession, actor: Actor, version: PolicyVersion) -> None:
    record(
        session,
        actor,
        "policy.published",
        version.id,
        capacity="approver",
        after=_told(version),
        version=version.version,
        effective_from=version.effective_from,
        effective_to=version.effective_until,
        clauses=version.clauses,
        parameters=version.parameters,
    )


def _told(version: PolicyVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "state": version.state,
        "effective_from": version.effective_from,
        "effective_to": version.effective_until,
        "parameters": version.parameters,
    }
