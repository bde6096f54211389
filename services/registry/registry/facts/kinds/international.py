"""Beyond the city: partners, seats, purchases abroad, and competing for city or nation."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from registry.facts.kinds.common import (
    Country,
    FactPayload,
)
from registry.facts.rules import FactKind
from shared.http.schemas import (
    Body,
    Code,
    Day,
    Earning,
    LongText,
    PpmValue,
    ShortText,
)


class MilestoneIn(Body):
    """What an international project is to reach, and the last day for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": "M1", "title": "样机交付（示例）", "due_on": "2027-09-30"}]
        }
    )

    code: Code = Field(description="Names it within the project.")
    title: ShortText = Field(description="What is to be reached.")
    due_on: Day = Field(description="The last day for it.")


class InternationalProjectPayload(FactPayload):
    """A project with a partner abroad (A153)."""

    KIND = FactKind.INTERNATIONAL_PROJECT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"partner": "示例研究所", "country": "DE"}

    partner: ShortText = Field(description="Who the partner is.")
    country: ShortText = Field(description="Its country, ISO 3166.", examples=["DE"])
    title: ShortText | None = Field(default=None, description="What it is called.")
    project_ref: Code | None = Field(
        default=None, description="The centre's own reference; its progress cites it."
    )
    starts_on: Day | None = Field(default=None, description="Its first day.")
    ends_on: Day | None = Field(default=None, description="Its last day as planned.")
    milestones: Annotated[list[MilestoneIn], Field(max_length=50)] | None = Field(
        default=None, description="What is to be reached, and by when."
    )


class InternationalNodePayload(FactPayload):
    """A seat in a standards body abroad, or a node there (A044)."""

    KIND = FactKind.INTERNATIONAL_NODE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "overseas_node", "place": "Aachen"}

    kind: Code = Field(description="Such as those of the table `international-node-kinds`.")
    place: ShortText = Field(description="Where it is.")


class InternationalProgressPayload(FactPayload):
    """What became of an international project: its status, or a milestone reached (A153)."""

    KIND = FactKind.INTERNATIONAL_PROGRESS
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "project_ref": "IP-4",
        "status": "running",
        "milestone": "M1",
    }

    project_ref: Code = Field(description="The project, as it was posted.")
    status: Literal["running", "completed", "stopped"] = Field(
        description="A code of the table `project-statuses`; it never goes back."
    )
    milestone: Code | None = Field(default=None, description="The milestone reached that day.")
    note: ShortText | None = Field(default=None, description="What there is to say.")


class OverseasAcquisitionPayload(FactPayload):
    """A purchase of innovation resources abroad, with a note on compliance (A154)."""

    KIND = FactKind.OVERSEAS_ACQUISITION
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "target": "示例传感器公司",
        "country": "DE",
        "acquired": "company",
        "acquired_ppm": 510_000,
        "compliance_note": "已完成境外投资备案及反垄断申报（示例）",
    }

    target: ShortText = Field(description="What was bought.")
    country: Country
    acquired: Literal["company", "laboratory", "team", "intellectual_property"] = Field(
        description="A code of the table `acquisition-kinds`."
    )
    acquired_ppm: PpmValue | None = Field(default=None, description="Which part of it, in ppm.")
    amount: Earning | None = Field(default=None, description="Its price.")
    compliance_note: Annotated[LongText, Field(min_length=10)] = Field(
        description="Filings and approvals at home and there."
    )


class CooperationEventPayload(FactPayload):
    """Cooperation or competition in technology, at home or abroad (A011, A155)."""

    KIND = FactKind.COOPERATION_EVENT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "event_kind": "competition",
        "scope": "international",
        "representing": "city",
        "title": "国际微电子工艺挑战赛（示例）",
        "country": "DE",
        "result": "一等奖",
    }

    event_kind: Literal["cooperation", "competition"] = Field(description="Which of the two.")
    scope: Literal["domestic", "international"] = Field(description="At home or abroad.")
    representing: Literal["center", "city", "nation"] = Field(
        default="center", description="On whose behalf: a code of the table `representing`."
    )
    title: ShortText = Field(description="What it was.")
    country: Country | None = None
    partner: ShortText | None = Field(default=None, description="With or against whom.")
    result: ShortText | None = Field(default=None, description="What came of it.")
