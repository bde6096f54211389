"""Writing a template, publishing it by another person, retiring it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.templates import queries, rules
from ip_ledger.templates.rules import Event, Language, State
from ip_ledger.templates.tables import AgreementTemplate
from shared.auth import Actor
from shared.events import record
from shared.http import version_checks
from shared.rules import require


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """A text with its blanks described; `fields` are objects with `name`, `label` and `hint`."""

    code: str
    language: Language
    title: str
    body: str
    fields: tuple[Mapping[str, Any], ...]


async def propose(
    session: AsyncSession, actor: Actor, new: NewTemplate, now: datetime
) -> AgreementTemplate:
    """Write the next text under a code in a language. Raises `Refused`: FIELDS_MISMATCH."""
    require(rules.text_checks(new.body, [str(field["name"]) for field in new.fields]))
    row = AgreementTemplate(
        code=new.code,
        language=new.language,
        edition=await queries.last_edition(session, new.code, new.language) + 1,
        title=new.title,
        body=new.body,
        body_sha256=rules.sha256_of(new.body),
        fields=[dict(field) for field in new.fields],
        state=State.PROPOSED,
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    session.add(row)
    record(session, actor, "template.proposed", row.id, after=row.body_sha256, code=row.code)
    await session.flush()
    return row


async def publish(
    session: AsyncSession, actor: Actor, template_id: UUID, *, version: int, now: datetime
) -> AgreementTemplate:
    """Publish a template; the one that was published before it retires.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, VERSION_CONFLICT or STATE_CONFLICT.
    """
    row = await queries.template_for_update(session, template_id)
    require(
        [
            *version_checks(row.version, version),
            *rules.publishing_checks(row.state, same_person=row.proposed_by == actor.person_id),
        ]
    )
    former = await queries.published_of(session, row.code, row.language)
    if former is not None:
        _retire(session, actor, former)
        await session.flush()
    before = row.model_dump()
    row.state = rules.MOVES[row.state, Event.PUBLISH]
    row.published_by, row.published_at = actor.person_id, now
    row.version += 1
    record(
        session, actor, "template.published", row.id, before=before, after=row.model_dump(),
        code=row.code, language=row.language, edition=row.edition,
    )  # fmt: skip
    await session.flush()
    return row


async def retire(
    session: AsyncSession, actor: Actor, template_id: UUID, *, version: int
) -> AgreementTemplate:
    """Let no more agreements be made from a template; those that were stay as they are.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT or STATE_CONFLICT.
    """
    row = await queries.template_for_update(session, template_id)
    require(
        [
            *version_checks(row.version, version),
            rules.TEMPLATES.move(rules.MOVES, row.state, Event.RETIRE),
        ]
    )
    _retire(session, actor, row)
    return row


def _retire(session: AsyncSession, actor: Actor, row: AgreementTemplate) -> None:
    before = row.model_dump()
    row.state = rules.MOVES[row.state, Event.RETIRE]
    row.version += 1
    record(
        session, actor, "template.retired", row.id, before=before, after=row.model_dump(),
        code=row.code,
    )  # fmt: skip
