"""What an application states of resources (A045)."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries
from registry.applications.actions.drafting import editable
from registry.applications.actions.steps import tell
from registry.applications.rules.resources import resource_checks
from registry.applications.tables import StatedResource
from shared.auth import Actor
from shared.rules import found, require


async def state_resource(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    values: Mapping[str, Any],
    today: date,
) -> StatedResource:
    """State a resource that is at hand, or one that is to be built (A045).

    Raises `Refused`: OWNER_NOT_IN_CENTER, FIELD_INVALID, FIELD_MISSING, DAYS_PASSED, and those of
    `editable`.
    """
    application, center = await editable(session, actor, application_id)
    require(
        resource_checks(
            values["standing"],
            values["owner_org_id"],
            await queries.case_org_ids(session, center),
            values["ready_on"],
            today,
            len(await queries.stated_resources(session, application.id)),
        )
    )
    stated = StatedResource(application_id=application.id, **values)
    session.add(stated)
    tell(session, actor, application, "resource_stated", resource_id=stated.id)
    return stated


async def take_resource_back(
    session: AsyncSession, actor: Actor, application_id: UUID, resource_id: UUID
) -> None:
    """Take a resource out of a draft."""
    application, _ = await editable(session, actor, application_id)
    stated = await queries.stated_resources(session, application.id)
    await session.delete(found(next((row for row in stated if row.id == resource_id), None)))
    tell(session, actor, application, "resource_withdrawn", resource_id=resource_id)
