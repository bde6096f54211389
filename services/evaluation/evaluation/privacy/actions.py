"""Giving, correcting, disclosing, withdrawing and erasing what is kept of a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.experts import actions as experts
from evaluation.experts import queries as expert_queries
from evaluation.experts.tables import Expert
from evaluation.privacy import queries, rules
from evaluation.privacy.rules import SensitiveKind
from evaluation.privacy.tables import ExpertConsent, ExpertSensitive, SensitiveDisclosure
from shared.auth import Actor
from shared.database import new_id
from shared.events import record
from shared.http import naming
from shared.rules import found, require
from shared.sealing import sealer_of

SWEEP: Final = 500


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a person agreed to: the purpose, and the text that he was shown."""

    purpose: str
    notice_sha256: str


async def enter(
    session: AsyncSession,
    actor: Actor,
    expert_id: UUID,
    kind: SensitiveKind,
    value: str,
    agreed: Agreed | None,
    now: datetime,
) -> ExpertSensitive:
    """Keep a value that an expert gives of himself, in place of the one before (X12).

    Raises `Refused`: NOT_FOUND, SEPARATE_CONSENT_MISSING or FIELD_INVALID.
    """
    expert = await queries.own_expert_for_update(session, actor, expert_id)
    consent = await queries.standing_consent(session, expert.id, kind)
    consented = consent is not None or agreed is not None
    require(rules.entering_checks(kind, value, consented=consented))
    if agreed is not None:
        consent = await _renewed(session, actor, expert.id, kind, consent, agreed, now)
    consent_id = found(consent).id
    row = await queries.value_of(session, expert.id, kind)
    if row is None:
        row = ExpertSensitive(
            id=new_id(), expert_id=expert.id, kind=kind, consent_id=consent_id, sealed="",
            updated_at=now,
        )  # fmt: skip
    row.sealed = sealer_of(session).seal(value, queries.place_of(row.id))
    row.consent_id = consent_id
    row.updated_at = now
    session.add(row)
    naming.note(session, [row.id])
    record(
        session, actor, "expert.sensitive_data_entered", expert.id, kind=kind, consent_id=consent_id
    )
    await session.flush()
    return row


async def _renewed(
    session: AsyncSession,
    actor: Actor,
    expert_id: UUID,
    kind: SensitiveKind,
    before: ExpertConsent | None,
    agreed: Agreed,
    now: datetime,
) -> ExpertConsent:
    if before is not None:
        before.withdrawn_at = now
        await session.flush()
    consent = ExpertConsent(
        expert_id=expert_id,
        kind=kind,
        purpose=agreed.purpose,
        notice_sha256=agreed.notice_sha256,
        person_id=actor.person_id,
        given_at=now,
    )
    session.add(consent)
    await session.flush()
    record(
        session, actor, "expert.consent_given", expert_id, kind=kind, consent_id=consent.id,
        notice_sha256=agreed.notice_sha256,
    )  # fmt: skip
    return consent


async def withdraw(
    session: AsyncSession, actor: Actor, expert_id: UUID, kind: SensitiveKind, now: datetime
) -> None:
    """Withdraw a consent, and erase what was given with it (X12).

    Raises `Refused`: NOT_FOUND, also when there is nothing to withdraw.
    """
    expert = await queries.own_expert_for_update(session, actor, expert_id)
    consent = found(await queries.standing_consent(session, expert.id, kind))
    await _forget(session, actor, expert.id, consent, now)


async def ask(
    session: AsyncSession,
    actor: Actor,
    expert_id: UUID,
    kind: SensitiveKind,
    reason: str,
    now: datetime,
) -> SensitiveDisclosure:
    """Let an official see a value whole for a while, and keep that he asked and why (X12).

    Raises `Refused`: NOT_FOUND.
    """
    expert = await expert_queries.expert(session, actor, expert_id)
    found(await queries.value_of(session, expert.id, kind))
    asked = SensitiveDisclosure(
        expert_id=expert.id,
        kind=kind,
        person_id=actor.person_id,
        reason=reason,
        asked_at=now,
        until=now + rules.DISCLOSED_FOR,
    )
    session.add(asked)
    record(
        session, actor, "expert.sensitive_data_disclosed", expert.id, reason=reason, kind=kind,
        disclosure_id=asked.id,
    )  # fmt: skip
    await session.flush()
    return asked


async def correct_name(session: AsyncSession, actor: Actor, expert_id: UUID, name: str) -> Expert:
    """Correct an expert's name: by himself, or by who keeps the pool (X12).

    Raises `Refused`: NOT_FOUND.
    """
    await expert_queries.expert(session, actor, expert_id)
    expert = await expert_queries.expert_for_update(session, expert_id)
    await experts.name(session, expert.id, expert.id, name)
    expert.version += 1
    record(session, actor, "expert.personal_data_corrected", expert.id)
    await session.flush()
    return expert


async def erase(session: AsyncSession, actor: Actor, expert_id: UUID, now: datetime) -> Expert:
    """Erase everything personal of a retired expert; what he decided stays, under his id (X12).

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT.
    """
    expert = await experts.erase(session, actor, expert_id)
    for consent in await queries.consents_of(session, expert.id):
        if consent.withdrawn_at is None:
            await _forget(session, actor, expert.id, consent, now)
    return expert


async def seal_anew(session: AsyncSession) -> int:
    """Seal some values of former keys under the present one; give how many there were."""
    sealer = sealer_of(session)
    present = sealer.present_prefix
    names = await queries.names_under_former_keys(session, present, SWEEP)
    for row in names:
        place = expert_queries.place_of(row.record_id)
        row.content = sealer.seal(sealer.open(row.content, place), place)
    values = await queries.values_under_former_keys(session, present, SWEEP)
    for value in values:
        place = queries.place_of(value.id)
        value.sealed = sealer.seal(sealer.open(value.sealed, place), place)
    await session.flush()
    return len(names) + len(values)


async def _forget(
    session: AsyncSession, actor: Actor, expert_id: UUID, consent: ExpertConsent, now: datetime
) -> None:
    consent.withdrawn_at = now
    row = await queries.value_of(session, expert_id, consent.kind)
    if row is not None:
        await queries.erase_value(session, row.id)
    record(
        session, actor, "expert.consent_withdrawn", expert_id, kind=consent.kind,
        consent_id=consent.id,
    )  # fmt: skip
    await session.flush()
