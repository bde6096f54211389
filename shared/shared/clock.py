"""The programme clock: business dates and deadlines follow it; tokens and leases never do."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


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
        return self.now().astimezone(SHANGHAI).date()


def day_of(instant: datetime) -> date:
    """Give the Shanghai day on which an aware instant falls."""
    return instant.astimezone(SHANGHAI).date()


def end_of_day(day: date) -> datetime:
    """Give the instant just after a Shanghai day: what was known that day was known before it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return (midnight + timedelta(days=1)).astimezone(UTC)
