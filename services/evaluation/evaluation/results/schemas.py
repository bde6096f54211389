"""Snapshots and results on the wire."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.cycles.rules import CaseState
from evaluation.results import leaf_rules, rules
from evaluation.schemes.rules import LeafCalc, Rating
from evaluation.schemes.schemas import CriterionWeights
from shared.http.schemas import Body, LongText, Out


class FeedPositionsOut(Out):
    """Up to where of each feed the facts are complete."""

    registry: int = Field(description="Of `/v1/registry/events`.")
    ip_ledger: int = Field(description="Of `/v1/ip-ledger/events`.")


class FactCountsOut(Out):
    """How many facts were frozen."""

    registry: int = Field(description="Of the registry.")
    ip_ledger: int = Field(description="Of the ip-ledger.")


class FactSnapshotOut(Out):
    """The frozen facts of a case."""

    id: UUID = Field(description="The snapshot.")
    case_id: UUID = Field(description="Its case.")
    snapshot_hash: str = Field(description="SHA-256 of the stored bytes.")
    cutoff_at: datetime = Field(description="What became known later does not count.")
    taken_at: datetime = Field(description="When it was frozen.")
    positions: FeedPositionsOut = Field(description="Of both feeds.")
    facts: FactCountsOut = Field(description="How many.")
    plan_version: str | None = Field(description="The plan whose targets count.")
    report_state: str = Field(description="`locked`, or `missing`.")


class LeafResultOut(Out):
    """An indicator's verdict."""

    code: str = Field(description="The indicator.")
    name: str = Field(description="In Chinese.")
    calc: LeafCalc = Field(description="How the figure becomes points.")
    unit: str = Field(description="Of raw and target: money is counted in `fen`.")
    raw: str | None = Field(description="The figure; none where nothing could be measured.")
    target: str | None = Field(description="What it is set against; none where none.")
    points: str = Field(description="Rounded half up to 0.01.")
    max: str = Field(description="Points at most, after weights and spreading.")
    fact_ids: list[str] = Field(description="The records behind it, by id.")
    formula: str = Field(description="The calculation with its figures.")
    clause: str = Field(description="The clause that it serves.")
    notes: list[leaf_rules.LeafNote] = Field(description="What else decided the points.")
    explanation: str = Field(description="In a sentence.")
    comments: list[str] = Field(
        default_factory=list, description="What experts said, without saying who."
    )


class EvaluationResultOut(Out):
    """A case's result, leaf by leaf."""

    case_id: UUID = Field(description="Its case.")
    center_id: UUID = Field(description="The centre.")
    year: int = Field(description="The year that is judged.")
    state: CaseState = Field(description="Where the case stands.")
    preview: bool = Field(description="Whether nothing was kept of it.")
    version: int | None = Field(description="Of the result; a later one supersedes it.")
    total: str = Field(description="The sum of the leaves' points, at most 100.")
    rating: Rating = Field(description="The grade, gates applied.")
    score_rating: Rating = Field(description="The grade of the total alone.")
    gates: list[leaf_rules.RatingGate] = Field(description="What decided over the score.")
    near_boundary: bool = Field(
        description="Whether the total is near a grade's bound: a second reading is needed."
    )
    hinges_on_sheet: bool = Field(
        default=False,
        description="Whether the grade changes without some single sheet: likewise.",
    )
    profile: str = Field(description="The weight profile.")
    weights: CriterionWeights = Field(description="Its weights.")
    indicator_weights: dict[str, str] = Field(
        default_factory=dict, description="What it says of single indicators (A067)."
    )
    rounding: str = Field(description="What a sum over 100 was cut by; else 0.00.")
    sheets: int = Field(description="How many score sheets count.")
    result_hash: str = Field(description="SHA-256 of the canonical result document.")
    snapshot_hash: str = Field(description="Of the frozen facts.")
    scheme_hash: str = Field(description="Of the scheme.")
    sheets_hash: str = Field(description="Of the score sheets.")
    computed_at: datetime | None = Field(description="When it was kept.")
    published_at: datetime | None = Field(description="When it was published.")
    leaves: list[LeafResultOut] = Field(description="Every indicator.")


class SecondReadingIn(Body):
    """A second look at a total near a grade's bound."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"conclusion": "confirmed", "reason": "逐项复核，评分依据充分"}]
        }
    )

    conclusion: rules.ReadingConclusion = Field(
        default=rules.ReadingConclusion.CONFIRMED, description="Only a confirming one counts."
    )
    reason: LongText = Field(description="What was looked at, and why it holds.")


class ResultReviewIn(Body):
    """What the reviewer has to say; the audit keeps it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "逐项核对无误"}]})

    text: LongText | None = Field(default=None, description="In the reviewer's words.")


class SecondReadingOut(Out):
    """A second reading."""

    id: UUID = Field(description="The reading.")
    conclusion: rules.ReadingConclusion = Field(description="What it came to.")
    reason: str = Field(description="What was looked at.")
    read_at: datetime = Field(description="When.")


class PublicRatingOut(Out):
    """A published rating."""

    center_code: str | None = Field(description="The centre's code.")
    center_name: str = Field(description="Its name.")
    model_type: str = Field(description="Enterprise, institute or platform.")
    year: int = Field(description="The year that was judged.")
    total: str = Field(description="Of 100; empty where what was taken over names none.")
    rating: Rating = Field(description="The grade.")
    version: int = Field(description="The version that stands; 0 was never computed here.")
    published_at: datetime = Field(description="When it was published, or taken over.")
    result_id: UUID = Field(description="Names that version.")
    result_hash: str = Field(description="SHA-256 of its canonical document, or of what came in.")
    imported_from: str | None = Field(description="Where it was given, if not here.")
    imported_on: date | None = Field(description="The day on which it stood so there.")


def document_of(stored: bytes) -> dict[str, Any]:
    """Read a stored result document."""
    document: dict[str, Any] = json.loads(stored)
    return document
