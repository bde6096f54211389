"""Objections on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.objections import rules
from shared.evidence import FileId
from shared.http.schemas import Body, Code, LongText, Out

Evidence = Annotated[list[FileId], Field(min_length=1, max_length=20)]


class ObjectedLeafIn(Body):
    """What is wrong with one leaf."""

    code: Code = Field(description="The indicator.")
    reason: LongText = Field(description="Why its points are wrong.")
    evidence: Evidence = Field(description="Files of the registry that show it.")


class ResultObjectionIn(Body):
    """An objection to a published result."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "leaves": [
                        {
                            "code": "C4",
                            "reason": "漏计一项已备案的国际合作项目",
                            "evidence": ["01980000-0000-7000-8000-000000000401"],
                        }
                    ]
                }
            ]
        }
    )

    leaves: list[ObjectedLeafIn] = Field(
        min_length=1, max_length=50, description="Single leaves, each once."
    )


class ResultObjectionDecisionIn(Body):
    """Which leaves are reopened; none of them dismisses the objection."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"leaves": ["C4"], "reason": "备案证明属实，重开该指标"}]}
    )

    leaves: list[Code] = Field(
        max_length=50, description="Leaves to read again, among those objected to."
    )
    reason: LongText = Field(description="Why.")


class ObjectedLeafOut(Out):
    """What is said to be wrong with one leaf."""

    code: str = Field(description="The indicator.")
    reason: str = Field(description="Why its points are said to be wrong.")
    evidence: list[UUID] = Field(description="Files of the registry.")


class ResultObjectionOut(Out):
    """An objection to a published result."""

    id: UUID = Field(description="The objection.")
    case_id: UUID = Field(description="The case.")
    result_id: UUID = Field(description="The version of the result that it is about.")
    center_id: UUID = Field(description="The centre.")
    state: rules.State = Field(description="Whether it waits, and how it was decided.")
    leaves: list[ObjectedLeafOut] = Field(description="What is objected to.")
    last_on: date = Field(description="The last day on which it could come in.")
    filed_at: datetime = Field(description="When it came in.")
    reopened: list[str] = Field(description="The leaves that were reopened.")
    decision_reason: str | None = Field(description="Why it was decided so.")
    decided_at: datetime | None = Field(description="When it was decided.")
