"""How a project abroad stands, from what was told of it (A153)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from registry.facts.rules.vocabulary import FactKind


@dataclass(slots=True)
class Milestone:
    """What a project is to reach by a day, and when it did."""

    code: str
    title: str
    due_on: date
    reached_on: date | None = None

    def overdue(self, today: date) -> bool:
        """Tell whether it is owed: its last day is over and it was not reached."""
        return self.reached_on is None and self.due_on < today


@dataclass(slots=True)
class Followed:
    """A project abroad with its last status; `planned` until progress is told."""

    project_ref: str
    partner: str
    country: str
    title: str | None
    status: str = "planned"
    milestones: dict[str, Milestone] = field(default_factory=dict)


def followed(steps: Iterable[tuple[FactKind, date, Mapping[str, Any]]]) -> list[Followed]:
    """Put the steps of projects, in the order of their days, together into projects."""
    projects: dict[str, Followed] = {}
    told = list(steps)
    for kind, _, payload in told:
        if kind is FactKind.INTERNATIONAL_PROJECT:
            project = projects.setdefault(payload["project_ref"], _new(payload))
            for one in payload.get("milestones") or ():
                due_on = date.fromisoformat(one["due_on"])
                project.milestones[one["code"]] = Milestone(one["code"], one["title"], due_on)
    for kind, day, payload in told:
        if kind is FactKind.INTERNATIONAL_PROGRESS and payload["project_ref"] in projects:
            project = projects[payload["project_ref"]]
            project.status = payload["status"]
            reached = project.milestones.get(payload.get("milestone", ""))
            if reached is not None and reached.reached_on is None:
                reached.reached_on = day
    return list(projects.values())


def _new(payload: Mapping[str, Any]) -> Followed:
    return Followed(
        payload["project_ref"], payload["partner"], payload["country"], payload.get("title")
    )
