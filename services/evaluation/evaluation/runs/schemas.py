"""Runs over a cycle on the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from evaluation.runs import rules
from shared.http.schemas import Out


class CycleRunOut(Out):
    """How far a run over a cycle is."""

    id: UUID = Field(description="The run.")
    cycle_id: UUID = Field(description="Its cycle.")
    kind: rules.CycleRunKind = Field(description="Computing its cases, or trying their results.")
    state: rules.CycleRunState = Field(description="Running, finished, or refused with `codes`.")
    total: int = Field(description="Cases that it is about.")
    done: int = Field(description="Cases that are done.")
    refused: int = Field(description="Cases that were refused; each says why.")
    codes: list[str] = Field(description="Why the run itself was refused.")
    requested_at: datetime = Field(description="When it was asked for.")
    finished_at: datetime | None = Field(description="When it came to its end.")


class CycleRunCaseOut(Out):
    """What a run came to for a case."""

    case_id: UUID = Field(description="The case.")
    codes: list[str] = Field(description="Why it was refused; none where its result is kept.")
