"""Who is asked to carry a centre, and when a word may be taken back: both sides of each."""

from uuid import UUID

import pytest

from registry.centers.rules import ENDED, ApplicantForm, Stage
from registry.entities import rules
from shared.rules import failed_codes

LEAD, ENTITY, OTHER = (UUID(int=number) for number in range(1, 4))
LEGAL_ENTITY, CONSORTIUM = ApplicantForm.LEGAL_ENTITY, ApplicantForm.CONSORTIUM


@pytest.mark.parametrize(
    ("org_id", "entity_id", "form", "stage", "asked"),
    [
        (ENTITY, ENTITY, LEGAL_ENTITY, Stage.CANDIDATE, True),
        (OTHER, ENTITY, LEGAL_ENTITY, Stage.CANDIDATE, False),
        (ENTITY, None, LEGAL_ENTITY, Stage.CANDIDATE, False),
        (None, None, CONSORTIUM, Stage.PREPARING, False),
        (OTHER, None, CONSORTIUM, Stage.PREPARING, True),
        (OTHER, ENTITY, CONSORTIUM, Stage.PREPARING, False),
        (ENTITY, ENTITY, CONSORTIUM, Stage.PREPARING, True),
        *((ENTITY, ENTITY, LEGAL_ENTITY, stage, False) for stage in sorted(ENDED)),
        *((OTHER, None, CONSORTIUM, stage, False) for stage in sorted(ENDED)),
    ],
)
def test_a_centre_asks_whom_it_names_and_a_consortium_anybody(
    org_id: UUID | None, entity_id: UUID | None, form: ApplicantForm, stage: Stage, asked: bool
) -> None:
    assert rules.is_asked(org_id, entity_id, form, stage) is asked


@pytest.mark.parametrize(
    ("asked", "already", "failed"),
    [
        (True, False, []),
        (False, False, ["FORBIDDEN_SCOPE"]),
        (True, True, ["STATE_CONFLICT"]),
        (False, True, ["FORBIDDEN_SCOPE", "STATE_CONFLICT"]),
    ],
)
def test_a_word_is_given_once_by_whom_it_is_asked_of(
    asked: bool, already: bool, failed: list[str]
) -> None:
    assert failed_codes(rules.giving_checks(asked=asked, already_given=already)) == failed


@pytest.mark.parametrize(
    ("entity_id", "given", "failed"),
    [
        (ENTITY, True, []),
        (ENTITY, False, ["ENTITY_CONSENT_MISSING"]),
        (LEAD, False, []),
        (None, False, []),
    ],
)
def test_a_lead_sponsor_agrees_by_applying_and_nobody_else(
    entity_id: UUID | None, given: bool, failed: list[str]
) -> None:
    assert failed_codes(rules.consent_checks(entity_id, LEAD, given=given)) == failed


@pytest.mark.parametrize(
    ("acting_id", "stands", "relied_on", "failed"),
    [
        (ENTITY, True, False, []),
        (ENTITY, True, True, ["STATE_CONFLICT"]),
        (ENTITY, False, False, ["STATE_CONFLICT"]),
        (LEAD, True, False, ["FORBIDDEN_SCOPE"]),
        (None, True, False, ["FORBIDDEN_SCOPE"]),
    ],
)
def test_a_word_is_taken_back_by_its_giver_before_anything_is_built_on_it(
    acting_id: UUID | None, stands: bool, relied_on: bool, failed: list[str]
) -> None:
    checks = rules.withdrawal_checks(ENTITY, acting_id, stands=stands, relied_on=relied_on)
    assert failed_codes(checks) == failed
    assert checks[-1].params["state"] == ("relied_on" if relied_on else "withdrawn")
