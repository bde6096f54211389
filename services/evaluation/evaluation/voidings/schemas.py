"""Voidings on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.voidings import rules
from shared.evidence import FileId
from shared.http.schemas import Body, LongText, Out

Evidence = Annotated[list[FileId], Field(min_length=1, max_length=50)]


class ResultVoidingIn(Body):
    """Why a published result is void."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ground": "forged_evidence",
                    "reason": "技术合同系伪造，已由登记机构书面确认",
                    "evidence": ["01980000-0000-7000-8000-000000000401"],
                }
            ]
        }
    )

    ground: rules.Ground = Field(description="What was false; an honest failure is no ground.")
    reason: LongText = Field(description="What was found.")
    evidence: Evidence = Field(description="Files of the registry that show it.")


class ResultVoidingDecisionIn(Body):
    """Whether a result is void."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "confirm", "reason": "证据充分"}]}
    )

    decision: rules.Event = Field(description="`confirm`, or `drop`.")
    reason: LongText = Field(description="Why.")


class ResultVoidingOut(Out):
    """A proposal to void a published result."""

    id: UUID = Field(description="The proposal.")
    case_id: UUID = Field(description="The case.")
    result_id: UUID = Field(description="The version of the result that it is about.")
    center_id: UUID = Field(description="The centre.")
    ground: rules.Ground = Field(description="What was false.")
    reason: str = Field(description="What was found.")
    evidence: list[UUID] = Field(description="Files of the registry.")
    state: rules.State = Field(description="Whether it waits, and how it was decided.")
    proposed_at: datetime = Field(description="When it was proposed.")
    decided_at: datetime | None = Field(description="When it was decided.")
    decision_reason: str | None = Field(description="Why it was decided so.")
