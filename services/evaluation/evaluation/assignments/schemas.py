"""Draws on the wire."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.assignments import rules
from evaluation.panels.schemas import Loads, MaxLoad
from evaluation.panels.seating_rules import USUAL_LOAD
from shared.http.schemas import Body, Day, Instant, Out

MAX_CASES = 500
CASE = "01980000-0000-7000-8000-000000000401"
EXPERT = "01980000-0000-7000-8000-000000000301"
CYCLE = "01980000-0000-7000-8000-000000000501"


class SeedIn(Body):
    """Whose draws the seed is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cycle_id": CYCLE}]})

    cycle_id: UUID = Field(description="The cycle.")


class SeedOut(Out):
    """A seed: its hash from the first day, itself once a draw was accepted."""

    id: UUID = Field(description="Names the seed.")
    cycle_id: UUID = Field(description="The cycle.")
    number: int = Field(description="Its place among the seeds of the cycle, from 1.")
    commitment: str = Field(description="SHA-256 of the seed's text.")
    committed_at: Instant = Field(description="When the hash was published.")
    seed: str | None = Field(description="The seed, once a draw made with it was accepted.")
    opened_at: Instant | None = Field(description="When it was opened; later draws have the next.")


class FixedIn(Body):
    """A choice that the draw keeps."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"case_id": CASE, "expert_id": EXPERT}]}
    )

    case_id: UUID = Field(description="The case.")
    expert_id: UUID = Field(description="The expert who is to sit on its panel.")


class AssignmentIn(Body):
    """Panels to be drawn for many cases at once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cycle_id": CYCLE,
                    "size": 7,
                    "max_load": 4,
                    "mode": "each",
                    "fixed": [{"case_id": CASE, "expert_id": EXPERT}],
                }
            ]
        }
    )

    cycle_id: UUID = Field(description="The cycle.")
    case_ids: Annotated[
        list[UUID] | None,
        Field(
            min_length=1, max_length=MAX_CASES, description="The cases; none: all without a panel."
        ),
    ] = None
    size: int = Field(default=7, ge=1, le=99, description="Seats of each panel, an odd number.")
    max_load: MaxLoad = USUAL_LOAD
    loads: Loads = Field(default_factory=list)
    mode: rules.DrawMode = Field(
        default=rules.DrawMode.EACH,
        description="A panel for each case, or one for the whole group.",
    )
    fixed: list[FixedIn] = Field(
        default_factory=list, max_length=1_000, description="Choices that stay."
    )
    until_on: Day | None = Field(
        default=None, description="Last day of the panels' work; none: as the policy says."
    )


class RecusedIn(Body):
    """A seat that is to be drawn again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"panel": CASE, "expert_id": EXPERT}]}
    )

    panel: UUID = Field(description="The panel, by its first case.")
    expert_id: UUID = Field(description="The expert who cannot take the seat.")


class RecusalIn(Body):
    """Seats that are to be drawn again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"seats": [{"panel": CASE, "expert_id": EXPERT}]}]}
    )

    seats: list[RecusedIn] = Field(min_length=1, max_length=1_000, description="The seats.")


class DrawOut(Out):
    """A draw: what was frozen, and what came of it."""

    id: UUID = Field(description="Names the draw.")
    cycle_id: UUID = Field(description="The cycle.")
    seed_id: UUID = Field(description="The seed that breaks ties.")
    replaces_id: UUID | None = Field(description="The draw that it changes as little as can be.")
    state: rules.DrawState = Field(description="Where it stands.")
    version: int = Field(description="Grows with every change.")
    optimal: bool = Field(description="Whether every step of the search is proven.")
    problem_hash: str = Field(description="SHA-256 of the frozen problem.")
    result_hash: str | None = Field(description="SHA-256 of what was drawn.")
    groups: dict[str, list[str]] = Field(description="The cases of each panel, by its first case.")
    until_on: date = Field(description="The last day of the panels' work.")
    created_at: Instant = Field(description="When the pool was frozen.")
    finished_at: Instant | None = Field(description="When the search ended.")
    accepted_at: Instant | None = Field(description="When panels were made of it.")
    attempts: int = Field(description="How many workers took it.")
    failure: rules.DrawFailure | None = Field(description="Why it was given up.")


class DrawDetailOut(DrawOut):
    """A draw with panels, alternates, prices and proof, or with the reason why there are none."""

    seed: SeedOut = Field(description="The seed that it is repeated with, once it is open.")
    result: dict[str, Any] | None = Field(
        description="Panels with two alternates per seat, prices of rules, and the proof."
    )
    barred: list[dict[str, Any]] = Field(
        description="Pairs that the law forbids, each with the path of facts behind it."
    )
