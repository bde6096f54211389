"""Making a test tenant of what the registry holds for it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity import actions as identity
from gateway.identity.actions import Authority, Registration
from gateway.identity.tables import Client
from gateway.sandbox import queries, rules
from gateway.sandbox.tables import TestTenant
from shared.auth import Actor
from shared.events.recording import record
from shared.rules import require

MEMBER: Final = frozenset({"member"})
# Two people, since what one drafts another approves.
PEOPLE: Final = ("测试人员甲", "测试人员乙")


@dataclass(frozen=True, slots=True)
class Founded:
    """What the registry made: an organization, and the draft of a centre that it leads."""

    org_id: UUID
    application_id: UUID
    center_id: UUID


async def make_tenant(
    session: AsyncSession, actor: Actor, founded: Founded, key_secret: str
) -> tuple[TestTenant, list[Client]]:
    """Give an organization two people with a program each (X04, X16).

    Raises `Refused`: TENANTS_TOO_MANY.
    """
    require(rules.tenant_checks(await queries.held_alone(session, actor.client_id)))
    clients = [
        await identity.register(
            session, actor, Registration(name, founded.org_id, None, name, MEMBER),
            Authority(everyone=True), key_secret,
        )
        for name in PEOPLE
    ]  # fmt: skip
    tenant = TestTenant(
        client_id=actor.client_id,
        asked_by=actor.person_id,
        org_id=founded.org_id,
        application_id=founded.application_id,
        center_id=founded.center_id,
        created_at=datetime.now(UTC),
    )
    session.add(tenant)
    record(session, actor, "tenant.created", tenant.id, org_id=founded.org_id)
    return tenant, clients
