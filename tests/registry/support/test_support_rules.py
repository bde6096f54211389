"""Which support fits which centre: both sides of every rule."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from registry.centers.rules import ModelType, Stage
from registry.programme import reference
from registry.programme.rules import policy_of
from registry.support import rules
from registry.support.rules import (
    Capability,
    MeasureEvent,
    MeasureKind,
    MeasureState,
    Mixed,
    PlanEvent,
    PlanState,
    SpecialProgram,
    SupportPurpose,
    TalentMeasure,
    Terms,
)
from shared.rules import failed_codes

POLICY = policy_of("2016", reference.clauses(), reference.PARAMETERS)
DAY = date(2026, 9, 1)


def terms(**over: Any) -> Terms:
    values: dict[str, Any] = {
        "kind": MeasureKind.FUND,
        "purpose": SupportPurpose.PLATFORM_BUILDING,
        "amount_fen": 1,
        "starts_on": DAY,
        "ends_on": DAY,
    }
    return Terms(**{**values, **over})


GRANT = {
    "kind": MeasureKind.SPECIAL_PROJECT,
    "program": SpecialProgram.INDUSTRIAL_FOUNDATION,
    "project": "装备研制",
    "preference_reason": "试点单位优先",
}


@pytest.mark.requirement("A138", "A146", "A148")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("measure", "codes"),
    [
        (terms(), []),
        (terms(amount_fen=None), ["AMOUNT_MISSING"]),
        (terms(kind=MeasureKind.TAX, amount_fen=None), []),
        (terms(ends_on=date(2026, 8, 31)), ["DAYS_OUT_OF_ORDER"]),
        (terms(kind=MeasureKind.TALENT), ["MEASURE_PARTICULARS"]),
        (terms(talent_kind=TalentMeasure.INCENTIVE), ["MEASURE_PARTICULARS"]),
        (terms(**GRANT), []),
        (terms(**GRANT, capability=Capability.PUBLIC_SERVICE), []),
        (terms(**{**GRANT, "preference_reason": None}), ["MEASURE_PARTICULARS"]),
        (terms(program=SpecialProgram.OTHER), ["MEASURE_PARTICULARS"]),
        (terms(capability=Capability.PUBLIC_SERVICE), ["MEASURE_PARTICULARS"]),
    ],
)
def test_a_measure_says_what_its_kind_asks_for(measure: Terms, codes: list[str]) -> None:
    assert failed_codes(rules.terms_checks(POLICY, measure)) == codes


@pytest.mark.requirement("A148")
def test_a_measure_for_talent_is_one_of_three() -> None:
    for kind in TalentMeasure:
        measure = terms(kind=MeasureKind.TALENT, talent_kind=kind, amount_fen=None)
        assert failed_codes(rules.terms_checks(POLICY, measure)) == []
    assert len(TalentMeasure) == 3


@pytest.mark.requirement("A141")
@pytest.mark.refusing
@pytest.mark.parametrize("model", list(ModelType))
def test_a_measure_fits_model_and_stage(model: ModelType) -> None:
    def judged(stage: Stage, kind: MeasureKind) -> list[str]:
        return failed_codes(rules.applicability_checks(POLICY, model, stage, {"/kind": kind}))

    assert judged(Stage.PILOT, MeasureKind.FIRST_PURCHASE) == []
    assert judged(Stage.PREPARING, MeasureKind.FIRST_PURCHASE) == ["MEASURE_NOT_APPLICABLE"]
    taxed = judged(Stage.PREPARING, MeasureKind.TAX)
    assert taxed == (["MEASURE_NOT_APPLICABLE"] if model is ModelType.INSTITUTE else [])
    # A stage that the table does not name has nothing.
    assert rules.applicable(POLICY, model, Stage.RECTIFYING) == frozenset()


@pytest.mark.requirement("A140", "A142")
@pytest.mark.refusing
def test_a_measure_follows_from_the_plan_for_one_of_five_purposes() -> None:
    mix = [Mixed(MeasureKind.FUND, SupportPurpose.PLATFORM_BUILDING, "平台")]
    assert failed_codes(rules.mix_checks(mix, terms())) == []
    other = terms(purpose=SupportPurpose.EXCHANGE)
    assert failed_codes(rules.mix_checks(mix, other)) == ["MEASURE_NOT_PLANNED"]
    assert failed_codes(rules.mix_checks(None, terms())) == ["SUPPORT_PLAN_MISSING"]
    assert len(SupportPurpose) == 5


@pytest.mark.requirement("A140", "X03")
@pytest.mark.refusing
def test_nobody_approves_what_he_wrote() -> None:
    one, other = uuid4(), uuid4()
    assert failed_codes(rules.apart_checks((one, other), one)) == ["SOD_VIOLATION"]
    assert failed_codes(rules.apart_checks((one, None), other)) == []


@pytest.mark.requirement("A138", "A140")
@pytest.mark.refusing
def test_what_has_ended_moves_no_more() -> None:
    for plan in (PlanState.ENDED, PlanState.WITHDRAWN):
        for event in PlanEvent:
            assert failed_codes(rules.plan_move_checks(plan, event)) == ["STATE_CONFLICT"]
    for measure in (MeasureState.REJECTED, MeasureState.ENDED):
        for step in MeasureEvent:
            assert failed_codes(rules.measure_move_checks(measure, step)) == ["STATE_CONFLICT"]
    # What was approved is not edited.
    assert failed_codes(rules.plan_move_checks(PlanState.APPROVED, PlanEvent.EDIT))
