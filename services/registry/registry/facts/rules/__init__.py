"""What makes a fact right, whatever its kind, and who may post one.

Facts come in, checks come out; a single posting, a row of a batch and a correction use the same.
"""

from registry.facts.rules.abroad import Followed, Milestone, followed
from registry.facts.rules.content import (
    content_checks,
    field_checks,
    own_checks,
    verifier_checks,
)
from registry.facts.rules.figures import missing_stages, share_ppm
from registry.facts.rules.pipelines import (
    MASTERED,
    PIPELINES,
    PROGRESS_MOVES,
    TECHNOLOGY_MOVES,
    Entry,
    Subject,
    entry_of,
    milestone_checks,
    project_checks,
    subject_of,
    walk_checks,
)
from registry.facts.rules.standing import (
    APPEND_ONLY,
    BOOKED,
    REPEATED,
    Derived,
    Period,
    Standing,
    booked_checks,
    correction_checks,
    reference_checks,
    repeat_checks,
    standing_checks,
    writing_checks,
)
from registry.facts.rules.vocabulary import (
    ACTIVITIES,
    CONFIDENTIAL,
    IMPLIED_STAGES,
    INTERNAL,
    TOLD_STAGES,
    ChainStage,
    FactKind,
    NewFact,
)

__all__ = [
    "ACTIVITIES",
    "APPEND_ONLY",
    "BOOKED",
    "CONFIDENTIAL",
    "IMPLIED_STAGES",
    "INTERNAL",
    "MASTERED",
    "PIPELINES",
    "PROGRESS_MOVES",
    "REPEATED",
    "TECHNOLOGY_MOVES",
    "TOLD_STAGES",
    "ChainStage",
    "Derived",
    "Entry",
    "FactKind",
    "Followed",
    "Milestone",
    "NewFact",
    "Period",
    "Standing",
    "Subject",
    "booked_checks",
    "content_checks",
    "correction_checks",
    "entry_of",
    "field_checks",
    "followed",
    "milestone_checks",
    "missing_stages",
    "own_checks",
    "project_checks",
    "reference_checks",
    "repeat_checks",
    "share_ppm",
    "standing_checks",
    "subject_of",
    "verifier_checks",
    "walk_checks",
    "writing_checks",
]
