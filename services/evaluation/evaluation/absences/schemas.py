"""Absences on the wire."""

from datetime import date
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.experts.absence_rules import AbsenceKind, AbsenceState
from shared.http.schemas import Body, Day, Instant, Out


class ExpertAbsenceIn(Body):
    """Days on which an expert is away."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "travel", "from_on": "2026-03-02", "until_on": "2026-03-13"}]
        }
    )

    kind: AbsenceKind = Field(description="What keeps the expert away; illness is `personal`.")
    from_on: Day = Field(description="The first day away.")
    until_on: Day = Field(description="The last day away, within 366 days.")


class ExpertAbsenceEndIn(Body):
    """By when an expert is back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until_on": "2026-03-06"}]})

    until_on: Day = Field(description="The last day away, earlier than the one that was recorded.")


class ExpertAbsenceOut(Out):
    """Days on which an expert is away."""

    id: UUID = Field(description="Names the absence.")
    expert_id: UUID = Field(description="The expert.")
    kind: AbsenceKind = Field(description="What keeps the expert away; illness is `personal`.")
    from_on: date = Field(description="The first day away.")
    until_on: date = Field(description="The last day away.")
    state: AbsenceState = Field(description="Whether it keeps those days free.")
    recorded_at: Instant = Field(description="When it was recorded.")
    withdrawn_at: Instant | None = Field(description="When it was withdrawn.")


class ExpertAbsenceRecordedOut(ExpertAbsenceOut):
    """An absence with the sheets that wait for the expert in those days."""

    sheets: list[UUID] = Field(
        description="Sheets of seats held already, which are not in and whose panel works then."
    )


class SeatAbsenceOut(Out):
    """A seat whose expert is away while the panel works."""

    sheet_id: UUID = Field(description="The seat, which is the sheet too.")
    expert_id: UUID = Field(description="The expert.")
    from_on: date = Field(description="The first day away.")
    until_on: date = Field(description="The last day away.")


class SeatAbsencesOut(Out):
    """The seats of a panel whose experts are away while it works."""

    items: list[SeatAbsenceOut] = Field(description="The earliest days first.")
