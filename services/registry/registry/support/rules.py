"""One plan for one centre, and measures that fit its model and stage.

Which kinds of measures a model may have in a stage the plan of the programme leaves open; the table
is policy data (A141).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.centers.rules import ModelType, Stage
from shared.rules import Check, Kind, Policy, Rule
from shared.tasks import TaskKind

PLAN: Final = Rule("A140", "五(二)")
MEASURE: Final = Rule("A138", "五(二)")
INVENTORY: Final = Rule("A147", "五(二)四")
DUTIES: Final = Rule("X03", "delivery")


class MeasureKind(StrEnum):
    """By what a centre is supported (A138); the code table `support-kinds` names them."""

    FUND = "fund"
    TAX = "tax"
    FINANCE = "finance"
    TALENT = "talent"
    FIRST_PURCHASE = "first_purchase"
    SPECIAL_PROJECT = "special_project"


class SupportPurpose(StrEnum):
    """For what it is supported: one of the plan's five (A142)."""

    RD_DESIGN = "rd_design"
    PLATFORM_BUILDING = "platform_building"
    COMMERCIALIZATION = "commercialization"
    EXCHANGE = "exchange"
    IP_SHARING = "ip_sharing"


class TalentMeasure(StrEnum):
    """What a measure for talent does: one of three (A148)."""

    ATTRACTION = "attraction"
    EVALUATION = "evaluation"
    INCENTIVE = "incentive"


class SpecialProgram(StrEnum):
    """From which special fund a project is paid (A146)."""

    INDUSTRIAL_TECHNOLOGY = "industrial_technology"
    INDUSTRIAL_FOUNDATION = "industrial_foundation"
    OTHER = "other"


class Capability(StrEnum):
    """What a grant builds up, where it builds capability (A147)."""

    TECHNOLOGY_BASE = "technology_base"
    PUBLIC_SERVICE = "public_service"


class PlanState(StrEnum):
    """Where a plan of support stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class PlanEvent(StrEnum):
    """What happens to a plan of support."""

    EDIT = "edit"
    PROPOSE = "propose"
    RETURN = "return"
    APPROVE = "approve"
    WITHDRAW = "withdraw"
    END = "end"


class MeasureState(StrEnum):
    """Where a measure stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    ENDED = "ended"


class MeasureEvent(StrEnum):
    """What happens to a measure."""

    APPROVE = "approve"
    REJECT = "reject"
    END = "end"


# The whole machines: a pair that is absent is refused.
PLAN_MOVES: Final[Mapping[tuple[PlanState, PlanEvent], PlanState]] = {
    (PlanState.DRAFT, PlanEvent.EDIT): PlanState.DRAFT,
    (PlanState.DRAFT, PlanEvent.PROPOSE): PlanState.PROPOSED,
    (PlanState.DRAFT, PlanEvent.WITHDRAW): PlanState.WITHDRAWN,
    (PlanState.PROPOSED, PlanEvent.RETURN): PlanState.DRAFT,
    (PlanState.PROPOSED, PlanEvent.APPROVE): PlanState.APPROVED,
    (PlanState.PROPOSED, PlanEvent.WITHDRAW): PlanState.WITHDRAWN,
    (PlanState.APPROVED, PlanEvent.END): PlanState.ENDED,
}
MEASURE_MOVES: Final[Mapping[tuple[MeasureState, MeasureEvent], MeasureState]] = {
    (MeasureState.PROPOSED, MeasureEvent.APPROVE): MeasureState.APPROVED,
    (MeasureState.PROPOSED, MeasureEvent.REJECT): MeasureState.REJECTED,
    (MeasureState.APPROVED, MeasureEvent.END): MeasureState.ENDED,
}
# What has been decided, a centre's own people and agencies may see.
SHOWN_PLANS: Final = (PlanState.APPROVED, PlanState.ENDED)
SHOWN_MEASURES: Final = (MeasureState.APPROVED, MeasureState.ENDED)

PROPOSE_PLAN: Final = TaskKind(
    "support_plan.propose",
    "提请审批支持方案",
    "Put a plan of support forward",
    PLAN,
    "POST",
    "/v1/registry/support-plans/{id}/propose",
)
APPROVE_PLAN: Final = TaskKind(
    "support_plan.approve",
    "审批支持方案",
    "Approve a plan of support",
    PLAN,
    "POST",
    "/v1/registry/support-plans/{id}/approve",
)
APPROVE_MEASURE: Final = TaskKind(
    "support_measure.approve",
    "审批支持措施",
    "Approve a measure of support",
    MEASURE,
    "POST",
    "/v1/registry/support-measures/{id}/approve",
)


@dataclass(frozen=True, slots=True)
class Mixed:
    """A part of a plan's mix of policies: a kind of measure for a purpose, and why."""

    kind: MeasureKind
    purpose: SupportPurpose
    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """A measure as it is wanted; what belongs to other kinds than its own is empty."""

    kind: MeasureKind
    purpose: SupportPurpose
    amount_fen: int | None
    starts_on: date
    ends_on: date
    talent_kind: TalentMeasure | None = None
    program: SpecialProgram | None = None
    project: str | None = None
    preference_reason: str | None = None
    capability: Capability | None = None


def plan_move_checks(state: PlanState, event: PlanEvent) -> list[Check]:
    """Check that a plan may take a step from where it is."""
    return [PLAN.move(PLAN_MOVES, state, event)]


def measure_move_checks(state: MeasureState, event: MeasureEvent) -> list[Check]:
    """Check that a measure may take a step from where it is."""
    return [MEASURE.move(MEASURE_MOVES, state, event)]


def apart_checks(makers: Collection[UUID | None], acting_id: UUID) -> list[Check]:
    """Check that whoever wrote or proposed something does not decide it (X03)."""
    return [DUTIES.check("SOD_VIOLATION", Kind.SCOPE, passed=acting_id not in makers)]


def applicable(policy: Policy, model: ModelType, stage: Stage) -> frozenset[MeasureKind]:
    """Give the kinds of measures that a model may have in a stage; none in a stage unnamed."""
    kinds = policy.value("A141", "kinds")[model.value].get(stage.value, ())
    return frozenset(MeasureKind(kind) for kind in kinds)


def applicability_checks(
    policy: Policy, model: ModelType, stage: Stage, kinds: Mapping[str, MeasureKind]
) -> list[Check]:
    """Check that each kind, named by its pointer, fits the centre's model and stage (A141)."""
    fitting = applicable(policy, model, stage)
    return [
        policy.rule("A141").check(
            "MEASURE_NOT_APPLICABLE",
            Kind.CONTENT,
            passed=kind in fitting,
            pointer=pointer,
            measure=kind.value,
            model_type=model.value,
            stage=stage.value,
        )
        for pointer, kind in kinds.items()
    ]


def terms_checks(policy: Policy, terms: Terms) -> list[Check]:
    """Check amount, period, and what the kind of measure asks for and no other does."""
    needs_amount = terms.kind.value in policy.value("A138", "kinds_with_amount")
    is_talent = terms.kind is MeasureKind.TALENT
    is_project = terms.kind is MeasureKind.SPECIAL_PROJECT
    rule = policy.rule("A138")
    return [
        rule.check(
            "AMOUNT_MISSING",
            Kind.CONTENT,
            passed=terms.amount_fen is not None or not needs_amount,
            pointer="/amount",
        ),
        rule.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=terms.starts_on <= terms.ends_on,
            pointer="/ends_on",
        ),
        policy.rule("A148").check(
            "MEASURE_PARTICULARS",
            Kind.CONTENT,
            passed=(terms.talent_kind is not None) == is_talent,
            pointer="/talent_kind",
        ),
        *(
            policy.rule("A146").check(
                "MEASURE_PARTICULARS",
                Kind.CONTENT,
                passed=(value is not None) == is_project,
                pointer=f"/{name}",
            )
            for name, value in (
                ("program", terms.program),
                ("project", terms.project),
                ("preference_reason", terms.preference_reason),
            )
        ),
        policy.rule("A147").check(
            "MEASURE_PARTICULARS",
            Kind.CONTENT,
            passed=terms.capability is None or is_project,
            pointer="/capability",
        ),
    ]


def mix_checks(mix: Collection[Mixed] | None, terms: Terms) -> list[Check]:
    """Check that the centre's approved plan foresees the measure; none is no plan (A140)."""
    planned = mix is not None
    foreseen = mix is not None and any(
        (part.kind, part.purpose) == (terms.kind, terms.purpose) for part in mix
    )
    return [
        PLAN.check("SUPPORT_PLAN_MISSING", Kind.STATE, passed=planned),
        PLAN.check("MEASURE_NOT_PLANNED", Kind.STATE, passed=foreseen or not planned),
    ]
