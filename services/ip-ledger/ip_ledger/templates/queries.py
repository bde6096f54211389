"""What is read of templates: published and retired ones by all, proposed ones by officials."""

from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger.templates.rules import Language, State
from ip_ledger.templates.tables import AgreementTemplate
from shared.auth import Actor
from shared.rules import found


def visible_templates(
    actor: Actor, code: str | None, language: Language | None, state: State | None
) -> SelectOfScalar[AgreementTemplate]:
    """Give the select of the templates that the actor may see."""
    statement = select(AgreementTemplate)
    if not actor.is_official:
        statement = statement.where(col(AgreementTemplate.state) != State.PROPOSED)
    for column, value in (
        (col(AgreementTemplate.code), code),
        (col(AgreementTemplate.language), language),
        (col(AgreementTemplate.state), state),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return statement


async def visible_template(
    session: AsyncSession, actor: Actor, template_id: UUID
) -> AgreementTemplate:
    """Give one template that the actor may see, else NOT_FOUND."""
    statement = visible_templates(actor, None, None, None)
    return found(await session.scalar(statement.where(col(AgreementTemplate.id) == template_id)))


async def template_for_update(session: AsyncSession, template_id: UUID) -> AgreementTemplate:
    """Load and lock a template, else NOT_FOUND."""
    statement = select(AgreementTemplate).where(col(AgreementTemplate.id) == template_id)
    return found(await session.scalar(statement.with_for_update()))


async def published(session: AsyncSession, template_id: UUID) -> AgreementTemplate | None:
    """Give a template that may be used: it is published."""
    return await session.scalar(
        select(AgreementTemplate).where(
            col(AgreementTemplate.id) == template_id,
            col(AgreementTemplate.state) == State.PUBLISHED,
        )
    )


async def published_of(
    session: AsyncSession, code: str, language: Language
) -> AgreementTemplate | None:
    """Load and lock the published version under a code in a language."""
    return await session.scalar(
        select(AgreementTemplate)
        .where(
            col(AgreementTemplate.code) == code,
            col(AgreementTemplate.language) == language,
            col(AgreementTemplate.state) == State.PUBLISHED,
        )
        .with_for_update()
    )


async def last_edition(session: AsyncSession, code: str, language: Language) -> int:
    """Give the number of the latest text under a code in a language, 0 when there is none."""
    statement = select(func.max(col(AgreementTemplate.edition))).where(
        col(AgreementTemplate.code) == code, col(AgreementTemplate.language) == language
    )
    return await session.scalar(statement) or 0
