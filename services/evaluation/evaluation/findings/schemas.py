"""Findings on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.findings import rules
from shared.evidence import FileId
from shared.http.schemas import Body, Code, Day, Instant, LongText, Out

EvidenceIds = Annotated[list[FileId], Field(min_length=1, max_length=20)]


class FindingIn(Body):
    """What a published result found wanting."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "leaf": "C4",
                    "matter": "共享设备开放机时连续两个季度不足，未见改进措施",
                    "due_on": "2028-06-30",
                }
            ]
        }
    )

    leaf: Code | None = Field(default=None, description="The indicator, where it is one.")
    matter: LongText = Field(description="What is wanting.")
    due_on: Day = Field(description="The last day for an answer.")


class FindingAnswerIn(Body):
    """What the centre did about a finding."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "words": "已与三家企业签订共享协议，四月起每周开放四十小时",
                    "evidence": ["01980000-0000-7000-8000-000000000401"],
                }
            ]
        }
    )

    words: LongText = Field(description="What was done.")
    evidence: EvidenceIds = Field(description="Files of the registry that show it.")


class FindingReturnIn(Body):
    """Why an answer is not enough."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "协议未盖章", "due_on": "2028-07-31"}]}
    )

    reason: LongText = Field(description="What is missing.")
    due_on: Day = Field(description="The new last day for an answer.")


class FindingClosureIn(Body):
    """Why a finding is closed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"words": "整改到位"}]})

    words: LongText = Field(description="What was seen.")


class FindingEvidenceOut(Out):
    """A file that an answer shows."""

    file_id: UUID = Field(description="The file of the registry.")
    sha256: str = Field(description="Its hash when it was shown.")


class FindingStepOut(Out):
    """An answer, a return or the closure."""

    number: int = Field(description="Counts the steps of the finding.")
    event: rules.FindingEvent = Field(description="What happened.")
    words: str = Field(description="What was said.")
    evidence: list[FindingEvidenceOut] = Field(description="What was shown.")
    due_on: date = Field(description="The last day for an answer, after this step.")
    at: Instant = Field(description="When it happened.")


class FindingItemOut(Out):
    """A finding in a list."""

    id: UUID = Field(description="Names the finding.")
    case_id: UUID = Field(description="The case.")
    result_id: UUID = Field(description="The version of the result that it is about.")
    center_id: UUID = Field(description="The centre.")
    year: int = Field(description="The year that was judged.")
    leaf: str | None = Field(description="The indicator, where it is one.")
    matter: str = Field(description="What is wanting.")
    due_on: date = Field(description="The last day for an answer.")
    state: rules.FindingState = Field(description="Where it stands.")
    overdue: bool = Field(description="Whether an answer is owed and its last day is over.")
    answered_late: bool = Field(description="Whether the last answer came after its day.")
    version: int = Field(description="Grows with every step; the ETag.")
    raised_at: Instant = Field(description="When it was raised.")
    raised_by: UUID | None = Field(
        default=None, description="The official who raised it; told to officials only."
    )
    closed_at: Instant | None = Field(description="When it was closed.")


class StandingFindingOut(Out):
    """A finding as the deciding service is told of it."""

    id: UUID = Field(description="Names the finding.")
    year: int = Field(description="The year that was judged.")
    leaf: str | None = Field(description="The indicator, where it is one.")
    matter: str = Field(description="What is wanting.")
    due_on: date = Field(description="The last day for an answer.")
    state: rules.FindingState = Field(description="Where it stands.")
    version: int = Field(description="Grows with every step.")


class FindingStandingOut(Out):
    """Where the findings of a centre stand."""

    center_id: UUID = Field(description="The centre.")
    closed: int = Field(description="How many are closed.")
    open: list[StandingFindingOut] = Field(description="Those that are not, oldest first.")


class FindingOut(FindingItemOut):
    """A finding with every step; who took them is in the audit trail."""

    steps: list[FindingStepOut] = Field(description="Oldest first.")
