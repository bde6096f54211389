"""The development plan of a centre: five parts, yearly targets, versions that are never edited.

The first version comes with the application and is filed by the listing. Every later one is
drafted by the centre, approved by a resolution of its decision body, and filed; before the pilot
stage the decision body adopts the plan in force too.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from registry.centers.rules import ModelType
from registry.governance.rules.bodies import BodyKind, Matter, Resolved
from shared.rules import Check, Kind, Policy, Rule, Severity

PLAN: Final = Rule("A082", "三(三)1-③")


class PlanState(StrEnum):
    """Where a version of the plan stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    FILED = "filed"


class PlanEvent(StrEnum):
    """What may happen to a version of the plan."""

    APPROVE = "approve"
    FILE = "file"
    LIST = "list"


PLAN_MOVES: Final[Mapping[tuple[PlanState, PlanEvent], PlanState]] = {
    (PlanState.DRAFT, PlanEvent.APPROVE): PlanState.APPROVED,
    (PlanState.DRAFT, PlanEvent.LIST): PlanState.FILED,
    (PlanState.APPROVED, PlanEvent.FILE): PlanState.FILED,
    (PlanState.APPROVED, PlanEvent.LIST): PlanState.FILED,
    # Adopting what the listing filed changes its resolution, not its state.
    (PlanState.FILED, PlanEvent.APPROVE): PlanState.FILED,
}


def editing_checks(state: PlanState) -> list[Check]:
    """Check that a version may still be changed; a filed one never is (A082)."""
    return [
        PLAN.check("STATE_CONFLICT", Kind.STATE, passed=state is PlanState.DRAFT, state=state.value)
    ]


def plan_move_checks(state: PlanState, event: PlanEvent) -> list[Check]:
    """Check that a version may take a step (A082)."""
    return [PLAN.move(PLAN_MOVES, state, event)]


def part_checks(policy: Policy, parts: Collection[int]) -> list[Check]:
    """Check that a plan has its five parts (A083)."""
    missing = [part for part in policy.value("A083", "parts") if part not in parts]
    return [
        policy.rule("A083").check(
            "PLAN_PART_MISSING",
            Kind.STATE,
            passed=not missing,
            pointer="/plan/parts",
            missing=missing,
        )
    ]


def carrying_checks(resolved: Resolved, *, adopts_another: bool) -> list[Check]:
    """Check that the decision body has carried this version, and no other by the same vote."""
    carried = (
        resolved.body is BodyKind.DECISION and resolved.matter is Matter.PLAN and resolved.passed
    )
    return [
        PLAN.check("PLAN_NOT_APPROVED", Kind.STATE, passed=carried and not adopts_another),
    ]


def adoption_checks(policy: Policy, parts: Collection[int] | None, *, adopted: bool) -> list[Check]:
    """Check for the pilot stage that a whole plan stands and the decision body has adopted it."""
    return [
        *part_checks(policy, parts or ()),
        PLAN.check("PLAN_NOT_APPROVED", Kind.STATE, passed=parts is not None and adopted),
    ]


def horizon_checks(
    policy: Policy, model: ModelType, years: int | None, pointer: str | None = None
) -> list[Check]:
    """Warn of a company-led centre's roadmap that looks less or further ahead (A059)."""
    least, most = policy.value("A059", "min_years"), policy.value("A059", "max_years")
    passed = model is not ModelType.ENTERPRISE or years is None or least <= years <= most
    return [
        policy.rule("A059").check(
            "HORIZON_OUT_OF_RANGE",
            Kind.CONTENT,
            passed=passed,
            pointer=pointer,
            severity=Severity.WARNING,
            years=years,
            min=least,
            max=most,
        )
    ]


@dataclass(frozen=True, slots=True)
class TargetKey:
    """A target of a plan: the metric and the year that it is for."""

    metric_code: str
    year: int


@dataclass(frozen=True, slots=True)
class TargetChange:
    """How a target differs between two versions; a missing side is `None`."""

    key: TargetKey
    unit: str
    before: Decimal | None
    after: Decimal | None


def target_changes(
    before: Mapping[TargetKey, tuple[str, Decimal]], after: Mapping[TargetKey, tuple[str, Decimal]]
) -> list[TargetChange]:
    """Compare the targets of two versions by metric and year; what is alike is left out (A082)."""
    keys = sorted(before.keys() | after.keys(), key=lambda key: (key.metric_code, key.year))
    changes = []
    for key in keys:
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        unit, _ = after.get(key) or before[key]
        changes.append(
            TargetChange(
                key, unit, None if old is None else old[1], None if new is None else new[1]
            )
        )
    return changes


def part_changes(before: Mapping[int, str], after: Mapping[int, str]) -> list[int]:
    """Name the parts whose text differs, or that only one version has (A082)."""
    numbers = sorted(before.keys() | after.keys())
    return [number for number in numbers if before.get(number) != after.get(number)]
