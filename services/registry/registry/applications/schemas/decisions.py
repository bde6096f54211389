"""What officials decide in a case, on the wire."""

from datetime import date
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.applications.rules import CheckResult, DecisionKind, HoldCause, State
from registry.applications.schemas.parts import OptionalText
from shared.http.schemas import Body, Code, Instant, LongText, Out, ShortText


class FormalCheckItem(Body):
    """A point of a formal check."""

    code: Code = Field(description="What is meant: a material kind or a rule's code.")
    comment: OptionalText = Field(default="", description="What is to be mended.")


class FormalCheckIn(Body):
    """The result of a formal check."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"result": "accept", "items": []},
                {"result": "return", "items": [{"code": "plan", "comment": "缺少资金筹措说明"}]},
            ]
        }
    )

    result: CheckResult = Field(description="`accept` or `return`.")
    items: list[FormalCheckItem] = Field(
        default_factory=list, max_length=100, description="The points; a return has some."
    )


class FormalCheckOut(Out):
    """A formal check, with where the application stands since."""

    id: UUID = Field(description="The check.")
    round: int = Field(description="The round of submission.")
    result: CheckResult = Field(description="How it ended.")
    items: list[FormalCheckItem] = Field(description="The points.")
    person_id: UUID = Field(description="The handler.")
    at: Instant = Field(description="When.")
    state: State | None = Field(default=None, description="The application's state after it.")
    version: int | None = Field(default=None, description="The application's version after it.")


class RecommendationIn(Body):
    """A reviewer's recommendation."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "评审与考察均通过，建议列入试点计划。"}]}
    )

    text: LongText = Field(description="The recommendation.")


class CaseReasonIn(Body):
    """A reason for a decision."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "关键条件不符"}]})

    reason: LongText = Field(description="Why.")


class ApprovalIn(Body):
    """An approval, with the document that lists the centre."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"doc_no": "沪经信技〔2026〕12号"}]})

    doc_no: ShortText = Field(description="Number of the listing document.")


class CaseDecisionOut(Out):
    """A decision in a case, with where the application stands since."""

    id: UUID = Field(description="The decision.")
    kind: DecisionKind = Field(description="What was decided.")
    text: str = Field(description="In which words.")
    doc_no: str | None = Field(description="Number of the document, if there is one.")
    person_id: UUID = Field(description="Who decided.")
    decided_on: date = Field(description="The day in Shanghai.")
    at: Instant = Field(description="When.")
    state: State | None = Field(default=None, description="The application's state after it.")
    version: int | None = Field(default=None, description="The application's version after it.")


class CaseHoldOut(Out):
    """A case on hold."""

    id: UUID = Field(description="The hold.")
    cause: HoldCause = Field(description="What has changed.")
    source_id: UUID | None = Field(
        description="Sheet, visit, agreement or membership that changed."
    )
    placed_at: Instant = Field(description="Since when.")
    lifted_at: Instant | None = Field(description="When it was lifted.")
    lifted_by: UUID | None = Field(description="Who lifted it.")
    reason: str | None = Field(description="Why it was lifted.")
