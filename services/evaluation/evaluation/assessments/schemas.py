"""Triennial assessments on the wire."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.assessments.round_rules import RoundProgress, RoundState
from evaluation.assessments.rules import AssessmentState, TriennialMethod
from evaluation.cycles.schemas import AskedYear
from evaluation.schemes.rules import Rating
from shared.http.schemas import Body, Day, Instant, LongText, Out

EXAMPLE: dict[str, Any] = {
    "id": "019b2f6e-0000-7000-8000-000000000011",
    "center_id": "019b2f6e-0000-7000-8000-000000000002",
    "last_year": 2027,
    "method": "mean",
    "state": "published",
    "years": [
        {
            "year": year,
            "result_id": f"019b2f6e-0000-7000-8000-0000000000{number}",
            "version": 1,
            "result_hash": "9f" * 32,
            "total": total,
            "rating": "good",
        }
        for number, year, total in ((21, 2025, "71.20"), (22, 2026, "78.55"), (23, 2027, "82.98"))
    ],
    "score": "77.58",
    "adjustment": "0.00",
    "adjustment_reason": "",
    "total": "77.58",
    "rating": "good",
    "result_hash": "3a" * 32,
    "version": 1,
    "drafted_at": "2028-03-01T02:00:00Z",
    "reviewed_at": "2028-03-02T02:00:00Z",
    "published_at": "2028-03-03T02:00:00Z",
}


class AssessmentIn(Body):
    """Which three years of which centre are assessed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"center_id": EXAMPLE["center_id"], "last_year": 2027, "method": "mean"}]
        }
    )

    center_id: UUID = Field(description="The centre.")
    last_year: AskedYear = Field(description="The last of the three years.")
    method: TriennialMethod = Field(
        default=TriennialMethod.MEAN, description="`mean`, or `rising`: 20, 30 and 50 percent."
    )


class AdjustmentIn(Body):
    """By how much the panel moves the score, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"points": "-2.50", "reason": "第三年牵头的共性技术平台未按期对外开放"}]
        }
    )

    points: str = Field(
        pattern=r"^-?\d{1,3}(\.\d{1,2})?$", description="Points as decimal text, -5.00 to 5.00."
    )
    reason: LongText = Field(description="At least twenty characters, unless it is zero.")


class AnnualTotalOut(Out):
    """A year behind an assessment."""

    year: int = Field(description="The year that was judged.")
    result_id: UUID = Field(description="Its published result.")
    version: int = Field(description="Which version of it.")
    result_hash: str = Field(description="Hash of that result.")
    total: str = Field(description="Its total.")
    rating: Rating = Field(description="Its grade.")


class AssessmentOut(Out):
    """A triennial assessment."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID = Field(description="Names the assessment.")
    center_id: UUID = Field(description="The centre.")
    last_year: int = Field(description="The last of its three years.")
    method: TriennialMethod = Field(description="How the years are joined.")
    state: AssessmentState = Field(description="Where it stands.")
    years: list[AnnualTotalOut] = Field(description="The three results that it rests on.")
    score: str = Field(description="The years joined, before any adjustment.")
    adjustment: str = Field(description="What the panel added or took away.")
    adjustment_reason: str = Field(description="Why.")
    total: str = Field(description="What counts.")
    rating: Rating = Field(description="The grade.")
    result_hash: str = Field(description="SHA-256 of the canonical document.")
    version: int = Field(description="Grows with every change; the ETag.")
    drafted_at: datetime = Field(description="When it was made.")
    reviewed_at: datetime | None = Field(description="When it was reviewed.")
    published_at: datetime | None = Field(description="When it was published.")


class AssessmentRoundIn(Body):
    """Which three years are assessed, and by when."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"last_year": 2025, "due_on": "2030-09-30"}]}
    )

    last_year: AskedYear = Field(description="The last of the three years.")
    due_on: Day = Field(description="The day by which every centre is to be decided.")


class RoundExplanationIn(Body):
    """Why a centre is not assessed in a round."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"center_id": EXAMPLE["center_id"], "reason": "中心正在整改，整改期满后考核"}
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    reason: LongText = Field(description="Why it is not assessed.")


class AssessmentRoundOut(Out):
    """A round of triennial assessments."""

    id: UUID = Field(description="Names the round.")
    last_year: int = Field(description="The last of the three years.")
    years: list[int] = Field(description="The three years.")
    due_on: date = Field(description="The day by which every centre is to be decided.")
    state: RoundState = Field(description="Whether the round is at work.")
    version: int = Field(description="Grows with every change; the ETag.")
    centers: dict[RoundProgress, int] = Field(
        description="How many centres are how far; those of which there are none are left out."
    )
    opened_at: Instant = Field(description="When the round was opened.")
    closed_at: Instant | None = Field(description="When the round was closed.")


class RoundCenterOut(Out):
    """A centre of a round: what it has, what it lacks, and how far it is."""

    center_id: UUID = Field(description="The centre.")
    published_years: list[int] = Field(description="Those of the three years that stand published.")
    missing_years: list[int] = Field(description="Those of the three years that do not.")
    progress: RoundProgress = Field(
        description="`year_open`, `waiting`, `drafted` and `reviewed` keep the round open."
    )
    assessment_id: UUID | None = Field(
        description="Its assessment of these years, if there is one."
    )
    explanation: str | None = Field(description="Why it is not assessed in this round.")
    due_on: date = Field(description="The day by which every centre is to be decided.")
