"""The programme clock: business dates and deadlines follow it; tokens and leases never do."""

from datetime import UTC, date, datetime, timedelta

from shared.calendar import day_of


class Clock:
    """Real time, moved by an offset that only a sandbox ever sets."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        """Start at an offset from real time."""
        self.offset = offset

    def now(self) -> datetime:
        """Give the programme's instant, in UTC."""
        return datetime.now(UTC) + self.offset

    def today(self) -> date:
        """Give the programme's day in Shanghai, where every business date is counted."""
        return day_of(self.now())
