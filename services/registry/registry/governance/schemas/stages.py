"""Recommendations, rectifications, national conditions and next steps on the wire."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.centers.rules import Stage
from registry.governance.rules import RatingKind, RectificationState
from shared.http.schemas import Body, CheckOut, Day, Instant, LongText, Out, Readiness


class StageRecommendationIn(Body):
    """A step that one person recommends and another takes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "recognized", "text": "试点成效明显，建议认定"}]}
    )

    to: Stage = Field(description="The stage to enter.")
    text: LongText = Field(description="Why.")


class NationalConditionOut(Out):
    """A condition of the national level, met or not."""

    code: str = Field(description="Names the condition.")
    name_zh: str = Field(description="In Chinese.")
    name_en: str = Field(description="In English.")
    figure: str = Field(description="The figure it looks at.")
    at_least: int = Field(description="Its least value.")
    actual: int | None = Field(description="The centre's value; null when nobody knows it.")
    met: bool = Field(description="Whether it is met; what is not known is not met.")


class NationalGapsOut(Out):
    """A centre beside the conditions of the national level."""

    center_id: UUID = Field(description="The centre.")
    code: str | None = Field(description="Its code.")
    name: str = Field(description="Its name.")
    provisional: bool = Field(
        description="True while the rule set holds only what could be verified."
    )
    policy_version: str = Field(description="The policy whose rule set it is.")
    conditions: list[NationalConditionOut] = Field(description="Every condition.")
    gaps: list[str] = Field(description="The codes of those not met.")


class NationalCandidatesOut(Out):
    """The recognized centres beside the national conditions."""

    items: list[NationalGapsOut] = Field(description="Those with the fewest gaps first.")


class StageRecommendationOut(Out):
    """A recommendation, with what it was made upon."""

    id: UUID = Field(description="The recommendation.")
    center_id: UUID = Field(description="The centre.")
    to_stage: Stage = Field(description="The stage to enter.")
    text: str = Field(description="Why.")
    person_id: UUID = Field(description="Who recommends it.")
    gaps: list[NationalConditionOut] | None = Field(
        description="For the national level: the conditions as they stood."
    )
    told: dict[str, Any] = Field(description="What the neighbours told.")
    at: Instant = Field(description="When.")
    closed_at: Instant | None = Field(description="When a step followed or replaced it.")
    warnings: list[CheckOut] = Field(default_factory=list, description="Rules that warn.")


class StageRecommendationListOut(Out):
    """What was recommended of a centre."""

    items: list[StageRecommendationOut] = Field(description="Newest first; at most 200.")


class NextStageOut(Readiness):
    """A step that a centre may take, with everything that it asks for."""

    to: Stage = Field(description="The stage to enter.")


class NextStagesOut(Out):
    """Every step that a centre may take from where it stands."""

    stage: Stage = Field(description="Where it stands.")
    items: list[NextStageOut] = Field(description="In the order of the stages.")


class RectificationPlanIn(Body):
    """How a centre means to mend what was found."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "补充研发团队，年内完成两项中试"}]}
    )

    text: LongText = Field(description="The plan.")
    file_id: UUID | None = Field(default=None, description="The plan as a file.")


class RecheckIn(Body):
    """What the re-check on site found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"passed": True, "visited_on": "2027-05-12", "text": "整改到位"}]
        }
    )

    passed: bool = Field(description="Whether what was found is mended.")
    visited_on: Day = Field(description="When the visit was.")
    text: LongText = Field(description="What was seen.")
    file_id: UUID | None = Field(default=None, description="The report.")


class RectificationOut(Out):
    """A year in which a centre mends what was found."""

    id: UUID = Field(description="The rectification.")
    version: int = Field(description="Counts its changes.")
    center_id: UUID = Field(description="The centre.")
    kind: RatingKind | None = Field(description="Which rating led to it.")
    year: int | None = Field(description="The year that was judged.")
    state: RectificationState = Field(description="Where it stands.")
    ordered_on: date = Field(description="When it began.")
    plan_due_on: date = Field(description="Last day for the plan.")
    due_on: date = Field(description="Last day for the re-check.")
    plan_text: str | None = Field(description="The plan.")
    plan_file_id: UUID | None = Field(description="The plan as a file.")
    plan_filed_on: date | None = Field(description="When it was filed first.")
    rechecked_on: date | None = Field(description="When the visit was.")
    recheck_text: str | None = Field(description="What was seen.")
    recheck_file_id: UUID | None = Field(description="The report.")


class RectificationListOut(Out):
    """The rectifications of a centre."""

    items: list[RectificationOut] = Field(description="Newest first.")
