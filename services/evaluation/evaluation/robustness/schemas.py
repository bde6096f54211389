"""How steady results are, on the wire."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from evaluation.robustness import rules
from evaluation.robustness.tables import RobustnessRun
from evaluation.schemes.rules import Rating
from shared.http.schemas import Out


class RatingChancesOut(Out):
    """The share of each grade among what was tried, to four places."""

    excellent: str = Field(description="优秀.")
    good: str = Field(description="良好.")
    qualified: str = Field(description="合格.")
    unqualified: str = Field(description="不合格.")


class MovementOut(Out):
    """How a result moves when one thing is another."""

    tried: int = Field(description="How many draws, or how many were left out in turn.")
    chances: RatingChancesOut = Field(description="By grade.")
    changed: int = Field(description="In how many of them the grade is another.")
    total_low: str | None = Field(description="Lower end: 90 % of draws, or the least.")
    total_high: str | None = Field(description="Upper end: 90 % of draws, or the most.")
    rank_low: int | None = Field(description="Best rank within: 90 % of draws, or all.")
    rank_high: int | None = Field(description="Worst rank within: 90 % of draws, or all.")
    decisive: list[str] = Field(description="Indicators without which the grade is another.")


class MeanMovementOut(MovementOut):
    """How a result moves under the geometric mean of its criteria."""

    total: str = Field(description="Under the profile's own weights.")
    rating: Rating = Field(description="The grade that it would give.")


class SteadinessOut(Out):
    """How steady a result is. It informs; no point and no grade depends on it."""

    case_id: UUID = Field(description="The case.")
    result_hash: str = Field(description="The result that was tried, kept or a preview.")
    total: str = Field(description="As computed.")
    unrounded: str = Field(description="Before any leaf is rounded: ranks come from it.")
    rating: Rating = Field(description="As computed.")
    in_grey_zone: bool = Field(description="Whether it needs a second reading.")
    hinges_on_sheet: bool = Field(description="Whether a single sheet decides the grade.")
    weights: MovementOut = Field(description="Weights drawn around the profile.")
    geometric: MeanMovementOut = Field(description="The same draws under the geometric mean.")
    sheets: MovementOut = Field(description="Each sheet left out in turn.")
    indicators: MovementOut = Field(description="Each indicator left out in turn.")


class CaseSteadinessOut(SteadinessOut):
    """A result alone, with what its draws came from."""

    seed: str = Field(description="Follows from the result's hash.")
    draws: int = Field(description="How many.")


class RankedSteadinessOut(SteadinessOut):
    """A result among those that it can be ranked with."""

    group: int = Field(description="Cases whose panels share experts; no rank goes beyond it.")
    of: int = Field(description="How many cases are in the group.")
    rank: int = Field(description="In the group, by unrounded totals.")


class RobustnessRunOut(Out):
    """How steady the results of a cycle are."""

    id: UUID = Field(description="The run.")
    cycle_id: UUID = Field(description="The cycle.")
    made_at: datetime = Field(description="When it was tried.")
    stale: bool = Field(description="Whether results were computed since.")
    inputs_hash: str = Field(description="Names the results that were tried.")
    seed: str = Field(description="Of all draws; it follows from `inputs_hash`.")
    content_hash: str = Field(description="SHA-256 of what is kept.")
    draws: int = Field(description="How many for each case.")
    noise: str = Field(description="Each weight is drawn evenly from 1 ± this, then all make 100.")
    cases: list[RankedSteadinessOut] = Field(description="By group, then by case.")


def steadiness(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a case's row as it goes over the wire: shares in place of counts."""
    moved = {
        name: {**row[name], "chances": rules.probabilities(row[name]["ratings"])}
        for name in rules.MOVEMENTS
    }
    return {**row, **moved}


def run_out(run: RobustnessRun, *, stale: bool, hidden: Collection[UUID]) -> RobustnessRunOut:
    """Give a kept run as it goes over the wire, without some cases and what tells of them."""
    content: dict[str, Any] = json.loads(run.content)
    unseen = {str(case_id) for case_id in hidden}
    return RobustnessRunOut.model_validate(
        {
            **content,
            "id": run.id,
            "made_at": run.made_at,
            "content_hash": run.content_hash,
            "stale": stale,
            "cases": [steadiness(row) for row in rules.seen_rows(content["cases"], unseen)],
        }
    )
