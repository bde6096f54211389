"""What is wanted of publicity and awards."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from registry.publicity.rules import AwardReason, Channel, Occasion


@dataclass(frozen=True, slots=True)
class NewItem:
    """Something to be said in public of a centre."""

    center_id: UUID
    occasion: Occasion
    title: str
    body: str
    channels: Sequence[Channel]
    typical_case: bool
    fact_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class NewAward:
    """Who is to be awarded for what: a person by reference, or an organization."""

    center_id: UUID
    award_reason: AwardReason
    title: str
    achievement: str
    person_ref: str | None
    org_id: UUID | None
