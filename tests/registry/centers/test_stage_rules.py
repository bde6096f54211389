"""Which way a centre goes on from its pilot, and who may send it there (A102)."""

from uuid import UUID

import pytest

from registry.centers import rules
from registry.centers.rules import Stage
from registry.centers.rules.classification import classification_checks
from registry.centers.rules.stages import REQUIRED_CLAUSES
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


@pytest.mark.requirement("A024", "A084")
def test_a_clause_is_missing_where_the_agreement_does_not_carry_it() -> None:
    carried = dict.fromkeys(REQUIRED_CLAUSES, "…")
    assert rules.missing_clauses(carried) == ()
    assert rules.missing_clauses({**carried, "risk_sharing": ""}) == ("risk_sharing",)
    assert rules.missing_clauses({}) == REQUIRED_CLAUSES


CLOSED = {Stage.CANDIDATE, Stage.SUSPENDED, Stage.DELISTED, Stage.DISSOLVED}


@pytest.mark.requirement("A139")
@pytest.mark.parametrize("stage", list(Stage))
def test_a_centre_at_work_is_supported_unless_it_rectifies(stage: Stage) -> None:
    assert failed_codes(rules.active_checks(stage)) == ["STATE_CONFLICT"] * (stage in CLOSED)
    still = stage in {*CLOSED, Stage.RECTIFYING}
    standing = rules.SupportStanding(stage, listed=True)
    assert failed_codes(rules.support_checks(standing)) == ["STATE_CONFLICT"] * still


@pytest.mark.requirement("X04")
@pytest.mark.parametrize(
    ("acting", "codes"),
    [(CENTER, []), (STRANGER, ["FORBIDDEN_SCOPE"]), (None, ["FORBIDDEN_SCOPE"])],
)
def test_who_acts_for_nobody_speaks_for_no_centre(acting: UUID | None, codes: list[str]) -> None:
    # Of a centre without a trustee nobody is its trustee.
    assert failed_codes(rules.scope_checks(acting, [CENTER, None])) == codes


@pytest.mark.requirement("A133")
@pytest.mark.parametrize(
    ("rating", "lowest", "reaches"),
    [
        ("excellent", "good", True),
        ("good", "good", True),
        ("qualified", "good", False),
        ("splendid", "good", False),
        ("good", "splendid", False),
    ],
)
def test_a_word_that_is_no_rating_reaches_none(rating: str, lowest: str, *, reaches: bool) -> None:
    assert rules.at_least(rating, lowest) is reaches


@pytest.mark.requirement("A007")
@pytest.mark.parametrize(
    ("industry", "emerging", "unknown"),
    [
        ([], [], [[], []]),
        (["C39", "397", "C3973"], ["1", "1.2", "9.12.3"], [[], []]),
        (["C3973", "C3", "U39", "C39733"], [], [["C3", "U39", "C39733"], []]),
        ([], ["0", "1.", "1.2.3.4"], [[], ["0", "1.", "1.2.3.4"]]),
    ],
)
def test_codes_of_industries_are_judged_by_their_form(
    industry: list[str], emerging: list[str], unknown: list[list[str]]
) -> None:
    checks = classification_checks(industry, emerging)
    assert [check.pointer for check in checks] == ["/industry_codes", "/sei_codes"]
    assert [check.params["codes"] for check in checks] == unknown
    assert [check.passed for check in checks] == [not codes for codes in unknown]
