"""Facts that follow one another, judged in their order: a set of new ones, or a correction."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import queries, rules
from registry.facts.actions.knowing import Stored
from registry.facts.rules import FactKind, NewFact, Subject
from registry.facts.tables import Fact
from shared.rules import Check

Failed = tuple[Check, ...]


async def walked(
    session: AsyncSession, known: Stored, facts: Sequence[NewFact], failed: Sequence[Failed]
) -> list[Failed]:
    """Judge facts of a pipeline in their order, each after those before it that were good.

    A reference used before moves nothing again: whether it came with the same content is found
    where it is written.
    """
    subjects = {
        subject
        for fact, checks in zip(facts, failed, strict=True)
        if not checks and (subject := rules.subject_of(fact)) is not None
    }
    if not subjects:
        return list(failed)
    # The lock makes reading and adding one step: another mover of the centre's subjects waits.
    center_ids = {subject.center_id for subject in subjects}
    await queries.lock_centers(session, center_ids)
    references = {(fact.center_id, fact.external_id) for fact in facts}
    taken = set(await known.postings(references))
    entries = await known.entries(subjects)
    milestones = await known.milestones(
        {(subject.center_id, subject.reference) for subject in subjects}
    )
    judged = []
    for fact, checks in zip(facts, failed, strict=True):
        reference = (fact.center_id, fact.external_id)
        if checks or reference in taken:
            judged.append(checks)
            continue
        verdict = _step(fact, entries, milestones)
        judged.append(verdict)
        if not verdict:
            taken.add(reference)
    return judged


def _step(
    fact: NewFact,
    entries: dict[Subject, list[rules.Entry]],
    milestones: dict[tuple[UUID, str], frozenset[str]],
) -> Failed:
    """Judge a fact after those before it, and add it to them when it is good."""
    subject = rules.subject_of(fact)
    if subject is None:
        if (plan := rules.planned_by(fact)) is not None:
            place, codes = plan
            milestones[place] = milestones.get(place, frozenset()) | codes
        return ()
    after = [*entries.get(subject, ()), rules.entry_of(fact)]
    checks = [
        *rules.project_checks(fact, milestones),
        *rules.walk_checks(fact.kind, after),
    ]
    refused = tuple(check for check in checks if check.refuses)
    if not refused:
        entries[subject] = after
    return refused


async def corrected_checks(session: AsyncSession, first: Fact, corrected: NewFact) -> list[Check]:
    """Check that without the first fact, and with the corrected one, every walk is still one."""
    if first.kind is FactKind.INTERNATIONAL_PROJECT:
        return await _project_checks(session, first, corrected)
    joined = rules.subject_of(corrected)
    if joined is None:
        return []
    before = NewFact(
        first.center_id, first.kind, first.occurred_on, first.external_id, first.payload
    )
    left = rules.subject_of(before)
    subjects = {subject for subject in (left, joined) if subject is not None}
    await queries.lock_centers(session, {first.center_id})
    entries = await queries.pipeline_entries(session, subjects, without=first.id)
    milestones = await queries.milestones(session, {first.center_id})
    entries.setdefault(joined, []).append(rules.entry_of(corrected))
    return [
        *rules.project_checks(corrected, milestones),
        *(
            check
            for subject in sorted(subjects, key=lambda one: one.reference)
            for check in rules.walk_checks(subject.kind, entries.get(subject, ()))
        ),
    ]


async def _project_checks(session: AsyncSession, first: Fact, corrected: NewFact) -> list[Check]:
    """Check that a project goes on having the milestones that its progress names (A153)."""
    projects = {
        project
        for payload in (first.payload, corrected.payload)
        if (project := payload.get("project_ref")) is not None
    }
    await queries.lock_centers(session, {first.center_id})
    told = await queries.milestones_told(session, first.center_id, projects)
    kept = await queries.milestones(session, {first.center_id}, without=first.id)
    if (project := corrected.payload.get("project_ref")) is not None:
        codes = frozenset(one["code"] for one in corrected.payload.get("milestones") or ())
        place = (first.center_id, project)
        kept[place] = kept.get(place, frozenset()) | codes
    return [
        check
        for project in sorted(projects)
        for check in rules.milestone_checks(
            told.get(project, ()), kept.get((first.center_id, project))
        )
    ]
