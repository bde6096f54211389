"""Conflicts of seats on the wire."""

from typing import Any
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Instant, Out


class SeatConflictOut(Out):
    """A conflict of an expert who sits on a panel, with the facts behind it."""

    id: UUID = Field(description="Names the conflict.")
    seat_id: UUID = Field(description="The seat, which is the sheet too.")
    path: dict[str, Any] = Field(description="Code and facts: relation, organization, days, owner.")
    found_at: Instant = Field(description="When it was found.")
    cleared_at: Instant | None = Field(description="When its cause had gone.")


class UnknownOwnerOut(Out):
    """A company that ties or the register name, and that nobody entered."""

    uscc: str = Field(description="Its code.")
    experts: int = Field(description="Experts with a tie to it, an employment included.")
    organizations: int = Field(description="Organizations of the register that it holds.")


class SeatConflictsOut(Out):
    """What was found on the seats of a panel."""

    items: list[SeatConflictOut] = Field(description="Oldest first.")
