"""`as_of` on the wire: what was known at an instant, or at the end of a Shanghai day."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BeforeValidator

from shared.calendar import end_of_day
from shared.http.expected import unfit

DAY_LENGTH: Final = len("2026-01-05")
TICK: Final = timedelta(microseconds=1)


def known_instant(value: Any) -> datetime:  # noqa: ANN401 - judged here
    """Read an instant with its zone, or a day, meaning its last instant in Shanghai."""
    if isinstance(value, datetime):
        return value
    try:
        if len(value) == DAY_LENGTH:
            return end_of_day(date.fromisoformat(value)) - TICK
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        pass
    raise unfit("a day, or an instant as RFC 3339", "应为日期，或 RFC 3339 形式的时刻")


AsOf = Annotated[
    datetime | None,
    BeforeValidator(lambda value: None if value is None else known_instant(value)),
    Query(description="What was known: an instant, or a day, meaning its end in Shanghai."),
]
