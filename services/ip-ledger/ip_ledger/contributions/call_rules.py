"""Which written call for arrears a resolution may rest on (公司法51, 52)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Call:
    """A written call for arrears."""

    id: UUID
    issued_on: date
    grace_until: date
    issued_by: UUID
    issued_at: datetime


def standing_call(
    calls: Sequence[Call], answered: Collection[UUID], undone_at: datetime | None
) -> Call | None:
    """Give the call that a resolution may rest on: the latest, unless it has been spent.

    One led to a forfeiture already; or a payment was undone after it, so that it asked for less
    than is owed, and nobody loses what was never called for (公司法51, 52).
    """
    standing = [
        one
        for one in calls
        if one.id not in answered and (undone_at is None or one.issued_at > undone_at)
    ]
    return standing[-1] if standing else None
