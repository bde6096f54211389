"""What waits for somebody: a step that the rules expect of him next, and by which day.

A feature names its kinds of tasks as constants and finds them in its queries
(`tasks_of(session, actor, today) -> list[Task]`); the service lists them for the caller, and the
gateway joins the services' lists at `/v1/me/tasks`.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.rules import Rule

# So many of one feature at once: who has more waiting works through the first of them.
MOST_TASKS = 200


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A kind of task: its code, its two texts, the rule that asks for it, and where to act.

    `path` holds `{id}` for the subject. A text holds no name of a person.
    """

    code: str
    zh: str
    en: str
    rule: Rule
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the caller; `due_on` is the last day for it, where a rule sets one."""

    kind: TaskKind
    subject_id: UUID
    center_id: UUID | None = None
    due_on: date | None = None
