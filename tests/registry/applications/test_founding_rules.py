"""In which form a centre is founded, and by when a consortium registers (A052, A053)."""

from datetime import timedelta

import pytest

from registry.applications.rules import Founding, milestone_checks
from registry.centers.rules import ApplicantForm, Stage
from shared.rules import failed_codes
from tests.registry.applications.dossiers import TODAY, judged, refused


@pytest.mark.requirement("A052")
@pytest.mark.refusing
def test_a_consortium_needs_its_problem_and_no_entity() -> None:
    form = ApplicantForm.CONSORTIUM
    for problem in (None, " "):
        assert refused(judged(founding=Founding(form, problem), entity=None)) == [
            "COMMON_PROBLEM_MISSING"
        ]
    assert refused(judged(founding=Founding(form, "共性问题"), entity=None)) == []


@pytest.mark.refusing
@pytest.mark.requirement("A052", "A051")
def test_a_consortium_names_no_legal_person_that_nobody_judged() -> None:
    founding = Founding(ApplicantForm.CONSORTIUM, "共性问题", has_entity=True)
    assert refused(judged(founding=founding)) == ["FIELD_INVALID"]


@pytest.mark.parametrize(
    ("days", "codes"), [(-1, ["FIELD_INVALID"]), (0, ["FIELD_INVALID"]), (1, [])]
)
@pytest.mark.requirement("A053")
def test_the_milestone_of_a_consortium_lies_ahead(days: int, codes: list[str]) -> None:
    due_on = TODAY + timedelta(days=days)
    founding = Founding(ApplicantForm.CONSORTIUM, "共性问题", entity_due_on=due_on)
    assert refused(judged(founding=founding, entity=None)) == codes


@pytest.mark.parametrize(
    ("form", "stage", "has_entity", "known", "days", "codes"),
    [
        ("consortium", "candidate", False, None, 1, []),
        ("consortium", "candidate", False, 0, 1, []),
        ("consortium", "candidate", False, 1, 2, ["STATE_CONFLICT"]),
        ("consortium", "preparing", False, None, 1, []),
        ("consortium", "preparing", False, 0, 1, ["STATE_CONFLICT"]),
        ("consortium", "preparing", True, None, 1, ["STATE_CONFLICT"]),
        ("consortium", "candidate", False, None, 0, ["FIELD_INVALID"]),
        ("consortium", "suspended", False, None, 1, ["STATE_CONFLICT"]),
        ("consortium", "dissolved", False, None, 1, ["STATE_CONFLICT"]),
        ("legal_entity", "candidate", False, None, 1, ["STATE_CONFLICT"]),
    ],
)
@pytest.mark.requirement("A053")
@pytest.mark.refusing
def test_a_consortium_names_the_day_of_its_registration_once(
    form: str, stage: str, known: int | None, days: int, codes: list[str], *, has_entity: bool
) -> None:
    checks = milestone_checks(
        ApplicantForm(form),
        Stage(stage),
        has_entity=has_entity,
        known=None if known is None else TODAY + timedelta(days=known),
        due_on=TODAY + timedelta(days=days),
        today=TODAY,
    )
    assert failed_codes(checks) == codes
