"""Puts answers together from rows."""

from collections.abc import Sequence

from registry.governance.schemas import PlanOut, PlanPartOut, PlanTargetOut
from registry.governance.tables import DevelopmentPlan, PlanTarget
from shared.http.schemas import decimal_text


def target_out(row: PlanTarget) -> PlanTargetOut:
    """Give a target, its value without trailing zeros."""
    whole = row.value.to_integral_value()
    value = whole if row.value == whole else row.value.normalize()
    return PlanTargetOut(
        part=row.part,
        metric_code=row.metric_code,
        unit=row.unit,
        year=row.year,
        value=decimal_text(value),
    )


def plan_out(plan: DevelopmentPlan, targets: Sequence[PlanTarget]) -> PlanOut:
    """Give a version of a plan with its targets."""
    return PlanOut(
        id=plan.id,
        version=plan.version,
        center_id=plan.center_id,
        number=plan.number,
        state=plan.state,
        horizon_years=plan.horizon_years,
        parts=[PlanPartOut.model_validate(part) for part in plan.parts],
        targets=[target_out(row) for row in targets],
        approved_resolution_id=plan.approved_resolution_id,
        filed_at=plan.filed_at,
    )
