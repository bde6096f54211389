"""What the routes of governance share."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_seen, center_seen_for_update
from registry.centers.rules import scope_checks, writable_checks
from registry.centers.tables import Center
from shared.auth import Actor
from shared.rules import require

PREFIX = "/v1/registry/centers/{center_id}"
TAGS = ["centers"]
SEEN = "listed centres by everyone; a candidate by those concerned, by officials once submitted"
OWN = "the centre's legal entity, its trustee or its lead sponsor"
OFFICIALS = "officials of the competent authority"
EDIT_CODES = ("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT")


async def own_center(session: AsyncSession, actor: Actor, center_id: UUID) -> Center:
    """Load and lock a centre for which the caller's organization speaks, and that may be changed.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT while it is suspended or ended.
    """
    center = await center_seen_for_update(session, actor, center_id)
    speakers = [center.lead_sponsor_id, center.legal_entity_id, center.trustee_org_id]
    require([*scope_checks(actor.org_for(*speakers), speakers), *writable_checks(center.stage)])
    return center


async def center_to_read(session: AsyncSession, actor: Actor, center_id: UUID) -> Center:
    """Give a centre whose inner workings the caller may read: its own people and officials."""
    center = await center_seen(session, actor, center_id)
    if not actor.has("official", "service"):
        speakers = [center.lead_sponsor_id, center.legal_entity_id, center.trustee_org_id]
        require(scope_checks(actor.org_for(*speakers), speakers))
    return center
