"""Undoing money on the wire."""

from pydantic import ConfigDict, Field

from shared.http.schemas import Body, Day, LongText


class MoneyUndoingIn(Body):
    """Why money or a division was recorded wrongly."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "误记为本会员缴纳", "effective_on": "2026-01-20"}]
        }
    )

    reason: LongText = Field(description="What was wrong.")
    effective_on: Day | None = Field(
        default=None,
        description="The day of the reversing entry, not before what it undoes; today if absent.",
    )
