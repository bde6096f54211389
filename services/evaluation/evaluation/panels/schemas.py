"""Panels on the wire."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer, model_validator

from evaluation.duties.rules import SubjectType
from evaluation.experts import rules as experts
from evaluation.panels import rules, seating_rules
from shared.http.expected import unfit
from shared.http.schemas import Body, Day, Instant, LongText, Out, decimal_text


def _distinct(expert_ids: list[UUID]) -> list[UUID]:
    if len(set(expert_ids)) != len(expert_ids):
        raise unfit("each expert once", "每位专家只列一次")
    return expert_ids


MeanText = Annotated[
    Decimal, PlainSerializer(decimal_text, return_type=str), Field(examples=["82.00"])
]
ExpertIds = Annotated[
    list[UUID],
    AfterValidator(_distinct),
    Field(min_length=1, max_length=99, description="The experts, each once."),
]


class LoadIn(Body):
    """The limit of one expert."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"expert_id": "01980000-0000-7000-8000-000000000301", "max_load": 2}]
        }
    )

    expert_id: UUID = Field(description="The expert.")
    max_load: int = Field(
        ge=0, le=seating_rules.MOST_LOAD, description="How many cases, those at work included."
    )


def _one_limit_each(loads: list[LoadIn]) -> list[LoadIn]:
    if len({one.expert_id for one in loads}) != len(loads):
        raise unfit("each expert once", "每位专家只列一次")
    return loads


MaxLoad = Annotated[
    int,
    Field(ge=1, le=seating_rules.MOST_LOAD, description="Cases an expert may have at work."),
]
Loads = Annotated[
    list[LoadIn],
    AfterValidator(_one_limit_each),
    Field(max_length=5_000, description="Experts with a limit of their own."),
]


class PanelIn(Body):
    """A panel to be formed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_type": "application",
                    "subject_id": "01980000-0000-7000-8000-000000000201",
                    "expert_ids": [
                        "01980000-0000-7000-8000-000000000301",
                        "01980000-0000-7000-8000-000000000302",
                        "01980000-0000-7000-8000-000000000303",
                        "01980000-0000-7000-8000-000000000304",
                        "01980000-0000-7000-8000-000000000305",
                    ],
                    "until_on": "2026-03-31",
                }
            ]
        }
    )

    subject_type: SubjectType = Field(description="What is reviewed.")
    subject_id: UUID = Field(description="The application or the case.")
    expert_ids: ExpertIds
    until_on: Day | None = Field(
        default=None, description="Last day of the panel's work; none: as the policy says."
    )
    max_load: MaxLoad = seating_rules.USUAL_LOAD
    loads: Loads = Field(default_factory=list)


class PanelSeatIn(Body):
    """Who fills a vacant seat: the first alternate who still can, or an expert who is named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "expert_id": "01980000-0000-7000-8000-000000000306",
                    "reason": "第一候补为同一课题组成员，回避更为稳妥",
                }
            ]
        }
    )

    expert_id: UUID | None = Field(
        default=None,
        description="An expert of the vacant seat's field; none: the first alternate who can.",
    )
    reason: LongText | None = Field(
        default=None, description="Why not the alternate who ranks before, where one could."
    )
    max_load: int | None = Field(
        default=None,
        ge=1,
        le=seating_rules.MOST_LOAD,
        description="A limit of this expert's own, in place of the panel's.",
    )

    @model_validator(mode="after")
    def _said_of_somebody(self) -> "PanelSeatIn":
        if self.expert_id is None and (self.reason, self.max_load) != (None, None):
            raise unfit(
                "a reason and a limit go with a named expert",
                "理由和件数上限须随指名的专家一并填写",
            )
        return self


class SeatAnswerIn(Body):
    """What an expert answers to being asked."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"accepted": False, "reason": "出国访问，时间冲突"}]}
    )

    accepted: bool = Field(description="Whether the expert takes the seat.")
    reason: LongText | None = Field(default=None, description="Why not, where it is declined.")

    @model_validator(mode="after")
    def _declined_with_a_reason(self) -> "SeatAnswerIn":
        if not self.accepted and self.reason is None:
            raise unfit("a seat is declined with a reason", "谢绝评审须说明理由")
        return self


class SeatAnswerOut(Out):
    """What an expert answered."""

    seat_id: UUID = Field(description="The seat, which is the sheet too.")
    accepted: bool = Field(description="Whether the expert took the seat.")
    reason: str | None = Field(description="Why not.")
    answered_at: Instant = Field(description="When it was answered.")


class PanelSheetOut(Out):
    """A seat of a panel, under the id of its score sheet."""

    id: UUID = Field(description="Names the score sheet.")
    expert_id: UUID = Field(description="Whose it is.")
    field: experts.ExpertField = Field(description="The field that the expert stands for.")
    vacated: bool = Field(description="Whether the expert has left the panel.")
    replaces_id: UUID | None = Field(description="The vacated seat that it fills.")
    alternate_rank: int | None = Field(
        description="Of an alternate who moved up: his rank; 1 was asked first."
    )
    passed_over: str | None = Field(
        description="Why an alternate who could take the seat was passed over."
    )
    alternates: list[UUID] = Field(
        description="Of a seat that waits: the alternates left for it, best first."
    )


class PanelOut(Out):
    """A panel with its sheets."""

    id: UUID = Field(description="Names the panel.")
    subject_type: SubjectType = Field(description="What is reviewed.")
    subject_id: UUID = Field(description="The application or the case.")
    center_id: UUID = Field(description="The centre concerned.")
    subject_hash: str | None = Field(
        description="Of an application: SHA-256 of what was submitted when the panel was formed."
    )
    round: int = Field(description="The round of the application; 1 for a case.")
    state: rules.State = Field(description="Whether it works, waits for an expert or is done.")
    version: int = Field(description="Grows with every change of the composition or its result.")
    hash: str = Field(description="SHA-256 of the composition at this version.")
    formed_on: date = Field(description="The day in Shanghai on which it was formed.")
    until_on: date = Field(description="The last day of its work.")
    completed_at: Instant | None = Field(description="When the last sheet came in.")
    mean: MeanText | None = Field(description="For an application: the mean of the sheets.")
    pass_line: MeanText | None = Field(description="For an application: the mean it needs.")
    sheets_hash: str | None = Field(description="SHA-256 of the sheets that count.")
    indicators: list[str] = Field(description="What each sheet scores.")
    vacant_fields: list[experts.ExpertField] = Field(
        description="Fields of seats waiting for an expert."
    )
    max_load: int = Field(description="Cases that each of its experts may have at work.")
    loads: dict[str, int] = Field(description="Limits of experts who have one of their own.")
    sheets: list[PanelSheetOut] = Field(description="Every seat, in the order of seating.")


class OrganizationOfSubject(Out):
    """An organization behind a subject, as the registry tells it."""

    id: UUID
    uscc: str | None = None
    role: str
    parent_usccs: list[str] = Field(default_factory=list)


class PersonOfSubject(Out):
    """Who did what in a case, as the registry tells it."""

    person_id: UUID
    capacity: str


class ApplicationSubject(Out):
    """The registry's answer about an application that is to be reviewed."""

    application_id: UUID
    center_id: UUID
    state: str
    applicant_org_id: UUID | None = None
    round: int = 1
    snapshot_hash: str | None = None
    orgs: list[OrganizationOfSubject]
    case_people: list[PersonOfSubject] = Field(default_factory=list)
