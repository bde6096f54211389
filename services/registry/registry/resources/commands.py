"""What is wanted of a resource, a booking or an offering."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewShare:
    """Something to share or to offer at a centre: whose it is, and its fields."""

    center_id: UUID
    org_id: UUID | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewBooking:
    """A time for which a resource is wanted; the end is the first instant after it."""

    starts_at: datetime
    ends_at: datetime
    purpose: str | None
