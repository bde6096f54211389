"""Which way a centre goes on from its pilot, and who may send it there (A102)."""

from uuid import UUID

import pytest

from registry.centers import rules
from registry.centers.rules import Stage
from registry.programme.reference import PARAMETERS
from shared.rules import Policy, failed_codes

POLICY = Policy("2016", {"A102": "四(一)"}, PARAMETERS)
CENTER, STRANGER = UUID(int=1), UUID(int=2)


@pytest.mark.refusing
@pytest.mark.requirement("A102")
@pytest.mark.parametrize(
    ("ratings", "codes"),
    [
        ([], ["RATING_TOO_LOW"]),
        (["unqualified"], ["RATING_TOO_LOW"]),
        (["unqualified", "qualified"], []),
        (["good"], []),
        (["excellent"], []),
    ],
)
def test_a_pilot_is_recognized_with_a_result_that_is_at_least_qualified(
    ratings: list[str], codes: list[str]
) -> None:
    assert failed_codes(rules.recognition_checks(POLICY, ratings)) == codes


@pytest.mark.refusing
@pytest.mark.requirement("A102")
@pytest.mark.parametrize(
    ("target", "acting", "approver", "codes"),
    [
        (Stage.PILOT, CENTER, False, []),
        (Stage.PILOT, STRANGER, False, ["FORBIDDEN_SCOPE"]),
        (Stage.RECOGNIZED, CENTER, False, ["FORBIDDEN_SCOPE"]),
        (Stage.RECOGNIZED, STRANGER, True, []),
    ],
)
def test_a_centre_enters_its_pilot_itself_and_an_approver_takes_every_other_step(
    target: Stage, acting: UUID, approver: bool, codes: list[str]
) -> None:
    checks = rules.stage_scope_checks(target, acting, [CENTER], is_approver=approver)
    assert failed_codes(checks) == codes
