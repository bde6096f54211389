"""A dry run: what facts would become after those that were foretold before them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import rules
from registry.facts.actions.knowing import Posting, Reference, Stored
from registry.facts.actions.writing import Judged, repeated
from registry.facts.rules import Entry, NewFact, Subject
from shared.database import new_id
from shared.http.batches import Before, Outcome, RowResult

POSTINGS: Final = "posting"
ENTRIES: Final = "entry"
MILESTONES: Final = "milestone"


class Foretold(Stored):
    """What the register holds, and what the rows before would have made."""

    def __init__(self, session: AsyncSession, org_id: UUID | None, before: Before) -> None:
        """Look for it in the register and in what was foretold."""
        super().__init__(session, org_id)
        self._before = before

    async def postings(self, references: Collection[Reference]) -> dict[Reference, Posting]:
        """Give what first used references, stored or foretold."""
        keys = {_key(reference): reference for reference in references}
        made = await self._before.made(POSTINGS, keys)
        foretold = {keys[key]: (UUID(made_id), sha256) for key, (made_id, sha256) in made.items()}
        # What was posted meanwhile comes first, as it would have.
        return foretold | await super().postings(references)

    async def entries(self, subjects: Collection[Subject]) -> dict[Subject, list[Entry]]:
        """Give the steps of subjects, stored and foretold."""
        entries = await super().entries(subjects)
        for subject, steps in (await self._entries(subjects)).items():
            entries.setdefault(subject, []).extend(steps)
        return entries

    async def milestones(self, projects: Collection[Reference]) -> dict[Reference, frozenset[str]]:
        """Give the milestones of projects, stored and foretold."""
        milestones = await super().milestones(projects)
        for project, codes in (await self._milestones(projects)).items():
            milestones[project] = milestones.get(project, frozenset()) | codes
        return milestones

    async def told(self, rows: Sequence[Judged]) -> list[RowResult]:
        """Tell what writing facts that were found good would answer, and keep what it would make.

        The first of two equal references is written, as the database would have it.
        """
        first = await self.postings({row.reference for row in rows})
        made: dict[Reference, Posting] = {}
        results = []
        for row in rows:
            if (kept := first.get(row.reference)) is not None:
                results.append(repeated(row, kept))
                continue
            made[row.reference] = first[row.reference] = (new_id(), row.sent.content_sha256)
            results.append(RowResult(row.index, Outcome.CREATED, id=made[row.reference][0]))
        postings = {_key(one): [str(made_id), sha256] for one, (made_id, sha256) in made.items()}
        await self._before.make(POSTINGS, postings)
        created = {result.index for result in results if result.outcome is Outcome.CREATED}
        await self._keep([row.sent.fact for row in rows if row.index in created])
        return results

    async def _keep(self, facts: Sequence[NewFact]) -> None:
        moved = [(subject, fact) for fact in facts if (subject := rules.subject_of(fact))]
        entries = await self._entries({subject for subject, _ in moved})
        for subject, fact in moved:
            entries.setdefault(subject, []).append(rules.entry_of(fact))
        steps = {
            _subject_key(subject): [[step.state, step.day.isoformat()] for step in walk]
            for subject, walk in entries.items()
        }
        await self._before.make(ENTRIES, steps)
        planned = [plan for fact in facts if (plan := rules.planned_by(fact)) is not None]
        milestones = await self._milestones({project for project, _ in planned})
        for project, codes in planned:
            milestones[project] = milestones.get(project, frozenset()) | codes
        kept = {_key(project): sorted(codes) for project, codes in milestones.items()}
        await self._before.make(MILESTONES, kept)

    async def _entries(self, subjects: Collection[Subject]) -> dict[Subject, list[Entry]]:
        keys = {_subject_key(subject): subject for subject in subjects}
        made: Mapping[str, list[list[str]]] = await self._before.made(ENTRIES, keys)
        return {
            keys[key]: [Entry(state, date.fromisoformat(day)) for state, day in steps]
            for key, steps in made.items()
        }

    async def _milestones(self, projects: Collection[Reference]) -> dict[Reference, frozenset[str]]:
        keys = {_key(project): project for project in projects}
        made = await self._before.made(MILESTONES, keys)
        return {keys[key]: frozenset(codes) for key, codes in made.items()}


def _key(reference: Reference) -> str:
    center_id, name = reference
    return f"{center_id} {name}"


def _subject_key(subject: Subject) -> str:
    return f"{subject.center_id} {subject.kind.value} {subject.reference}"
