"""What facts are judged by of those that were posted before them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import queries
from registry.facts.rules import Entry, Subject

# A centre and what names a thing there; a fact's id and the hash of its content.
Reference = tuple[UUID, str]
Posting = tuple[UUID, str]


class Stored:
    """What the register holds of facts that were posted."""

    def __init__(self, session: AsyncSession, org_id: UUID | None) -> None:
        """Look it up for the organization that posts."""
        self._session = session
        self._org_id = org_id

    async def postings(self, references: Collection[Reference]) -> dict[Reference, Posting]:
        """Give id and content hash of what first used references."""
        return await queries.first_postings(self._session, self._org_id, references)

    async def entries(self, subjects: Collection[Subject]) -> dict[Subject, list[Entry]]:
        """Give the steps of subjects."""
        return await queries.pipeline_entries(self._session, subjects)

    async def milestones(self, projects: Collection[Reference]) -> dict[Reference, frozenset[str]]:
        """Give the milestones of international projects, by centre and the project's reference."""
        return await queries.milestones(self._session, {center_id for center_id, _ in projects})
