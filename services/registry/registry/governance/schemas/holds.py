"""Holds on centres, on the wire."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.centers.rules import Stage
from registry.governance.rules import (
    HoldGround,
    HoldOutcome,
    HoldState,
    RatingKind,
    Resting,
)
from shared.http.schemas import Body, Instant, LongText, Out


class HoldDecision(StrEnum):
    """How a second person answers an examination."""

    CONFIRM = "confirm"
    RETURN = "return"


class RestingOut(Out):
    """Something that rests on the result."""

    what: Resting = Field(description="A step, a recommendation or a rectification.")
    id: UUID = Field(description="Which one.")
    stage: Stage = Field(description="Towards which stage.")


class CenterHoldOut(Out):
    """A centre that waits, because a result that it rests on was replaced or voided."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01980000-0000-7000-8000-000000000601",
                    "version": 2,
                    "center_id": "01980000-0000-7000-8000-000000000201",
                    "kind": "annual",
                    "year": 2026,
                    "ground": "result_voided",
                    "result_id": "01980000-0000-7000-8000-000000000602",
                    "result_hash": "9f" * 32,
                    "resting": [
                        {
                            "what": "stage",
                            "id": "01980000-0000-7000-8000-000000000603",
                            "stage": "recognized",
                        }
                    ],
                    "state": "examined",
                    "placed_at": "2027-06-01T02:00:00Z",
                    "outcome": "stands",
                    "finding": "其余年度结果仍符合认定条件",
                    "decision": "同意",
                    "lifted_at": "2027-06-09T02:00:00Z",
                }
            ]
        }
    )

    id: UUID = Field(description="The hold.")
    version: int = Field(description="Counts its changes.")
    center_id: UUID = Field(description="The centre.")
    kind: RatingKind = Field(description="Which judgement has changed.")
    year: int = Field(description="Of which year.")
    ground: HoldGround = Field(description="What has happened to it.")
    result_id: UUID | None = Field(description="What took its place, where the feed named it.")
    result_hash: str = Field(description="Its hash.")
    resting: list[RestingOut] = Field(description="What rests on the year.")
    state: HoldState = Field(description="Where the hold stands.")
    placed_at: Instant = Field(description="Since when.")
    outcome: HoldOutcome | None = Field(description="What the examination came to.")
    finding: str | None = Field(description="In the examiner's words.")
    decision: str | None = Field(description="In the words of the second person.")
    lifted_at: Instant | None = Field(description="When it was lifted.")


class CenterHoldListOut(Out):
    """The holds of a centre."""

    items: list[CenterHoldOut] = Field(description="Newest first, lifted ones included.")


class CenterRatingOut(Out):
    """A rating of a centre, as evaluation published it or as it was taken over."""

    kind: RatingKind = Field(description="Annual or triennial.")
    year: int = Field(description="The year that was judged.")
    version: int = Field(description="Its version; 0 where it was taken over and not computed.")
    rating: str = Field(description="The grade.")
    total: str = Field(description="Its points, where they are known.")
    result_hash: str = Field(description="Names the result, or the row that was taken over.")
    imported_from: str | None = Field(description="Where it was taken over from.")
    imported_on: date | None = Field(description="The day it stood so there.")


class CenterRatingListOut(Out):
    """The ratings of a centre that stand."""

    items: list[CenterRatingOut] = Field(description="Newest year first.")


class HoldExaminationIn(Body):
    """Whether what rests on the result stands without it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"outcome": "stands", "text": "其余年度结果仍符合认定条件"}]
        }
    )

    outcome: HoldOutcome = Field(
        description="`stands`; or `falls`: recommendations lapse, a national candidate goes back."
    )
    text: LongText = Field(description="What was looked at, and why.")


class HoldDecisionIn(Body):
    """How a second person answers."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "confirm", "reason": "同意"}]}
    )

    decision: HoldDecision = Field(description="`confirm`, or `return` for another look.")
    reason: LongText = Field(description="Why.")
