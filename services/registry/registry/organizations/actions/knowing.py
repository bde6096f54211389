"""What new organizations are judged by: those in the register, in a dry run foretold ones, too."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.organizations import queries
from shared.events.recording import plain
from shared.http.batches import Before

ENTRIES: Final = "entry"
OWNERS: Final = "owner"


@dataclass(frozen=True, slots=True)
class Entered:
    """An organization that is there: its id, and what is said of it, plain."""

    id: UUID
    held: Mapping[str, Any]

    def says(self, told: Mapping[str, Any]) -> bool:
        """Tell whether what is told of it is what is said of it already."""
        return all(self.held[name] == value for name, value in told.items())


class Stored:
    """What the register holds."""

    def __init__(self, session: AsyncSession) -> None:
        """Look it up in the transaction that enters."""
        self._session = session

    async def entries(self, codes: Collection[str]) -> dict[str, Entered]:
        """Give who bears or bore codes."""
        kept = await queries.organizations_by_uscc(self._session, codes)
        return {code: Entered(one.id, plain(one.model_dump())) for code, one in kept.items()}

    async def owners(self, named: Collection[str]) -> dict[str, str]:
        """Give who owns whom above owners, held still until the transaction ends."""
        if not named:
            return {}
        await queries.lock_owners(self._session)
        return dict(await queries.owners_of(self._session, named))


class Foretold(Stored):
    """What the register holds, and what the rows before would have entered."""

    def __init__(self, session: AsyncSession, before: Before) -> None:
        """Look for it in the register and in what was foretold."""
        super().__init__(session)
        self._before = before

    async def entries(self, codes: Collection[str]) -> dict[str, Entered]:
        """Give who bears or bore codes, or would."""
        made = await self._before.made(ENTRIES, codes)
        foretold = {code: Entered(UUID(org_id), held) for code, (org_id, held) in made.items()}
        # Who was entered meanwhile comes first, as it would have.
        return foretold | await super().entries(codes)

    async def owners(self, named: Collection[str]) -> dict[str, str]:
        """Give who owns whom above owners: a chain may go from one to the other and back."""
        owners: dict[str, str] = {}
        wanted = set(named)
        while wanted:
            step = await self._owners_above(wanted)
            owners.update(step)
            wanted = set(step.values()).difference(owners)
        return owners

    async def _owners_above(self, named: Collection[str]) -> dict[str, str]:
        stored = await super().owners(named)
        made = await self._before.made(OWNERS, {*named, *stored.values()})
        return {**stored, **made}

    async def keep(self, entries: Mapping[str, Entered]) -> None:
        """Keep what rows would enter, by code."""
        made = {code: [str(one.id), dict(one.held)] for code, one in entries.items()}
        await self._before.make(ENTRIES, made)
        owners = {code: one.held["parent_uscc"] for code, one in entries.items()}
        await self._before.make(OWNERS, {code: owner for code, owner in owners.items() if owner})
