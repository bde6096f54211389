"""`?as_of=` and `?on=`: what was known at an instant, and what held on a day."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, Query

from shared.calendar import end_of_day
from shared.http.schemas import Day, Instant

TICK: Final = timedelta(microseconds=1)


def known_at(
    as_of: Annotated[
        Instant | Day | None,
        Query(description="What was known then: an instant, or a day, meaning its end."),
    ] = None,
) -> datetime | None:
    """Read `as_of`: a day means its end in Shanghai."""
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    # The first instant of the next day is no longer part of it.
    return end_of_day(as_of) - TICK


AsOf = Annotated[datetime | None, Depends(known_at)]
On = Annotated[date | None, Query(description="What held on that day in Shanghai.")]
