"""Reads rows as they were sent into what is judged and entered."""

from registry.takeovers.rules import TakenCenter, TakenMember, TakenRating, TakenRow, TakenStage
from registry.takeovers.schemas import TakenCenterIn, TakenMemberIn, TakenRowIn, TakenStageIn


def taken(row: TakenRowIn) -> TakenRow:
    """Read a row."""
    sent = row.model_dump(exclude_none=True)
    if isinstance(row, TakenCenterIn):
        return TakenCenter(**{**sent, "field_codes": tuple(row.field_codes)})
    if isinstance(row, TakenMemberIn):
        return TakenMember(**sent)
    return TakenStage(**sent) if isinstance(row, TakenStageIn) else TakenRating(**sent)
