"""Puts answers together from rows."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from registry.centers.tables import Center
from registry.governance import rules
from registry.governance.actions import StageView
from registry.governance.rules import TargetKey
from registry.governance.schemas import (
    PlanComparisonOut,
    PlanOut,
    PlanPartOut,
    PlanTargetOut,
    TargetChangeOut,
)
from registry.governance.schemas.stages import NationalConditionOut, NationalGapsOut, NextStageOut
from registry.governance.tables import DevelopmentPlan, PlanTarget
from shared.http import readiness_of
from shared.http.schemas import Readiness, decimal_text
from shared.rules import Policy


def target_out(row: PlanTarget) -> PlanTargetOut:
    """Give a target, its value without trailing zeros."""
    return PlanTargetOut(
        part=row.part,
        metric_code=row.metric_code,
        unit=row.unit,
        year=row.year,
        value=_value(row.value),
    )


def _value(value: Decimal) -> str:
    whole = value.to_integral_value()
    return decimal_text(whole if value == whole else value.normalize())


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


def comparison_out(
    before: DevelopmentPlan,
    before_targets: Sequence[PlanTarget],
    after: DevelopmentPlan,
    after_targets: Sequence[PlanTarget],
) -> PlanComparisonOut:
    """Give what differs between two versions of a plan."""
    changes = rules.target_changes(_by_key(before_targets), _by_key(after_targets))
    return PlanComparisonOut(
        before_number=before.number,
        after_number=after.number,
        horizon_before=before.horizon_years,
        horizon_after=after.horizon_years,
        parts_changed=rules.part_changes(_texts(before), _texts(after)),
        targets_changed=[
            TargetChangeOut(
                metric_code=change.key.metric_code,
                year=change.key.year,
                unit=change.unit,
                before=None if change.before is None else _value(change.before),
                after=None if change.after is None else _value(change.after),
            )
            for change in changes
        ],
    )


def _by_key(targets: Sequence[PlanTarget]) -> dict[TargetKey, tuple[str, Decimal]]:
    return {TargetKey(row.metric_code, row.year): (row.unit, row.value) for row in targets}


def _texts(plan: DevelopmentPlan) -> dict[int, str]:
    return {part["part"]: part["text"] for part in plan.parts}


def readiness_out(view: StageView, language: str) -> Readiness:
    """Give what a step asks for."""
    return Readiness(**_readiness(view, language))


def next_stage_out(view: StageView, language: str) -> NextStageOut:
    """Give what a step asks for, with the stage that it leads to."""
    return NextStageOut(to=view.target, **_readiness(view, language))


def _readiness(view: StageView, language: str) -> dict[str, Any]:
    return {
        "ready": not any(check.refuses for check in view.checks),
        "next_step": f"stage_change:{view.target.value}",
        "who_acts": view.who_acts,
        "due_on": view.due_on,
        "checks": readiness_of(view.checks, language),
    }


def gaps_out(
    center: Center, policy: Policy, conditions: Sequence[Mapping[str, Any]]
) -> NationalGapsOut:
    """Give a centre beside the national conditions."""
    return NationalGapsOut(
        center_id=center.id,
        code=center.code,
        name=center.name,
        provisional=policy.value("A134", "provisional"),
        policy_version=policy.version,
        conditions=[NationalConditionOut.model_validate(row) for row in conditions],
        gaps=[row["code"] for row in conditions if not row["met"]],
    )
