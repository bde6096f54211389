"""Projects abroad with their milestones, and what a correction of one may take away."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from registry.facts.rules import FactKind, NewFact, abroad, pipelines
from registry.facts.rules.abroad import Milestone
from shared.rules import failed_codes

CENTER, OTHER = UUID(int=1), UUID(int=2)
FIRST = date(2026, 3, 1)
DAY = timedelta(days=1)
PROJECT, PROGRESS = FactKind.INTERNATIONAL_PROJECT, FactKind.INTERNATIONAL_PROGRESS
TWO = [
    {"code": "M1", "title": "样机", "due_on": "2026-06-30"},
    {"code": "M2", "title": "试产", "due_on": "2026-12-31"},
]


def fact(kind: FactKind, **payload: Any) -> NewFact:
    return NewFact(CENTER, kind, FIRST, "1", payload)


def planned(reference: str = "P-1", milestones: Any = TWO, **over: Any) -> dict[str, Any]:
    return {
        "project_ref": reference, "partner": "（示例）研究所", "country": "DE",
        "milestones": milestones, **over,
    }  # fmt: skip


def told(status: str, milestone: str | None = None, reference: str = "P-1") -> dict[str, Any]:
    payload = {"project_ref": reference, "status": status}
    return payload if milestone is None else {**payload, "milestone": milestone}


@pytest.mark.requirement("A153")
def test_a_project_stands_where_its_last_progress_left_it() -> None:
    (project,) = abroad.followed(
        [
            (PROJECT, FIRST, planned(title="联合研发")),
            (PROGRESS, FIRST + DAY, told("running", "M1")),
            (PROGRESS, FIRST + 2 * DAY, told("completed")),
        ]
    )
    assert (project.project_ref, project.title, project.country) == ("P-1", "联合研发", "DE")
    assert project.status == "completed"
    assert project.milestones == {
        "M1": Milestone("M1", "样机", date(2026, 6, 30), FIRST + DAY),
        "M2": Milestone("M2", "试产", date(2026, 12, 31)),
    }


@pytest.mark.requirement("A153")
def test_a_milestone_is_reached_when_it_is_told_first() -> None:
    steps = [(PROGRESS, FIRST + place * DAY, told("running", "M1")) for place in (0, 1)]
    (project,) = abroad.followed([*steps, (PROJECT, FIRST, planned())])
    assert project.milestones["M1"].reached_on == FIRST


@pytest.mark.requirement("A153")
def test_progress_of_another_project_or_milestone_and_other_facts_change_nothing() -> None:
    (project,) = abroad.followed(
        [
            (PROJECT, FIRST, planned(milestones=None)),
            (PROGRESS, FIRST, told("stopped", reference="P-2")),
            (FactKind.INTERNATIONAL_NODE, FIRST, told("stopped")),
        ]
    )
    assert (project.status, project.milestones) == ("planned", {})
    (running,) = abroad.followed(
        [(PROJECT, FIRST, planned()), (PROGRESS, FIRST, told("running", "M9"))]
    )
    assert running.status == "running"
    assert [one.reached_on for one in running.milestones.values()] == [None, None]


@pytest.mark.requirement("A153")
def test_a_project_told_twice_has_the_milestones_of_both_tellings() -> None:
    (project,) = abroad.followed(
        [(PROJECT, FIRST, planned(milestones=TWO[:1])), (PROJECT, FIRST, planned())]
    )
    assert list(project.milestones) == ["M1", "M2"]


@pytest.mark.requirement("A153")
@pytest.mark.parametrize(
    ("reached_on", "today", "overdue"),
    [
        (None, FIRST - DAY, False),
        (None, FIRST, False),
        (None, FIRST + DAY, True),
        (FIRST + DAY, FIRST + DAY, False),
    ],
)
def test_a_milestone_is_owed_once_its_last_day_is_over(
    reached_on: date | None, today: date, *, overdue: bool
) -> None:
    assert Milestone("M1", "样机", FIRST, reached_on).overdue(today) is overdue


def test_a_fact_moves_a_subject_where_its_kind_has_a_pipeline() -> None:
    assert pipelines.subject_of(fact(FactKind.TRAINING)) is None
    moved = pipelines.subject_of(fact(FactKind.TECHNOLOGY_STAGE, technology_ref="T-1"))
    assert moved == pipelines.Subject(CENTER, FactKind.TECHNOLOGY_STAGE, "T-1")


@pytest.mark.requirement("A153")
@pytest.mark.parametrize(
    ("kind", "payload", "plans"),
    [
        (PROJECT, planned(), ((CENTER, "P-1"), frozenset({"M1", "M2"}))),
        (PROJECT, planned(milestones=None), ((CENTER, "P-1"), frozenset())),
        (PROJECT, {"partner": "（示例）研究所"}, None),
        (PROGRESS, told("running"), None),
    ],
)
def test_a_project_with_a_reference_plans_its_milestones(
    kind: FactKind, payload: dict[str, Any], plans: object
) -> None:
    assert pipelines.planned_by(fact(kind, **payload)) == plans


@pytest.mark.requirement("A153")
@pytest.mark.parametrize(
    ("named", "codes", "lost"),
    [
        (["M1", None], {"M1", "M2"}, []),
        (["M1", "M3", None], {"M1"}, ["M3"]),
        ([None], set(), []),
        ([], None, []),
        # Whoever takes the project away takes it from its progress.
        (["M1", None], None, ["M1"]),
    ],
)
def test_a_corrected_project_keeps_what_its_progress_names(
    named: list[str | None], codes: set[str] | None, lost: list[str]
) -> None:
    (check,) = pipelines.milestone_checks(named, codes)
    assert (check.passed, check.params["codes"]) == (not lost, lost)


@pytest.mark.requirement("A153")
def test_a_project_whose_progress_names_no_milestone_stays_as_well() -> None:
    (check,) = pipelines.milestone_checks([None], None)
    assert (check.passed, check.params["codes"]) == (False, [])


@pytest.mark.requirement("A153")
@pytest.mark.parametrize(
    ("payload", "pointers"),
    [
        (told("running"), []),
        (told("running", "M2"), []),
        (told("running", "M3"), ["/payload/milestone"]),
        (told("running", "M2", reference="P-2"), ["/payload/project_ref"]),
    ],
)
def test_progress_is_of_a_project_and_a_milestone_that_were_told(
    payload: dict[str, Any], pointers: list[str]
) -> None:
    milestones = {(CENTER, "P-1"): {"M1", "M2"}, (OTHER, "P-2"): {"M2"}}
    checks = pipelines.project_checks(fact(PROGRESS, **payload), milestones)
    assert [check.pointer for check in checks if not check.passed] == pointers
    # Only progress is judged so.
    assert pipelines.project_checks(fact(PROJECT, **payload), milestones) == []


@pytest.mark.requirement("A008", "A153")
@pytest.mark.parametrize(
    ("kind", "states", "codes"),
    [
        (FactKind.TECHNOLOGY_STAGE, ["reserved", "in_progress", "breakthrough"], []),
        (FactKind.TECHNOLOGY_STAGE, ["in_progress"], []),
        (FactKind.TECHNOLOGY_STAGE, ["breakthrough"], ["STATE_CONFLICT"]),
        (FactKind.TECHNOLOGY_STAGE, ["reserved", "breakthrough"], ["STATE_CONFLICT"]),
        (PROGRESS, ["running", "running", "stopped"], []),
        (PROGRESS, ["completed", "running"], ["STATE_CONFLICT"]),
    ],
)
def test_what_happened_to_a_subject_is_a_walk(
    kind: FactKind, states: list[str], codes: list[str]
) -> None:
    entries = [pipelines.Entry(state, FIRST + place * DAY) for place, state in enumerate(states)]
    assert failed_codes(pipelines.walk_checks(kind, reversed(entries))) == codes
