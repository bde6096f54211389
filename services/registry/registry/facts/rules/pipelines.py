"""Facts that follow one another: the stages of a technology, the progress of a project abroad.

What happened to one subject, in the order of its days, is at every time a walk through the moves
of its pipeline. A fact that would break the walk is refused, and so is a correction.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from registry.facts.rules.vocabulary import FactKind, NewFact
from shared.rules import Check, Kind, Rule

Moves = Mapping[str | None, frozenset[str]]

# None is where nothing was told yet: a technology may be taken up at once.
TECHNOLOGY_MOVES: Final[Moves] = {
    None: frozenset({"reserved", "in_progress"}),
    "reserved": frozenset({"in_progress"}),
    "in_progress": frozenset({"breakthrough"}),
    "breakthrough": frozenset({"transferred"}),
    "transferred": frozenset({"promoted"}),
    "promoted": frozenset(),
}
# A milestone is told of a project that runs, so that it may be told to run again.
PROGRESS_MOVES: Final[Moves] = {
    None: frozenset({"running", "completed", "stopped"}),
    "running": frozenset({"running", "completed", "stopped"}),
    "completed": frozenset(),
    "stopped": frozenset(),
}
# From this stage on a technology counts as mastered (A015).
MASTERED: Final = "breakthrough"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A way through states: which fields of the payload name its subject and its state."""

    rule: Rule
    subject_field: str
    state_field: str
    moves: Moves

    def place(self, state: str) -> int:
        """Give the place of a state in the order of the pipeline."""
        return list(self.moves).index(state)


PIPELINES: Final[Mapping[FactKind, Pipeline]] = {
    FactKind.TECHNOLOGY_STAGE: Pipeline(
        Rule("A008", "二(一)"), "technology_ref", "stage", TECHNOLOGY_MOVES
    ),
    FactKind.INTERNATIONAL_PROGRESS: Pipeline(
        Rule("A153", "五(四)"), "project_ref", "status", PROGRESS_MOVES
    ),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What goes through a pipeline: a technology or a project of one centre."""

    center_id: UUID
    kind: FactKind
    reference: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A state that a subject entered on a day."""

    state: str
    day: date


def subject_of(fact: NewFact) -> Subject | None:
    """Give what a fact moves, if its kind has a pipeline."""
    if (pipeline := PIPELINES.get(fact.kind)) is None:
        return None
    return Subject(fact.center_id, fact.kind, fact.payload[pipeline.subject_field])


def planned_by(fact: NewFact) -> tuple[tuple[UUID, str], frozenset[str]] | None:
    """Give the project abroad that a fact plans, by centre and reference, with its milestones."""
    project = fact.payload.get("project_ref")
    if fact.kind is not FactKind.INTERNATIONAL_PROJECT or project is None:
        return None
    codes = frozenset(one["code"] for one in fact.payload.get("milestones") or ())
    return (fact.center_id, project), codes


def entry_of(fact: NewFact) -> Entry:
    """Give the step that a fact of a pipeline tells."""
    return Entry(fact.payload[PIPELINES[fact.kind].state_field], fact.occurred_on)


def walk_checks(kind: FactKind, entries: Iterable[Entry]) -> list[Check]:
    """Check that the steps of one subject, in the order of their days, are a walk."""
    pipeline = PIPELINES[kind]
    ordered = sorted(entries, key=lambda entry: (entry.day, pipeline.place(entry.state)))
    state: str | None = None
    for entry in ordered:
        if entry.state not in pipeline.moves[state]:
            return [_broken(pipeline, state, entry.state)]
        state = entry.state
    return [_broken(pipeline, state, None)]


def _broken(pipeline: Pipeline, state: str | None, following: str | None) -> Check:
    return pipeline.rule.check(
        "STATE_CONFLICT",
        Kind.STATE,
        passed=following is None,
        pointer=f"/payload/{pipeline.state_field}",
        state=state,
        following=following,
        allowed=sorted(pipeline.moves[state]),
    )


def milestone_checks(named: Iterable[str | None], codes: Collection[str] | None) -> list[Check]:
    """Check that a corrected project keeps what its progress names (A153).

    `named` are the milestones that progress has told, None where it told of none; `codes` those
    that the project has after its correction, None where there is no project of that name left.
    """
    told = set(named)
    lost = sorted(one for one in told if one is not None and one not in (codes or ()))
    return [
        PIPELINES[FactKind.INTERNATIONAL_PROGRESS].rule.check(
            "MILESTONE_NAMED",
            Kind.STATE,
            passed=not lost and (codes is not None or not told),
            pointer="/payload/milestones",
            codes=lost,
        )
    ]


def project_checks(
    fact: NewFact, milestones: Mapping[tuple[UUID, str], Collection[str]]
) -> list[Check]:
    """Check that progress is of a project that was told, and of a milestone that it has (A153)."""
    if fact.kind is not FactKind.INTERNATIONAL_PROGRESS:
        return []
    rule = PIPELINES[fact.kind].rule
    codes = milestones.get((fact.center_id, fact.payload["project_ref"]))
    reached = fact.payload.get("milestone")
    named = (
        ("project_ref", "international_projects", codes is not None),
        ("milestone", "milestones", reached is None or codes is None or reached in codes),
    )
    return [
        rule.check(
            "CODE_UNKNOWN", Kind.CONTENT, passed=passed, pointer=f"/payload/{name}", scheme=scheme
        )
        for name, scheme, passed in named
    ]
