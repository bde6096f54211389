"""What goes over the wire about the programme."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.programme.calendar_rules import ChangeState
from registry.programme.rules import CallState, PolicyState
from shared.http.schemas import Body, Code, Day, LongText, Out, ShortText

FieldCode = Annotated[str, StringConstraints(min_length=2, max_length=64, pattern=r"^[a-z0-9_]+$")]


class LegalBasisOut(Out):
    """An act that the programme rests on (A002)."""

    code: str = Field(description="Short name.")
    name_zh: str = Field(description="Chinese title.")
    name_en: str = Field(description="English title.")
    clause: str = Field(description="Where the plan cites it.")


class PolicyVersionOut(Out):
    """A text of the programme with its dates (A001)."""

    id: UUID = Field(description="The version's id.")
    version: str = Field(description="The name that verdicts cite.", examples=["2016"])
    state: PolicyState = Field(description="Whether its rules are known and in force.")
    title_zh: str = Field(description="Chinese title.")
    title_en: str = Field(description="English title.")
    doc_no: str | None = Field(description="Number of the document.")
    effective_from: date = Field(description="First day in force.")
    effective_until: date | None = Field(description="Last day in force; none while it lasts.")
    effective_to: date | None = Field(description="The same, under the name of before.")
    supersedes_id: UUID | None = Field(description="The version that it replaces.")
    legal_bases: list[LegalBasisOut] = Field(description="Acts that it rests on.")
    revision: int = Field(description="Counts changes of the draft; the ETag.")
    reason: str | None = Field(description="Why the policy changed.")
    clauses: dict[str, str] = Field(description="Requirement row to clause.")
    parameters: dict[str, dict[str, Any]] = Field(description="Requirement row to thresholds.")


class CodeOut(Out):
    """A word of the programme."""

    code: str = Field(description="As it stands in bodies.", examples=["310115"])
    name_zh: str = Field(description="Chinese name.", examples=["浦东新区"])
    name_en: str = Field(description="English name.", examples=["Pudong"])
    parent: str | None = Field(description="The code above it, if the table is a tree.")
    verified: bool = Field(description="False where the code could not be checked at its source.")


class CodeTableOut(Out):
    """A code table in its own order."""

    scheme: str = Field(description="The table's name.", examples=["regions"])
    entries: list[CodeOut] = Field(description="Its words.")


class CodeTableListOut(Out):
    """Which code tables there are."""

    items: list[str] = Field(description="Names of the tables.")
    next_cursor: str | None = Field(default=None, description="Always none: the list is short.")


class FieldIn(Body):
    """A field of industry to open (A047)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "low_altitude_equipment",
                    "name_zh": "低空装备",
                    "name_en": "Low-altitude equipment",
                    "plan_period": "十五五",
                    "active_from": "2026-01-01",
                }
            ]
        }
    )

    code: FieldCode = Field(description="Lower-case words joined by underscores.")
    name_zh: ShortText = Field(description="Chinese name.")
    name_en: ShortText = Field(description="English name.")
    plan_period: ShortText = Field(description="The plan period that it belongs to.")
    active_from: Day = Field(description="First day on which applications may name it.")


class FieldPatch(Body):
    """When a field ends."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"active_until": "2030-12-31"}]},
    )

    active_until: Day = Field(description="Last day on which applications may name it.")


class FieldOut(Out):
    """A field of industry with its dates."""

    code: str = Field(description="As applications name it.")
    version: int = Field(description="Rises with each change; the ETag.")
    name_zh: str = Field(description="Chinese name.")
    name_en: str = Field(description="English name.")
    plan_period: str = Field(description="The plan period that it belongs to.")
    active_from: date = Field(description="First active day.")
    active_until: date | None = Field(description="Last active day; none while it lasts.")


class CallMaterialIn(Body):
    """A material that a call asks for."""

    kind: Code = Field(description="A code of the table `material-kinds`.", examples=["plan"])
    required: bool = Field(default=True, description="Whether it must be there at submission.")


class CallIn(Body):
    """A call to draft (A115)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "2026年度集成电路领域专项申报",
                    "field_codes": ["integrated_circuit"],
                    "open_from": "2026-09-01",
                    "open_until": "2026-10-31",
                    "soft_window": True,
                    "strict_entity_age": True,
                    "materials": [{"kind": "plan"}, {"kind": "commitment_letter"}],
                }
            ]
        }
    )

    title: ShortText = Field(description="What the call is named.")
    title_en: ShortText | None = Field(default=None, description="Its English name.")
    conditions: LongText | None = Field(default=None, description="Conditions in words.")
    field_codes: list[FieldCode] = Field(
        min_length=1, max_length=50, description="Active fields that it is about."
    )
    open_from: Day | None = Field(default=None, description="First day; none: it is always open.")
    open_until: Day | None = Field(default=None, description="Last day; none: it has no end.")
    soft_window: bool = Field(
        default=True, description="A soft window only warns; a hard one refuses (A159)."
    )
    strict_entity_age: bool = Field(
        default=False, description="Whether an older legal entity is refused without exception."
    )
    materials: list[CallMaterialIn] = Field(
        min_length=1, max_length=50, description="The checklist."
    )


class CallMaterialOut(Out):
    """A material that a call asks for, in words."""

    kind: str = Field(description="A code of the table `material-kinds`.")
    name_zh: str = Field(description="Chinese name.")
    name_en: str = Field(description="English name.")
    required: bool = Field(description="Whether it must be there at submission.")


class CallOut(Out):
    """A call."""

    id: UUID = Field(description="The call's id.")
    version: int = Field(description="Rises with each change.")
    state: CallState = Field(description="Where it is in its life.")
    title: str = Field(description="What it is named.")
    title_en: str | None = Field(description="Its English name.")
    conditions: str | None = Field(description="Conditions in words.")
    field_codes: list[str] = Field(description="The fields that it is about; none named: all.")
    open_from: date | None = Field(description="First day; none: it is always open.")
    open_until: date | None = Field(description="Last day; none: it has no end.")
    soft_window: bool = Field(description="A soft window only warns.")
    strict_entity_age: bool = Field(description="Whether an older legal entity is refused.")
    is_default: bool = Field(description="Whether applications that name none fall to it.")
    materials: list[CallMaterialOut] = Field(description="The checklist.")
    published_on: date | None = Field(description="The day on which it was published.")


class WorkingDaysOut(Out):
    """The end of a period in working days (X10)."""

    after: date = Field(description="The day before the period's first day.")
    working_days: int = Field(description="How long the period is.")
    last_day: date = Field(description="Its last day, included; it ends at 23:59:59 there.")
    provisional: bool = Field(description="Whether the year's holidays are not announced yet.")


class PolicyBody(Body):
    """What a version of the policy says, besides its name."""

    title_zh: ShortText = Field(description="Chinese title.")
    title_en: ShortText = Field(description="English title.")
    doc_no: ShortText | None = Field(default=None, description="Number of the document.")
    effective_from: Day = Field(description="First day in force; it lies ahead.")
    reason: LongText = Field(description="Why the policy changes.")
    changes: dict[Code, dict[Code, Any]] = Field(
        default_factory=dict,
        max_length=200,
        description="Requirement row to the thresholds that differ from the version before.",
    )


class PolicyDraftIn(PolicyBody):
    """A version of the policy to draft (A001)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": "2026",
                    "based_on": "2016",
                    "title_zh": "上海市制造业创新中心建设工程实施方案（2026年修订）",
                    "title_en": "Implementation plan, revised in 2026",
                    "doc_no": "沪经信技〔2026〕100号（示例）",
                    "effective_from": "2026-07-01",
                    "reason": "近三年改为近五年",
                    "changes": {"A051": {"max_age_years": 5}},
                }
            ]
        }
    )

    version: Code = Field(description="The name that verdicts will cite.")
    based_on: Code = Field(description="The version whose thresholds it takes over.")


class PolicyPatchIn(PolicyBody):
    """A draft of the policy, as it is to be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title_zh": "上海市制造业创新中心建设工程实施方案（2026年修订）",
                    "title_en": "Implementation plan, revised in 2026",
                    "effective_from": "2026-07-01",
                    "reason": "近三年改为近四年",
                    "changes": {"A051": {"max_age_years": 4}},
                }
            ]
        }
    )


class DifferenceOut(Out):
    """A threshold or clause in which two versions differ."""

    row: str = Field(description="Requirement row.", examples=["A051"])
    name: str = Field(description="Name of the threshold, or `clause`.")
    before: Any = Field(description="In the earlier version; null where it is not there.")
    after: Any = Field(description="In the later version; null where it is not there.")


class PolicyComparisonOut(Out):
    """In what two versions of the policy differ."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "before": "2016",
                    "after": "2026",
                    "items": [{"row": "A051", "name": "max_age_years", "before": 3, "after": 5}],
                }
            ]
        }
    )

    before: str = Field(description="The earlier version.")
    after: str = Field(description="The later version.")
    items: list[DifferenceOut] = Field(description="By row and name.")


class DeclaredDayIn(Body):
    """A day that is declared worked or free."""

    day: Day = Field(description="The day; it lies ahead.")
    is_working: bool = Field(description="Whether it is worked.")
    provisional: bool = Field(default=False, description="Whether it may still change.")


class DayChangeIn(Body):
    """Days to declare worked or free (X10)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "国务院办公厅关于2027年部分节假日安排的通知（示例）",
                    "days": [
                        {"day": "2027-02-11", "is_working": False},
                        {"day": "2027-02-20", "is_working": True},
                    ],
                }
            ]
        }
    )

    source: ShortText = Field(description="The announcement that they come from.")
    days: list[DeclaredDayIn] = Field(min_length=1, max_length=400, description="Each day once.")


class DeclaredDayOut(Out):
    """A day that differs from the published calendar."""

    day: date = Field(description="The day.")
    is_working: bool = Field(description="Whether it is worked.")
    provisional: bool = Field(description="Whether it may still change.")
    source: str = Field(default="", description="The announcement that it comes from.")


class DayChangeOut(Out):
    """A proposed change of the calendar."""

    id: UUID = Field(description="Names the change.")
    state: ChangeState = Field(description="Whether it counts.")
    source: str = Field(description="The announcement that it comes from.")
    days: list[DeclaredDayOut] = Field(description="The days.")
    proposed_by: UUID = Field(description="Who proposed it.")
    proposed_on: date = Field(description="When.")
    decided_by: UUID | None = Field(description="Who decided.")
    decided_on: date | None = Field(description="When.")
    reason: str | None = Field(description="Why it was turned down.")


class ReasonIn(Body):
    """Why a proposal is turned down."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "与国务院通知不符"}]})

    reason: LongText = Field(description="The reason, in words.")


class RuleOut(Out):
    """A requirement row with its clause, the acts behind it and its thresholds (A002)."""

    row: str = Field(description="Requirement row.", examples=["A051"])
    clause: str = Field(description="Clause of the plan.", examples=["三(二)"])
    policy_version: str = Field(description="The version in force that day.")
    legal_bases: list[str] = Field(description="Codes of the acts that it rests on.")
    parameters: dict[str, Any] = Field(description="Its thresholds.")


class RuleListOut(Out):
    """Every row of the policy that is in force on a day."""

    items: list[RuleOut] = Field(description="In the order of rows.")
    next_cursor: str | None = Field(default=None, description="Always none: the list is whole.")
