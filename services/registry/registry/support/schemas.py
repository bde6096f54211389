"""Plans of support, measures and the inventory of policies on the wire."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.centers.rules import ModelType, Stage
from registry.support.commands import NewPlan
from registry.support.rules import (
    Capability,
    MeasureKind,
    MeasureState,
    Mixed,
    PlanState,
    SpecialProgram,
    SupportPurpose,
    TalentMeasure,
    Terms,
)
from registry.support.tables import SupportMeasure
from shared.http.schemas import (
    MAX_SAFE,
    Body,
    Code,
    Day,
    Instant,
    LongText,
    Money,
    Out,
    ShortText,
    fen,
)


class MixPart(Body):
    """A part of a plan's mix of policies."""

    kind: MeasureKind = Field(description="By what the centre is supported.")
    purpose: SupportPurpose = Field(description="For what: one of five.")
    text: ShortText = Field(description="What is meant, and why it fits this centre.")


class SupportPlanBody(Body):
    """What the city does for one centre, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_text": "示例创新中心：检测装备首台套突破，建设期资金缺口较大。",
                    "precedent": "参照同类院所型中心的支持做法并作差异分析。",
                    "policy_mix": [
                        {
                            "kind": "fund",
                            "purpose": "platform_building",
                            "text": "公共技术平台建设补助",
                        }
                    ],
                }
            ]
        }
    )

    case_text: LongText = Field(description="The centre's own case.")
    precedent: LongText = Field(description="What went before, and what follows from it here.")
    policy_mix: list[MixPart] = Field(
        min_length=1, max_length=50, description="The kinds of measures, each for its purpose."
    )

    def plan(self) -> NewPlan:
        """Give what is wanted."""
        mix = [Mixed(part.kind, part.purpose, part.text) for part in self.policy_mix]
        return NewPlan(self.case_text, self.precedent, mix)


class SupportPlanIn(SupportPlanBody):
    """A plan of support for one centre; plans are never made in bulk (A140)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "019a0000-0000-7000-8000-000000000001",
                    "case_text": "示例创新中心：检测装备首台套突破，建设期资金缺口较大。",
                    "precedent": "参照同类院所型中心的支持做法并作差异分析。",
                    "policy_mix": [
                        {
                            "kind": "fund",
                            "purpose": "platform_building",
                            "text": "公共技术平台建设补助",
                        }
                    ],
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")


class SupportApprovalIn(Body):
    """The document that approves a plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"doc_no": "沪经信技〔示例〕7号"}]})

    doc_no: ShortText = Field(description="The document's number.")


class SupportReasonIn(Body):
    """Why a step is taken."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "支持期满"}]})

    reason: LongText = Field(description="Why.")


class SupportPlanOut(Out):
    """A plan of support."""

    id: UUID = Field(description="The plan.")
    version: int = Field(description="Rises with each change; the ETag.")
    center_id: UUID = Field(description="The centre.")
    case_text: str = Field(description="The centre's own case.")
    precedent: str = Field(description="What went before, and what follows from it here.")
    policy_mix: list[MixPart] = Field(description="The kinds of measures, each for its purpose.")
    model_type: ModelType = Field(description="The centre's model when it was written.")
    stage: Stage = Field(description="The centre's stage when it was written.")
    policy_version: str = Field(description="The policy by which it was judged.")
    state: PlanState = Field(description="Where it stands.")
    drafted_at: Instant = Field(description="When it was drafted.")
    approved_on: date | None = Field(description="When it was approved.")
    doc_no: str | None = Field(description="The document that approved it.")
    reason: str | None = Field(description="What was said with the last step.")
    paused: bool = Field(
        description="Whether support stands still: the centre is rectifying, suspended or ended, "
        "or owes its registration."
    )


class SupportAmount(Money):
    """An amount of support, above nothing."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )


class SupportMeasureIn(Body):
    """A measure for one centre (A138); one of kind `special_project` is a grant (A146)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "019a0000-0000-7000-8000-000000000001",
                    "kind": "special_project",
                    "purpose": "commercialization",
                    "title": "工业强基专项支持",
                    "basis": "沪经信规〔示例〕3号第五条",
                    "amount": {"amount": 500000000, "currency": "CNY"},
                    "starts_on": "2026-09-01",
                    "ends_on": "2028-08-31",
                    "program": "industrial_foundation",
                    "project": "晶圆检测装备研制",
                    "preference_reason": "市级创新中心试点单位，同等条件优先",
                    "capability": "technology_base",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    kind: MeasureKind = Field(description="By what it is supported.")
    purpose: SupportPurpose = Field(description="For what: one of five.")
    title: ShortText = Field(description="What it is called.")
    basis: LongText = Field(description="The act and clause on which it rests.")
    amount: SupportAmount | None = Field(
        default=None, description="How much; a fund, finance or grant has to say."
    )
    starts_on: Day = Field(description="The first day of its period.")
    ends_on: Day = Field(description="The last day of its period, included.")
    talent_kind: TalentMeasure | None = Field(
        default=None, description="For a measure of kind `talent`: one of three."
    )
    program: SpecialProgram | None = Field(
        default=None, description="For a grant: the special fund."
    )
    project: ShortText | None = Field(default=None, description="For a grant: the project.")
    preference_reason: LongText | None = Field(
        default=None, description="For a grant: why the centre is preferred."
    )
    capability: Capability | None = Field(
        default=None, description="For a grant that builds capability: which."
    )

    def terms(self) -> Terms:
        """Give what is wanted."""
        return Terms(
            kind=self.kind,
            purpose=self.purpose,
            amount_fen=None if self.amount is None else self.amount.amount,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            talent_kind=self.talent_kind,
            program=self.program,
            project=self.project,
            preference_reason=self.preference_reason,
            capability=self.capability,
        )


class SupportMeasureOut(Out):
    """A measure of support."""

    id: UUID = Field(description="The measure.")
    version: int = Field(description="Rises with each change.")
    plan_id: UUID = Field(description="The plan from which it follows.")
    center_id: UUID = Field(description="The centre.")
    kind: MeasureKind = Field(description="By what it is supported.")
    purpose: SupportPurpose = Field(description="For what.")
    title: str = Field(description="What it is called.")
    basis: str = Field(description="The act and clause on which it rests.")
    amount: Money | None = Field(description="How much.")
    paid: Money = Field(description="What was paid of it and confirmed.")
    committed: Money = Field(description="What was paid, and what is entered and not decided.")
    approved_on: date | None = Field(description="When it was approved.")
    starts_on: date = Field(description="The first day of its period.")
    ends_on: date = Field(description="The last day of its period, included.")
    talent_kind: TalentMeasure | None = Field(description="What a measure for talent does.")
    program: SpecialProgram | None = Field(description="The special fund of a grant.")
    project: str | None = Field(description="The project of a grant.")
    preference_reason: str | None = Field(description="Why the centre is preferred.")
    capability: Capability | None = Field(description="What a grant builds up.")
    model_type: ModelType = Field(description="The centre's model when it was proposed.")
    stage: Stage = Field(description="The centre's stage when it was proposed.")
    policy_version: str = Field(description="The policy by which it was judged.")
    state: MeasureState = Field(description="Where it stands.")
    decided_on: date | None = Field(description="When it was decided last.")
    reason: str | None = Field(description="What was said with the last step.")
    paused: bool = Field(description="Whether support of the centre stands still today.")

    @classmethod
    def of(cls, row: SupportMeasure, *, paused: bool) -> "SupportMeasureOut":
        """Show a stored measure."""
        amount = None if row.amount_fen is None else fen(row.amount_fen)
        sums = {"paid": fen(row.paid_fen), "committed": fen(row.committed_fen)}
        hidden = {"amount_fen", "paid_fen", "committed_fen"}
        return cls(amount=amount, paused=paused, **sums, **row.model_dump(exclude=hidden))


class SupportPolicyIn(Body):
    """A policy that is open to centres (A147)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "产业技术创新专项",
                    "issuer": "上海市经济和信息化委员会",
                    "basis": "沪经信规〔示例〕3号",
                    "kind": "special_project",
                    "conditions": "市级制造业创新中心，近两年无失信记录",
                    "stages": ["pilot", "recognized"],
                    "valid_from": "2026-01-01",
                    "valid_until": "2028-12-31",
                }
            ]
        }
    )

    title: ShortText = Field(description="What it is called.")
    issuer: ShortText = Field(description="Who issued it.")
    basis: ShortText = Field(description="Its document number.")
    kind: MeasureKind = Field(description="By what it supports.")
    conditions: LongText = Field(description="What it asks for.")
    capability: Capability | None = Field(
        default=None, description="What it builds up, where it builds capability (A147)."
    )
    model_types: list[ModelType] = Field(
        default_factory=list, max_length=3, description="For these models; none: for all."
    )
    stages: list[Stage] = Field(
        default_factory=list, max_length=10, description="For these stages; none: for all."
    )
    field_codes: list[Code] = Field(
        default_factory=list, max_length=50, description="For these fields; none: for all."
    )
    valid_from: Day = Field(description="The first day.")
    valid_until: Day | None = Field(default=None, description="The last day, included.")

    def values(self) -> dict[str, Any]:
        """Give the fields as they are stored."""
        return self.model_dump()


class SupportPolicyEndIn(Body):
    """On which day a policy ends, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"valid_until": "2026-12-31", "reason": "政策废止"}]}
    )

    valid_until: Day = Field(description="The last day, included.")
    reason: LongText = Field(description="Why.")


class SupportPolicyOut(Out):
    """A policy of the inventory."""

    id: UUID = Field(description="The policy.")
    version: int = Field(description="Rises with each change.")
    title: str = Field(description="What it is called.")
    issuer: str = Field(description="Who issued it.")
    basis: str = Field(description="Its document number.")
    kind: MeasureKind = Field(description="By what it supports.")
    conditions: str = Field(description="What it asks for.")
    capability: Capability | None = Field(description="What it builds up.")
    model_types: list[ModelType] = Field(description="For these models; none: for all.")
    stages: list[Stage] = Field(description="For these stages; none: for all.")
    field_codes: list[str] = Field(description="For these fields; none: for all.")
    valid_from: date = Field(description="The first day.")
    valid_until: date | None = Field(description="The last day, included.")
    reason: str | None = Field(description="Why it ends.")


def plans_out(rows: Sequence[Any], paused: frozenset[UUID]) -> list[SupportPlanOut]:
    """Show plans, each with whether support of its centre stands still."""
    return [SupportPlanOut(paused=row.center_id in paused, **row.model_dump()) for row in rows]
